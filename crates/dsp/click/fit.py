#!/usr/bin/env python3
"""Fits the learned decision of `declick` to candidates on simulated discs and writes the weights where the crate reads them.

    python3 -m venv venv && venv/bin/pip install numpy jax optax
    cargo build --release -p tonearm-dsp --examples
    target/release/examples/click_evidence FOLDER/learn.rows 1 40 VOICES/*.wav
    target/release/examples/click_evidence FOLDER/check.rows 601 3 OTHER/*.wav
    venv/bin/python crates/dsp/click/fit.py FOLDER crates/dsp/src/restore/declick/click.weights

The voices are those of `crates/dsp/gain/discs.py`; `check.rows` holds other players, seeds and voices; the weakest
score that is looked at (`LEAST_LOOKED_AT`) was chosen on them, nothing else. The weights that are in the crate were fitted to rows that held weaker
candidates too, and discs whose band ends at a steep edge, for which the network is no longer asked. Prints, for both, the likelihood, precision
and recall, and how often what is believed with a probability is damage. About a minute of a free core. Not reproducible to
the bit: sums run as the machine likes.
"""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax

LOOKS, SIZES = 32, [32, 24, 12, 1]
STEPS, BATCH, RATE, DECAY, SEED = 12_000, 4_096, 3e-3, 1e-4, 1
# Looks further out than so many deviations count as if they were there.
FURTHEST = 6.0


def load(path):
    """Disc, truth, noise in dB and looks of each candidate."""
    rows = np.fromfile(path, "<f4").reshape(-1, 3 + LOOKS)
    return rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3:]


def log_odds(layers, looks):
    for number, (kernel, bias) in enumerate(layers):
        looks = looks @ kernel + bias
        if number + 1 < len(layers):
            looks = jax.nn.relu(looks)
    return looks[:, 0]


def fit(looks, truth):
    random = np.random.default_rng(SEED)
    layers = [
        (jnp.asarray(random.normal(size=(a, b)) * np.sqrt(2 / a), jnp.float32), jnp.zeros(b))
        for a, b in zip(SIZES[:-1], SIZES[1:])
    ]
    schedule = optax.cosine_decay_schedule(RATE, STEPS)
    optimiser = optax.adamw(schedule, weight_decay=DECAY)
    state = optimiser.init(layers)

    def loss(layers, looks, truth):
        return optax.sigmoid_binary_cross_entropy(log_odds(layers, looks), truth).mean()

    @jax.jit
    def step(layers, state, looks, truth):
        value, slope = jax.value_and_grad(loss)(layers, looks, truth)
        updates, state = optimiser.update(slope, state, layers)
        return optax.apply_updates(layers, updates), state, value

    for number in range(STEPS):
        drawn = random.integers(0, len(truth), BATCH)
        layers, state, value = step(layers, state, looks[drawn], truth[drawn])
        if number % 2_000 == 0:
            print(f"  step {number}: {value:.4f}")
    return layers


def report(name, odds, disc, truth, noise_db):
    print(f"{name}: {len(truth)} candidates, {truth.mean():.3f} damage, likelihood {-np.mean(np.logaddexp(0, np.where(truth > 0, -odds, odds))):.4f}")
    for low, high in [(0, 7), (7, 13), (13, 27)]:
        inside = (noise_db >= low) & (noise_db < high)
        for least in (-1.0, 0.0, 0.5, 1.0):
            taken = inside & (odds >= least)
            print(
                f"  {low}-{high} dB, from {least:4.1f}: precision {truth[taken].mean():.3f}, recall {truth[taken].sum() / truth[inside].sum():.4f}"
            )
    clean = disc == 0
    print(f"  clean: {clean.sum()} candidates, {(odds[clean] >= 0).sum()} taken for damage")
    believed = 1 / (1 + np.exp(-odds))
    for low, high in zip((0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97), (0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.01)):
        inside = (believed >= low) & (believed < high)
        print(f"  believed {believed[inside].mean():.3f}: damage {truth[inside].mean():.3f} of {inside.sum()}")


def main():
    folder, weights = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    disc, truth, noise_db, looks = load(folder / "learn.rows")
    mean, deviation = looks.mean(axis=0), looks.std(axis=0) + 1e-3

    def scaled(looks):
        return np.clip((looks - mean) / deviation, -FURTHEST, FURTHEST)

    layers = fit(scaled(looks), truth)
    report("learnt", np.asarray(log_odds(layers, scaled(looks))), disc, truth, noise_db)
    if (folder / "check.rows").exists():
        disc, truth, noise_db, looks = load(folder / "check.rows")
        report("others", np.asarray(log_odds(layers, scaled(looks))), disc, truth, noise_db)
    values = [mean, deviation] + [part.ravel() for layer in layers for part in layer]
    np.concatenate([np.asarray(value, "<f4") for value in values]).tofile(weights)


main()
