// The part in view: waveform, repairs, spectrogram and time axis under one horizontal scale.

const INK = ['#a3b2c8', '#f2a45c', '#cf9fe0'];
const MIN_VIEW_SECS = 0.05;
const DETAIL_MAX_SECS = 45; // above it the whole side's picture is as fine as the screen

class Scope {
  constructor() {
    this.start = 0;
    this.end = page.duration;
    this.following = true;
    this.detail = new Detail();
    this.pictures = page.signals.map(({ key }) => $(`picture-${key}`));
    this.markFloor = -Infinity;
    this.overview = $('overview');
    this.lane = $('wave').parentElement;
    this.listen();
  }

  get secs() {
    return this.end - this.start;
  }

  /** Shows `start` to `end`, kept inside the recording. */
  show(start, end) {
    const secs = clamp(end - start, Math.min(MIN_VIEW_SECS, page.duration), page.duration);
    this.start = clamp(start, 0, page.duration - secs);
    this.end = this.start + secs;
    this.dirty = true;
  }

  /** Zooms by `factor`, with `at` (seconds) staying where it is. */
  zoom(factor, at = this.holds(engine.position) ? engine.position : (this.start + this.end) / 2) {
    const secs = clamp(this.secs * factor, Math.min(MIN_VIEW_SECS, page.duration), page.duration);
    const share = (at - this.start) / this.secs;
    this.show(at - share * secs, at + (1 - share) * secs);
  }

  holds(secs) {
    return secs >= this.start && secs < this.end;
  }

  /** Brings `secs` into view. */
  reveal(secs) {
    this.following = true;
    if (!this.holds(secs)) this.show(secs - this.secs * 0.1, secs + this.secs * 0.9);
  }

  share(secs) {
    return (secs - this.start) / this.secs;
  }

  secsAt(event, element = this.lane) {
    const box = element.getBoundingClientRect();
    return this.start + clamp((event.clientX - box.left) / box.width, 0, 1) * this.secs;
  }

  // Input

  listen() {
    const spectrum = $('spectrum').parentElement;
    for (const lane of [this.lane, spectrum, $('marks').parentElement]) this.listenToLane(lane);
    $('lanes').addEventListener('wheel', (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoom(Math.exp(event.deltaY * 0.01), this.secsAt(event));
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        const by = ((event.deltaX || event.deltaY) / this.lane.clientWidth) * this.secs;
        this.following = false;
        this.show(this.start + by, this.end + by);
      }
    }, { passive: false });

