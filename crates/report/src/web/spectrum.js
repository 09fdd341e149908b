// Spectra of the part in view, at its own resolution: the page's pictures hold the whole side, this draws the detail.
// Levels, axis and colours are those of the pictures: power per hertz, Hann window, mel rows.

const mel = (hz) => 2595 * Math.log10(1 + hz / 700);
const hertzOfMel = (m) => 700 * (10 ** (m / 2595) - 1);
const melShare = (hz) => (mel(hz) - mel(page.spectrogram.min_hz)) / (mel(page.spectrogram.max_hz) - mel(page.spectrogram.min_hz));
const hertzAtShare = (share) => hertzOfMel(mel(page.spectrogram.min_hz) + share * (mel(page.spectrogram.max_hz) - mel(page.spectrogram.min_hz)));

/** In-place radix-2 transform of a fixed length (Cooley and Tukey 1965). */
class Fft {
  constructor(size) {
    this.size = size;
    this.cos = Float32Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.sin = Float32Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
    this.order = new Uint32Array(size);
    for (let i = 0, bits = Math.log2(size); i < size; i++) {
      this.order[i] = (this.order[i >> 1] >> 1) | ((i & 1) << (bits - 1));
    }
  }

  transform(re, im) {
    const { size, cos, sin, order } = this;
    for (let i = 0; i < size; i++) {
      const j = order[i];
      if (j > i) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const a = start + k;
          const b = a + half;
          const c = cos[k * step];
          const s = sin[k * step];
          const x = re[b] * c - im[b] * s;
          const y = re[b] * s + im[b] * c;
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  }
}

class Detail {
  constructor() {
    this.plans = new Map();
    const { palette } = page.spectrogram;
    // ImageData is bytes in the order red, green, blue, alpha.
    this.colours = palette.map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  }

  plan(size, height) {
    const name = `${size}/${height}`;
    if (!this.plans.has(name)) {
      const window = Float32Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
      const energy = window.reduce((sum, w) => sum + w * w, 0);
      const perBin = page.sample_rate / size;
      const rows = Array.from({ length: height }, (_, row) => {
        const low = hertzAtShare(1 - (row + 1) / height) / perBin;
        const high = hertzAtShare(1 - row / height) / perBin;
        return { first: Math.ceil(low), end: Math.min(Math.floor(high) + 1, size / 2), centre: Math.min((low + high) / 2, size / 2 - 1) };
      });
      this.plans.set(name, { fft: new Fft(size), window, rows, scale: 2 / (energy * page.sample_rate) });
    }
    return this.plans.get(name);
  }

  /** Frame length that suits a view: time detail when close, frequency detail when far. */
  frameSize(viewSecs) {
    const secs = viewSecs < 2.5 ? 0.023 : 0.046;
    return clamp(2 ** Math.round(Math.log2(secs * page.sample_rate)), 256, 4096);
  }

  /** Draws the columns `from` to `to` of a view into `image`. */
  draw(image, from, to, start, secsPerColumn, signal, size) {
    const { fft, window, rows, scale } = this.plan(size, image.height);
    const re = new Float32Array(size);
    const im = new Float32Array(size);
    const power = new Float32Array(size / 2 + 1);
    const { top_db: top, floor_db: floor } = page.spectrogram;
    const last = this.colours.length - 1;
    const place = (column) => Math.round((start + (column + 0.5) * secsPerColumn) * page.sample_rate) - size / 2;
    const first = place(from);
    const samples = engine.read(signal, first, place(to - 1) + size - first);
    // Two columns in one complex transform: the even part of the spectrum is the one, the odd part the other.
    for (let column = from; column < to; column += 2) {
      const a = place(column) - first;
      const b = column + 1 < to ? place(column + 1) - first : a;
      for (let n = 0; n < size; n++) {
        re[n] = samples[a + n] * window[n];
        im[n] = samples[b + n] * window[n];
      }
      fft.transform(re, im);
      for (let which = 0; which < 2 && column + which < to; which++) {
        for (let k = 0; k < size / 2; k++) {
          const mirror = (size - k) % size;
          const sign = which ? -1 : 1;
          const x = re[k] + sign * re[mirror];
          const y = im[k] - sign * im[mirror];
          power[k] = (x * x + y * y) / 4;
        }
        rows.forEach((row, index) => {
          let sum = 0;
          if (row.end > row.first + 1) {
            for (let k = row.first; k < row.end; k++) sum += power[k];
            sum /= row.end - row.first;
          } else {
            const below = Math.floor(row.centre);
            sum = power[below] + (row.centre - below) * (power[below + 1] - power[below]);
          }
          const db = 10 * Math.log10(sum * scale + 1e-30);
          const colour = this.colours[clamp(Math.round(((db - floor) / (top - floor)) * last), 0, last)];
          const at = 4 * (index * image.width + column + which);
          image.data[at] = colour[0];
          image.data[at + 1] = colour[1];
          image.data[at + 2] = colour[2];
          image.data[at + 3] = 255;
        });
      }
    }
  }
}
