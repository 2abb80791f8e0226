"""Signals that stop a run between two chunks, never in the middle of one that is being written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """The run was told to stop by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


class Stops:
    """Raises Stopped at SIGINT or SIGTERM while active; within ``shield`` at its end.

    A second signal is not held back by a shield: writing may have come to a halt.
    """

    def __init__(self) -> None:
        self._shielded = False
        self._pending: int | None = None

    @contextmanager
    def active(self) -> Iterator[None]:
        """Take the signals over, and give them back at the end."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Keep a signal waiting until the end."""
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False
            pending, self._pending = self._pending, None
        if pending is not None:
            raise Stopped(pending)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._shielded and self._pending is None:
            self._pending = number
        else:
            raise Stopped(number)
