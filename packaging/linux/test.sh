#!/usr/bin/env bash
# Installs the Linux packages into a clean root and uses them there, with a window under Xvfb. Run with --help.
set -euo pipefail
umask 022
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
from=$PWD
cd "$top"
. scripts/setup.sh

usage() {
    cat <<'END'
Usage: packaging/linux/test.sh [--packages DIR] [--picture FILE]

Makes a minimal system (debootstrap, from the mirror that apt uses here) in a temporary folder and tries there what
packaging/linux/build.sh has made: the archive and the AppImage before anything is installed, then the .deb with what
it depends on: walks without a window, file kinds, the player in a window under Xvfb, and that its removal leaves nothing.

  --packages DIR   where the packages are [default: packages in cargo's target folder]
  --picture FILE   where the picture of the window goes [default: window.png beside the packages]

Needs Debian or Ubuntu, root, and a connection to the mirror. Ends with 1 if anything is wrong.
END
}

fail() { say "test.sh: $*"; exit 1; }
wrong_use() { say "test.sh: $*; see packaging/linux/test.sh --help"; exit 2; }

packages=${CARGO_TARGET_DIR:-target}/packages picture=''
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --packages | --picture)
            [ -n "${2:-}" ] || wrong_use "$1 needs a path after it"
            if [ "$1" = --packages ]; then packages=$(absolute "$from" "$2"); else picture=$(absolute "$from" "$2"); fi
            shift 2
            ;;
        *) wrong_use "$1 is no option" ;;
    esac
done
[ -d "$packages" ] || fail "$packages: there is no such folder; run packaging/linux/build.sh first, or name one with --packages"
packages=$(cd "$packages" && pwd)
picture=$(realpath -m "${picture:-$packages/window.png}")

# one PATTERN: the one package of that name.
one() {
    local -a found=()
    mapfile -t found < <(find "$packages" -maxdepth 1 -name "$1")
    [ "${#found[@]}" -eq 1 ] || fail "$packages holds ${#found[@]} files $1, not one: empty it and run packaging/linux/build.sh"
    printf '%s' "${found[0]}"
}

# ---- outside: tools, and namespaces that end whatever is left running or mounted ------------------------------------------

if [ -z "${FARWANDER_CLEAN_ROOT:-}" ]; then
    [ "$(id -u)" -eq 0 ] || fail "a clean root can only be made by root: run it with sudo"
    command -v dpkg >/dev/null || fail "this test needs Debian or Ubuntu"
    need_packages "the clean root" debootstrap util-linux xvfb imagemagick lintian desktop-file-utils appstream || exit 1
    FARWANDER_CLEAN_ROOT=$(mktemp -d "${TMPDIR:-/tmp}/clean-root.XXXXXX")
    export FARWANDER_CLEAN_ROOT
    trap 'rm -rf --one-file-system "$FARWANDER_CLEAN_ROOT"' EXIT
    code=0
    unshare --mount --pid --fork --kill-child --mount-proc "$0" --packages "$packages" --picture "$picture" || code=$?
    exit $code
fi

# ---- inside ---------------------------------------------------------------------------------------------------------------

root=$FARWANDER_CLEAN_ROOT
log=$root.log
trap 'rm -f "$log" "$root.display"' EXIT
failed=0 checks=0

# check NAME COMMAND...: runs it; what it prints is shown only if it fails.
check() {
    local name=$1 code=0
    shift
    checks=$((checks + 1))
    "$@" >"$log" 2>&1 || code=$?
    if [ $code -eq 0 ]; then
        printf 'ok      %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s: exit code %d of: %s\n' "$name" $code "$*"
        sed 's/^/        | /' "$log"
    fi
}
# must NAME COMMAND...: what all that follows needs.
must() {
    local before=$failed
    check "$@"
    [ "$failed" -eq "$before" ] || fail "without this the rest cannot be tried"
}

# In the clean root: as root with what apt needs, or as an ordinary user with hardly any environment.
as_root() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} "$@"
}
as_user() { (become_user "$@"); }
# For the background: $! is then the program itself.
become_user() {
    exec chroot --userspec=walker:walker "$root" /usr/bin/env -i --chdir=/home/walker HOME=/home/walker PATH=/usr/bin:/bin \
        LANG=C.UTF-8 ${display:+"DISPLAY=:$display"} "$@"
}
display=''

