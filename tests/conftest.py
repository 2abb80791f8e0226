"""What several test modules start from: content, checkers, example cases, and content with a toy policy laid over."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from casefiles import CaseFile, read_examples
from covergraph.checker import Checker
from covergraph.policy import Policy
from covergraph.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[1]
TOY = Path(__file__).parent / "toy"
_KEPT = TemporaryDirectory()  # the tests start with nothing kept, and leave nothing in the user's cache
os.environ["COVERGRAPH_CACHE"] = _KEPT.name


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    """The content of this checkout."""
    return open_workspace(ROOT)


@pytest.fixture(scope="session")
def checker(workspace: Workspace) -> Checker:
    """Checks cases by the compiled judge."""
    return Checker(workspace)


@pytest.fixture(scope="session")
def strict_checker(workspace: Workspace) -> Checker:
    """Checks cases by the compiled judge, in strict mode."""
    return Checker(workspace, strict=True)


@pytest.fixture(scope="session")
def pyshacl_checker(workspace: Workspace) -> Checker:
    """Checks cases by pySHACL."""
    return Checker(workspace, judge="pyshacl")


@pytest.fixture(scope="session")
def policy(checker: Checker) -> Policy:
    """The latest version of the default policy."""
    return checker.policy_at(checker.default_policy, date.max)


@pytest.fixture(scope="session")
def examples() -> dict[str, CaseFile]:
    """The example cases with what they expect, by name."""
    return read_examples()


@pytest.fixture(scope="session")
def toy_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder with the real content and, at the same relative paths, the toy policy of another specialty."""
    root = tmp_path_factory.mktemp("content")
    for part in ("ontology", "shapes", "queries"):
        shutil.copytree(ROOT / part, root / part)
    for part in ("ontology", "shapes"):
        shutil.copytree(TOY / part, root / part, dirs_exist_ok=True)
    return root
