#!/usr/bin/env python3
"""Truth files for `measure_alignment` from hand-labelled recordings.

usage: hand_labelled.py SPEECH_DIR OUT_DIR

SPEECH_DIR holds NAME.wav with NAME.words.json ([{"word", "start", "end"}], seconds) or NAME.TextGrid (short form, a tier of
words), and a folder `ae` of read sentences, which are also joined into one passage. Python's own library is enough.
"""

import json
import pathlib
import re
import sys
import wave

LANGUAGES = {"czech": "cs", "ae": "en-gb"}
SILENT = {"", "sil", "sp", "{pause}"}


def text_grid(path):
    """[(word, start, end)] of the tier whose name has `word` in it."""
    lines = [line.strip() for line in open(path, encoding="utf8")]
    for at, line in enumerate(lines):
        if line == '"IntervalTier"' and "word" in lines[at + 1].lower():
            rows = lines[at + 5 : at + 5 + 3 * int(lines[at + 4])]
            return [(rows[i + 2].strip('"'), float(rows[i]), float(rows[i + 1])) for i in range(0, len(rows), 3)]
    raise SystemExit(f"{path} has no tier of words")


def words_json(path):
    """With the words as they are written in the text beside it, where there are as many."""
    labelled = json.load(open(path, encoding="utf8"))
    text = pathlib.Path(str(path).replace(".words.json", ".txt"))
    written = text.read_text(encoding="utf8").split() if text.exists() else []
    if len(written) != len(labelled):
        written = [row["word"] for row in labelled]
    return [(word, row["start"], row["end"]) for word, row in zip(written, labelled)]


def save(out, name, audio, language, words):
    rows = [{"word": w, "start": s, "end": e} for w, s, e in words if w.lower() not in SILENT]
    truth = {"audio": str(audio), "language": language, "words": rows}
    (out / f"{name}.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf8")


def passage(out, sentences):
    """The sentences one after the other in one recording, each ended by a full stop."""
    frames, words, begin = [], [], 0.0
    for audio, labelled in sentences:
        with wave.open(str(audio)) as spoken:
            layout, frame_count = spoken.getparams(), spoken.getnframes()
            frames.append(spoken.readframes(frame_count))
        words += [(word, begin + start, begin + end) for word, start, end in labelled]
        words[-1] = (re.sub(r"\.?$", ".", words[-1][0], count=1), *words[-1][1:])
        begin += frame_count / layout.framerate
    with wave.open(str(out / "ae-passage.wav"), "wb") as joined:
        joined.setparams(layout)
        joined.writeframes(b"".join(frames))
    save(out, "ae-passage", (out / "ae-passage.wav").resolve(), LANGUAGES["ae"], words)


def main():
    speech, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    sentences = []
    for path in sorted(speech.rglob("*.words.json")):
        name = path.name.removesuffix(".words.json")
        labelled, audio = words_json(path), path.with_name(f"{name}.wav")
        language = LANGUAGES.get(path.parent.name) or LANGUAGES.get(name, "en-us")
        save(out, f"{path.parent.name}-{name}", audio, language, labelled)
        if path.parent.name == "ae":
            sentences.append((audio, labelled))
    for path in sorted(speech.rglob("*.TextGrid")):
        save(out, path.stem, path.with_suffix(".wav"), "en-us", text_grid(path))
    if sentences:
        passage(out, sentences)


if __name__ == "__main__":
    main()
