#!/usr/bin/env bash
# Builds the Linux packages: a .deb, an AppImage, and an archive that runs from any folder. Run with --help.
set -euo pipefail
umask 022
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/packaging/linux
from=$PWD
cd "$root"
. scripts/setup.sh

usage() {
    cat <<'END'
Usage: packaging/linux/build.sh [--binary PATH] [--out DIR] [--appimage-runtime FILE]

Builds Farwander (profile dist) and packs it into DIR:
  farwander_VERSION-1_ARCH.deb
  Farwander-VERSION-MACHINE.AppImage
  farwander-VERSION-linux-MACHINE.tar.gz

  --binary PATH            pack this program instead of building one; it is stripped in the packages
  --out DIR                where the packages go [default: packages in cargo's target folder]
  --appimage-runtime FILE  the program that an AppImage begins with [default for x86_64: that of AppImageKit, release 13,
                           taken from the crate `appimage`]

The same program gives the same bytes. Times in the packages are SOURCE_DATE_EPOCH, else the time of the last commit.
DEBFULLNAME and DEBEMAIL name the maintainer in the .deb.
END
}

fail() { say "build.sh: $*"; exit 1; }
wrong_use() { say "build.sh: $*; see packaging/linux/build.sh --help"; exit 2; }

binary='' out='' runtime=''
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --binary | --out | --appimage-runtime)
            [ -n "${2:-}" ] || wrong_use "$1 needs a path after it"
            case $1 in
                --binary) binary=$(absolute "$from" "$2") ;;
                --out) out=$(absolute "$from" "$2") ;;
                --appimage-runtime) runtime=$(absolute "$from" "$2") ;;
            esac
            shift 2
            ;;
        *) wrong_use "$1 is no option" ;;
    esac
done

[ "$(uname -s)" = Linux ] || fail "these packages are built on Linux; packaging/README.md tells about other systems"
machine=$(uname -m)
target=${CARGO_TARGET_DIR:-target}
out=${out:-$target/packages}
need_cargo
need_packages "packing" dpkg-dev binutils squashfs-tools python3 man-db || exit 1
for tool in dpkg-deb dpkg-shlibdeps strip mksquashfs python3; do
    command -v "$tool" >/dev/null || fail "$tool is missing here: install it, then run this again"
done

# ---- what is packed ---------------------------------------------------------------------------------------------------

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
[ -n "$version" ] || fail "Cargo.toml names no version"
metainfo=$here/org.farwander.Farwander.metainfo.xml
grep -q "<release version=\"$version\"" "$metainfo" \
    || fail "$metainfo has no release $version, which Cargo.toml names: add one"

if [ -z "$binary" ]; then
    setup_build
    cargo build --profile dist --locked
    binary=$target/dist/farwander
fi
[ -f "$binary" ] || fail "--binary $binary: there is no such file"
told=$("$binary" --version | head -n 1) || fail "$binary does not run here; is it built for this machine?"
[ "$told" = "farwander $version" ] || fail "$binary says it is '$told', but Cargo.toml is at $version: build it again"

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
fi
[[ $SOURCE_DATE_EPOCH =~ ^[0-9]+$ ]] || fail "SOURCE_DATE_EPOCH is '$SOURCE_DATE_EPOCH', not a number of seconds since 1970"
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
out=$(cd "$out" && pwd)

