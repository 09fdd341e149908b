#!/usr/bin/env python3
"""Fits the second gain of the spectral gate and its context to whole frames and to what is heard.

    target/release/examples/gate_evidence FOLDER/[0-9]*[0-9].wav
    venv/bin/python crates/dsp/gain/heard.py FOLDER crates/dsp/src/restore/spectral_gate/gain.weights

Begins from the second gain that `train.py` fitted cell by cell, which knows of no context (`context.py`). Here stretches of whole frames are
drawn, and beside the errors of the cells two figures count that only whole frames have: the score of a recording by the perceptual model of
PESQ (`quality.py`), whose mean is to rise, and how much the noise that stays in pauses twitters or hums. Run again, it goes on from the
context that is written. About 20 seconds of a core for 100 steps. Not reproducible to the bit.

The weights in the crate began with the first and second gains of an earlier `discs.py` (400 discs of fewer voices). From there came four
runs, each correcting the one before. 3 000 steps over the discs 0 to 208, with groups up to 22 kHz and no `ENDS`, shares of 0.07 and 0.008:
noise twittered at sample rates below 44.1 kHz. 2 600 over 0 to 242, with `ENDS`, 0.08 and 0.03: a line hummed in pauses, for `quality.py` did not
yet count those by themselves. 1 200 with 0.08 and 0.05; and the one that stands here. The weights are the mean of what the last two gave.
"""

import pathlib
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import quality
from context import BETWEEN, CONTEXT_PARTS, CONTEXT_REACH, SAYS, context, initial, second_gain, shapes
from looks import BAND_EDGES, BANDS, HIGHER, LOOKS, MAPS, REACH, TO_ONE, clamped, frame_looks, read_maps
from train import ACTIVE_BINS, FRAME, SIZES, cell_loss, read, size_in_bytes, spectra, truths

DISC_RATE = 44_100
# Frames of a stretch, of which every second is judged, and of those as many as PESQ gathers its disturbances over: a third of a second.
STRETCH, STRIDE, RUN_FRAMES = 112, 2, 14
# All bands below 8 kHz are judged and every third above, where a bin counts a fifth.
HEARD = 221
CHOSEN = np.concatenate([np.arange(HEARD), np.arange(HEARD, BANDS, 3)])
COUNTS = np.diff(BAND_EDGES)[CHOSEN] * np.where(CHOSEN < HEARD, 1.0, 0.6)
COUNTS = (COUNTS / COUNTS.mean()).astype(np.float32)
TO_EAR = quality.gathering(BAND_EDGES[:HEARD] * DISC_RATE / FRAME)
LEVEL_BINS = [int(hz * FRAME / DISC_RATE) for hz in quality.LEVEL_BAND_HZ]
LEVEL_BANDS = (BAND_EDGES[:HEARD] >= LEVEL_BINS[0]) & (BAND_EDGES[:HEARD] < LEVEL_BINS[1])
# Bands of 200 Hz to 4 kHz, in which pauses are heard, and how many a line in them is compared with.
PAUSE_BANDS, BESIDE = slice(ACTIVE_BINS[0], 160), 21
# Bands at the sample rates 44.1 (and more), 11.025 and 8 kHz, and how often the context is shown no more than those: it is to be at home in each.
ENDS, END_SHARES = (BANDS, 193, 157), (0.7, 0.12, 0.18)
STEPS, BATCH, RATE, SEED = 1_200, 3, 1e-3, 4
# The weights written are a running mean over this many steps.
AVERAGED = 350
# Steps before which the recordings' long-term spectra and disturbances are found anew.
REFRESH = (0, 500)
# Stretches of each disc from which they are found.
ASSESSED = 3
# Weights of the cells' errors (decibels count more than in `train.py`: what is heard pulls them up), of the score and of twittering.
SHARES = (0.3, 0.1, 0.025, 0.010)
SCORE_SHARE, TWITTER_SHARE = 0.13, 0.05
# The power to which the gate raises the second gain, and the least that it keeps in the preset `speech`.
MILDNESS, FLOOR = 0.85, 0.01


