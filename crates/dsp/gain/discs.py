#!/usr/bin/env python3
"""Makes the damaged recordings that the spectral gate's gain is learned from.

    discs.py COUNT FOLDER

Each is a clean programme (synthetic voices, synthetic music, and recordings of `../shared/data` where that folder is) under
seeded damage, after the chain's stages that come before the gate. FOLDER gets NUMBER.wav (what the gate is given) and NUMBER.clean.wav.
Voices, music and noise that `comparison/material.py` holds out are not among them. About 5 seconds of a core each.
"""

import multiprocessing
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import soundfile
from scipy import signal

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "comparison"))
import material  # noqa: E402

RATE = material.RATE
TONEARM = ROOT / "target" / "release" / "tonearm"
TEXTS = {
    "en": "The committee met on Tuesday evening and talked about bread, coal and the price of salt. Six thousand people "
    "stood in the square. When the music stopped, she opened the window and listened. Fresh fish should be sold by Friday. "
    "My uncle kept a yellow parrot that whistled marches all day long. Which of these boats will carry us over? "
    "Thick fog hid the chimneys, and the judge put out his pipe. They were young, they had nothing, and they owed nobody.",
    "fr": "Les ouvriers sont partis de bonne heure. Il fait froid ce matin, et la neige couvre les champs. Chacun prend sa part. "
    "Une vieille dame vend des journaux devant la gare. Je ne sais plus où j'ai posé mes lunettes.",
    "es": "La casa vieja del puerto tiene las ventanas azules. Mi hermano canta cuando trabaja, y nadie le pide silencio. "
    "El jueves llueve siempre. Quiero un vaso de agua fresca y una silla a la sombra.",
    "it": "La luce della sera scende piano sulle colline. Chi parla poco ascolta molto, diceva sempre mio nonno. "
    "Domani prendo il treno delle sette. Nel cortile giocano tre bambini con una palla rossa.",
    "pl": "Dzisiaj rano poszliśmy na targ po chleb i jabłka. Wszyscy mówili o wojnie, ale nikt nie chciał jej pamiętać. "
    "Zegar na wieży stanął o szóstej. Proszę zamknąć drzwi i usiąść przy stole.",
    "de": "Am Abend sitzen die Frauen vor dem Haus und erzählen. Der Fluss ist hoch, und die Brücke trägt keinen Wagen mehr. "
    "Zwölf Schiffe liegen im Hafen. Wo hast du nur den Schlüssel hingelegt?",
    "ru": "Сегодня утром шёл снег, и улицы были пусты. Он долго смотрел в окно, а потом сел писать письмо своей сестре. "
    "На площади играл оркестр. Чай давно остыл, но гости всё не расходились.",
    "cs": "Pes a kocka sedi pod stolem a nikdo o nich nevi. Vecer jsme sli domu pres most, kde hrala hudba. Stary muz prodaval chleb. "
    "Na podzim fouka silny vitr. Proc jsi neprisel driv?",
    "fi": "Talo on punainen ja ovi on auki. Illalla istumme rannassa ja kuuntelemme vanhaa laulua. Juna saapuu asemalle huomenna kello kuusi. "
    "Lapset juoksevat pihalla. Kuka soittaa viulua noin kauan?",
}
# Of the voices that are spoken here, those of espeak are formants and not people: they get this share.
FORMANTS = 0.4
# Voices of people and of formants, recordings, music: found once, and inherited by the processes that make discs of them.
SOURCES = []


