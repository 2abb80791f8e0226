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
from covergraph.model import Case, ConcurrentProcedure, Document, Line, Treatment
from covergraph.statuses import EVERYWHERE, Findings, Lattice
from covergraph.vocabulary import Vocabulary


def read_facts(case: Case, vocabulary: Vocabulary) -> Facts:
    """The facts of a well-formed case, as the reading's part 2 derives them."""
    facts = _case_facts(case, vocabulary)
    lattice = vocabulary.lattice
    findings = stated_findings(case, lattice)
    sites = []
    for index, (line, line_facts) in enumerate(zip(case.lines, facts.lines, strict=True)):
        uses = tuple(product_use(token, case.service_date, vocabulary) for token in (*line.devices, *line.cements))
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
    facts = CaseFacts(
        id=case.id,
        product=iri("product", case.product),
        contract_covers=case.contract_covers,
        service_date=case.service_date,
        diagnoses=case.diagnoses,
        lines=tuple(line_facts(line.id, line.technique, line.code, vocabulary) for line in case.lines),
        treatments=tuple(treatment_facts(treatment, vocabulary) for treatment in case.treatments),
        documents=tuple(document_facts(document, vocabulary) for document in case.documents),
        extents=tuple(
            Extent(group, len(_levels(line for line in case.lines if iri("technique", line.technique) in members)))
            for group, members in vocabulary.groups.items()
        ),
    )
    facts.procedures = tuple(procedure_facts(facts, p, vocabulary) for p in case.concurrent_procedures)
    return facts


def line_facts(id: str, technique: str, code: str | None, vocabulary: Vocabulary) -> LineFacts:
    """A line as shapes see it."""
    return LineFacts(id, vocabulary.iri("technique", technique), code)


def treatment_facts(treatment: Treatment, vocabulary: Vocabulary) -> TreatmentFacts:
    """A treatment as shapes see it."""
    return TreatmentFacts(
        vocabulary.iri("treatment", treatment.kind), treatment.weeks, _stated(treatment.frequency),
        _maybe(vocabulary, "response", treatment.response), treatment.contraindicated, _stated(treatment.reason),
    )  # fmt: skip


def document_facts(document: Document, vocabulary: Vocabulary) -> DocumentFacts:
    """A document as shapes see it."""
    return DocumentFacts(
        vocabulary.iri("document", document.kind), document.date,
        _maybe(vocabulary, "interpreter", document.interpreter), vocabulary.iri("discrepancy", document.discrepancy),
    )  # fmt: skip


def procedure_facts(case: CaseFacts | None, procedure: ConcurrentProcedure, vocabulary: Vocabulary) -> ProcedureFacts:
    """A concurrent procedure as shapes see it."""
    return ProcedureFacts(
        case, vocabulary.iri("procedure", procedure.kind), _maybe(vocabulary, "approach", procedure.approach),
        procedure.code,
    )  # fmt: skip


def _maybe(vocabulary: Vocabulary, field: str, token: str | None) -> str | None:
    return None if token is None else vocabulary.iri(field, token)


def _stated(text: str | None) -> str | None:
    return text if text and text.strip() else None


def _levels(lines: Iterable[Line]) -> set[str]:
    return {level for line in lines for level in line.levels}


def product_use(token: str, service_date: date, vocabulary: Vocabulary) -> ProductUse:
    """A device or cement that a line names, as shapes see it on a service date."""
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
