"""What a batch came to, as tables in reading order with the labels of the policy; the renderers only lay it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from covergraph.policy import Policy
from covergraph.render.sentences import wording
from covergraph.summary import Key, Summary
from covergraph.terms import LABEL, cov
from covergraph.triples import Graph


@dataclass(frozen=True, slots=True)
class Row:
    """One thing with its count; ``parts`` splits the count by determination, largest first."""

    id: str
    label: str
    count: int
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def split(self) -> str:
        """The parts in words: "3 medically necessary, 1 investigational"."""
        return ", ".join(f"{count:,} {wording(determination)}" for determination, count in self.parts)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of one kind, largest first. ``key`` names it for programs, ``unit`` says what is counted, ``of`` how many.

    A row is part of ``of``; where ``of`` is None the rows are merely compared with each other.
    """

    key: str
    title: str
    unit: str
    rows: tuple[Row, ...]
    of: int | None = None
    note: str = ""

    def share(self, row: Row) -> float:
        """How long the bar of a row is, from 0 to 1."""
        return row.count / (self.of or max(r.count for r in self.rows))

    def percent(self, row: Row) -> str:
        """The share of a row in words, or nothing where it is no part of a whole."""
        return f"{100 * row.count / self.of:.1f} %" if self.of else ""

    def to_json(self) -> list[dict[str, Any]]:
        """The rows as plain JSON values."""
        return [
            {"id": row.id, "label": row.label, self.unit: row.count}
            | ({"determinations": dict(row.parts)} if row.parts else {})
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class PolicySection:
    """What was found under one policy version."""

    number: str
    title: str
    version: str
    cases: int
    mixed: int
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class SummaryView:
    """A summary as it is read: how many cases, what was found under each policy, remarks, errors."""

    cases: int
    bad: int
    policies: tuple[PolicySection, ...]
    remarks: tuple[Table, ...]

    @property
    def headline(self) -> str:
        """How many there were, in a sentence."""
        bad = f", and {self.bad:,} bad record{'' if self.bad == 1 else 's'}" if self.bad else ""
        return f"{self.cases:,} case{'' if self.cases == 1 else 's'} judged{bad}"

    def to_json(self) -> dict[str, Any]:
        """The summary as plain JSON values."""
        return {
            "cases": self.cases,
            "badRecords": self.bad,
            "policies": [
                {"number": p.number, "version": p.version, "title": p.title, "cases": p.cases, "mixed": p.mixed}
                | {table.key: table.to_json() for table in p.tables}
                for p in self.policies
            ],
        } | {table.key: table.to_json() for table in self.remarks}


REMARKS = (
    ("coding", "Remarks on codes and devices", "lines"),
    ("diagnoses", "Remarks on diagnosis codes", "codes"),
    ("advisories", "Advisories", "remarks"),
    ("error", "Errors in records", "records"),
)
ALTERNATIVES = (
    "Leaf criteria of the indications. Indications are alternatives: a site can pass by one and not by another."
)


def summary_view(summary: Summary, policy_at: Callable[[str, date], Policy], graph: Graph) -> SummaryView:
    """A summary in readable form; ``policy_at`` gives the version of a policy that is in force on a day."""
    versions = sorted({(number, version) for number, version, _ in summary.of("case")})
    remarks = (
        Table(
            key, title, unit, tuple(Row(check, check.replace("-", " "), n) for (check,), n in summary.of(key).items())
        )
        for key, title, unit in REMARKS
    )
    return SummaryView(
        cases=summary.cases,
        bad=summary.bad,
        policies=tuple(
            _Section(summary, policy_at(number, date.fromisoformat(version)), graph).read()
            for number, version in versions
        ),
        remarks=tuple(table for table in remarks if table.rows),
    )


@dataclass(frozen=True)
class _Section:
    """What a summary counts under one policy version, and where the names of what is counted are found."""

    summary: Summary
    policy: Policy
    graph: Graph

    def read(self) -> PolicySection:
        cases, lines, sites = (self._determined(kind) for kind in ("case", "line", "site"))
        tables = (
            cases, lines, sites,
            Table("decidedBy", "Deciding statements", "sites", self._deciders(), sites.of),
            Table("notMet", "Criteria most often not met", "sites", self._criteria("not-met"), sites.of, ALTERNATIVES),
            Table("undocumented", "Criteria most often undocumented", "sites", self._criteria("undocumented"), sites.of,
                  ALTERNATIVES),
            Table("reimbursement", "Reimbursement rules that hold", "lines", self._rules(), lines.of),
        )  # fmt: skip
        return PolicySection(
            number=self.policy.number,
            title=self.policy.title,
            version=self.policy.version.isoformat(),
            cases=cases.of or 0,
            mixed=self._counts("mixed").get((), 0),
            tables=tuple(table for table in tables if table.rows),
        )

    def _counts(self, kind: str) -> dict[Key, int]:
        return self.summary.of(kind, self.policy.number, self.policy.version.isoformat())

    def _determined(self, kind: str) -> Table:
        found, unit = self._counts(kind), f"{kind}s"
        rows = tuple(Row(token, wording(token), n) for (token,), n in found.items())
        return Table(unit, f"Determinations of {unit}", unit, rows, sum(found.values()))

    def _deciders(self) -> tuple[Row, ...]:
        """Sites by the statement or rule that decided; a site with reasons in two statements counts for both."""
        found: dict[str, Counter[str]] = {}
        for (determination, *ids), n in self._counts("decided").items():
            for decider in {_statement(self.policy, id) for id in ids}:
                found.setdefault(decider, Counter())[determination] += n
        return self._rows(found)

    def _criteria(self, kind: str) -> tuple[Row, ...]:
        """Sites by leaf criterion of the statements that approve; to fail the others is what is hoped for."""
        policy = self.policy
        approving = {s.id for s in policy.statements if s.when_met == policy.approval}
        found: dict[str, Counter[str]] = {}
        for (criterion, determination), n in self._counts(kind).items():
            if criterion in policy.leaf_criteria and _statement(policy, criterion) in approving:
                found.setdefault(criterion, Counter())[determination] += n
        return self._rows(found)

    def _rules(self) -> tuple[Row, ...]:
        return tuple(Row(id, self._label(id), n) for (id,), n in self._counts("reimbursement").items())

    def _rows(self, found: Mapping[str, Counter[str]]) -> tuple[Row, ...]:
        """One row an id, largest first and then in policy order."""
        rows = [
            Row(id, self._label(id), split.total(), tuple(sorted(split.items(), key=lambda part: (-part[1], part[0]))))
            for id, split in found.items()
        ]
        return tuple(
            sorted(rows, key=lambda row: (-row.count, self.graph.number(self._iri(row.id), cov("ordinal")) or 0))
        )

    def _iri(self, id: str) -> str:
        return f"{self.policy.iri}/{id}"

    def _label(self, id: str) -> str:
        return self.graph.value(self._iri(id), LABEL) or id


def _statement(policy: Policy, id: str) -> str:
    """The statement that a provision is part of; the id itself where it is part of none."""
    above = policy.provisions.get(id)  # what stands above may also be a mere heading, which is no provision
    while above is not None and above.kind != "Statement":
        above = policy.provisions.get(above.parent or "")
    return above.id if above else id
