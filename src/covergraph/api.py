"""The Python door: load a policy, check a case, ask the graph, take the graph or the ontology away.

>>> import covergraph
>>> covergraph.load_policy().version.year >= 2025
True
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from covergraph.case import case_json
from covergraph.checker import Checker, JudgeName
from covergraph.errors import InputError
from covergraph.jsontext import parse_json
from covergraph.model import Case, Report
from covergraph.policy import Policy
from covergraph.workspace import open_workspace

if TYPE_CHECKING:
    import pyoxigraph
    import rdflib
    from owlready2 import Ontology

    from covergraph.queries import Query
    from covergraph.sparql import Answer

CaseSource = Case | dict[str, Any] | str | bytes | Path


@cache
def _checker(content: str | Path | None, policy: str | None, judge: JudgeName, strict: bool) -> Checker:
    return Checker(open_workspace(content), policy, judge, strict)


def load_policy(number: str | None = None, *, on: date = date.max, content: str | Path | None = None) -> Policy:
    """The version of a policy in force on a day (default: the content's default policy, its latest version).

    Raises InputError for an unknown number. ``content`` is a content folder (default: the one that ships).
    """
    checker = _checker(content, number, "compiled", False)
    return checker.policy_at(checker.default_policy, on)


def check(case: CaseSource | rdflib.Graph, *, policy: str | None = None, strict: bool = False,
          judge: JudgeName = "compiled", content: str | Path | None = None) -> Report:  # fmt: skip
    """The report on one case.

    ``case`` is a dict as ``json.loads`` gives it, JSON text or bytes, a Path to a file (JSON, or RDF in .ttl or
    .jsonld), a typed Case, or an rdflib Graph that holds one case in the case vocabulary. Raises InputError naming the
    place, the cause and the cure where it is not well-formed.

    >>> import covergraph
    >>> covergraph.check({"id": "x"})
    Traceback (most recent call last):
    covergraph.errors.InputError: The key 'product' is missing. Add it.
    """
    checker = _checker(content, policy, judge, strict)
    return checker.check(_document(case))


def _document(case: Any) -> Any:
    match case:
        case dict():
            return case
        case str() | bytes():
            return parse_json(case)
        case Path():
            return _file(case)
        case Case():
            return case_json(case)
    if hasattr(case, "serialize"):  # an rdflib Graph; rdflib is not imported to ask
        from pyoxigraph import RdfFormat

        from covergraph.casegraph import parse_case_rdf

        return parse_case_rdf(case.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES, "graph")
    raise InputError(
        "bad-case", "", f"A {type(case).__name__} is no case.", "Give a dict, JSON text, a Path or a Graph."
    )


def _file(path: Path) -> Any:
    from pyoxigraph import RdfFormat

    from covergraph.casegraph import parse_case_rdf

    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("cannot-read", str(path), f"It cannot be read: {error.strerror}.") from None
    forms = {".ttl": RdfFormat.TURTLE, ".jsonld": RdfFormat.JSON_LD}
    return parse_case_rdf(data, forms[path.suffix], str(path)) if path.suffix in forms else parse_json(data)


def catalog(content: str | Path | None = None) -> dict[str, Query]:
    """The named queries, by name.

    >>> import covergraph
    >>> "contraindications" in covergraph.catalog()
    True
    """
    from covergraph import queries

    return queries.catalog(open_workspace(content).root)


def query(query: str, *, content: str | Path | None = None, **params: str) -> Answer:
    """The answer to a named query with its parameters, or to a SPARQL text in which the project's prefixes hold.

    >>> import covergraph
    >>> covergraph.query("ASK { ?policy a cov:Policy }").rows
    ((True,),)
    """
    from covergraph.queries import bind, find_query
    from covergraph.sparql import run

    workspace = open_workspace(content)
    known = catalog(content)
    text = bind(find_query(known, query), params) if query in known or params else query
    return run(workspace.store, text, workspace.prefixes)


def graph(content: str | Path | None = None) -> rdflib.Graph:
    """All content as a new rdflib Graph: ontology, shapes and policies.

    >>> import covergraph
    >>> len(covergraph.graph()) > 5000
    True
    """
    from covergraph.rdflibgraph import rdflib_graph

    return rdflib_graph(open_workspace(content))


def store(content: str | Path | None = None) -> pyoxigraph.Store:
    """All content as a new Oxigraph Store, one named graph per file."""
    import pyoxigraph

    copy = pyoxigraph.Store()
    copy.extend(open_workspace(content).store)
    return copy


def ontology(content: str | Path | None = None) -> Ontology:
    """The ontology as Owlready2 objects, in a World of its own."""
    from covergraph.reasoning import load_ontology

    return load_ontology(open_workspace(content))