deb=$(one 'farwander_*.deb')
archive=$(one 'farwander-*-linux-*.tar.gz')
appimage=$(find "$packages" -maxdepth 1 -name 'Farwander-*.AppImage' -print -quit)
version=$(dpkg-deb -f "$deb" Version)
version=${version%-*}

printf '== files\n'
check "desktop entry is valid" desktop-file-validate packaging/linux/org.farwander.Farwander.desktop
check "metainfo is valid" appstreamcli validate --no-net packaging/linux/org.farwander.Farwander.metainfo.xml
check "lintian has nothing to say" lintian --fail-on error,warning "$deb"

printf '== a clean root\n'
codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
# shellcheck disable=SC2016  # the format is apt's
mapfile -t sources < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Identifier: Packages' \
    | awk '$4 == "Debian" || $4 == "Ubuntu" {print $1, $2, $3}' | sort -u)
mirror=$(printf '%s\n' "${sources[@]}" | awk -v release="$codename" '$2 == release && $3 == "main" {print $1; exit}')
[ -n "$mirror" ] || fail "apt knows no mirror of '$codename' here: run apt-get update first"
must "debootstrap $codename" debootstrap --variant=minbase "$codename" "$root" "$mirror"
printf 'deb %s\n' "${sources[@]}" >"$root/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no services in there
chmod 755 "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev/shm"
mount --bind /sys "$root/sys"
chmod 755 "$root" # mktemp made it for root alone
mkdir -p "$root/tmp/.X11-unix" "$root/packages" /tmp/.X11-unix
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
mount --bind -o ro "$packages" "$root/packages"
must "apt-get update" as_root apt-get update
must "a user" as_root useradd --create-home walker

# A walk of 24 frames by PROGRAM: written, and an MP4 that holds something.
walks() {
    as_user "$1" generate --path walk --frames 24 --out /home/walker/walk.mp4 || return 1
    [ "$(head -c 8 "$root/home/walker/walk.mp4" | tail -c 4)" = ftyp ] || { echo "walk.mp4 is no MP4"; return 1; }
    [ "$(stat -c %s "$root/home/walker/walk.mp4")" -gt 10000 ] || { echo "walk.mp4 is nearly empty"; return 1; }
    rm "$root/home/walker/walk.mp4"
}
says_version() {
    local told
    told=$(as_user "$@" --version) || return 1
    [ "$told" = "farwander $version" ] || { echo "it says '$told', not 'farwander $version'"; return 1; }
}
# Everything whose path or text names Farwander, outside of what users own and of apt's and dpkg's own records.
traces() {
    find "$root" -xdev -mindepth 1 \( -path "$root/proc" -o -path "$root/sys" -o -path "$root/packages" -o -path "$root/home" \
        -o -path "$root/var/log" -o -path "$root/var/lib/apt" -o -path "$root/var/cache/apt" \) -prune -o -iname '*farwander*' -print
    grep -rIil farwander "$root/usr/share/applications" "$root/usr/share/mime" "$root/usr/share/icons" "$root/etc" \
        "$root/var/lib/dpkg/status" 2>/dev/null || true
}
no_traces() {
    local left
    left=$(traces)
    [ -z "$left" ] || { printf 'left behind:\n%s\n' "$left"; return 1; }
}

printf '== the archive, before any package is installed\n'
place="/home/walker/a place"
folder=$(basename "$archive" .tar.gz)
unpacks() { as_user mkdir -p "$place" && as_user tar -xzf "/packages/$(basename "$archive")" -C "$place"; }
must "unpacks" unpacks
check "runs where it lies" says_version "$place/$folder/bin/farwander"
check "walks where it lies" walks "$place/$folder/bin/farwander"
check "installs below a prefix" as_user "$place/$folder/install.sh" "$place/100% mine"
check "walks from there" walks "$place/100% mine/bin/farwander"
starts_by_path() { grep -Fx "Exec=\"$place/100%% mine/bin/farwander\" %f" "$root$place/100% mine/share/applications/"*.desktop; }
check "the menu entry names it" starts_by_path
uninstalls() {
    as_user "$place/$folder/install.sh" --uninstall "$place/100% mine" || return 1
    local left
    left=$(find "$root$place/100% mine" ! -type d)
    [ -z "$left" ] || { printf 'left behind:\n%s\n' "$left"; return 1; }
}
check "uninstalls" uninstalls
rm -r "${root:?}$place"

