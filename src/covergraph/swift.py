"""The swift way from a case's parsed JSON to its report, for cases that are plain: well-formed, and like most.

What a piece of a case (a line, a treatment, the levels of a finding, a date) comes to is checked and worked out once, by
the same code as on the general way, and remembered as bits of the pattern that the leaves look at. A case is then a few
look-ups a piece and one a site. Whatever is not plain raises NotPlainError; the general way then reads the case anew and
says what is wrong with it, if anything is.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

from covergraph.compiler import Leaves
from covergraph.conforms import Schema
from covergraph.factbits import FactBits, Times
from covergraph.facts import STATUSES
from covergraph.judge import CaseJudge, LineVerdict, SiteVerdict
from covergraph.logic import Value
from covergraph.memo import Memo
from covergraph.model import Report
from covergraph.plain import Json, PlainReader
from covergraph.statuses import Statuses

UNTIMED: Times = (None, None, None, None)
MET = int(Value.MET)


class SwiftJudge:
    """Reports on plain cases of one policy version.

    ``leaves`` are compiled for sites, ``procedures`` for concurrent procedures, with the ``rules`` about these.
    """

    def __init__(
        self, judge: CaseJudge, reader: PlainReader, site: FactBits, leaves: Leaves, procedure: FactBits,
        procedures: Leaves, rules: tuple[str, ...],
    ) -> None:  # fmt: skip
        self._judge = judge
        self._reader = reader
        self._site = site
        self._leaves = leaves
        self._procedure = procedure
        self._procedures = procedures
        self._rules = rules
        self._lattice = judge.policy.vocabulary.lattice
        self._width = len(leaves.concepts)
        self._present, self._absent, self._conflicting, self._unanswered = self._concepts_looked_at()
        self._verdicts: Memo[int, SiteVerdict] = Memo(self._verdict)

    def _concepts_looked_at(self) -> list[int]:
        """For each status, the concepts whose status can matter to a leaf or to a doubt about it."""
        seen = reduce(or_, self._leaves.looks_at, 0)
        everything = (1 << self._width) - 1
        asked = sum(1 << self._leaves.concepts[iri] for iri in self._judge.policy.asked_concepts)
        doubts = {"conflicting": asked, "unanswered": asked}
        return [seen >> n * self._width & everything | doubts.get(status, 0) for n, status in enumerate(STATUSES)]

    def _verdict(self, pattern: int) -> SiteVerdict:
        everything, members = (1 << self._width) - 1, self._lattice.members
        _, _, conflicting, unanswered = (
            members(pattern >> place * self._width & everything) for place in range(len(STATUSES))
        )
        return self._judge.verdicts[self._leaves.values(pattern), conflicting, unanswered]

    def report(self, document: Json) -> tuple[Report, int]:
        """The report on a plain case, and how many colons its text has if no key stands twice in an object of it.

        Raises NotPlainError, KeyError, TypeError or AttributeError where the case is not plain.
        """
        case = self._reader.read(document)
        known = (case.product, case.covered, case.on, case.diagnoses, document["lines"], case.extents)
        pattern = self._site.case(*known)
        for piece in case.pieces:
            pattern |= piece.site
        levels: dict[int, int] = {}
        lines = []
        for id, line in case.lines:
            sites = []
            for here, own in line.sites:
                if here not in levels:
                    levels[here] = self._statuses(case.findings.at(here), case.times)
                sites.append(self._verdicts[pattern | own | levels[here]])
            lines.append(LineVerdict(id, line.levels, tuple(sites), line.coding))
        codes: dict[str, list[str | None]] = {}
        if case.procedures and self._rules:
            pattern = self._procedure.case(*known)
            for piece in case.pieces:
                pattern |= piece.procedure
            for piece, code in case.procedures:
                values = self._procedures.values(pattern | piece.focus)
                for rule, value in zip(self._rules, values, strict=True):
                    if value == MET:
                        codes.setdefault(rule, []).append(code)
        return self._judge.combine(case.id, lines, case.remarks, codes), case.colons

    def _statuses(self, found: Statuses, times: dict[int, Times]) -> int:
        """Statuses at a level, and what is observed there, as bits of a pattern."""
        width, observation = self._width, self._site.observation
        bits = (
            found.present & self._present
            | (found.absent & self._absent) << width
            | (found.conflicting & self._conflicting) << 2 * width
            | (found.unanswered & self._unanswered) << 3 * width
        )
        for shows, place in found.shown:
            bits |= observation[shows, times.get(place, UNTIMED)]
        return bits


def swift_judge(
    judge: CaseJudge,
    site: Leaves,
    procedure: Leaves,
    rules: tuple[str, ...],
    schema: Schema,
    default_intent: str | None,
) -> SwiftJudge | None:
    """The swift judge of a policy, or None where its leaves ask what only a whole case can answer."""
    at_site, at_procedure = (FactBits(leaves, judge.policy.vocabulary) for leaves in (site, procedure))
    if not (at_site.complete and at_procedure.complete):
        return None
    reader = PlainReader(judge.policy, judge.diagnoses, schema, default_intent, at_site, at_procedure)
    return SwiftJudge(judge, reader, at_site, site, at_procedure, procedure, rules)
