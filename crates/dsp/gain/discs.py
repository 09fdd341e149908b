#!/usr/bin/env python3
"""Makes the damaged recordings that the spectral gate's gain is learned from.

    discs.py COUNT FOLDER

Each is a clean programme (synthetic voices, synthetic music, and recordings of `../shared/data` where that folder is) under
seeded damage, after the chain's stages that come before the gate. FOLDER gets NUMBER.wav (what the gate is given), NUMBER.clean.wav
and NUMBER.evidence. Voices, music and noise that `comparison/material.py` holds out are not among them.
"""

import pathlib
import subprocess
import sys

import numpy as np
import soundfile
from scipy import signal

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "comparison"))
import material  # noqa: E402

RATE = material.RATE
TONEARM = ROOT / "target" / "release" / "tonearm"
EVIDENCE = ROOT / "target" / "release" / "examples" / "gate_evidence"
# Cells of time and frequency drawn from each disc.
CELLS = 16_000
TEXTS = {
    "en": "The committee met on Tuesday evening and talked about bread, coal and the price of salt. Six thousand people "
    "stood in the square. When the music stopped, she opened the window and listened. Fresh fish should be sold by Friday.",
    "fr": "Les ouvriers sont partis de bonne heure. Il fait froid ce matin, et la neige couvre les champs. Chacun prend sa part.",
    "es": "La casa vieja del puerto tiene las ventanas azules. Mi hermano canta cuando trabaja, y nadie le pide silencio.",
    "it": "La luce della sera scende piano sulle colline. Chi parla poco ascolta molto, diceva sempre mio nonno.",
    "pl": "Dzisiaj rano poszliśmy na targ po chleb i jabłka. Wszyscy mówili o wojnie, ale nikt nie chciał jej pamiętać.",
    "de": "Am Abend sitzen die Frauen vor dem Haus und erzählen. Der Fluss ist hoch, und die Brücke trägt keinen Wagen mehr.",
    "ru": "Сегодня утром шёл снег, и улицы были пусты. Он долго смотрел в окно, а потом сел писать письмо своей сестре.",
}


def voices(work):
    """Clean speech, a list of long signals."""
    yielded = []
    for engine, voice, text in [
        ("festival", "kal_diphone", TEXTS["en"]),
        ("festival", "ked_diphone", TEXTS["en"]),
        ("festival", "msu_ru_nsh_clunits", TEXTS["ru"]),
        ("flite", "rms", TEXTS["en"]),
        ("flite", "kal16", TEXTS["en"]),
    ]:
        wave, told = work / "voice.wav", work / "text.txt"
        told.write_text(text, encoding="utf-8")
        speak = [sys.executable, ROOT / "testdata" / "speak.py", engine, voice, told, wave, work / "voice.json"]
        subprocess.run(speak, check=True, stdout=subprocess.DEVNULL)
        yielded.append(whole(wave))
    variants = ["", "+f1", "+f2", "+f4", "+m1", "+m2", "+m4", "+m7"]
    for number, (language, text) in enumerate(TEXTS.items()):
        for turn in range(3):
            variant = variants[(3 * number + turn) % len(variants)]
            wave = work / "voice.wav"
            pace, pitch = 120 + 15 * ((number + turn) % 5), 30 + 10 * ((2 * number + turn) % 5)
            command = ["espeak-ng", "-v", language + variant, "-s", str(pace), "-p", str(pitch), "-w", wave, text]
            subprocess.run(command, check=True)
            yielded.append(whole(wave))
    return yielded


def recordings():
    """Human speech that may be learned from, several times each, for there is little of it."""
    found = []
    for file, spans in [
        ("speech/moby-dick-1.mp3", [(0.0, 32.0), (32.0, 60.0), (60.0, 88.0)]),
        ("speech/acoustic_corpus.wav", [(0.0, 27.0)]),
        ("speech/russian-1.wav", [(0.0, 6.0)]),
        ("speech/bobby.wav", [(0.0, 2.0)]),
        ("speech/mary.wav", [(0.0, 2.0)]),
    ]:
        if (material.SHARED / file).exists():
            found += [whole(material.SHARED / file)[int(a * RATE) : int(b * RATE)] for a, b in spans]
    return found


def whole(path):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32).astype(np.float64)


