"""From a case to its sites: the facts that shapes ask about.

A site is one level of one line. Its facts are the status of each concept there (reading, part 2), durations in
days and months, treatments, documents and products; IRIs are plain text. ``VOCABULARY`` is the one table that says
which property of the graph each attribute stands for: the compiled judge reads the attributes, the pySHACL judge
reads the same facts as triples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from covergraph.duration import days_and_months
from covergraph.model import Case, Finding, Line
from covergraph.terms import cov
from covergraph.vocabulary import Concept, Vocabulary


@dataclass(slots=True, eq=False)
class Observation:
    """A present, uncontradicted finding as it counts at one site; ``index`` is its place in the case."""

    concepts: frozenset[str]
    at_least_days: int | None
    at_most_days: int | None
    months_passed: int | None
    value: float | None
    index: int


@dataclass(slots=True, eq=False)
class TreatmentFacts:
    """A treatment; a blank frequency or reason counts as none."""

    kind: str
    weeks: float | None
    frequency: str | None
    response: str | None
    contraindicated: bool
    reason: str | None


@dataclass(slots=True, eq=False)
class DocumentFacts:
    """A document of the case."""

    kind: str
    date: date | None
    interpreter: str | None
    discrepancy: str


@dataclass(slots=True, eq=False)
class ProductUse:
    """A device or cement that a line names."""

    token: str
    recognized: bool
    product: str | None
    days_since_clearance: int | None


@dataclass(slots=True, eq=False)
class Extent:
    """How many distinct levels the lines of one technique group ask for, over the case."""

    technique_group: str
    level_count: int


@dataclass(slots=True, eq=False)
class LineFacts:
    """A line as shapes see it."""

    id: str
    technique: str
    code: str | None


@dataclass(slots=True, eq=False)
class ProcedureFacts:
    """A concurrent procedure."""

    case: CaseFacts
    kind: str
    approach: str | None
    code: str | None


@dataclass(slots=True, eq=False)
class CaseFacts:
    """What holds for the whole case."""

    id: str
    product: str
    contract_covers: bool
    service_date: date
    diagnoses: tuple[str, ...]
    lines: tuple[LineFacts, ...]
    treatments: tuple[TreatmentFacts, ...]
    documents: tuple[DocumentFacts, ...]
    extents: tuple[Extent, ...]
    procedures: tuple[ProcedureFacts, ...] = ()


@dataclass(slots=True, eq=False)
class Site:
    """One level of one line. ``line_index`` is the place of the line in the case."""

    case: CaseFacts
    line: LineFacts
    line_index: int
    technique: str
    intent: str | None
    level: str | None
    procedure_code: str | None
    product_uses: tuple[ProductUse, ...]
    present: frozenset[str]
    absent: frozenset[str]
    conflicting: frozenset[str]
    unanswered: frozenset[str]
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property of the graph and the attribute it stands for: how many values, and whether they are nodes of ours."""

    name: str
    many: bool = False
    optional: bool = False
    node: bool = False
    iri: bool = field(default=True)


