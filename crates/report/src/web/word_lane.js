// The words in view with their edges, which can be dragged or moved by keys; and the line that tells of what is pointed at.

// What sounds where no word of the text does.
const OUTSIDE = { speech: 'other speech', music: 'music', applause: 'applause', noise: 'noise' };

const inspector = {
  element: $('inspector'),
  text(parts) {
    this.element.replaceChildren(...parts);
  },
  word(word) {
    const { doc } = word;
    const title = document.createElement('b');
    title.textContent = doc.text;
    const { state, plus_minus_ms: spread } = doc.confidence;
    const how = { measured: 'heard', inferred: 'placed from its neighbours', absent: 'not spoken' }[state];
    const sure = spread == null ? '' : ` · start ± ${Math.round(spread)} ms`;
    const from = word.corrected ? 'corrected by hand' : how + sure;
    this.text([title, `${clockText(doc.start, 3)} – ${clockText(doc.end, 3)} · ${Math.round((doc.end - doc.start) * 1000)} ms · ${from}`]);
  },
  outside({ start, end, sound }) {
    const title = document.createElement('b');
    title.textContent = OUTSIDE[sound] ?? 'not in the text';
    this.text([title, `${clockText(start, 3)} – ${clockText(end, 3)} · ${(end - start).toFixed(1)} s · no word of the text is heard here`]);
  },
  idle() {
    const hint = words.length
      ? 'Click to go there, drag to move, pinch or Ctrl + wheel to zoom. Drag a word’s edge to correct it.'
      : 'Click to go there, drag to move, pinch or Ctrl + wheel to zoom.';
    this.text([hint]);
  },
  hover(secs, lane, event) {
    const parts = [clockText(secs, 3)];
    const box = lane.getBoundingClientRect();
    if (lane.classList.contains('spectrum')) {
      parts.push(` · ${Math.round(hertzAtShare(1 - (event.clientY - box.top) / box.height))} Hz`);
    } else if (lane.classList.contains('marks')) {
      const reach = (4 / box.width) * scope.secs;
      const mark = marks.find((m) => m.start - reach <= secs && secs <= m.start + m.length + reach && scope.passes(m));
      if (mark) parts.push(` · repair of ${(mark.length * 1000).toFixed(2)} ms, peak ${mark.peak} dB, ${page.marks.stages[mark.stage]?.[1] ?? ''}`);
    }
    this.text(parts);
  },
};

