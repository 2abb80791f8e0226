"""Programs that tests of the web part need: in CI their absence is a failure, elsewhere a reason to skip."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
"""Where the programs of Python packages are."""


def needed(program: str | Path) -> str:
    """Path of a program, given by its name or its path."""
    if found := shutil.which(program):
        return found
    reason = f"{program} is not installed (make test-web installs what it can)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
