"""The pages that people read: policies, search, queries, and the workbench."""

from __future__ import annotations

from starlette.routing import BaseRoute

from covergraph.web.pages import browse, check, query, workbench
from covergraph.web.service import Service


def routes(service: Service) -> list[BaseRoute]:
    """The routes of all pages."""
    return [*browse.routes(service), *check.routes(service), *query.routes(service), *workbench.routes(service)]
