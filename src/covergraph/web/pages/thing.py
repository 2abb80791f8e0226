"""A thing that is no clause as a page: what the graph says of it, what names it, and which clauses look at it.

Code, concept, device, technique, level: they differ in their properties only, whose labels the content has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from covergraph import terms
from covergraph.policy import Policy
from covergraph.shapes import Shape
from covergraph.terms import cov
from covergraph.triples import Graph, plain
from covergraph.vocabulary import closure
from covergraph.web.pages.book import kind, policy_at, text
from covergraph.web.pages.links import Link, compact, link
from covergraph.workspace import Workspace

SHOWN_ELSEWHERE = {terms.TYPE, terms.LABEL, terms.DEFINITION, cov("ordinal"), cov("paraphrase")}
NAMES = {"altLabel": "also called", "editorialNote": "note", "scopeNote": "note on use",
         "notation": "token or code"}  # fmt: skip
"""Names of properties that have no label in the content."""

BACKWARDS = {
    "expandsTo": "in the range",
    "rangeStart": "first of the range",
    "rangeEnd": "last of the range",
    "lists": "listed by",
    "concerns": "said of it",
    "cites": "cited in",
    "clearedBy": "devices that it clears",
    "applicant": "clearances that it asked for",
    "category": "what is listed under it",
    "broader": "narrower ones",
    "narrowMatch": "narrower than",
    "broadMatch": "broader than",
    "exactMatch": "the same as",
    "closeMatch": "close to",
    "relatedMatch": "related to",
    "region": "levels in it",
    "next": "comes after",
    "includesLevel": "in the level range",
    "fitsTechnique": "codes that can stand for it",
    "fitsRegion": "codes that can stand for a level in it",
    "forTechnique": "product categories for it",
    "addOnTo": "add-on codes to it",
    "inGroup": "techniques in it",
    "inDomain": "what belongs to it",
    "versionOf": "versions",
    "whenMet": "given where these are met",
}
"""How a property reads from the thing that is its value."""

FOLDED = 12
"""Values of one property that are shown unfolded."""
SHORT = 24
"""Characters of a text that still fits beside others."""


@dataclass(frozen=True, slots=True)
class Fact:
    """The values of one property; of an inverse one, what has the thing as its value."""

    name: str
    values: tuple[Link, ...]

    @property
    def is_long(self) -> bool:
        """Whether the values are better folded away."""
        return len(self.values) > FOLDED

    @property
    def is_short(self) -> bool:
        """Whether all values fit into one line."""
        return all(not value.href and len(value.text) <= SHORT for value in self.values)


@dataclass(frozen=True, slots=True)
class Use:
    """A clause whose shape looks at a thing; ``through`` is the broader concept that the shape names instead."""

    clause: Link
    half: str
    through: Link | None


@dataclass(frozen=True, slots=True)
class Thing:
    """Everything the page of a thing shows; ``uses`` by policy version."""

    iri: str
    name: str
    link: Link
    kind: str
    text: str
    facts: tuple[Fact, ...]
    named_by: tuple[Fact, ...]
    uses: tuple[tuple[Link, tuple[Use, ...]], ...]


def thing(workspace: Workspace, iri: str) -> Thing:
    """The page of anything of the graph that has an IRI of this project."""
    graph = workspace.graph
    return Thing(
        iri=iri,
        name=compact(iri, workspace.prefixes),
        link=link(graph, iri),
        kind=kind(graph, iri),
        text=text(graph, iri),
        facts=tuple(_facts(workspace, iri)),
        named_by=tuple(_named_by(workspace, iri)),
        uses=tuple(_uses(workspace, iri)),
    )


def _facts(workspace: Workspace, iri: str) -> Iterator[Fact]:
    found: dict[str, set[str]] = {}
    for quad in workspace.store.quads_for_pattern(NamedNode(iri), None, None, None):
        value = plain(quad.object)
        if quad.predicate.value not in SHOWN_ELSEWHERE and isinstance(value, NamedNode | Literal):
            texts = found.setdefault(quad.predicate.value, set())
            texts.add(value.value if isinstance(value, NamedNode) else f" {value.value}")
    for predicate, values in sorted(found.items(), key=lambda item: _label(workspace, item[0])):
        yield Fact(_label(workspace, predicate), _values(workspace, values))


def _values(workspace: Workspace, values: set[str]) -> tuple[Link, ...]:
    """Links for IRIs by their ordinals, and texts (which begin with a blank here, as no IRI does), numbers by size."""
    texts = sorted((v[1:] for v in values if v.startswith(" ")), key=lambda t: (int(t) if t.isdecimal() else 0, t))
    iris = [v for v in values if not v.startswith(" ")]
    iris.sort(key=lambda iri: (workspace.graph.number(iri, cov("ordinal")) or 0, iri))
    return (*map(Link, texts), *(_link(workspace, iri) for iri in iris))


def _link(workspace: Workspace, iri: str) -> Link:
    """A link to a thing here, or to an IRI of somebody else by its short name."""
    if workspace.graph.term(iri, terms.LABEL):
        return link(workspace.graph, iri)
    return Link(compact(iri, workspace.prefixes), iri)


def _named_by(workspace: Workspace, iri: str) -> Iterator[Fact]:
    """What has the thing as a value, by property; shapes and lists are left out: ``_uses`` tells of them."""
    found: dict[str, set[str]] = {}
    told_elsewhere = (terms.TYPE, terms.SH, terms.OWL)
    for quad in workspace.store.quads_for_pattern(None, None, NamedNode(iri), None):
        subject, predicate = quad.subject, quad.predicate.value
        if isinstance(subject, NamedNode) and not predicate.startswith(told_elsewhere):
            found.setdefault(predicate, set()).add(subject.value)
    for predicate, subjects in sorted(found.items(), key=lambda item: _label(workspace, item[0])):
        read = BACKWARDS.get(terms.local_name(predicate)) or f"{_label(workspace, predicate)} of"
        yield Fact(read, _values(workspace, subjects))


def _label(workspace: Workspace, predicate: str) -> str:
    """A property by its label, else by its name in words: ``scopeNote`` is a scope note."""
    name = terms.local_name(predicate)
    in_words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return workspace.graph.value(predicate, terms.LABEL) or NAMES.get(name) or in_words


def _uses(workspace: Workspace, iri: str) -> Iterator[tuple[Link, tuple[Use, ...]]]:
    """The clauses that look at a thing, or at a broader one than it, in every policy version."""
    graph = workspace.graph
    broader = closure([iri], lambda i: graph.values(i, terms.BROADER))
    for version in graph.instances("PolicyVersion"):
        found = list(_in_policy(policy_at(workspace, version), iri, broader, graph))
        if found:
            yield link(graph, version), tuple(found)


def _in_policy(policy: Policy, iri: str, broader: frozenset[str], graph: Graph) -> Iterator[Use]:
    listed = graph.value(iri, terms.NOTATION) if graph.term(iri, cov("codeSystem")) else None
    for leaf in sorted((p for p in policy.provisions.values() if p.shape), key=lambda p: (p.ordinal, p.id)):
        assert leaf.shape is not None
        halves: dict[str, str | None] = {}
        for part in leaf.shape.properties:
            if (named := _named(part, iri, broader, listed)) is not None:
                halves["helps to rule it out" if part.severity == cov("NotRuledOut") else "helps to show it"] = named
        for half, named in sorted(halves.items(), reverse=True):
            yield Use(link(graph, leaf.iri), half, link(graph, named) if named and named != iri else None)


def _named(part: Shape, iri: str, broader: frozenset[str], code: str | None) -> str | None:
    """The thing or broader thing that a shape names; a code also where a pattern fits it."""
    constants = part.constants()
    if iri in constants or (code and any(re.search(pattern, code) for pattern in part.patterns())):
        return iri
    return next(iter(sorted(broader & constants)), None)
