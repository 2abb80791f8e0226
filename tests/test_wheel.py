"""The wheel as a stranger installs it: an empty environment, outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)], check=True, capture_output=True)
    return out


def test_an_installed_wheel_judges_a_case_outside_the_checkout(built: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    [wheel] = built.glob("*.whl")
    subprocess.run([home / "bin" / "pip", "install", "--quiet", wheel], check=True, capture_output=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COVERGRAPH"))}
    case = (ROOT / "examples" / "acute-fracture.json").read_bytes()

    def covergraph(*arguments: str, given: bytes = b"") -> bytes:
        command = [str(home / "bin" / "covergraph"), *arguments]
        return subprocess.run(
            command, input=given, capture_output=True, cwd=tmp_path, env=environment, check=True
        ).stdout

    report = json.loads(covergraph("check", "-", "--format", "json", given=case))
    assert report["determination"] == "medically-necessary"
    assert report["diagnoses"] == []
    assert b"<html" in covergraph("check", "-", "--format", "html", given=case)
    assert b"II.K" in covergraph("query", "contraindications", "--format", "csv")
    assert json.loads(covergraph("schema", "report"))["title"] == "Coverage report"


def test_the_sdist_carries_content_and_tests(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}

    assert {"ontology/core.ttl", "shapes/case.ttl", "tests/test_cli.py", "LICENSE", "NOTICE"} <= names


def test_the_wheel_carries_the_web_pages(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    web = Path("covergraph/web")
    pages = {f"{web}/{p.relative_to(ROOT / 'src' / web)}" for p in (ROOT / "src" / web / "templates").iterdir()}
    assert len(pages) > 10
    assert {*pages, f"{web}/static/site.css", f"{web}/static/workbench.js", f"{web}/static/icon.svg"} <= names
