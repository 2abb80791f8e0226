"""The De Morgan dual of a policy's shapes: for every provision one shape that says met and one that says not met.

Made from the Turtle alone, for tests: an oracle of the fold that shares nothing with the program but the shapes.
``MET(ALL)`` is all met, ``REFUTED(ALL)`` any refuted, and the reverse for ANY; a member that does not apply is met for
an ALL and refuted for an ANY, so that it is left out. A leaf is refuted where it is not shown and is ruled out.
Here ``sh:not`` does no harm: it stands only over what is requested, shown or applicable, never over silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

COV = "https://w3id.org/covergraph/ont#"
SITE = URIRef(COV + "Site")
NOT_RULED_OUT = URIRef(COV + "NotRuledOut")
POLARITIES = ("met", "refuted")


@dataclass(frozen=True)
class Source:
    """The shapes of a policy version and the conditions on them, as rdflib reads them from the files."""

    shapes: Graph
    conditions: Graph

    @cached_property
    def provisions(self) -> list[Node]:
        """Everything that is judged at a site: leaves that target it, and composites."""
        return sorted({*self.shapes.subjects(SH.targetClass, SITE), *self.composites}, key=str)

    @cached_property
    def composites(self) -> dict[Node, tuple[str, list[Node]]]:
        """Operator and members of each composite."""
        return {
            subject: (operator, list(Collection(self.shapes, head)))
            for operator, predicate in (("and", SH["and"]), ("or", SH["or"]))
            for subject, head in self.shapes.subject_objects(predicate)
            if isinstance(subject, URIRef)
            and (subject, RDF.type, SH.NodeShape) in self.shapes
            and self._is_criterion(subject)
        }

    def _is_criterion(self, subject: URIRef) -> bool:
        """Provisions are described in the ontology; shapes that others only refer to (``sh:node``) are not."""
        return (subject, URIRef(COV + "directPartOf"), None) in self.conditions or (
            (subject, URIRef(COV + "concerns"), None) in self.conditions
        )

    def parts(self, leaf: Node, ruled_out: bool) -> list[Node]:
        """Property shapes of one half of a leaf."""
        return [
            part for part in self.shapes.objects(leaf, SH.property)
            if ((part, SH.severity, NOT_RULED_OUT) in self.shapes) == ruled_out
        ]  # fmt: skip

    @cached_property
    def conditions_on(self) -> dict[Node, tuple[list[Node], list[Node]]]:
        """What must be met, and what must not, for a provision to apply."""
        return {
            provision: (
                list(self.conditions.objects(provision, URIRef(COV + "appliesWhen"))),
                list(self.conditions.objects(provision, URIRef(COV + "unlessMet"))),
            )
            for provision in self.provisions
        }


def read_source(shapes: Path, *ontology: Path) -> Source:
    """The source of the dual, from Turtle files."""
    conditions = Graph()
    for path in ontology:
        conditions.parse(path)
    return Source(Graph().parse(shapes), conditions)


# ---------- as truth values, from the values of the leaves ----------


def evaluate(source: Source, leaves: Mapping[str, tuple[bool, bool]]) -> dict[str, tuple[bool, bool, bool]]:
    """For every provision whether it applies, is met, and is refuted; ``leaves`` says met and refuted of each leaf."""
    composites = source.composites
    found: dict[Node, tuple[bool, bool, bool]] = {}

    def value(provision: Node) -> tuple[bool, bool, bool]:
        if provision not in found:
            needs, bars = source.conditions_on[provision]
            applies = all(is_met(c) for c in needs) and not any(is_met(c) for c in bars)
            found[provision] = (applies, *core(provision))
        return found[provision]

    def core(provision: Node) -> tuple[bool, bool]:
        if provision not in composites:
            return leaves[str(provision)]
        operator, members = composites[provision]
        values = [value(m) for m in members]
        if operator == "and":
            return all(met or not applies for applies, met, _ in values), any(
                applies and no for applies, _, no in values
            )
        return any(applies and met for applies, met, _ in values), all(no or not applies for applies, _, no in values)

    def is_met(provision: Node) -> bool:
        applies, met, _ = value(provision)
        return applies and met

    return {str(p): value(p) for p in source.provisions}


# ---------- as shapes, for pySHACL ----------


def dual_shapes(source: Source) -> Graph:
    """The shapes, with ``P#met`` and ``P#refuted`` for every provision P, each a target of its own."""
    graph = Graph()
    for triple in source.shapes:
        if triple[1] != SH.targetClass:
            graph.add(triple)

    def node(*constraints: tuple[URIRef, Node], name: Node | None = None) -> Node:
        subject = name or BNode()
        graph.add((subject, RDF.type, SH.NodeShape))
        for predicate, obj in constraints:
            graph.add((subject, predicate, obj))
        return subject

    def listed(operator: str, shapes: list[Node]) -> Node:
        head = BNode()
        Collection(graph, head, shapes)
        return node((SH[operator], head))

    def negated(shape: Node) -> Node:
        return node((SH["not"], shape))

    def named(provision: Node, polarity: str) -> URIRef:
        return URIRef(f"{provision}#{polarity}")

    def applies(provision: Node) -> list[Node]:
        needs, bars = source.conditions_on[provision]
        return [named(c, "met") for c in needs] + [negated(named(c, "met")) for c in bars]

    def left_out(provision: Node, polarity: str) -> Node:
        """The member, or that it does not apply."""
        conditions = applies(provision)
        member = named(provision, polarity)
        return listed("or", [member, *map(negated, conditions)]) if conditions else member

    composites = source.composites
    for provision in source.provisions:
        if provision in composites:
            operator, members = composites[provision]
            all_of, any_of = ("met", "refuted") if operator == "and" else ("refuted", "met")
            core = {
                all_of: listed("and", [left_out(m, all_of) for m in members]),
                any_of: listed("or", [named(m, any_of) for m in members]),
            }
        else:
            shown = node(*((SH.property, part) for part in source.parts(provision, ruled_out=False)))
            ruled_out = [(SH.property, part) for part in source.parts(provision, ruled_out=True)]
            core = {"met": shown, "refuted": node((SH["not"], shown), *ruled_out)}
        for polarity in POLARITIES:
            constraints = [(SH.node, shape) for shape in (core[polarity], *applies(provision))]
            node((SH.targetClass, SITE), *constraints, name=named(provision, polarity))
    return graph


def composites_as_they_stand(source: Source) -> Graph:
    """A copy of the shapes in which leaves keep only the half that shows them, and every composite has a target."""
    graph = Graph()
    for triple in source.shapes:
        _, predicate, obj = triple
        if predicate != SH.targetClass and not (
            predicate == SH.property and (obj, SH.severity, NOT_RULED_OUT) in source.shapes
        ):
            graph.add(triple)
    for composite in source.composites:
        graph.add((composite, SH.targetClass, SITE))
    return graph


def failing(report: Graph, shape_of: Callable[[Node | None], str | None]) -> set[tuple[str, str]]:
    """Focus node and shape of every result, as far as ``shape_of`` knows the shape."""
    return {
        (str(report.value(result, SH.focusNode)), shape)
        for result in report.subjects(RDF.type, SH.ValidationResult)
        if (shape := shape_of(report.value(result, SH.sourceShape))) is not None
    }
