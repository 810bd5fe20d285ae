#!/usr/bin/env bash
# Every check, cheap ones first: format, lints, documentation, tests. Ends with a summary; fails if any check failed.
# Needs no display, no GPU and no network beyond what cargo fetches.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. scripts/setup.sh

need_cargo
setup_build
# The software Vulkan driver, so that the graphics tests run anywhere.
need_packages "the graphics tests" libvulkan1 mesa-vulkan-drivers || true
# A screen that nobody sees, for the tests of the real window.
setup_window
if need_packages "the tests of the window" xvfb && command -v Xvfb >/dev/null; then
    export REQUIRE_WINDOW=1
fi

summary=()
failed=0
check() {
    local name=$1 start=$SECONDS result=ok
    shift
    printf '\n== %s: %s\n' "$name" "$*"
    "$@" || { result=FAILED; failed=1; }
    summary+=("$(printf '%-14s %-7s %5d s' "$name" "$result" $((SECONDS - start)))")
}
skip() { summary+=("$(printf '%-14s %-7s %s' "$1" skipped "$2")"); }

scripts_parse() {
    local script
    for script in run.sh test.sh scripts/*.sh packaging/*.sh packaging/*/*.sh .ci/run; do
        bash -n "$script" || return 1
    done
}

check scripts scripts_parse
check format cargo fmt --check
if cargo deny --version >/dev/null 2>&1; then
    check licences cargo deny --offline check licenses bans sources
else
    skip licences "cargo-deny is not installed"
fi
# One profile (dev) for all that follows: clippy and rustdoc share their artefacts, the tests build once.
check lints cargo clippy --locked --all-targets -- -D warnings
check docs env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
if cargo nextest --version >/dev/null 2>&1; then
    check tests cargo nextest run --locked --no-fail-fast
    check doc-tests cargo test --locked --doc
else
    check tests cargo test --locked --no-fail-fast
fi

printf '\n== summary\n'
printf '%s\n' "${summary[@]}"
printf '%-14s %-7s %5d s\n' total "$([ $failed = 0 ] && echo ok || echo FAILED)" "$SECONDS"
exit $failed
