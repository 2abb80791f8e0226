"""Reports on plain cases, a look-up a piece and a site."""

from __future__ import annotations

from functools import reduce
from operator import or_

from covergraph.conforms import Schema
from covergraph.facts import STATUSES
from covergraph.judge import CaseJudge, LineVerdict, SiteVerdict
from covergraph.leaves import Leaves
from covergraph.logic import Value
from covergraph.memo import Memo
from covergraph.model import Report
from covergraph.swift.factbits import FactBits
from covergraph.swift.forms import Json
from covergraph.swift.levelbits import LevelBits
from covergraph.swift.reader import PlainCase, PlainReader

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
        looked_at = self._concepts_looked_at()
        self._levels = LevelBits(self._lattice, self._width, looked_at, site, reader.level_lists)
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
        conflicting, unanswered = (
            members(pattern >> STATUSES.index(status) * self._width & everything)
            for status in ("conflicting", "unanswered")
        )
        return self._judge.verdicts[self._leaves.values(pattern), conflicting, unanswered]

    def report(self, document: Json) -> tuple[Report, int]:
        """The report on a plain case, and how many colons its text has if no key stands twice in an object of it.

        Raises NotPlainError, KeyError, TypeError or AttributeError where the case is not plain.
        """
        case = self._reader.read(document)
        bits = self._site
        lines = [(id, line.technique, line.code, line.tokens) for id, line in case.lines]
        of_case = bits.case(case.product, case.covered, case.on, case.diagnoses) | bits.lines(lines)
        for piece in case.pieces:
            of_case |= piece.site
        findings: dict[int, int] = {}
        verdicts = []
        for id, line in case.lines:
            of_line = of_case
            for token in line.products:
                of_line |= bits.use[token, case.on]
            sites = []
            for here, own in line.levels:
                if here not in findings:
                    findings[here] = self._levels.bits(here, case.findings, case.places, case.timed)
                sites.append(self._verdicts[of_line | own | findings[here]])
            verdicts.append(LineVerdict(id, line.tokens, tuple(sites), line.coding))
        held = self._rules_held(case, lines) if case.procedures and self._rules else {}
        return self._judge.combine(case.id, verdicts, case.remarks, held), case.colons

    def _rules_held(
        self, case: PlainCase, lines: list[tuple[str, str, str | None, tuple[str, ...]]]
    ) -> dict[str, list[str | None]]:
        """For each rule about concurrent procedures, the codes of those for which it holds."""
        bits = self._procedure
        pattern = bits.case(case.product, case.covered, case.on, case.diagnoses) | bits.lines(lines)
        for piece in case.pieces:
            pattern |= piece.procedure
        held: dict[str, list[str | None]] = {}
        for piece, code in case.procedures:
            values = self._procedures.values(pattern | piece.focus)
            for rule, value in zip(self._rules, values, strict=True):
                if value == MET:
                    held.setdefault(rule, []).append(code)
        return held


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
