#!/usr/bin/env bash
# Pictures of the real window into DIR, as the README shows them: Xvfb, a walk of half a minute, keys pressed by xdotool.
# FARWANDER_BIN names a program that is built already.
set -euo pipefail
from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/setup.sh

if [ $# -ne 1 ] || [[ $1 == -* ]]; then
    say "Usage: scripts/screens.sh DIR"
    exit 2
fi
out=$(absolute "$from" "$1")
setup_program "$from"
setup_window
need_packages "pictures of the window" xvfb xdotool imagemagick
mkdir -p "$out"

# A home of its own: nobody's settings, nobody's recordings.
home=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$home"' EXIT
export HOME=$home XDG_RUNTIME_DIR=$home/run
unset WAYLAND_DISPLAY XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_VIDEOS_DIR
mkdir -m 700 "$home/run"
Xvfb -displayfd 3 -screen 0 1280x800x24 3>"$home/display" 2>/dev/null &
pids+=($!)
for _ in {1..50}; do [ -s "$home/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$home/display")
export DISPLAY
"$FARWANDER_BIN" play --device cpu --first-frame 2 >"$home/log" 2>&1 &
pids+=($!)
window=$(timeout 20 xdotool search --sync --onlyvisible --name Farwander | head -1) \
    || { say "The window did not open:"; cat "$home/log" >&2; exit 1; }
xdotool windowmove "$window" 0 0 windowsize "$window" 1280 800 windowfocus "$window"
sleep 3

shot() { import -window root "$out/$1.png"; }
key() { xdotool key "$1"; sleep "${2:-0.4}"; }
hold() { xdotool keydown "$1"; sleep "$2"; }
let_go() { xdotool keyup "$1"; }

xdotool mousemove 640 400 click 1
# The numbers, which are there from the start.
key h
key r 0.6
hold w 1; shot holding-w
sleep 0.8; let_go w
for _ in {1..30}; do xdotool mousemove_relative -- 8 0; sleep 0.03; done
sleep 0.3; shot mouse-right
for _ in {1..24}; do xdotool mousemove_relative -- -8 0; sleep 0.03; done
key h 0.1
hold w 2.5; shot screenshot; let_go w
key h 0.1
key f 0.8; shot depth; key f
hold BackSpace 2; shot rewind; let_go BackSpace
sleep 0.5
hold w 1.5; let_go w
key v 0.8; shot branches; key v
key t
key ctrl+a
xdotool type --delay 60 "meadow at night, clear"
sleep 0.4; shot prompt
key Escape
key Escape 0.8; shot menu
key Escape
key r 1
key F12 0.5
key F5 1
key Home 1.5; shot home
say "Pictures are in $1: $(cd "$out" && ls -- *.png | tr '\n' ' ')"
