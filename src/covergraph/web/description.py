"""What the endpoint says of itself: https://www.w3.org/TR/sparql11-service-description/ and https://www.w3.org/TR/void/."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, serialize

from covergraph import terms

FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "N-Triples", "RDF_XML", "JSON-LD", "TriG", "N-Quads",
)  # fmt: skip
PREFIXES = {"sd": terms.SD, "void": terms.VOID, "formats": terms.FORMATS, "xsd": terms.XSD}


def graph_sizes(store: Store) -> dict[str, int]:
    """How many triples each named graph of a store has."""
    return dict(
        sorted(Counter(quad.graph_name.value for quad in store if isinstance(quad.graph_name, NamedNode)).items())
    )


def describe(endpoint: str, sizes: Mapping[str, int], media_type: str) -> bytes:
    """The service description of an endpoint whose named graphs have these sizes, in one of the RDF media types."""
    format = RdfFormat.from_media_type(media_type)
    assert format
    written = serialize(_triples(endpoint, sizes), format=format, prefixes=PREFIXES)
    assert written is not None
    return written


def _triples(endpoint: str, sizes: Mapping[str, int]) -> Iterator[Triple]:
    service, dataset, default = BlankNode("service"), BlankNode("dataset"), BlankNode("default")
    yield from _about(service, terms.TYPE, terms.SD + "Service")
    yield from _about(service, terms.SD + "endpoint", endpoint)
    yield from _about(service, terms.SD + "supportedLanguage", terms.SD + "SPARQL11Query")
    yield from _about(service, terms.SD + "feature", terms.SD + "UnionDefaultGraph")
    yield from _about(service, terms.SD + "resultFormat", *(terms.FORMATS + name for name in FORMATS))
    yield from _about(service, terms.SD + "defaultDataset", dataset)
    yield from _about(dataset, terms.TYPE, terms.SD + "Dataset")
    yield from _about(dataset, terms.SD + "defaultGraph", default)
    graphs = [(BlankNode(f"named{n}"), BlankNode(f"graph{n}"), *item) for n, item in enumerate(sizes.items())]
    yield from _about(dataset, terms.SD + "namedGraph", *(named for named, *_ in graphs))
    yield from _about(default, terms.TYPE, terms.SD + "Graph")
    for named, graph, name, size in graphs:
        yield from _about(named, terms.TYPE, terms.SD + "NamedGraph")
        yield from _about(named, terms.SD + "name", name)
        yield from _about(named, terms.SD + "graph", graph)
        yield from _about(graph, terms.TYPE, terms.SD + "Graph")
        count = Literal(str(size), datatype=NamedNode(terms.XSD + "integer"))
        yield Triple(graph, NamedNode(terms.VOID + "triples"), count)


def _about(subject: BlankNode, predicate: str, *objects: str | BlankNode) -> Iterable[Triple]:
    for obj in objects:
        yield Triple(subject, NamedNode(predicate), obj if isinstance(obj, BlankNode) else NamedNode(obj))
