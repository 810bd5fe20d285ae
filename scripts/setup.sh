# Shared by run.sh, test.sh and the scripts here (sourced, not run): checks for Rust and installs missing system packages.

say() { printf '%s\n' "$*" >&2; }

# absolute FROM PATH: the path as seen from a folder.
absolute() { case $2 in /*) printf '%s' "$2" ;; *) printf '%s' "$1/$2" ;; esac; }

# Sets up `cargo`, or says in one sentence what is missing.
need_cargo() {
    if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
        # shellcheck disable=SC1091
        . "${CARGO_HOME:-$HOME/.cargo}/env"
    fi
    if ! command -v cargo >/dev/null; then
        say "Farwander is built with Rust, which is not installed here: get it from https://rustup.rs and run this again."
        exit 1
    fi
}

# The packages of the list that are not installed (Debian and Ubuntu).
missing_packages() {
    local package
    for package in "$@"; do
        if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
            printf '%s ' "$package"
        fi
    done
}

# apt-get as root, through sudo where needed; fails where neither is possible.
apt_get() {
    local -a as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || return 1
        as_root=(sudo)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" >&2
}

# need_packages WHY PACKAGE...: installs what is missing; returns 1 (after one sentence) where that is impossible.
need_packages() {
    local why=$1 missing
    shift
    [ "$(uname -s)" = Linux ] || return 0
    if ! command -v dpkg-query >/dev/null; then
        say "This is not Debian or Ubuntu: if $why fails, install what these packages hold: $*"
        return 0
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    say "Installing for $why: $missing"
    # shellcheck disable=SC2086  # the list is meant to be split
    apt_get install -y --no-install-recommends $missing \
        || { apt_get update && apt_get install -y --no-install-recommends $missing; } \
        || { say "Could not install them; as root, run: apt-get install $missing"; return 1; }
}

# To compile: a C++ compiler (H.264 encoder), libudev (gamepads). nasm makes the encoder faster and is optional.
setup_build() {
    need_packages "building" build-essential pkg-config libudev-dev || exit 1
    command -v nasm >/dev/null || need_packages "a faster video encoder" nasm || true
}

# To open a window and draw: loaded when the player starts, not when it is built.
setup_window() {
    need_packages "the window" libvulkan1 mesa-vulkan-drivers libwayland-client0 libxkbcommon0 libxkbcommon-x11-0 \
        libx11-6 libx11-xcb1 libxcursor1 libxi6 || true
}

# setup_program FROM: FARWANDER_BIN is the program, the one it names (seen from FROM) or one that is built now.
setup_program() {
    if [ -n "${FARWANDER_BIN:-}" ]; then
        FARWANDER_BIN=$(absolute "$1" "$FARWANDER_BIN")
    else
        need_cargo
        setup_build
        cargo build --release --locked
        FARWANDER_BIN=$(absolute "$PWD" "${CARGO_TARGET_DIR:-target}/release/farwander")
    fi
    export FARWANDER_BIN
}
