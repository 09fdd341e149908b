// Buttons, keys, and the loop that draws.

const scope = new Scope();

// Which signal is heard

const switchButtons = page.signals.map((signal, index) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.signal = index;
  button.setAttribute('role', 'radio');
  button.setAttribute('aria-label', `${signal.label}: ${signal.description}`);
  const key = document.createElement('kbd');
  key.textContent = index + 1;
  button.append(signal.label, key);
  button.addEventListener('click', () => chooseSignal(index));
  button.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const to = (index + step + page.signals.length) % page.signals.length;
    chooseSignal(to);
    switchButtons[to].focus();
  });
  $('switch').append(button);
  return button;
});

function chooseSignal(index) {
  engine.choose(index);
  say(`${page.signals[index].label}: ${page.signals[index].description}`);
}

// Moves

function goTo(secs) {
  engine.seek(secs);
  scope.reveal(engine.position);
}

function stepSentence(step) {
  if (!sentences.length) return;
  const now = engine.position;
  const here = transcript.sentenceAt(now);
  // Back goes to the sentence's own start first, unless it has only just begun.
  const back = step < 0 && now > here.doc.start + 0.7 ? 0 : step;
  const before = now < sentences[0].doc.start;
  goTo((before ? sentences[0] : sentences[clamp(here.index + back, 0, sentences.length - 1)]).doc.start);
}

function stepWord(step) {
  const before = transcript.wordBefore(engine.position);
  const to = words[clamp(before ? before.index + step : 0, 0, words.length - 1)];
  if (to) goTo(to.doc.start);
}

function stepSpeed(step) {
  const select = $('speed');
  select.selectedIndex = clamp(select.selectedIndex + step, 0, select.options.length - 1);
  engine.setSpeed(Number(select.value));
  say(`Speed ${select.value}`);
}

function setLoop(on) {
  const sentence = on && sentences.length ? transcript.sentenceAt(engine.position) : null;
  engine.loop = sentence ? { start: sentence.doc.start, end: Math.min(sentence.doc.end + 0.15, page.duration) } : null;
  $('loop').checked = Boolean(sentence);
  if (sentence && (engine.position < engine.loop.start || engine.position >= engine.loop.end)) goTo(engine.loop.start);
  else if (engine.playing) engine.seek(engine.position);
}

engine.addEventListener('left-loop', () => {
  engine.loop = null;
  $('loop').checked = false;
});

// Controls

$('total').textContent = clockText(page.duration, 1);
$('play').disabled = false;
$('play').addEventListener('click', () => engine.toggle());
$('match').addEventListener('change', () => engine.setMatched($('match').checked));
$('loop').addEventListener('change', () => setLoop($('loop').checked));
$('speed').addEventListener('change', () => engine.setSpeed(Number($('speed').value)));
$('volume').addEventListener('input', () => engine.setVolume($('volume').value / 100));
$('zoom-in').addEventListener('click', () => scope.zoom(0.5));
$('zoom-out').addEventListener('click', () => scope.zoom(2));
$('zoom-all').addEventListener('click', () => scope.show(0, page.duration));
$('zoom-sentence').addEventListener('click', () => {
  const sentence = transcript.sentenceAt(engine.position);
  if (sentence) scope.show(sentence.doc.start - 0.3, sentence.doc.end + 0.3);
});
$('undo').addEventListener('click', () => corrections.undo());
$('download').addEventListener('click', () => corrections.download());
$('help-open').addEventListener('click', () => $('help').showModal());
if (!sentences.length) {
  $('loop').closest('label').hidden = $('zoom-sentence').hidden = true;
  $('word-lane').hidden = $('word-lane').previousElementSibling.hidden = true;
}

// Repairs by size

const filterLimits = { peak: [-80, 0, 'dB'], length: [0, 5, 'ms'] };
function setFilter() {
  const [low, high, unit] = filterLimits[$('filter-kind').value];
  const share = $('filter-size').value / 100;
  const floor = low + share * (high - low);
  scope.markFloor = share === 0 ? -Infinity : floor;
  const shown = marks.filter((mark) => scope.passes(mark)).length;
  const all = page.marks.total > marks.length ? `${page.marks.total.toLocaleString('en')}, largest ${marks.length.toLocaleString('en')} listed` : marks.length.toLocaleString('en');
  $('filter-count').textContent = share === 0 ? all : `${shown.toLocaleString('en')} of ${all} (≥ ${floor.toFixed(unit === 'ms' ? 2 : 0)} ${unit})`;
  scope.dirty = true;
}
$('filter-kind').addEventListener('change', setFilter);
$('filter-size').addEventListener('input', setFilter);
if (marks.length) setFilter();
else {
  $('filter').hidden = true;
  const lane = $('marks').parentElement;
  lane.hidden = lane.previousElementSibling.hidden = true;
}

// A press in one of the whole side's pictures goes there.

