#!/usr/bin/env bash
# Renders assets/icon.svg into the sizes that packages need: assets/icons/*.png, and assets/icon.ico for Windows.
# To be run when the icon has changed; its results are kept in the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/setup.sh

need_packages "rendering icons" librsvg2-bin icoutils || exit 1
mkdir -p assets/icons
for size in 16 24 32 48 64 128 256 512 1024; do
    rsvg-convert --width "$size" --height "$size" assets/icon.svg --output "assets/icons/$size.png"
done
icotool --create --output assets/icon.ico \
    assets/icons/{16,24,32,48,64,128}.png --raw=assets/icons/256.png
say "Rendered assets/icons/*.png and assets/icon.ico"