VOCABULARY: dict[type, dict[str, Attribute]] = {
    Site: {
        cov("inCase"): Attribute("case", node=True),
        cov("onLine"): Attribute("line", node=True),
        cov("technique"): Attribute("technique"),
        cov("intent"): Attribute("intent", optional=True),
        cov("level"): Attribute("level", optional=True),
        cov("procedureCode"): Attribute("procedure_code", optional=True),
        cov("productUse"): Attribute("product_uses", many=True, node=True),
        cov("present"): Attribute("present", many=True),
        cov("absent"): Attribute("absent", many=True),
        cov("conflicting"): Attribute("conflicting", many=True),
        cov("unanswered"): Attribute("unanswered", many=True),
        cov("observation"): Attribute("observations", many=True, node=True),
    },
    CaseFacts: {
        cov("product"): Attribute("product"),
        cov("contractCovers"): Attribute("contract_covers", iri=False),
        cov("serviceDate"): Attribute("service_date", iri=False),
        cov("diagnosis"): Attribute("diagnoses", many=True, iri=False),
        cov("line"): Attribute("lines", many=True, node=True),
        cov("treatment"): Attribute("treatments", many=True, node=True),
        cov("document"): Attribute("documents", many=True, node=True),
        cov("concurrentProcedure"): Attribute("procedures", many=True, node=True),
        cov("extent"): Attribute("extents", many=True, node=True),
    },
    LineFacts: {
        cov("lineId"): Attribute("id", iri=False),
        cov("technique"): Attribute("technique"),
        cov("code"): Attribute("code", optional=True, iri=False),
    },
    Observation: {
        cov("concept"): Attribute("concepts", many=True),
        cov("atLeastDays"): Attribute("at_least_days", optional=True, iri=False),
        cov("atMostDays"): Attribute("at_most_days", optional=True, iri=False),
        cov("monthsPassed"): Attribute("months_passed", optional=True, iri=False),
        cov("value"): Attribute("value", optional=True, iri=False),
    },
    TreatmentFacts: {
        cov("treatmentKind"): Attribute("kind"),
        cov("weeks"): Attribute("weeks", optional=True, iri=False),
        cov("frequency"): Attribute("frequency", optional=True, iri=False),
        cov("response"): Attribute("response", optional=True),
        cov("contraindicated"): Attribute("contraindicated", iri=False),
        cov("reason"): Attribute("reason", optional=True, iri=False),
    },
    DocumentFacts: {
        cov("documentKind"): Attribute("kind"),
        cov("date"): Attribute("date", optional=True, iri=False),
        cov("interpreter"): Attribute("interpreter", optional=True),
        cov("discrepancy"): Attribute("discrepancy"),
    },
    ProductUse: {
        cov("token"): Attribute("token", iri=False),
        cov("recognized"): Attribute("recognized", iri=False),
        cov("product"): Attribute("product", optional=True),
        cov("daysSinceClearance"): Attribute("days_since_clearance", optional=True, iri=False),
    },
    Extent: {
        cov("techniqueGroup"): Attribute("technique_group"),
        cov("levelCount"): Attribute("level_count", iri=False),
    },
    ProcedureFacts: {
        cov("inCase"): Attribute("case", node=True),
        cov("procedureKind"): Attribute("kind"),
        cov("approach"): Attribute("approach", optional=True),
        cov("code"): Attribute("code", optional=True, iri=False),
    },
}
NODE_CLASS: dict[str, type] = {
    cov("inCase"): CaseFacts, cov("onLine"): LineFacts, cov("productUse"): ProductUse, cov("observation"): Observation,
    cov("line"): LineFacts, cov("treatment"): TreatmentFacts, cov("document"): DocumentFacts,
    cov("concurrentProcedure"): ProcedureFacts, cov("extent"): Extent,
}  # fmt: skip
"""Class of the nodes that a property leads to."""
TARGETS: dict[str, type] = {cov("Site"): Site, cov("ConcurrentProcedure"): ProcedureFacts}
"""Class of the facts that a shape's ``sh:targetClass`` names."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The sites of a case, line by line and level by level, and what holds for all of them."""

    case: CaseFacts
    sites: tuple[Site, ...]


def read_facts(case: Case, vocabulary: Vocabulary) -> Facts:
    """The facts of a well-formed case, as the reading's part 2 derives them."""
    facts = _case_facts(case, vocabulary)
    sites = []
    for index, (line, line_facts) in enumerate(zip(case.lines, facts.lines, strict=True)):
        uses = tuple(_product_use(token, case.service_date, vocabulary) for token in (*line.devices, *line.cements))
        code = vocabulary.codes.get(line.code or "")
        for token in line.levels or (None,):
            level = None if token is None else vocabulary.iri("level", token)
            status = _concepts_at(level, case, vocabulary)
            sites.append(
                Site(
                    case=facts, line=line_facts, line_index=index, technique=line_facts.technique,
                    intent=vocabulary.iri("intent", line.intent) if line.intent else None,
                    level=level, procedure_code=code.iri if code else None, product_uses=uses, present=status.present,
                    absent=status.absent, conflicting=status.conflicting, unanswered=status.unanswered,
                    observations=status.observations,
                )
            )  # fmt: skip
    return Facts(facts, tuple(sites))


def _case_facts(case: Case, vocabulary: Vocabulary) -> CaseFacts:
    iri = vocabulary.iri

    def maybe(field: str, token: str | None) -> str | None:
        return None if token is None else iri(field, token)

    facts = CaseFacts(
        id=case.id,
        product=iri("product", case.product),
        contract_covers=case.contract_covers,
        service_date=case.service_date,
        diagnoses=case.diagnoses,
        lines=tuple(LineFacts(line.id, iri("technique", line.technique), line.code) for line in case.lines),
        treatments=tuple(
            TreatmentFacts(
                iri("treatment", t.kind), t.weeks, _stated(t.frequency), maybe("response", t.response),
                t.contraindicated, _stated(t.reason),
            )
            for t in case.treatments
        ),
        documents=tuple(
            DocumentFacts(
                iri("document", d.kind), d.date, maybe("interpreter", d.interpreter), iri("discrepancy", d.discrepancy)
            )
            for d in case.documents
        ),
        extents=tuple(
            Extent(group, len(_levels(line for line in case.lines if iri("technique", line.technique) in members)))
            for group, members in vocabulary.groups.items()
        ),
    )  # fmt: skip
    facts.procedures = tuple(
        ProcedureFacts(facts, iri("procedure", p.kind), maybe("approach", p.approach), p.code)
        for p in case.concurrent_procedures
    )
    return facts