for (const [index, { key }] of page.signals.entries()) {
  $(`picture-${key}`).addEventListener('click', (event) => {
    chooseSignal(index);
    goTo((event.offsetX / event.target.clientWidth) * page.duration);
  });
}

// Colours

const themes = ['system', 'light', 'dark'];
let theme = 0;
$('theme').addEventListener('click', () => {
  theme = (theme + 1) % themes.length;
  if (theme) document.documentElement.dataset.theme = themes[theme];
  else delete document.documentElement.dataset.theme;
  $('theme').textContent = `Colours: ${themes[theme]}`;
  $('theme').setAttribute('aria-label', `Colours: ${theme ? themes[theme] : 'follow the system'}`);
});

// Keys

const keys = {
  ' ': () => engine.toggle(),
  ArrowLeft: (event) => goTo(engine.position - (event.shiftKey ? 10 : 2)),
  ArrowRight: (event) => goTo(engine.position + (event.shiftKey ? 10 : 2)),
  ArrowUp: () => stepSentence(-1),
  ArrowDown: () => stepSentence(1),
  Home: () => goTo(0),
  End: () => goTo(page.duration),
  ',': () => stepWord(-1),
  '.': () => stepWord(1),
  '[': () => stepSpeed(-1),
  ']': () => stepSpeed(1),
  m: () => $('match').click(),
  l: () => setLoop(!engine.loop),
  '+': () => scope.zoom(0.5),
  '=': () => scope.zoom(0.5),
  '-': () => scope.zoom(2),
  0: () => scope.show(0, page.duration),
  '/': () => $('search').focus(),
  e: () => wordLane.focusEdge(),
  '?': () => $('help').showModal(),
};
page.signals.forEach((_, index) => { keys[index + 1] = () => chooseSignal(index); });

document.addEventListener('keydown', (event) => {
  if ($('help').open) return;
  const tag = event.target.tagName;
  const typing = tag === 'SELECT' || (tag === 'INPUT' && event.target.type !== 'checkbox');
  if (typing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
    event.preventDefault();
    corrections.undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // Space is a box's and a button's own, but not a signal's: it is chosen already, and one goes on listening.
  const own = tag === 'INPUT' || (tag === 'BUTTON' && event.target.getAttribute('role') !== 'radio');
  if (event.key === ' ' && own) return;
  const act = keys[event.key] || keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act(event);
});
addEventListener('beforeunload', (event) => {
  if (corrections.unsaved) event.preventDefault();
});

// What follows the state

engine.addEventListener('change', () => {
  $('play').classList.toggle('playing', engine.playing);
  $('play').setAttribute('aria-label', engine.playing ? 'Pause' : 'Play');
  switchButtons.forEach((button, index) => {
    button.setAttribute('aria-checked', String(index === engine.signal));
    button.tabIndex = index === engine.signal ? 0 : -1;
  });
});

function frame() {
  const position = engine.position;
  const text = clockText(position, 1);
  if ($('now').textContent !== text) {
    $('now').textContent = text;
    $('overview').setAttribute('aria-valuenow', position.toFixed(1));
    $('overview').setAttribute('aria-valuetext', `${text} of ${clockText(page.duration, 0)}`);
  }
  scope.frame(position);
  transcript.frame(position);
  const level = engine.level;
  $('meter').style.transform = `scaleX(${level > 0 ? clamp(1 + Math.log10(level) / 3, 0, 1) : 0})`;
  requestAnimationFrame(frame);
}

for (const element of document.querySelectorAll('[data-language]')) {
  try {
    element.textContent = new Intl.DisplayNames(['en'], { type: 'language' }).of(element.dataset.language);
  } catch { /* a code that the browser does not know stays as it is */ }
}
$('overview').setAttribute('aria-valuemax', page.duration.toFixed(1));
transcript.listen();
search.listen();
inspector.idle();
const opening = sentences.length ? Math.max(sentences[0].doc.start - 1, 0) : 0;
scope.show(opening, opening + clamp(innerWidth / 140, 4, 12));
engine.stoppedAt = opening;
engine.changed();
engine.decode(engine.segmentOf(opening * engine.rate)).catch((error) => engine.fail(error));
frame();

// For scripts that drive the page.
window.tonearm = Object.freeze({
  get position() { return engine.position; },
  get playing() { return engine.playing; },
  get signal() { return page.signals[engine.signal].key; },
  get level() { return engine.level; },
  get word() { return transcript.word ? transcript.word.doc.id : null; },
  get signals() { return page.signals.map(({ key, match_db: gain }) => ({ key, match_db: gain })); },
  get gains() { return engine.gains ? engine.gains.map(({ gain }) => gain.value) : []; },
  get view() { return [scope.start, scope.end]; },
  get timeline() { return timeline && structuredClone(timeline); },
  seek: goTo,
  Stretcher,
});
