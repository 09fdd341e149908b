#!/usr/bin/env python3
"""Speech of voices that no template was measured from, with the true time of every word.

usage: held_out.py OUT_DIR [TEXT_EN TEXT_RU]

Writes OUT_DIR/<voice>/NNN.wav and NNN.json: {"audio", "language", "words": [{"word", "start", "end"}]}, passages of four
sentences and, as short-*, single ones. Needs Debian's flite (awb) and festival with festvox-kallpc16k, festvox-kdlpc16k,
festvox-ru, festvox-czech-ph and festvox-italp16k. Python's own library is enough.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

FESTIVAL = {
    "kal": ("voice_kal_diphone", "en-us"),
    "ked": ("voice_ked_diphone", "en-us"),
    "ru": ("voice_msu_ru_nsh_clunits", "ru"),
}
PASSAGE = 4


def festival(voice, text, wav, encoding="utf8"):
    """Speaks with festival; [(word, start, end)] from its word ends and the pauses between."""
    with tempfile.TemporaryDirectory() as folder:
        escaped = text.replace("\\", "").replace('"', "")
        script = f"""({voice})
(set! utt (utt.synth (Utterance Text "{escaped}")))
(utt.save.words utt "{folder}/words")
(utt.save.segs utt "{folder}/segs")
(utt.save.wave utt "{wav}" 'riff)
"""
        path = f"{folder}/say.scm"
        open(path, "w", encoding=encoding).write(script)
        subprocess.run(["festival", "--batch", path], check=True, capture_output=True)

        def rows(name):
            lines = open(f"{folder}/{name}", encoding="utf8").read().splitlines()
            lines = lines[lines.index("#") + 1 :]
            return [(float(line.split()[0]), line.split()[2]) for line in lines if len(line.split()) > 2]

        words, segments = rows("words"), rows("segs")
    pauses, begin = [], 0.0
    for end, label in segments:
        if label in ("pau", "#", "h#", "sil"):
            pauses.append((begin, end))
        begin = end
    timed, previous = [], 0.0
    for end, word in words:
        start = previous
        for a, b in pauses:
            if a - 0.12 <= start < b and b < end:  # a sound added after the word was ended
                start = b
        timed.append((word, start, end))
        previous = end
    return timed


def flite(voice, text, wav):
    """Speaks with flite; its sounds are divided among the words by speaking each word alone and matching."""

    def sounds(spoken, out="/dev/null"):
        printed = subprocess.run(
            ["flite", "-voice", voice, "-t", spoken, "-o", out, "-psdur"], check=True, capture_output=True, text=True
        ).stdout.split()
        return [(item.rsplit(":", 1)[0], float(item.rsplit(":", 1)[1])) for item in printed]

    heard = sounds(text, wav)
    words = [word for word in re.split(r"\s+", text) if re.search(r"\w", word)]
    expected = [(sound, w) for w, word in enumerate(words) for sound, _ in sounds(word) if sound != "pau"]
    spoken, begin = [], 0.0
    for sound, end in heard:
        if sound != "pau":
            spoken.append((sound, begin, end))
        begin = end
    # Edit distance between what was expected and what was said.
    rows, columns = len(expected), len(spoken)
    cost = [[i + j if i == 0 or j == 0 else 0 for j in range(columns + 1)] for i in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            same = 0 if expected[i - 1][0] == spoken[j - 1][0] else 0.7
            cost[i][j] = min(cost[i - 1][j - 1] + same, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    i, j, spans = rows, columns, {}
    while i > 0 and j > 0:
        same = 0 if expected[i - 1][0] == spoken[j - 1][0] else 0.7
        if abs(cost[i][j] - cost[i - 1][j - 1] - same) < 1e-9:
            _, a, b = spoken[j - 1]
            low, high = spans.get(expected[i - 1][1], (a, b))
            spans[expected[i - 1][1]] = (min(low, a), max(high, b))
            i, j = i - 1, j - 1
        elif abs(cost[i][j] - cost[i - 1][j] - 1) < 1e-9:
            i -= 1
        else:
            j -= 1
    if len(spans) != len(words):
        raise ValueError("a word got no sound")
    return [(words[w], *spans[w]) for w in range(len(words))]


def save(folder, name, language, speak, text):
    os.makedirs(folder, exist_ok=True)
    wav = f"{folder}/{name}.wav"
    try:
        timed = speak(text, wav)
    except (ValueError, subprocess.CalledProcessError) as error:
        print(f"{wav}: {error}", file=sys.stderr)
        return
    written = [word for word in re.split(r"\s+", text) if re.search(r"\w", word)]
    if len(written) == len(timed):  # punctuation back, for sentence ends
        timed = [(w, s, e) for w, (_, s, e) in zip(written, timed)]
    else:
        print(f"{wav}: {len(written)} words written, {len(timed)} spoken", file=sys.stderr)
        return
    words = [{"word": w, "start": round(s, 4), "end": round(e, 4)} for w, s, e in timed]
    json.dump({"audio": wav, "language": language, "words": words}, open(f"{folder}/{name}.json", "w"), ensure_ascii=False)


def sentences(path):
    text = re.sub(r"\s+", " ", open(path, encoding="utf8").read())
    text = text.replace("—", ", ").replace("–", ", ").replace("’", "'").replace("-", " ")
    return [s for s in re.split(r"(?<=[.!?])\s+", text) if re.search(r"\w", s)]


def main():
    out, english, russian = sys.argv[1], sentences(sys.argv[2]), sentences(sys.argv[3])
    voices = {"awb": (lambda text, wav: flite("awb", text, wav), "en-us")}
    for name, (voice, language) in FESTIVAL.items():
        voices[name] = ((lambda v: lambda text, wav: festival(v, text, wav))(voice), language)
    for name, (speak, language) in voices.items():
        text = russian if language == "ru" else english
        for number, at in enumerate(range(0, len(text), PASSAGE)):
            save(f"{out}/{name}", f"{number:03}", language, speak, " ".join(text[at : at + PASSAGE]))
        for number, sentence in enumerate(text[::3]):
            if 4 <= len(sentence.split()) <= 14:
                save(f"{out}/short-{name}", f"{number:03}", language, speak, sentence)


if __name__ == "__main__":
    main()
