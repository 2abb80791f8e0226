"""One clause as a page: what it says and needs, what would meet it, how it is read, and the evidence on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from covergraph import terms
from covergraph.policy import Policy
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.web.pages.book import CODES, JOINTS, PRODUCTS, above, codes, constants, inside, kind, of_class, text
from covergraph.web.pages.demands import Halves, halves
from covergraph.web.pages.links import Link, link, links

SIDES = {"supports": "For it", "opposes": "Against it", "concerns": "About it"}
"""How an evidence statement stands to a clause."""

RULES = {
    "whenMet": "Where it is met",
    "whenUndocumented": "Where it is not documented",
    "whenNotMet": "Where it is not met",
    "onSilence": "Where the record says nothing of it",
    "onDoubt": "Where findings on it conflict or are unanswered",
    "defersTo": "Then governed by",
    "basis": "Ground",
}
"""What the content says of a statement or an exclusion, in reading order."""


@dataclass(frozen=True, slots=True)
class Need:
    """A provision that helps to meet another one; a leaf has ``halves``, any other ``members`` and a ``joint``."""

    link: Link
    is_clause: bool
    joint: str
    halves: Halves | None
    only_where: tuple[Link, ...]
    unless: tuple[Link, ...]
    members: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An evidence statement; ``clause`` is the clause inside this one that it is on, None where it is this one."""

    title: str
    text: str
    page: str
    stance: str
    clause: Link | None
    citations: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A choice between ways of understanding a clause."""

    title: str
    chosen: str
    alternative: str
    rationale: str


@dataclass(frozen=True, slots=True)
class Clause:
    """Everything the page of a clause shows."""

    link: Link
    kind: str
    text: str
    page: str
    crumbs: tuple[Link, ...]
    before: Link | None
    after: Link | None
    rules: tuple[tuple[str, Link], ...]
    need: Need | None
    inside: tuple[Link, ...]
    watched_by: tuple[Link, ...]
    questions: tuple[tuple[Link, str], ...]
    notes: tuple[str, ...]
    readings: tuple[Reading, ...]
    evidence: tuple[tuple[str, tuple[Evidence, ...]], ...]
    codes: tuple[Link, ...]
    products: tuple[Link, ...]
    values: tuple[Link, ...]


def clause(policy: Policy, iri: str, graph: Graph) -> Clause:
    """The page of the clause, or part of one, at an IRI of a policy version."""
    id = iri.removeprefix(policy.iri + "/")
    provision = policy.provisions.get(id)
    used = constants(policy, id)
    named = [i for i in used if ":" in i and " " not in i and graph.term(i, terms.TYPE)]
    products, shown = of_class(graph, named, *PRODUCTS), of_class(graph, named, *CODES, *PRODUCTS)
    before, after = _neighbours(policy, iri, graph)
    watching = [p.iri for p in policy.provisions.values() if id in (*p.applies_when, *p.unless_met)]
    return Clause(
        link=link(graph, iri),
        kind=kind(graph, iri),
        text=text(graph, iri),
        page=graph.value(iri, cov("page")) or "",
        crumbs=tuple(link(graph, i) for i in above(iri, graph)),
        before=before,
        after=after,
        rules=tuple((words, link(graph, v)) for name, words in RULES.items() for v in graph.values(iri, cov(name))),
        need=_need(policy, id, graph) if provision else None,
        inside=links(graph, inside(iri, graph)),
        watched_by=links(graph, watching),
        questions=tuple(_questions(policy, id, graph)),
        notes=tuple(graph.values(iri, terms.EDITORIAL_NOTE)),
        readings=tuple(reading(graph, i) for i in of_class(graph, graph.subjects(cov("concerns"), iri), "Reading")),
        evidence=_evidence(policy, iri, graph),
        codes=codes(policy, id, graph),
        products=links(graph, products),
        values=links(graph, [i for i in named if i not in shown]),
    )


def labelled(policy: Policy, graph: Graph) -> list[str]:
    """Every labelled clause of a version, in print order."""
    found = [i for i, _ in graph.pairs(cov("sectionLabel")) if i.startswith(policy.iri + "/")]
    return sorted(found, key=lambda i: (graph.number(i, cov("ordinal")) or 0, i))


def _neighbours(policy: Policy, iri: str, graph: Graph) -> tuple[Link | None, Link | None]:
    order = labelled(policy, graph)
    if iri not in order:
        return None, None
    place = order.index(iri)
    return (
        link(graph, order[place - 1]) if place else None,
        link(graph, order[place + 1]) if place + 1 < len(order) else None,
    )


def _need(policy: Policy, id: str, graph: Graph) -> Need:
    provision = policy.provisions[id]
    iris = {other: p.iri for other, p in policy.provisions.items()}
    return Need(
        link=link(graph, provision.iri),
        is_clause=graph.value(provision.iri, cov("sectionLabel")) is not None,
        joint=JOINTS[provision.operator] if provision.operator and len(provision.members) > 1 else "",
        halves=halves(provision.shape, graph) if provision.shape else None,
        only_where=links(graph, [iris[i] for i in provision.applies_when]),
        unless=links(graph, [iris[i] for i in provision.unless_met]),
        members=tuple(_need(policy, member, graph) for member in provision.members),
    )


def _questions(policy: Policy, id: str, graph: Graph) -> Iterator[tuple[Link, str]]:
    """What to ask the requester for, of a clause and of all that it is made of."""
    provision = policy.provisions.get(id)
    if provision is None:
        return
    if provision.question:
        yield link(graph, provision.iri), provision.question
    for member in provision.members:
        yield from _questions(policy, member, graph)


def reading(graph: Graph, iri: str) -> Reading:
    """A recorded reading."""
    return Reading(
        title=graph.value(iri, terms.LABEL) or "",
        chosen=graph.value(iri, cov("chosen")) or "",
        alternative=graph.value(iri, cov("alternative")) or "",
        rationale=graph.value(iri, cov("rationale")) or "",
    )


def _evidence(policy: Policy, iri: str, graph: Graph) -> tuple[tuple[str, tuple[Evidence, ...]], ...]:
    """Evidence on a clause and on all below it, by the side that it takes."""
    clauses = [i for i in [iri, *labelled(policy, graph)] if i == iri or iri in above(i, graph)]
    groups = []
    for name, words in SIDES.items():
        on: dict[str, str] = {}
        for found in clauses:
            for statement in of_class(graph, graph.subjects(cov(name), found), "EvidenceStatement"):
                on.setdefault(statement, found)
        ordered = sorted(on, key=lambda s: graph.number(s, cov("ordinal")) or 0)
        if ordered:
            groups.append((words, tuple(_statement(s, on[s], iri, graph) for s in ordered)))
    return tuple(groups)


def _statement(iri: str, on: str, clause: str, graph: Graph) -> Evidence:
    stance = graph.value(iri, cov("stance"))
    return Evidence(
        title=graph.value(iri, terms.LABEL) or "",
        text=text(graph, iri),
        page=graph.value(iri, cov("page")) or "",
        stance=(graph.value(stance, terms.LABEL) or "") if stance else "",
        clause=None if on == clause else link(graph, on),
        citations=links(graph, graph.values(iri, cov("cites"))),
    )
