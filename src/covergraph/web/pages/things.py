"""The HTML of a thing of the graph, for whoever has settled by content negotiation that HTML is wanted."""

from __future__ import annotations

from markupsafe import Markup
from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from covergraph import terms
from covergraph.picture import clearance_picture
from covergraph.terms import cov
from covergraph.web.pages.book import advisories, policy_at, summaries, tree
from covergraph.web.pages.clause import clause
from covergraph.web.pages.document import codes_listed, errata, history, readings, references, vocabulary_terms
from covergraph.web.pages.links import link, links
from covergraph.web.pages.site import page
from covergraph.web.pages.thing import thing
from covergraph.web.pages.turtle import shape_turtle, thing_turtle
from covergraph.web.service import Service
from covergraph.workspace import Workspace


async def html(service: Service, request: Request, iri: str) -> HTMLResponse | None:
    """The page of a thing; None where the graph does not speak of it, or where it is no IRI.

    The first Turtle on a page loads rdflib, so pages are made off the event loop.
    """
    try:
        NamedNode(iri)
    except ValueError:
        return None
    return await run_in_threadpool(_html, service.workspace, request, iri)


def _html(workspace: Workspace, request: Request, iri: str) -> HTMLResponse | None:
    graph = workspace.graph
    classes = set(graph.values(iri, terms.TYPE))
    if cov("Policy") in classes:
        (summary,) = (s for s in summaries(graph) if s.link == link(graph, iri))
        named_by = links(graph, graph.subjects(cov("relatedPolicy"), iri))
        related = links(graph, graph.values(iri, cov("relatedPolicy")))
        return page(request, "policy.html.j2", policy=summary, related=related, named_by=named_by)
    if cov("PolicyVersion") in classes:
        return _version(workspace, request, iri)
    version = next((v for v in graph.instances("PolicyVersion") if iri.startswith(v + "/")), None)
    is_clause = version and (graph.term(iri, cov("directPartOf")) or cov("AdvisoryRule") in classes)
    if version and is_clause and not classes & {cov("Reference"), cov("EvidenceStatement")}:
        view = clause(policy_at(workspace, version), iri, graph)
        return page(request, "clause.html.j2", clause=view, iri=iri, shape=shape_turtle(workspace, iri))
    if found := vocabulary_terms(workspace, iri):
        return page(request, "vocabulary.html.j2", iri=iri, terms=found, thing=thing(workspace, iri))
    if not classes:
        return None
    return page(request, "thing.html.j2", thing=thing(workspace, iri), turtle=thing_turtle(workspace, iri))


def _version(workspace: Workspace, request: Request, iri: str) -> HTMLResponse:
    graph, policy = workspace.graph, policy_at(workspace, iri)
    drawing = clearance_picture(policy.vocabulary, graph)
    return page(
        request, "version.html.j2",
        policy=policy, iri=iri, link=link(graph, iri), about=thing(workspace, iri), clauses=tree(policy, graph),
        is_open=request.query_params.get("open") == "all",
        advisories=advisories(policy, graph), codes=codes_listed(graph, iri), readings=readings(graph, iri),
        references=references(graph, iri), errata=errata(graph, iri), history=history(graph, iri),
        clearances=drawing and Markup(drawing.inline()),  # ElementTree has escaped its text
    )  # fmt: skip
