"""The damaged recordings of the comparison, with what a perfect restoration would return.

Clean programme: three synthesizers in seven voices, Python's own music, and the recordings of `../shared/data` where that folder
is. Damage: surface noise and clicks laid on by `tonearm simulate`, and noises that owe nothing to it, mixed here. All of it seeded: the
same tools give the same files.
"""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import soundfile
from scipy import signal

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
RATE = 44_100
CLIP_SECS = 8.0
# Noise alone before the programme, from which rivals take their print, and after it, where nobody has looked.
LEAD_IN_SECS, RUN_OUT_SECS = 1.5, 1.0
SNRS_DB = (20, 10, 5)
# Noise and programme are weighed against each other in this band.
LEVEL_BAND_HZ = (200.0, 4_000.0)
ACTIVE_LEVEL = 10 ** (-26 / 20)
CLICKS_PER_SEC = 6.0

ENGLISH = ROOT / "testdata" / "english-short.txt"
RUSSIAN = ROOT / "testdata" / "soviet-power.ru.txt"


@dataclasses.dataclass
class Clip:
    """A clean programme; `held_out` clips and their noises were not used to choose any constant of tonearm."""

    name: str
    held_out: bool
    speech: bool
    samples: np.ndarray


@dataclasses.dataclass
class Item:
    """A damaged recording. `programme` is the span in which it is scored, `clicks` the planted spans."""

    name: str
    held_out: bool
    speech: bool
    snr_db: int
    noise: str
    damaged: np.ndarray
    clean: np.ndarray
    programme: slice
    clicks: list


def clips(work):
    """All clean programmes that can be had here; says what is left out and why."""
    made = []
    for name, held_out, engine, voice, text, first in [
        ("festival kal", False, "festival", "kal_diphone", ENGLISH, 0),
        ("festival slt", True, "festival", "cmu_us_slt_arctic_hts", ENGLISH, 2),
        ("festival msu_ru", False, "festival", "msu_ru_nsh_clunits", RUSSIAN, 0),
        ("flite rms", False, "flite", "rms", ENGLISH, 2),
        ("flite awb", True, "flite", "awb", ENGLISH, 0),
        ("espeak de", False, "espeak-ng", "de+f3", None, 0),
        ("espeak ru", True, "espeak-ng", "ru+m3", RUSSIAN, 4),
    ]:
        if shutil.which(engine) is None:
            print(f"left out: {name} ({engine} is not installed)", file=sys.stderr)
            continue
        made.append(Clip(name, held_out, True, spoken(work, engine, voice, text, first)))
    for name, held_out, speech, file, start in [
        ("reader (moby-dick-1)", False, True, "speech/moby-dick-1.mp3", 34.0),
        ("Russian man", False, True, "speech/russian-1.wav", 0.0),
        ("spontaneous speech", False, True, "speech/acoustic_corpus.wav", 1.0),
        ("Kennedy", True, True, "speech/jfk.flac", 1.0),
        ("Australian", True, True, "speech/ae/msajc015.wav", 0.0),
        ("Russian woman", True, True, "speech/russian-2.wav", 0.0),
        ("string orchestra", False, False, "music/hungarian-dance-5.ogg", 2.0),
        ("string orchestra, later", True, False, "music/hungarian-dance-5.ogg", 27.0),
    ]:
        if not (SHARED / file).exists():
            print(f"left out: {name} (no {SHARED / file})", file=sys.stderr)
            continue
        made.append(Clip(name, held_out, speech, decoded(SHARED / file, start)))
    made.append(Clip("plucked strings", False, False, plucked(7)))
    made.append(Clip("brass", True, False, brass(8)))
    return made


def decoded(path, start=0.0):
    """A file at 44.1 kHz, mono, from `start` for at most the length of a clip."""
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-ss", str(start), "-i", str(path), "-t", str(CLIP_SECS), "-ac", "1", "-ar", str(RATE)]
        + ["-f", "f32le", "-"],
        check=True,
        capture_output=True,
    ).stdout
    return np.frombuffer(raw, np.float32).astype(np.float64)


