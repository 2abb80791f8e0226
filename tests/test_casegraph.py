"""A case as RDF: the same case and report, no foreign context, nothing fetched, shapes that tell good from bad."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse, serialize
from pyshacl import validate
from rdflib import RDF, SH, Graph, Literal, URIRef

from casefiles import CaseFile, Json, read_examples
from covergraph import terms
from covergraph.case import case_json
from covergraph.casegraph import json_ld_context, parse_case_rdf, write_case
from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.model import Case
from covergraph.rdflibgraph import rdflib_graph
from covergraph.terms import case_iri, cov
from covergraph.workspace import Workspace
from strategies import cases, near, the_policy, tries

EXAMPLES = list(read_examples().values())
GENERATED = st.deferred(lambda: cases(the_policy()) | near(the_policy(), [example.document for example in EXAMPLES]))


def turtle(case: Case, workspace: Workspace) -> bytes:
    return write_case(case_json(case), case_iri(case.id), workspace.prefixes).encode()


def from_rdf(checker: Checker, text: bytes, format: RdfFormat = RdfFormat.TURTLE) -> Case:
    return checker.read(parse_case_rdf(text, format, "case"))


# ---------- the same case ----------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_an_example_comes_back_from_turtle_and_gives_the_same_report(
    example: CaseFile, checker: Checker, workspace: Workspace
) -> None:
    case = checker.read(example.document)
    back = from_rdf(checker, turtle(case, workspace))

    assert back == case
    assert checker.report(back) == checker.report(case)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_an_example_with_our_context_is_the_same_case_in_json_ld(example: CaseFile, checker: Checker) -> None:
    text = json.dumps({"@context": terms.CONTEXT, **example.document}).encode()
    case = from_rdf(checker, text, RdfFormat.JSON_LD)

    assert case == checker.read(example.document)
    assert checker.report(case) == checker.check(example.document)


@tries(120)
@given(GENERATED)
def test_any_case_comes_back_from_turtle(checker: Checker, workspace: Workspace, document: Json) -> None:
    case = checker.read(document)

    assert from_rdf(checker, turtle(case, workspace)) == case


@tries(120)
@given(GENERATED)
def test_any_case_with_our_context_is_the_same_case_in_json_ld(checker: Checker, document: Json) -> None:
    text = json.dumps({"@context": terms.CONTEXT, **document}).encode()

    assert from_rdf(checker, text, RdfFormat.JSON_LD) == checker.read(document)


@pytest.mark.parametrize("format", [RdfFormat.N_TRIPLES, RdfFormat.RDF_XML, RdfFormat.JSON_LD], ids=str)
def test_it_does_not_matter_who_wrote_the_rdf(format: RdfFormat, checker: Checker, workspace: Workspace) -> None:
    """Written by another tool, without prefixes or context, in another syntax."""
    for example in EXAMPLES:
        case = checker.read(example.document)
        triples = [quad.triple for quad in parse(turtle(case, workspace), format=RdfFormat.TURTLE)]

        assert from_rdf(checker, serialize(triples, format=format) or b"", format) == case


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_another_library_reads_the_same_case_by_the_published_context(example: CaseFile, checker: Checker) -> None:
    text = json.dumps({"@context": json_ld_context(), "@id": case_iri(example.name), **example.document})
    graph = Graph().parse(data=text, format="json-ld")

    assert from_rdf(checker, graph.serialize(format="turtle").encode()) == checker.read(example.document)


# ---------- foreign contexts ----------

OWN = terms.CONTEXT
LINE = {"id": "1", "technique": "vertebroplasty", "levels": ["L1"]}
BASE: Json = {"id": "a", "product": "commercial", "serviceDate": "2026-03-02", "lines": [LINE]}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that a fetch would connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/context.jsonld"


def assert_nobody_called(listener: socket.socket) -> None:
    with pytest.raises(BlockingIOError):
        listener.accept()


def placed_contexts(url: str) -> list[tuple[str, Json, str]]:
    """Name, document and the place of the foreign context."""
    return [
        ("at the top", {"@context": url, **BASE}, "/@context"),
        ("in a list after ours", {"@context": [OWN, url], **BASE}, "/@context"),
        ("ours in a list", {"@context": [OWN], **BASE}, "/@context"),
        ("as an object", {"@context": {"id": url}, **BASE}, "/@context"),
        ("as an object that imports", {"@context": {"@version": 1.1, "@import": url}, **BASE}, "/@context"),
        ("as a term's own context", {"@context": {"lines": {"@id": url, "@context": url}}, **BASE}, "/@context"),
        ("null", {"@context": None, **BASE}, "/@context"),
        ("in a line", {"@context": OWN, **BASE, "lines": [LINE | {"@context": url}]}, "/lines/0/@context"),
        ("ours again in a line", {"@context": OWN, **BASE, "lines": [LINE | {"@context": OWN}]}, "/lines/0/@context"),
        (
            "in a finding",
            {"@context": OWN, **BASE, "findings": [{"concept": "radiculopathy", "status": "absent", "@context": url}]},
            "/findings/0/@context",
        ),
        ("in an included graph", {"@context": OWN, **BASE, "@included": [{"@context": url}]}, "/@included/0/@context"),
        ("in a value that is thrown away", {"@context": OWN, **BASE, "x": {"@context": url}}, "/x/@context"),
        ("relative", {"@context": "case.jsonld", **BASE}, "/@context"),
        ("a file", {"@context": "file:///etc/hostname", **BASE}, "/@context"),
    ]


@pytest.mark.parametrize("number", range(14), ids=[name for name, *_ in placed_contexts("")])
def test_a_foreign_context_is_refused_wherever_it_stands_and_never_fetched(
    number: int, checker: Checker, listener: socket.socket
) -> None:
    _, document, place = placed_contexts(url_of(listener))[number]
    with pytest.raises(InputError) as refused:
        from_rdf(checker, json.dumps(document).encode(), RdfFormat.JSON_LD)

    assert (refused.value.code, refused.value.place) == ("foreign-context", place)
    assert_nobody_called(listener)


def test_nothing_is_fetched_for_turtle_either(checker: Checker, workspace: Workspace, listener: socket.socket) -> None:
    case = turtle(checker.read(BASE), workspace)
    imports = f"<{case_iri('a')}> <http://www.w3.org/2002/07/owl#imports> <{url_of(listener)}> ."
    with pytest.raises(InputError) as refused:
        from_rdf(checker, case + imports.encode())

    assert refused.value.code == "unknown-triple"
    assert_nobody_called(listener)


# ---------- what RDF can get wrong ----------

GOOD = f"""
@prefix : <{terms.COV}> .
@prefix c: <{terms.CASES}> .
@prefix concept: <{terms.BASE}concept/> .
@prefix level: <{terms.BASE}level/> .
@prefix rdf: <{terms.RDF}> .
@prefix product: <{terms.BASE}product/> .
@prefix status: <{terms.BASE}status/> .
@prefix technique: <{terms.BASE}technique/> .
@prefix xsd: <{terms.XSD}> .
c:a :caseId "a" ; :product product:commercial ; :serviceDate "2026-03-02"^^xsd:date ;
  :lines ( c:line ) ; :findings ( c:f ) .
