#!/usr/bin/env bash
# Reads every exported format back with software that this project did not write:
# `tests/readback/run.sh [TONEARM] [TIMELINE.json AUDIO]`, by default the release build and what the main job left in out/.
#
# Two timelines are written in all formats and read: the one given, and the nasty one of crates/timeline/tests (quotes, markup, emoji,
# right-to-left text, an empty sentence, overlaps, hours, words without length).
#
# Needs Python 3 with the packages of requirements.txt, ffmpeg, Java (for EPUBCheck), and, for CTM, RTTM and FLAC, Debian's sctk and flac;
# Chromium reads WebVTT where tests/browser has it. With CI=true what is missing is installed (Debian packages, the Python packages into
# tests/readback/.venv); otherwise the whole is skipped where Python's packages are missing, and single readers are where only
# they are, each with its reason.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tonearm=${1:-$root/target/release/tonearm}
timeline=${2:-$root/out/timeline.json}
audio=${3:-$root/out/restored.wav}

skip() {
    printf 'skipped: no exported file was read back: %s\n' "$1"
    exit 0
}

[ -x "$tonearm" ] || skip "there is no $tonearm (cargo build --release)"
[ -f "$timeline" ] || skip "there is no $timeline (run the main command of the README)"
python=${READBACK_PYTHON:-$here/.venv/bin/python}
if [ ! -x "$python" ]; then
    [ "${CI:-}" = true ] || skip "the Python packages of tests/readback/requirements.txt are missing (CI=true installs them)"
    python3 -m venv "$here/.venv"
    grep -vE '^#' "$here/requirements.txt" | "$python" -m pip install --quiet --disable-pip-version-check -r /dev/stdin
    # aeneas reads its own format without its C extensions; where it does not build, its reader is left out and says so.
    AENEAS_WITH_CDTW=False AENEAS_WITH_CEW=False AENEAS_WITH_CFW=False AENEAS_WITH_CMFCC=False \
        "$python" -m pip install --quiet --disable-pip-version-check --no-build-isolation aeneas > /dev/null 2>&1 || true
fi
if [ "${CI:-}" = true ]; then
    missing=()
    command -v ffmpeg > /dev/null || missing+=(ffmpeg)
    command -v java > /dev/null || missing+=(default-jre-headless)
    command -v metaflac > /dev/null || missing+=(flac)
    [ -x /usr/lib/sctk/bin/sclite ] || missing+=(sctk)
    if [ ${#missing[@]} -gt 0 ]; then
        apt-get install -y -qq "${missing[@]}" > /dev/null 2>&1 \
            || { apt-get update -qq > /dev/null && apt-get install -y -qq "${missing[@]}" > /dev/null; } \
            || printf 'could not be installed: %s\n' "${missing[*]}"
    fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All formats of a timeline, by the names that the command itself lists.
formats=$({ "$tonearm" export "$timeline" -f none 2>&1 || true; } | sed -n 's/.*known are //p' | tr -d ,)
[ -n "$formats" ] || { printf 'FAILED  the command lists no formats\n'; exit 1; }
write_all() { # NAME TIMELINE AUDIO
    local name=$1 timeline=$2 audio=$3 format
    mkdir -p "$work/$name"
    cp "$timeline" "$work/$name/timeline.json"
    for format in $formats; do
        if [ "$format" = epub ]; then
            "$tonearm" export "$timeline" -f epub --audio "$audio" -o "$work/$name/epub"
            "$tonearm" export "$timeline" -f epub --audio "$audio" --level word -o "$work/$name/epub-word"
        else
            "$tonearm" export "$timeline" -f "$format" -o "$work/$name/$format"
        fi
    done
    for format in srt vtt ttml ass lrc; do
        "$tonearm" export "$timeline" -f $format --translation-only -o "$work/$name/$format-translation"
        "$tonearm" export "$timeline" -f $format --bilingual -o "$work/$name/$format-bilingual"
    done
    for format in audacity aeneas rttm csv; do
        "$tonearm" export "$timeline" -f $format --level word -o "$work/$name/$format-word"
    done
    for format in wav flac; do
        "$tonearm" export "$timeline" --audio "$audio" -o "$work/$name/marked.$format"
    done
}
write_all given "$timeline" "$audio"
write_all nasty "$root/crates/timeline/tests/golden/nasty.json" "$root/testdata/english-short.flac"

"$python" "$here/readback.py" "$work" "$root/tests/browser"
