"""What a query worker does: answers a query in a media type that its asker accepts. Runs in the worker process."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, cast

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from covergraph.errors import InputError
from covergraph.sparql import evaluate, reading_answers
from covergraph.web.frames import Frame, Header
from covergraph.web.negotiation import negotiate
from covergraph.web.problems import Problem, problem_of

LEAST_TRIPLE = 12
"""Bytes that a triple takes at the least, in any format."""


class _Written:
    """Bytes up to a limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.data = bytearray()

    def write(self, part: bytes) -> int:
        if len(self.data) + len(part) > self.limit:
            raise _TooLargeError
        self.data += part
        return len(part)

    def flush(self) -> None:
        """Nothing is held back."""


class _TooLargeError(Exception):
    """The answer is longer than its limit."""


def query_job(config: Header, snapshot: bytes) -> Callable[[Header, bytes], Frame]:
    """A function from a query (accept, default_graphs, named_graphs, base; its text) to its answer or problem.

    ``config`` holds ``result`` (bytes that an answer may have) and ``prefixes``; ``snapshot`` the graph in N-Quads.
    """
    store = Store()
    store.load(snapshot, RdfFormat.N_QUADS)
    limit, prefixes = config["result"], config["prefixes"]

    def answer(asked: Header, text: bytes) -> Frame:
        written = _Written(limit)
        try:
            media_type = _write(store, text.decode(), asked, prefixes, written)
        except _TooLargeError:
            cause = f"The answer is longer than {limit:,} bytes."
            cure = "Ask for fewer rows (LIMIT) or fewer columns."
            return {"problem": vars(Problem(422, "result-too-large", cause, cure))}, b""
        except Problem as problem:
            return {"problem": vars(problem)}, b""
        except InputError as error:
            return {"problem": vars(problem_of(error))}, b""
        return {"media_type": media_type}, bytes(written.data)

    return answer


def _write(store: Store, text: str, asked: Header, prefixes: dict[str, str], written: _Written) -> str:
    """Write the answer; gives its media type."""
    accept: str = asked["accept"]
    results = evaluate(store, text, prefixes, asked["default_graphs"], asked["named_graphs"], asked["base"])
    output = cast("IO[bytes]", written)
    with reading_answers():
        if isinstance(results, QueryBoolean):
            media_type = negotiate(accept, "ask")
            results.serialize(output=output, format=QueryResultsFormat.from_media_type(media_type))
        elif isinstance(results, QuerySolutions):
            media_type = negotiate(accept, "select")
            results.serialize(output=output, format=QueryResultsFormat.from_media_type(media_type))
        else:
            media_type = negotiate(accept, "graph")
            _write_graph(results, media_type, prefixes, written)
    return media_type


def _write_graph(results: QueryTriples, media_type: str, prefixes: dict[str, str], written: _Written) -> None:
    """Write a graph: each triple once, in a fixed order, with the prefixes that it uses."""
    triples: set[Triple] = set()
    for triple in results:
        triples.add(triple)
        if len(triples) * LEAST_TRIPLE > written.limit:
            raise _TooLargeError
    ordered = sorted(triples, key=str)
    lines = serialize(ordered, format=RdfFormat.N_TRIPLES) or b""
    used = {prefix: iri for prefix, iri in prefixes.items() if f"<{iri}".encode() in lines}
    format = RdfFormat.from_media_type(media_type)
    serialize(ordered, cast("IO[bytes]", written), format=format, prefixes=used)
