#!/usr/bin/env python3
"""Fits the two gains of the spectral gate to the discs that `discs.py` made and writes the weights where the crate reads them.

    python3 -m venv venv && venv/bin/pip install numpy scipy soundfile jax optax
    cargo build --release -p tonearm && cargo build --release -p tonearm-dsp --examples
    venv/bin/python crates/dsp/gain/discs.py 243 FOLDER
    target/release/examples/gate_evidence FOLDER/[0-9]*[0-9].wav
    venv/bin/python crates/dsp/gain/train.py first FOLDER crates/dsp/src/restore/spectral_gate/gain.weights

The second gain looks at what the first keeps, so the evidence is written again by a build with the new first gain:

    cargo build --release -p tonearm-dsp --examples
    target/release/examples/gate_evidence FOLDER/[0-9]*[0-9].wav
    venv/bin/python crates/dsp/gain/train.py second FOLDER crates/dsp/src/restore/spectral_gate/gain.weights

`heard.py` then gives the second gain a context and fits both further.

Cells of time and frequency are drawn at random from all discs. For each the gain is to bring the damaged bin near the clean one: its
magnitude to the power 0.3, without and with phase (Braun and Tashev, "A consolidated view of loss functions for supervised deep
learning-based speech enhancement", TSP 2021); the waveform, so that SI-SDR counts; and the logarithm of its power where programme is
active, as log-spectral distance counts. About 2 minutes of a free core. Not reproducible to the bit: sums run as the machine likes.
"""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import soundfile

from looks import BAND_EDGES, cell_looks, read_maps

FRAME, HOP = 2_048, 512
# Looks at the evidence, and at the evidence after the first gain.
LOOKS = 44
SIZES = {"first": [LOOKS, 32, 16, 1], "second": [2 * LOOKS, 64, 32, 1]}
# Cells drawn from each disc: so many, a bin below 8 kHz five times as often as one above.
CELLS, TREBLE_BIN, BELOW_SHARE = 16_000, 372, 0.74
STEPS, BATCH, RATE, SEED = 12_000, 8_192, 4e-3, 1
# Weights of the errors: magnitude, with phase, waveform, decibels squared.
SHARES = (0.3, 0.1, 0.02, 0.008)
POWER = 0.3
# Decibels are counted down to this amplitude, against the root mean square of a bin in the loud frames. With a lower floor, holes between
# the partials of synthetic voices decide, and recordings of people come out dull.
LOG_FLOOR = 0.006
# Log-spectral distance looks at these bins, 200 to 4 000 Hz, in the frames within 30 dB of the loud ones.
ACTIVE_BINS = (9, 187)


