"""Shapes and paths as Python expressions over facts: the code that ``compiler`` asks its questions with.

A variable holds a value; its name grows by one letter with each step away from it, so that equal shapes give equal
code and nothing is asked twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from covergraph.errors import ContentError
from covergraph.facts import NODE_CLASS, VOCABULARY
from covergraph.shapes import Shape, Step
from covergraph.triples import Constant, Graph, Term, constant, plain


@dataclass
class Code:
    """The constants that the code being written names; equal ones have one name."""

    graph: Graph
    names: dict[str, object] = field(default_factory=dict)
    _known: dict[tuple[str, Hashable], str] = field(default_factory=dict)

    def constant(self, value: Hashable) -> str:
        """Name of a constant."""
        return self._named(type(value).__name__, value, lambda: value)

    def search(self, pattern: str) -> str:
        """Name of the function that searches a regular expression."""
        return self._named("search", pattern, lambda: re.compile(pattern).search)

    def table(self, steps: tuple[Step, ...]) -> str:
        """Name of the table of where steps through the ontology lead."""
        return self._named("table", steps, lambda: _table(self.graph, steps))

    def _named(self, kind: str, key: Hashable, make: Callable[[], object]) -> str:
        name = self._known.setdefault((kind, key), f"k{len(self._known)}")
        if name not in self.names:
            self.names[name] = make()
        return name


@dataclass(frozen=True)
class Alternative:
    """The values of one alternative of a path: clauses to loop and guard with, then the value and its class."""

    clauses: tuple[str, ...]
    value: str
    node: type | None


Test = Callable[[Alternative], str]
"""A test of the values of an alternative, as an expression over ``Alternative.value``."""
Some = Callable[[Test], str]
Count = Callable[[Test, str], str]


def conforms(code: Code, shape: Shape, variable: str, node: type | None) -> str:
    """Whether the node (or, with a path, its values) in a variable conforms to a shape, as an expression."""
    if shape.path is None:
        tests = value_tests(code, shape, variable, node)
    else:
        found = [walk(code, shape, sequence, variable, node) for sequence in shape.path]
        tests = path_tests(
            code, shape, lambda test: any_of(found, test), lambda test, comparison: distinct(found, test, comparison)
        )
    return "(" + (" and ".join(tests) or "True") + ")"


def value_tests(code: Code, shape: Shape, variable: str, node: type | None) -> list[str]:
    """Tests of one value: everything but counts, ``sh:hasValue`` over a path and qualified shapes."""
    tests = []
    if shape.within is not None:
        tests.append(f"{variable} in {code.constant(frozenset(shape.within))}")
    tests += [f"{variable} {sign} {code.constant(bound)}" for sign, bound in shape.bounds]
    if shape.pattern is not None:
        tests.append(f"{code.search(shape.pattern)}({variable})")
    if shape.path is None:
        tests += [f"{variable} == {code.constant(value)}" for value in shape.has_value]
    tests += [conforms(code, inner, variable, node) for inner in (*shape.properties, *shape.nodes)]
    for group in shape.all_of:
        tests += [conforms(code, inner, variable, node) for inner in group]
    for group in shape.any_of:
        tests.append("(" + " or ".join(conforms(code, inner, variable, node) for inner in group) + ")")
    return tests


def path_tests(code: Code, shape: Shape, some: Some, count: Count) -> list[str]:
    """Tests of a property shape, given what asks whether some value passes a test, and what counts those that do."""

    def bounds(least: int, most: int | None, test: Test) -> list[str]:
        tests = [some(test)] if least == 1 else []
        tests += [f"not {some(test)}"] if most == 0 else []
        tests += [count(test, f">= {least}")] if least > 1 else []
        return tests + ([count(test, f"<= {most}")] if most else [])

    def equal(wanted: Constant) -> Test:
        return lambda v: f"{v.value} == {code.constant(wanted)}"

    def fails(v: Alternative) -> str:
        return f"not ({' and '.join(value_tests(code, shape, v.value, v.node))})"

    tests = [some(equal(wanted)) for wanted in shape.has_value]
    tests += bounds(shape.min_count, shape.max_count, lambda _: "True")
    if (inner := shape.qualified) is not None:
        if not shape.qualified_min and shape.qualified_max is None:
            raise ContentError("bad-shape", shape.iri, "A qualified shape is counted by nothing.")
        tests += bounds(shape.qualified_min, shape.qualified_max, lambda v: conforms(code, inner, v.value, v.node))
    if shape.demands_of_values:
        tests.append(f"not {some(fails)}")
    return tests


def any_of(found: list[Alternative], test: Test) -> str:
    """Whether any value over all alternatives passes a test, as an expression."""
    return "(" + " or ".join(exists(values, test(values)) for values in found) + ")"


def distinct(found: list[Alternative], test: Test, comparison: str) -> str:
    """A comparison of how many distinct values, over all alternatives, pass a test, as an expression."""
    passing = " | ".join("{" + f"{v.value} {_loop(v)} if {test(v)}" + "}" for v in found)
    return f"len({passing}) {comparison}"


def exists(values: Alternative, test: str) -> str:
    """Whether a value exists that passes a test, given as an expression over ``values.value``."""
    if any(clause.startswith("for ") for clause in values.clauses):
        return f"any({test} {_loop(values)})"
    guards = [clause.removeprefix("if ") for clause in values.clauses]
    return "(" + " and ".join([*guards, test]) + ")"


def _loop(values: Alternative) -> str:
    """The clauses of a comprehension, which must begin with a loop."""
    looped = bool(values.clauses) and values.clauses[0].startswith("for ")
    return " ".join(values.clauses if looped else ("for _ in (0,)", *values.clauses))


def walk(code: Code, shape: Shape, sequence: tuple[Step, ...], variable: str, node: type | None) -> Alternative:
    """Code that walks one sequence of a path from a variable, which holds facts of a class or a term."""
    clauses: list[str] = []
    value, here, name = variable, node, re.sub(r"\W", "", variable)
    for place, step in enumerate(sequence):
        name += "x"
        if here is None:
            clauses.append(f"for {name} in {code.table(sequence[place:])}.get({value}, ())")
            return Alternative(tuple(clauses), name, None)
        attribute = None if step.inverse else VOCABULARY[here].get(step.predicate)
        if attribute is None:
            raise ContentError(
                "unknown-fact", shape.iri, f"{step.predicate} is no fact of a {here.__name__}.",
                "Use a property that ontology/core.ttl gives it.",
            )  # fmt: skip
        value = f"{value}.{attribute.name}"
        here = NODE_CLASS[step.predicate] if attribute.node else None
        if attribute.many:
            clauses.append(f"for {name} in {value}")
            value = name
        elif attribute.optional:
            clauses.append(f"if {value} is not None")
    return Alternative(tuple(clauses), value, here)


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