# stage PREFIX: the tree that all packages share.
stage() {
    local usr=$1 size
    install -Dm755 "$binary" "$usr/bin/farwander"
    strip --strip-all "$usr/bin/farwander"
    install -Dm644 -t "$usr/share/farwander/models" models/vale.safetensors models/probe.safetensors
    install -Dm644 -t "$usr/share/applications" "$here/org.farwander.Farwander.desktop"
    install -Dm644 -t "$usr/share/metainfo" "$metainfo"
    install -Dm644 -t "$usr/share/mime/packages" "$here/org.farwander.Farwander.xml"
    for size in 16 24 32 48 64 128 256 512; do
        install -Dm644 "assets/icons/$size.png" \
            "$usr/share/icons/hicolor/${size}x$size/apps/org.farwander.Farwander.png"
    done
    install -Dm644 assets/icon.svg "$usr/share/icons/hicolor/scalable/apps/org.farwander.Farwander.svg"
    install -Dm644 "$here/farwander.1" "$usr/share/man/man1/farwander.1"
    gzip -9n "$usr/share/man/man1/farwander.1"
    mkdir -p "$usr/share/doc/farwander"
    gzip -9nc "$work/third-party.txt" >"$usr/share/doc/farwander/third-party.txt.gz"
}

# Times and rights that do not depend on who packs, and when.
settle() {
    find "$1" -type d -exec chmod 755 {} +
    find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

summary=()
done_with() { summary+=("$(printf '%12s  %s' "$(stat -c %s "$1")" "$1")"); }

say "Collecting the licences of what is compiled in"
packaging/notices.py >"$work/third-party.txt" || fail "the licences could not be collected (the reason stands above)"

# ---- .deb -------------------------------------------------------------------------------------------------------------

# What dpkg-shlibdeps finds is linked; these are looked up when the window opens.
recommends="libvulkan1, mesa-vulkan-drivers | vulkan-icd, libwayland-client0, libxkbcommon0, libxkbcommon-x11-0,\
 libx11-6, libx11-xcb1, libxcursor1, libxi6"

make_deb() {
    # As in a source package, which is where dpkg-shlibdeps wants to stand.
    local tree=$work/source/debian/farwander maintainer architecture depends installed package
    local doc=$tree/usr/share/doc/farwander
    maintainer="${DEBFULLNAME:-The Farwander authors} <${DEBEMAIL:-authors@farwander.example}>"
    architecture=$(dpkg --print-architecture)
    mkdir -p "$tree/DEBIAN"
    stage "$tree/usr"
    install -Dm644 -t "$doc" "$here/copyright"
    gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
    {
        printf 'farwander (%s-1) unstable; urgency=medium\n\n' "$version"
        printf '  * What changes for those who use the program stands in changelog.gz.\n\n'
        printf -- ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")"
    } | gzip -9n >"$doc/changelog.Debian.gz"
    install -Dm644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/farwander"

    printf 'Source: farwander\n\nPackage: farwander\nArchitecture: any\nDescription: -\n' >"$work/source/debian/control"
    depends=$(cd "$work/source" && dpkg-shlibdeps -O debian/farwander/usr/bin/farwander | sed -n 's/^shlibs:Depends=//p')
    [ -n "$depends" ] || fail "dpkg-shlibdeps names no library that $binary needs; its message stands above"

    (cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
    # Files in whole KiB and one for each folder, as dpkg-gencontrol counts.
    installed=$(find "$tree/usr" \( -type f -printf '%s\n' \) -o -printf '1\n' | awk '{n += int(($1 + 1023) / 1024)} END {print n}')
    cat >"$tree/DEBIAN/control" <<END
Package: farwander
Version: $version-1
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $installed
Depends: $depends
Recommends: $recommends
Suggests: xdg-desktop-portal | zenity
Section: graphics
Priority: optional
Description: walk through a world that a neural network generates
 Farwander draws a world with a neural network while you walk through it with
 keyboard, mouse or gamepad. Record what you see, take pictures, go back in
 time, begin in a picture of your own.
 .
 The same program trains such networks from worlds that it renders itself. It
 needs no account and no connection.
END
    settle "$tree"
    package=$out/farwander_$version-1_$architecture.deb
    DPKG_DEB_THREADS_MAX=1 dpkg-deb --root-owner-group -Zxz --build "$tree" "$work/farwander.deb" >/dev/null
    mv "$work/farwander.deb" "$package"
    done_with "$package"
}

# ---- archive ----------------------------------------------------------------------------------------------------------

make_archive() {
    local name=farwander-$version-linux-$machine package
    stage "$work/$name"
    install -m644 -t "$work/$name" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE
    install -m755 -t "$work/$name" "$here/install.sh"
    settle "$work/$name"
    package=$out/$name.tar.gz
    tar --create --directory "$work" --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" \
        --owner=0 --group=0 --numeric-owner "$name" | gzip -9n >"$work/archive.tar.gz"
    mv "$work/archive.tar.gz" "$package"
    done_with "$package"
}

# ---- AppImage ---------------------------------------------------------------------------------------------------------

runtime_crate=appimage-0.4.0
runtime_sha256=328e0d745c5c6817048c27bc3e8314871703f8f47ffa81a37cb06cd95a94b323

# Leaves the runtime in $work/runtime; fails after one sentence where there is none.
find_runtime() {
    local crate cargo_home=${CARGO_HOME:-$HOME/.cargo}
    if [ -n "$runtime" ]; then
        [ -f "$runtime" ] || fail "--appimage-runtime $runtime: there is no such file"
        [ "$(od -An -tx1 -j8 -N3 "$runtime")" = " 41 49 02" ] \
            || fail "--appimage-runtime $runtime: this is no runtime of AppImages of type 2"
        cp "$runtime" "$work/runtime"
        return
    fi
    if [ "$machine" != x86_64 ]; then
        say "For $machine no AppImage runtime is known here: name one with --appimage-runtime FILE."
        return 1
    fi
    crate() { find "$cargo_home/registry/cache" -name "$runtime_crate.crate" -print -quit 2>/dev/null; }
    [ -n "$(crate)" ] || cargo info "${runtime_crate%-*}@${runtime_crate##*-}" >/dev/null 2>&1 || true
    crate=$(crate)
    if [ -z "$crate" ]; then
        say "cargo could not get the crate $runtime_crate, which holds the AppImage runtime (is there a connection?):" \
            "name a runtime with --appimage-runtime FILE."
        return 1
    fi
    tar --extract --gzip --to-stdout --file "$crate" "$runtime_crate/assets/runtime-x86_64" >"$work/runtime"
    sha256sum --check --status <<<"$runtime_sha256  $work/runtime" \
        || fail "the AppImage runtime in $crate is not the known one (SHA-256 $runtime_sha256): delete that file"
}

make_appimage() {
    local tree=$work/AppDir package=$out/Farwander-$version-$machine.AppImage
    rm -f "$package" # an old one beside new packages would be taken for theirs
    if ! find_runtime; then
        summary+=("     left out  $package (no AppImage runtime, see above)")
        return
    fi
    stage "$tree/usr"
    install -m644 -t "$tree/usr/share/doc/farwander" LICENSE-MIT LICENSE-APACHE
    [ -n "$runtime" ] || install -m644 -t "$tree/usr/share/doc/farwander" "$here/appimage-runtime-licences.txt"
    ln -s usr/bin/farwander "$tree/AppRun"
    cp "$here/org.farwander.Farwander.desktop" "$tree/"
    printf 'X-AppImage-Version=%s\n' "$version" >>"$tree/org.farwander.Farwander.desktop"
    cp assets/icons/256.png "$tree/org.farwander.Farwander.png"
    ln -s org.farwander.Farwander.png "$tree/.DirIcon"
    settle "$tree"
    # gzip: the one compression that every runtime can read.
    env --unset=SOURCE_DATE_EPOCH mksquashfs "$tree" "$work/squashfs" -noappend -all-root -no-xattrs -comp gzip \
        -mkfs-time "$SOURCE_DATE_EPOCH" -all-time "$SOURCE_DATE_EPOCH" -quiet -no-progress
    cat "$work/runtime" "$work/squashfs" >"$work/appimage"
    chmod 755 "$work/appimage"
    mv "$work/appimage" "$package"
    done_with "$package"
}

make_deb
make_archive
make_appimage
printf '%s\n' "${summary[@]}"
