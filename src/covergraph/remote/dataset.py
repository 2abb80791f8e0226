"""Which graphs of a store are ours: a small graph in the store lists them, written when all of them are there.

A store may hold other people's graphs too, and a load may have stopped halfway; both would change answers. So every
question goes to the listed graphs and to no others, and none is asked before the list is marked as whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, Triple, parse_query_results

from covergraph import terms
from covergraph.errors import InputError
from covergraph.remote.endpoint import Connection, Form

LIST = terms.GRAPHS + "loaded"
REPORTS = terms.GRAPHS + "reports/"
SELECT_ACCEPT = "application/sparql-results+json"

_SIZE = NamedNode(terms.VOID + "triples")
_STATE = NamedNode(terms.DCTERMS + "identifier")
_WRONG = NamedNode(LIST + "#answersOtherwise")


@dataclass(frozen=True)
class Dataset:
    """The graphs of a load with their number of triples, and the fingerprint of the content that they are.

    While a load is not finished there is no fingerprint. ``wrong`` names the questions to which this store was found to
    give another answer than the embedded one.
    """

    sizes: Mapping[str, int]
    fingerprint: str | None = None
    wrong: frozenset[str] = frozenset()

    def require(self, question: str | None, url: str) -> None:
        """InputError where the store is known to answer a named question wrong."""
        if question in self.wrong:
            raise InputError("answered-otherwise", url, f"This store was found to answer {question!r} wrong.",
                             "Ask without --endpoint, or load into another store.")  # fmt: skip

    def triples(self) -> list[Triple]:
        """The list as it stands in the store."""
        sizes = [Triple(NamedNode(graph), _SIZE, Literal(size)) for graph, size in sorted(self.sizes.items())]
        state = [Triple(NamedNode(LIST), _STATE, Literal(self.fingerprint))] if self.fingerprint else []
        wrong = [Triple(NamedNode(LIST), _WRONG, Literal(question)) for question in sorted(self.wrong)]
        return state + sizes + wrong


def report_graph(path: Path) -> str:
    """Name of the graph that the reports at a path become: the same for the same file or folder name.

    >>> report_graph(Path("reports/2026-11"))
    'https://w3id.org/covergraph/graph/reports/2026-11'
    """
    return REPORTS + quote(path.resolve().name)


def over(graphs: Iterable[str]) -> Form:
    """What asks a query over some graphs: their union as default graph, and each by its name.

    See https://www.w3.org/TR/sparql11-protocol/#dataset.
    """
    names = sorted(graphs)
    return {"default-graph-uri": names, "named-graph-uri": names}


def rows(answer: bytes, url: str) -> list[tuple[str, ...]]:
    """The rows of an answer in SPARQL JSON as text; InputError where it is none."""
    try:
        found = parse_query_results(answer, QueryResultsFormat.JSON)
        if not isinstance(found, QuerySolutions):
            raise ValueError("not a table")
        return [tuple("" if value is None else str(getattr(value, "value", value)) for value in row) for row in found]
    except (SyntaxError, ValueError) as error:
        raise unreadable(url, error) from None


def unreadable(url: str, error: Exception) -> InputError:
    """The error for an answer that is not in the format asked for."""
    return InputError("bad-answer", url, f"The store's answer cannot be read: {error}.",
                      "See that the address is that of a SPARQL 1.1 endpoint for queries.")  # fmt: skip


def find_dataset(connection: Connection) -> Dataset:
    """What the list in a store says, whether its load was finished or not."""
    url = connection.endpoint.url

    def read(predicate: NamedNode) -> list[tuple[str, ...]]:
        query = f"SELECT ?subject ?value WHERE {{ GRAPH <{LIST}> {{ ?subject {predicate} ?value }} }}"
        return rows(connection.query(query, SELECT_ACCEPT), url)

    sizes = {graph: int(size) for graph, size in read(_SIZE)}
    states = [state for _, state in read(_STATE)]
    return Dataset(sizes, states[0] if states else None, frozenset(question for _, question in read(_WRONG)))


def read_dataset(connection: Connection) -> Dataset:
    """What was loaded into a store; InputError where nothing was, or not all."""
    dataset = find_dataset(connection)
    if dataset.fingerprint is None:
        raise InputError("not-loaded", connection.endpoint.url, "The store does not hold the whole content.",
                         "Run `covergraph load` for it, to the end.")  # fmt: skip
    return dataset
