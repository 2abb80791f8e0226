"""Answers that are remembered: work once per distinct question, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
LIMIT = 8192
"""How many answers a table holds."""


class Memo(dict[K, V]):
    """A table that works out what it does not hold yet; when full it starts anew, so that a run of any length is flat.

    Faster than ``functools.lru_cache`` where nearly every question was asked before, because a hit is a plain lookup.

    >>> squares = Memo(lambda n: n * n)
    >>> squares[3], len(squares)
    (9, 1)
    """

    __slots__ = ("_answer", "_limit")

    def __init__(self, answer: Callable[[K], V], limit: int = LIMIT) -> None:
        super().__init__()
        self._answer = answer
        self._limit = limit

    def __missing__(self, key: K) -> V:
        value = self._answer(key)
        if len(self) >= self._limit:
            self.clear()
        self[key] = value
        return value
