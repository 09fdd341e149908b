#!/usr/bin/env python3
"""Speak sentences in voices that are made of recorded human speech, and write down when each sound begins and ends.

usage: speak_units.py OUT_DIR SENTENCES…

For fitting the boundary model (fit_boundaries.py): what matters here is where one sound ends and the next begins, in as many
throats as there are. Writes OUT_DIR/<voice>/NNN.wav and NNN.phones, in the form of speak.py. Needs festival with
festvox-kallpc16k, festvox-us-slt-hts, festvox-czech-{ph,dita,krb,machac}, festvox-it{alp,apc}16k and festvox-suopuhe-{lj,mv},
and flite. The voices that held_out.py speaks (awb, ked, msu_ru_nsh) are left out. Python's own library is enough.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from speak import PAUSE, RADIO_TO_IPA, speak_flite

CZECH = {
    "c": "ts", "c~": "tʃ", "s~": "ʃ", "z~": "ʒ", "r~": "ʒ", "r~*": "ʃ", "ch": "x", "h": "ɦ", "g": "ɡ", "t~": "c", "d~": "ɟ",
    "n~": "ɲ", "n*": "ŋ", "m*": "ɱ", "dz": "dz", "dz~": "dʒ", "0": "ʔ", "e": "ɛ",
}
ITALIAN = {"dZ": "dʒ", "tS": "tʃ", "L": "ʎ", "J": "ɲ", "S": "ʃ", "E": "ɛ", "O": "ɔ", "g": "ɡ", "ts": "ts", "dz": "dz", "N": "ŋ"}
FINNISH = {"ng": "ŋ", "@": "æ", "7": "ø", "|": "ø", "N": "ŋ", "g": "ɡ", "h": "h", "S": "ʃ"}
PLAIN = {letter: letter for letter in "abdefijklmnoprstuvwxyz"}
# festival's name of the voice, section of the sentences, encoding that the voice reads, its sounds in IPA.
FESTIVAL = {
    "kal": ("voice_kal_diphone", "en", "utf8", RADIO_TO_IPA),
    "slt-hts": ("voice_cmu_us_slt_arctic_hts", "en", "utf8", RADIO_TO_IPA),
    "ph": ("voice_czech_ph", "cs", "iso-8859-2", CZECH),
    "dita": ("voice_czech_dita", "cs", "iso-8859-2", CZECH),
    "krb": ("voice_czech_krb", "cs", "iso-8859-2", CZECH),
    "machac": ("voice_czech_machac", "cs", "iso-8859-2", CZECH),
    "lp": ("voice_lp_diphone", "it", "latin1", ITALIAN),
    "pc": ("voice_pc_diphone", "it", "latin1", ITALIAN),
    "lj": ("voice_suo_fi_lj_diphone", "fi", "latin1", FINNISH),
    "mv": ("voice_hy_fi_mv_diphone", "fi", "latin1", FINNISH),
}
FLITE = ("slt", "rms")
SILENCE = {"pau", "#", "h#", "sil", "ssil", "_", "##"}


def festival(voice, text, wav, encoding):
    """Speaks; [(start, end, label)] of its segments."""
    with tempfile.TemporaryDirectory() as folder:
        script = f'({voice})\n(set! utt (utt.synth (Utterance Text "{text}")))\n(utt.save.segs utt "{folder}/segs")\n'
        with open(f"{folder}/say.scm", "w", encoding=encoding) as out:
            out.write(script + f"(utt.save.wave utt \"{wav}\" 'riff)\n")
        subprocess.run(["festival", "--batch", f"{folder}/say.scm"], check=True, capture_output=True)
        lines = open(f"{folder}/segs", encoding="latin1").read().splitlines()
    rows = [line.split() for line in lines[lines.index("#") + 1 :]]
    ends = [(float(row[0]), row[2]) for row in rows if len(row) > 2]
    return [(start, end, label) for start, (end, label) in zip([0.0] + [e for e, _ in ends], ends)]


def ipa(label, table):
    if label in SILENCE:
        return PAUSE
    bare = re.sub(r"[:1]", "", label) or label
    return table.get(label) or table.get(bare) or PLAIN.get(bare) or RADIO_TO_IPA[bare]


def speak(folder, index, text, voice):
    name, _, encoding, table = FESTIVAL[voice]
    os.makedirs(folder, exist_ok=True)
    try:
        sounds = festival(name, text.replace('"', ""), f"{folder}/{index:03}.wav", encoding)
    except subprocess.CalledProcessError:
        return print(f"{voice} cannot say: {text}", file=sys.stderr)
    with open(f"{folder}/{index:03}.phones", "w", encoding="utf8") as out:
        for start, end, label in sounds:
            print(f"{start:.4f} {end:.4f} {ipa(label, table)} 0", file=out)


def sections(paths):
    found, language = {}, None
    for path in paths:
        for line in open(path, encoding="utf8"):
            line = line.strip()
            if re.fullmatch(r"\[\w+\]", line):
                language = line[1:-1]
            elif line and not line.startswith("#"):
                found.setdefault(language, []).append(line)
    return found


def main():
    out, lines = sys.argv[1], sections(sys.argv[2:])
    with ThreadPoolExecutor(2) as pool:
        jobs = []
        for voice, (_, language, _, _) in FESTIVAL.items():
            for index, line in enumerate(lines.get(language, [])):
                jobs.append(pool.submit(speak, f"{out}/{voice}", index, line, voice))
        for voice in FLITE:
            for index, line in enumerate(lines.get("en", [])):
                jobs.append(pool.submit(speak_flite, f"{out}/{voice}", index, line, voice))
        for job in jobs:
            job.result()


if __name__ == "__main__":
    main()
