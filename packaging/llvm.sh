#!/usr/bin/env bash
# Before `cargo build --features cuda` on a machine that cannot fetch the LLVM which cubecl's build script downloads: takes the
# same LLVM from Python packages and lays it where that script looks. Needs pip and unzip; about 500 MB of disk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/setup.sh

# The version that cubecl 0.11 asks for, and the packages that hold it.
llvm=23.1.0-4
packages=(mlc-llvm-static==23.1.1.post0 mlc-llvm-static-extra-targets==23.1.1.post0)
home=${XDG_DATA_HOME:-$HOME/.local/share}/tracel/tracel-llvm-$llvm

if [ -f "$home/.tracel-llvm-installed" ]; then
    say "LLVM is there already: $home"
    exit 0
fi
command -v unzip >/dev/null || need_packages "unpacking LLVM" unzip
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download -q --no-deps -d "$work" "${packages[@]}"
for wheel in "$work"/*.whl; do unzip -qo "$wheel" -d "$work/unpacked"; done
mkdir -p "$(dirname "$home")"
mv "$work/unpacked/mlc_llvm_static/static" "$home"
touch "$home/.tracel-llvm-installed"
say "LLVM lies in $home; now: CUDARC_CUDA_VERSION=12080 cargo build --release --features cuda"
