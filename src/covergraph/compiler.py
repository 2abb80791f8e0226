"""From shapes to Python: what shapes ask of a focus node is kept as bits, and a leaf is an expression over the bits.

Every test that a leaf makes asks whether some value of one fact of the focus node passes. The answers to all of them,
over all leaves, are the bits of one integer, the *pattern* of the focus node: all that the shapes can tell of it. So
equal patterns have equal leaf values, and the bits of one value of a fact can be remembered wherever it comes up again.
The first bits say which concept has which status; what is asked of statuses is a mask over them.

The graph is only walked here. A step of a path that the facts know (``facts.VOCABULARY``) reads an attribute; every
later step belongs to the ontology, does not change from case to case, and becomes a table. What cannot be compiled
raises ContentError with the shape's IRI, so that no constraint is ever skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TypeGuard

from covergraph import terms
from covergraph.errors import ContentError
from covergraph.facts import NODE_CLASS, STATUSES, VOCABULARY
from covergraph.leaves import Asked, FactPath, Leaves
from covergraph.logic import Value
from covergraph.pathcode import Alternative, Code, Test, distinct, exists, path_tests, walk
from covergraph.shapes import Shape, Step
from covergraph.triples import Graph


@dataclass
class _Questions:
    """The bits given out so far, each with the code that answers it."""

    code: Code
    target: type
    concepts: dict[str, int]
    bits: dict[tuple[FactPath | None, str], int] = field(default_factory=dict)
    many: dict[FactPath, bool] = field(default_factory=dict)

    def about(self, path: FactPath | None, test: str) -> str:
        """Whether any value ``v`` of a fact passes a test, or without a fact the focus node ``s``, as an expression."""
        if (path, test) not in self.bits:
            taken = len(STATUSES) * len(self.concepts) + len(self.bits)
            self.bits[path, test] = self._statuses(path, test) if _is_status(path) else 1 << taken
        return f"(p & {self.bits[path, test]} != 0)"

    def _statuses(self, path: FactPath, test: str) -> int:
        passes = eval(f"lambda v: {test}", self.code.names)
        return sum(self._status(path, concept) for concept in self.concepts if passes(concept))

    def _status(self, path: FactPath, concept: str) -> int:
        return 1 << STATUSES.index(path[0]) * len(self.concepts) + self.concepts[concept]

    def answers(self, path: FactPath) -> Callable[[object], int]:
        """What gives the bits of one value of a fact."""
        if _is_status(path):
            return {concept: self._status(path, concept) for concept in self.concepts}.__getitem__  # type: ignore[return-value]
        bits = " | ".join(f"({bit} if {test} else 0)" for (p, test), bit in self.bits.items() if p == path)
        return eval(f"lambda v: {bits}", self.code.names)  # type: ignore[no-any-return]


def _is_status(path: FactPath | None) -> TypeGuard[FactPath]:
    return path is not None and path[0] in STATUSES


def compile_leaves(shapes: Sequence[Shape], target: type, graph: Graph) -> Leaves:
    """Compile the leaf shapes of one target class, whose focus nodes are facts of the class ``target``."""
    concepts = {concept: place for place, concept in enumerate(graph.instances("ClinicalConcept"))}
    questions = _Questions(Code(graph), target, concepts)
    leaves = [_leaf(questions, shape) for shape in shapes]
    names = questions.code.names
    # The code is written here, from parsed shapes only; nothing of a case ever gets into it.
    return Leaves(
        concepts=concepts,
        asked=tuple(
            Asked(path, questions.many[path], questions.answers(path))
            for path in dict.fromkeys(p for p, _ in questions.bits if p is not None)
        ),
        whole=tuple(
            (bit, eval(f"lambda s: {test}", names)) for (path, test), bit in questions.bits.items() if path is None
        ),
        values=eval(f"lambda p: bytes(({''.join(f'{leaf}, ' for leaf in leaves)}))", names),
        looks_at=tuple(reduce(or_, map(int, re.findall(r"p & (\d+)", leaf)), 0) for leaf in leaves),
    )


def _leaf(questions: _Questions, shape: Shape) -> str:
    """Value of a leaf as an expression: what is shown goes before what is ruled out (``logic.leaf``)."""
    severities = {p.severity for p in shape.properties}
    unexpected = severities - {terms.SH + "Violation", terms.cov("NotRuledOut")}
    if not shape.properties or unexpected or shape.target is None:
        raise ContentError(
            "bad-leaf",
            shape.iri,
            "A leaf needs a target and named property shapes, shown or of severity cov:NotRuledOut.",
        )
    for part in shape.properties:
        if part.path is None:
            raise ContentError("bad-leaf", part.iri, "A part of a leaf has no path.")
        if part.properties:
            cause = "A part of a leaf has properties of its own, which SHACL would report apart from it."
            raise ContentError("bad-leaf", part.iri, cause, "Put them into an sh:node of the part.")
    shown = [p for p in shape.properties if p.severity != terms.cov("NotRuledOut")]
    ruled_out = [p for p in shape.properties if p.severity == terms.cov("NotRuledOut")]
    if not shown:
        raise ContentError("bad-leaf", shape.iri, "A leaf has nothing that shows it.")
    met, not_met, undocumented = int(Value.MET), int(Value.NOT_MET), int(Value.UNDOCUMENTED)
    is_shown = " and ".join(_part(questions, part) for part in shown)
    if not ruled_out:
        return f"{met} if {is_shown} else {not_met}"
    is_ruled_out = " and ".join(_part(questions, part) for part in ruled_out)
    return f"{met} if {is_shown} else {not_met} if {is_ruled_out} else {undocumented}"


def _part(questions: _Questions, shape: Shape) -> str:
    """Whether a focus node with the pattern ``p`` conforms to a property shape, as an expression."""
    assert shape.path is not None
    code = questions.code
    found = [_fact(questions, shape, sequence) for sequence in shape.path]

    def some(test: Test) -> str:
        return "(" + " or ".join(questions.about(path, exists(values, test(values))) for path, values in found) + ")"

    def count(test: Test, comparison: str) -> str:
        # Distinct values are counted over all alternatives together.
        whole = [walk(code, shape, sequence, "s", questions.target) for sequence in shape.path or ()]
        return questions.about(None, distinct(whole, test, comparison))

    return "(" + (" and ".join(path_tests(code, shape, some, count)) or "True") + ")"


def _fact(questions: _Questions, shape: Shape, sequence: tuple[Step, ...]) -> tuple[FactPath | None, Alternative]:
    """The fact that a path leads to first, and the walk from a value ``v`` of it over the rest of the path."""
    names: list[str] = []
    here = questions.target
    for place, step in enumerate(sequence):
        attribute = None if step.inverse else VOCABULARY[here].get(step.predicate)
        if attribute is None:
            break
        names.append(attribute.name)
        if attribute.node and not attribute.many:
            here = NODE_CLASS[step.predicate]
            continue
        after = NODE_CLASS[step.predicate] if attribute.node else None
        questions.many[tuple(names)] = attribute.many
        return tuple(names), walk(questions.code, shape, sequence[place + 1 :], "v", after)
    return None, walk(questions.code, shape, sequence, "s", questions.target)
