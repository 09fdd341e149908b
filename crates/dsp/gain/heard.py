#!/usr/bin/env python3
"""Fits the second gain of the spectral gate further, to what is heard, and writes it over the one that `train.py` fitted.

    target/release/examples/gate_evidence runs 10 FOLDER/[0-9]*[0-9].wav
    venv/bin/python crates/dsp/gain/heard.py FOLDER crates/dsp/src/restore/spectral_gate/gain.weights

`train.py` judges each cell of time and frequency alone. Here runs of whole frames are drawn, and beside the errors of the cells two figures
count that only whole frames have: the score of a recording by the perceptual model of PESQ (`quality.py`), whose mean is to rise, and
how much the noise that stays in pauses twitters. About 4 minutes of two cores. Not reproducible to the bit.
"""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax

import quality
from train import ACTIVE_BINS, FRAME, LOOKS, SIZES, cell_loss, gain, in_bytes, size_in_bytes, truths

DISC_RATE = 44_100
# As `gate_evidence` draws them: frames of a run, and the first bin that each cell of a frame may have.
RUN_FRAMES = 14
CELL_EDGES = np.concatenate([np.arange(128), np.arange(128, 256, 2), np.arange(256, 372, 4), np.arange(372, 1_025, 26)])
CELLS = len(CELL_EDGES)
# The cells below 8 kHz are bands of the gain. A bin above counts a fifth.
HEARD = 221
COUNTS = np.diff(np.append(CELL_EDGES, 1_025)) * np.where(np.arange(CELLS) < HEARD, 1.0, 0.2)
COUNTS = (COUNTS / COUNTS.mean()).astype(np.float32)
TO_EAR = quality.gathering(CELL_EDGES[:HEARD] * DISC_RATE / FRAME)
LEVEL_BINS = [int(hz * FRAME / DISC_RATE) for hz in quality.LEVEL_BAND_HZ]
LEVEL_BANDS = (CELL_EDGES[:HEARD] >= LEVEL_BINS[0]) & (CELL_EDGES[:HEARD] < LEVEL_BINS[1])
# Bands of 200 Hz to 4 kHz, in which pauses are heard.
PAUSE_BANDS = slice(ACTIVE_BINS[0], 160)
STEPS, BATCH_RUNS, RATE, SEED = 1_800, 9, 8e-4, 1
# The weights written are a running mean over this many steps, and to a share those that it began with: what is heard gains most in
# the first part of the way, what the cells lose is lost in the last (Wortsman et al., "Robust fine-tuning", CVPR 2022). Chosen by `comparison/`, all files of it.
AVERAGED, OF_START = 400, 0.2
# Steps after which the recordings' long-term spectra and disturbances are found anew.
REFRESH = 600
# Weights of the cells' errors (decibels count more than in `train.py`: what is heard pulls them up), of the score and of twittering.
SHARES = (0.3, 0.1, 0.02, 0.010)
SCORE_SHARE, TWITTER_SHARE = 0.07, 0.008
# The power to which the gate raises the second gain, and the least that it keeps in the preset `speech`.
MILDNESS, FLOOR = 0.85, 0.01


class Discs:
    """All runs of all discs, `[runs, frames, cells]`: looks; truths as in `train.py`; of each cell below 8 kHz the power of its band, damaged and
    clean, the clean one at listening level; the disc of each run."""

    def __init__(self, folder):
        looks, known, powers, disc = [], [], [], []
        for number, path in enumerate(sorted(folder.glob("*.runs"), key=lambda p: int(p.stem))):
            cells = np.fromfile(path, "<u4").reshape(-1, 2 + 2 * LOOKS)
            frame, bin_ = cells[:, 0], cells[:, 1]
            truth, damaged, clean = truths(folder, path, frame, bin_)
            looks.append(cells[:, 2:].view("<f4").astype(np.float16).reshape(-1, RUN_FRAMES, CELLS, 2 * LOOKS))
            known.append(truth.reshape(-1, RUN_FRAMES, CELLS, truth.shape[1]))
            # The programme lies where the clean recording is not silent.
            clean_power = np.abs(clean) ** 2
            scale = quality.LISTENING_POWER / clean_power[clean_power.sum(axis=1) > 0, slice(*LEVEL_BINS)].sum(axis=1).mean()
            bands = [np.add.reduceat(power, CELL_EDGES, axis=1)[frame[::CELLS], :HEARD] for power in (np.abs(damaged) ** 2, clean_power)]
            powers.append(scale * np.stack(bands, axis=-1).astype(np.float32).reshape(-1, RUN_FRAMES, HEARD, 2))
            disc += [number] * len(powers[-1])
        self.looks, self.truths, self.powers = np.concatenate(looks), np.concatenate(known), np.concatenate(powers)
        self.disc = np.array(disc)


def kept_power(gains, powers):
    """What the gate will keep of the damaged power of each band."""
    return jnp.maximum(gains[..., :HEARD], FLOOR) ** (2 * MILDNESS) * powers[..., 0]


def twitter(gains, powers):
    """How peaked the noise that stays in runs without programme is: kurtosis of the power in a band above 2, which noise has."""
    kept = kept_power(gains, powers)[..., PAUSE_BANDS]
    silent = powers[..., 1].sum(axis=(1, 2)) == 0
    kurtosis = (kept**2).mean(axis=1) / (kept.mean(axis=1) ** 2 + 1e-20)
    return jnp.mean(silent[:, None] * jnp.maximum(kurtosis - 2.0, 0.0))