def spectra(path):
    """`[frames, bins]` of a recording."""
    samples = soundfile.read(path)[0]
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME))
    padded = np.concatenate([np.zeros(FRAME // 2), samples, np.zeros(FRAME + HOP)])
    at = np.arange(FRAME)[None] + HOP * np.arange(len(samples) // HOP + 1)[:, None]
    return np.fft.rfft(padded[at] * window, axis=1)


def truths(damaged, clean, frame, bin_):
    """Of each cell of a disc's spectra magnitudes damaged and clean, cosine between them, weight of the waveform, whether active."""
    level = np.sqrt(np.percentile((np.abs(clean[:, 10:190]) ** 2).mean(axis=1), 90)) + 1e-9
    in_band = (np.abs(clean[:, slice(*ACTIVE_BINS)]) ** 2).mean(axis=1)
    active = (in_band > np.percentile(in_band, 95) * 1e-3)[frame] & (bin_ >= ACTIVE_BINS[0]) & (bin_ < ACTIVE_BINS[1])
    noise = np.mean(np.abs(damaged[:, 4:372] - clean[:, 4:372]) ** 2) / level**2
    x, s = damaged[frame, bin_] / level, clean[frame, bin_] / level
    cosine = (x.conj() * s).real / np.maximum(np.abs(x * s), 1e-12)
    weight = np.full(x.shape, 1 / (0.15 * noise + 1e-5))
    return np.stack([np.abs(x), np.abs(s), cosine, weight, active], axis=-1).astype(np.float32)


def load(folder, count, random):
    """The first `count` looks of cells drawn from all discs, and of each its truth."""
    looks, found = [], []
    for path in sorted(folder.glob("*.maps"), key=lambda p: int(p.stem)):
        damaged, clean = (spectra(path_) for path_ in (path.with_suffix(".wav"), folder / f"{path.stem}.clean.wav"))
        frame, below = random.integers(0, len(damaged) - 1, CELLS), random.uniform(size=CELLS) < BELOW_SHARE
        bin_ = np.where(below, random.integers(0, TREBLE_BIN, CELLS), random.integers(TREBLE_BIN, FRAME // 2 + 1, CELLS))
        band = np.searchsorted(BAND_EDGES, bin_, "right") - 1
        looks.append(cell_looks(read_maps(path), frame, np.minimum(band, len(BAND_EDGES) - 2), count).astype(np.float16))
        found.append(truths(damaged, clean, frame, bin_))
    return np.concatenate(looks), np.concatenate(found)


def initial(random, sizes):
    return [
        (jnp.asarray(random.normal(0, np.sqrt(2 / a), (a, b)), jnp.float32), jnp.zeros(b, jnp.float32))
        for a, b in zip(sizes, sizes[1:])
    ]


def gain(layers, looks):
    for kernel, bias in layers[:-1]:
        looks = jax.nn.relu(looks @ kernel + bias)
    kernel, bias = layers[-1]
    return jax.nn.sigmoid((looks @ kernel + bias)[..., 0])


def cell_loss(gains, truth, shares=SHARES, counts=1.0):
    """The errors' weighted sum; each cell counts `counts`, one in the mean."""
    damaged, clean, cosine, weight, active = jnp.moveaxis(truth, -1, 0)

    def mean(errors):
        return jnp.mean(counts * errors)

    kept = gains * damaged
    loud, true_loud = (kept + 1e-4) ** POWER, (clean + 1e-4) ** POWER
    magnitude = mean((loud - true_loud) ** 2)
    phase = mean(loud**2 + true_loud**2 - 2 * loud * true_loud * cosine)
    waveform = mean(weight * (kept**2 - 2 * kept * clean * cosine + clean**2))
    decibels = 20 * jnp.log10(jnp.maximum(kept, LOG_FLOOR) / jnp.maximum(clean, LOG_FLOOR))
    return jnp.dot(jnp.asarray(shares), jnp.stack([magnitude, phase, waveform, mean(active * decibels**2)]))


def loss(layers, looks, truth):
    return cell_loss(gain(layers, looks), truth)


def in_bytes(layers):
    return b"".join(np.asarray(part, "<f4").tobytes() for layer in layers for part in layer)


def read(values, sizes):
    """The layers that these bytes hold."""
    values, layers = np.frombuffer(values, "<f4"), []
    for a, b in zip(sizes, sizes[1:]):
        layers.append((jnp.asarray(values[: a * b].reshape(a, b)), jnp.asarray(values[a * b : (a + 1) * b])))
        values = values[(a + 1) * b :]
    return layers


def size_in_bytes(which):
    return 4 * sum((a + 1) * b for a, b in zip(SIZES[which], SIZES[which][1:]))


def main():
    which, folder, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    sizes = SIZES[which]
    random = np.random.default_rng(SEED)
    looks, known = load(folder, sizes[0], random)
    some = looks[::50].astype(np.float32)
    centre, spread = some.mean(axis=0), some.std(axis=0) + 1e-3
    print(f"{len(looks)} cells", flush=True)
    layers = initial(random, sizes)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())
    state = optimizer.init(layers)

    @jax.jit
    def step(layers, state, rate, looks, truth):
        value, slope = jax.value_and_grad(loss)(layers, looks, truth)
        change, state = optimizer.update(slope, state)
        return jax.tree.map(lambda part, by: part - rate * by, layers, change), state, value

    recent = []
    for number in range(STEPS):
        picked = random.integers(0, len(looks), BATCH)
        rate = RATE * min(1.0, number / 30) * 0.5 * (1 + np.cos(np.pi * number / STEPS)) + 1e-5
        scaled = (looks[picked].astype(np.float32) - centre) / spread
        layers, state, value = step(layers, state, rate, scaled, known[picked])
        recent.append(float(value))
        if number % 500 == 499:
            print(f"step {number + 1}: {np.mean(recent[-500:]):.5f}", flush=True)
    # The first layer takes the looks as they are.
    kernel, bias = (np.asarray(part) for part in layers[0])
    layers[0] = (kernel / spread[:, None], bias - centre / spread @ kernel)
    # A new first gain leaves the second without meaning until that is fitted too.
    if which == "first":
        out.write_bytes(in_bytes(layers) + bytes(size_in_bytes("second")))
    else:
        out.write_bytes(out.read_bytes()[: size_in_bytes("first")] + in_bytes(layers))


if __name__ == "__main__":
    main()
