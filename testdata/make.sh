#!/bin/sh
# Makes the test data again, sample for sample: speech from Debian's festival and flite, age from `tonearm simulate`.
#
#     apt-get install festival festvox-ru flite      # and python3
#     testdata/make.sh
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo build --release --quiet --manifest-path ../Cargo.toml --package tonearm
tonearm=${CARGO_TARGET_DIR:-../target}/release/tonearm

# The whole Russian text, on a hard disc.
python3 speak.py festival msu_ru_nsh_clunits soviet-power.ru.txt "$work/russian.wav" "$work/russian.json"
"$tonearm" simulate "$work/russian.wav" -o soviet-power.flac --reference soviet-power.clean.flac \
    --truth "$work/russian.truth.json" --config soviet-power.toml --force
python3 merge_truth.py "$work/russian.json" "$work/russian.truth.json" soviet-power.truth.json

# A short English reading: as spoken, and on a worn disc.
python3 speak.py flite awb english-short.txt "$work/english.wav" "$work/english.json"
"$tonearm" simulate "$work/english.wav" -o english-short.aged.flac \
    --truth "$work/english.truth.json" --config english-short.toml --force
python3 merge_truth.py "$work/english.json" "$work/english.truth.json" english-short.aged.truth.json
"$tonearm" simulate "$work/english.wav" -o english-short.flac --config english-short.clean.toml --force
python3 merge_truth.py "$work/english.json" - english-short.truth.json
du -ch ./* | tail -1
