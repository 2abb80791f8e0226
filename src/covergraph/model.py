"""The values that cross borders: a case, and the report on it. Frozen, typed, free of RDF."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from covergraph.logic import TOKENS


class Bounds(NamedTuple):
    """Days that a symptom has lasted on the service date: at least ``min``, at most ``max``; None is unbounded."""

    min: int | None = None
    max: int | None = None


class Line(NamedTuple):
    """One requested procedure. Values are the tokens of the case schema."""

    id: str
    technique: str
    levels: tuple[str, ...] = ()
    intent: str | None = None
    code: str | None = None
    modifiers: tuple[str, ...] = ()
    units: int = 1
    devices: tuple[str, ...] = ()
    cements: tuple[str, ...] = ()


class ConcurrentProcedure(NamedTuple):
    """A procedure done in the same session as the lines."""

    kind: str
    approach: str | None = None
    code: str | None = None


class Finding(NamedTuple):
    """What the record says of one concept. No levels: it holds for the whole patient."""

    concept: str
    status: str
    levels: tuple[str, ...] = ()
    onset: date | None = None
    duration: int | Bounds | None = None
    value: float | None = None
    source: str | None = None


class Treatment(NamedTuple):
    """One course of treatment; ``weeks`` 0 says that it was not done."""

    kind: str
    weeks: float | None = None
    frequency: str | None = None
    response: str | None = None
    contraindicated: bool = False
    reason: str | None = None
    source: str | None = None


class Document(NamedTuple):
    """One document sent with the request."""

    kind: str
    date: "date | None" = None
    interpreter: str | None = None
    discrepancy: str = "none"
    source: str | None = None


class Case(NamedTuple):
    """One prior-authorization request with the clinical facts that came with it."""

    id: str
    product: str
    service_date: date
    lines: tuple[Line, ...]
    policy: str | None = None
    contract_covers: bool = True
    concurrent_procedures: tuple[ConcurrentProcedure, ...] = ()
    diagnoses: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    documents: tuple[Document, ...] = ()


class Note(NamedTuple):
    """A remark that changes no determination: a check of codes, products or diagnoses, or an advisory.

    ``about`` holds what it is about under the keys of the report: ``code``, ``concept``, ``device``, ``lines``.
    """

    check: str
    about: tuple[tuple[str, str | tuple[str, ...]], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The note as the report schema has it."""
        return {"check": self.check} | {k: list(v) if isinstance(v, tuple) else v for k, v in self.about}


class Outcome(NamedTuple):
    """What was found at one site, apart from which site it is.

    ``values`` are those of the labelled criteria ``ids`` (one byte, a logic.Value, for each); ``criteria`` spells them
    out. ``missing`` holds the smallest sets of leaf criteria and documents that, documented as met, would make the site
    medically necessary. Where undocumented exclusions would still stop that, ``rule_out`` names them, ``missing`` is
    empty and ``then`` holds the sets that remain to be documented once those exclusions are ruled out.
    ``text`` is all of it as the members of a JSON object.
    """

    determination: str
    decided_by: tuple[str, ...]
    holds: tuple[str, ...]
    ids: tuple[str, ...]
    values: bytes
    text: str
    presumed_absent: tuple[str, ...] = ()
    missing: tuple[tuple[str, ...], ...] = ()
    rule_out: tuple[str, ...] = ()
    then: tuple[tuple[str, ...], ...] = ()
    documents: tuple[tuple[str, str], ...] = ()

    @property
    def criteria(self) -> Mapping[str, str]:
        """Value of every labelled criterion, in policy order."""
        return MappingProxyType(dict(zip(self.ids, map(TOKENS.__getitem__, self.values), strict=True)))


class SiteReport(NamedTuple):
    """One level of one line (``level`` is empty in a domain without levels) and its outcome."""

    level: str
    outcome: Outcome

    def to_json(self) -> dict[str, Any]:
        """The site as the report schema has it."""
        outcome = self.outcome
        site: dict[str, Any] = {
            "level": self.level,
            "determination": outcome.determination,
            "decidedBy": list(outcome.decided_by),
            "holds": list(outcome.holds),
            "criteria": {id: {"value": value} for id, value in outcome.criteria.items()},
            "presumedAbsent": list(outcome.presumed_absent),
            "missing": [list(s) for s in outcome.missing],
        }
        if outcome.rule_out:
            site["ruleOut"] = {"exclusions": list(outcome.rule_out), "then": [list(s) for s in outcome.then]}
        return site


class LineReport(NamedTuple):
    """One line: the most restrictive determination of its sites, and the notes on it."""

    id: str
    determination: str
    sites: tuple[SiteReport, ...]
    reimbursement: tuple[str, ...] = ()
    coding: tuple[Note, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The line as the report schema has it."""
        return {
            "id": self.id,
            "determination": self.determination,
            "sites": [s.to_json() for s in self.sites],
            "reimbursement": list(self.reimbursement),
            "coding": [n.to_json() for n in self.coding],
        }


class Report(NamedTuple):
    """What checking one case against one policy version gave."""

    case: str
    policy_number: str
    policy_version: str
    determination: str
    mixed: bool
    lines: tuple[LineReport, ...]
    documentation: tuple[tuple[str, str], ...]
    diagnoses: tuple[Note, ...]
    advisories: tuple[Note, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values, as the report schema has it."""
        return {
            "case": self.case,
            "policy": {"number": self.policy_number, "version": self.policy_version},
            "determination": self.determination,
            "mixed": self.mixed,
            "lines": [line.to_json() for line in self.lines],
            "documentation": [{"id": id, "value": value} for id, value in self.documentation],
            "diagnoses": [n.to_json() for n in self.diagnoses],
            "advisories": [n.to_json() for n in self.advisories],
        }
