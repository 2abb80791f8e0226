"""How far a long run is: a bar on a terminal, one line a minute in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from covergraph.batch.run import Standing

LOG_SECONDS = 60.0
BAR_SECONDS = 0.2

Shower = Callable[[Standing], None]


@contextmanager
def progress(shown: bool) -> Iterator[Shower]:
    """What to call with each standing; it shows them on standard error as fits what that is."""
    if not shown:
        yield lambda standing: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield log(LOG_SECONDS, time.monotonic)


def log(seconds: float, clock: Callable[[], float]) -> Shower:
    """Writes a line when so many seconds have gone by since the last."""
    pace, last = _Pace(clock), clock()

    def show(standing: Standing) -> None:
        nonlocal last
        pace.see(standing)
        if clock() - last >= seconds:
            last = clock()
            click.echo(f"covergraph: {pace.told(standing)}", err=True)

    return show


@contextmanager
def _bar() -> Iterator[Shower]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    # Drawn from here and not from a thread of rich: workers are forked, and threads do not survive that.
    bar = Progress(BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), auto_refresh=False)
    pace, last = _Pace(time.monotonic), 0.0

    def show(standing: Standing) -> None:
        nonlocal last
        pace.see(standing)
        if time.monotonic() - last >= BAR_SECONDS or standing.read == standing.total:
            last = time.monotonic()
            bar.update(task, completed=standing.read, total=standing.total, description=pace.told(standing))
            bar.refresh()

    with bar:
        task = bar.add_task("", total=None)
        yield show


class _Pace:
    """Rate and time left since the first standing seen, which is that of the start."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = 0.0
        self._first: Standing | None = None

    def see(self, standing: Standing) -> None:
        if self._first is None:
            self._first, self._start = standing, self._clock()

    def told(self, standing: Standing) -> str:
        first = self._first or standing
        elapsed = max(self._clock() - self._start, 1e-9)
        parts = [f"{standing.records:,} cases", f"{(standing.records - first.records) / elapsed:,.0f}/s"]
        if standing.bad:
            parts.append(f"{standing.bad:,} bad")
        if standing.total:
            parts.append(f"{standing.read / standing.total:.0%}")
            if first.read < standing.read < standing.total:
                left = elapsed * (standing.total - standing.read) / (standing.read - first.read)
                parts.append(f"{timedelta(seconds=round(left))} left")
        return ", ".join(parts)
