// The page's data, and small things that every part uses.

const page = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

function bytesFromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** 83.25 as "1:23.3"; `places` digits after the point. */
function clockText(secs, places = 1) {
  const unit = 10 ** places;
  const ticks = Math.round(Math.max(secs, 0) * unit);
  const whole = Math.floor(ticks / unit);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const tail = String(whole % 60).padStart(2, '0') + (places ? '.' + String(ticks % unit).padStart(places, '0') : '');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

function say(text) {
  $('status').textContent = text;
}

function notice(text) {
  $('notice').textContent = text;
  $('notice').hidden = false;
}

/** Peaks as fractions of full scale: [least, greatest] for each bin in turn. */
const peaks = page.signals.map((signal) => {
  const bytes = new Int8Array(bytesFromBase64(signal.peaks).buffer);
  return Float32Array.from(bytes, (byte) => (byte / 127) * signal.full_scale);
});

/** Repairs, ascending in time: where, how long, how high, by which stage. */
const marks = (() => {
  const bytes = bytesFromBase64(page.marks.data);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 8 }, (_, i) => ({
    start: view.getUint32(i * 8, true) / page.marks.sample_rate,
    length: view.getUint16(i * 8 + 4, true) / page.marks.sample_rate,
    peak: view.getInt8(i * 8 + 6),
    stage: view.getUint8(i * 8 + 7),
  }));
})();

/** All words and sentences in the document's order; a word knows its sentence. */
const timeline = page.timeline;
const sentences = [];
const words = [];
if (timeline) {
  for (const paragraph of timeline.paragraphs) {
    for (const sentence of paragraph.sentences) {
      const entry = { doc: sentence, paragraph, first: words.length, index: sentences.length, words: [] };
      sentences.push(entry);
      for (const doc of sentence.words) {
        const word = { doc, sentence: entry, index: words.length };
        words.push(word);
        entry.words.push(word);
      }
    }
  }
}
