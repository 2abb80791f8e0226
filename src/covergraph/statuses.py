"""What the findings of a case come to at one level: the status of every concept there (reading, part 2).

Hierarchy, contradictions, spread, explicit unknowns and imaging closure are applied here, once, for every judge. Sets
of concepts and sets of levels are integers with a bit for each, so that a rule is an operation on whole sets.
"""

from typing import NamedTuple

EVERYWHERE = -1
"""The levels of a finding that names none."""


class ConceptBits(NamedTuple):
    """A concept as a bit, with the sets of concepts that its hierarchy gives; ``above`` and ``below`` include it."""

    bit: int
    above: int
    below: int
    contradicts: int


class Lattice(NamedTuple):
    """The concepts of a domain by token, and the sets of them that the rules speak of.

    ``iris`` are the concepts by the place of their bit, "" where a place is not this domain's. Findings of concepts in
    ``whole_body`` count at every level, those in ``spreads`` at least at levels nearby. ``open_imaging`` are
    concepts that leave imaging open while nothing narrower is present. ``levels`` gives each level token its bit,
    ``near`` each level's bit the levels of the same and of adjacent regions.
    """

    concepts: dict[str, ConceptBits]
    iris: tuple[str, ...]
    whole_body: int
    spreads: int
    imaging: int
    open_imaging: tuple[ConceptBits, ...]
    levels: dict[str, int]
    near: dict[int, int]

    def members(self, concepts: int) -> frozenset[str]:
        """IRIs of a set of concepts."""
        found: list[str] = []
        while concepts:
            lowest = concepts & -concepts
            found.append(self.iris[lowest.bit_length() - 1])
            concepts ^= lowest
        return frozenset(found)

    def reached(self, concepts: int, levels: int, here: int) -> int:
        """Of some concepts, those for which a finding that names ``levels`` counts at the level ``here``."""
        if levels & here:
            return concepts
        return concepts & (self.spreads if levels & self.near.get(here, 0) else self.whole_body)

    def ruled_out(self, concepts: int, levels: int, here: int) -> int:
        """Of some concepts, those that an absent finding which names ``levels`` makes absent at the level ``here``."""
        if levels == EVERYWHERE:
            return concepts
        return concepts & ~self.spreads if levels & here else 0

    def settle(self, present: int, contradicted: int, absent: int, unanswered: int) -> tuple[int, int, int, int]:
        """Statuses from what findings show, contradict, rule out and leave open: each concept has at most one."""
        conflicting = contradicted & ~present
        settled = present | conflicting
        absent &= ~settled
        unanswered &= ~(settled | absent)
        if present & self.imaging:
            for broad in self.open_imaging:
                if present & broad.below == broad.bit:  # nothing narrower is present: imaging stays open
                    break
            else:
                absent |= self.imaging & ~(settled | unanswered)
        return present, absent, conflicting, unanswered


class Statuses(NamedTuple):
    """Sets of concepts by status at a level, and what each present, uncontradicted finding shows there."""

    present: int
    absent: int
    conflicting: int
    unanswered: int
    shown: list[tuple[int, int]]
    """Pairs of the concepts shown and the place of the finding."""


class Findings:
    """The findings of a case by status, ready to be asked about each level."""

    __slots__ = ("_absent", "_against", "_any_absent", "_any_present", "_lattice", "_present", "_unknown")

    def __init__(self, lattice: Lattice) -> None:
        self._lattice = lattice
        # Of each finding what the rules need of its concept, then the levels that it names (or EVERYWHERE).
        self._present: list[tuple[int, int, int, int]] = []
        self._absent: list[tuple[int, int, int]] = []
        self._unknown: list[tuple[int, int]] = []
        self._any_present = self._any_absent = self._against = 0

    def add(self, status: str, concept: ConceptBits, levels: int, place: int) -> bool:
        """Add a finding; whether its status is one of the case schema's. ``place`` is where it stands in the case."""
        bit, above, below, contradicts = concept
        if status == "absent":
            self._absent.append((bit, below, levels))
            self._any_absent |= bit
        elif status == "present":
            self._present.append((above, contradicts, levels, place))
            self._any_present |= above
            self._against |= contradicts
        elif status == "unknown":
            self._unknown.append((above | below, levels))
        else:
            return False
        return True

    def at(self, here: int) -> Statuses:
        """Statuses at one level, given by its bit (1 in a domain without levels)."""
        lattice = self._lattice
        may_contradict = self._any_present & (self._any_absent | self._against)
        present = conflicting = absent = unanswered = 0
        shown = []
        for above, contradicts, levels, place in self._present:
            shows = lattice.reached(above, levels, here)
            if shows and may_contradict:
                doubtful = self._contradicted(above, contradicts, levels, here, shows)
                conflicting |= doubtful
                shows &= ~doubtful
            if shows:
                present |= shows
                shown.append((shows, place))
        for _, below, levels in self._absent:
            absent |= lattice.ruled_out(below, levels, here)
        for reached, levels in self._unknown:
            unanswered |= lattice.reached(reached, levels, here)
        return Statuses(*lattice.settle(present, conflicting, absent, unanswered), shown)

    def _contradicted(self, above: int, contradicts: int, levels: int, here: int, shows: int) -> int:
        """Of what a present finding shows at a level, what other findings contradict."""
        against = [a for bit, _, a in self._absent if bit & above and a & levels]
        if any(a & here for a in against) or (
            contradicts and any(a & contradicts and p & here and p & levels for a, _, p, _ in self._present)
        ):
            return shows
        # What counts beyond its levels is also contradicted beyond them.
        return shows & self._lattice.spreads if against else 0