    // The overview: a press goes there, a drag moves the window along.
    const place = (event) => {
      const box = this.overview.getBoundingClientRect();
      return clamp((event.clientX - box.left) / box.width, 0, 1) * page.duration;
    };
    this.overview.addEventListener('pointerdown', (event) => {
      this.overview.setPointerCapture(event.pointerId);
      const at = place(event);
      engine.seek(at);
      this.show(at - this.secs / 2, at + this.secs / 2);
      this.following = true;
    });
    this.overview.addEventListener('pointermove', (event) => {
      if (!this.overview.hasPointerCapture(event.pointerId)) return;
      const at = place(event);
      this.following = false;
      this.show(at - this.secs / 2, at + this.secs / 2);
    });
    new ResizeObserver(() => { this.dirty = true; }).observe($('lanes'));
    engine.addEventListener('decoded', () => { this.dirty = true; });
    engine.addEventListener('change', () => { this.dirty = this.overviewDirty = true; });
    for (const picture of this.pictures) picture.addEventListener('load', () => { this.dirty = true; });
  }

  listenToLane(lane) {
    const pointers = new Map();
    let press = null;
    const spread = () => {
      const [a, b] = [...pointers.values()];
      return Math.max(Math.abs(a - b), 10);
    };
    lane.addEventListener('pointerdown', (event) => {
      pointers.set(event.pointerId, event.clientX);
      lane.setPointerCapture(event.pointerId);
      press = { x: event.clientX, start: this.start, end: this.end, moved: false };
      if (pointers.size === 2) press.spread = spread();
    });
    lane.addEventListener('pointermove', (event) => {
      const cursor = $('cursor');
      const box = lane.getBoundingClientRect();
      cursor.hidden = false;
      cursor.style.transform = `translateX(${event.clientX - box.left}px)`;
      inspector.hover(this.secsAt(event, lane), lane, event);
      if (!press || !pointers.has(event.pointerId)) return;
      pointers.set(event.pointerId, event.clientX);
      if (pointers.size === 2) {
        const secs = (press.end - press.start) * (press.spread / spread());
        const middle = (press.start + press.end) / 2;
        press.moved = true;
        this.show(middle - secs / 2, middle + secs / 2);
      } else if (press.moved || Math.abs(event.clientX - press.x) > 4) {
        press.moved = true;
        const by = ((press.x - event.clientX) / lane.clientWidth) * (press.end - press.start);
        this.following = false;
        this.show(press.start + by, press.end + by);
      }
    });
    const release = (event) => {
      if (pointers.size === 1 && press && !press.moved && event.type === 'pointerup') {
        this.following = true;
        engine.seek(this.secsAt(event, lane));
      }
      pointers.delete(event.pointerId);
      if (pointers.size === 0) press = null;
    };
    lane.addEventListener('pointerup', release);
    lane.addEventListener('pointercancel', release);
    lane.addEventListener('pointerleave', () => { $('cursor').hidden = true; });
  }

  // Drawing

  /** Sizes a canvas to its box and clears it. */
  canvas(canvas, ratio = Math.min(window.devicePixelRatio || 1, 2)) {
    const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext('2d');
    context.clearRect(0, 0, width, height);
    return { context, width, height, ratio };
  }

  frame(position) {
    if (engine.playing && this.following && !this.holds(position)) {
      this.show(position - this.secs * 0.06, position + this.secs * 0.94);
    }
    if (this.dirty) {
      this.dirty = false;
      this.drawWave();
      this.drawMarks();
      this.drawSpectrum();
      this.drawTimes();
      this.drawWindow();
      wordLane.draw();
    }
    if (this.overviewDirty !== false) this.drawOverview();
    const share = this.share(position);
    const playhead = $('playhead');
    playhead.hidden = share < 0 || share > 1;
    playhead.style.transform = `translateX(${share * this.lane.clientWidth}px)`;
    const head = this.overview.querySelector('.head');
    head.style.transform = `translateX(${(position / page.duration) * this.overview.clientWidth}px)`;
  }

  drawOverview() {
    const { context, width, height } = this.canvas(this.overview.querySelector('canvas'));
    this.overviewDirty = width <= 1;
    const column = this.columnsOf(engine.signal, 0, page.duration, width);
    this.drawColumns(context, column, width, height, INK[engine.signal]);
    if (!timeline) return;
    context.fillStyle = '#ffffff12';
    for (const { start, end } of timeline.unaligned) {
      context.fillRect((start / page.duration) * width, 0, Math.max(((end - start) / page.duration) * width, 1), height);
    }
  }

  drawWindow() {
    const frame = this.overview.querySelector('.window');
    frame.style.left = `${(100 * this.start) / page.duration}%`;
    frame.style.width = `max(3px, ${(100 * this.secs) / page.duration}%)`;
  }

  /** Least and greatest sample of each of `width` columns: from the samples where the view is close, else from the peaks. */
  columnsOf(signal, start, end, width) {
    const low = new Float32Array(width);
    const high = new Float32Array(width);
    const bins = peaks[signal].length / 2;
    const close = ((end - start) / page.duration) * bins < width * 1.5
      && engine.ready(start * engine.rate, end * engine.rate);
    const samples = close ? engine.read(signal, Math.floor(start * engine.rate), Math.ceil((end - start) * engine.rate) + 2) : null;
    const source = samples ? samples.length - 2 : bins;
    const scale = samples ? source / width : ((end - start) / page.duration) * bins / width;
    const offset = samples ? 0 : (start / page.duration) * bins;
    for (let x = 0; x < width; x++) {
      const first = Math.floor(offset + x * scale);
      const last = Math.max(Math.ceil(offset + (x + 1) * scale), first + 1);
      let [least, greatest] = [Infinity, -Infinity];
      for (let i = first; i < last; i++) {
        const a = samples ? samples[i] : peaks[signal][2 * clamp(i, 0, bins - 1)];
        const b = samples ? a : peaks[signal][2 * clamp(i, 0, bins - 1) + 1];
        if (a < least) least = a;
        if (b > greatest) greatest = b;
      }
      low[x] = least;
      high[x] = greatest;
    }
    return { low, high };
  }

  drawColumns(context, { low, high }, width, height, colour) {
    const top = page.signals[0].full_scale || 1;
    const y = (value) => (0.5 - 0.47 * clamp(value / top, -1.05, 1.05)) * height;
    context.fillStyle = colour;
    for (let x = 0; x < width; x++) {
      const upper = y(high[x]);
      context.fillRect(x, upper, 1, Math.max(y(low[x]) - upper, 1));
    }
  }

  drawWave() {
    const { context, width, height } = this.canvas($('wave'));
    context.fillStyle = '#ffffff1c';
    context.fillRect(0, Math.floor(height / 2), width, 1);
    this.drawColumns(context, this.columnsOf(engine.signal, this.start, this.end, width), width, height, INK[engine.signal]);
  }

  /** The repairs that pass the filter. */
  passes(mark) {
    return ($('filter-kind').value === 'peak' ? mark.peak : mark.length * 1000) >= this.markFloor;
  }

  drawMarks() {
    const { context, width, height } = this.canvas($('marks'));
    context.fillStyle = '#f2a45c';
    let shown = 0;
    for (const mark of marks) {
      if (mark.start + mark.length < this.start || mark.start > this.end || !this.passes(mark)) continue;
      shown++;
      const tall = clamp((mark.peak + 60) / 60, 0.15, 1) * height;
      context.globalAlpha = clamp((mark.peak + 70) / 50, 0.35, 1);
      context.fillRect(this.share(mark.start) * width, height - tall, Math.max((mark.length / this.secs) * width, 1), tall);
    }
    context.globalAlpha = 1;
    $('marks').setAttribute('aria-label', `${shown} repaired spots in view`);
  }

  drawSpectrum() {
    const canvas = $('spectrum');
    const { context, width, height, ratio } = this.canvas(canvas, 1);
    const picture = this.pictures[engine.signal];
    if (picture.complete && picture.naturalWidth) {
      const scale = picture.naturalWidth / page.duration;
      context.drawImage(picture, this.start * scale, 0, Math.max(this.secs * scale, 0.01), picture.naturalHeight, 0, 0, width, height);
    }
    this.drawHertz(height / ratio);
    if (this.secs <= DETAIL_MAX_SECS) this.drawDetail(context, width, height);
  }

  /** Spectra of what is in view, in slices, so that nothing waits for them; a later view ends an earlier drawing. */
  drawDetail(context, width, height) {
    const drawing = (this.drawing = {});
    const { start, secs } = this;
    const signal = engine.signal;
    const size = this.detail.frameSize(secs);
    const margin = size;
    if (!engine.ready(Math.max(start * engine.rate - margin, 0), Math.min(this.end * engine.rate + margin, engine.length))) return;
    const key = [start, secs, signal, width, height].join();
    if (this.kept && this.kept.key === key) {
      context.putImageData(this.kept.image, 0, 0);
      return;
    }
    const image = context.createImageData(width, height);
    let column = 0;
    const slice = () => {
      if (this.drawing !== drawing) return;
      const until = performance.now() + 8;
      const from = column;
      do {
        const to = Math.min(column + 16, width);
        this.detail.draw(image, column, to, start, secs / width, signal, size);
        column = to;
      } while (column < width && performance.now() < until);
      context.putImageData(image, 0, 0, from, 0, column - from, height);
      if (column < width) requestAnimationFrame(slice);
      else this.kept = { key, image };
    };
    requestAnimationFrame(slice);
  }

  drawHertz(height) {
    const gutter = $('hertz');
    if (gutter.dataset.height === String(height)) return;
    gutter.dataset.height = height;
    gutter.replaceChildren(...[250, 500, 1000, 2000, 4000, 8000].filter((hz) => melShare(hz) < 0.96).map((hz) => {
      const label = document.createElement('span');
      label.textContent = hz < 1000 ? hz : `${hz / 1000}k`;
      label.style.bottom = `${100 * melShare(hz)}%`;
      return label;
    }));
  }

  drawTimes() {
    const { context, width, height, ratio } = this.canvas($('time-axis'));
    const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
    const step = steps.find((s) => (s / this.secs) * width >= 76 * ratio) || 1800;
    const places = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'middle';
    for (let i = Math.ceil(this.start / step); i * step < this.end; i++) {
      const x = Math.round(this.share(i * step) * width);
      context.fillStyle = '#ffffff40';
      context.fillRect(x, 0, ratio, height * 0.3);
      context.fillStyle = '#b4b6be';
      const text = clockText(i * step, places);
      if (x + context.measureText(text).width + 6 * ratio < width) context.fillText(text, x + 4 * ratio, height * 0.58);
    }
  }
}
