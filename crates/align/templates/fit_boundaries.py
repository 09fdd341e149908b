#!/usr/bin/env python3
"""Fit the boundary model (src/warp/boundary_model.rs) to timed speech.

usage: fit_boundaries.py FEATURES.bin OUT.bin [--leave-out VOICE,…] [--hidden N] [--epochs N]

FEATURES.bin is what `cargo run --release -p tonearm-align --example boundary_features` writes. The network looks at the
features around a place that lies, normally distributed, near a boundary, and learns how far the boundary is. With --leave-out
the named voices are not learned from; what the model makes of them is printed. Needs numpy. The seed is fixed.
"""

import argparse
import struct

import numpy as np

CONTEXT = np.array([-20, -14, -10, -7, -5, -3, -1, 0, 1, 3, 5, 7, 10, 14, 20])
FLUX = 26
SEEN = list(range(13)) + [FLUX]
REACH = 12
SHIFTS = 2 * REACH + 1
GROUPS = 12
PAUSE, PLOSIVES_AND_AFFRICATES = 0, {4, 5, 6, 7}
# How far a path's boundary lies from the true one: normal, with some that lie anywhere within reach.
MISPLACED_FRAMES, ANYWHERE_SHARE = 4.0, 0.15
# A true boundary is known to about this many frames.
TARGET_WIDTH = 0.7


def passages(path):
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        length = data[at]
        name = data[at + 1 : at + 1 + length].decode()
        at += 1 + length
        frames, dims = struct.unpack_from("<II", data, at)
        features = np.frombuffer(data, "<f4", frames * dims, at + 8).reshape(frames, dims)
        at += 8 + 4 * frames * dims
        _, count = struct.unpack_from("<fI", data, at)
        sounds = np.frombuffer(data, [("start", "<f4"), ("group", "<u4")], count, at + 8)
        at += 8 + 8 * count
        yield name, features[:, SEEN], sounds


def boundaries(passage):
    """[(frame, left group, right group)] of the sounds of a passage."""
    _, features, sounds = passage
    found = []
    for before, sound, after in zip(sounds, sounds[1:], sounds[2:]):
        start, right = float(sound["start"]), int(sound["group"])
        if right == PAUSE:
            continue
        if before["group"] == PAUSE and right in PLOSIVES_AND_AFFRICATES:
            # The closure after a pause cannot be heard: a listener puts the start at the burst, a frame before its peak.
            first, end = int(start), min(int(after["start"]) + 3, len(features) - 1)
            if end - first < 3:
                continue
            start = first + int(np.argmax(features[first:end, -1])) - 1
        if REACH < start < len(features) - REACH:
            found.append((start, int(before["group"]), right))
    return found


def inputs(features, frames, left, right):
    around = np.clip(frames[:, None] + CONTEXT, 0, len(features) - 1)
    spectra = features[around].reshape(len(frames), -1)
    groups = np.eye(GROUPS, dtype="f4")
    return np.hstack([spectra, groups[left], groups[right]])


def targets(shifts):
    distance = np.arange(SHIFTS)[None] - REACH - np.clip(shifts, -REACH, REACH)[:, None]
    weights = np.exp(-0.5 * (distance / TARGET_WIDTH) ** 2).astype("f4")
    return weights / weights.sum(1, keepdims=True)


class Network:
    def __init__(self, hidden, random):
        count = len(CONTEXT) * len(SEEN) + 2 * GROUPS
        self.weights = [
            random.normal(0, count**-0.5, (count, hidden)).astype("f4"), np.zeros(hidden, "f4"),
            random.normal(0, hidden**-0.5, (hidden, SHIFTS)).astype("f4"), np.zeros(SHIFTS, "f4"),
        ]  # fmt: skip
        self.moments = [(np.zeros_like(w), np.zeros_like(w)) for w in self.weights]
        self.steps = 0

    def forward(self, x):
        hidden = np.maximum(x @ self.weights[0] + self.weights[1], 0)
        scores = hidden @ self.weights[2] + self.weights[3]
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return hidden, scores / scores.sum(1, keepdims=True)

    def learn(self, x, wanted, rate):
        """One step of Adam (Kingma and Ba 2015) on the cross entropy, with decay of the weights; gives the entropy."""
        hidden, given = self.forward(x)
        error = (given - wanted) / len(x)
        back = (error @ self.weights[2].T) * (hidden > 0)
        gradients = [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
        self.steps += 1
        for i, (weight, gradient) in enumerate(zip(self.weights, gradients)):
            first, second = self.moments[i]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            step = (first / (1 - 0.9**self.steps)) / (np.sqrt(second / (1 - 0.999**self.steps)) + 1e-8)
            weight -= rate * (step + (1e-4 * weight if weight.ndim == 2 else 0))
        return -float((wanted * np.log(given + 1e-9)).sum())


def examples(learned, random):
    xs, shifts = [], []
    for (_, features, _), found in learned:
        if not found:
            continue
        true = np.array([f[0] for f in found])
        away = random.normal(0, MISPLACED_FRAMES, len(true))
        anywhere = random.random(len(true)) < ANYWHERE_SHARE
        away = np.where(anywhere, random.uniform(-REACH, REACH, len(true)), np.clip(away, -REACH, REACH))
        frames = np.round(true + away).astype(int)
        left, right = (np.array([f[k] for f in found]) for k in (1, 2))
        xs.append(inputs(features, frames, left, right))
        shifts.append(true - frames)
    return np.vstack(xs), np.concatenate(shifts)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("features")
    arguments.add_argument("out")
    arguments.add_argument("--leave-out", default="")
    arguments.add_argument("--hidden", type=int, default=96)
    arguments.add_argument("--epochs", type=int, default=16)
    given = arguments.parse_args()
    left_out = set(filter(None, given.leave_out.split(",")))
    everything = [(passage, boundaries(passage)) for passage in passages(given.features)]
    learned = [e for e in everything if e[0][0].split()[0] not in left_out]
    random = np.random.default_rng(78)
    network = Network(given.hidden, random)
    for epoch in range(given.epochs):
        x, shifts = examples(learned, random)
        wanted, order, entropy = targets(shifts), random.permutation(len(x)), 0.0
        rate = 1e-3 * 0.5 * (1 + np.cos(np.pi * epoch / given.epochs)) + 2e-5
        for at in range(0, len(order), 256):
            chosen = order[at : at + 256]
            entropy += network.learn(x[chosen], wanted[chosen], rate)
        print(f"epoch {epoch + 1}: {len(x)} boundaries, {entropy / len(x):.3f} nats", flush=True)
    with open(given.out, "wb") as out:
        out.write(b"TNRB" + struct.pack("<BH", 1, given.hidden))
        for weight in network.weights:
            out.write(weight.astype("<f4").tobytes())
    for voice in sorted(left_out):
        x, shifts = examples([e for e in everything if e[0][0].split()[0] == voice], random)
        said = (network.forward(x)[1].cumsum(1) < 0.5).sum(1) - REACH
        before, after = 5 * np.abs(shifts), 5 * np.abs(shifts - said)
        print(f"{voice}: median {np.median(before):.1f} ms before, {np.median(after):.1f} ms after, "
              f"within 20 ms {100 * np.mean(before <= 20):.0f} % and {100 * np.mean(after <= 20):.0f} %")  # fmt: skip


if __name__ == "__main__":
    main()