def spoken(work, engine, voice, text, first):
    wave = work / f"{engine}-{voice}.wav"
    if text is None:
        words = "Der Rat der Arbeiter ist eine neue Macht. Sie beginnt bei den Massen, und sie bleibt bei ihnen. Wer arbeitet, soll regieren."
    else:
        sentences = " ".join(text.read_text(encoding="utf-8").split()).replace("! ", ". ").split(". ")
        words = ". ".join(sentences[first : first + 3]) + "."
    if engine == "espeak-ng":
        subprocess.run(["espeak-ng", "-v", voice, "-s", "140", "-w", str(wave), words], check=True)
    else:
        (work / "spoken.txt").write_text(words, encoding="utf-8")
        speak = [sys.executable, str(ROOT / "testdata" / "speak.py"), engine, voice, str(work / "spoken.txt")]
        subprocess.run(speak + [str(wave), str(work / "spoken.json")], check=True, stdout=subprocess.DEVNULL)
    return decoded(wave)


def plucked(seed):
    """Plucked strings: partials that decay, the higher the faster."""
    random, t = np.random.default_rng(seed), np.arange(int(CLIP_SECS * RATE)) / RATE
    out = np.zeros_like(t)
    for begin in np.arange(0.0, CLIP_SECS - 0.3, 0.23):
        pitch = 220.0 * 2 ** (random.choice([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
        local = np.maximum(t - begin, 0.0)
        note = sum(
            random.uniform(0.5, 1.0) / n * np.exp(-local * (2.0 + 0.8 * n)) * np.sin(2 * np.pi * n * pitch * local)
            for n in range(1, 12)
        )
        out += note * np.minimum(local / 0.003, 1.0) * random.uniform(0.4, 1.0)
    return out


def brass(seed):
    """Held notes rich in partials, the higher the later they come in."""
    random, t = np.random.default_rng(seed), np.arange(int(CLIP_SECS * RATE)) / RATE
    out = np.zeros_like(t)
    for begin in np.arange(0.0, CLIP_SECS - 0.5, 0.8):
        for interval in (0, 4, 7):
            pitch = 174.6 * 2 ** ((random.choice([0, 2, 5, 7]) + interval) / 12)
            local = np.maximum(t - begin, 0.0)
            phase = 2 * np.pi * pitch * local + 0.05 * np.sin(2 * np.pi * 5.3 * local)
            for n in range(1, 18):
                rise = 0.03 + 0.008 * n
                shape = np.minimum(local / rise, 1.0) * np.clip((0.75 - local) / 0.08, 0.0, 1.0) * (local > 0)
                out += 0.3 / n**0.8 * shape * np.sin(n * phase)
    return out


def band_limited(samples, low_hz, high_hz):
    return signal.sosfiltfilt(signal.butter(4, [low_hz, high_hz], "bandpass", fs=RATE, output="sos"), samples)


def active_level(samples):
    """Root mean square in the level band over the 20 ms frames within 30 dB of the loudest ones."""
    frames = band_limited(samples, *LEVEL_BAND_HZ)
    frames = frames[: len(frames) // 882 * 882].reshape(-1, 882)
    power = (frames**2).mean(axis=1)
    return np.sqrt(power[power > np.percentile(power, 95) * 1e-3].mean())


def simulated(clip, snr_db, seed, work, tonearm):
    """The project's own simulator: horn, shellac, swish, crackle, ticks, clicks, wow."""
    source, aged, reference, truth = (work / n for n in ("clip.wav", "aged.wav", "reference.wav", "truth.json"))
    soundfile.write(source, 0.5 * clip.samples / np.max(np.abs(clip.samples)), RATE, "FLOAT")
    subprocess.run(
        [tonearm, "simulate", source, "-q", "-o", aged, "--reference", reference, "--truth", truth, "--force"]
        + ["--condition", "worn", "--seed", str(seed), "--snr", str(snr_db), "--clicks", str(CLICKS_PER_SEC)]
        + ["--lead-in", str(LEAD_IN_SECS), "--run-out", str(RUN_OUT_SECS)],
        check=True,
    )
    told = json.loads(truth.read_text())
    spans = [(c["start"], c["end"]) for c in told["clicks"] if c["kind"] != "thump"]
    programme = slice(told["programme_start"], told["programme_end"])
    return soundfile.read(aged)[0], soundfile.read(reference)[0], programme, spans


def planted_clicks(random, length, level):
    """Damped pulses of 0.05 to 2 ms, heavy-tailed, from just under the programme's level to thirty times it."""
    out, spans = np.zeros(length), []
    for start in np.sort(random.integers(0, length - 200, int(CLICKS_PER_SEC * length / RATE))):
        samples = int(RATE * 10 ** random.uniform(np.log10(5e-5), np.log10(2e-3))) + 2
        t = np.arange(samples) / samples
        pulse = np.exp(-3 * t) * np.cos(2 * np.pi * random.uniform(0.3, 1.5) * t + random.uniform(0, 6.28))
        peak = level * min(0.7 * random.pareto(1.7) + 0.7, 30.0) * random.choice([-1, 1])
        out[start : start + samples] += (peak * pulse)[: length - start]
        spans.append((int(start), int(min(start + samples, length))))
    return out, spans


def surface(noise, length, random, held_out):
    """Noise of one kind, level arbitrary."""
    if noise == "real vinyl":
        hiss = soundfile.read(SHARED / "noise" / "vinyl_hiss.flac")[0][:, int(held_out)]
        fade = 4_410
        ramp = np.sqrt(np.linspace(0, 1, fade))
        out = np.roll(hiss, -int(random.integers(len(hiss))))
        while len(out) < length:
            joint = out[-fade:] * ramp[::-1] + hiss[:fade] * ramp
            out = np.concatenate([out[:-fade], joint, hiss[fade:]])
        return out[:length]
    white = random.standard_normal(length)
    if noise == "hiss":
        return white
    # Rosy, swelling once a turn of a 78 by 4 dB.
    density = np.fft.rfft(white)
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    rosy = np.fft.irfft(density * (1 + (frequency / 600.0) ** 2) ** -0.25, length)
    swell = 2.0 * np.cos(2 * np.pi * (np.arange(length) / RATE * 78 / 60 + random.uniform()))
    return rosy * 10 ** (swell / 20)


def mixed(clip, snr_db, noise, seed):
    """A programme of 150 to 5 500 Hz in noise that owes nothing to the simulator."""
    random = np.random.default_rng(seed)
    programme = band_limited(clip.samples, 150.0, 5_500.0)
    programme *= ACTIVE_LEVEL / active_level(programme)
    lead = int(LEAD_IN_SECS * RATE)
    clean = np.concatenate([np.zeros(lead), programme, np.zeros(int(RUN_OUT_SECS * RATE))])
    hiss = surface(noise, len(clean), random, clip.held_out)
    hiss *= ACTIVE_LEVEL * 10 ** (-snr_db / 20) / np.sqrt((band_limited(hiss, *LEVEL_BAND_HZ) ** 2).mean())
    clicks, spans = planted_clicks(random, len(clean), ACTIVE_LEVEL)
    damaged = clean + hiss + clicks
    # As a careful transfer leaves headroom: nothing is cut off.
    scale = min(1.0, 0.99 / np.max(np.abs(damaged)))
    return scale * damaged, scale * clean, slice(lead, lead + len(programme)), spans


def items(work, tonearm):
    """Every clip at every SNR, the kinds of noise taking turns."""
    kinds = ["simulated 78", "rosy with swish", "hiss"]
    if (SHARED / "noise" / "vinyl_hiss.flac").exists():
        kinds.insert(1, "real vinyl")
    else:
        print(f"left out: real vinyl noise (no {SHARED / 'noise' / 'vinyl_hiss.flac'})", file=sys.stderr)
    for number, clip in enumerate(clips(work)):
        for turn, snr_db in enumerate(SNRS_DB):
            noise, seed = kinds[(number + turn) % len(kinds)], 1000 + 10 * number + turn
            if noise == "simulated 78":
                damaged, clean, programme, spans = simulated(clip, snr_db, seed, work, tonearm)
            else:
                damaged, clean, programme, spans = mixed(clip, snr_db, noise, seed)
            name = f"{clip.name}, {noise}, {snr_db} dB"
            yield Item(name, clip.held_out, clip.speech, snr_db, noise, damaged, clean, programme, spans)
