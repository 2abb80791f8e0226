"""Compiled leaf shapes: what they ask of a focus node, kept as the bits of its pattern, and their values for a pattern.

``compiler`` makes them and says what a pattern is.
"""

from collections.abc import Callable
from typing import NamedTuple

FactPath = tuple[str, ...]
"""Attributes that lead from a focus node to one of its facts, such as ("case", "treatments")."""


class Asked(NamedTuple):
    """What shapes ask of the values of one fact: ``bits`` gives the answers for one value as part of a pattern."""

    path: FactPath
    many: bool
    bits: Callable[[object], int]


class Leaves(NamedTuple):
    """Compiled leaf shapes of one target class.

    ``concepts`` are the places of concepts (IRIs) in a status field, of which a pattern begins with one for each of
    ``facts.STATUSES``. ``whole`` are tests that need all values of a fact at once, each with its bit. ``values`` gives
    one byte (a logic.Value) per leaf for a pattern, ``looks_at`` the bits that each leaf depends on.
    """

    concepts: dict[str, int]
    asked: tuple[Asked, ...]
    whole: tuple[tuple[int, Callable[[object], bool]], ...]
    values: Callable[[int], bytes]
    looks_at: tuple[int, ...]

    def pattern(self, focus: object) -> int:
        """All that the leaves can tell of a focus node."""
        pattern = 0
        for asked in self.asked:
            held = focus
            for name in asked.path:
                held = getattr(held, name)
            for value in held if asked.many else (() if held is None else (held,)):  # type: ignore[attr-defined]
                pattern |= asked.bits(value)
        for bit, test in self.whole:
            pattern |= bit if test(focus) else 0
        return pattern

    def __call__(self, focus: object) -> bytes:
        """One byte (a logic.Value) for each leaf at a focus node, in their order."""
        return self.values(self.pattern(focus))
