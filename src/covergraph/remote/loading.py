"""Putting graphs into a store by the Graph Store Protocol or by SPARQL Update, and counting what arrived.

Each graph is replaced, so that a load can be repeated. Until the last graph is in and counted, the list of graphs in
the store is not whole, and nothing is asked there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, serialize

from covergraph import terms
from covergraph.errors import InputError
from covergraph.remote.dataset import LIST, REPORTS, SELECT_ACCEPT, Dataset, find_dataset, over, rows
from covergraph.remote.endpoint import Connection, check_address

CHUNK = 2_000
"""Triples a request; some stores compile an update as one program and refuse long ones."""

_REPORT = NamedNode(terms.cov("Report"))


class Writer(Protocol):
    """How a store takes graphs."""

    def put(self, graph: str, triples: str, first: bool) -> None:
        """Write triples (N-Triples) into a graph; the first ones replace what it held."""

    def drop(self, graph: str) -> None:
        """Remove a graph, where there is one."""


@dataclass(frozen=True)
class GraphStore:
    """SPARQL 1.1 Graph Store HTTP Protocol, graphs named indirectly (``?graph=``)."""

    connection: Connection
    url: str

    def put(self, graph: str, triples: str, first: bool) -> None:
        """PUT the first part, POST the others. N-Triples are Turtle, which every graph store takes."""
        headers = {"content-type": "text/turtle; charset=utf-8"}
        method, content = "PUT" if first else "POST", triples.encode()
        self.connection.send(method, self.url, params={"graph": graph}, content=content, headers=headers)

    def drop(self, graph: str) -> None:
        """DELETE it."""
        self.connection.send("DELETE", self.url, missing_ok=True, params={"graph": graph})


@dataclass(frozen=True)
class Update:
    """SPARQL 1.1 Update."""

    connection: Connection
    url: str

    def put(self, graph: str, triples: str, first: bool) -> None:
        """Drop and insert in one request, so that it happens as a whole where the store has transactions."""
        drop = f"DROP SILENT GRAPH <{graph}> ;\n" if first else ""
        self._update(f"{drop}INSERT DATA {{ GRAPH <{graph}> {{\n{triples}}} }}")

    def drop(self, graph: str) -> None:
        """Drop it."""
        self._update(f"DROP SILENT GRAPH <{graph}>")

    def _update(self, text: str) -> None:
        self.connection.send("POST", self.url, data={"update": text})


def writer(connection: Connection, graph_store: str | None, update: str | None) -> Writer:
    """How to write to a store: by the address given, else by updates at its query address."""
    if graph_store and update:
        raise InputError("two-ways", graph_store, "Both --graph-store and --update are given.", "Give one.")
    if graph_store:
        return GraphStore(connection, check_address(graph_store))
    return Update(connection, check_address(update or connection.endpoint.url))


def load(connection: Connection, target: Writer, graphs: Mapping[str, Sequence[Triple]], fingerprint: str,
         show: Callable[[str, int], None] = lambda graph, size: None) -> Dataset:  # fmt: skip
    """Put graphs into a store and count them there; ``show`` is told each graph and its size when it is in.

    Report graphs of earlier loads stay. The store is not asked anything until ``finish`` is called with the result.
    Raises InputError where the store refuses, or holds other counts than were sent.
    """
    _require_datasets(connection)
    before = find_dataset(connection).sizes
    sizes = {graph: len(triples) for graph, triples in graphs.items()}
    _refuse_twice(connection, graphs, before.keys() - sizes.keys())
    _list(target, Dataset({**before, **sizes}))
    for graph, triples in graphs.items():
        for number, chunk in enumerate(chunks(triples, CHUNK)):
            target.put(graph, _text(chunk), first=number == 0)
        show(graph, len(triples))
    for graph in before.keys() - sizes.keys():
        if graph.startswith(REPORTS):
            sizes[graph] = before[graph]
        else:
            target.drop(graph)
    for graph, size in sizes.items():
        _verify(connection, graph, size)
    return Dataset(sizes, fingerprint)


def finish(target: Writer, dataset: Dataset, wrong: Iterable[str]) -> None:
    """Open a loaded store for questions, but for those that it was found to answer wrong."""
    _list(target, replace(dataset, wrong=frozenset(wrong)))


def _list(target: Writer, dataset: Dataset) -> None:
    target.put(LIST, _text(dataset.triples()), first=True)


def _require_datasets(connection: Connection) -> None:
    """Raise where a store asks over everything that it holds, whatever graphs a query is sent for."""
    nowhere = over([LIST + "#nothing"])
    for text in ("SELECT ?s WHERE { ?s ?p ?o } LIMIT 1", "SELECT ?g WHERE { GRAPH ?g { ?s ?p ?o } } LIMIT 1"):
        if rows(connection.query(text, SELECT_ACCEPT, nowhere), connection.endpoint.url):
            raise InputError("no-datasets", connection.endpoint.url, "The store ignores default-graph-uri and "
                             "named-graph-uri, so other graphs could get into answers.",
                             "Use a store that follows the SPARQL 1.1 Protocol.")  # fmt: skip


def _refuse_twice(connection: Connection, graphs: Mapping[str, Sequence[Triple]], others: Collection[str]) -> None:
    """Raise where a report would stand in two graphs: it would be counted twice, or be two findings on one case."""
    reports: dict[str, str] = {}

    def place(report: str, graph: str) -> None:
        if reports.setdefault(report, graph) != graph:
            raise InputError("report-twice", report, f"It is in {reports[report]} and in {graph}.",
                             "Leave it out of one of the paths, and load that path again.")  # fmt: skip

    for graph, triples in graphs.items():
        for triple in triples:
            if triple.predicate.value == terms.TYPE and triple.object == _REPORT:
                place(str(triple.subject), graph)
    known = list(reports) if others else []
    for start in range(0, len(known), 500):
        values = " ".join(known[start : start + 500])
        query = (
            f"SELECT ?report ?graph WHERE {{ VALUES ?report {{ {values} }} GRAPH ?graph {{ ?report a {_REPORT} }} }}"
        )
        for report, graph in rows(connection.query(query, SELECT_ACCEPT), connection.endpoint.url):
            if graph in others:
                place(f"<{report}>", graph)


def _verify(connection: Connection, graph: str, expected: int) -> None:
    query = f"SELECT (COUNT(*) AS ?triples) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    found = rows(connection.query(query, SELECT_ACCEPT), connection.endpoint.url)[0][0]
    if int(found) != expected:
        raise InputError("load-incomplete", graph, f"The store holds {found} of its {expected} triples.",
                         "See that nothing else writes there and load again.")  # fmt: skip


def _text(triples: Iterable[Triple]) -> str:
    return (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").decode()


def chunks(triples: Iterable[Triple], size: int) -> Iterator[list[Triple]]:
    """Triples in parts of about a size, such that no blank node stands in two parts.

    A blank node's label holds within one request only: in two requests it would become two nodes.

    >>> from pyoxigraph import NamedNode
    >>> p, a, b = NamedNode("urn:p"), BlankNode(), BlankNode()
    >>> parts = chunks([Triple(a, p, b), Triple(p, p, p), Triple(b, p, p)], size=1)
    >>> [len(part) for part in parts]
    [1, 2]
    """
    together: dict[BlankNode, BlankNode] = {}

    def group(node: BlankNode) -> BlankNode:
        while (above := together.setdefault(node, node)) != node:
            together[node] = together[above]
            node = above
        return node

    held: list[tuple[Triple, BlankNode | None]] = []
    for triple in triples:
        nodes = [node for node in (triple.subject, triple.object) if isinstance(node, BlankNode)]
        for node in nodes[1:]:
            together[group(node)] = group(nodes[0])
        held.append((triple, nodes[0] if nodes else None))
    groups: dict[BlankNode, list[Triple]] = {}
    part: list[Triple] = []
    for triple, blank in held:
        if blank is None:
            part.append(triple)
        else:
            groups.setdefault(group(blank), []).append(triple)
        if len(part) == size:
            yield part
            part = []
    for members in groups.values():
        if part and len(part) + len(members) > size:
            yield part
            part = []
        part += members
    if part:
        yield part
