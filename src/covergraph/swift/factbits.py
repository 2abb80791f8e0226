"""The bits of each value of each fact, worked out once: what ``compiler.Leaves`` asks of it, by what a case says.

Values are made by the functions of ``sites``, so a piece of a case means here what it means there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import or_

from covergraph.facts import STATUSES, Extent, Observation
from covergraph.leaves import Leaves
from covergraph.memo import Memo
from covergraph.model import ConcurrentProcedure, Document, Treatment
from covergraph.sites import document_facts, line_facts, procedure_facts, product_use, treatment_facts
from covergraph.vocabulary import Vocabulary

Times = tuple[int | None, int | None, int | None, float | None]
"""Least days, most days, months passed and measured value of a finding."""


class FactBits:
    """Bits of values, for the leaves of one target class.

    ``complete`` says whether all that the leaves ask can be answered value by value from here.
    """

    def __init__(self, leaves: Leaves, vocabulary: Vocabulary) -> None:
        self._bits = {asked.path: asked.bits for asked in leaves.asked}
        self._vocabulary = vocabulary
        self._asks_lines = ("case", "lines") in self._bits
        self.product = self._tokens("product", "case", "product")
        own, line = self._tokens("technique", "technique"), self._tokens("technique", "line", "technique")
        self.technique = {token: own[token] | line[token] for token in own}
        self.intent = self._tokens("intent", "intent")
        self.level = self._tokens("level", "level")
        self.covered = {covered: self._ask("case", "contract_covers", value=covered) for covered in (True, False)}
        self.service_date: Memo[date, int] = Memo(lambda day: self._ask("case", "service_date", value=day))
        self.diagnosis: Memo[str, int] = Memo(lambda code: self._ask("case", "diagnoses", value=code))
        self._groups = [
            {token for token, iri in vocabulary.values["technique"].items() if iri in members}
            for members in vocabulary.groups.values()
        ]
        self._extents: Memo[tuple[int, ...], int] = Memo(self._extents_of)
        self._alone: Memo[tuple[str, int], int] = Memo(
            lambda line: self._extents[tuple([line[1] if line[0] in group else 0 for group in self._groups])]
        )
        self._line: Memo[tuple[str, str, str | None], int] = Memo(
            lambda line: self._ask("case", "lines", value=line_facts(*line, vocabulary))
        )
        self.use: Memo[tuple[str, date], int] = Memo(
            lambda use: self._ask("product_uses", value=product_use(*use, vocabulary))
        )
        self.observation: Memo[tuple[int, Times], int] = Memo(self._observation)
        answered = {(status,) for status in STATUSES} | {
            ("technique",), ("intent",), ("level",), ("procedure_code",), ("product_uses",), ("observations",),
            ("line", "technique"), ("line", "code"), ("kind",), ("approach",), ("code",),
            *(("case", name) for name in ("product", "contract_covers", "service_date", "diagnoses", "lines",
                                          "treatments", "documents", "procedures", "extents")),
        }  # fmt: skip
        self.complete = not leaves.whole and answered.issuperset(self._bits)

    def _ask(self, *path: str, value: object) -> int:
        return self._bits[path](value) if path in self._bits and value is not None else 0

    def _tokens(self, field: str, *path: str) -> dict[str, int]:
        return {token: self._ask(*path, value=iri) for token, iri in self._vocabulary.values[field].items()}

    def _extents_of(self, counts: tuple[int, ...]) -> int:
        extents = [Extent(group, count) for group, count in zip(self._vocabulary.groups, counts, strict=True)]
        return reduce(or_, (self._ask("case", "extents", value=extent) for extent in extents), 0)

    def _observation(self, shown: tuple[int, Times]) -> int:
        concepts, times = shown
        members = self._vocabulary.lattice.members(concepts)
        return self._ask("observations", value=Observation(members, *times, index=0))

    def code(self, token: str | None) -> int:
        """Bits of a line's procedure code."""
        known = self._vocabulary.codes.get(token or "")
        own = self._ask("line", "code", value=token)
        return own | self._ask("procedure_code", value=known.iri if known else None)

    def treatment(self, treatment: Treatment) -> int:
        """Bits of a treatment of the case."""
        return self._ask("case", "treatments", value=treatment_facts(treatment, self._vocabulary))

    def document(self, document: Document) -> int:
        """Bits of a document of the case."""
        return self._ask("case", "documents", value=document_facts(document, self._vocabulary))

    def procedure(self, procedure: ConcurrentProcedure) -> int:
        """Bits of a concurrent procedure of the case."""
        return self._ask("case", "procedures", value=procedure_facts(None, procedure, self._vocabulary))

    def focus(self, procedure: ConcurrentProcedure) -> int:
        """Bits of a concurrent procedure that is itself the focus node."""
        facts = procedure_facts(None, procedure, self._vocabulary)
        own = self._ask("kind", value=facts.kind) | self._ask("approach", value=facts.approach)
        return own | self._ask("code", value=facts.code)

    def case(self, product: str, covered: bool, on: date, diagnoses: list[str]) -> int:
        """Bits of what holds for the whole case, apart from its lines, treatments, documents and procedures."""
        bits = self.product[product] | self.covered[covered] | self.service_date[on]
        for code in diagnoses:
            bits |= self.diagnosis[code]
        return bits

    def lines(self, lines: Sequence[tuple[str, str, str | None, tuple[str, ...]]]) -> int:
        """Bits of the lines of the case, each given by id, technique, code and levels, and of their extent."""
        if len(lines) == 1:
            _, technique, _, levels = lines[0]
            bits = self._alone[technique, len(levels)]
        else:
            bits = self._extents[
                tuple(
                    [
                        len({level for _, technique, _, levels in lines if technique in group for level in levels})
                        for group in self._groups
                    ]
                )
            ]
        if self._asks_lines:
            for id, technique, code, _ in lines:
                bits |= self._line[id, technique, code]
        return bits
