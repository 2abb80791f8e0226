"""The facts of a case as triples: what pySHACL judges and what a report in RDF shows.

Written from ``facts.VOCABULARY``, the table that the compiled judge reads too, so both see the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rdflib import Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from covergraph.facts import (
    VOCABULARY,
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
from covergraph.terms import case_iri, cov, site_iri

Triple = tuple[Node, Node, Node]

CLASSES: dict[type, str] = {
    Site: "Site", CaseFacts: "Case", LineFacts: "Line", Observation: "Observation", TreatmentFacts: "Treatment",
    DocumentFacts: "Document", ProductUse: "ProductUse", Extent: "Extent", ProcedureFacts: "ConcurrentProcedure",
}  # fmt: skip


@dataclass(frozen=True)
class FactGraph:
    """Triples, and the IRI of every node of the facts by its ``id()``."""

    triples: list[Triple]
    names: dict[int, str]


def fact_graph(facts: Facts) -> FactGraph:
    """The facts as triples, with stable IRIs below that of the case."""
    names = _names(facts)
    triples: list[Triple] = []
    for node in _nodes(facts):
        subject = URIRef(names[id(node)])
        triples.append((subject, RDF.type, URIRef(cov(CLASSES[type(node)]))))
        for predicate, attribute in VOCABULARY[type(node)].items():
            held = getattr(node, attribute.name)
            for value in held if attribute.many else (() if held is None else (held,)):
                obj = URIRef(names[id(value)]) if attribute.node else URIRef(value) if attribute.iri else literal(value)
                triples.append((subject, URIRef(predicate), obj))
    return FactGraph(triples, names)


def literal(value: Any) -> Literal:
    """A Python value as a literal; a number with a fraction is a decimal where it is short, else a double."""
    if isinstance(value, float):
        return Literal(int(value)) if value.is_integer() else Literal(repr(value), datatype=XSD.double)
    return Literal(value)


def _nodes(facts: Facts) -> list[object]:
    case = facts.case
    nodes: list[object] = [case, *case.lines, *case.treatments, *case.documents, *case.procedures, *case.extents]
    seen: set[int] = set()
    for site in facts.sites:
        nodes += [site, *site.observations]
        for use in site.product_uses:
            if id(use) not in seen:
                seen.add(id(use))
                nodes.append(use)
    return nodes


def _names(facts: Facts) -> dict[int, str]:
    case = facts.case
    base = case_iri(case.id)
    names = {id(case): base}
    for part in ("lines", "treatments", "documents", "procedures", "extents"):
        for place, node in enumerate(getattr(case, part)):
            names[id(node)] = f"{base}/{part}/{place}"
    for site in facts.sites:
        names[id(site)] = iri = site_iri(base, site.line.id, site.level)
        for observation in site.observations:
            names[id(observation)] = f"{iri}/finding/{observation.index}"
        for place, use in enumerate(site.product_uses):
            names[id(use)] = f"{base}/lines/{site.line_index}/product/{place}"
    return names
