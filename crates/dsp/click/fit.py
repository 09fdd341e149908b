#!/usr/bin/env python3
"""Fits the learned decision of `declick` to candidates on simulated discs and writes the weights where the crate reads them.

    python3 -m venv venv && venv/bin/pip install numpy scipy soundfile jax optax
    venv/bin/python crates/dsp/click/voices.py VOICES
    cargo build --release -p tonearm-dsp --examples
    target/release/examples/click_evidence ROWS/learn.rows 1 24 VOICES/learn/*.wav
    target/release/examples/click_evidence ROWS/check.rows 601 6 VOICES/check/*.wav
    target/release/examples/click_evidence ROWS/report.rows 801 6 VOICES/report/*.wav
    venv/bin/python crates/dsp/click/fit.py ROWS crates/dsp/src/restore/declick/click.weights

The weights in the crate are NOT what these lines make: they were fitted to rows that held weaker candidates too, discs whose band ends at a
steep edge, and no pulses at a pitch. What these lines make is nearer to a probability (on `report.rows` .60 believed is .66 true, .82 is .87) and takes 276 pulses at a
pitch of 53,153 where the crate's network alone takes 3,434. But fits of this kind (with two looks at long rows more) were worse where it counts: on
`declick_bench --only clicks --seeds 2 --first-seed 921` at 10 dB precision .920 at a recall of .896, where the crate's have .946 at .890, and in steady
instruments they found 258 clicks where the crate's find 274. `learn.rows` are learned from; when to stop, and the straight line
through the log-odds that makes them honest (J. Platt, "Probabilistic outputs for support vector machines", 1999), are chosen on `check.rows`;
`report.rows` decide nothing in this program, but fits of several kinds were compared on them, so they are no longer unseen. Players, seeds and voices of the three have nothing in common. Prints, for all, the likelihood, precision
and recall, and how often what is believed with a probability is damage. Some minutes of a free core. Not reproducible to
the bit on other machines: sums run as the machine likes.
"""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy import optimize

# Networks whose log-odds are averaged: each begins elsewhere and sees the rows in another order.
MEMBERS, SUMS = 1, [24, 12]
STEPS, BATCH, RATE, DECAY = 6_000, 4_096, 1e-3, 1e-2
# The weights are averaged over so many steps, and looked at on `check.rows` every so many.
AVERAGED, CHECKED_EVERY = 500, 500
# Looks further out than so many deviations count as if they were there.
FURTHEST = 6.0
# Kinds of recordings by what `click_evidence` writes for the noise.
KINDS = {"pitched": (-1, -0.5), "0-7 dB": (0, 7), "7-13 dB": (7, 13), "13-26 dB": (13, 27), "clean": (99, 101)}
# What a candidate counts for: there are four pulses at a pitch for each candidate on a disc, and clean recordings give candidates by the
# thousand or none.
COUNTS = {"pitched": 0.1, "clean": 0.3}


class Rows:
    """Truth, noise in dB and looks of each candidate."""

    def __init__(self, path):
        names, values = path.read_bytes().split(b"\n", 1)
        self.names = names.decode().split()
        columns = np.frombuffer(values, "<f4").reshape(-1, len(self.names))
        self.truth, self.noise_db, self.looks = columns[:, 1], columns[:, 2], columns[:, 3:]
        self.counts = np.ones(len(self.truth))
        for kind, count in COUNTS.items():
            self.counts[self.are(kind)] = count

    def are(self, kind):
        low, high = KINDS[kind]
        return (self.noise_db >= low) & (self.noise_db < high)


def log_odds(layers, looks):
    for number, (kernel, bias) in enumerate(layers):
        looks = looks @ kernel + bias
        if number + 1 < len(layers):
            looks = jax.nn.relu(looks)
    return looks[:, 0]


def mean_log_odds(members, looks):
    return np.mean([np.asarray(log_odds(layers, looks)) for layers in members], axis=0)


def likelihood(odds, rows):
    """The mean logarithm of what was believed of what is true."""
    return -np.average(np.logaddexp(0, np.where(rows.truth > 0, -odds, odds)), weights=rows.counts)


