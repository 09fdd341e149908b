// Playback: three signals on one clock.
//
// The audio is kept in compressed segments, decoded when they come near, and played as short buffers of three channels
// that are queued sample by sample on the audio clock. Which signal is heard is a matter of three gains: switching keeps
// the position to the sample.

const QUEUE_SECS = 0.25; // length of one queued buffer
const AHEAD_SECS = 1.5; // queued in advance: a page in the background is woken once a second only
const SEGMENTS_KEPT = 12; // of the three signals each: about 120 MB at 44.1 kHz
const SWITCH_SECS = 0.004; // time constant of the cross-fade between signals

class Engine extends EventTarget {
  constructor() {
    super();
    this.rate = page.sample_rate;
    this.length = page.samples;
    this.duration = page.duration;
    this.signal = 1;
    this.speed = 1;
    this.matched = false;
    this.volume = 1;
    this.loop = null; // {start, end} in seconds
    this.playing = false;
    this.stoppedAt = 0;
    this.queue = [];
    this.decoded = new Map();
    this.pending = new Map();
    this.stretcher = new Stretcher((signal, start, count) => this.read(signal, start, count), this.rate);
  }

  // Decoding

  segmentOf(sample) {
    return clamp(Math.floor(sample / page.segment_samples), 0, page.segments - 1);
  }

  /** Decodes a segment of all three signals; at most one decoding of each at a time. */
  decode(index) {
    if (this.decoded.has(index)) {
      const channels = this.decoded.get(index);
      this.decoded.delete(index);
      this.decoded.set(index, channels); // the most recently used is last
      return Promise.resolve(channels);
    }
    if (!this.pending.has(index)) {
      const decoder = new OfflineAudioContext(1, 1, this.rate);
      const context = index === 0 ? 0 : page.context_samples;
      const start = index * page.segment_samples;
      const count = Math.min(page.segment_samples, this.length - start);
      const all = page.signals.map(async ({ key }) => {
        const bytes = bytesFromBase64($(`audio-${key}-${index}`).textContent);
        const buffer = await decoder.decodeAudioData(bytes.buffer);
        const samples = new Float32Array(count);
        samples.set(buffer.getChannelData(0).subarray(context, context + count));
        return samples;
      });
      this.pending.set(index, Promise.all(all).then((channels) => {
        this.pending.delete(index);
        this.decoded.set(index, channels);
        for (const old of this.decoded.keys()) {
          if (this.decoded.size <= SEGMENTS_KEPT) break;
          this.decoded.delete(old);
        }
        this.dispatchEvent(new Event('decoded'));
        return channels;
      }));
    }
    return this.pending.get(index);
  }

  /** Whether the samples from `start` to `end` can be read now; asks for those that can not. */
  ready(start, end) {
    let all = true;
    for (let index = this.segmentOf(start); index <= this.segmentOf(Math.max(end - 1, start)); index++) {
      if (!this.decoded.has(index)) {
        all = false;
        this.decode(index).then(() => this.playing && this.fill(), (error) => this.fail(error));
      }
    }
    return all;
  }

  /** A copy of `count` samples; zeros outside the recording and where nothing is decoded. */
  read(signal, start, count) {
    const out = new Float32Array(count);
    const end = Math.min(start + count, this.length);
    for (let at = Math.max(start, 0); at < end;) {
      const index = this.segmentOf(at);
      const first = index * page.segment_samples;
      const until = Math.min(end, first + page.segment_samples);
      const channels = this.decoded.get(index);
      if (channels) out.set(channels[signal].subarray(at - first, until - first), at - start);
      at = until;
    }
    return out;
  }

  fail(error) {
    this.pause();
    const ogg = document.createElement('audio').canPlayType('audio/ogg; codecs="vorbis"');
    notice(ogg
      ? `The audio inside this page could not be decoded (${error.message || error}). Open restored.wav beside it instead.`
      : 'This browser does not play Ogg Vorbis, the format of the audio inside this page (Safari does from 18.4 on). Use Firefox, Chrome or Edge, or open restored.wav beside this page.');
  }

  // The graph

  open() {
    if (this.context) return;
    const Context = window.AudioContext || window.webkitAudioContext;
    try {
      this.context = new Context({ sampleRate: this.rate, latencyHint: 'interactive' });
    } catch {
      this.context = new Context();
    }
    this.splitter = this.context.createChannelSplitter(page.signals.length);
    this.output = this.context.createGain();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.gains = page.signals.map((_, signal) => {
      const gain = this.context.createGain();
      this.splitter.connect(gain, signal);
      gain.connect(this.output);
      return gain;
    });
    this.output.connect(this.analyser);
    this.analyser.connect(this.context.destination);
    this.setGains(true);
  }

  setGains(atOnce = false) {
    if (!this.context) return;
    const now = this.context.currentTime;
    this.gains.forEach((gain, signal) => {
      const match = this.matched ? 10 ** (page.signals[signal].match_db / 20) : 1;
      const value = signal === this.signal ? match : 0;
      if (atOnce) gain.gain.value = value;
      else gain.gain.setTargetAtTime(value, now, SWITCH_SECS);
    });
    this.output.gain.setTargetAtTime(this.volume * this.volume, now, SWITCH_SECS);
  }

  // The transport

