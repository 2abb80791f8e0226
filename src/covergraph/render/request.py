"""The request for information as plain text, to be pasted into a letter or a portal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from covergraph.render.asks import Ask
from covergraph.render.view import ReportView

WIDTH = 76


def request_text(view: ReportView) -> str:
    """What a reviewer asks the requester for, as text in lines of 76 letters; empty where nothing is missing."""
    if not view.asks:
        return ""
    head = [f"Request for information: case {view.case}", view.policy.sentence]
    blocks = [line for ask in view.asks for line in _asked(ask)]
    return "\n".join([*(fill(line, WIDTH) for line in head), *blocks]) + "\n"


def _asked(ask: Ask) -> Iterator[str]:
    if ask.where:
        yield ""
        yield fill(f"For {ask.where}:", WIDTH)
    for block in ask.blocks:
        yield ""
        yield fill(block.heading, WIDTH)
        for question in block.questions:
            yield fill(f"{question.text} [{question.id}]", WIDTH, initial_indent="- ", subsequent_indent="  ")
        if block.again:
            yield fill(f"asked above: {', '.join(block.again)}", WIDTH, initial_indent="- ", subsequent_indent="  ")
