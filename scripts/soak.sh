#!/usr/bin/env bash
# Random input in the real window for MINUTES (30): memory, handles and threads must not grow, and speed must not fall. Needs Xvfb.
# FILE.csv gets a line every ten seconds; the verdict is printed. FARWANDER_BIN names a program that is built already.
set -euo pipefail
from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/setup.sh

if [ $# -gt 2 ]; then
    say "Usage: scripts/soak.sh [MINUTES [FILE.csv]]"
    exit 2
fi
setup_window
need_packages "the soak test" xvfb
# What drives the program is built in any case.
need_cargo
setup_build
setup_program "$from"
export SOAK_MINUTES=${1:-30} REQUIRE_WINDOW=1
if [ -n "${2:-}" ]; then
    SOAK_CSV=$(absolute "$from" "$2")
    export SOAK_CSV
fi
exec cargo test --locked --test soak -- --ignored --nocapture random_input
