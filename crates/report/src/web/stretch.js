// Slower and faster with the pitch kept: waveform-similarity overlap-add.
//
// Frames are taken from the source at the wanted speed and overlapped by half; each is moved by up to TOLERANCE so that it
// goes on where the one before would have gone on by itself. The place is searched in one signal, the restored one, and
// used for all three, so that they stay together to the sample at every speed.
//
// Source: W. Verhelst and M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA)", ICASSP 1993.

class Stretcher {
  /** `read(signal, start, count)` gives samples, zeros outside the recording. */
  constructor(read, rate) {
    this.read = read;
    this.half = Math.round(rate * 0.02);
    this.tolerance = Math.round(rate * 0.01);
    this.fade = Float32Array.from({ length: this.half }, (_, n) => 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / this.half));
  }

  /** Begins at the source sample `position`. */
  reset(position) {
    this.position = position;
    this.previous = Math.round(position) - this.half;
  }

  /** The next `half` samples of each signal at `speed`. */
  next(speed) {
    const { half, tolerance, fade, read } = this;
    const natural = this.previous + half;
    const wanted = Math.round(this.position);
    const chosen = Math.abs(wanted - natural) < 1 ? natural : this.mostSimilar(natural, wanted, tolerance);
    const out = page.signals.map((_, signal) => {
      const old = read(signal, natural, half);
      const fresh = read(signal, chosen, half);
      for (let n = 0; n < half; n++) old[n] += (fresh[n] - old[n]) * fade[n];
      return old;
    });
    this.previous = chosen;
    this.position += half * speed;
    return out;
  }

  /** Where, within `tolerance` of `wanted`, the sound is most like that at `natural`. */
  mostSimilar(natural, wanted, tolerance) {
    const model = this.read(1, natural, this.half);
    const source = this.read(1, wanted - tolerance, this.half + 2 * tolerance);
    const likeness = (offset, step) => {
      let dot = 0;
      let energy = 1e-9;
      for (let n = 0; n < model.length; n += step) {
        dot += model[n] * source[offset + n];
        energy += source[offset + n] * source[offset + n];
      }
      return dot / Math.sqrt(energy);
    };
    const best = (from, to, stride, step) => {
      let place = clamp(tolerance, from, to);
      let most = likeness(place, step);
      for (let offset = from; offset <= to; offset += stride) {
        const value = likeness(offset, step);
        if (value > most) [most, place] = [value, offset];
      }
      return place;
    };
    // Every fourth place on every second sample first, then the neighbours in full.
    const rough = best(0, 2 * tolerance, 4, 2);
    return wanted - tolerance + best(Math.max(rough - 4, 0), Math.min(rough + 4, 2 * tolerance), 1, 1);
  }
}
