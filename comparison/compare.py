#!/usr/bin/env python3
"""Runs tonearm and its rivals over the same damaged recordings and prints what each made of them.

    python3 -m venv venv && venv/bin/pip install numpy scipy soundfile pesq pystoi noisereduce
    cargo build --release && venv/bin/python comparison/compare.py

Writes docs/comparison.md. Fetches nothing; what is not installed (ffmpeg, SoX, noisereduce, pesq, pystoi, the voices) is left out, and said
so. `--chains TEXT` runs the chains whose name holds TEXT, `--tuning` the part of the material that tonearm's constants
were chosen on; both print alone.
"""

import argparse
import pathlib
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import soundfile

import material
import measures
import rivals

PAGE = material.ROOT / "docs" / "comparison.md"
COLUMNS = [
    # key, heading, digits, better is
    ("gain", "SI-SDR gain, dB", 2, +1),
    ("worst_gain", "worst file, dB", 2, +1),
    ("pesq", "PESQ-WB", 2, +1),
    ("estoi", "ESTOI", 3, +1),
    ("estoi_gain", "worst ESTOI change", 3, +1),
    ("lsd", "log-spectral distance, dB", 2, -1),
    ("clicks", "error inside clicks, dB", 2, -1),
    ("kurtosis", "kurtosis in pauses, ×", 2, None),
    ("noise_left", "noise in pauses, dB", 1, None),
    ("speed", "× real time of a processor", 0, None),
    ("length", "length wrong by, samples", 0, None),
]


def one_recording(job):
    """Figures of one chain (none: the input as it is) on one recording."""
    item, tonearm, name = job
    if name is None:
        return measures.measure(item, item.damaged)
    run = next(run for this, run, _ in rivals.chains(tonearm) if this == name)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        source = work / "damaged.wav"
        soundfile.write(source, item.damaged, material.RATE, "FLOAT")
        restored, secs, wrong = rivals.timed(run, work, source, len(item.damaged))
    return measures.measure(item, restored) | {"secs": secs, "length": wrong}


def summary(figures, of_input, secs):
    """One row of the table: means over the recordings, and the worst."""

    def mean(key):
        values = [f[key] for f in figures if f.get(key) is not None]
        return float(np.mean(values)) if values else None

    gains = [f["si_sdr"] - i["si_sdr"] for f, i in zip(figures, of_input)]
    estoi_gains = [f["estoi"] - i["estoi"] for f, i in zip(figures, of_input) if "estoi" in f]
    row = {key: mean(key) for key in ("pesq", "estoi", "lsd", "clicks", "kurtosis", "noise_left")}
    row |= {"gain": np.mean(gains), "worst_gain": min(gains), "estoi_gain": min(estoi_gains, default=None)}
    if "secs" in figures[0]:
        row |= {"speed": secs / sum(f["secs"] for f in figures)}
        row |= {"length": max((f["length"] for f in figures), key=abs)}
    return row


