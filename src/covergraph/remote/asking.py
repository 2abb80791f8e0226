"""Asking a store elsewhere what the embedded store would be asked, and comparing what both say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import QueryBoolean, QuerySolutions, Store

from covergraph.errors import InputError
from covergraph.queries import Query, bind
from covergraph.remote.dataset import over, unreadable
from covergraph.remote.endpoint import Connection
from covergraph.sparql import Answer, Kind, evaluate, read_answer, run
from covergraph.sparqltext import names_graphs, without_service

ACCEPT: Mapping[Kind, str] = {
    "select": "application/sparql-results+json",
    "ask": "application/sparql-results+json",
    "graph": "application/n-triples",
}

_DECLARED = re.compile(r"\bPREFIX\s+([\w-]*):", re.IGNORECASE)


def ask(connection: Connection, text: str, prefixes: Mapping[str, str], graphs: Iterable[str]) -> Answer:
    """The answer of a store over some of its graphs, as ``sparql.run`` gives that of the embedded store.

    The query is read here first, so that a mistake in it gets the same message, and SERVICE goes nowhere. One that says
    FROM names its own graphs and is sent as it stands.
    """
    form = evaluate(Store(), text, prefixes)  # on an empty store: what kind of query it is, and whether it is one
    kind: Kind = "ask" if isinstance(form, QueryBoolean) else "select" if isinstance(form, QuerySolutions) else "graph"
    dataset = None if names_graphs(text) else over(graphs)
    written = connection.query(with_prefixes(without_service(text), prefixes), ACCEPT[kind], dataset)
    try:
        return read_answer(written, kind, prefixes)
    except (SyntaxError, ValueError) as error:
        raise unreadable(connection.endpoint.url, error) from None


def with_prefixes(text: str, prefixes: Mapping[str, str]) -> str:
    """The query with the prefixes that it uses and does not declare, in front and on no line of their own.

    >>> with_prefixes("ASK { ?s a cov:Site }", {"cov": "urn:cov#", "sh": "urn:sh#"})
    'PREFIX cov: <urn:cov#> ASK { ?s a cov:Site }'
    """
    declared = set(_DECLARED.findall(text))
    used = [p for p in prefixes if p not in declared and re.search(rf"(?<![\w-]){re.escape(p)}:", text)]
    return "".join(f"PREFIX {prefix}: <{prefixes[prefix]}> " for prefix in used) + text


@dataclass(frozen=True)
class Difference:
    """A named question that a store answers otherwise than the embedded store, and how."""

    query: str
    found: str


def compare(connection: Connection, store: Store, catalog: Iterable[Query], prefixes: Mapping[str, str],
            graphs: Iterable[str]) -> Iterator[Difference]:  # fmt: skip
    """Every named question, with the values of its example, that is answered otherwise over the same graphs."""
    names = list(graphs)
    for query in catalog:
        text = bind(query, query.example)
        here = run(store, text, prefixes)
        try:
            there = ask(connection, text, prefixes, names)
        except InputError as error:
            yield Difference(query.name, error.message)
            continue
        if here.variables != there.variables:
            yield Difference(query.name, f"columns {', '.join(there.variables)} for {', '.join(here.variables)}")
        elif here.rows != there.rows:
            missing, more = set(here.rows) - set(there.rows), set(there.rows) - set(here.rows)
            found = f"{len(missing)} rows missing, {len(more)} that should not be"
            yield Difference(query.name, found if missing or more else "another order, or a row more than once")