def voices(work):
    """Clean speech, two lists of long signals: voices cut from people, and formants."""
    people, formants = [], []
    wave, told = work / "voice.wav", work / "text.txt"
    for voice in ("rms", "kal16"):
        subprocess.run(["flite", "-voice", voice, "-t", TEXTS["en"], "-o", wave], check=True)
        people.append(whole(wave))
    for voice, language in [
        ("kal_diphone", "en"),
        ("ked_diphone", "en"),
        ("msu_ru_nsh_clunits", "ru"),
        ("czech_dita", "cs"),
        ("czech_krb", "cs"),
        ("czech_machac", "cs"),
        ("czech_ph", "cs"),
        ("hy_fi_mv_diphone", "fi"),
        ("suo_fi_lj_diphone", "fi"),
        ("lp_diphone", "it"),
        ("pc_diphone", "it"),
    ]:
        told.write_text(TEXTS[language], encoding="utf-8")
        subprocess.run(["text2wave", "-eval", f"(voice_{voice})", "-o", wave, told], check=True, stderr=subprocess.DEVNULL)
        people.append(whole(wave))
    variants = ["", "+f1", "+f2", "+f4", "+m1", "+m2", "+m4", "+m7"]
    for number, (language, text) in enumerate(TEXTS.items()):
        for turn in range(3):
            variant = variants[(3 * number + turn) % len(variants)]
            pace, pitch = 120 + 15 * ((number + turn) % 5), 30 + 10 * ((2 * number + turn) % 5)
            command = ["espeak-ng", "-v", language + variant, "-s", str(pace), "-p", str(pitch), "-w", wave, text]
            subprocess.run(command, check=True)
            formants.append(whole(wave))
    return people, formants


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


def coloured(random, samples):
    """As through another horn or microphone: a smooth random response of a few dB."""
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    octaves = np.log2(np.maximum(frequency, 20.0) / 1_000.0)
    response_db = np.interp(octaves, np.linspace(-6, 5, 9), random.normal(0, 3, 9))
    return np.fft.irfft(np.fft.rfft(samples) * 10 ** (response_db / 20), len(samples))


def programme(random, people, formants, human, music):
    kind = random.uniform()
    if kind < 0.42 and human:
        clean = cut(random, human[random.integers(len(human))], material.CLIP_SECS)
    elif kind < 0.78:
        spoken = formants if random.uniform() < FORMANTS else people
        clean = cut(random, spoken[random.integers(len(spoken))], material.CLIP_SECS)
    elif kind < 0.87 and music:
        clean = cut(random, music[0], material.CLIP_SECS)
    elif kind < 0.93:
        clean = held_notes(random)
    else:
        clean = material.plucked(int(random.integers(10_000)) + 100)
    # As a voice nearer to the horn or farther from it, faster or slower, of a larger or smaller person.
    pace = int(100 * 2 ** random.uniform(-0.25, 0.25))
    return coloured(random, signal.resample_poly(clean, pace, 100))


def make(number, folder):
    """One disc: `NUMBER.wav` and `NUMBER.clean.wav`."""
    random = np.random.default_rng(50_000 + number)
    clean = programme(random, *SOURCES)
    snr_db = int(random.uniform(0, 28))
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        if random.uniform() < 0.4:
            clip = material.Clip("", False, True, clean)
            damaged, clean, _, _ = material.simulated(clip, snr_db, 9_000 + number, work, TONEARM)
        else:
            damaged, clean = mixed(random, clean, snr_db)
        soundfile.write(work / "damaged.wav", damaged, RATE, "FLOAT")
        command = [TONEARM, "restore", work / "damaged.wav", "-q", "-o", folder / f"{number}.wav", "--force", "--threads", "1"]
        subprocess.run(command + ["--preset", "speech", "--without", "spectral-gate"], check=True)
    soundfile.write(folder / f"{number}.clean.wav", clean, RATE, "FLOAT")


def main():
    count, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    people, formants = voices(folder)
    orchestra = material.SHARED / "music" / "hungarian-dance-5.ogg"
    music = [whole(orchestra)[: 22 * RATE]] if orchestra.exists() else []
    SOURCES.extend((people, formants, recordings(), music))
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        for made in [pool.submit(make, number, folder) for number in range(count)]:
            made.result()


if __name__ == "__main__":
    main()