def fit(seed, learn, check, scaled):
    """The layers at the step that explains the checked rows best."""
    random = np.random.default_rng(seed)
    looks, truth, check_looks = jnp.asarray(scaled(learn)), jnp.asarray(learn.truth), scaled(check)
    until = np.cumsum(learn.counts) / learn.counts.sum()
    sizes = [looks.shape[1], *SUMS, 1]
    layers = [
        (jnp.asarray(random.normal(size=(a, b)) * np.sqrt(2 / a), jnp.float32), jnp.zeros(b))
        for a, b in zip(sizes[:-1], sizes[1:])
    ]
    optimiser = optax.adamw(optax.cosine_decay_schedule(RATE, STEPS), weight_decay=DECAY)

    def loss(layers, drawn):
        return optax.sigmoid_binary_cross_entropy(log_odds(layers, looks[drawn]), truth[drawn]).mean()

    def step(carried, drawn):
        layers, state, average = carried
        updates, state = optimiser.update(jax.grad(loss)(layers, drawn), state, layers)
        layers = optax.apply_updates(layers, updates)
        average = jax.tree.map(lambda old, new: old + (new - old) / AVERAGED, average, layers)
        return (layers, state, average), None

    steps = jax.jit(lambda carried, drawn: jax.lax.scan(step, carried, drawn)[0])
    carried = (layers, optimiser.init(layers), layers)
    best, best_layers = -np.inf, layers
    for number in range(CHECKED_EVERY, STEPS + 1, CHECKED_EVERY):
        drawn = np.searchsorted(until, random.random((CHECKED_EVERY, BATCH)))
        carried = steps(carried, jnp.asarray(np.minimum(drawn, len(until) - 1)))
        reached = likelihood(np.asarray(log_odds(carried[2], check_looks)), check)
        if reached > best:
            best, best_layers, best_step = reached, carried[2], number
    print(f"  member {seed}: {best:.4f} at step {best_step}")
    return best_layers


def straightened(members, odds, rows):
    """The members with the slope and offset of their mean that make the rows most likely."""
    line = optimize.minimize(lambda line: -likelihood(line[0] * odds.astype(float) + line[1], rows), [1.0, 0.0]).x
    print(f"log-odds are {line[0]:.3f} of what was learned, {line[1]:+.3f}")
    return [[*layers[:-1], (layers[-1][0] * line[0], layers[-1][1] * line[0] + line[1])] for layers in members]


def report(name, odds, rows):
    truth = rows.truth
    print(f"{name}: {len(truth)} candidates, {truth.mean():.3f} damage, likelihood {likelihood(odds, rows):.4f}")
    for kind in KINDS:
        inside = rows.are(kind)
        for least in (-1.0, 0.0, 1.0):
            taken = inside & (odds >= least)
            right, there = truth[taken].sum(), max(truth[inside].sum(), 1)
            print(
                f"  {kind}, from {least:4.1f}: precision {right / max(taken.sum(), 1):.3f}, recall {right / there:.4f}, "
                f"{taken.sum() - right:.0f} of {inside.sum() - truth[inside].sum():.0f} wrongly"
            )
    believed = 1 / (1 + np.exp(-odds))
    for low, high in zip((0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97), (0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.01)):
        inside = (believed >= low) & (believed < high)
        counts = rows.counts[inside]
        mean, true = np.average(believed[inside], weights=counts), np.average(truth[inside], weights=counts)
        print(f"  believed {mean:.3f}: damage {true:.3f} of {inside.sum()}")


def main():
    folder, weights = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    learn, check, others = [Rows(folder / f"{name}.rows") for name in ("learn", "check", "report")]
    mean, deviation = learn.looks.mean(axis=0), learn.looks.std(axis=0) + 1e-3

    def scaled(rows):
        return np.clip((rows.looks - mean) / deviation, -FURTHEST, FURTHEST)

    members = [fit(seed, learn, check, scaled) for seed in range(1, MEMBERS + 1)]
    members = straightened(members, mean_log_odds(members, scaled(check)), check)
    for name, rows in ("learned from", learn), ("checked", check), ("reported only", others):
        report(name, mean_log_odds(members, scaled(rows)), rows)
    parts = [part.ravel() for layers in members for layer in layers for part in layer]
    np.concatenate([np.asarray(value, "<f4") for value in [mean, deviation, *parts]]).tofile(weights)


main()
