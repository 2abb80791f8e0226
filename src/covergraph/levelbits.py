"""The findings of a plain case at one level, as bits of a pattern.

Findings that do not contradict each other add up in any order, so what each of them comes to at a level is worked out
once and remembered as one word of several sets of concepts; the words of a case are joined. Contradictions are left to
``statuses.Findings``.
"""

from __future__ import annotations

from collections.abc import Mapping

from covergraph.factbits import FactBits, Times
from covergraph.forms import NotPlainError
from covergraph.memo import Memo
from covergraph.statuses import EVERYWHERE, Findings, Lattice

PlainFinding = tuple[str, str, tuple[str, ...] | None]
"""Concept, status and levels of a finding, as the case has them."""
UNTIMED: Times = (None, None, None, None)
# The sets of a word, in their order from the lowest bits; above them are the bits of what is observed.
SHOWN, RULED_OUT, REACHED, PRESENT, CONTRADICTS, ABSENT, OBSERVED = range(7)


class LevelBits:
    """What findings come to at the level ``here``.

    ``looked_at`` holds for each status the concepts whose status there can matter; a pattern has ``width`` bits for each.
    ``level_lists`` gives the levels that a finding names as a set, and refuses what no case may name.
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
        self._timed: Memo[PlainFinding, int] = Memo(self._word)
        self._untimed: Memo[PlainFinding, int] = Memo(self._word_with_observation)

    def bits(self, given: list[tuple[PlainFinding, Times | None]]) -> int:
        """Statuses and observations as bits of a pattern, of findings with what they say of time and measure."""
        width, everything = self._width, (1 << self._width) - 1
        timed, untimed, observation = self._timed, self._untimed, self._observation
        word = observed = 0
        for finding, times in given:
            if times is None:
                word |= untimed[finding]
            else:
                own = timed[finding]
                word |= own
                if shows := own & everything:
                    observed |= observation[shows, times]
        present = word >> PRESENT * width & everything
        if present and present & (word >> CONTRADICTS * width | word >> ABSENT * width) & everything:
            return self._with_contradictions(given)
        ruled_out, reached = word >> RULED_OUT * width & everything, word >> REACHED * width & everything
        return (
            self._pattern(*self._lattice.settle(word & everything, 0, ruled_out, reached))
            | observed
            | (word >> OBSERVED * width)
        )

    def _pattern(self, present: int, absent: int, conflicting: int, unanswered: int) -> int:
        in_present, in_absent, in_conflicting, in_unanswered = self._looked_at
        width = self._width
        bits = present & in_present | (absent & in_absent) << width
        if conflicting or unanswered:
            bits |= (conflicting & in_conflicting) << 2 * width | (unanswered & in_unanswered) << 3 * width
        return bits

    def _with_contradictions(self, given: list[tuple[PlainFinding, Times | None]]) -> int:
        findings = Findings(self._lattice)
        for place, ((concept, status, named), _) in enumerate(given):
            levels = EVERYWHERE if named is None else self._level_lists[named]
            findings.add(status, self._lattice.concepts[concept], levels, place)
        found = findings.at(self._here)
        bits = self._pattern(found.present, found.absent, found.conflicting, found.unanswered)
        for shows, place in found.shown:
            bits |= self._observation[shows, given[place][1] or UNTIMED]
        return bits

    def _word(self, finding: PlainFinding) -> int:
        """What one finding comes to, apart from what is observed."""
        token, status, named = finding
        lattice, here, concept = self._lattice, self._here, self._lattice.concepts[token]
        levels = EVERYWHERE if named is None else self._level_lists[named]
        if status == "present":
            sets = {
                SHOWN: lattice.reached(concept.above, levels, here), PRESENT: concept.above,
                CONTRADICTS: concept.contradicts,
            }  # fmt: skip
        elif status == "absent":
            sets = {RULED_OUT: lattice.ruled_out(concept.below, levels, here), ABSENT: concept.bit}
        elif status == "unknown":
            sets = {REACHED: lattice.reached(concept.above | concept.below, levels, here)}
        else:
            raise NotPlainError
        return sum(concepts << place * self._width for place, concepts in sets.items())

    def _word_with_observation(self, finding: PlainFinding) -> int:
        """What one finding comes to that says nothing of time or measure."""
        word = self._timed[finding]
        shows = word & (1 << self._width) - 1
        return word | (self._observation[shows, UNTIMED] << OBSERVED * self._width if shows else 0)
