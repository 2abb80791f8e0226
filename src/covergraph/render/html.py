"""A report as one HTML file: no script, no request to anywhere, readable aloud, on paper and in the dark."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from covergraph.render.sentences import MARKS
from covergraph.render.view import ReportView


@cache
def template(name: str) -> Template:
    """A template of this folder; every text that it is given is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(name)


def render_html(view: ReportView) -> str:
    """The report as a self-contained HTML page; every text in it is escaped."""
    return template("report.html.j2").render(view=view, marks=MARKS)


def report_style() -> str:
    """The style sheet of the parts of a report, for pages of others that show them."""
    return (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
