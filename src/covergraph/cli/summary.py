"""What `covergraph batch --summary` prints and saves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import click

from covergraph.checker import Checker
from covergraph.cli.files import open_output
from covergraph.errors import InputError
from covergraph.render.summary import SummaryFormat, render_summary
from covergraph.render.summary_view import summary_view
from covergraph.summary import Summary


def summary_format(name: str) -> SummaryFormat | None:
    """The format that the ending of a file's name asks for, None for ``-``; InputError where it cannot be written."""
    if name == "-":
        return None
    ending = Path(name).suffix.removeprefix(".")
    if ending not in ("json", "html"):
        raise InputError("bad-summary", name, "The name does not tell the format.", "Let it end with .json or .html.")
    if not Path(name).absolute().parent.is_dir():
        raise InputError("cannot-write", name, "It cannot be written: there is no such folder.", "Make the folder.")
    return cast("SummaryFormat", ending)


def write_summary(summary: Summary, name: str, checker: Checker) -> None:
    """Print a summary as tables on standard error, and save it to the file, unless that is ``-``."""
    view = summary_view(summary, checker.policy_at, checker.workspace.graph)
    unicode = (sys.stderr.encoding or "").lower().startswith("utf")
    click.echo("\n" + render_summary(view, "text", unicode=unicode), err=True, nl=False)
    if format := summary_format(name):
        with open_output(name) as sink:
            sink.write(render_summary(view, format).encode())
