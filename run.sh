#!/usr/bin/env bash
# Builds Farwander and starts it: the player, or with arguments whatever they say (`./run.sh --help`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/setup.sh

need_cargo
setup_build
cargo build --release --locked
program=${CARGO_TARGET_DIR:-target}/release/farwander

if [ $# -gt 0 ]; then
    if [ "$1" = play ]; then setup_window; fi
    exec "$program" "$@"
fi
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    say "There is no display here, so instead of opening a window this renders a ten-second walk into walk.mp4."
    exec "$program" generate --path walk --frames 240 --out walk.mp4
fi
setup_window
exec "$program"