def held_notes(random):
    """Chords of random partials that swell and end: strings, organ, reeds."""
    t = np.arange(int(material.CLIP_SECS * RATE)) / RATE
    out, begin = np.zeros_like(t), 0.0
    while begin < material.CLIP_SECS - 0.3:
        lasts = random.uniform(0.15, 1.5)
        for _ in range(random.integers(1, 5)):
            pitch, fall, vibrato = 110 * 2 ** random.uniform(0, 3.2), random.uniform(0.5, 2.0), random.uniform(0, 0.15)
            local = t - begin
            shape = np.clip(local / random.uniform(0.005, 0.15), 0, 1) * np.clip((lasts - local) / random.uniform(0.02, 0.2), 0, 1)
            phase = 2 * np.pi * pitch * local + vibrato * np.sin(2 * np.pi * random.uniform(4, 7) * local)
            for n in range(1, random.integers(3, 20)):
                if n * pitch < 12_000:
                    out += shape / n**fall * random.uniform(0.3, 1) * np.sin(n * phase + random.uniform(0, 6.28))
        begin += lasts * random.uniform(0.5, 1.3)
    return out


def cut(random, samples, secs):
    length = int(secs * RATE)
    if len(samples) <= length:
        return samples
    start = int(random.integers(len(samples) - length))
    return samples[start : start + length]


def random_noise(random, length):
    """Gaussian noise of a random smooth spectrum, swelling once a turn, or the real disc's left channel."""
    if random.uniform() < 0.2 and (material.SHARED / "noise" / "vinyl_hiss.flac").exists():
        return material.surface("real vinyl", length, random, False)
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    octaves = np.log2(np.maximum(frequency, 20.0) / 1_000.0)
    points = np.linspace(-6, 5, 12)
    density_db = -random.uniform(0, 6) * octaves + np.interp(octaves, points, random.normal(0, 3, 12))
    noise = np.fft.irfft(np.fft.rfft(random.standard_normal(length)) * 10 ** (density_db / 20), length)
    turn = 2 * np.pi * (np.arange(length) / RATE * 78 / 60 + random.uniform())
    return noise * 10 ** (random.uniform(0, 3) * np.cos(turn) / 20)


def mixed(random, programme, snr_db):
    low, high = random.choice([30.0, 100.0, 200.0, 300.0]), random.choice([2_800.0, 3_500.0, 4_500.0, 6_000.0, 9_000.0, 15_000.0])
    programme = material.band_limited(programme, low, high)
    programme *= material.ACTIVE_LEVEL / max(material.active_level(programme), 1e-9)
    lead, out = int(random.uniform(0.2, 2.0) * RATE), int(random.uniform(0.2, 1.5) * RATE)
    clean = np.concatenate([np.zeros(lead), programme, np.zeros(out)])
    noise = random_noise(random, len(clean))
    noise /= np.sqrt((material.band_limited(noise, *material.LEVEL_BAND_HZ) ** 2).mean())
    noise *= material.ACTIVE_LEVEL * 10 ** (-snr_db / 20)
    clicks = material.planted_clicks(random, len(clean), material.ACTIVE_LEVEL)[0] if random.uniform() < 0.7 else 0.0
    damaged = clean + noise + clicks
    scale = min(1.0, 0.99 / np.max(np.abs(damaged)))
    return scale * damaged, scale * clean


def main():
    count, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    spoken, human = voices(folder), recordings()
    orchestra = material.SHARED / "music" / "hungarian-dance-5.ogg"
    music = [whole(orchestra)[: 22 * RATE]] if orchestra.exists() else []
    for number in range(count):
        random = np.random.default_rng(50_000 + number)
        kind = random.uniform()
        if kind < 0.4 and human:
            clean = cut(random, human[random.integers(len(human))], material.CLIP_SECS)
        elif kind < 0.75:
            clean = cut(random, spoken[random.integers(len(spoken))], material.CLIP_SECS)
        elif kind < 0.85 and music:
            clean = cut(random, music[0], material.CLIP_SECS)
        elif kind < 0.92:
            clean = held_notes(random)
        else:
            clean = material.plucked(int(random.integers(10_000)) + 100)
        # As a voice nearer to the horn or farther from it, faster or slower.
        pace = int(100 * 2 ** random.uniform(-0.2, 0.2))
        clean = signal.resample_poly(clean, pace, 100)
        snr_db = int(random.uniform(0, 30))
        if random.uniform() < 0.4:
            clip = material.Clip("", False, True, clean)
            damaged, clean, _, _ = material.simulated(clip, snr_db, 9_000 + number, folder, TONEARM)
        else:
            damaged, clean = mixed(random, clean, snr_db)
        soundfile.write(folder / "damaged.wav", damaged, RATE, "FLOAT")
        command = [TONEARM, "restore", folder / "damaged.wav", "-q", "-o", folder / f"{number}.wav", "--force"]
        subprocess.run(command + ["--preset", "speech", "--without", "spectral-gate"], check=True)
        soundfile.write(folder / f"{number}.clean.wav", clean, RATE, "FLOAT")
        subprocess.run([EVIDENCE, "cells", str(CELLS), folder / f"{number}.wav"], check=True)


if __name__ == "__main__":
    main()
