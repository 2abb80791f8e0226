"""What a policy version holds beside its clauses: codes, readings, errata, references, history; and vocabularies."""

from __future__ import annotations

from dataclasses import dataclass

from covergraph import terms
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.web.pages.book import kind, of_class, text
from covergraph.web.pages.clause import Reading, reading
from covergraph.web.pages.links import Link, link, links
from covergraph.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Listed:
    """A code or a range that a version lists; ``members`` are the billable codes of a range."""

    link: Link
    printed: str
    text: str
    page: str
    mark: str
    members: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A dated, printed or cited thing of a document, and what it concerns."""

    link: Link
    text: str
    page: str
    date: str
    concerns: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a vocabulary; ``id`` is what follows the hash of its IRI."""

    id: str
    label: str
    kind: str
    text: str


def codes_listed(graph: Graph, version: str) -> tuple[tuple[Link, tuple[Listed, ...]], ...]:
    """What a version lists, by code system."""
    systems: dict[str, list[str]] = {}
    for iri in graph.values(version, cov("lists")):
        systems.setdefault(graph.value(iri, cov("codeSystem")) or "", []).append(iri)
    return tuple(
        (link(graph, system), tuple(_listed(graph, i) for i in sorted(iris, key=lambda i: _place(graph, i))))
        for system, iris in sorted(systems.items(), key=lambda item: min(_place(graph, i) for i in item[1]))
        if system
    )


def _place(graph: Graph, iri: str) -> tuple[int, int, str]:
    pages = [int(page) for page in graph.values(iri, cov("page"))]
    return min(pages, default=0), graph.number(iri, cov("ordinal")) or 0, iri


def _listed(graph: Graph, iri: str) -> Listed:
    found = link(graph, iri)
    return Listed(
        link=found,
        printed=graph.value(iri, cov("printedAs")) or found.id or found.text,
        text=text(graph, iri) if not found.id else found.text,
        page=", ".join(sorted(graph.values(iri, cov("page")), key=int)),
        mark=graph.value(iri, cov("markedAs")) or "",
        members=links(graph, graph.values(iri, cov("expandsTo"))),
    )


def readings(graph: Graph, version: str) -> tuple[tuple[Reading, tuple[Link, ...]], ...]:
    """The readings of a version, each with what it concerns."""
    iris = [i for i in graph.instances("Reading") if i.startswith(version + "/")]
    return tuple((reading(graph, i), links(graph, graph.values(i, cov("concerns")))) for i in iris)


def errata(graph: Graph, version: str) -> tuple[tuple[Entry, str, str], ...]:
    """Slips of the print, each with what is printed and what it is read as."""
    return tuple(
        (entry, graph.value(iri, cov("printedAs")) or "", graph.value(iri, cov("readAs")) or "")
        for iri in graph.instances("Erratum") if iri.startswith(version + "/")
        for entry in [_entry(graph, iri)]
    )  # fmt: skip


def references(graph: Graph, version: str) -> tuple[Entry, ...]:
    """The publications that a version cites, in its order."""
    return tuple(_entry(graph, i) for i in graph.instances("Reference") if i.startswith(version + "/"))


def history(graph: Graph, version: str) -> tuple[Entry, ...]:
    """Dated revisions and approvals of a version, newest first."""
    about = of_class(graph, graph.subjects(cov("concerns"), version), "RevisionEvent", "CommitteeApproval")
    own = [i for i in graph.instances("RevisionEvent", "CommitteeApproval") if i.startswith(version + "/")]
    entries = [_entry(graph, i) for i in dict.fromkeys([*about, *own])]
    return tuple(sorted(entries, key=lambda e: e.date, reverse=True))


def _entry(graph: Graph, iri: str) -> Entry:
    return Entry(
        link=link(graph, iri),
        text=graph.value(iri, terms.DCTERMS + "bibliographicCitation") or text(graph, iri),
        page=graph.value(iri, cov("page")) or "",
        date=graph.value(iri, cov("date")) or "",
        concerns=links(graph, graph.values(iri, cov("concerns"))),
    )


def vocabulary_terms(workspace: Workspace, iri: str) -> tuple[Term, ...]:
    """The terms of the vocabulary at an IRI, which are the IRIs with a hash after it; empty for anything else."""
    graph = workspace.graph
    found = sorted({i for i, _ in graph.pairs(terms.LABEL) if i.startswith(iri + "#")}, key=str.casefold)
    return tuple(
        Term(i.removeprefix(iri + "#"), graph.value(i, terms.LABEL) or "", _kind(graph, i), text(graph, i))
        for i in found
    )


def _kind(graph: Graph, iri: str) -> str:
    """What sort of term it is: class, property, or a member of a class."""
    types = graph.values(iri, terms.TYPE)
    if terms.OWL + "Class" in types:
        return "class"
    return "property" if any(t.endswith("Property") for t in types) else kind(graph, iri)
