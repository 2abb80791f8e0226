"""SPARQL over a store: run a query, hold its answer, write the answer down. Nothing here ever sends a request.

The default graph of a query is the union of all named graphs, unless the query says FROM.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
)
from pyoxigraph import parse as parse_rdf
from pyoxigraph import parse_query_results as parse_results
from pyoxigraph import serialize as write_rdf

from covergraph import terms
from covergraph.errors import InputError
from covergraph.sparqltext import names_graphs, without_service
from covergraph.triples import constant

Value = str | int | float | bool | date | None
Kind = Literal["select", "ask", "graph"]

JSON = QueryResultsFormat.JSON
RESULTS = {"json": JSON, "csv": QueryResultsFormat.CSV, "tsv": QueryResultsFormat.TSV, "xml": QueryResultsFormat.XML}
FORMATS: dict[Kind, dict[str, Any]] = {
    "select": RESULTS,
    "ask": {name: format for name, format in RESULTS.items() if name != "tsv"},
    "graph": {"turtle": RdfFormat.TURTLE, "ntriples": RdfFormat.N_TRIPLES},
}
"""The formats that each kind of answer can be written in."""

REPORT_FORMATS = {
    ".ttl": RdfFormat.TURTLE, ".jsonld": RdfFormat.JSON_LD, ".nq": RdfFormat.N_QUADS, ".nq.gz": RdfFormat.N_QUADS,
    ".nq.zst": RdfFormat.N_QUADS,
}  # fmt: skip
"""Formats of judged reports by the ending of the file's name."""

_SENTENCE = re.compile(r"\b(?:The SELECT|[A-Z][a-z]+|IRI)(?: [a-z]+)+")
_ERROR = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """What a query gave. ``rows`` hold plain Python values: an IRI is its text, None stands where nothing is bound.

    An ask has one row with one boolean; a graph has a row for each triple.
    """

    kind: Kind
    variables: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    _written: bytes = field(repr=False)
    _prefixes: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    def records(self) -> list[Any]:
        """The rows as named tuples, a field for each variable.

        >>> run(Store(), 'SELECT ?code ?page { VALUES (?code ?page) { ("0042T" 7) } }').records()
        [Row(code='0042T', page=7)]
        """
        row = namedtuple("Row", self.variables, rename=True)  # type: ignore[misc]
        return [row(*values) for values in self.rows]

    def to_pandas(self) -> Any:
        """The rows as a pandas data frame; codes stay text. Raises InputError where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise InputError("no-pandas", "", "pandas is not installed.", "Run `pip install pandas`.") from None
        return pandas.DataFrame(list(self.rows), columns=list(self.variables), dtype=object).infer_objects()

    def serialize(self, format: str) -> str:
        """The answer in one of the FORMATS of its kind; raises InputError for another.

        >>> print(run(Store(), 'SELECT ?code { VALUES ?code { "0042T" } }').serialize("csv"))
        code
        0042T
        """
        formats = FORMATS[self.kind]
        if format not in formats:
            cause = f"The answer to this query ({self.kind}) cannot be written as {format!r}."
            raise InputError("bad-format", format, cause, f"Use one of: {', '.join(formats)}.")
        if self.kind == "graph":
            triples = [quad.triple for quad in parse_rdf(self._written, RdfFormat.N_TRIPLES)]
            written = write_rdf(triples, format=formats[format], prefixes=dict(self._prefixes))
        else:
            written = parse_results(self._written, JSON).serialize(format=formats[format])
        return (written or b"").decode()


def run(store: Store, text: str, prefixes: Mapping[str, str] | None = None) -> Answer:
    """The answer to a query; ``prefixes`` hold in it besides its own.

    Raises InputError: ``bad-query`` with line and column, ``no-service`` for SERVICE, ``too-deep``, or ``query-failed``
    where the engine gives up.

    >>> run(Store(), "ASK {}").rows
    ((True,),)
    >>> run(Store(), "SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }")
    Traceback (most recent call last):
    covergraph.errors.InputError: line 1, column 12: SERVICE would send a request to another endpoint...
    """
    results = evaluate(store, text, prefixes)
    with reading_answers():
        if isinstance(results, QueryBoolean):
            return read_answer(results.serialize(format=JSON) or b"", "ask")
        if isinstance(results, QuerySolutions):
            return read_answer(results.serialize(format=JSON) or b"", "select")
        return read_answer(write_rdf(results, format=RdfFormat.N_TRIPLES) or b"", "graph", prefixes)


def read_answer(written: bytes, kind: Kind, prefixes: Mapping[str, str] | None = None) -> Answer:
    """The answer that an engine wrote down, in SPARQL JSON or in N-Triples; raises SyntaxError or ValueError."""
    if kind == "graph":
        triples = sorted({quad.triple for quad in parse_rdf(written, RdfFormat.N_TRIPLES)}, key=str)
        written = write_rdf(triples, format=RdfFormat.N_TRIPLES) or b""
        rows = tuple((_value(t.subject), _value(t.predicate), _value(t.object)) for t in triples)
        used = {prefix: iri for prefix, iri in (prefixes or {}).items() if f"<{iri}".encode() in written}
        return Answer("graph", ("subject", "predicate", "object"), rows, written, used)
    results: Any = parse_results(written, JSON)
    if isinstance(results, QueryBoolean) != (kind == "ask"):
        raise ValueError(f"it is no answer to a query of this kind ({kind})")
    if isinstance(results, QueryBoolean):
        return Answer("ask", ("answer",), ((bool(results),),), written)
    names = tuple(variable.value for variable in results.variables)
    return Answer("select", names, tuple(tuple(_value(s[name]) for name in names) for s in results), written)


def evaluate(
    store: Store, text: str, prefixes: Mapping[str, str] | None = None,
    default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = (), base: str | None = None,
) -> QueryBoolean | QuerySolutions | QueryTriples:  # fmt: skip
    """The engine's own answer to a query, not yet read to its end: read it inside ``reading_answers``.

    Graphs that are given (IRIs) are the query's dataset whatever it says itself, as in the SPARQL protocol; then an
    empty list of default graphs is an empty default graph. Relative IRIs are relative to ``base``.
    Raises InputError as ``run`` does.
    """
    safe = without_service(text)
    dataset: dict[str, Any] = {}
    if default_graphs or named_graphs:
        dataset = {
            "default_graph": list(map(_graph_name, default_graphs)),
            "named_graphs": list(map(_graph_name, named_graphs)),
        }
    elif not names_graphs(safe):
        dataset = {"use_default_graph_as_union": True}
    with reading_answers():
        return store.query(safe, base_iri=base, prefixes=dict(prefixes or {}), **dataset)


def _graph_name(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError:
        raise InputError("bad-graph", iri, "The name of a graph has to be a whole IRI.") from None


@contextmanager
def reading_answers() -> Iterator[None]:
    """What the engine raises while an answer is read, as InputError."""
    try:
        yield
    except SyntaxError as error:
        raise _bad_query(str(error)) from None
    except InputError:
        raise
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError("query-failed", "", f"The query could not be answered: {error}") from None


def add_reports(store: Store, paths: Iterable[str | Path]) -> Store:
    """A copy of the store with reports added, from files and from all below directories: see REPORT_FORMATS.

    A file of Turtle or JSON-LD becomes one named graph; N-Quads keep the graphs that they name. A remote JSON-LD
    context is never fetched. Raises InputError for a path that is missing, holds no report or cannot be parsed.
    """
    from covergraph.batch.compression import UNPACKING, open_unpacked  # most queries are over no reports

    copy = Store()
    copy.bulk_extend(store)
    files = [file for path in paths for file in _report_files(Path(path))]
    for number, file in enumerate(files, start=1):
        graph = NamedNode(f"{terms.BASE}graph/report/{number}/{quote(file.name)}")
        format = REPORT_FORMATS[_ending(file)]
        try:
            with open_unpacked(file) as stream:
                if format == RdfFormat.N_QUADS:
                    copy.bulk_load(stream, format)
                else:
                    copy.load(stream, format, to_graph=graph)
        except (SyntaxError, ValueError, OSError, EOFError, *UNPACKING) as error:
            line = getattr(error, "lineno", None)
            place = f"{file}:{line}" if line else str(file)
            raise InputError("bad-report", place, f"This cannot be read as RDF: {error}.") from None
    return copy


def _ending(path: Path) -> str:
    """The ending of a file's name that tells its format, with what comes before a ``.gz`` or ``.zst``."""
    return "".join(path.suffixes[-2:]) if path.suffix in (".gz", ".zst") else path.suffix


