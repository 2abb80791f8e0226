"""A leaf shape in words: which facts it looks at, for readers who do not read SHACL.

The words of a path come from ``READS``, else from the labels of its properties in the core vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

from covergraph import terms
from covergraph.shapes import Path, Shape, Step
from covergraph.terms import cov
from covergraph.triples import Constant, Graph
from covergraph.web.pages.links import Link, link

READS = {
    "present": "the findings show",
    "absent": "the findings rule out",
    "present|absent": "the findings settle",
    "conflicting|unanswered": "in conflict or left unanswered",
    "observation": "a finding",
    "concept": "of",
    "atLeastDays": "days that it has lasted for certain",
    "atMostDays": "days that it can have lasted",
    "monthsPassed": "whole months since it began",
    "level/^includesLevel": "the level is in",
    "technique/inGroup": "the technique is in the group",
    "productUse": "a device or cement is named",
    "extent": "the extent of the whole case",
    "levelCount": "different levels",
    "techniqueGroup": "lines with a technique of the group",
    "treatment": "a treatment is recorded",
    "document": "a document was sent",
    "concurrentProcedure": "a procedure in the same session",
    "contractCovers": "the contract covers the service",
    "contraindicated": "contraindicated or not tolerated",
    "recognized": "known to this content",
    "daysSinceClearance": "days since its clearance, on the service date",
}
"""How paths are read aloud, by the names of their properties; steps to the case or the line are left out."""

SIGNS = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that is asked, with the values it is compared with, and what is asked further of the same item."""

    text: str
    values: tuple[Link, ...] = ()
    parts: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class Halves:
    """What shows a leaf and what rules it out; no second half: what does not show it rules it out."""

    shown: tuple[Demand, ...]
    ruled_out: tuple[Demand, ...]


def halves(shape: Shape, graph: Graph) -> Halves:
    """The two halves of a leaf in words."""
    out = [p for p in shape.properties if p.severity == cov("NotRuledOut")]
    shown = [p for p in shape.properties if p.severity != cov("NotRuledOut")]
    return Halves(
        tuple(demand for part in shown for demand in demands(part, graph)),
        tuple(demand for part in out for demand in demands(part, graph)),
    )


def demands(shape: Shape, graph: Graph) -> tuple[Demand, ...]:
    """What a shape asks of a node or, with a path, of its values."""
    what = _path(shape.path, graph) if shape.path else ""
    inner = [d for part in (*shape.properties, *shape.nodes) for d in demands(part, graph)]
    inner += [_choice("any one of", group, graph) for group in shape.any_of]
    inner += [_choice("all of", group, graph) for group in shape.all_of]
    found = [_comparison(what, shape, graph)] if _compares(shape) else []
    if shape.qualified:
        found.append(_qualified(what, shape, graph))
    if shape.max_count is not None:
        found.append(Demand(f"not stated: {what}" if shape.max_count == 0 else f"{what}: at most {shape.max_count}"))
    if shape.min_count and not found:
        found.append(Demand(f"{what}: stated"))
    if inner and what:
        found.append(Demand(what, parts=tuple(inner)))
    elif inner:
        found.extend(inner)
    return tuple(found)


def _choice(words: str, group: tuple[Shape, ...], graph: Graph) -> Demand:
    members = [demands(member, graph) for member in group]
    return Demand(words, parts=tuple(m[0] if len(m) == 1 else Demand("all of", parts=m) for m in members))


def _compares(shape: Shape) -> bool:
    return bool(shape.has_value or shape.within is not None or shape.bounds or shape.pattern)


def _comparison(what: str, shape: Shape, graph: Graph) -> Demand:
    values = (*shape.has_value, *(shape.within or ()))
    words = [f"{SIGNS.get(sign, sign)} {bound}" for sign, bound in shape.bounds]
    if len(values) > 1:
        words.append("any one of" if shape.within else "all of")
    if shape.pattern:
        words.append(f"a code with the pattern {shape.pattern}")
    return Demand(_joined(what, " and ".join(words)), tuple(_value(v, graph) for v in values))


def _joined(*words: str) -> str:
    return ": ".join(filter(None, words))


def _qualified(what: str, shape: Shape, graph: Graph) -> Demand:
    """A count of values that fulfil a shape; a bare comparison of the value joins the words before it."""
    assert shape.qualified is not None
    most = f", at most {shape.qualified_max}" if shape.qualified_max else ""
    least = f", at least {shape.qualified_min}" if shape.qualified_min > 1 else ""
    words = f"{'not: ' if shape.qualified_max == 0 else ''}{what}{least}{most}"
    parts = demands(shape.qualified, graph)
    if len(parts) == 1 and not parts[0].parts and _compares(shape.qualified):
        return Demand(_joined(words, parts[0].text), parts[0].values)
    return Demand(words, parts=parts)


def _value(value: Constant, graph: Graph) -> Link:
    if isinstance(value, bool):
        return Link("yes" if value else "no")
    return link(graph, value) if isinstance(value, str) and graph.term(value, terms.TYPE) else Link(str(value))


def _path(path: Path, graph: Graph) -> str:
    sequences = [
        tuple(step for step in sequence if step.predicate not in (cov("inCase"), cov("onLine"))) or sequence
        for sequence in path
    ]
    named = "|".join("/".join(_name(step) for step in sequence) for sequence in sequences)
    if named in READS:
        return READS[named]
    return " or ".join(_sequence(sequence, graph) for sequence in sequences)


def _sequence(sequence: tuple[Step, ...], graph: Graph) -> str:
    if (named := "/".join(map(_name, sequence))) in READS:
        return READS[named]
    return "the " + " of the ".join(_label(step, graph) for step in reversed(sequence))


def _name(step: Step) -> str:
    return ("^" if step.inverse else "") + terms.local_name(step.predicate)


def _label(step: Step, graph: Graph) -> str:
    return graph.value(step.predicate, terms.LABEL) or terms.local_name(step.predicate)
