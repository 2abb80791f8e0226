"""The facts that shapes ask about: sites, and what they lead to.

A site is one level of one line. IRIs are plain text. ``VOCABULARY`` is the one table that says which property of the
graph each attribute stands for: the compiled judge reads the attributes, the pySHACL judge the same facts as triples.
"""

from __future__ import annotations

from datetime import date
from typing import dataclass_transform

from covergraph.terms import cov


@dataclass_transform(eq_default=False)
class _Node:
    """A node of the graph of facts; two nodes with the same values are two, because shapes count nodes.

    Made like a dataclass, whose library takes longer to import than a case to judge.
    """

    def __init__(self, *values: object, **named: object) -> None:
        self.__dict__.update(zip(type(self).__annotations__, values, strict=False), **named)


class Observation(_Node):
    """A present, uncontradicted finding as it counts at one site; ``index`` is its place in the case."""

    concepts: frozenset[str]
    at_least_days: int | None
    at_most_days: int | None
    months_passed: int | None
    value: float | None
    index: int


class TreatmentFacts(_Node):
    """A treatment; a blank frequency or reason counts as none."""

    kind: str
    weeks: float | None
    frequency: str | None
    response: str | None
    contraindicated: bool
    reason: str | None


class DocumentFacts(_Node):
    """A document of the case."""

    kind: str
    date: date | None
    interpreter: str | None
    discrepancy: str


class ProductUse(_Node):
    """A device or cement that a line names."""

    token: str
    recognized: bool
    product: str | None
    days_since_clearance: int | None


class Extent(_Node):
    """How many distinct levels the lines of one technique group ask for, over the case."""

    technique_group: str
    level_count: int


class LineFacts(_Node):
    """A line as shapes see it."""

    id: str
    technique: str
    code: str | None


class ProcedureFacts(_Node):
    """A concurrent procedure; without its ``case`` where only its own facts are looked at."""

    case: CaseFacts | None
    kind: str
    approach: str | None
    code: str | None


class CaseFacts(_Node):
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


class Site(_Node):
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


class Attribute(_Node):
    """A property of the graph and the attribute it stands for: how many values, and whether they are nodes of ours."""

    name: str
    many: bool = False
    optional: bool = False
    node: bool = False
    iri: bool = True


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
STATUSES = ("present", "absent", "conflicting", "unanswered")
"""Facts of a site that hold concepts: each concept has at most one of these statuses there."""
NODE_CLASS: dict[str, type] = {
    cov("inCase"): CaseFacts, cov("onLine"): LineFacts, cov("productUse"): ProductUse, cov("observation"): Observation,
    cov("line"): LineFacts, cov("treatment"): TreatmentFacts, cov("document"): DocumentFacts,
    cov("concurrentProcedure"): ProcedureFacts, cov("extent"): Extent,
}  # fmt: skip
"""Class of the nodes that a property leads to."""
TARGETS: dict[str, type] = {cov("Site"): Site, cov("ConcurrentProcedure"): ProcedureFacts}
"""Class of the facts that a shape's ``sh:targetClass`` names."""


class Facts(_Node):
    """The sites of a case, line by line and level by level, and what holds for all of them."""

    case: CaseFacts
    sites: tuple[Site, ...]
