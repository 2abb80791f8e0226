"""A report for readers: one view of it, laid out as text, Markdown or HTML."""

from __future__ import annotations

from typing import Literal

from covergraph.facts import Facts
from covergraph.model import Case, Report
from covergraph.policy import Policy
from covergraph.render.view import report_view
from covergraph.texts import Texts

Format = Literal["text", "markdown", "html"]


def render(
    format: Format, case: Case, report: Report, policy: Policy, facts: Facts, texts: Texts, *,
    color: bool = False, unicode: bool = True, width: int = 100,
) -> str:  # fmt: skip
    """The report on a case in one of the formats; ``color``, ``unicode`` and ``width`` matter to text only."""
    view = report_view(case, report, policy, facts, texts)
    match format:
        case "text":
            from covergraph.render.text import render_text

            return render_text(view, width=width, color=color, unicode=unicode)
        case "markdown":
            from covergraph.render.markdown import render_markdown

            return render_markdown(view)
        case "html":
            from covergraph.render.html import render_html  # Jinja is needed nowhere else

            return render_html(view)
