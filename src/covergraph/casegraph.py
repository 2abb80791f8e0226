"""A case as RDF, and RDF as a case: one table gives the JSON-LD context, the way out and the way back in.

JSON-LD of a case is its JSON with our context; lists keep the sender's order. Contexts are never fetched: our own is
known by its IRI, any other is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from covergraph import terms
from covergraph.case import foreign_context
from covergraph.errors import InputError
from covergraph.jsontext import parse_json
from covergraph.terms import cov, local_name
from covergraph.triples import Graph, Node, Term, constant


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the JSON: its property, and how its value is written.

    ``value`` names a list of ``vocabulary.FIELDS``, or is "text", "number", "boolean", "date", or a table of KEYS.
    """

    property: str
    value: str
    many: bool = False


KEYS: dict[str, dict[str, Key]] = {
    "case": {
        "id": Key("caseId", "text"), "policy": Key("underPolicy", "text"), "product": Key("product", "product"),
        "contractCovers": Key("contractCovers", "boolean"), "serviceDate": Key("serviceDate", "date"),
        "lines": Key("lines", "line", many=True),
        "concurrentProcedures": Key("concurrentProcedures", "concurrentProcedure", many=True),
        "diagnoses": Key("diagnoses", "text", many=True), "findings": Key("findings", "finding", many=True),
        "treatments": Key("treatments", "courseOfTreatment", many=True),
        "documents": Key("documents", "documentSent", many=True),
    },
    "line": {
        "id": Key("lineId", "text"), "code": Key("code", "text"), "modifiers": Key("modifiers", "text", many=True),
        "units": Key("units", "number"), "technique": Key("technique", "technique"), "intent": Key("intent", "intent"),
        "levels": Key("levels", "level", many=True), "devices": Key("devices", "text", many=True),
        "cements": Key("cements", "text", many=True),
    },
    "concurrentProcedure": {
        "kind": Key("procedureKind", "procedure"), "approach": Key("approach", "approach"), "code": Key("code", "text"),
    },
    "finding": {
        "concept": Key("concept", "concept"), "status": Key("status", "status"),
        "levels": Key("levels", "level", many=True),
        "onset": Key("onset", "date"), "durationDays": Key("durationDays", "bounds"), "value": Key("value", "number"),
        "source": Key("sourceNote", "text"),
    },
    "bounds": {"min": Key("durationMin", "number"), "max": Key("durationMax", "number")},
    "courseOfTreatment": {
        "kind": Key("treatmentKind", "treatment"), "weeks": Key("weeks", "number"),
        "frequency": Key("frequency", "text"),
        "response": Key("response", "response"), "contraindicated": Key("contraindicated", "boolean"),
        "reason": Key("reason", "text"), "source": Key("sourceNote", "text"),
    },
    "documentSent": {
        "kind": Key("documentKind", "document"), "date": Key("date", "date"),
        "interpreter": Key("interpreter", "interpreter"),
        "discrepancy": Key("discrepancy", "discrepancy"), "source": Key("sourceNote", "text"),
    },
}  # fmt: skip
TYPES = {
    "case": "Case", "line": "Line", "concurrentProcedure": "ConcurrentProcedure", "finding": "Finding",
    "courseOfTreatment": "Treatment", "documentSent": "Document",
}  # fmt: skip
PLAIN = {"text", "number", "boolean", "date"}


def json_ld_context() -> dict[str, Any]:
    """The JSON-LD 1.1 context of a case, under which its JSON is RDF in the case vocabulary."""
    return {"@version": 1.1, **_context("case")}


def _context(table: str) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for name, key in KEYS[table].items():
        term: dict[str, Any] = {"@id": cov(key.property)}
        if key.many:
            term["@container"] = "@list"
        if key.value == "date":
            term["@type"] = terms.XSD + "date"
        elif key.value in KEYS:
            term["@context"] = _context(key.value)
        elif key.value not in PLAIN:
            term |= {"@type": "@vocab", "@context": {"@vocab": f"{terms.BASE}{key.value}/"}}
        context[name] = term
    return context


def case_quads(document: dict[str, Any], iri: str) -> list[Quad]:
    """A case's JSON as triples of the case vocabulary, typed, under the IRI of the case."""
    plain = {k: v for k, v in document.items() if k != "@context"}
    text = json.dumps({"@context": json_ld_context(), "@id": iri, **plain})
    quads = list(parse(text.encode(), format=RdfFormat.JSON_LD))
    graph = _graph(quads)
    typed: list[tuple[Node, str]] = [(NamedNode(iri), "case")]
    for name, key in KEYS["case"].items():
        if key.value in TYPES and (head := graph.term(iri, cov(key.property))) is not None:
            typed += [(n, KEYS["case"][name].value) for n in graph.items(head) if not isinstance(n, Literal)]
    return quads + [Quad(n, NamedNode(terms.TYPE), NamedNode(cov(TYPES[table]))) for n, table in typed]


def _graph(quads: list[Quad]) -> Graph:
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in quads)
    return Graph(store)


def write_case(document: dict[str, Any], iri: str, prefixes: dict[str, str]) -> str:
    """A case's JSON as Turtle."""
    triples = [q.triple for q in case_quads(document, iri)]
    return (serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes) or b"").decode()


