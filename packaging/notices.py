#!/usr/bin/env python3
"""Writes the licences of everything that is compiled into the program: notices.py [--target TRIPLE] > third-party.txt

Asks cargo which crates the program is made of and collects the licence files that lie in their sources, each text once.
A crate that ships no licence file is listed with the licence that its manifest names. Needs cargo and Python 3.9.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense|authors|patents)", re.IGNORECASE)
# Where licences of what a crate brings along lie: the H.264 encoder's source, the typefaces.
FURTHER = ("upstream", "fonts", "licenses", "LICENSES")
TEXT = {"", ".txt", ".md", ".rst", ".html"}


def cargo(*arguments):
    command = ["cargo", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"notices.py: `{' '.join(command)}` failed (exit code {done.returncode}); its message stands above")
    return done.stdout


def host():
    told = subprocess.run(["rustc", "-vV"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return re.search(r"^host: (.+)$", told, re.MULTILINE).group(1)


def compiled_in(target):
    """The packages that end up in the program: neither those that only build it nor those of other features."""
    tree = cargo("tree", "--locked", "--target", target, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}")
    names = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    graph = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    ours = set(graph["workspace_members"])
    packages = [
        package
        for package in graph["packages"]
        if (package["name"], f"v{package['version']}") in names and package["id"] not in ours
    ]
    return sorted(packages, key=lambda package: (package["name"], package["version"]))


def licence_files(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    found = {path for path in folder.iterdir() if path.is_file() and NAMES.match(path.name) and path.suffix in TEXT}
    named = package.get("license_file")
    if named and (folder / named).is_file():
        found.add(folder / named)
    for name in FURTHER:
        inside = folder / name
        if inside.is_dir():
            texts = (path for path in inside.iterdir() if path.is_file() and path.suffix in TEXT)
            found.update(path for path in texts if name == "fonts" or NAMES.match(path.name) or name.lower() == "licenses")
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="target triple [default: this machine's]")
    packages = compiled_in(parser.parse_args().target or host())
    if not packages:
        sys.exit("notices.py: cargo names no dependency at all; is this the right folder?")

    texts, bare = {}, []
    for package in packages:
        name = f"{package['name']} {package['version']} ({package.get('license') or 'see its licence file'})"
        files = licence_files(package)
        if not files:
            bare.append(name)
        for path in files:
            text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip()
            texts.setdefault(text, []).append(name)

    out = []
    out.append("Farwander is compiled together with the works listed here, under their own licences.")
    out.append("Source code of each is the crate of that name and version in the Rust package registry.\n")
    out.extend(sorted({name for names in texts.values() for name in names} | set(bare)))
    if bare:
        out.append("\nThese ship no licence file; the licence that they name is the one in brackets:\n")
        out.extend(bare)
    for text, names in sorted(texts.items(), key=lambda entry: entry[1]):
        out.append("\n" + "=" * 100)
        out.extend(dict.fromkeys(names))
        out.append("-" * 100 + "\n")
        out.append(text)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    print("\n".join(out))


if __name__ == "__main__":
    main()
