"""Answers that were given lately. The graph does not change while it is served, so they stay right."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

SHARE = 16
"""An answer is kept where at least so many of its size would fit."""


@dataclass(frozen=True, slots=True)
class Result:
    """A whole answer to a query."""

    media_type: str
    body: bytes


class Answers:
    """Answers up to a number of bytes together; those that were not asked for the longest time go first.

    >>> answers = Answers(1000)
    >>> for number in range(100): answers.keep(number, 10, Result("text/csv", b"true"))
    >>> answers.find(0), answers.find(99)
    (None, Result(media_type='text/csv', body=b'true'))
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[Hashable, tuple[int, Result]] = OrderedDict()

    def find(self, key: Hashable) -> Result | None:
        """The answer that was kept under a key, or None."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][1]

    def keep(self, key: Hashable, key_size: int, result: Result) -> None:
        """Keep an answer unless it is long; ``key_size`` is what its key takes, in bytes."""
        size = key_size + len(result.body)
        if size * SHARE > self._most or key in self._kept:
            return
        self._kept[key] = size, result
        self._size += size
        while self._size > self._most:
            _, (freed, _) = self._kept.popitem(last=False)
            self._size -= freed
