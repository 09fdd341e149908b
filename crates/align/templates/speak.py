#!/usr/bin/env python3
"""Speak sentences.txt in many voices and write down when each sound begins and ends.

usage: speak.py SENTENCES OUT_DIR [--flite VOICE,…] [--espeak VARIANT,…]

Writes OUT_DIR/<language>/<voice>/NNN.wav (16 bit, mono) and NNN.phones: one line a sound, `start end symbol stress`, seconds,
IPA without stress and length marks, stress 0 to 2, `_` for a pause. Needs the C library of eSpeak NG (libespeak-ng1, whose
events tell when each sound begins; the pure-Rust port has no such event) and Debian's flite. Python's own library is enough.
"""

import argparse
import ctypes
import os
import subprocess
import wave

PAUSE = "_"
ESPEAK_RATE_WPM = 155
# espeak_Initialize: synchronous retrieval of samples and events; events of sounds, their labels in IPA.
AUDIO_OUTPUT_SYNCHRONOUS, PHONEME_EVENTS, PHONEME_IPA = 2, 1, 2
EVENT_END, EVENT_PHONEME = 0, 7
UTF8 = 1
PARAMETER_RATE = 1

# flite's American English phones as the IPA that eSpeak NG writes for the same sounds.
RADIO_TO_IPA = dict(
    aa="ɑ", ae="æ", ah="ʌ", ao="ɔ", aw="aʊ", ax="ə", ay="aɪ", b="b", ch="tʃ", d="d", dh="ð", eh="ɛ", er="ɜ", ey="eɪ", f="f",
    g="ɡ", hh="h", ih="ɪ", iy="i", jh="dʒ", k="k", l="l", m="m", n="n", ng="ŋ", ow="oʊ", oy="ɔɪ", p="p", r="ɹ", s="s", sh="ʃ",
    t="t", th="θ", uh="ʊ", uw="u", v="v", w="w", y="j", z="z", zh="ʒ", pau=PAUSE, ssil=PAUSE, h="h",
)


class Identifier(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position_ms", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", Identifier),
    ]


class Espeak:
    """The C library: text to samples and the beginnings of sounds."""

    def __init__(self):
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate_hz = self.library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, None, PHONEME_EVENTS | PHONEME_IPA)
        receiver = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))
        self.receiver = receiver(self._receive)
        self.library.espeak_SetSynthCallback(self.receiver)
        self.samples, self.begins = [], []

    def _receive(self, samples, count, events):
        if samples and count > 0:
            self.samples.append(ctypes.string_at(samples, 2 * count))
        index = 0
        while events[index].type != EVENT_END:
            event = events[index]
            if event.type == EVENT_PHONEME:
                label = bytes(event.id.string).split(b"\0")[0].decode("utf8", "replace")
                self.begins.append((event.audio_position_ms / 1000, label))
            index += 1
        return 0

    def speak(self, text, voice):
        """Samples as little-endian 16 bit, and [(start, label)]."""
        self.samples, self.begins = [], []
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SystemExit(f"eSpeak NG has no voice {voice}")
        self.library.espeak_SetParameter(PARAMETER_RATE, ESPEAK_RATE_WPM, 0)
        encoded = text.encode()
        self.library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, UTF8, None, None)
        self.library.espeak_Synchronize()
        return b"".join(self.samples), self.begins


def bare(label):
    """The symbol without marks, and its stress."""
    stress = 2 if "ˈ" in label else 1 if "ˌ" in label else 0
    for mark in "ˈˌː\"'_|;-?":
        label = label.replace(mark, "")
    return label or PAUSE, stress


def with_palatal_marks(begins):
    """Joins a palatalisation that is an event of its own to its consonant: `m` `ʲ` is `mʲ`."""
    joined = []
    for start, label in begins:
        if label == "ʲ" and joined and bare(joined[-1][1])[0] != PAUSE:
            joined[-1] = (joined[-1][0], joined[-1][1] + label)
        else:
            joined.append((start, label))
    return joined


def write(folder, index, rate_hz, samples, sounds):
    os.makedirs(folder, exist_ok=True)
    with wave.open(f"{folder}/{index:03}.wav", "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(samples)
    with open(f"{folder}/{index:03}.phones", "w", encoding="utf8") as out:
        for start, end, symbol, stress in sounds:
            if end > start:
                print(f"{start:.3f} {end:.3f} {symbol} {stress}", file=out)


def speak_espeak(espeak, folder, index, text, voice):
    samples, begins = espeak.speak(text, voice)
    begins = with_palatal_marks(begins)
    ends = [start for start, _ in begins[1:]] + [len(samples) / 2 / espeak.rate_hz]
    write(folder, index, espeak.rate_hz, samples, [(s, e, *bare(l)) for (s, l), e in zip(begins, ends)])


def speak_flite(folder, index, text, voice):
    os.makedirs(folder, exist_ok=True)
    path = f"{folder}/{index:03}.wav"
    printed = subprocess.run(
        ["flite", "-voice", voice, "-t", text, "-o", path, "-psdur"], capture_output=True, text=True, check=True
    ).stdout.split()
    start, sounds = 0.0, []
    for item in printed:
        phone, end = item.rsplit(":", 1)
        symbol = RADIO_TO_IPA[phone]
        sounds.append((start, float(end), symbol, 0 if phone in ("ax",) else 1))
        start = float(end)
    with wave.open(path) as spoken:
        rate_hz, samples = spoken.getframerate(), spoken.readframes(spoken.getnframes())
    write(folder, index, rate_hz, samples, sounds)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("sentences")
    arguments.add_argument("out_dir")
    arguments.add_argument("--flite", default="slt,rms", help="voices that speak English")
    arguments.add_argument("--espeak", default=",f2,m3,f4,klatt4", help="variants that speak every language; empty is the plain voice")
    given = arguments.parse_args()
    espeak, language, count = Espeak(), None, {}
    for line in open(given.sentences, encoding="utf8"):
        line = line.strip()
        if line.startswith("["):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            index = count[language] = count.get(language, 0) + 1
            spoken_as = {"en": "en-us"}.get(language, language)
            for variant in given.espeak.split(","):
                voice = spoken_as + ("+" + variant if variant else "")
                speak_espeak(espeak, f"{given.out_dir}/{language}/espeak{variant}", index, line, voice)
            if language == "en":
                for voice in filter(None, given.flite.split(",")):
                    speak_flite(f"{given.out_dir}/en/{voice}", index, line, voice)


if __name__ == "__main__":
    main()
