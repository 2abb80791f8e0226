"""A problem as a page, for people; programs get the same in JSON."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from covergraph.web.pages.site import page
from covergraph.web.problems import Problem


def html_problem(request: Request, problem: Problem) -> HTMLResponse:
    """The page that says what was wrong, where, and what to do about it."""
    return page(
        request, "problem.html.j2", status=problem.status, headers=problem.headers,
        title=problem.to_json()["title"], problem=problem,
    )  # fmt: skip