c:line :lineId "1" ; :technique technique:vertebroplasty ; :levels ( level:L1 ) .
c:f :concept concept:radiculopathy ; :status status:absent .
"""
BAD_RDF: list[tuple[str, str, str, str]] = [
    ("not Turtle", "c:a", "@@", "not-rdf"),
    ("no case id", ':caseId "a" ;', "", "no-case"),
    ("two cases", "c:f :concept", 'c:b :caseId "b" . c:f :concept', "no-case"),
    ("two products", "product:commercial ;", "product:commercial , product:medicare ;", "two-values"),
    ("two line lists", ":lines ( c:line )", ":lines ( c:line ) , ( c:line )", "two-values"),
    ("a triple of nobody", "c:f :concept", "c:x a :Line . c:f :concept", "unknown-triple"),
    ("a property that means nothing", "c:f :concept", 'c:f :note "x" . c:f :concept', "unknown-triple"),
    ("a fact that only judges derive", "c:f :concept", "c:a :present level:L1 . c:f :concept", "unknown-triple"),
    ("a wrong type", "c:f :concept", "c:f a :Line ; :concept", "wrong-type"),
    ("a text for a concept", "concept:radiculopathy", '"radiculopathy"', "unknown-value"),
    ("a blank concept", "concept:radiculopathy", "[]", "unknown-value"),
    ("a concept of another namespace", "concept:radiculopathy", "level:radiculopathy", "unknown-value"),
    ("a concept that is not there", "concept:radiculopathy", "concept:fever", "unknown-concept"),
    ("an IRI for a text", '"1" ;', "c:one ;", "not-literal"),
    ("a line that is text", "( c:line )", '( c:line "line" )', "bad-value"),
    ("no list", "( c:line )", "c:line", "bad-list"),
    ("a list that ends in nothing", "( c:line )", "[ rdf:first c:line ]", "bad-list"),
    ("a line outside the list", "( c:line )", "()", "unknown-triple"),
    ("no such day", "2026-03-02", "2026-02-30", "bad-date"),
    ("no technique", ":technique technique:vertebroplasty ;", "", "missing-key"),
    ("onset too late", "status:absent", 'status:present ; :onset "2026-03-03"^^xsd:date', "onset-after-service"),
    ("NaN", "status:absent", 'status:present ; :value "NaN"^^xsd:double', "bad-value"),
    ("no number", "status:absent", 'status:present ; :value "many"^^xsd:double', "bad-value"),
]  # fmt: skip


def test_a_case_written_by_hand_is_read(checker: Checker) -> None:
    case = from_rdf(checker, GOOD.encode())
    assert case == checker.read(BASE | {"findings": [{"concept": "radiculopathy", "status": "absent"}]})


@pytest.mark.parametrize(("wanted", "instead", "code"), [row[1:] for row in BAD_RDF], ids=[row[0] for row in BAD_RDF])
def test_what_rdf_says_wrong_is_refused(wanted: str, instead: str, code: str, checker: Checker) -> None:
    assert GOOD.count(wanted) >= 1
    with pytest.raises(InputError) as refused:
        from_rdf(checker, GOOD.replace(wanted, instead, 1).encode())

    assert refused.value.code == code
    assert refused.value.place and refused.value.cause and refused.value.cure


def test_a_list_that_runs_in_a_circle_is_refused(checker: Checker) -> None:
    circle = GOOD.replace("( c:line )", "c:l") + "c:l rdf:first c:line ; rdf:rest c:l ."
    with pytest.raises(InputError) as refused:
        from_rdf(checker, circle.encode())

    assert refused.value.code == "bad-list"


# ---------- shapes/case.ttl ----------


@pytest.fixture(scope="module")
def ontology(workspace: Workspace) -> Graph:
    return rdflib_graph(workspace, "ontology/")


@pytest.fixture(scope="module")
def case_shapes(workspace: Workspace) -> Graph:
    return rdflib_graph(workspace, "shapes/case.ttl")


def refused_cases(graph: Graph, ontology: Graph, shapes: Graph) -> set[str]:
    """IRIs of the cases that the shapes refuse."""
    _, report, text = validate(graph + ontology, shacl_graph=shapes, advanced=False)
    assert isinstance(report, Graph), text
    return {str(report.value(result, SH.focusNode)) for result in report.subjects(RDF.type, SH.ValidationResult)}


def test_the_shapes_of_a_case_accept_the_examples(
    checker: Checker, workspace: Workspace, ontology: Graph, case_shapes: Graph
) -> None:
    graph = Graph()
    for example in EXAMPLES:
        graph.parse(data=turtle(checker.read(example.document), workspace), format="turtle")

    assert len(set(graph.subjects(RDF.type, URIRef(cov("Case"))))) == len(EXAMPLES)
    assert refused_cases(graph, ontology, case_shapes) == set()


def iri(name: str) -> URIRef:
    return URIRef(terms.BASE + name)


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=URIRef(terms.XSD + datatype), normalize=False)


RICH: Json = {
    **BASE,
    "lines": [{**LINE, "code": "22511", "units": 1, "intent": "therapeutic", "devices": ["K192449"]}],
    "concurrentProcedures": [{"kind": "spinal-fusion", "approach": "open"}],
    "diagnoses": ["C79.51"],
    "findings": [{"concept": "axial-spine-pain", "status": "present", "levels": ["L1"], "durationDays": 20}],
    "treatments": [{"kind": "nsaid", "weeks": 4.5, "response": "clinically-meaningful-improvement"}],
    "documents": [{"kind": "mri-report", "date": "2026-02-10", "interpreter": "independent-radiologist"}],
}
WRONG_CASES: list[tuple[str, str, list[Any]]] = [
    ("Case", "caseId", []),
    ("Case", "caseId", [Literal("-a")]),
    ("Case", "caseId", [Literal("a"), Literal("b")]),
    ("Case", "product", []),
    ("Case", "product", [iri("product/commercial"), iri("product/medicare")]),
    ("Case", "product", [iri("product/gold")]),
    ("Case", "product", [iri("technique/vertebroplasty")]),
    ("Case", "serviceDate", []),
    ("Case", "serviceDate", [typed("2026-02-30", "date")]),
    ("Case", "contractCovers", [Literal("yes")]),
    ("Case", "lines", []),
    ("Case", "lines", [RDF.nil]),
    ("Case", "underPolicy", [Literal("6.01.17"), Literal("7.01.112")]),
    ("Line", "lineId", []),
    ("Line", "lineId", [Literal("a b")]),
    ("Line", "code", [Literal("2251")]),
    ("Line", "units", [Literal(0)]),
    ("Line", "units", [Literal(31)]),
    ("Line", "technique", []),
    ("Line", "technique", [iri("technique/kyphoplasty")]),
    ("Line", "technique", [Literal("vertebroplasty")]),
    ("Line", "intent", [iri("intent/unsure")]),
    ("ConcurrentProcedure", "procedureKind", []),
    ("ConcurrentProcedure", "approach", [iri("approach/lateral")]),
    ("Finding", "concept", []),
    ("Finding", "concept", [iri("concept/fever")]),
    ("Finding", "status", []),
    ("Finding", "status", [iri("status/maybe")]),
    ("Finding", "onset", [typed("2026-02-10", "date")]),
    ("Finding", "durationDays", [Literal(-1)]),
    ("Finding", "durationDays", [Literal(36526)]),
    ("Finding", "durationDays", [Literal("20")]),
    ("Treatment", "treatmentKind", []),
    ("Treatment", "treatmentKind", [iri("treatment/prayer")]),
    ("Treatment", "weeks", [Literal(-1)]),
    ("Treatment", "weeks", [Literal(5201)]),
    ("Treatment", "response", [iri("response/none")]),
    ("Treatment", "contraindicated", [Literal("perhaps")]),
    ("Document", "documentKind", []),
    ("Document", "interpreter", [iri("interpreter/nobody")]),
    ("Document", "discrepancy", [iri("discrepancy/some")]),
]
ONLY_BY_THE_SHAPES: list[tuple[str, str, list[Any]]] = [
    ("Case", "serviceDate", [Literal("2026-03-02")]),
    ("Document", "date", [Literal("2026-02-10")]),
]
"""A day that is not typed as one: the reader takes it all the same."""


def wrong_case(number: int, checker: Checker, workspace: Workspace) -> tuple[str, Graph]:
    """A case of its own IRI in which one property has other values."""
    name = case_iri(f"wrong-{number}")
    graph = Graph().parse(data=write_case(case_json(checker.read(RICH)), name, workspace.prefixes), format="turtle")
    kind, predicate, values = (WRONG_CASES + ONLY_BY_THE_SHAPES)[number]
    (node,) = graph.subjects(RDF.type, URIRef(cov(kind)))
    graph.remove((node, URIRef(cov(predicate)), None))
    for value in values:
        graph.add((node, URIRef(cov(predicate)), value))
    return name, graph


def test_the_shapes_of_a_case_refuse_what_is_wrong(
    checker: Checker, workspace: Workspace, ontology: Graph, case_shapes: Graph
) -> None:
    """All at once: validating one takes as long as validating all."""
    graph = Graph().parse(
        data=write_case(case_json(checker.read(RICH)), case_iri("right"), workspace.prefixes), format="turtle"
    )
    names = {}
    for number, (kind, predicate, values) in enumerate(WRONG_CASES + ONLY_BY_THE_SHAPES):
        name, wrong = wrong_case(number, checker, workspace)
        names[name] = f"{kind}.{predicate}: {', '.join(map(str, values))}"
        graph += wrong
    refused = refused_cases(graph, ontology, case_shapes)

    assert [what for name, what in names.items() if name not in refused] == []
    assert case_iri("right") not in refused


@pytest.mark.parametrize(
    "number", range(len(WRONG_CASES)), ids=[f"{k}.{p} {' '.join(map(str, v))}"[:60] for k, p, v in WRONG_CASES]
)
def test_what_the_shapes_refuse_the_reader_refuses_too(number: int, checker: Checker, workspace: Workspace) -> None:
    _, graph = wrong_case(number, checker, workspace)
    with pytest.raises(InputError):
        from_rdf(checker, graph.serialize(format="turtle").encode())
