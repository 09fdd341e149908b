// The text: the word that is spoken is lit, words and sentences are played from where they are chosen; search.

/** Text without case and accents, one character for each of the original's. */
const folded = (text) => Array.from({ length: text.length }, (_, i) => {
  const plain = text[i].normalize('NFD')[0].toLowerCase();
  return plain.length === 1 ? plain : text[i];
}).join('').replace(/[’‘ʼ]/g, "'");

const transcript = {
  wordElements: [...document.querySelectorAll('#rows .w')],
  sentenceElements: [...document.querySelectorAll('#rows .sentence')],

  listen() {
    $('rows').addEventListener('click', (event) => {
      const word = event.target.closest('.w');
      const sentence = event.target.closest('.sentence');
      if (word) this.playWord(words[Number(word.dataset.w)]);
      else if (event.target.closest('.at')) this.playFrom(sentences[Number(sentence.dataset.s)].doc.start);
    });
    $('rows').addEventListener('pointerover', (event) => {
      const word = event.target.closest('.w');
      if (word) inspector.word(words[Number(word.dataset.w)]);
    });
    // One tab stop for all words; the arrows go from word to word.
    $('rows').addEventListener('keydown', (event) => {
      const word = event.target.closest('.w');
      if (!word) return;
      const index = Number(word.dataset.w);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) this.focusWord(words[index + step]);
      else if (event.key === 'Enter') this.playWord(words[index]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.wordElements.forEach((element, i) => {
      element.tabIndex = i === 0 ? 0 : -1;
      element.setAttribute('role', 'button');
    });
  },

  focusWord(word) {
    if (!word) return;
    for (const element of this.wordElements) element.tabIndex = -1;
    const element = this.wordElements[word.index];
    element.tabIndex = 0;
    element.focus();
    inspector.word(word);
  },

  playWord(word) {
    this.playFrom(word.doc.start);
    inspector.word(word);
  },

  playFrom(secs) {
    engine.seek(secs);
    scope.reveal(secs);
    engine.play();
  },

  /** The last word that has begun. */
  wordBefore(secs) {
    let [low, high] = [0, words.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (words[middle].doc.start <= secs + 1e-6) low = middle + 1;
      else high = middle;
    }
    return words[low - 1];
  },

  sentenceAt(secs) {
    const word = this.wordBefore(secs);
    return word ? word.sentence : sentences[0];
  },

  /** Lights the word and the sentence at `secs`. */
  frame(secs) {
    const before = this.wordBefore(secs);
    const word = before && secs < before.doc.end && before.doc.confidence.state !== 'absent' ? before : null;
    if (word !== this.word) {
      if (this.word) this.wordElements[this.word.index].classList.remove('lit');
      if (word) this.wordElements[word.index].classList.add('lit');
      this.word = word;
      wordLane.light(word);
    }
    const sentence = before && secs < before.sentence.doc.end + 0.6 ? before.sentence : null;
    if (sentence !== this.sentence) {
      for (const [which, on] of [[this.sentence, false], [sentence, true]]) {
        const element = which && this.sentenceElements[which.index];
        element?.classList.toggle('current', on);
        element?.closest('.row').classList.toggle('current', on);
      }
      this.sentence = sentence;
      if (sentence && engine.playing) this.scrollTo(this.sentenceElements[sentence.index]);
    }
  },

  /** Keeps the sentence in sight, unless the reader has gone elsewhere on the page. */
  scrollTo(element) {
    const box = element.getBoundingClientRect();
    const near = box.bottom > -innerHeight * 0.5 && box.top < innerHeight * 1.5;
    const inText = $('transcript').getBoundingClientRect().top < innerHeight * 0.55;
    if (inText && near && (box.top < 90 || box.bottom > innerHeight - 150)) element.scrollIntoView({ block: 'center' });
  },
};

const search = {
  hits: [],
  at: -1,

  listen() {
    $('search').addEventListener('input', () => this.find($('search').value));
    $('search').addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.go(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') {
        $('search').value = '';
        this.find('');
        $('search').blur();
      } else return;
      event.preventDefault();
    });
    $('search-previous').addEventListener('click', () => this.go(-1));
    $('search-next').addEventListener('click', () => this.go(1));
    document.body.classList.toggle('no-highlight', !window.CSS?.highlights);
  },

  find(query) {
    const wanted = folded(query.trim());
    this.hits = [];
    this.at = -1;
    for (const old of document.querySelectorAll('.found')) old.classList.remove('found');
    if (wanted) {
      for (const element of document.querySelectorAll('#rows p')) {
        const text = folded(element.textContent);
        for (let from = text.indexOf(wanted); from >= 0; from = text.indexOf(wanted, from + wanted.length)) {
          this.hits.push({ element, range: this.range(element, from, from + wanted.length) });
        }
      }
    }
    this.show();
    if (this.hits.length) this.go(1, false);
  },

  /** Characters `from` to `to` of an element's text as a range. */
  range(element, from, to) {
    const range = document.createRange();
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let at = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const end = at + node.length;
      if (from >= at && from < end) range.setStart(node, from - at);
      if (to > at && to <= end) {
        range.setEnd(node, to - at);
        break;
      }
      at = end;
    }
    return range;
  },

  go(step, seek = true) {
    if (!this.hits.length) return;
    this.at = (this.at + step + this.hits.length) % this.hits.length;
    const { element } = this.hits[this.at];
    element.scrollIntoView({ block: 'center' });
    const sentence = element.closest('.row').querySelector('.sentence');
    const own = element.closest('.sentence') || sentence;
    if (seek && own && !engine.playing) {
      const { start } = sentences[Number(own.dataset.s)].doc;
      engine.seek(start);
      scope.reveal(start);
    }
    this.show();
  },

  show() {
    if (window.CSS?.highlights) {
      CSS.highlights.set('search', new Highlight(...this.hits.map((hit) => hit.range)));
      const now = new Highlight(...this.hits.slice(Math.max(this.at, 0), this.at + 1).map((hit) => hit.range));
      now.priority = 1;
      CSS.highlights.set('search-now', now);
    } else {
      for (const { element } of this.hits) element.classList.add('found');
    }
    const asked = $('search').value.trim() !== '';
    $('search-count').textContent = !asked ? '' : this.hits.length ? `${this.at + 1} of ${this.hits.length}` : 'none';
    $('search-previous').disabled = $('search-next').disabled = !this.hits.length;
  },
};
