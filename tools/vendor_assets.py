"""Copy what the web pages take from npm into the package, once each file is found to be the one that was reviewed.

Run by `make assets`, after `npm ci` in assets/. What is taken, and its SHA-256, stands in assets/manifest.json. To take
another version: change assets/package.json, run `npm install --ignore-scripts` in assets/, look at what changed, and
write the new version and hash into the manifest. The licences of all that is bundled in come along in one file.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
VENDOR = ROOT / "src" / "covergraph" / "web" / "static" / "vendor"
ACCEPTED = {"MIT", "BSD-3-Clause", "Apache-2.0", "CC0-1.0", "(CC-BY-4.0 AND MIT)", "(MPL-2.0 OR Apache-2.0)"}
"""Licences under which something may come along."""

READ_IN_ITS_FILE = {"jsuri": "MIT"}
"""Licences of packages that state none in package.json."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is taken: its name here, its package and version, its path in there, and its hash."""

    name: str
    package: str
    version: str
    path: str
    sha256: str


def wanted() -> list[Wanted]:
    """What the manifest names."""
    return [Wanted(name, **entry) for name, entry in json.loads((ASSETS / "manifest.json").read_text()).items()]


def problems(files: list[Wanted]) -> Iterator[str]:
    """What stands against taking these files."""
    for file in files:
        folder = ASSETS / "node_modules" / file.package
        if not (folder / file.path).is_file():
            yield f"{file.package}/{file.path} is not there. Run `npm ci --ignore-scripts` in assets/."
            continue
        version = json.loads((folder / "package.json").read_text())["version"]
        digest = sha256((folder / file.path).read_bytes()).hexdigest()
        if (version, digest) != (file.version, file.sha256):
            found, meant = f"{version} with SHA-256 {digest}", f"{file.version} with {file.sha256}"
            yield f"{file.package}/{file.path} is {found}; the manifest has {meant}. Look at what changed first."
    for name, folder in bundled():
        if licence_of(folder) not in ACCEPTED:
            yield f"{name} is under {licence_of(folder)!r}, which is not among the licences that may come along."


def bundled() -> Iterator[tuple[str, Path]]:
    """Every package of the lockfile: the bundles hold some of each."""
    lock = json.loads((ASSETS / "package-lock.json").read_text())
    for place in sorted(filter(None, lock["packages"])):
        if "node_modules/@types/" not in place:  # declarations, no code
            yield place.rpartition("node_modules/")[2], ASSETS / place


def licence_of(folder: Path) -> str:
    """The licence that a package states."""
    described = json.loads((folder / "package.json").read_text())
    return str(described.get("license") or READ_IN_ITS_FILE.get(described["name"], "no licence"))


def licences() -> str:
    """The licences of all packages, each under its name and version."""
    parts = ["Licences of the software that is bundled in this folder.\n"]
    for name, folder in bundled():
        version = json.loads((folder / "package.json").read_text())["version"]
        files = sorted(p for p in folder.iterdir() if p.name.lower().startswith(("licen", "copying", "notice")))
        text = "\n".join(p.read_text(errors="replace").strip() for p in files if p.is_file())
        note = "The package holds no licence file; its package.json states the licence."
        parts.append(f"{'=' * 72}\n{name} {version}: {licence_of(folder)}\n{'=' * 72}\n{text or note}\n")
    return "\n".join(parts)


def main() -> int:
    """Copy the files; 2 and nothing copied where one is not what the manifest says."""
    files = wanted()
    if found := list(problems(files)):
        print("\n".join(found), file=sys.stderr)
        return 2
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for file in files:
        shutil.copyfile(ASSETS / "node_modules" / file.package / file.path, VENDOR / file.name)
    shutil.copyfile(ASSETS / "manifest.json", VENDOR / "manifest.json")
    (VENDOR / "LICENCES.txt").write_text(licences())
    print(f"{len(files)} files and their licences in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
