"""`covergraph batch`: many cases, one a line."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

import click

from covergraph.batch import Record, check_lines
from covergraph.checker import Checker, JudgeName
from covergraph.cli.files import open_input, open_output
from covergraph.workspace import open_workspace


class _Shower(Protocol):
    def __call__(self, record: Record, size: int) -> None: ...


@click.command(epilog="Example:  covergraph batch cases.ndjson -o reports.ndjson")
@click.argument("cases", metavar="CASES.ndjson|-")
@click.option("--output", "-o", default="-", metavar="FILE", help="Where to write.  [default: standard output]")
@click.option("--strict", is_flag=True, help="Presume nothing absent: every undocumented exclusion stops an approval.")
@click.option("--judge", type=click.Choice(["compiled", "pyshacl"]), default="compiled", show_default=True,
              help="What judges the shapes.")  # fmt: skip
@click.option("--policy", metavar="NUMBER", help="Policy for cases that name none.  [default: the content's default]")
@click.option("--progress/--no-progress", default=None,
              help="Show progress on standard error.  [default: on a terminal]")  # fmt: skip
@click.pass_obj
def batch(content: str | None, cases: str, output: str, strict: bool, judge: str, policy: str | None,
          progress: bool | None) -> None:  # fmt: skip
    """Check the cases of an NDJSON file, one a line, and write one report a line in the same order.

    A line that is no well-formed case becomes an error record in its place, {"line", "case", "error": {"code",
    "message", "pointer"}}, and the exit code is 1. A file given with -o appears when all is done.
    """
    checker = Checker(open_workspace(content), policy, cast("JudgeName", judge), strict)
    counts: Counter[str] = Counter()
    shown = sys.stderr.isatty() if progress is None else progress
    total = None if cases == "-" else Path(cases).stat().st_size if Path(cases).is_file() else None
    with open_input(cases) as source, open_output(output) as sink, _progress(shown, total, counts) as show:
        read = 0

        def lines() -> Iterator[bytes]:
            nonlocal read
            for line in source:
                read += len(line)
                yield line

        for record in check_lines(lines(), checker):
            sink.write(record.text + b"\n")
            counts[record.determination or "bad records"] += 1
            show(record, read)
    bad = counts["bad records"]
    if bad:
        told = f"{bad} of {counts.total()} lines are no well-formed case; see their error records."
        click.echo(f"covergraph: {told}", err=True)
        sys.exit(1)


@contextmanager
def _progress(shown: bool, total: int | None, counts: Counter[str]) -> Iterator[_Shower]:
    """A bar by bytes with the rate and the counts, on standard error, or nothing."""
    if not shown:
        yield lambda record, size: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(), TextColumn("{task.fields[done]:,} cases, {task.fields[rate]:,.0f}/s"), TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, done=0, rate=0.0, counts="")

        def show(record: Record, size: int) -> None:
            done = counts.total()
            if done % 50 == 0 or size == total:
                elapsed = bar.tasks[0].elapsed or 1e-9
                summary = ", ".join(f"{n} {what}" for what, n in counts.most_common())
                bar.update(task, completed=size, done=done, rate=done / elapsed, counts=summary)

        yield show
