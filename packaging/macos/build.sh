#!/usr/bin/env bash
# Builds Farwander.app and a zip of it, on a Mac. Run with --help.
set -euo pipefail
umask 022
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
from=$PWD
cd "$root"
. scripts/setup.sh

usage() {
    cat <<'END'
Usage: packaging/macos/build.sh [--universal | --binary PATH] [--sign IDENTITY] [--out DIR]

Builds Farwander (profile dist) and makes Farwander.app and Farwander-VERSION-macos-MACHINE.zip in DIR.

  --universal      for Apple and Intel processors in one file; needs both Rust targets
  --binary PATH    pack this program instead of building one
  --sign IDENTITY  sign with this certificate and the hardened runtime, ready for notarization
                   [default: an ad-hoc signature, which other Macs open only after their owner allows it]
  --out DIR        where the packages go [default: packages in cargo's target folder]
END
}

fail() { say "build.sh: $*"; exit 1; }
wrong_use() { say "build.sh: $*; see packaging/macos/build.sh --help"; exit 2; }

binary='' out='' identity='' universal=''
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --universal) universal=yes; shift ;;
        --binary | --sign | --out)
            [ -n "${2:-}" ] || wrong_use "$1 needs something after it"
            case $1 in
                --binary) binary=$(absolute "$from" "$2") ;;
                --sign) identity=$2 ;;
                --out) out=$(absolute "$from" "$2") ;;
            esac
            shift 2
            ;;
        *) wrong_use "$1 is no option" ;;
    esac
done
if [ -n "$binary" ] && [ -n "$universal" ]; then wrong_use "--binary and --universal exclude each other"; fi

[ "$(uname -s)" = Darwin ] || fail "a bundle is made on a Mac: it needs iconutil, codesign and ditto"
for tool in iconutil codesign ditto plutil lipo python3; do
    command -v "$tool" >/dev/null || fail "$tool is missing here: install Apple's command line tools (xcode-select --install)"
done
need_cargo
target=${CARGO_TARGET_DIR:-target}
out=${out:-$target/packages}
machine=$(uname -m)
# What the bundle's Info.plist promises, too.
MACOSX_DEPLOYMENT_TARGET=$(plutil -extract LSMinimumSystemVersion raw packaging/macos/Info.plist)
export MACOSX_DEPLOYMENT_TARGET

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
[ -n "$version" ] || fail "Cargo.toml names no version"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$universal" ]; then
    machine=universal
    halves=()
    for triple in aarch64-apple-darwin x86_64-apple-darwin; do
        cargo build --profile dist --locked --target "$triple" \
            || fail "building for $triple failed; if its standard library is missing: rustup target add $triple"
        halves+=("$target/$triple/dist/farwander")
    done
    binary=$work/farwander
    lipo -create -output "$binary" "${halves[@]}"
elif [ -z "$binary" ]; then
    cargo build --profile dist --locked
    binary=$target/dist/farwander
fi
[ -f "$binary" ] || fail "--binary $binary: there is no such file"
told=$("$binary" --version) || fail "$binary does not run here; is it built for this machine?"
[ "$told" = "farwander $version" ] || fail "$binary says it is '$told', but Cargo.toml is at $version: build it again"

bundle=$work/Farwander.app/Contents
mkdir -p "$bundle/MacOS" "$bundle/Resources/models" "$work/Farwander.iconset"
cp "$binary" "$bundle/MacOS/farwander"
chmod 755 "$bundle/MacOS/farwander"
cp models/vale.safetensors models/probe.safetensors "$bundle/Resources/models/"
cp LICENSE-MIT LICENSE-APACHE "$bundle/Resources/"
case $machine in
    universal) licences_of=aarch64-apple-darwin ;; # the same crates on both
    *) licences_of=$(rustc -vV | sed -n 's/^host: //p') ;;
esac
packaging/notices.py --target "$licences_of" >"$bundle/Resources/third-party.txt" \
    || fail "the licences of what is compiled in could not be collected (the reason stands above)"
sed "s/@VERSION@/$version/" packaging/macos/Info.plist >"$bundle/Info.plist"
plutil -lint "$bundle/Info.plist" >/dev/null || fail "packaging/macos/Info.plist is not a property list: plutil says why above"
printf 'APPL????' >"$bundle/PkgInfo"

for size in 16 32 128 256 512; do
    cp "assets/icons/$size.png" "$work/Farwander.iconset/icon_${size}x$size.png"
    cp "assets/icons/$((size * 2)).png" "$work/Farwander.iconset/icon_${size}x$size@2x.png"
done
iconutil --convert icns --output "$bundle/Resources/Farwander.icns" "$work/Farwander.iconset"

if [ -n "$identity" ]; then
    codesign --force --options runtime --timestamp --sign "$identity" "$work/Farwander.app"
else
    codesign --force --sign - "$work/Farwander.app"
fi
codesign --verify --strict "$work/Farwander.app"

mkdir -p "$out"
rm -rf "$out/Farwander.app"
ditto "$work/Farwander.app" "$out/Farwander.app"
archive=$out/Farwander-$version-macos-$machine.zip
rm -f "$archive"
ditto -c -k --keepParent "$out/Farwander.app" "$archive"
printf '%s\n%s\n' "$out/Farwander.app" "$archive"
