"""What the pages take from npm: the reviewed files and no others, with licences, in the checkout and in a wheel."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from web.server import ROOT

pytestmark = pytest.mark.web

ASSETS = ROOT / "assets"
VENDOR = ROOT / "src" / "covergraph" / "web" / "static" / "vendor"


def test_the_vendored_files_are_the_reviewed_ones() -> None:
    manifest = json.loads((ASSETS / "manifest.json").read_text())
    assert {p.name for p in VENDOR.iterdir()} == {*manifest, "manifest.json", "LICENCES.txt"}
    for name, entry in manifest.items():
        assert sha256((VENDOR / name).read_bytes()).hexdigest() == entry["sha256"], name


def test_the_lockfiles_name_no_host_and_check_every_package() -> None:
    for folder in (ASSETS, ROOT / "tests" / "web" / "node"):
        packages = json.loads((folder / "package-lock.json").read_text())["packages"]
        assert [name for name, entry in packages.items() if "resolved" in entry] == [], folder
        assert all(entry.get("integrity", "").startswith("sha512-") for name, entry in packages.items() if name)


def test_every_bundled_package_has_its_licence_beside_the_bundle() -> None:
    text = (VENDOR / "LICENCES.txt").read_text()
    for place in json.loads((ASSETS / "package-lock.json").read_text())["packages"]:
        if place and "@types/" not in place:
            assert f"\n{place.rpartition('node_modules/')[2]} " in text, place
    assert text.count("Permission is hereby granted") > 30


def _with_changed(tmp_path: Path, name: str, change: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    """The tool run in a copy of what it reads, in which one file is changed."""
    for part in ("assets", "tools"):
        shutil.copytree(ROOT / part, tmp_path / part)
    file = tmp_path / "assets" / name
    file.write_text(file.read_text().replace(*change))
    command = [sys.executable, str(tmp_path / "tools" / "vendor_assets.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("node_modules/@zazuko/yasgui/build/yasgui.min.css", ("{", "{ "), "the manifest has 4.6.2 with 085b"),
        ("node_modules/codemirror/package.json", ('"MIT"', '"GPL-3.0"'), "codemirror is under 'GPL-3.0'"),
        ("manifest.json", ("build/yasgui.min.css", "build/gone.css"), "gone.css is not there. Run `npm ci"),
    ],
)
def test_what_was_not_reviewed_is_not_taken(tmp_path: Path, name: str, change: tuple[str, str], said: str) -> None:
    done = _with_changed(tmp_path, name, change)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "src").exists()


def test_a_wheel_carries_the_editor_and_its_licences(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for file in VENDOR.iterdir():
            assert archive.read(f"covergraph/web/static/vendor/{file.name}") == file.read_bytes()
