"""How a page is made: a template with its values, static files by their content, and what every page carries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from covergraph.web.pages.links import safe_href

WEB = Path(__file__).resolve().parents[1]
STATIC = WEB / "static"


@cache
def static(name: str) -> str:
    """Path of a static file with a mark of its content, so that it can be cached for ever.

    >>> static("site.css").startswith("/static/site.css?v=")
    True
    """
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@cache
def templates() -> Environment:
    """The templates: every value is escaped, and a name that is not given is an error."""
    environment = Environment(
        loader=FileSystemLoader(WEB / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    environment.filters.update(safe_href=safe_href)
    environment.globals.update(static=static, program_version=version("covergraph"))
    return environment


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page from a template; ``request`` gives it the words of the search box."""
    sought = request.query_params.get("q", "") if request.url.path == "/search" else ""
    html = templates().get_template(template).render(sought=sought, **values)
    return HTMLResponse(html, status, headers)
