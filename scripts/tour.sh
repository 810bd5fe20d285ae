#!/usr/bin/env bash
# A tour of the bundled world as a video of two minutes, made by the program itself without a window. Needs ffmpeg.
# FARWANDER_BIN names a program that is built already.
set -euo pipefail
from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/setup.sh

if [ $# -ne 1 ] || [[ $1 == -* ]]; then
    say "Usage: scripts/tour.sh OUT.mp4"
    exit 2
fi
out=$(absolute "$from" "$1")
if [[ $out != *.mp4 ]]; then
    say "$1 should end with .mp4."
    exit 2
fi
if ! command -v ffmpeg >/dev/null; then
    say "The tour is put together by ffmpeg, which is not installed here (Debian and Ubuntu: apt-get install ffmpeg)."
    exit 1
fi
setup_program "$from"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet=(ffmpeg -hide_banner -loglevel error -nostdin -y)

# Titles need an ffmpeg with fonts; without, the parts go without.
titles=yes
if ! "${quiet[@]}" -f lavfi -i color=s=64x64:d=0.1 -vf drawtext=text=x -f null - 2>/dev/null; then
    titles=
    say "This ffmpeg cannot write titles, so there will be none."
fi

# part TITLE FIRST_FRAME PATH [OPTION ...]: one part of twelve seconds, larger than the world makes it.
count=0
part() {
    local title=$1 first=$2 path=$3 name filter
    shift 3
    name=$(printf '%02d' "$count")
    count=$((count + 1))
    say "$title"
    "$FARWANDER_BIN" generate --first-frame "$first" --path "scripts/tour/$path.json" --frames 288 --seed "$count" \
        --record-keys --quality best --out "$work/$name-raw.mp4" "$@"
    filter=scale=768:448:flags=lanczos
    if [ -n "$titles" ]; then
        printf '%s' "$title" >"$work/$name.txt"
        filter+=",drawtext=textfile=$work/$name.txt:fontcolor=white:fontsize=24:x=30:y=30:enable='lt(t,3)'"
        # Skies may be as white as words.
        filter+=":box=1:boxcolor=black@0.5:boxborderw=10"
    fi
    # All parts alike, so that they can be joined as they are.
    "${quiet[@]}" -i "$work/$name-raw.mp4" -vf "$filter" -an -c:v libx264 -preset slow -crf 30 -pix_fmt yuv420p \
        "$work/$name.mp4"
    echo "file '$work/$name.mp4'" >>"$work/parts.txt"
}

part "Meadow: walking" 1 walk
part "Autumn forest: looking away and back" 3 look
part "Snow at dusk: turning" 0 turn
part "Desert: running" 2 run
part "Heath at dawn: wandering about" 5 wander
part "Forest: other words after five seconds" 7 walk --prompt "forest, overcast" --prompt-at "5=forest at night, clear"
part "Snow at noon: there and back" 8 back
part "Autumn forest: running" 4 run
part "Forest at dusk: looking away and back" 6 look
part "Meadow again, with other chance" 1 wander

mkdir -p "$(dirname "$out")"
"${quiet[@]}" -f concat -safe 0 -i "$work/parts.txt" -c copy -movflags +faststart "$out"
bytes=$(wc -c <"$out")
say "$out: $((bytes / 1000)) kB"
if [ "$bytes" -gt 12000000 ]; then
    say "That is more than the 12 MB that it should be."
    exit 1
fi
