#!/bin/sh
# Installs Farwander from this folder: install.sh [PREFIX]. Takes it away again: install.sh --uninstall [PREFIX].
# Without PREFIX into ~/.local, for you alone. The program also runs from here, without installing: bin/farwander.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s\n' "$*" >&2; }

uninstall=
case ${1:-} in
    -h | --help) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
    --uninstall) uninstall=yes; shift ;;
    -*) say "install.sh: $1 is no option; see install.sh --help"; exit 2 ;;
esac
[ $# -le 1 ] || { say "install.sh: only one PREFIX; see install.sh --help"; exit 2; }
if [ $# -eq 0 ] && [ -z "${HOME:-}" ]; then
    say "install.sh: HOME is not set, so there is no default: name a folder, as in install.sh /usr/local"
    exit 2
fi
prefix=${1:-${HOME:-}/.local}
if [ -n "$uninstall" ] && [ ! -d "$prefix" ]; then say "install.sh: $prefix: there is no such folder"; exit 2; fi
mkdir -p "$prefix" || exit 1
prefix=$(cd "$prefix" && pwd)
[ "$prefix" != "$here" ] || { say "install.sh: $prefix is the folder that is installed from; name another"; exit 2; }

# What desktops remember of menus, file kinds and icons; where a tool is missing, the desktop does it at its next start.
refresh() {
    if command -v update-desktop-database >/dev/null; then update-desktop-database -q "$prefix/share/applications" || true; fi
    if command -v update-mime-database >/dev/null; then update-mime-database "$prefix/share/mime" || true; fi
    if command -v gtk-update-icon-cache >/dev/null && [ -f "$prefix/share/icons/hicolor/index.theme" ]; then
        gtk-update-icon-cache -q "$prefix/share/icons/hicolor" || true
    fi
}

cd "$here"
if [ -n "$uninstall" ]; then
    find bin share -type f | while IFS= read -r file; do rm -f "$prefix/$file"; done
    # Folders that are only ours; the others may be shared.
    rmdir "$prefix/share/farwander/models" "$prefix/share/farwander" "$prefix/share/doc/farwander" 2>/dev/null || true
    refresh
    say "Farwander is no longer in $prefix. Your recordings and settings are where they were."
    exit 0
fi

find bin share -type f | while IFS= read -r file; do
    mkdir -p "$prefix/$(dirname "$file")"
    rm -f "$prefix/$file" # a program that runs keeps its old file
    cp "$file" "$prefix/$file"
done
# Menus start the program by its whole path: PREFIX/bin need not be in PATH.
entry=$prefix/share/applications/org.farwander.Farwander.desktop
# First the quoting of Exec, then that of the file.
EXEC=$(printf '%s' "$prefix/bin/farwander" | sed 's/[\\"`$]/\\&/g; s/\\/\\\\/g; s/%/%%/g')
export EXEC
awk '/^Exec=/ { print "Exec=\"" ENVIRON["EXEC"] "\" %f"; next } { print }' "$entry" >"$entry.new"
mv "$entry.new" "$entry"
refresh
say "Farwander is installed: $prefix/bin/farwander"
case :${PATH:-}: in
    *:"$prefix/bin":*) ;;
    *) say "To start it by its name, add $prefix/bin to PATH." ;;
esac
