"""From shapes to Python: each leaf shape becomes one expression over the facts of a site, all leaves one function.

The graph is only walked here. A step of a path that the facts know (``facts.VOCABULARY``) reads an attribute; every
later step belongs to the ontology, does not change from case to case, and becomes a table. What cannot be compiled
raises ContentError with the shape's IRI, so that no constraint is ever skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from pyoxigraph import NamedNode

from covergraph import terms
from covergraph.errors import ContentError
from covergraph.facts import NODE_CLASS, VOCABULARY, Attribute
from covergraph.logic import Value
from covergraph.shapes import Shape, Step
from covergraph.workspace import Graph, Term, constant, plain

LeafFunction = Callable[[object], bytes]
"""What leaves compile to: the facts of their focus node in, one byte (a logic.Value) for each of them out."""


@dataclass
class _Module:
    """Names and constants of the code being written."""

    graph: Graph
    names: dict[str, object] = field(default_factory=dict)
    fresh: Iterator[int] = field(default_factory=count)

    def constant(self, value: object) -> str:
        name = f"k{next(self.fresh)}"
        self.names[name] = value
        return name

    def variable(self) -> str:
        return f"v{next(self.fresh)}"


@dataclass(frozen=True)
class _Values:
    """The values of one alternative of a path: clauses to loop and guard with, then the value and its class."""

    clauses: tuple[str, ...]
    value: str
    node: type | None
    source: str | None
    """The collection that the last step loops over, where it is one."""


def compile_leaves(shapes: Sequence[Shape], target: type, graph: Graph) -> LeafFunction:
    """One function from the facts of a focus node to the values of all leaves, in their order."""
    module = _Module(graph)
    values = "".join(f"{_leaf(module, shape, target)}, " for shape in shapes)
    # The code is written here, from parsed shapes only; nothing of a case ever gets into it.
    return eval(f"lambda s: bytes(({values}))", module.names)  # type: ignore[no-any-return]


def _leaf(module: _Module, shape: Shape, target: type) -> str:
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
    if not ruled_out:
        return f"{met} if {_all(module, shown, 's', target)} else {not_met}"
    otherwise = f"{not_met} if {_all(module, ruled_out, 's', target)} else {undocumented}"
    return f"{met} if {_all(module, shown, 's', target)} else {otherwise}"


def _all(module: _Module, shapes: list[Shape], variable: str, node: type | None) -> str:
    return " and ".join(_conforms(module, shape, variable, node) for shape in shapes) or "True"


def _conforms(module: _Module, shape: Shape, variable: str, node: type | None) -> str:
    """Whether the node (or, with a path, its values) in a variable conforms to a shape, as an expression."""
    tests = (
        _value_tests(module, shape, variable, node)
        if shape.path is None
        else _path_tests(module, shape, variable, node)
    )
    return "(" + (" and ".join(tests) or "True") + ")"


def _value_tests(module: _Module, shape: Shape, variable: str, node: type | None) -> list[str]:
    """Tests of one value: everything but counts, ``sh:hasValue`` over a path and qualified shapes."""
    tests = []
    if shape.within is not None:
        tests.append(f"{variable} in {module.constant(frozenset(shape.within))}")
    tests += [f"{variable} {sign} {module.constant(bound)}" for sign, bound in shape.bounds]
    if shape.pattern is not None:
        tests.append(f"{module.constant(re.compile(shape.pattern).search)}({variable})")
    if shape.path is None:
        tests += [f"{variable} == {module.constant(value)}" for value in shape.has_value]
    tests += [_conforms(module, inner, variable, node) for inner in (*shape.properties, *shape.nodes)]
    for group in shape.all_of:
        tests.append(_all(module, list(group), variable, node))
    for group in shape.any_of:
        tests.append("(" + " or ".join(_conforms(module, inner, variable, node) for inner in group) + ")")
    return tests


def _path_tests(module: _Module, shape: Shape, variable: str, node: type | None) -> list[str]:
    """Tests of a property shape, cheap ones first."""
    assert shape.path is not None
    alternatives = [_walk(module, shape, sequence, variable, node) for sequence in shape.path]
    tests = [_contains(alternatives, module.constant(value)) for value in shape.has_value]
    tests += _count_tests(shape, shape.min_count, shape.max_count, alternatives, lambda _: "True")
    if shape.qualified is not None:
        inner = shape.qualified
        tests += _count_tests(
            inner, shape.qualified_min, shape.qualified_max, alternatives,
            lambda v: _conforms(module, inner, v.value, v.node),
        )  # fmt: skip
    for values in alternatives:
        demands = _value_tests(module, shape, values.value, values.node)
        if demands:
            tests.append(f"not {_exists(values, 'not (' + ' and '.join(demands) + ')')}")
    return tests


def _count_tests(
    shape: Shape, least: int, most: int | None, alternatives: list[_Values], test: Callable[[_Values], str]
) -> list[str]:
    tests = []
    if least == 1:
        tests.append(_any(alternatives, test))
    if most == 0:
        tests.append(f"not {_any(alternatives, test)}")
    if least > 1 or (most or 0) > 0:
        found = " | ".join("{" + f"{v.value} {_loop(v)} if {test(v)}" + "}" for v in alternatives)
        tests += [f"len({found}) >= {least}"] if least > 1 else []
        tests += [f"len({found}) <= {most}"] if most else []
    if not tests and most is None and least == 0 and shape.path is None:
        raise ContentError("bad-shape", shape.iri, "A qualified shape is counted by nothing.")
    return tests


def _any(alternatives: list[_Values], test: Callable[[_Values], str]) -> str:
    """Whether any value passes a test."""
    return "(" + " or ".join(_exists(values, test(values)) for values in alternatives) + ")"


def _contains(alternatives: list[_Values], wanted: str) -> str:
    """Whether any value is the wanted one; where the values are one collection, by plain membership."""
    return "(" + " or ".join(
        f"{wanted} in {values.source}" if values.source and len(values.clauses) == 1
        else _exists(values, f"{values.value} == {wanted}")
        for values in alternatives
    ) + ")"  # fmt: skip


def _exists(values: _Values, test: str) -> str:
    """Whether a value exists that passes a test, given as an expression over ``values.value``."""
    if any(clause.startswith("for ") for clause in values.clauses):
        return f"any({test} {_loop(values)})"
    guards = [clause.removeprefix("if ") for clause in values.clauses]
    return "(" + " and ".join([*guards, test]) + ")"


def _loop(values: _Values) -> str:
    """The clauses of a comprehension, which must begin with a loop."""
    looped = bool(values.clauses) and values.clauses[0].startswith("for ")
    return " ".join(values.clauses if looped else ("for _ in (0,)", *values.clauses))


def _walk(module: _Module, shape: Shape, sequence: tuple[Step, ...], variable: str, node: type | None) -> _Values:
    """Code that walks one sequence of a path from a variable that holds facts of a class."""
    clauses: list[str] = []
    value, here, source = variable, node, None
    for place, step in enumerate(sequence):
        if here is None:
            name = module.variable()
            table = module.constant(_table(module.graph, sequence[place:]))
            return _Values((*clauses, f"for {name} in {table}.get({value}, ())"), name, None, None)
        attribute = None if step.inverse else VOCABULARY[here].get(step.predicate)
        if attribute is None:
            raise ContentError(
                "unknown-fact", shape.iri, f"{step.predicate} is no fact of a {here.__name__}.",
                "Use a property that ontology/core.ttl gives it.",
            )  # fmt: skip
        value, source = _read(module, attribute, f"{value}.{attribute.name}", clauses)
        here = NODE_CLASS[step.predicate] if attribute.node else None
    return _Values(tuple(clauses), value, here, source)


def _read(module: _Module, attribute: Attribute, expression: str, clauses: list[str]) -> tuple[str, str | None]:
    if attribute.many:
        name = module.variable()
        clauses.append(f"for {name} in {expression}")
        return name, expression
    if attribute.optional:
        clauses.append(f"if {expression} is not None")
    return expression, None


def _table(graph: Graph, steps: tuple[Step, ...]) -> dict[str, tuple[object, ...]]:
    """Every IRI from which the steps lead somewhere, with where they lead."""
    starts = {o if steps[0].inverse else s for s, o in graph.pairs(steps[0].predicate)}
    table: dict[str, tuple[object, ...]] = {}
    for start in sorted(starts):
        reached: list[Term] = [NamedNode(start)]
        for step in steps:
            onward: list[Term] = []
            for term in reached:
                if step.inverse:
                    quads = graph.store.quads_for_pattern(None, NamedNode(step.predicate), term, None)
                    onward += [plain(q.subject) for q in quads]
                elif isinstance(term, NamedNode):
                    onward += graph.terms(term, step.predicate)
            reached = list(dict.fromkeys(onward))
        if reached:
            table[start] = tuple(constant(term) for term in reached)
    return table