def parse_case_rdf(text: bytes, format: RdfFormat, name: str) -> dict[str, Any]:
    """The JSON of the one case in an RDF text; raises InputError naming line or IRI.

    What the vocabulary has no place for is refused, so that nothing that was said gets lost.
    """
    if format == RdfFormat.JSON_LD:
        text = json.dumps(_with_own_context(parse_json(text), "")).encode()
    try:
        quads = list(parse(text, format=format, base_iri=terms.CASES))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise InputError("not-rdf", f"{name}:{line}" if line else name, f"This is no RDF in {format.name}: {error}.",
                         "Mend its syntax.") from None  # fmt: skip
    graph = _graph(quads)
    found = graph.store.quads_for_pattern(None, NamedNode(cov("caseId")), None, None)
    roots = {q.subject for q in found if not isinstance(q.subject, Triple)}
    if len(roots) != 1:
        raise InputError(
            "no-case", name, f"It holds {len(roots)} resources with a cov:caseId.", "Send one case a file."
        )
    reader = _Reader(graph)
    document = reader.node(roots.pop(), "case")
    left = len(graph.store) - len(reader.used)
    if left:
        stray = next(q for q in graph.store if (q.subject, q.predicate, q.object) not in reader.used)
        raise InputError("unknown-triple", str(stray.subject),
                         f"{stray.predicate} is not part of the case that {name} holds.",
                         "Remove it, or use the case vocabulary (ontology/core.ttl, shapes/case.ttl).")  # fmt: skip
    return document


def _with_own_context(value: Any, pointer: str) -> Any:
    """The document with our context written out; InputError at any other context, wherever it stands."""
    if isinstance(value, list):
        return [_with_own_context(member, f"{pointer}/{place}") for place, member in enumerate(value)]
    if not isinstance(value, dict):
        return value
    members = {k: _with_own_context(v, f"{pointer}/{k}") for k, v in value.items() if k != "@context"}
    if "@context" in value:
        if value["@context"] != terms.CONTEXT or pointer:
            raise foreign_context(f"{pointer}/@context", value["@context"])
        members = {"@context": json_ld_context(), **members}
    return members


class _Reader:
    """Walks a case graph by KEYS and remembers which triples it read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.used: set[tuple[Node, NamedNode, Term]] = set()

    def _take(self, node: Node, predicate: str) -> list[Term]:
        found = self._graph.terms(node, predicate)
        self.used |= {(node, NamedNode(predicate), o) for o in found}
        return found

    def node(self, node: Node, table: str) -> dict[str, Any]:
        types = self._take(node, terms.TYPE)
        if wrong := [t.value for t in types if t.value != cov(TYPES.get(table, ""))]:
            raise InputError(
                "wrong-type", str(node), f"It is typed {wrong[0]}, where a {table} stands.", "Mend its type."
            )
        found: dict[str, Any] = {}
        for name, key in KEYS[table].items():
            values = self._take(node, cov(key.property))
            if len(values) > 1:
                raise InputError("two-values", str(node), f"It has {len(values)} values of cov:{key.property}.",
                                 "Give one; several go into a list.")  # fmt: skip
            if values and key.many:
                found[name] = [self._value(member, key) for member in self._items(values[0])]
            elif values:
                found[name] = self._value(values[0], key)
        return found

    def _items(self, head: Term) -> list[Term]:
        members: list[Term] = []
        seen: set[Term] = set()
        while head.value != terms.NIL:
            first = [] if isinstance(head, Literal) or head in seen else self._take(head, terms.FIRST)
            rest = [] if isinstance(head, Literal) else self._take(head, terms.REST)
            if len(first) != 1 or len(rest) != 1:
                raise InputError(
                    "bad-list", str(head), "An RDF list is broken here.", "Give one rdf:first and one rdf:rest."
                )
            seen.add(head)
            members += first
            head = rest[0]
        return members

    def _value(self, term: Term, key: Key) -> Any:
        if key.value in KEYS:
            return constant_number(term) if isinstance(term, Literal) else self.node(term, key.value)
        if key.value in PLAIN:
            if not isinstance(term, Literal):
                raise InputError("not-literal", str(term), f"cov:{key.property} takes a literal.", "Write it as one.")
            return (
                constant_number(term)
                if key.value == "number"
                else term.value
                if key.value != "boolean"
                else _boolean(term)
            )
        if isinstance(term, BlankNode | Literal) or term.value != f"{terms.BASE}{key.value}/{local_name(term.value)}":
            raise InputError("unknown-value", str(term), f"It is no value of cov:{key.property}.",
                             f"Use an IRI below {terms.BASE}{key.value}/.")  # fmt: skip
        return local_name(term.value)


def _boolean(term: Literal) -> Any:
    return {"true": True, "1": True, "false": False, "0": False}.get(term.value, term.value)


def constant_number(term: Literal) -> Any:
    """A number literal as a JSON number, a whole one as an integer; anything else as its text.

    >>> constant_number(Literal(4.0)), constant_number(Literal("x"))
    (4, 'x')
    """
    try:
        value = constant(term)
    except ValueError:
        return term.value
    if isinstance(value, float):
        return (
            int(value) if value.is_integer() else value if value == value and abs(value) != float("inf") else term.value
        )
    return value if isinstance(value, int) and not isinstance(value, bool) else term.value
