"""Every SHACL constraint that a policy may use means the same compiled as by pySHACL; others are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse
from pyshacl import validate
from rdflib import RDF, SH, Graph

from casefiles import CaseFile
from covergraph.checker import Checker
from covergraph.compiler import compile_leaves
from covergraph.errors import ContentError
from covergraph.factgraph import fact_graph
from covergraph.facts import Facts, Site
from covergraph.logic import Value
from covergraph.policy import Policy
from covergraph.rdflibgraph import rdflib_graph
from covergraph.shapereader import read_shape
from covergraph.shapes import Shape
from covergraph.sites import read_facts
from covergraph.triples import Graph as Content
from covergraph.workspace import Workspace

BASE = "https://w3id.org/covergraph/"
PREFIXES = f"""
@prefix : <{BASE}test/> .
@prefix approach: <{BASE}approach/> .
@prefix clearance: <{BASE}clearance/> .
@prefix concept: <{BASE}concept/> .
@prefix cov: <{BASE}ont#> .
@prefix device: <{BASE}device/> .
@prefix intent: <{BASE}intent/> .
@prefix level: <{BASE}level/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix response: <{BASE}response/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix technique: <{BASE}technique/> .
@prefix treatment: <{BASE}treatment/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TREATMENT = "sh:path ( cov:inCase cov:treatment )"
WEEKS = "sh:path ( cov:inCase cov:treatment cov:weeks )"
PAIN = "[ sh:path cov:concept ; sh:hasValue concept:axial-spine-pain ]"
CONSTRAINTS = {
    "one value": "sh:path cov:technique ; sh:hasValue technique:vertebroplasty",
    "one value of many": "sh:path cov:present ; sh:hasValue concept:imaging-concordant",
    "two values of many": "sh:path cov:present ; sh:hasValue concept:imaging-concordant , concept:axial-spine-pain",
    "a value of an optional fact": "sh:path cov:intent ; sh:hasValue intent:therapeutic",
    "an absent optional fact": "sh:path cov:procedureCode ; sh:maxCount 0",
    "a present optional fact": "sh:path cov:procedureCode ; sh:minCount 1",
    "at most one of an optional fact": "sh:path cov:procedureCode ; sh:maxCount 1",
    "two of an optional fact": "sh:path cov:procedureCode ; sh:minCount 2",
    "one of a list": "sh:path cov:technique ; sh:in ( technique:vertebroplasty technique:spinoplasty )",
    "all of a list": "sh:path cov:present ; sh:in ( concept:imaging-concordant concept:axial-spine-pain )",
    "all of a list, of nothing": "sh:path cov:conflicting ; sh:in ( concept:imaging-concordant )",
    "a date before": 'sh:path ( cov:inCase cov:serviceDate ) ; sh:maxExclusive "2026-03-02"^^xsd:date',
    "a date not after": 'sh:path ( cov:inCase cov:serviceDate ) ; sh:maxInclusive "2026-03-02"^^xsd:date',
    "a flag": "sh:path ( cov:inCase cov:contractCovers ) ; sh:hasValue false",
    "a pattern": 'sh:path ( cov:inCase cov:diagnosis ) ; sh:pattern "^M80"',
    "a pattern of a line": 'sh:path ( cov:onLine cov:code ) ; sh:pattern "^2251[0-2]$"',
    "at least two": f"{TREATMENT} ; sh:minCount 2",
    "at least three": f"{TREATMENT} ; sh:minCount 3",
    "at most one": f"{TREATMENT} ; sh:maxCount 1",
    "none": f"{TREATMENT} ; sh:maxCount 0",
    "two distinct kinds": "sh:path ( cov:inCase cov:treatment cov:treatmentKind ) ; sh:minCount 2",
    "two distinct codes": "sh:path ( cov:inCase cov:line cov:code ) ; sh:minCount 2",
    "at least one that": f"{TREATMENT} ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape :long",
    "at least two that": f"{TREATMENT} ; sh:qualifiedMinCount 2 ; sh:qualifiedValueShape :long",
    "at most one that": f"{TREATMENT} ; sh:qualifiedMaxCount 1 ; sh:qualifiedValueShape :long",
    "none that": f"{TREATMENT} ; sh:qualifiedMaxCount 0 ; sh:qualifiedValueShape :long",
    "one or two that": f"{TREATMENT} ; sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 2 ; sh:qualifiedValueShape :long",
    "none that is open": f"{TREATMENT} ; sh:qualifiedMaxCount 0 ; sh:qualifiedValueShape :perhaps-long",
    "every one": f"{TREATMENT} ; sh:node :long",
    "every one that says so": f"{TREATMENT} ; sh:node [ sh:property [ sh:path cov:weeks ; sh:minInclusive 4 ] ]",
    "between two numbers": f"{WEEKS} ; sh:minExclusive 4 ; sh:maxExclusive 4.5",
    "between two other numbers": f"{WEEKS} ; sh:minExclusive 3.9 ; sh:maxInclusive 5",
    "one of two shapes": f"{TREATMENT} ; sh:or ( :long [ sh:property [ sh:path cov:response ; sh:maxCount 0 ] ] )",
    "both of two shapes": f"{TREATMENT} ; sh:and ( :long [ sh:property [ sh:path cov:frequency ; sh:minCount 1 ] ] )",
    "alternatives": "sh:path [ sh:alternativePath ( cov:present cov:absent ) ] ; sh:hasValue concept:axial-spine-pain",
    "alternatives of unlike length": (
        "sh:path [ sh:alternativePath ( cov:technique ( cov:productUse cov:product ) ) ] ; sh:qualifiedMinCount 1 ; "
        "sh:qualifiedValueShape [ sh:in ( technique:spinoplasty device:stabilit clearance:K192449 ) ]"
    ),
    "counted over alternatives": (
        "sh:path [ sh:alternativePath ( cov:technique cov:level cov:procedureCode ) ] ; sh:minCount 3 ; sh:maxCount 3"
    ),
    "a range of levels": "sh:path ( cov:level [ sh:inversePath cov:includesLevel ] ) ; sh:hasValue level:range-T5-L5",
    "into the ontology": "sh:path ( cov:technique cov:inGroup ) ; sh:hasValue technique:vertebral-augmentation",
    "far into the ontology": (
        "sh:path ( cov:productUse cov:product cov:category ) ; sh:qualifiedMaxCount 0 ; "
        "sh:qualifiedValueShape [ sh:in ( device:category-balloon ) ]"
    ),
    "a number in the ontology": "sh:path ( cov:procedureCode cov:levelsPerUnit ) ; sh:minInclusive 1 ; sh:minCount 1",
    "an observation": (
        "sh:path cov:observation ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape "
        f"[ sh:property {PAIN} , [ sh:path cov:atLeastDays ; sh:minInclusive 42 ; sh:minCount 1 ] ]"
    ),
    "an extent": (
        "sh:path ( cov:inCase cov:extent ) ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape "
        "[ sh:property [ sh:path cov:levelCount ; sh:minInclusive 2 ] ]"
    ),
    "a procedure's approach": "sh:path ( cov:inCase cov:concurrentProcedure cov:approach ) ; sh:hasValue approach:open",
    "a recognized product": "sh:path ( cov:productUse cov:recognized ) ; sh:hasValue true",
}  # fmt: skip
SHARED = """
:long a sh:NodeShape ; sh:property [ sh:path cov:weeks ; sh:minCount 1 ; sh:minInclusive 4 ] .
:perhaps-long a sh:NodeShape ; sh:property [ sh:path cov:weeks ; sh:minInclusive 4 ] .
"""


