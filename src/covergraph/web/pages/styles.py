"""Style sheets that pages share with files of the command line: those of reports and of pictures."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from covergraph import picture
from covergraph.render.html import report_style

STYLES: dict[str, Callable[[], str]] = {"picture": picture.style, "report": report_style}


def routes() -> list[BaseRoute]:
    """Each style sheet below ``/style``."""
    return [Route("/style/{name}.css", _style)]


async def _style(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STYLES:
        raise HTTPException(404)
    return Response(STYLES[name](), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})