printf '== the AppImage\n'
if [ -n "$appimage" ]; then
    image=/packages/$(basename "$appimage")
    # Mounting needs /dev/fuse and libfuse2; a clean root has neither.
    check "runs" says_version "$image" --appimage-extract-and-run
    extracted_walk() {
        as_user mkdir -p image || return 1
        as_user env --chdir=image "$image" --appimage-extract || return 1
        walks /home/walker/image/squashfs-root/AppRun
    }
    check "walks" extracted_walk
    rm -rf "$root/home/walker/image"
else
    printf 'skipped: there is none in %s\n' "$packages"
fi
check "neither leaves anything" no_traces

printf '== the .deb\n'
must "installs" as_root apt-get install -y "/packages/$(basename "$deb")"
linked() { ! as_root ldd /usr/bin/farwander | grep 'not found'; }
check "every library is there" linked
check "says its version" says_version farwander
finds_world() { as_user farwander inspect | tee /dev/stderr | grep -F /usr/share/farwander/models/vale.safetensors; }
check "finds its world" finds_world
check "walks" walks farwander

# Xvfb runs outside, so that the root stays as clean as it is.
mkfifo "$root.display"
Xvfb -displayfd 4 -screen 0 1280x800x24 -nolisten tcp -ac 4>"$root.display" >/dev/null 2>&1 &
xvfb=$!
read -r -t 30 display <"$root.display" || fail "Xvfb did not start within 30 seconds"
rm "$root.display"

# waits PROCESS LINE: until the log holds the line; fails when the program ends before or nothing comes in two minutes.
waits() {
    for _ in $(seq 600); do
        if grep -q "$2" "$root/home/walker/play.log"; then return 0; fi
        if ! kill -0 "$1" 2>/dev/null; then echo "the program ended before '$2'"; return 1; fi
        sleep 0.2
    done
    echo "'$2' did not come within two minutes"
    return 1
}
clean_log() { ! grep -E 'panicked|ERROR' "$root/home/walker/play.log"; }
plays() {
    local play code=0
    become_user farwander play --first-frame 1 --exit-after-secs 40 --verbose >"$root/home/walker/play.log" 2>&1 &
    play=$!
    if waits $play 'first generated frame'; then
        sleep 3
        DISPLAY=:$display import -window root "$picture"
    else
        code=1
    fi
    wait $play || { echo "the program ended with exit code $?"; code=1; }
    cat "$root/home/walker/play.log"
    clean_log || code=1
    return $code
}
check "plays in a window" plays
grep -oE '(window open|first generated frame) after .*' "$root/home/walker/play.log" | sed 's/^/        /' || true
colours() {
    local n
    n=$(identify -format %k "$picture") || return 1
    [ "$n" -gt 2000 ] || { echo "$picture holds only $n colours: is the window black?"; return 1; }
}
check "the window shows a picture ($picture)" colours
opens() {
    local play code=0
    become_user env FARWANDER_LOG=farwander=info farwander /usr/share/farwander/models/vale.safetensors \
        >"$root/home/walker/play.log" 2>&1 &
    play=$!
    waits $play 'window open' || code=1
    sleep 2
    kill -TERM $play 2>/dev/null || { echo "the program was gone"; code=1; }
    wait $play || { echo "told to stop, the program ended with exit code $?"; code=1; }
    cat "$root/home/walker/play.log"
    clean_log || code=1
    return $code
}
check "opens a file named to it, and stops when told to" opens
kill $xvfb

# Tools that look at file kinds; only now, because they bring libraries of their own.
must "tools for file kinds" as_root apt-get install -y --no-install-recommends shared-mime-info desktop-file-utils libglib2.0-bin
kind() { as_user gio info -a standard::content-type "$1" | sed -n 's/.*content-type: //p'; }
knows_worlds() {
    local ours=application/x-farwander-generator world probe
    world=$(kind /usr/share/farwander/models/vale.safetensors)
    [ "$world" = $ours ] || { echo "a generator file is taken for '$world'"; return 1; }
    probe=$(kind /usr/share/farwander/models/probe.safetensors)
    [ "$probe" != $ours ] || { echo "another safetensors file is taken for a generator file"; return 1; }
    as_user gio mime $ours | grep -F org.farwander.Farwander.desktop
}
check "generator files, and no others, open with it" knows_worlds

must "is removed" as_root apt-get purge -y farwander
check "its removal leaves nothing" no_traces

umount "$root/packages" "$root/tmp/.X11-unix" "$root/sys" "$root/dev/shm" "$root/proc"
printf '\n%d passed, %d failed\n' $((checks - failed)) "$failed"
[ "$failed" -eq 0 ]
