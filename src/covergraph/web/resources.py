"""Every thing of the content at the local path of its IRI: as a page or as RDF, by what is accepted.

``https://w3id.org/covergraph/level/L1`` is ``/level/L1`` here. What an IRI with a fragment names is in the document
before the fragment; a graph's IRI gives the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, serialize
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from covergraph import terms
from covergraph.triples import named_graphs
from covergraph.web.api import policies
from covergraph.web.api.caching import content_tag, not_modified
from covergraph.web.negotiation import choose
from covergraph.web.pages import things
from covergraph.web.problems import Problem
from covergraph.web.service import Service
from covergraph.workspace import Workspace

HTML = "text/html"
OFFERS = ["text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml", HTML]
"""Best first: who accepts anything gets Turtle, a browser asks for HTML by name."""

JSON_DOCUMENTS = {
    terms.CONTEXT: policies.context_of_case,
    terms.CASE_SCHEMA: policies.schema_of_case,
    terms.REPORT_SCHEMA: policies.schema_of_report,
}
"""IRIs that name a JSON document."""


def routes(service: Service) -> list[BaseRoute]:
    """One route for all paths that no other route has."""

    async def resource(request: Request) -> Response:
        iri = _iri(request)
        if iri in JSON_DOCUMENTS:
            return await JSON_DOCUMENTS[iri](service, request, {})
        described = description(service.workspace, iri)
        if not described:
            raise Problem(404, "not-found", f"There is nothing at {request.url.path[:200]}.")
        media_type = choose(request.headers.get("accept", ""), OFFERS)
        if media_type is None:
            raise Problem(406, "not-acceptable", "It cannot be written so.", f"Accept one of: {', '.join(OFFERS)}.")
        headers = content_tag(service, request, media_type)
        if cached := not_modified(request, headers):
            return cached
        if media_type == HTML and (page := await things.html(service, request, iri)):
            page.headers.update(headers)
            return page
        media_type = "text/turtle" if media_type == HTML else media_type  # a graph has no page
        return Response(_written(service.workspace, iri, media_type), headers=headers, media_type=media_type)

    return [Route("/{path:path}", resource)]


def _iri(request: Request) -> str:
    """The IRI whose local path is asked for, as it is spelled in the request."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return terms.BASE + raw.partition(b"?")[0].decode("ascii", "replace").removeprefix("/")


@lru_cache(maxsize=256)
def _written(workspace: Workspace, iri: str, media_type: str) -> bytes:
    format = RdfFormat.from_media_type(media_type)
    assert format
    triples = description(workspace, iri)
    lines = serialize(triples, format=RdfFormat.N_TRIPLES) or b""
    used = {prefix: base for prefix, base in workspace.prefixes.items() if f"<{base}".encode() in lines}
    return serialize(triples, format=format, prefixes=used) or b""


def description(workspace: Workspace, iri: str) -> list[Triple]:
    """What the content says of the things at an address, blank nodes included; empty where it says nothing.

    >>> from covergraph.workspace import open_workspace
    >>> from covergraph.terms import BASE
    >>> len(description(open_workspace(), BASE + "level/L1")) > 3, description(open_workspace(), BASE + "level/L99")
    (True, [])
    """
    try:
        NamedNode(iri)
    except ValueError:
        return []
    if iri in _graphs(workspace):
        return _graphs(workspace)[iri]
    subjects = _documents(workspace).get(iri) or _documents(workspace).get(_unversioned(workspace, iri), ())
    return list(dict.fromkeys(triple for subject in subjects for triple in _about(workspace, NamedNode(subject))))


def _unversioned(workspace: Workspace, iri: str) -> str:
    """The ontology of which an IRI names one version."""
    return next(iter(workspace.graph.subjects(terms.VERSION_IRI, iri)), iri)


@lru_cache(maxsize=4)
def _graphs(workspace: Workspace) -> dict[str, list[Triple]]:
    return named_graphs(workspace.store)


@lru_cache(maxsize=4)
def _documents(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """The things at each address, by IRI without fragment."""
    found: dict[str, dict[str, None]] = {}
    for quad in workspace.store:
        if isinstance(quad.subject, NamedNode):
            found.setdefault(quad.subject.value.partition("#")[0], {})[quad.subject.value] = None
    return {address: tuple(sorted(iris)) for address, iris in found.items()}


def _about(workspace: Workspace, node: NamedNode | BlankNode) -> Iterator[Triple]:
    """The triples of a subject, each blank node followed by its own: a concise bounded description."""
    for quad in workspace.store.quads_for_pattern(node, None, None, None):
        yield quad.triple
        if isinstance(quad.object, BlankNode):
            yield from _about(workspace, quad.object)
