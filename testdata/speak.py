#!/usr/bin/env python3
"""Speaks a text with festival or flite and writes the speech and the true times of its words and phones.

    speak.py festival VOICE TEXT.txt OUT.wav OUT.json
    speak.py flite    VOICE TEXT.txt OUT.wav OUT.json

The text is spoken sentence by sentence with silence between sentences and more between paragraphs, so that it sounds read
and not run off. Both synthesizers tell where each phone ends; a word starts where the sound before it ends. Nothing here
is random: the same voices give the same bytes. Needs the standard library alone.
"""

import itertools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import wave

# Seconds of silence put between what is spoken, on top of the short pauses that the voices leave at the ends.
AFTER_SENTENCE = 0.35
AFTER_PARAGRAPH = 0.80
SILENCE = {"pau", "sil", "h#", "ssil"}
# A token without any of these is not spoken: a dash stands between words, but it is no word.
SPOKEN = re.compile(r"\w")


def paragraphs(text):
    """The sentences of each paragraph, each a list of the words as they are written, spaces removed."""
    for block in re.split(r"\n\s*\n", text.strip()):
        sentences = re.split(r"(?<=[.?!])\s+", " ".join(block.split()))
        yield [[word for word in sentence.split() if SPOKEN.search(word)] for sentence in sentences if sentence]


def spoken_form(words):
    """What the synthesizer is given: quotes mean nothing to it."""
    return re.sub(r"[«»„“”\"()]", "", " ".join(words))


def festival(voice, sentences, folder):
    """For each sentence its samples, rate, word ends and phones; one festival process for all."""
    script = [f"(voice_{voice})"]
    for index, words in enumerate(sentences):
        out = folder / str(index)
        script.append(f'(set! u (SynthText "{words}"))')
        script.append(f'(utt.save.words u "{out}.words") (utt.save.segs u "{out}.phones") (utt.save.wave u "{out}.wav")')
    (folder / "speak.scm").write_text("\n".join(script), encoding="utf-8")
    subprocess.run(["festival", "-b", str(folder / "speak.scm")], check=True)
    for index in range(len(sentences)):
        out = folder / str(index)
        yield read_wave(f"{out}.wav"), read_labels(f"{out}.words"), read_labels(f"{out}.phones")


def flite(voice, sentences, folder):
    """The same with flite, whose words are found by counting the phones of each."""
    for index, words in enumerate(sentences):
        out = folder / f"{index}.wav"
        told = subprocess.run(
            ["flite", "-voice", voice, "-psdur", "-t", words, "-o", str(out)], check=True, capture_output=True, text=True
        ).stdout.split()
        phones = [(name, float(end)) for name, end in (entry.rsplit(":", 1) for entry in told)]
        yield read_wave(out), None, phones


def read_wave(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), f"{path}: mono 16 bit expected"
        return file.readframes(file.getnframes()), file.getframerate()


def read_labels(path):
    """Names and end times of a file as `utt.save.words` writes it: a line `#`, then `end 100 name`."""
    rows = [line.split() for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    return [(row[2], float(row[0])) for row in rows if len(row) == 3]


def phone_count(voice, word):
    """How many phones flite speaks a word with."""
    told = subprocess.run(
        ["flite", "-voice", voice, "-ps", "-t", word, "-o", "none"], check=True, capture_output=True, text=True
    ).stdout.split()
    return sum(phone not in SILENCE for phone in told)


def spans(labels, offset):
    """Names with start and end, the ends moved by `offset` seconds."""
    start = 0.0
    for name, end in labels:
        yield name, offset + start, offset + end
        start = end


def words_of(words, word_ends, phones, offset):
    """Each word as written with its span: from the first of its phones to the end of its last."""
    sounds = [(name, start, end) for name, start, end in spans(phones, offset) if name not in SILENCE]
    for word, end in zip(words, word_ends, strict=True):
        mine = [sound for sound in sounds if sound[2] <= offset + end + 1e-4]
        assert mine, f"no phone belongs to {word}"
        del sounds[: len(mine)]
        yield {"text": word, "start": round(mine[0][1], 4), "end": round(mine[-1][2], 4)}
    assert not sounds, f"phones after the last word of {words}: {sounds}"


def speak(engine, voice, text):
    """Samples (16 bit), rate, words and phones of a whole text."""
    by_paragraph = list(paragraphs(text))
    sentences = [words for paragraph in by_paragraph for words in paragraph]
    paragraph_ends = set(itertools.accumulate(len(paragraph) for paragraph in by_paragraph))
    forms = [spoken_form(words) for words in sentences]
    audio, words_out, phones_out, rate = b"", [], [], None
    with tempfile.TemporaryDirectory() as folder:
        told = {"festival": festival, "flite": flite}[engine](voice, forms, pathlib.Path(folder))
        for index, ((samples, this_rate), word_labels, phones) in enumerate(told):
            rate = rate or this_rate
            assert rate == this_rate, "one voice has one rate"
            offset = len(audio) / 2 / rate
            words = sentences[index]
            if word_labels is None:
                sounds = [end for name, end in phones if name not in SILENCE]
                counts = [phone_count(voice, re.sub(r"\W+$", "", word)) for word in words]
                assert sum(counts) == len(sounds), f"{words}: {counts} phones of {len(sounds)}"
                ends = [sounds[sum(counts[: i + 1]) - 1] for i in range(len(words))]
            else:
                ends = [end for _, end in word_labels]
            words_out += words_of(words, ends, phones, offset)
            phones_out += [
                {"symbol": name, "start": round(start, 4), "end": round(end, 4)}
                for name, start, end in spans(phones, offset)
                if name not in SILENCE
            ]
            audio += samples
            if index + 1 < len(sentences):
                pause = AFTER_PARAGRAPH if index + 1 in paragraph_ends else AFTER_SENTENCE
                audio += bytes(2 * round(pause * rate))
    return audio, rate, words_out, phones_out


def main():
    engine, voice, text_path, wave_path, json_path = sys.argv[1:]
    text = pathlib.Path(text_path).read_text(encoding="utf-8")
    audio, rate, words, phones = speak(engine, voice, text)
    with wave.open(wave_path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(audio)
    spoken = {"voice": f"{engine} {voice}", "words": words, "phones": phones}
    pathlib.Path(json_path).write_text(json.dumps(spoken, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"{wave_path}: {len(audio) / 2 / rate:.1f} s, {len(words)} words, {len(phones)} phones")


if __name__ == "__main__":
    main()
