"""From a case to the facts of its sites: what the findings come to at each level (reading, part 2).

Hierarchy, contradictions, spread, explicit unknowns and imaging closure are applied here, once, for every judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
from covergraph.model import Case, Finding, Line
from covergraph.terms import cov
from covergraph.vocabulary import Concept, Vocabulary


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
    absences_anywhere = [(f, c) for _, f, c in findings if f.status == "absent"]
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
        if _is_contradicted(finding, concept, absences_anywhere, []):
            # What counts beyond its levels is also contradicted beyond them.
            doubtful = frozenset(x for x in shows if by_iri[x].spread)
            contradicted |= doubtful
            shows -= doubtful
            if not shows:
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
    finding: Finding,
    concept: Concept,
    absences: list[tuple[Finding, Concept]],
    presences: list[tuple[Finding, Concept]],
) -> bool:
    """Whether an absent finding on the concept or a broader one, or a present one that excludes it, shares a level."""
    return any(c.iri in concept.above and _share_level(finding, f) for f, c in absences) or any(
        not concept.contradicts.isdisjoint(c.above) and _share_level(finding, f) for f, c in presences
    )


def _share_level(one: Finding, other: Finding) -> bool:
    return not one.levels or not other.levels or not set(one.levels).isdisjoint(other.levels)
