"""Drawing in SVG: elements with numbers written one way, so that a picture is the same to the byte every time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from covergraph import terms
from covergraph.render.plain import plain

Attribute = str | float


def group(parent: Element | None = None, **attributes: Attribute) -> Element:
    """A group, inside another or on its own."""
    return Element("g", _written(attributes)) if parent is None else draw(parent, "g", **attributes)


def draw(parent: Element, tag: str, **attributes: Attribute) -> Element:
    """An element inside another. Names are Python's: ``kind`` is the class, ``stroke_width`` is stroke-width."""
    return SubElement(parent, tag, _written(attributes))


def write(parent: Element, x: float, y: float, text: str, kind: str = "", **attributes: Attribute) -> Element:
    """A line of text whose baseline starts at a point; control characters are taken out."""
    element = draw(parent, "text", x=x, y=y, **({"kind": kind} if kind else {}), **attributes)
    element.text = plain(text)
    return element


def tell(parent: Element, text: str) -> None:
    """What a pointer that rests on a group is told."""
    SubElement(parent, "title").text = plain(text)


def _written(attributes: dict[str, Attribute]) -> dict[str, str]:
    names = {"kind": "class"}
    return {names.get(name, name.replace("_", "-")): number(value) for name, value in attributes.items()}


def number(value: Attribute) -> str:
    """A number as attributes have it: at most two decimals; text as it is.

    >>> number(12.0), number(1 / 3), number(-0.001)
    ('12', '0.33', '0')
    """
    return value if isinstance(value, str) else f"{round(value, 2) + 0:g}"


@cache
def style() -> str:
    """The style sheet of every picture; a page that shows pictures inline links to it instead."""
    return (Path(__file__).parent / "picture.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Picture:
    """A drawing with what it shows in words: ``title`` in brief, ``description`` in full. Sizes are in CSS pixels."""

    title: str
    description: str
    width: float
    height: float
    body: Element

    def inline(self) -> str:
        """The picture as an element of an HTML page that links to the style sheet."""
        return self._markup("")

    def alone(self) -> str:
        """The picture as an SVG file that needs nothing else."""
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + self._markup(style()) + "\n"

    def _markup(self, css: str) -> str:
        size = {"width": number(self.width), "height": number(self.height)}
        box = f"0 0 {number(self.width)} {number(self.height)}"
        root = Element("svg", {"xmlns": terms.SVG, "class": "picture", "role": "img", **size, "viewBox": box})
        SubElement(root, "title").text = plain(self.title)
        SubElement(root, "desc").text = plain(self.description)
        if css:
            SubElement(root, "style").text = css
            draw(root, "rect", kind="paper", width="100%", height="100%")
        root.append(self.body)
        return tostring(root, encoding="unicode")
