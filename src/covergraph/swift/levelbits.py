"""The findings of a plain case at one level, as bits of a pattern; the same findings are worked out once."""

from __future__ import annotations

from collections.abc import Mapping

from covergraph.memo import Memo
from covergraph.statuses import EVERYWHERE, Findings, Lattice
from covergraph.swift.factbits import FactBits, Times
from covergraph.swift.forms import NotPlainError

PlainFinding = tuple[str, str, tuple[str, ...] | None]
"""Concept, status and levels of a finding, as the case has them and still unchecked."""
Timed = tuple[int, Times]
"""The place of a finding among those of its case, and what it says of time and measure."""
UNTIMED: Times = (None, None, None, None)


class LevelBits:
    """What findings come to at the level ``here``.

    ``looked_at`` holds for each status the concepts whose status there can matter; a pattern has ``width`` bits for
    each. ``level_lists`` gives the levels that a finding names as a set, and refuses what no case may name.
    """

    def __init__(
        self, here: int, lattice: Lattice, width: int, looked_at: list[int], facts: FactBits,
        level_lists: Mapping[tuple[str, ...], int],
    ) -> None:  # fmt: skip
        self._here = here
        self._lattice = lattice
        self._width = width
        self._looked_at = looked_at
        self._observation = facts.observation
        self._level_lists = level_lists
        self._known: Memo[tuple[tuple[PlainFinding, ...], tuple[int, ...]], tuple[int, dict[int, int]]] = Memo(
            self._add_up
        )

    def bits(self, findings: tuple[PlainFinding, ...], timed: list[Timed]) -> int:
        """Statuses and observations as bits of a pattern."""
        if not timed:
            return self._known[findings, ()][0]
        bits, shown = self._known[findings, tuple([place for place, _ in timed])]
        for place, times in timed:
            if place in shown:
                bits |= self._observation[shown[place], times]
        return bits

    def _add_up(self, given: tuple[tuple[PlainFinding, ...], tuple[int, ...]]) -> tuple[int, dict[int, int]]:
        """Bits of the statuses and of what the untimed findings show, and what the timed ones show by their place."""
        findings, timed = Findings(self._lattice), set(given[1])
        for place, (concept, status, named) in enumerate(given[0]):
            levels = EVERYWHERE if named is None else self._level_lists[named]
            if not findings.add(status, self._lattice.concepts[concept], levels, place):
                raise NotPlainError
        found = findings.at(self._here)
        sets = (found.present, found.absent, found.conflicting, found.unanswered)
        bits = 0
        for place, (concepts, matter) in enumerate(zip(sets, self._looked_at, strict=True)):
            bits |= (concepts & matter) << place * self._width
        for shows, place in found.shown:
            bits |= 0 if place in timed else self._observation[shows, UNTIMED]
        return bits, {place: shows for shows, place in found.shown if place in timed}
