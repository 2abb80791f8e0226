"""The doors into the book: home, the list of policies, search, and the static files."""

from __future__ import annotations

from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from covergraph.web.pages.book import summaries
from covergraph.web.pages.search import GROUPS, LONGEST, catalogue
from covergraph.web.pages.site import STATIC, page
from covergraph.web.service import Service
from covergraph.workspace import Workspace

SHOWN = 200
"""Hits on one page."""


class Assets(StaticFiles):
    """Static files; a path with the mark of its content never changes, so it may be kept for ever."""

    async def get_response(self, path: str, scope: dict) -> Response:  # type: ignore[override, type-arg]
        """The file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        kept = "public, max-age=31536000, immutable" if scope["query_string"].startswith(b"v=") else "no-cache"
        response.headers["Cache-Control"] = kept
        return response


def routes(service: Service) -> list[BaseRoute]:
    """Home, policies, search, static files."""

    async def home(request: Request) -> Response:
        graph = service.workspace.graph
        return page(
            request, "home.html.j2",
            policies=summaries(graph), queries=len(service.catalog), examples=_examples(service.workspace),
        )  # fmt: skip

    async def policies(request: Request) -> Response:
        return page(request, "policies.html.j2", policies=summaries(service.workspace.graph))

    async def search(request: Request) -> Response:
        question = request.query_params.get("q", "")[:LONGEST].strip()
        known = catalogue(service.workspace)
        hits = known.search(question)
        diagnosis = known.diagnosis(question)
        if diagnosis and diagnosis.kind == "unknown" and hits:
            diagnosis = None  # what has the form of a code may be the name of something else
        shown = sorted(hits[:SHOWN], key=lambda hit: list(GROUPS).index(hit.group))
        return page(
            request, "search.html.j2",
            question=question, diagnosis=diagnosis, count=len(hits), shown=len(shown),
            groups=[(group, list(members)) for group, members in groupby(shown, key=lambda hit: hit.group)],
        )  # fmt: skip

    return [
        Route("/", home),
        Route("/policies", policies),
        Route("/search", search),
        Mount("/static", Assets(directory=STATIC)),
    ]


def _examples(workspace: Workspace) -> dict[str, str]:
    """Words worth searching for, from the content: the deepest clause, and the first thing of some other groups."""
    hits = catalogue(workspace).hits
    clauses = [hit.link.id for hit in hits if hit.group == "Clauses" and hit.link.id]

    codes = [hit.link.id for hit in hits if hit.group == "Codes"]

    def first(group: str) -> str:
        return next((hit.link.text for hit in hits if hit.group == group), "")

    return {
        "clause": max(clauses, key=lambda label: (label.count("."), -len(label)), default=""),
        "code": next(filter(None, codes), ""),
        "concept": first("Concepts"),
        "device": first("Devices and cements"),
    }
