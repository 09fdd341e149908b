#!/usr/bin/env python3
"""Speaks the voices that the learned decision of `declick` is fitted to, chosen by and reported on.

    voices.py FOLDER

FOLDER gets learn/, check/ and report/, each with WAV files of 10 to 30 s. Those of learn/ are the voices of `crates/dsp/gain/discs.py` that are no
recordings; the other two speak other languages in other voices of eSpeak NG. Needs what `discs.py` needs. No voice is one that
`comparison/material.py` holds out or that `declick_bench` hears.
"""

import pathlib
import subprocess
import sys
import tempfile

import soundfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gain"))
import discs  # noqa: E402

# Formants of every language of `discs.TEXTS` in turn: each third, so that people are most.
FORMANTS_TAKEN = slice(0, None, 3)
OTHERS = {
    "check": {
        "nl+f5": "De boot vertrekt om zeven uur uit de haven. Mijn buurvrouw bakt elke zondag brood. Het regende de hele nacht, en niemand sliep.",
        "sv+m5": "Snön låg djup på taket och katten satt i fönstret. Vi gick till torget för att köpa fisk. Klockan slog tolv.",
        "pt+f4": "O velho pescador voltou tarde para casa. Na praça, as crianças cantavam. Amanhã compro pão, queijo e um jornal.",
        "hu+m6": "A vonat este érkezik, és senki sem várja. A kertben piros almák nőnek. Kérek egy pohár vizet.",
        "tr+m3": "Sabah erken kalktık ve denize baktık. Çarşıda ekmek, peynir ve zeytin aldım. Kapıyı kim çaldı?",
    },
    "report": {
        "da+m8": "Hesten stod ved porten og ventede på regnen. Min bror spiller violin hver aften. Hvor bor du nu?",
        "ro+f3": "Trenul a plecat fără noi, iar gara era goală. Bunica povestea despre munți și lupi. Vreau un ceai fierbinte.",
        "sk+f2": "Starý most cez rieku je zatvorený. Deti kreslili na chodník kriedou. Večer bude hrať hudba na námestí.",
        "eo+m1": "La knabo legis la libron sub granda arbo. Morgaŭ ni iros al la maro. Kiu malfermis la pordon?",
        "en-us+f1": "Nobody had wound the clock since Sunday. Bring the lamp closer and tell me what the letter says. The path goes up.",
    },
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for part in ["learn", *OTHERS]:
        (folder / part).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        people, formants = discs.voices(work)
        for number, samples in enumerate(people + formants[FORMANTS_TAKEN]):
            soundfile.write(folder / "learn" / f"{number:02}.wav", samples, discs.RATE)
        for part, spoken in OTHERS.items():
            for voice, text in spoken.items():
                wave = work / "other.wav"
                subprocess.run(["espeak-ng", "-v", voice, "-s", "140", "-w", wave, text], check=True)
                soundfile.write(folder / part / f"{voice}.wav", discs.whole(wave), discs.RATE)


main()
