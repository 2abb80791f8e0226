"""Searching what the content names: clauses, concepts, codes, devices and other terms, in memory and without SPARQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from covergraph import terms
from covergraph.icd10cm import Index, Kind, open_index
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.web.pages.book import kind, of_class, text
from covergraph.web.pages.links import Link, link
from covergraph.workspace import Workspace

GROUPS = {
    "Clauses": ("Section", "Statement", "Criterion", "ScopeRule", "DocumentationRequirement", "ReimbursementRule",
                "AdvisoryRule", "Provision"),
    "Codes": ("ProcedureCode", "DiagnosisCode", "CodeRange"),
    "Concepts": ("ClinicalConcept", "ImagingConcept", "OpenImagingConcept"),
    "Devices and cements": ("Device", "Cement", "Clearance"),
    "Other terms": ("Technique", "Intent", "Level", "LevelRange", "TreatmentKind", "DocumentKind", "ProductLine",
                    "ProcedureKind", "Policy"),
}  # fmt: skip
"""What can be found, under the heading it is shown, by the core classes."""

LONGEST = 200
"""Characters of a question that are looked at; no name is longer."""

EXACT, STARTS, WORD, INSIDE, TEXT = range(5)
"""How well something fits, best first: its id or name; their start; the start of a word; inside; in its text."""

_DIAGNOSIS = re.compile(r"[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?")


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that can be found; ``where`` says in which policy version, or in which range of one, it stands."""

    group: str
    link: Link
    kind: str
    text: str
    where: tuple[str, ...] = ()
    names: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What ICD-10-CM says of a question that has the form of one of its codes."""

    code: str
    kind: Kind
    is_listed: bool


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be found, and the code set."""

    hits: tuple[Hit, ...]
    codes: Index

    def search(self, question: str, groups: Iterable[str] = GROUPS) -> tuple[Hit, ...]:
        """What fits all words of a question, best first; a diagnosis code is found without its dot too."""
        code = _as_code(question)
        asked = question[:LONGEST].casefold()
        return self._fitting(asked.split(), groups) or self._fitting([code.casefold()] if code else [], groups)

    def _fitting(self, asked: list[str], groups: Iterable[str]) -> tuple[Hit, ...]:
        order = list(groups)
        found = [
            (fit, order.index(hit.group), place, hit)
            for place, hit in enumerate(self.hits)
            if hit.group in order and (fit := _fit(hit, asked)) is not None
        ]
        return tuple(hit for *_, hit in sorted(found, key=lambda f: f[:3]))

    def diagnosis(self, question: str) -> Diagnosis | None:
        """What ICD-10-CM says of a question that looks like one of its codes; None for any other question."""
        code = _as_code(question)
        if code is None:
            return None
        listed = any(hit.group == "Codes" and hit.link.id.startswith(code) for hit in self.hits)
        return Diagnosis(code, self.codes.kind(code), listed)


@lru_cache(maxsize=4)
def catalogue(workspace: Workspace) -> Catalogue:
    """Everything that can be found in a content folder."""
    graph = workspace.graph
    hits = [
        _hit(graph, group, iri)
        for group, classes in GROUPS.items()
        for iri in graph.instances(*classes)
        if iri.startswith(terms.BASE)
    ]
    return Catalogue(tuple(hits), open_index(workspace.root / "ontology" / "codes" / "icd-10-cm-index.txt"))


def _hit(graph: Graph, group: str, iri: str) -> Hit:
    found = link(graph, iri)
    others = [
        *graph.values(iri, terms.ALT_LABEL),
        *graph.values(iri, cov("printedAs")),
        *graph.values(iri, terms.NOTATION),
    ]
    others += [graph.value(a, terms.LABEL) or "" for a in graph.values(iri, cov("applicant"))]
    names = dict.fromkeys(name.casefold() for name in (found.id, found.text, *others) if name)
    return Hit(group, found, kind(graph, iri), text(graph, iri), tuple(_where(graph, iri)), tuple(names))


def _where(graph: Graph, iri: str) -> Iterable[str]:
    """Where a thing stands: the version of a clause, the versions that list a code, with range and page."""
    for version in graph.instances("PolicyVersion"):
        name = graph.value(version, terms.LABEL) or version
        page = graph.value(iri, cov("page"))
        if iri.startswith(version + "/") and graph.value(iri, cov("sectionLabel")):
            yield name + (f", p. {page}" if page else "")
        listed = graph.values(version, cov("lists"))
        if iri in listed:
            yield f"listed in {name}" + (f", p. {page}" if page else "")
        for around in of_class(graph, graph.subjects(cov("expandsTo"), iri), "CodeRange"):
            if around in listed:
                printed, page = graph.value(around, cov("printedAs")), graph.value(around, cov("page"))
                yield f"in the range {printed} of {name}, p. {page}"


def _fit(hit: Hit, asked: list[str]) -> int | None:
    """How well a hit fits all words, as the worst of them does; None where one is missing."""
    if not asked:
        return None
    if " ".join(asked) in hit.names:
        return EXACT
    fits = [_word_fit(hit, word) for word in asked]
    return None if None in fits else max(fit for fit in fits if fit is not None)


def _word_fit(hit: Hit, word: str) -> int | None:
    if any(name.startswith(word) for name in hit.names):
        return STARTS
    if any(f" {word}" in name or f"-{word}" in name for name in hit.names):
        return WORD
    if any(word in name for name in hit.names):
        return INSIDE
    return TEXT if word in hit.text.casefold() else None


def _as_code(question: str) -> str | None:
    """A question that has the form of an ICD-10-CM code, as ICD-10-CM prints it.

    >>> _as_code(" m8008xa "), _as_code("M80.08XA"), _as_code("knee")
    ('M80.08XA', 'M80.08XA', None)
    """
    asked = question.strip().upper()
    if not _DIAGNOSIS.fullmatch(asked):
        return None
    plain = asked.replace(".", "")
    return f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain
