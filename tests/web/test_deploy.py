"""The files in deploy/, as far as they can be checked without a container engine or a running systemd."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from covergraph.remote.endpoint import PASSWORD, TOKEN, USER
from covergraph.web.settings import Settings
from web.server import ROOT
from web.tools import BIN, needed

CONTAINER, UNIT = ROOT / "deploy" / "Containerfile", ROOT / "deploy" / "covergraph.service"


@pytest.mark.parametrize("file", [CONTAINER, UNIT, ROOT / "docs" / "serving.md"], ids=lambda file: file.name)
def test_every_variable_that_is_named_is_one_that_the_service_reads(file: Path) -> None:
    known = {f"COVERGRAPH_{setting.name.upper()}" for setting in dataclasses.fields(Settings)}
    named = set(re.findall(r"COVERGRAPH_[A-Z_]*[A-Z]", file.read_text()))
    assert named and named <= known | {USER, PASSWORD, TOKEN}


def test_the_container_runs_the_service_without_rights_of_root() -> None:
    text = CONTAINER.read_text()
    user = re.search(r"^USER (\d+)", text, re.MULTILINE)
    assert user and user[1] != "0"
    assert re.search(r'^ENTRYPOINT \["covergraph"\]\nCMD \["serve"\]', text, re.MULTILINE)
    assert f"EXPOSE {Settings().port}" in text and f":{Settings().port}/healthz" in text


@pytest.mark.web
def test_the_container_file_has_no_fault_that_a_linter_finds() -> None:
    program = needed(BIN / "hadolint")
    found = subprocess.run([program, "--no-color", str(CONTAINER)], capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("", 0)


@pytest.mark.web
def test_systemd_understands_the_unit_and_finds_it_well_locked(tmp_path: Path) -> None:
    program, unit = needed("systemd-analyze"), tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/covergraph/bin/covergraph", "/bin/true"))
    verified = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (verified.stderr, verified.returncode) == ("", 0)
    words = [program, "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)]
    locked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert locked.returncode == 0, locked.stdout[-300:]