  /** Seconds of the recording that are heard now. */
  get position() {
    if (!this.playing) return this.stoppedAt;
    const heard = this.context.currentTime - (this.context.outputLatency || 0);
    while (this.queue.length > 1 && this.queue[1].at <= heard) this.queue.shift();
    const chunk = this.queue[0];
    if (!chunk) return this.stoppedAt;
    const share = clamp((heard - chunk.at) / chunk.lasts, 0, 1);
    return (chunk.from + share * (chunk.to - chunk.from)) / this.rate;
  }

  async play() {
    if (this.playing) return;
    this.open();
    if (this.stoppedAt >= this.duration - 0.05) this.stoppedAt = 0;
    this.playing = true;
    this.changed();
    // A context that may not start before a gesture resolves later; the queue waits on its clock.
    this.context.resume();
    this.restart(this.stoppedAt);
  }

  pause() {
    if (!this.playing) return;
    this.stoppedAt = this.position;
    this.playing = false;
    clearInterval(this.timer);
    this.silence();
    this.changed();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  seek(secs) {
    const to = clamp(secs, 0, this.duration);
    if (this.loop && (to < this.loop.start || to >= this.loop.end)) this.dispatchEvent(new Event('left-loop'));
    if (this.playing) this.restart(to);
    else this.stoppedAt = to;
    this.ready(to * this.rate, to * this.rate + 1);
    this.dispatchEvent(new Event('seek'));
  }

  choose(signal) {
    this.signal = signal;
    this.setGains();
    this.changed();
  }

  setSpeed(speed) {
    const at = this.position;
    this.speed = speed;
    if (this.playing) this.restart(at);
    this.changed();
  }

  setMatched(matched) {
    this.matched = matched;
    this.setGains();
    this.changed();
  }

  setVolume(volume) {
    this.volume = volume;
    this.setGains();
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }

  // The queue

  silence() {
    for (const chunk of this.queue) chunk.stop();
    this.queue = [];
  }

  restart(secs) {
    this.silence();
    clearInterval(this.timer);
    this.stoppedAt = secs;
    this.next = Math.round(secs * this.rate);
    this.stretcher.reset(this.next);
    this.clockFrame = Math.ceil((this.context.currentTime + 0.03) * this.context.sampleRate);
    this.fresh = true;
    this.fill();
    this.timer = setInterval(() => this.fill(), 100);
  }

  fill() {
    const perFrame = this.context.sampleRate;
    while (this.playing && this.clockFrame < (this.context.currentTime + AHEAD_SECS) * perFrame) {
      const end = this.loop ? Math.round(this.loop.end * this.rate) : this.length;
      if (this.next >= end) {
        if (this.loop) {
          this.next = Math.round(this.loop.start * this.rate);
          this.stretcher.reset(this.next);
          this.fresh = true;
          continue;
        }
        const last = this.queue[this.queue.length - 1];
        if (!last || this.context.currentTime > last.at + last.lasts) this.finish();
        return;
      }
      const margin = Math.round(0.1 * this.rate);
      const reach = this.next + Math.ceil(QUEUE_SECS * this.rate * Math.max(this.speed, 1));
      if (!this.ready(Math.max(this.next - margin, 0), Math.min(reach + margin, this.length))) {
        this.late();
        return;
      }
      this.late();
      this.enqueue(end);
    }
  }

  /** Where the clock has passed what was queued, goes on from now. */
  late() {
    const soonest = Math.ceil((this.context.currentTime + 0.02) * this.context.sampleRate);
    if (this.clockFrame < soonest) this.clockFrame = soonest;
  }

  enqueue(end) {
    const from = this.next;
    let channels;
    if (this.speed === 1) {
      const count = Math.min(Math.round(QUEUE_SECS * this.rate), end - from);
      channels = page.signals.map((_, signal) => this.read(signal, from, count));
      this.next = from + count;
    } else {
      const steps = Math.round(QUEUE_SECS * this.rate / this.stretcher.half);
      const pieces = [];
      for (let i = 0; i < steps && this.stretcher.position < end; i++) pieces.push(this.stretcher.next(this.speed));
      channels = page.signals.map((_, signal) => {
        const out = new Float32Array(pieces.length * this.stretcher.half);
        pieces.forEach((piece, i) => out.set(piece[signal], i * this.stretcher.half));
        return out;
      });
      this.next = Math.min(Math.round(this.stretcher.position), end);
    }
    const count = channels[0].length;
    const fade = Math.min(Math.round(0.004 * this.rate), count);
    if (this.fresh) for (const samples of channels) for (let n = 0; n < fade; n++) samples[n] *= n / fade;
    if (this.next >= end) for (const samples of channels) for (let n = 0; n < fade; n++) samples[count - 1 - n] *= n / fade;
    this.fresh = false;

    const buffer = this.context.createBuffer(channels.length, count, this.rate);
    channels.forEach((samples, channel) => buffer.copyToChannel(samples, channel));
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.splitter);
    const at = this.clockFrame / this.context.sampleRate;
    source.start(at);
    const frames = Math.round((count / this.rate) * this.context.sampleRate);
    this.clockFrame += frames;
    this.queue.push({
      at, lasts: frames / this.context.sampleRate, from, to: this.next,
      stop: () => { source.stop(); source.disconnect(); },
    });
  }

  finish() {
    this.pause();
    this.stoppedAt = this.duration;
    this.dispatchEvent(new Event('seek'));
  }

  /** Level of what is heard, RMS of full scale: 0 when nothing is. */
  get level() {
    if (!this.playing) return 0;
    this.levels ||= new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(this.levels);
    return Math.sqrt(this.levels.reduce((sum, x) => sum + x * x, 0) / this.levels.length);
  }
}

const engine = new Engine();
