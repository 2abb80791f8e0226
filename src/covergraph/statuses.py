"""What the findings of a case come to at one level: the status of every concept there (reading, part 2).

Hierarchy, contradictions, spread, explicit unknowns and imaging closure are applied here, once, for every judge. Sets
of concepts and sets of levels are integers with a bit for each, so that a rule is an operation on whole sets.
"""

from __future__ import annotations

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

    ``iris`` are the concepts by the place of their bit, "" where a place is not this domain's. ``open_imaging`` are
    concepts that leave imaging open while nothing narrower is present. ``levels`` gives each level token its bit,
    ``near`` each level's bit the levels of the same and of adjacent regions.
    """

    concepts: dict[str, ConceptBits]
    iris: tuple[str, ...]
    whole_body: int
    adjacent_regions: int
    imaging: int
    open_imaging: tuple[ConceptBits, ...]
    levels: dict[str, int]
    near: dict[int, int]

    def members(self, concepts: int) -> frozenset[str]:
        """IRIs of a set of concepts."""
        found = []
        while concepts:
            lowest = concepts & -concepts
            found.append(self.iris[lowest.bit_length() - 1])
            concepts ^= lowest
        return frozenset(found)


Stated = tuple[ConceptBits, int, int]
"""One finding: its concept, the levels that it names (or EVERYWHERE) and its place in the case."""


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

    __slots__ = ("absent", "any_absent", "any_present", "lattice", "present", "unknown")

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self.present: list[Stated] = []
        self.absent: list[Stated] = []
        self.unknown: list[Stated] = []
        self.any_absent = 0
        self.any_present = 0

    def add(self, status: str, concept: ConceptBits, levels: int, place: int) -> None:
        """Add a finding with a status of the case schema."""
        if status == "present":
            self.present.append((concept, levels, place))
            self.any_present |= concept.above
        elif status == "absent":
            self.absent.append((concept, levels, place))
            self.any_absent |= concept.bit
        else:
            self.unknown.append((concept, levels, place))

    def at(self, here: int) -> Statuses:
        """Statuses at one level, given by its bit (1 in a domain without levels)."""
        lattice = self.lattice
        near = lattice.near.get(here, 0)
        spreads = lattice.whole_body | lattice.adjacent_regions
        present = conflicting = absent = unanswered = 0
        shown = []
        for concept, levels, place in self.present:
            shows = concept.above
            if not levels & here:
                shows &= spreads if levels & near else lattice.whole_body
                if not shows:
                    continue
            if concept.above & self.any_absent or concept.contradicts & self.any_present:
                doubtful = self._contradicted(concept, levels, here, shows)
                conflicting |= doubtful
                shows &= ~doubtful
                if not shows:
                    continue
            present |= shows
            shown.append((shows, place))
        conflicting &= ~present
        settled = present | conflicting
        for concept, levels, _ in self.absent:
            if levels & here:
                absent |= concept.below if levels == EVERYWHERE else concept.below & ~spreads
        absent &= ~settled
        settled |= absent
        for concept, levels, _ in self.unknown:
            reached = concept.above | concept.below
            if not levels & here:
                reached &= spreads if levels & near else lattice.whole_body
            unanswered |= reached
        unanswered &= ~settled
        if present & lattice.imaging and not any(
            present & broad.below == broad.bit for broad in lattice.open_imaging
        ):  # fmt: skip
            absent |= lattice.imaging & ~(settled | unanswered)
        return Statuses(present, absent, conflicting, unanswered, shown)

    def _contradicted(self, concept: ConceptBits, levels: int, here: int, shows: int) -> int:
        """Of what a present finding shows at a level, what other findings contradict."""
        against = [a for c, a, _ in self.absent if c.bit & concept.above and a & levels]
        if any(a & here for a in against) or any(
            c.above & concept.contradicts and p & here and p & levels for c, p, _ in self.present
        ):
            return shows
        # What counts beyond its levels is also contradicted beyond them.
        return shows & (self.lattice.whole_body | self.lattice.adjacent_regions) if against else 0