def _stated(text: str | None) -> str | None:
    return text if text and text.strip() else None


def _levels(lines: Iterable[Line]) -> set[str]:
    return {level for line in lines for level in line.levels}


def _product_use(token: str, service_date: date, vocabulary: Vocabulary) -> ProductUse:
    product = vocabulary.products.get(token)
    cleared = product.cleared if product else None
    return ProductUse(
        token=token,
        recognized=product is not None,
        product=product.iri if product else None,
        days_since_clearance=None if cleared is None else (service_date - cleared).days,
    )


@dataclass(slots=True)
class _Status:
    present: frozenset[str]
    absent: frozenset[str]
    conflicting: frozenset[str]
    unanswered: frozenset[str]
    observations: tuple[Observation, ...]


def _concepts_at(level: str | None, case: Case, vocabulary: Vocabulary) -> _Status:
    """Status of every concept that the findings say something of, at one level."""
    token = None if level is None else level.rsplit("/", 1)[1]
    by_iri = vocabulary.by_iri
    findings = [(i, f, vocabulary.concepts[f.concept]) for i, f in enumerate(case.findings)]
    named_here = [not f.levels or token in f.levels for _, f, _ in findings]
    absences = [(f, c) for (_, f, c), here in zip(findings, named_here, strict=True) if f.status == "absent" and here]
    presences = [(f, c) for (_, f, c), here in zip(findings, named_here, strict=True) if f.status == "present" and here]

    def reaches(finding: Finding, here: bool, concept: Concept) -> bool:
        """Whether a present or unknown finding counts at this level when ``concept`` is asked about."""
        if here or concept.spread == cov("WholeBody"):
            return True
        if concept.spread == cov("AdjacentRegions") and level is not None:
            near = vocabulary.near.get(level, frozenset())
            return any(vocabulary.iri("level", named) in near for named in finding.levels)
        return False

    present: set[str] = set()
    contradicted: set[str] = set()
    observations = []
    for (index, finding, concept), here in zip(findings, named_here, strict=True):
        if finding.status != "present":
            continue
        shows = frozenset(x for x in concept.above if reaches(finding, here, by_iri[x]))
        if not shows:
            continue
        if _is_contradicted(finding, concept, absences, presences):
            contradicted |= shows
            continue
        present |= shows
        at_least, at_most, months = days_and_months(finding, case.service_date)
        observations.append(Observation(shows, at_least, at_most, months, finding.value, index))
    conflicting = contradicted - present
    settled = present | conflicting
    absent = {
        x for f, c in absences for x in c.below if x not in settled and not (by_iri[x].spread and f.levels)
    }  # fmt: skip
    settled |= absent
    unanswered = {
        x
        for (_, f, c), here in zip(findings, named_here, strict=True)
        if f.status == "unknown"
        for x in c.above | c.below
        if x not in settled and reaches(f, here, by_iri[x])
    }
    if present & vocabulary.imaging and not any(
        broad in present and len(by_iri[broad].below & present) == 1 for broad in vocabulary.open_imaging
    ):
        absent |= vocabulary.imaging - settled - unanswered
    return _Status(
        frozenset(present), frozenset(absent), frozenset(conflicting), frozenset(unanswered), tuple(observations)
    )


def _is_contradicted(
    finding: Finding, concept: Concept, absences: list[tuple[Finding, Concept]], presences: list[tuple[Finding, Concept]]
) -> bool:
    """Whether an absent finding on the concept or a broader one, or a present one that excludes it, shares a level."""
    return any(c.iri in concept.above and _share_level(finding, f) for f, c in absences) or any(
        not concept.contradicts.isdisjoint(c.above) and _share_level(finding, f) for f, c in presences
    )


def _share_level(one: Finding, other: Finding) -> bool:
    return not one.levels or not other.levels or not set(one.levels).isdisjoint(other.levels)