def turtle(constraints: dict[str, str]) -> str:
    """One leaf for each constraint."""
    leaves = (
        f":leaf-{n} a sh:NodeShape ; sh:targetClass cov:Site ; sh:property :part-{n} .\n"
        f":part-{n} a sh:PropertyShape ; {body} ."
        for n, body in enumerate(constraints.values())
    )
    return PREFIXES + SHARED + "\n".join(leaves)


def shapes_in(text: str, workspace: Workspace) -> tuple[Content, list[Shape]]:
    """The content together with some leaves, and these leaves as the program reads them."""
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in workspace.store)
    store.extend(parse(text, format=RdfFormat.TURTLE))
    content = Content(store)
    leaves = [
        iri for iri in content.subjects("http://www.w3.org/ns/shacl#targetClass", f"{BASE}ont#Site") if "/test/" in iri
    ]
    leaves.sort(key=lambda iri: int(iri.rsplit("-", 1)[1]))
    return content, [read_shape(content, NamedNode(iri)) for iri in leaves]


CHANGES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "treatments": {
        "treatments": [
            {"kind": "nsaid", "weeks": 4.4, "frequency": "daily", "response": "clinically-meaningful-improvement"},
            {"kind": "nsaid", "weeks": 5},
            {"kind": "steroid"},
        ]
    },
    "one treatment": {"treatments": [{"kind": "nsaid", "weeks": 3.9, "response": "clinically-meaningful-improvement"}]},
    "a fraction of a week": {"treatments": [{"kind": "nsaid", "weeks": 4.4}]},
    "a day later": {"serviceDate": "2026-03-03"},
    "a day earlier": {"serviceDate": "2026-03-01", "contractCovers": False, "diagnoses": []},
    "two lines": {
        "lines": [
            {
                "id": "1",
                "technique": "vertebroplasty",
                "levels": ["T4", "L1"],
                "code": "22510",
                "devices": ["stabilit"],
            },
            {"id": "2", "technique": "sacroplasty", "levels": ["S1"], "devices": ["K192449", "K999999"]},
        ]
    },
    "two codes": {
        "lines": [
            {"id": "1", "technique": "vertebroplasty", "levels": ["L1"], "code": "22511"},
            {"id": "2", "technique": "vertebroplasty", "levels": ["L2"], "code": "22512"},
        ]
    },
    "conflict": {
        "findings": [{"concept": "axial-spine-pain", "status": s, "durationDays": 42} for s in ("present", "absent")]
    },
}


