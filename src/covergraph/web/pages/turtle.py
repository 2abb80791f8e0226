"""Things of the graph as Turtle to read: a shape with all that it is made of, by the library's own serializer."""

from __future__ import annotations

from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from covergraph import terms
from covergraph.triples import Node, plain
from covergraph.workspace import Workspace


@lru_cache(maxsize=512)
def shape_turtle(workspace: Workspace, iri: str) -> str:
    """The shape of a clause: its SHACL triples, its property shapes and their blank nodes; empty where it has none."""
    quads = _shape(workspace, NamedNode(iri))
    return _written(iri, quads, workspace) if any(q.predicate.value.startswith(terms.SH) for q in quads) else ""


@lru_cache(maxsize=512)
def thing_turtle(workspace: Workspace, iri: str) -> str:
    """What the graph says of a thing itself, with its blank nodes."""
    return _written(iri, _closed(workspace, NamedNode(iri)), workspace)


def _shape(workspace: Workspace, node: Node) -> list[Quad]:
    """The SHACL triples at a node, at its blank nodes and at the shapes that it names as its properties or nodes."""
    found = []
    for quad in workspace.store.quads_for_pattern(node, None, None, None):
        predicate, value = quad.predicate.value, plain(quad.object)
        is_shape_type = predicate == terms.TYPE and value.value.startswith(terms.SH)
        if isinstance(node, BlankNode) or predicate.startswith(terms.SH) or is_shape_type:
            found.append(quad)
            is_named_part = predicate in (terms.SH + "property", terms.SH + "node") and isinstance(value, NamedNode)
            if isinstance(value, BlankNode) or (is_named_part and not isinstance(value, Literal)):
                found += _shape(workspace, value)
    return found


def _closed(workspace: Workspace, node: Node) -> list[Quad]:
    found = list(workspace.store.quads_for_pattern(node, None, None, None))
    return found + [q for quad in found if isinstance(quad.object, BlankNode) for q in _closed(workspace, quad.object)]


def _written(iri: str, quads: list[Quad], workspace: Workspace) -> str:
    """Triples about a thing with the prefixes they need; ``v`` is the policy version that the thing belongs to."""
    from rdflib import Graph  # heavy; the first page that needs it loads it

    from covergraph.rdflibgraph import to_rdflib

    graph = Graph(bind_namespaces="none")
    named: set[str] = set()
    for quad in quads:
        subject, predicate, value = plain(quad.subject), quad.predicate, plain(quad.object)
        graph.add((to_rdflib(subject), to_rdflib(predicate), to_rdflib(value)))
        named |= {subject.value, predicate.value, value.datatype.value if isinstance(value, Literal) else value.value}
    version = next((v for v in workspace.graph.instances("PolicyVersion") if iri.startswith(v + "/")), None)
    own = {"v": version + "/"} if version else {}
    for prefix, namespace in (workspace.prefixes | own).items():
        if any(name.startswith(namespace) for name in named):
            graph.bind(prefix, namespace)
    return graph.serialize(format="turtle").strip() + "\n"