def table(rows):
    lines = ["| chain | " + " | ".join(heading for _, heading, _, _ in COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, row in rows.items():
        cells = ["" if row.get(k) is None else f"{row[k]:.{digits}f}" for k, _, digits, _ in COLUMNS]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def verdicts(rows):
    """Each bar of the project, the best rival's figure and tonearm's best row's."""
    ours = {n: r for n, r in rows.items() if n.startswith("tonearm")}
    theirs = {n: r for n, r in rows.items() if n != "input" and n not in ours}
    if not ours or not theirs:
        return ""
    lines = ["| figure | bar | best rival | " + " | ".join(ours) + " |", "|---" * (len(ours) + 3) + "|"]
    for key, what, bar, wanted in [
        ("gain", "SI-SDR gain, dB", lambda best: best + 3.0, +1),
        ("pesq", "PESQ-WB", lambda best: best + 0.4, +1),
        ("estoi", "ESTOI", lambda best: best + 0.02, +1),
        ("lsd", "log-spectral distance, dB", lambda best: 0.85 * best, -1),
        ("clicks", "error inside clicks, dB", lambda best: -12.0, -1),
        ("worst_gain", "SI-SDR gain on the worst file, dB", lambda best: 0.0, +1),
        ("estoi_gain", "ESTOI change on the worst file", lambda best: 0.0, +1),
    ]:
        values = [r[key] for r in theirs.values() if r.get(key) is not None]
        if not values:
            continue
        best = max(values) if wanted > 0 else min(values)
        met = [f"{r[key]:.3f} " + ("met" if wanted * (r[key] - bar(best)) >= 0 else "**missed**") for r in ours.values()]
        sign = "≥" if wanted > 0 else "≤"
        lines.append(f"| {what} | {sign} {bar(best):.3f} | {best:.3f} | " + " | ".join(met) + " |")
    return "\n".join(lines)


def report(items, results):
    """The tables of all recordings, of those held out, and by noise and SNR."""
    sections = []
    for title, chosen in [
        ("All recordings", lambda i: True),
        ("Held out: voices, music and noises that nothing was fitted to", lambda i: i.held_out),
        ("Speech", lambda i: i.speech),
        ("Music", lambda i: not i.speech),
        *[(f"At {snr} dB", lambda i, s=snr: i.snr_db == s) for snr in material.SNRS_DB],
        *[(f"Noise: {noise}", lambda i, n=noise: i.noise == n) for noise in sorted({i.noise for i in items})],
    ]:
        picked = [n for n, item in enumerate(items) if chosen(item)]
        if not picked:
            continue
        of_input = [results[n]["input"] for n in picked]
        secs = sum(len(items[n].damaged) for n in picked) / material.RATE
        rows = {name: summary([results[n][name] for n in picked], of_input, secs) for name in results[0]}
        sections.append(f"## {title} ({len(picked)} files)\n\n{table(rows)}\n")
        if title == "All recordings" or title.startswith("Held out"):
            sections.append(verdicts(rows) + "\n")
    return "\n".join(sections)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tonearm", default=str(material.ROOT / "target" / "release" / "tonearm"))
    parser.add_argument("--chains", default="", help="only chains whose name holds this")
    parser.add_argument("--tuning", action="store_true", help="only material that is not held out")
    parser.add_argument("--jobs", type=int, default=1, help="recordings at a time")
    parser.add_argument("--each", action="store_true", help="print every recording's figures as well")
    options = parser.parse_args()
    names = [None]
    for name, _, why_not in rivals.chains(options.tonearm):
        if why_not:
            print(f"left out: {name} ({why_not})", file=sys.stderr)
        elif options.chains in name:
            names.append(name)
    with tempfile.TemporaryDirectory() as folder:
        items = list(material.items(pathlib.Path(folder), options.tonearm))
    if options.tuning:
        items = [item for item in items if not item.held_out]
    results = [{} for _ in items]
    with ProcessPoolExecutor(options.jobs) as pool:
        for name in names:
            for result, figures in zip(results, pool.map(one_recording, [(item, options.tonearm, name) for item in items])):
                result[name or "input"] = figures
            print(f"done: {name or 'input'}", file=sys.stderr, flush=True)
    if options.each:
        for item, result in zip(items, results):
            for name, figures in result.items():
                print(item.name, "|", name, "|", {k: round(v, 3) for k, v in figures.items() if v is not None})
    text = report(items, results)
    print(text)
    if not options.tuning and not options.chains:
        PAGE.write_text(PREFACE + text, encoding="utf-8")


PREFACE = """# tonearm beside other free tools

Written by `comparison/compare.py` (its head says how to run it; it fetches nothing): every chain on the same seeded recordings in the
same run. Means over the recordings; PESQ and ESTOI over speech alone. Scored is the programme, without lead-in and run-out. Rivals are given
the lead-in as their noise print, and their delays are taken out; tonearm finds its noise by itself.

"""


if __name__ == "__main__":
    main()
