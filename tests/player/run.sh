#!/usr/bin/env bash
# Builds the player with sound, tests it, and opens it on a virtual display: `tests/player/run.sh OUT_DIR [SCREENSHOT.png]`, where
# OUT_DIR is a folder that `tonearm run` wrote.
#
# Needs the headers of ALSA and pkg-config, and for the window Xvfb, Mesa and ImageMagick. With CI=true what is missing is
# installed (Debian's packages); otherwise what cannot be done is skipped and the reason said.
set -euo pipefail
out_dir=${1:?usage: tests/player/run.sh OUT_DIR [SCREENSHOT.png]}
screenshot=${2:-}
packages=(pkg-config libasound2-dev xvfb imagemagick libgl1 libgl1-mesa-dri libegl1 libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2)

skip() {
    printf 'skipped: %s\n' "$1"
    exit 0
}

has_sound() { command -v pkg-config > /dev/null && pkg-config --exists alsa; }
has_display() { command -v Xvfb > /dev/null && command -v import > /dev/null; }

if { ! has_sound || ! has_display; } && [ "${CI:-}" = true ]; then
    apt-get install -y -qq "${packages[@]}" > /dev/null 2>&1 \
        || { apt-get update -qq > /dev/null && apt-get install -y -qq "${packages[@]}" > /dev/null; }
fi
has_sound || skip "the player was not built with sound: pkg-config and the headers of ALSA are missing (apt-get install pkg-config libasound2-dev)"
cargo test --quiet -p tonearm-player --features sound
cargo build --quiet -p tonearm-player --features sound
has_display || skip "the player's window was not opened: Xvfb or ImageMagick is missing (apt-get install xvfb imagemagick)"

binary=${CARGO_TARGET_DIR:-target}/debug/tonearm-player
work=$(mktemp -d)
display=
player=
cleanup() {
    [ -z "$player" ] || kill "$player" 2> /dev/null || true
    [ -z "$display" ] || kill "$display" 2> /dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

# A free display, whose number Xvfb says itself, and settings of its own.
Xvfb -displayfd 3 -screen 0 1400x900x24 -nolisten tcp 3> "$work/display" 2> "$work/xvfb.log" &
display=$!
for _ in $(seq 100); do
    [ -s "$work/display" ] && break
    sleep 0.1
done
[ -s "$work/display" ] || { cat "$work/xvfb.log"; exit 1; }
export DISPLAY=":$(cat "$work/display")" XDG_CONFIG_HOME="$work/config" LIBGL_ALWAYS_SOFTWARE=1
unset WAYLAND_DISPLAY
"$binary" "$out_dir" 2> "$work/player.log" &
player=$!

# Drawn is what has many colours: an empty window has a handful, the spectrogram thousands.
for _ in $(seq 60); do
    kill -0 "$player" 2> /dev/null || { printf 'the player ended by itself:\n'; cat "$work/player.log"; exit 1; }
    sleep 0.5
    import -window root "$work/window.png" 2> /dev/null || continue
    colours=$(identify -format '%k' "$work/window.png")
    [ "$colours" -gt 2000 ] && break
done
cat "$work/player.log"
if [ "$colours" -le 2000 ]; then
    printf 'the window shows no spectrogram: %s colours\n' "$colours"
    exit 1
fi
# Its settings were written: the folder is among the recent files.
grep -q timeline.json "$work/config/tonearm/player.json"
printf 'the window opened and drew the side (%s colours)\n' "$colours"
[ -z "$screenshot" ] || cp "$work/window.png" "$screenshot"
kill "$player" && wait "$player" 2> /dev/null || true

# With a sound device, here one that takes everything: nothing to complain of.
printf 'pcm.!default { type null }\nctl.!default { type null }\n' > "$work/asound.conf"
ALSA_CONFIG_PATH="$work/asound.conf" "$binary" "$out_dir" 2> "$work/player.log" &
player=$!
sleep 3
kill -0 "$player" || { printf 'the player ended by itself:\n'; cat "$work/player.log"; exit 1; }
if grep 'tonearm-player' "$work/player.log"; then
    printf 'the sound device was not opened\n'
    exit 1
fi
printf 'the sound device was opened\n'
