"""The content as rdflib graphs, for pySHACL and for users of rdflib."""

from __future__ import annotations

from pyoxigraph import BlankNode as OxBlank
from pyoxigraph import Literal as OxLiteral
from pyoxigraph import NamedNode
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from covergraph import terms
from covergraph.triples import DERIVED, graph_name
from covergraph.workspace import Workspace


def to_rdflib(term: NamedNode | OxBlank | OxLiteral | object) -> Node:
    """A term of the store as rdflib has it."""
    match term:
        case NamedNode():
            return URIRef(term.value)
        case OxBlank():
            return BNode(term.value)
        case OxLiteral():
            if term.language:
                return Literal(term.value, lang=term.language)
            # rdflib tells an explicit xsd:string from a plain literal; SPARQL texts mean the plain one.
            plain = term.datatype.value == terms.XSD + "string"
            return Literal(term.value, datatype=None if plain else URIRef(term.datatype.value))
        case _:
            raise TypeError(f"{term!r} is no RDF 1.1 term")


def rdflib_graph(workspace: Workspace, part: str = "") -> Graph:
    """All triples of the content files whose path begins with ``part``, with what follows from them.

    >>> from covergraph.workspace import open_workspace
    >>> len(rdflib_graph(open_workspace(), "ontology/core.ttl")) > 1000
    True
    """
    graph = Graph()
    for prefix, namespace in workspace.prefixes.items():
        graph.bind(prefix, namespace, override=True)
    wanted = graph_name(part)
    for quad in workspace.store:
        name = getattr(quad.graph_name, "value", "")
        if name.startswith(wanted) or (name == DERIVED and "ontology/".startswith(part)):
            graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph
