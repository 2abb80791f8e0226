"""The report on a case for the check page, made where cases are judged: in the worker, not in the web process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from covergraph import render
from covergraph.case import case_json
from covergraph.facts import Facts
from covergraph.model import Case, Report
from covergraph.picture import Picture, case_pictures
from covergraph.policy import Policy
from covergraph.render.request import request_text
from covergraph.render.sentences import MARKS
from covergraph.render.view import report_view
from covergraph.workspace import Workspace


def page(case: Case, report: Report, policy: Policy, facts: Facts, workspace: Workspace) -> bytes:
    """JSON with ``headline``, ``asked`` (what the case asks for in brief), ``body`` (HTML) and ``case`` (its JSON)."""
    view = report_view(case, report, policy, facts, workspace.texts)
    pictures = case_pictures(case, report, policy, facts, workspace)
    body = _template().render(
        view=view,
        marks=MARKS,
        request=request_text(view),
        trees=[[_inline(tree) for tree in line] for line in pictures.trees],
        levels=_inline(pictures.levels),
        clearances=_inline(pictures.clearances),
    )
    shown = {"headline": view.headline, "asked": view.request, "body": body, "case": case_json(case)}
    return json.dumps(shown, ensure_ascii=False).encode()


def _inline(picture: Picture | None) -> Markup | None:
    return None if picture is None else Markup(picture.inline())  # ElementTree has escaped its text


@cache
def _template() -> Template:
    folders = [Path(__file__).parent / "templates", Path(render.__file__).parent]
    environment = Environment(
        loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("check_report.html.j2")
