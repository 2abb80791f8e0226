"""From a case to the facts of its sites, one for each level of each line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from covergraph.duration import days_and_months
from covergraph.facts import (
    CaseFacts,
    DocumentFacts,
    Extent,
    Facts,
    LineFacts,
    Observation,
    ProcedureFacts,
    ProductUse,
    Site,
    TreatmentFacts,
)  # fmt: skip
from covergraph.model import Case, Line
from covergraph.statuses import EVERYWHERE, Findings, Lattice
from covergraph.vocabulary import Vocabulary


def read_facts(case: Case, vocabulary: Vocabulary) -> Facts:
    """The facts of a well-formed case, as the reading's part 2 derives them."""
    facts = _case_facts(case, vocabulary)
    lattice = vocabulary.lattice
    findings = stated_findings(case, lattice)
    sites = []
    for index, (line, line_facts) in enumerate(zip(case.lines, facts.lines, strict=True)):
        uses = tuple(_product_use(token, case.service_date, vocabulary) for token in (*line.devices, *line.cements))
        code = vocabulary.codes.get(line.code or "")
        for token in line.levels or (None,):
            level = None if token is None else vocabulary.iri("level", token)
            status = findings.at(1 if token is None else lattice.levels[token])
            sites.append(
                Site(
                    case=facts, line=line_facts, line_index=index, technique=line_facts.technique,
                    intent=vocabulary.iri("intent", line.intent) if line.intent else None,
                    level=level, procedure_code=code.iri if code else None, product_uses=uses,
                    present=lattice.members(status.present), absent=lattice.members(status.absent),
                    conflicting=lattice.members(status.conflicting), unanswered=lattice.members(status.unanswered),
                    observations=tuple(
                        _observation(lattice.members(shows), place, case) for shows, place in status.shown
                    ),
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


def _observation(concepts: frozenset[str], place: int, case: Case) -> Observation:
    finding = case.findings[place]
    at_least, at_most, months = days_and_months(finding, case.service_date)
    return Observation(concepts, at_least, at_most, months, finding.value, place)


def stated_findings(case: Case, lattice: Lattice) -> Findings:
    """The findings of a case, ready to be asked about each level."""
    findings = Findings(lattice)
    for place, finding in enumerate(case.findings):
        levels = sum(lattice.levels[token] for token in finding.levels) if finding.levels else EVERYWHERE
        findings.add(finding.status, lattice.concepts[finding.concept], levels, place)
    return findings
