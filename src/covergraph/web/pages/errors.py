"""A problem as a page, for people; programs get the same in JSON."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse

from covergraph.web.pages.site import page


def html_problem(
    request: Request, status: int, title: str, cause: str, *, cure: str = "", place: str = "",
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    """The page that says what was wrong, where, and what to do about it."""
    return page(
        request, "problem.html.j2", status=status, headers=headers, title=title, cause=cause, cure=cure, place=place
    )
