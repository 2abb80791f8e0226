"""A plot of two quantities over the size of a run, as SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10
from xml.etree import ElementTree as Xml

WIDTH, HEIGHT, LEFT, BOTTOM = 330, 190, 44, 34


def two_panels(cost: Mapping[int, float], memory: Mapping[int, float]) -> str:
    """CPU a case and memory over the number of cases, each from zero."""
    root = Xml.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {2 * WIDTH} {HEIGHT}", role="img",
        style="background:#fff;font:11px sans-serif",
    )  # fmt: skip
    Xml.SubElement(root, "title").text = "CPU a case, and the most memory of a process, over the cases of a run"
    for place, (name, values) in enumerate((("CPU microseconds a case", cost), ("most memory, MB", memory))):
        _panel(Xml.SubElement(root, "g", transform=f"translate({place * WIDTH} 0)"), name, values)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _panel(group: Xml.Element, name: str, values: Mapping[int, float]) -> None:
    top = max(values.values()) * 1.15
    first, last = log10(min(values)), log10(max(values))

    def x(size: int) -> float:
        return LEFT + 12 + (log10(size) - first) / (last - first) * (WIDTH - LEFT - 40)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - 26)

    Xml.SubElement(group, "text", x=str(LEFT), y="15").text = name
    for value in (0, top / 2.3, top / 1.15):
        Xml.SubElement(group, "path", d=f"M{LEFT} {y(value):.1f}H{WIDTH - 16}", stroke="#ccc")
        Xml.SubElement(
            group, "text", {"x": str(LEFT - 6), "y": f"{y(value) + 4:.1f}", "text-anchor": "end"}
        ).text = f"{value:.0f}"
    points = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in values.items())
    Xml.SubElement(group, "polyline", points=points, fill="none", stroke="#1d5fa8", attrib={"stroke-width": "2"})
    for size, value in values.items():
        Xml.SubElement(group, "circle", cx=f"{x(size):.1f}", cy=f"{y(value):.1f}", r="3.5", fill="#1d5fa8")
        label = Xml.SubElement(group, "text", {"x": f"{x(size):.1f}", "y": str(HEIGHT - 14), "text-anchor": "middle"})
        label.text = f"{size:,}"