class Disc:
    """One disc: maps; looks at whole frames; and by frame and band `CHOSEN` a bin's truth as in `train.py`, below 8 kHz the power of the band,
    damaged and clean, the clean one at listening level."""

    def __init__(self, folder, path, random):
        self.maps = read_maps(path)
        self.frames = [frame_looks(self.maps, end) for end in ENDS]
        damaged, clean = (spectra(path_) for path_ in (path.with_suffix(".wav"), folder / f"{path.stem}.clean.wav"))
        self.count = min(self.maps.shape[1], len(damaged))
        widths = np.diff(BAND_EDGES)[CHOSEN]
        bins = BAND_EDGES[:-1][CHOSEN] + random.integers(0, widths, (self.count, len(CHOSEN)))
        truth = truths(damaged, clean, np.arange(self.count)[:, None], bins)
        # The weight of the waveform is the disc's, the same in all cells.
        self.weight = truth[0, 0, 3]
        self.truths = truth[..., [0, 1, 2, 4]].astype(np.float16)
        # The programme lies where the clean recording is not silent.
        clean_power = np.abs(clean) ** 2
        scale = quality.LISTENING_POWER / clean_power[clean_power.sum(axis=1) > 0, slice(*LEVEL_BINS)].sum(axis=1).mean()
        bands = [np.add.reduceat(power, BAND_EDGES[:-1], axis=1)[: self.count, :HEARD] for power in (np.abs(damaged) ** 2, clean_power)]
        self.powers = (scale * np.stack(bands, axis=-1)).astype(np.float32)

    def stretch(self, start, end=0):
        """Everything of the stretch from this frame: maps with what the looks reach, frames with what the context reaches (as if bands ended at
        the `end`th of `ENDS`), truths, powers."""
        judged = np.arange(start, start + STRETCH, STRIDE)
        maps = clamped(self.maps, np.arange(start - REACH, start + STRETCH - 1 + REACH))
        around = np.clip(np.arange(start - CONTEXT_REACH, start + STRETCH + CONTEXT_REACH), 0, self.maps.shape[1] - 1)
        truth = self.truths[judged].astype(np.float32)
        weight = np.full((*truth.shape[:2], 1), self.weight, np.float32)
        truth = np.concatenate([truth[..., :3], weight, truth[..., 3:]], axis=-1)
        return maps, self.frames[end][around], truth, self.powers[judged]

    def starts(self):
        """Evenly over the disc."""
        return np.linspace(0, self.count - STRETCH, ASSESSED).astype(int)


def gathered_looks(maps):
    """The looks of judged frames and chosen bands, `[frames, CHOSEN, looks]`, from the maps of a stretch."""
    maps = maps.astype(jnp.float32) / TO_ONE
    maps = jnp.pad(maps, ((0, 0), (0, 0), (HIGHER, HIGHER)), mode="edge")
    frames, found = STRETCH // STRIDE, []
    for kept in (0, 1):
        for name, later, higher in LOOKS:
            map_ = maps[MAPS.index(name) + len(MAPS) * kept, REACH + later : REACH + later + STRIDE * frames : STRIDE]
            found.append(map_[:, CHOSEN + HIGHER + higher])
    return jnp.stack(found, axis=-1)


def gains_of(parts, scaling, maps, frames):
    """The second gain of a batch of stretches, `[stretches, frames, CHOSEN]`."""
    centre, spread, frame_centre, frame_spread = scaling
    looks = (jax.vmap(gathered_looks)(maps) - centre) / spread
    said = context(parts[:CONTEXT_PARTS], (frames - frame_centre) / frame_spread)[:, ::STRIDE]
    said = jnp.einsum("nfgs,gb->nfbs", said, BETWEEN[:, CHOSEN])
    return second_gain(parts[CONTEXT_PARTS:], looks, said)


def in_runs(values):
    """`[stretches, frames, ...]` as `[runs, RUN_FRAMES, ...]`."""
    return values.reshape(-1, RUN_FRAMES, *values.shape[2:])


def kept_power(gains, powers):
    """What the gate will keep of the damaged power of each band."""
    return jnp.maximum(gains[..., :HEARD], FLOOR) ** (2 * MILDNESS) * powers[..., 0]


