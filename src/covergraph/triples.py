"""The triples of the content: loading Turtle files into a store, and reading what is there.

Every Turtle file becomes one named graph; what follows from the files once and for all (the levels of a range) stands
in a graph of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from os import fspath
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple

from covergraph import terms
from covergraph.errors import ContentError

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal
Constant = str | bool | int | float | date

DERIVED = terms.BASE + "graph/derived"


def plain(term: Term | Triple) -> Term:
    """A term of RDF 1.1: content has no quoted triples, and Turtle 1.1 cannot write one."""
    assert not isinstance(term, Triple)
    return term


def constant(term: Term) -> Constant:
    """A term as Python sees it: an IRI as its text, a literal by its datatype.

    >>> constant(Literal("42", datatype=NamedNode(terms.XSD + "integer")))
    42
    """
    if not isinstance(term, Literal):
        return term.value
    kind = terms.local_name(term.datatype.value)
    match kind:
        case "boolean":
            return term.value in ("true", "1")
        case "integer":
            return int(term.value)
        case "decimal" | "double":
            return float(term.value)
        case "date":
            return date.fromisoformat(term.value)
        case _:
            return term.value


class Graph:
    """Read access to all triples of a store, whatever named graph they stand in. IRIs are plain text."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def terms(self, subject: str | Node, predicate: str) -> list[Term]:
        """Objects of a subject and a predicate."""
        s = NamedNode(subject) if isinstance(subject, str) else subject
        found = self.store.quads_for_pattern(s, NamedNode(predicate), None, None)
        return list(dict.fromkeys(plain(q.object) for q in found))

    def term(self, subject: str | Node, predicate: str) -> Term | None:
        """The one object of a subject and a predicate, or None."""
        return next(iter(self.terms(subject, predicate)), None)

    def values(self, subject: str | Node, predicate: str) -> list[str]:
        """Objects as text, sorted."""
        return sorted(t.value for t in self.terms(subject, predicate))

    def value(self, subject: str | Node, predicate: str) -> str | None:
        """The one object as text, or None."""
        term = self.term(subject, predicate)
        return None if term is None else term.value

    def number(self, subject: str | Node, predicate: str) -> int | None:
        """The one object as a whole number, or None."""
        text = self.value(subject, predicate)
        return None if text is None else int(text)

    def subjects(self, predicate: str, obj: str) -> list[str]:
        """IRIs that have this predicate and object, sorted."""
        found = self.store.quads_for_pattern(None, NamedNode(predicate), NamedNode(obj), None)
        return sorted({q.subject.value for q in found if isinstance(q.subject, NamedNode)})

    def instances(self, *classes: str) -> list[str]:
        """IRIs typed with any of the core classes, by ``cov:ordinal`` and then by IRI."""
        found = {iri for c in classes for iri in self.subjects(terms.TYPE, terms.cov(c))}
        return sorted(found, key=lambda iri: (self.number(iri, terms.cov("ordinal")) or 0, iri))

    def pairs(self, predicate: str) -> Iterator[tuple[str, str]]:
        """Subject and object, as text, of every triple with this predicate."""
        for quad in self.store.quads_for_pattern(None, NamedNode(predicate), None, None):
            yield plain(quad.subject).value, plain(quad.object).value

    def items(self, head: Term) -> list[Term]:
        """Members of an RDF list."""
        members: list[Term] = []
        while head.value != terms.NIL:
            first = None if isinstance(head, Literal) else self.term(head, terms.FIRST)
            rest = None if isinstance(head, Literal) else self.term(head, terms.REST)
            if first is None or rest is None:
                raise ContentError("broken-list", str(head), "An RDF list has no first member or no rest.")
            members.append(first)
            head = rest
        return members


def graph_name(relative_path: str) -> str:
    """Named graph of a content file.

    >>> graph_name("ontology/core.ttl")
    'https://w3id.org/covergraph/graph/ontology/core'
    """
    return terms.BASE + "graph/" + relative_path.removesuffix(".ttl")


def load_store(root: Path, names: Iterable[str]) -> Store:
    """The Turtle files of a folder in one store; raises ContentError with file and line where one cannot be parsed."""
    store = Store()
    for name in names:
        path = fspath(root / name)
        try:
            store.load(path=path, format=RdfFormat.TURTLE, to_graph=NamedNode(graph_name(name)))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            place = f"{path}:{line}" if line else path
            raise ContentError("bad-turtle", place, f"This is not Turtle: {error}.") from None
    store.extend(_level_ranges(Graph(store)))
    return store


def _level_ranges(graph: Graph) -> list[Quad]:
    """``cov:includesLevel`` for every level from the first to the last of a range, by ``cov:next``."""
    quads = []
    for level_range in graph.instances("LevelRange"):
        level = graph.value(level_range, terms.cov("firstLevel"))
        last = graph.value(level_range, terms.cov("lastLevel"))
        seen: set[str] = set()
        while level is not None and level not in seen:
            seen.add(level)
            quads.append(
                Quad(
                    NamedNode(level_range), NamedNode(terms.cov("includesLevel")), NamedNode(level), NamedNode(DERIVED)
                )
            )
            if level == last:
                break
            level = graph.value(level, terms.cov("next"))
        else:
            raise ContentError("broken-range", level_range, "Its last level does not follow its first by cov:next.")
    return quads


def named_graphs(store: Store) -> dict[str, list[Triple]]:
    """The triples of each named graph of a store, by the graph's name."""
    graphs: dict[str, list[Triple]] = {}
    for quad in store:
        if not isinstance(quad.graph_name, DefaultGraph):
            graphs.setdefault(quad.graph_name.value, []).append(quad.triple)
    return dict(sorted(graphs.items()))


def union_graph(store: Store) -> list[Quad]:
    """All triples of a store as quads of the default graph, each once."""
    return list({Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in store})


def declared_prefixes(graph: Graph) -> dict[str, str]:
    """The one prefix table, from ``ontology/prefixes.ttl``."""
    table = {}
    for node in graph.terms(terms.PREFIXES, terms.SH + "declare"):
        assert not isinstance(node, Literal)
        prefix, namespace = graph.value(node, terms.SH + "prefix"), graph.value(node, terms.SH + "namespace")
        if prefix and namespace:
            table[prefix] = namespace
    return dict(sorted(table.items()))
