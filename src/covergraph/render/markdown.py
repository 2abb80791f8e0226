"""A report as Markdown (CommonMark), for a ticket or a note; nothing in a case can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covergraph.render.sentences import MARKS
from covergraph.render.tree import Node
from covergraph.render.view import ReportView

MARKUP = re.compile(r"([\\`*_{}\[\]#|~!$])")


def escape(text: str) -> str:
    r"""Text that Markdown shows as it is.

    >>> escape("see [note](x) <b> *now*")
    'see \\[note\\](x) &lt;b&gt; \\*now\\*'
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return MARKUP.sub(r"\\\1", text)


def render_markdown(view: ReportView) -> str:
    """The report as Markdown: headings, and the criteria as nested lists."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: ReportView) -> Iterator[str]:
    yield f"# {escape(view.headline)}"
    yield f"\n{escape(view.request)}"
    for line in view.lines:
        yield f"\n## {escape(line.title)}"
        for site in line.sites:
            yield f"\n### {escape(site.headline)}\n"
            for node in site.criteria:
                yield from _node(node, 0)
    if view.asks:
        yield "\n## What to ask for"
        for ask in view.asks:
            if ask.where:
                yield f"\n### For {escape(ask.where)}"
            for block in ask.blocks:
                yield f"\n{escape(block.heading)}\n"
                for question in block.questions:
                    yield f"- **{escape(question.id)}** {escape(question.text)}"
                if block.again:
                    yield f"- asked above: {escape(', '.join(block.again))}"
    if view.presumed:
        yield "\n## Presumed absent, because the record does not mention them"
        for presumed in view.presumed:
            yield f"\n{escape(presumed.where)}:\n" if presumed.where else ""
            for id, label in presumed.exclusions:
                yield f"- **{escape(id)}** {escape(label)}"
    if view.documentation:
        yield "\n## Documentation\n"
    for node in view.documentation:
        yield from _node(node, 0)
    for section in view.sections:
        yield f"\n## {escape(section.title)}\n"
        for remark in section.remarks:
            where = "" if remark.page is None else f" (p. {remark.page})"
            yield f"- **{escape(remark.id)}** {escape(remark.text)}{where}"
    if view.readings:
        yield "\n## Readings of the policy that this report rests on\n"
        for reading in view.readings:
            yield f"- **{escape(reading.label)}** ({escape(', '.join(reading.clauses))})"
            yield f"  - Chosen: {escape(reading.chosen)}"
            yield f"  - Alternative: {escape(reading.alternative)}"
    yield f"\n---\n\n{escape(view.policy.sentence)}\n\n{escape(view.closing)}"


def _node(node: Node, depth: int) -> Iterator[str]:
    margin = "  " * depth
    page = "" if node.page is None else f" (p. {node.page})"
    decides = ", decides" if node.decides else ""
    yield f"{margin}- {MARKS[node.value]} **{escape(node.id)}** {escape(node.label)}: *{node.value}*{decides}{page}"
    if node.note:
        yield f"{margin}  - {escape(node.note)}"
    for item in node.evidence:
        source = f" (source: {escape(item.source)})" if item.source else ""
        yield f"{margin}  - evidence: {escape(item.text)}{source}"
    for child in node.children:
        yield from _node(child, depth + 1)