def twitter(gains, powers):
    """How peaked the noise that stays in runs without programme is: in time, the kurtosis of the power in a band above 2, which noise has; in
    frequency, how far what is kept of a band stands from the bands beside it, in squared nepers: a line in a pause hums."""
    kept = kept_power(gains, powers)[..., PAUSE_BANDS]
    silent = powers[..., 1].sum(axis=(1, 2)) == 0
    kurtosis = (kept**2).mean(axis=1) / (kept.mean(axis=1) ** 2 + 1e-20)
    share = jnp.log((kept.mean(axis=1) + 1e-9) / (powers[..., PAUSE_BANDS, 0].mean(axis=1) + 1e-9))
    edges = jnp.pad(share, ((0, 0), (BESIDE // 2, BESIDE // 2)), mode="edge")
    beside = sum(edges[:, shift : shift + share.shape[1]] for shift in range(BESIDE)) / BESIDE
    return jnp.mean(silent[:, None] * (jnp.maximum(kurtosis - 2.0, 0.0) + 2.0 * (share - beside) ** 2))


def disturbance(gains, powers, disc):
    """What the disturbances take from the scores, linear about those found last. `disc`: as `assess` gives it, of each run."""
    scale, slopes, equalisation = disc
    kept = scale[:, None, None] * kept_power(gains, powers)
    symmetric, asymmetric = quality.disturbances(kept @ TO_EAR, (powers[..., 1] @ TO_EAR) * equalisation[:, None])
    return jnp.mean(slopes[:, 0] * symmetric**2 + slopes[:, 1] * asymmetric**2)


@jax.jit
def run_figures(parts, scaling, maps, frames, powers):
    powers = in_runs(powers)
    kept = kept_power(in_runs(gains_of(parts, scaling, maps, frames)), powers)
    return kept @ TO_EAR, powers[..., 1] @ TO_EAR, kept.sum(axis=1)


def assess(parts, scaling, discs):
    """Of every disc the scale of what is kept, the score's slopes by either disturbance squared, and the equalisation; and the scores."""
    found, scores = [], []
    for disc in discs:
        maps, frames, _, powers = (np.stack(part) for part in zip(*(disc.stretch(start) for start in disc.starts())))
        kept, clean, totals = (np.asarray(part) for part in run_figures(parts, scaling, maps, frames, powers))
        wanted = powers[..., LEVEL_BANDS, 1].sum()
        scale = wanted / max(totals[:, LEVEL_BANDS].sum(), 1e-9)
        equal = quality.equalisation(scale * kept.reshape(-1, quality.BANDS), clean.reshape(-1, quality.BANDS))
        symmetric, asymmetric = (np.sqrt((np.asarray(d) ** 2).mean()) for d in quality.disturbances(scale * kept, clean * equal))
        slope = quality.score_slope(symmetric, asymmetric)
        # d √(mean D²) = d(mean D²) / (2 √(mean D²)).
        slopes = [quality.SYMMETRIC * slope / (2 * symmetric), quality.ASYMMETRIC * slope / (2 * max(asymmetric, 0.1))]
        found.append((np.float32(scale), np.array(slopes, np.float32), np.array(equal, np.float32)))
        scores.append(quality.score(symmetric, asymmetric))
    return found, np.mean(scores)


def scaling_of(discs, random):
    """Centre and spread of the looks, of single cells and of whole frames."""
    picked = [disc.stretch(int(random.integers(0, disc.count - STRETCH)))[0] for disc in discs[::8]]
    looks = np.concatenate([np.asarray(gathered_looks(maps))[::4, ::8].reshape(-1, 2 * len(LOOKS)) for maps in picked])
    frames = np.concatenate([disc.frames[0][::10] for disc in discs])
    return looks.mean(axis=0), looks.std(axis=0) + 1e-3, frames.mean(axis=0), frames.std(axis=0) + 1e-3


def begin(written, scaling, random):
    """Every part, as it takes scaled looks: as it is written, or where no context is written yet one that has learned nothing."""
    parts = [np.array(part) for part in initial(random)]
    if len(written) > size_in_bytes("second"):
        values = np.frombuffer(written, "<f4")
        sizes = np.cumsum([part.size for part in parts])
        parts = [values.reshape(part.shape) for values, part in zip(np.split(values, sizes[:-1]), parts)]
        return [jnp.asarray(part) for part in rescaled(parts, scaling, False)]
    untold = rescaled(parts, scaling, True)
    layers = [np.array(part) for layer in read(written, SIZES["second"]) for part in layer]
    layers[0] = np.concatenate([layers[0], 0.3 * untold[CONTEXT_PARTS][-SAYS:]])
    untold[CONTEXT_PARTS:] = layers
    return [jnp.asarray(part) for part in rescaled(untold, scaling, False)]


def rescaled(parts, scaling, bare):
    """Parts for scaled looks as they take bare ones, or the other way."""
    centre, spread, frame_centre, frame_spread = scaling
    parts = [np.array(part, np.float32) for part in parts]
    for kernel, centre_, spread_ in ((0, frame_centre, frame_spread), (CONTEXT_PARTS, centre, spread)):
        looks = len(centre_)
        if bare:
            parts[kernel][:looks] /= spread_[:, None]
            parts[kernel + 1] -= centre_ @ parts[kernel][:looks]
        else:
            parts[kernel + 1] += centre_ @ parts[kernel][:looks]
            parts[kernel][:looks] *= spread_[:, None]
    return parts


def in_bytes(first, parts, scaling):
    return first + b"".join(part.astype("<f4").tobytes() for part in rescaled(parts, scaling, True))


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    random = np.random.default_rng(SEED)
    discs = [Disc(folder, path, random) for path in sorted(folder.glob("*.maps"), key=lambda p: int(p.stem))]
    discs = [disc for disc in discs if disc.count >= STRETCH]
    scaling = scaling_of(discs, random)
    print(f"{len(discs)} discs", flush=True)
    written = out.read_bytes()
    first, second = written[: size_in_bytes("first")], written[size_in_bytes("first") :]
    parts = begin(second, scaling, random)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())
    averaged, state = parts, optimizer.init(parts)

    def loss(parts, maps, frames, truth, powers, disc):
        gains, powers = gains_of(parts, scaling, maps, frames), in_runs(powers)
        cells = cell_loss(gains, truth, SHARES, COUNTS)
        gains = in_runs(gains)
        errors = (cells, disturbance(gains, powers, disc), twitter(gains, powers))
        return jnp.dot(jnp.asarray((1.0, SCORE_SHARE, TWITTER_SHARE)), jnp.stack(errors)), errors

    @jax.jit
    def step(parts, state, rate, maps, frames, truth, powers, disc):
        (_, errors), slope = jax.value_and_grad(loss, has_aux=True)(parts, maps, frames, truth, powers, disc)
        change, state = optimizer.update(slope, state)
        return jax.tree.map(lambda part, by: part - rate * by, parts, change), state, errors

    recent, begun = [], time.time()
    for number in range(STEPS):
        if number in REFRESH:
            of_discs, score = assess(parts, scaling, discs)
            print(f"step {number}: score {score:.4f}, {time.time() - begun:.0f} s", flush=True)
        picked = random.integers(0, len(discs), BATCH)
        ends = random.choice(len(ENDS), BATCH, p=END_SHARES)
        stretches = [discs[d].stretch(int(random.integers(0, discs[d].count - STRETCH + 1)), end) for d, end in zip(picked, ends)]
        runs = np.repeat(picked, STRETCH // STRIDE // RUN_FRAMES)
        disc = [np.stack(part) for part in zip(*(of_discs[disc] for disc in runs))]
        rate = RATE * min(1.0, number / 50) * 0.5 * (1 + np.cos(np.pi * number / STEPS)) + 1e-5
        parts, state, errors = step(parts, state, rate, *(np.stack(part) for part in zip(*stretches)), disc)
        share = 1 / min(max(number - STEPS // 2, 0) + 1, AVERAGED)
        averaged = jax.tree.map(lambda mean, now, share=share: mean + share * (now - mean), averaged, parts)
        recent.append([float(error) for error in errors])
        if number % 100 == 99:
            cells, heard, peaked = np.mean(recent[-300:], axis=0)
            print(f"step {number + 1}: cells {cells:.5f}, heard {heard:.5f}, twitter {peaked:.4f}, {time.time() - begun:.0f} s", flush=True)
            out.write_bytes(in_bytes(first, averaged, scaling))
    print(f"score {assess(averaged, scaling, discs)[1]:.4f}")
    assert [part.shape for part in averaged] == shapes()
    out.write_bytes(in_bytes(first, averaged, scaling))


if __name__ == "__main__":
    main()