def disturbance(gains, powers, disc):
    """What the disturbances take from the scores, linear about those found last. `disc`: as `assess` gives it, of each run."""
    scale, slopes, equalisation = disc
    kept = scale[:, None, None] * kept_power(gains, powers)
    symmetric, asymmetric = quality.disturbances(kept @ TO_EAR, (powers[..., 1] @ TO_EAR) * equalisation[:, None])
    return jnp.mean(slopes[:, 0] * symmetric**2 + slopes[:, 1] * asymmetric**2)


@jax.jit
def run_figures(layers, looks, powers):
    kept = kept_power(gain(layers, looks), powers)
    return kept @ TO_EAR, powers[..., 1] @ TO_EAR, kept.sum(axis=1)


def assess(layers, discs, scaled):
    """Of every disc the scale of what is kept, the score's slopes by either disturbance squared, and the equalisation; and the scores."""
    scales, slopes, equalisations, scores = [], [], [], []
    for disc in range(discs.disc.max() + 1):
        runs = np.flatnonzero(discs.disc == disc)
        kept, clean, totals = (np.asarray(part) for part in run_figures(layers, scaled(runs), discs.powers[runs]))
        wanted = discs.powers[runs][..., 1].sum(axis=1)[:, LEVEL_BANDS].sum()
        scale = wanted / max(totals[:, LEVEL_BANDS].sum(), 1e-9)
        equal = quality.equalisation(scale * kept.reshape(-1, quality.BANDS), clean.reshape(-1, quality.BANDS))
        symmetric, asymmetric = (np.sqrt((np.asarray(d) ** 2).mean()) for d in quality.disturbances(scale * kept, clean * equal))
        slope = quality.score_slope(symmetric, asymmetric)
        scales.append(scale)
        equalisations.append(equal)
        # d √(mean D²) = d(mean D²) / (2 √(mean D²)).
        slopes.append([quality.SYMMETRIC * slope / (2 * symmetric), quality.ASYMMETRIC * slope / (2 * max(asymmetric, 0.1))])
        scores.append(quality.score(symmetric, asymmetric))
    return [np.array(part, np.float32) for part in (scales, slopes, equalisations)], np.array(scores)


def read(values, sizes):
    """The layers that these bytes hold."""
    values, layers = np.frombuffer(values, "<f4"), []
    for a, b in zip(sizes, sizes[1:]):
        layers.append((jnp.asarray(values[: a * b].reshape(a, b)), jnp.asarray(values[a * b : (a + 1) * b])))
        values = values[(a + 1) * b :]
    return layers


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    random, discs = np.random.default_rng(SEED), Discs(folder)
    some = discs.looks[:, ::5, ::10].reshape(-1, 2 * LOOKS).astype(np.float32)
    centre, spread = some.mean(axis=0), some.std(axis=0) + 1e-3

    def scaled(runs):
        return (discs.looks[runs].astype(np.float32) - centre) / spread

    print(f"{discs.disc.max() + 1} discs, {discs.disc.size} runs", flush=True)
    written = out.read_bytes()
    first, second = written[: size_in_bytes("first")], written[size_in_bytes("first") :]
    layers = read(second, SIZES["second"])
    # The first layer takes the looks as they are, here as they are scaled.
    kernel, bias = layers[0]
    layers[0] = (kernel * spread[:, None], bias + centre @ kernel)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())
    start, averaged, state = layers, layers, optimizer.init(layers)

    def loss(layers, looks, truth, powers, disc):
        gains = gain(layers, looks)
        errors = (cell_loss(gains, truth, SHARES, COUNTS), disturbance(gains, powers, disc), twitter(gains, powers))
        return jnp.dot(jnp.asarray((1.0, SCORE_SHARE, TWITTER_SHARE)), jnp.stack(errors)), errors

    @jax.jit
    def step(layers, state, rate, looks, truth, powers, disc):
        (_, errors), slope = jax.value_and_grad(loss, has_aux=True)(layers, looks, truth, powers, disc)
        change, state = optimizer.update(slope, state)
        return jax.tree.map(lambda part, by: part - rate * by, layers, change), state, errors

    recent = []
    for number in range(STEPS):
        if number % REFRESH == 0 or number == REFRESH // 4:
            of_discs, scores = assess(layers, discs, scaled)
            print(f"step {number}: score {scores.mean():.4f}", flush=True)
        runs = random.integers(0, discs.disc.size, BATCH_RUNS)
        rate = RATE * min(1.0, number / 30) * 0.5 * (1 + np.cos(np.pi * number / STEPS)) + 1e-5
        disc = [part[discs.disc[runs]] for part in of_discs]
        layers, state, errors = step(layers, state, rate, scaled(runs), discs.truths[runs], discs.powers[runs], disc)
        share = 1 / min(max(number - STEPS // 3, 0) + 1, AVERAGED)
        averaged = jax.tree.map(lambda mean, now, share=share: mean + share * (now - mean), averaged, layers)
        recent.append([float(error) for error in errors])
        if number % 200 == 199:
            cells, heard, peaked = np.mean(recent[-200:], axis=0)
            print(f"step {number + 1}: cells {cells:.5f}, heard {heard:.5f}, twitter {peaked:.4f}", flush=True)
    layers = jax.tree.map(lambda begun, fitted: OF_START * begun + (1 - OF_START) * fitted, start, averaged)
    print(f"score {assess(layers, discs, scaled)[1].mean():.4f}")
    kernel, bias = (np.asarray(part) for part in layers[0])
    layers[0] = (kernel / spread[:, None], bias - centre / spread @ kernel)
    out.write_bytes(first + in_bytes(layers))


if __name__ == "__main__":
    main()
