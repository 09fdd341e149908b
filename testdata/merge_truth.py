#!/usr/bin/env python3
"""Joins what was spoken with what the disc did to it: merge_truth.py SPOKEN.json DISC.json TRUTH.json

The words and phones of SPOKEN.json are moved to the transfer's time: by the lead-in and by the wow, as the truth of
`tonearm simulate` describes both. Without DISC.json (given as `-`) they stay where they are.
"""

import json
import math
import pathlib
import sys


def transfer_time(disc, second):
    """Where second `second` of the clean speech is heard: t = s + lead-in + depth·sin(2πt/period + phase)."""
    if disc is None:
        return second
    straight = second + disc["programme_start"] / disc["sample_rate"]
    wow = disc["wow"]
    moved = straight
    for _ in range(3):
        moved = straight + wow["depth_secs"] * math.sin(2 * math.pi * moved / wow["period_secs"] + wow["phase"])
    return moved


def one_a_line(value):
    """JSON with one entry of a list on each line: readable, and a change shows as the lines it changes."""
    fields = []
    for key, item in value.items():
        if isinstance(item, list):
            rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in item)
            fields.append(f"{json.dumps(key)}: [\n{rows}\n]" if item else f"{json.dumps(key)}: []")
        else:
            fields.append(f"{json.dumps(key)}: {json.dumps(item, ensure_ascii=False)}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


def main():
    spoken_path, disc_path, truth_path = sys.argv[1:]
    spoken = json.loads(pathlib.Path(spoken_path).read_text(encoding="utf-8"))
    disc = None if disc_path == "-" else json.loads(pathlib.Path(disc_path).read_text(encoding="utf-8"))
    truth = {"voice": spoken["voice"]}
    truth.update(disc or {})
    for kind in ("words", "phones"):
        for entry in spoken[kind]:
            entry["start"] = round(transfer_time(disc, entry["start"]), 4)
            entry["end"] = round(transfer_time(disc, entry["end"]), 4)
        truth[kind] = spoken[kind]
    # Lists last, and the shortest first: whoever opens the file sees what it is.
    truth = dict(sorted(truth.items(), key=lambda field: len(field[1]) if isinstance(field[1], list) else 0))
    pathlib.Path(truth_path).write_text(one_a_line(truth), encoding="utf-8")


if __name__ == "__main__":
    main()
