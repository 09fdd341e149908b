// Edges moved by hand: the timeline in the page is changed, each change can be undone, the result can be kept as a file.

const SHARED_EDGE_SECS = 0.002; // closer than this, two words' edges are one and move together
const SHORTEST_WORD_SECS = 0.01;

const corrections = {
  done: [],

  begin() {
    this.before = new Map();
  },

  keep(word) {
    if (this.before.has(word)) return;
    const { start, end, confidence } = word.doc;
    this.before.set(word, { start, end, confidence, corrected: word.corrected });
  },

  /** Moves one edge to `secs`: not past the word's other edge, nor into its neighbours. */
  move(word, side, secs, alone) {
    const forward = side === 'end' ? 1 : -1;
    const neighbour = words[word.index + forward];
    const touching = neighbour && Math.abs(neighbour.doc[side === 'end' ? 'start' : 'end'] - word.doc[side]) < SHARED_EDGE_SECS;
    const joined = touching && !alone;
    const own = word.doc[side === 'end' ? 'start' : 'end'] + forward * SHORTEST_WORD_SECS;
    const edge = side === 'end' ? page.duration : 0;
    let limit = edge;
    if (neighbour) limit = joined ? neighbour.doc[side] - forward * SHORTEST_WORD_SECS : neighbour.doc[side === 'end' ? 'start' : 'end'];
    const to = Math.round((side === 'end' ? clamp(secs, own, Math.max(own, limit)) : clamp(secs, Math.min(own, limit), own)) * 1e4) / 1e4;
    for (const [which, at] of joined ? [[word, side], [neighbour, side === 'end' ? 'start' : 'end']] : [[word, side]]) {
      this.keep(which);
      which.doc[at] = to;
      // Set by hand: no interval of the aligner's speaks of it any more.
      which.doc.confidence = { state: 'measured' };
      which.corrected = true;
      this.fit(which.sentence);
    }
    scope.dirty = true;
  },

  end() {
    const changed = [...this.before].filter(([word, old]) => word.doc.start !== old.start || word.doc.end !== old.end);
    if (changed.length) this.done.push(changed);
    this.show();
  },

  undo() {
    const last = this.done.pop();
    if (!last) return;
    for (const [word, { start, end, confidence, corrected }] of last) {
      Object.assign(word.doc, { start, end, confidence });
      word.corrected = corrected;
      this.fit(word.sentence);
    }
    this.show();
    say('Correction undone');
  },

  /** A sentence and a paragraph begin and end with their words that are spoken. */
  fit({ doc, paragraph }) {
    const spoken = doc.words.filter((word) => word.confidence.state !== 'absent');
    const all = spoken.length ? spoken : doc.words;
    doc.start = Math.min(...all.map((word) => word.start));
    doc.end = Math.max(...all.map((word) => word.end));
    paragraph.start = Math.min(...paragraph.sentences.map((sentence) => sentence.start));
    paragraph.end = Math.max(...paragraph.sentences.map((sentence) => sentence.end));
  },

  show() {
    const count = words.filter((word) => word.corrected).length;
    $('corrections').hidden = count === 0 && this.done.length === 0;
    $('corrections-count').textContent = `${count} word${count === 1 ? '' : 's'} corrected`;
    $('undo').disabled = this.done.length === 0;
    words.forEach((word) => transcript.wordElements[word.index]?.classList.toggle('corrected', Boolean(word.corrected)));
    sentences.forEach((sentence) => {
      const at = transcript.sentenceElements[sentence.index].querySelector('.at');
      at.textContent = clockText(Math.floor(sentence.doc.start), 0);
    });
    scope.dirty = true;
  },

  download() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`${JSON.stringify(timeline, null, 2)}\n`], { type: 'application/json' }));
    link.download = 'timeline.corrected.json';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    this.saved = this.done.length;
    say('The corrected timeline was handed to the browser’s downloads');
  },

  get unsaved() {
    return this.done.length !== (this.saved || 0);
  },
};
