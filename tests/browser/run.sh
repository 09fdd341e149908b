#!/usr/bin/env bash
# Drives the listening page, and the index of a small batch, in headless Chromium: `tests/browser/run.sh PAGE.html [SCREENSHOT_DIR]`. The
# batch is made by TONEARM, by default the release build.
#
# Needs Chromium (`chromium` on the path, or CHROMIUM=...), Node.js and the package playwright-core. With CI=true what is
# missing is installed (Debian's chromium, playwright-core into tests/browser/node_modules); otherwise the test is skipped
# and says why.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
page=${1:?usage: tests/browser/run.sh PAGE.html [SCREENSHOT_DIR]}

skip() {
    printf 'skipped: not all pages were tested in a browser: %s\n' "$1"
    exit 0
}

find_chromium() { command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome || true; }

command -v node > /dev/null || skip "Node.js is missing"
if [ -z "$(find_chromium)" ] && [ "${CI:-}" = true ]; then
    apt-get install -y -qq chromium > /dev/null 2>&1 \
        || { apt-get update -qq > /dev/null && apt-get install -y -qq chromium > /dev/null; }
fi
chromium=$(find_chromium)
[ -n "$chromium" ] || skip "Chromium is missing (apt-get install chromium)"
if [ ! -d "$here/node_modules/playwright-core" ]; then
    [ "${CI:-}" = true ] || skip "playwright-core is missing (npm install --prefix tests/browser)"
    npm install --prefix "$here" --no-audit --no-fund --silent
fi
export CHROMIUM=$chromium
node "$here/page.test.mjs" "$page" "${2:-}"
tonearm=${TONEARM:-$here/../../target/release/tonearm}
[ -x "$tonearm" ] || skip "the index of a batch needs $tonearm (cargo build --release)"
node "$here/index.test.mjs" "$tonearm" "${2:-}"