def _report_files(path: Path) -> Iterator[Path]:
    endings = ", ".join(REPORT_FORMATS)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if _ending(p) in REPORT_FORMATS and p.is_file())
        if not found:
            raise InputError(
                "no-reports", str(path), "This directory has no report in RDF.", f"Put {endings} files there."
            )
        yield from found
    elif not path.is_file():
        raise InputError("no-file", str(path), "There is no such file.")
    elif _ending(path) not in REPORT_FORMATS:
        raise InputError("bad-report", str(path), "The name does not tell the format.", f"Let it end with {endings}.")
    else:
        yield path


def _value(term: Any) -> Value:
    if term is None or isinstance(term, Triple):
        return str(term) if term else None
    try:
        return constant(term)
    except ValueError:  # an ill-typed literal, such as "soon"^^xsd:date
        return str(term.value)


def _bad_query(message: str) -> InputError:
    found = _ERROR.fullmatch(message)
    line, column, cause = found.groups() if found else ("?", "?", message)
    cause = " ".join(cause.split())
    if said := _SENTENCE.search(cause):
        cause = said[0]
    elif cause.startswith("expected"):
        # The engine lists all that its grammar could take here, character classes and its own extensions included.
        words = [w for w in re.findall(r'"[^"]+"|\b[A-Z]{2,}\b', cause) if w not in ("LATERAL", "SERVICE")]
        cause = (
            f"it could go on here with {', '.join(words[:8])}" if words else "it ends too early or cannot go on here"
        )
    return InputError("bad-query", f"line {line}, column {column}", f"This is no SPARQL query: {cause}.")
