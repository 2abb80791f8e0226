"""A report as text for a terminal or a file: the headline first, one row per criterion, nothing wider than the page."""

from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from covergraph.explain import Evidence
from covergraph.render.asks import Ask
from covergraph.render.plain import ascii_only, each_text
from covergraph.render.sentences import MARKS
from covergraph.render.tree import Node
from covergraph.render.view import ReportView

ASCII_MARKS = {"met": "+", "not met": "-", "not documented": "?", "not applicable": "."}
BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
COLORS = {
    ("met", False): GREEN, ("not met", False): RED, ("met", True): RED, ("not met", True): GREEN,
    ("not documented", False): YELLOW, ("not documented", True): DIM,
}  # fmt: skip
"""Colour of a value, and whether it is that of an exclusion."""
VALUE_COLUMN, PAGE_COLUMN = 16, 5
NO_BREAK = "\N{NO-BREAK SPACE}"


class _Page(NamedTuple):
    width: int
    color: bool
    marks: dict[str, str]
    bullet: str

    def styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color and style else text

    def paragraph(self, text: str, indent: int, lead: str = "", style: str = "") -> Iterator[str]:
        """Wrapped lines; what follows the lead hangs below the text."""
        margin = " " * indent
        for line in wrap(
            text, self.width, initial_indent=margin + lead, subsequent_indent=margin + " " * len(lead),
            break_on_hyphens=False,
        ):  # fmt: skip
            yield self.styled(line.replace(NO_BREAK, " "), style)

    def row(self, node: Node, depth: int) -> Iterator[str]:
        """A criterion with its value and page in columns at the right, then its evidence, then what is below it."""
        margin, mark = " " * (2 * depth), self.marks[node.value]
        left = self.width - VALUE_COLUMN - PAGE_COLUMN
        room = left - len(margin) - 3
        text = f"{node.id} {node.label}" + (" (decides)" if node.decides else "")
        note = f": {node.note}" if node.note and not node.children else ""
        lines = wrap(text + note if len(text + note) <= room else text, room, break_on_hyphens=False)
        color = COLORS.get((node.value, node.against), DIM)
        page = "" if node.page is None else f"p. {node.page}"
        first = self.styled(lines[0], BOLD if node.decides else "") + " " * (left - len(margin) - 2 - len(lines[0]))
        value = self.styled(f"{node.value:<{VALUE_COLUMN}}", color)
        yield f"{margin}{self.styled(mark, color)} {first}{value}{page}".rstrip()
        for line in lines[1:]:
            yield f"{margin}  {line}"
        inner = 2 * depth + 4
        if node.note and not (note and len(text + note) <= room):
            yield from self.paragraph(node.note, inner)
        yield from self.evidence(node.evidence, inner)
        for child in node.children:
            yield from self.row(child, depth + 1)

    def evidence(self, items: tuple[Evidence, ...], indent: int) -> Iterator[str]:
        """Evidence on one line where it fits, else one item a line."""
        texts = [e.text + (f" [{e.source}]" if e.source else "") for e in items]
        together = "; ".join(texts)
        if len(together) <= self.width - indent - len(self.bullet):
            texts = [together] if together else []
        for text in texts:
            yield from self.paragraph(text, indent, self.bullet, DIM)

    def ask(self, ask: Ask) -> Iterator[str]:
        indent = 2
        if ask.where:
            yield from self.paragraph(f"For {ask.where}:", 2)
            indent = 4
        for block in ask.blocks:
            yield from self.paragraph(block.heading, indent)
            for question in block.questions:
                yield from self.paragraph(f"{question.id}: {question.text}", indent + 2, self.bullet)
            if block.again:
                yield from self.paragraph(f"asked above: {', '.join(block.again)}", indent + 2, self.bullet)


def render_text(view: ReportView, *, width: int = 100, color: bool = False, unicode: bool = True) -> str:
    """The report as text, no line longer than ``width`` (at least 60); without ``unicode`` it is plain ASCII."""
    page = _Page(max(width, 60), color, MARKS if unicode else ASCII_MARKS, "· " if unicode else "* ")
    return "\n".join(_lines(view if unicode else each_text(view, ascii_only), page)) + "\n"


def _lines(view: ReportView, page: _Page) -> Iterator[str]:
    yield from page.paragraph(view.headline, 0, style=BOLD)
    yield from page.paragraph(view.request, 0)
    for line in view.lines:
        yield ""
        yield from page.paragraph(line.title, 0, style=BOLD)
        for number, site in enumerate(line.sites):
            if number:
                yield ""
            yield from page.paragraph(site.headline, 2, style=BOLD)
            for node in site.criteria:
                yield from page.row(node, 2)
    if view.asks:
        yield from _heading("What to ask for", page)
        for ask in view.asks:
            yield from page.ask(ask)
    if view.presumed:
        yield from _heading("Presumed absent, because the record does not mention them", page)
        for presumed in view.presumed:
            where = f"{presumed.where}: " if presumed.where else ""
            names = "; ".join(f"{id}{NO_BREAK}{label}" for id, label in presumed.exclusions)
            yield from page.paragraph(where + names, 2)
    if view.documentation:
        yield from _heading("Documentation", page)
    for node in view.documentation:
        yield from page.row(node, 1)
    for section in view.sections:
        yield from _heading(section.title, page)
        for remark in section.remarks:
            where = "" if remark.page is None else f" (p. {remark.page})"
            yield from page.paragraph(f"{remark.id}: {remark.text}{where}", 2)
    if view.readings:
        yield from _heading("Readings of the policy that this report rests on", page)
        for reading in view.readings:
            yield from page.paragraph(f"{reading.label} ({', '.join(reading.clauses)})", 2)
            yield from page.paragraph(f"Chosen: {reading.chosen} Alternative: {reading.alternative}", 4)
    yield ""
    yield from page.paragraph(view.policy.sentence, 0)
    yield from page.paragraph(view.closing, 0)


def _heading(title: str, page: _Page) -> Iterator[str]:
    yield ""
    yield page.styled(title, BOLD)