const wordLane = {
  element: $('word-lane'),

  /** Boxes for the words in view; for whole sentences where words would be too narrow to read. */
  draw() {
    const held = this.element.querySelector('.held');
    if (held) return this.place();
    const focused = document.activeElement?.dataset?.edge;
    const visible = words.filter(({ doc }) => doc.end > scope.start && doc.start < scope.end);
    const perWord = this.element.clientWidth / Math.max(visible.length, 1);
    this.boxes = [];
    this.edges = [];
    if (perWord < 26) {
      for (const sentence of sentences) {
        if (sentence.doc.end > scope.start && sentence.doc.start < scope.end) this.addBox(sentence.doc, sentence, null);
      }
    } else {
      for (const word of visible) {
        this.addBox(word.doc, word.sentence, word);
        this.addEdge(word, 'start');
        this.addEdge(word, 'end');
      }
    }
    for (const stretch of timeline?.unaligned ?? []) {
      if (stretch.kind === 'other' && stretch.end > scope.start && stretch.start < scope.end) this.addOutside(stretch);
    }
    this.element.replaceChildren(...this.boxes.map((box) => box.element), ...this.edges.map((edge) => edge.element));
    this.place();
    this.light(this.lit);
    if (focused) this.element.querySelector(`[data-edge="${focused}"]`)?.focus({ preventScroll: true });
  },

  addBox(doc, sentence, word) {
    const element = document.createElement('div');
    element.className = 'word';
    element.textContent = doc.text;
    element.setAttribute('aria-hidden', 'true');
    element.lang = timeline.language;
    if (word) {
      if (doc.confidence.state !== 'measured') element.classList.add(doc.confidence.state);
      if (word.corrected) element.classList.add('corrected');
    }
    element.addEventListener('click', () => engine.seek(doc.start));
    element.addEventListener('pointerenter', () => word && inspector.word(word));
    this.boxes.push({ element, doc, word });
  },

  /** A box for sound that is not in the text, named where that is known. */
  addOutside(stretch) {
    const element = document.createElement('div');
    element.className = 'outside';
    element.textContent = OUTSIDE[stretch.sound] ?? 'not in the text';
    element.setAttribute('aria-hidden', 'true');
    element.addEventListener('click', () => engine.seek(stretch.start));
    element.addEventListener('pointerenter', () => inspector.outside(stretch));
    this.boxes.push({ element, doc: stretch, word: null });
  },

  addEdge(word, side) {
    // An edge that two neighbours share is one edge.
    const previous = words[word.index - 1];
    if (side === 'start' && previous && Math.abs(previous.doc.end - word.doc.start) < 0.002 && previous.doc.end > scope.start) return;
    const element = document.createElement('div');
    element.className = 'edge';
    element.tabIndex = -1;
    element.dataset.edge = `${word.index}-${side}`;
    element.setAttribute('role', 'slider');
    const edge = { element, word, side };
    this.edges.push(edge);
    element.addEventListener('focus', () => inspector.word(word));
    element.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      element.classList.add('held');
      corrections.begin();
    });
    element.addEventListener('pointermove', (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      corrections.move(word, side, scope.secsAt(event, this.element), event.altKey);
      inspector.word(word);
      this.place();
    });
    const drop = () => {
      if (!element.classList.contains('held')) return;
      element.classList.remove('held');
      corrections.end();
    };
    element.addEventListener('pointerup', drop);
    element.addEventListener('pointercancel', drop);
    element.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) {
        corrections.begin();
        corrections.move(word, side, word.doc[side] + by * (event.shiftKey ? 0.001 : 0.01), event.altKey);
        corrections.end();
        inspector.word(word);
      } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
        const at = this.edges.findIndex((other) => other.element === document.activeElement);
        this.edges[at + (event.key === 'ArrowDown' ? 1 : -1)]?.element.focus({ preventScroll: true });
      } else if (event.key === 'Escape') {
        element.blur();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
  },

  place() {
    for (const { element, doc } of this.boxes) {
      element.style.left = `${100 * scope.share(doc.start)}%`;
      element.style.width = `${100 * (doc.end - doc.start) / scope.secs}%`;
    }
    this.edges.forEach(({ element, word, side }, i) => {
      element.style.left = `${100 * scope.share(word.doc[side])}%`;
      element.tabIndex = i === 0 ? 0 : -1;
      element.setAttribute('aria-label', `${side === 'start' ? 'Start' : 'End'} of “${word.doc.text}”`);
      element.setAttribute('aria-valuenow', word.doc[side].toFixed(3));
      element.setAttribute('aria-valuemin', '0');
      element.setAttribute('aria-valuemax', page.duration.toFixed(3));
      element.setAttribute('aria-valuetext', `${word.doc[side].toFixed(3)} seconds`);
    });
  },

  light(word) {
    this.lit = word;
    for (const box of this.boxes || []) {
      box.element.classList.toggle('lit', Boolean(word) && (box.word ? box.word === word : box.doc === word.sentence.doc));
    }
  },

  /** To the edge of the word that is spoken now. */
  focusEdge() {
    const word = transcript.wordBefore(engine.position) || words[0];
    if (!word) return;
    engine.pause();
    if (scope.secs > 12) scope.show(word.doc.start - 2, word.doc.start + 4);
    scope.reveal(word.doc.start);
    scope.frame(engine.position);
    const own = this.edges.find((edge) => edge.word === word && edge.side === 'start')
      || this.edges.find((edge) => edge.word.index === word.index - 1 && edge.side === 'end')
      || this.edges[0];
    own?.element.focus({ preventScroll: true });
  },
};
