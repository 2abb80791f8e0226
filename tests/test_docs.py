"""What the documentation shows is what happens: its console blocks are run and their output compared.

In a block fenced as ``console`` a line that begins with ``$ `` is run by bash in the checkout; the lines after it are
what it prints, where ``...`` stands for anything. Blocks fenced as ``sh`` are not run.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _examples() -> list[tuple[str, str, str]]:
    found = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text()):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((page.name, command, output))
    return found


@pytest.mark.parametrize(
    "page, command, expected", _examples(), ids=lambda value: value[:50] if isinstance(value, str) else ""
)
def test_a_command_of_the_documentation_prints_what_it_says(page: str, command: str, expected: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PATH": path}, check=False
    )
    printed = done.stdout + done.stderr
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

    assert doctest.OutputChecker().check_output(expected, printed, flags), f"{page}: $ {command}\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_inside_the_documentation_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())

    assert [t for t in targets if not (page.parent / t).exists()] == []


def test_the_query_page_lists_every_named_query() -> None:
    import covergraph

    page = (ROOT / "docs" / "queries.md").read_text()
    rows = [
        f"| `{q.name}` | {', '.join(p.name for p in q.params)} | {q.summary} |" for q in covergraph.catalog().values()
    ]

    assert re.findall(r"^\| `.*$", page, re.MULTILINE) == sorted(rows)
