"""The findings of a plain case at one level, as bits of a pattern; the same findings are worked out once."""

from __future__ import annotations

from collections.abc import Mapping

from covergraph.memo import Table
from covergraph.statuses import EVERYWHERE, Findings, Lattice
from covergraph.swift.factbits import FactBits, Times
from covergraph.swift.forms import NotPlainError

Tokens = tuple[str, ...]
PlainFinding = tuple[str, str, int]
"""Concept and status of a finding, still unchecked, and which of the case's places it names (0: none)."""
Timed = tuple[int, Times]
"""The place of a finding among those of its case, and what it says of time and measure."""
UNTIMED: Times = (None, None, None, None)
_Known = tuple[int, dict[int, int]]
"""Bits of the statuses and of what the untimed findings show, and what the timed ones show by their place."""


class LevelBits:
    """What findings come to at a level.

    ``looked_at`` holds for each status the concepts whose status there can matter; a pattern has ``width`` bits for
    each. ``level_lists`` gives the levels that a finding names as a set, and refuses what no case may name.
    """

    def __init__(
        self, lattice: Lattice, width: int, looked_at: list[int], facts: FactBits, level_lists: Mapping[Tokens, int]
    ) -> None:
        self._lattice = lattice
        self._width = width
        self._looked_at = looked_at
        self._observation = facts.observation
        self._level_lists = level_lists
        self._known: Table[object, _Known] = Table()

    def bits(self, here: int, findings: tuple[PlainFinding, ...], places: list[Tokens], timed: list[Timed]) -> int:
        """Statuses and observations at a level, given by its bit, as bits of a pattern.

        ``places`` are the distinct lists of levels that the findings name.
        """
        levels = [self._level_lists[place] for place in places]
        where: object = None
        if len(levels) == 1:  # all that matters then is whether the one place is here, near or far
            where = 0 if levels[0] & here else 1 if levels[0] & self._lattice.near.get(here, 0) else 2
        elif levels:
            where = (here, *levels)
        key = (findings, tuple([place for place, _ in timed]), where)
        known = self._known.get(key)
        if known is None:
            known = self._known.keep(key, self._add_up(here, findings, levels, {place for place, _ in timed}))
        bits, shown = known
        for place, times in timed:
            if place in shown:
                bits |= self._observation[shown[place], times]
        return bits

    def _add_up(self, here: int, given: tuple[PlainFinding, ...], levels: list[int], timed: set[int]) -> _Known:
        findings = Findings(self._lattice)
        for place, (concept, status, named) in enumerate(given):
            at = levels[named - 1] if named else EVERYWHERE
            if not findings.add(status, self._lattice.concepts[concept], at, place):
                raise NotPlainError
        statuses = findings.at(here)
        sets = (statuses.present, statuses.absent, statuses.conflicting, statuses.unanswered)
        bits = 0
        for place, (concepts, matter) in enumerate(zip(sets, self._looked_at, strict=True)):
            bits |= (concepts & matter) << place * self._width
        for shows, place in statuses.shown:
            bits |= 0 if place in timed else self._observation[shows, UNTIMED]
        return bits, {place: shows for shows, place in statuses.shown if place in timed}