@pytest.fixture(scope="module")
def some_facts(checker: Checker, examples: dict[str, CaseFile], policy: Policy) -> list[Facts]:
    documents = [
        example.document | change | {"id": f"{n}-{m}"}
        for n, example in enumerate((examples["day-43-trial-failed"], examples["with-open-fusion"]))
        for m, change in enumerate(CHANGES.values())
    ]
    return [read_facts(checker.read(document), policy.vocabulary) for document in documents]


@pytest.fixture(scope="module")
def verdicts(workspace: Workspace, some_facts: list[Facts]) -> dict[str, list[tuple[bool, bool]]]:
    """For every constraint and site, whether it holds compiled, and whether it holds by pySHACL."""
    content, shapes = shapes_in(turtle(CONSTRAINTS), workspace)
    judge = compile_leaves(shapes, Site, content)
    ontology = rdflib_graph(workspace, "ontology/")
    found: dict[str, list[tuple[bool, bool]]] = {name: [] for name in CONSTRAINTS}
    for facts in some_facts:
        derived = fact_graph(facts)
        data = ontology + Graph()
        for triple in derived.triples:
            data.add(triple)
        _, report, text = validate(data, shacl_graph=Graph().parse(data=turtle(CONSTRAINTS)), inplace=True)
        assert isinstance(report, Graph), text
        failed = {
            (str(report.value(r, SH.focusNode)), str(report.value(r, SH.sourceShape)))
            for r in report.subjects(RDF.type, SH.ValidationResult)
        }
        for site in facts.sites:
            for n, (name, value) in enumerate(zip(CONSTRAINTS, judge(site), strict=True)):
                by_pyshacl = (derived.names[id(site)], f"{BASE}test/part-{n}") not in failed
                found[name].append((value == Value.MET, by_pyshacl))
    return found


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_means_the_same_compiled_and_in_pyshacl(
    name: str, verdicts: dict[str, list[tuple[bool, bool]]]
) -> None:
    assert [compiled for compiled, _ in verdicts[name]] == [by_pyshacl for _, by_pyshacl in verdicts[name]]


def test_the_cases_show_the_constraints_holding_and_failing(verdicts: dict[str, list[tuple[bool, bool]]]) -> None:
    always = {name for name, seen in verdicts.items() if len({compiled for compiled, _ in seen}) == 1}

    assert always == {"at most one of an optional fact", "two of an optional fact"}


# ---------- what is not understood ----------

NOT_UNDERSTOOD = {
    "an unknown constraint": "sh:path cov:technique ; sh:minExlusive 3",
    "a constraint of SHACL that is not supported": "sh:path cov:technique ; sh:uniqueLang true",
    "negation": "sh:path cov:technique ; sh:not [ sh:in ( technique:puva ) ]",
    "a query": 'sh:path cov:technique ; sh:sparql [ sh:select "SELECT $this WHERE {}" ]',
    "two paths": "sh:path cov:technique , cov:level ; sh:minCount 1",
    "no path": "sh:in ( technique:spinoplasty )",
    "a path that repeats": "sh:path [ sh:zeroOrMorePath cov:technique ] ; sh:minCount 1",
    "a fact that no site has": "sh:path cov:weeks ; sh:minCount 1",
    "a fact that nobody has": "sh:path cov:shoeSize ; sh:minCount 1",
    "a fact backwards": "sh:path [ sh:inversePath cov:inCase ] ; sh:minCount 1",
    "a shape that is not there": "sh:path cov:technique ; sh:node :nothing",
    "a list that ends in nothing": "sh:path cov:technique ; sh:in [ rdf:first 1 ]",
    "properties of a part": f"{TREATMENT} ; sh:property [ sh:path cov:weeks ; sh:minInclusive 4 ]",
    "another severity": "sh:path cov:technique ; sh:severity sh:Warning ; sh:minCount 1",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_refused_with_the_iri_of_the_shape(name: str, workspace: Workspace) -> None:
    with pytest.raises(ContentError) as refused:
        content, shapes = shapes_in(turtle({name: NOT_UNDERSTOOD[name]}), workspace)
        compile_leaves(shapes, Site, content)

    assert refused.value.place and refused.value.cause
