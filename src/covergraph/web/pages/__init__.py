"""The pages that people read: policies, search, queries, and the workbench."""

from __future__ import annotations

from starlette.routing import BaseRoute

from covergraph.web.pages import browse, check, query, styles, workbench
from covergraph.web.service import Service


def routes(service: Service) -> list[BaseRoute]:
    """The routes of all pages."""
    modules = (browse, check, query, workbench)
    return [*(route for module in modules for route in module.routes(service)), *styles.routes()]
