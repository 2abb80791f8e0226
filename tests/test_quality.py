"""The content passes its own gate, and every rule of the gate catches the error that it is for.

Each injection is a small change to the real content, written as SPARQL updates; the rule that it is for must fire, and
no other. A rule without an injection fails here.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pyoxigraph import Store
from rdflib import Graph
from rdflib.namespace import RDF, SH

from covergraph.errors import ContentError
from covergraph.quality import STEPS, Violation, broken_rules, broken_shapes, check_content, read_rules
from covergraph.rdflibgraph import rdflib_graph, to_rdflib
from covergraph.workspace import Workspace, find_root

CONTENT = Workspace(find_root())
RULES = read_rules(CONTENT.root)
VERSION = "<https://w3id.org/covergraph/policy/6.01.17/2025-10-15>"
FILE = "https://w3id.org/covergraph/graph/{}/policies/6.01.17/2025-10-15"
PREFIXES = {**CONTENT.prefixes, "v": VERSION[1:-1] + "/", "list": VERSION[1:-1] + "/codes/"}
DOTTED = re.compile(r"\b(?:v|list|policy):[\w.-]*\w")
"""Names with several dots, which Oxigraph's SPARQL does not take as prefixed names."""
DECLARED = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())

Injection = tuple[str, str, tuple[str, ...]]
"""Name of the rule, what it must find, and the updates that break it."""


def add(turtle: str, file: str = FILE.format("ontology")) -> str:
    return f"INSERT DATA {{ GRAPH <{file}> {{ {turtle} }} }}"


def shape(turtle: str) -> str:
    return add(turtle, FILE.format("shapes"))


def drop(pattern: str) -> str:
    return f"DELETE WHERE {{ GRAPH ?file {{ {pattern} }} }}"


def replace(subject: str, predicate: str, value: str) -> tuple[str, str]:
    return drop(f"{subject} {predicate} ?old"), add(f"{subject} {predicate} {value}")


ASKS_SEPTICEMIA = "a sh:PropertyShape ; sh:path cov:present ; sh:hasValue concept:septicemia"

RULE_INJECTIONS: list[Injection] = [
    # shapes
    ("shape_dangling", "v:trial-met", (shape("v:trial-met sh:node v:trial-mett"),)),
    ("shape_dangling", "v:trial-met", (shape("v:trial-met sh:or ( v:trial-open v:trial-shut )"),)),
    ("shape_unknown_term", "v:III.B-shown", (shape("v:III.B-shown sh:minExlusive 3"),)),
    ("shape_unknown_term", "v:III.B-shown", (shape("v:III.B-shown sh:nodeKind sh:Iri"),)),
    ("shape_cycle", "v:trial-met", (shape("v:trial-met sh:node v:trial-open . v:trial-open sh:node v:trial-met"),)),
    ("shape_uses_not", "v:trial-met", (shape("v:trial-met sh:not v:trial-open"),)),
    ("shape_undeclared_term", "v:III.B-shown", (shape("v:III.B-shown sh:hasValue concept:trigger-point"),)),
    ("shape_undeclared_term", "v:trial-met", (shape("v:trial-met sh:in ( concept:septicemia concept:septicaemia )"),)),
    ("shape_undeclared_term", "v:trial-met", (shape("v:trial-met sh:class cov:Treatement"),)),
    ("shape_undeclared_term", "v:III.B-shown",
     (drop("v:III.B-shown sh:path ?old"), shape("v:III.B-shown sh:path cov:presant"))),
    ("shape_undeclared_term", "v:III.B-shown", (
        drop("v:III.B-shown sh:path ?old"),
        shape("v:III.B-shown sh:path ( cov:inCase [ sh:alternativePath ( cov:finding ) ] )"))),
    ("shape_composite_form", "v:I", (shape("v:I sh:and ( v:I.A )"),)),
    ("shape_composite_form", "v:I", (shape("v:I sh:or ( v:I.A )"),)),
    ("shape_composite_form", "v:I.B", (shape("v:I.B sh:minCount 1"),)),
    ("shape_composite_with_target", "v:I.B", (shape("v:I.B sh:targetClass cov:Site"),)),
    ("shape_leaf_form", "v:III.B", (drop("v:III.B sh:property v:III.B-shown . v:III.B-shown ?predicate ?object"),)),
    ("shape_leaf_form", "v:III.B", (shape("v:III.B-shown sh:severity sh:Warning"),)),
    ("shape_leaf_form", "v:III.B", (shape("v:III.B sh:hasValue concept:septicemia"),)),
    ("shape_leaf_without_target", "v:III.B", (drop("v:III.B sh:targetClass ?old"),)),
    ("shape_leaf_without_target", "v:III.B",
     (drop("v:III.B sh:targetClass ?old"), shape("v:III.B sh:targetClass cov:Case"))),
    ("shape_anonymous_part", "v:III.B", (shape("v:III.B sh:property [ sh:path cov:present ; sh:minCount 1 ]"),)),
    ("shape_part_name", "v:III.B", (shape("v:III.B sh:property v:III.C-shown"),)),
    ("shape_part_name", "v:III.B", (
        shape("v:III.B sh:property v:III.B-shown-late . "
              f"v:III.B-shown-late {ASKS_SEPTICEMIA} ; sh:severity cov:NotRuledOut"),)),
    ("shape_without_criterion", "v:III.D", (shape("v:III.D a sh:NodeShape ; sh:node v:trial-met"),)),
    ("shape_without_criterion", "v:III.B-shown-too", (shape(f"v:III.B-shown-too {ASKS_SEPTICEMIA}"),)),
    ("criterion_without_shape", "v:PG.VI", (add("v:PG.VI a cov:ReimbursementRule"),)),
    ("criterion_unreachable", "v:III.D", (
        add('v:III.D a cov:Criterion ; cov:question "Is it?"'),
        shape("v:III.D a sh:NodeShape ; sh:targetClass cov:Site ; sh:property v:III.D-shown . "
              f"v:III.D-shown {ASKS_SEPTICEMIA}"))),
    ("leaf_without_question", "v:III.B", (drop("v:III.B cov:question ?old"),)),
    ("leaf_without_question", "v:V", (drop("v:V cov:question ?old"),)),
    ("leaf_without_question", "v:I.A.1.a", (drop("v:I.A.1.a cov:question ?old"),)),
    ("condition_not_judged", "v:I.C.1.e", (add("v:I.C.1.e cov:appliesWhen v:PD.2"),)),
    ("condition_not_judged", "v:II.J.stabilization-required", (
        add("v:II.J.stabilization-required cov:unlessMet <https://w3id.org/covergraph/policy/other/2025-01-01/I> . "
            "<https://w3id.org/covergraph/policy/other/2025-01-01/I> a cov:ReimbursementRule"),
        shape(f"<https://w3id.org/covergraph/policy/other/2025-01-01/I> sh:targetClass cov:Site ; "
              "sh:property <https://w3id.org/covergraph/policy/other/2025-01-01/I-shown> . "
              f"<https://w3id.org/covergraph/policy/other/2025-01-01/I-shown> {ASKS_SEPTICEMIA}"))),
    ("effective_date_differs", "v:EFF", replace(VERSION, "cov:effectiveFrom", '"2025-10-16"^^xsd:date')),
    ("review_date_differs", "v:advisory-past-next-review",
     replace(VERSION, "cov:nextReview", '"2026-06-29"^^xsd:date')),
    # provisions
    ("parent_outside_version", "v:III.B", replace("v:III.B", "cov:directPartOf", "concept:septicemia")),
    ("parent_outside_version", "v:II.B.not-held",
     replace("v:II.B.not-held", "cov:directPartOf", "v:II.B.anticoagulation")),
    ("parent_cycle", "v:III", replace("v:III", "cov:directPartOf", "v:III.B")),
    ("section_label_not_local_name", "v:III.B", replace("v:III.B", "cov:sectionLabel", '"III.A"')),
    ("ordinal_duplicate", "v:III.B", replace("v:III.B", "cov:ordinal", "1")),
    ("page_beyond_source", "v:III.B", (add("v:III.B cov:page 17"),)),
    ("page_beyond_source", "v:III.B", (add("v:III.B cov:page 0"),)),
    ("precedence_duplicate", "v:II", replace("v:II", "cov:precedence", "1")),
    ("precedence_duplicate", "v:PD.6", replace("v:PD.6", "cov:precedence", "1")),
    ("policy_number_duplicate", "policy:7.01.112", replace("policy:7.01.112", "cov:policyNumber", '"11.01.03"')),
    ("default_policy_duplicate", "policy:7.01.112", (add("policy:7.01.112 cov:isDefault true"),)),
    # terms
    ("undeclared_predicate", "v:III.B", (add('v:III.B cov:sectionLable "III.B"'),)),
    ("undeclared_predicate", "v:III.B", (add('v:III.B skos:prefLabel "trigger points"'),)),
    ("undeclared_class", "v:III.B", (add("v:III.B a cov:Criterium"),)),
    ("undeclared_class", "cov:line", (drop("cov:line rdfs:domain ?old"), add("cov:line rdfs:domain cov:Cases"))),
    ("undeclared_thing", "v:reading-coccyx", (add("v:reading-coccyx cov:concerns v:VI"),)),
    ("owl_unknown_term", "cov:Site", (add('cov:Site rdfs:lable "site"'),)),
    ("owl_unknown_term", "cov:Site", (add("cov:Site a owl:class"),)),
    ("header_not_one", FILE.format("ontology"), (add("v:file a owl:Ontology"),)),
    ("header_not_one", "https://w3id.org/covergraph/graph/ontology/new", (
        add("concept:myelopathy skos:closeMatch obo:HP_1", "https://w3id.org/covergraph/graph/ontology/new"),)),
    ("label_duplicate", "concept:radiculopathy", replace("concept:radiculopathy", "rdfs:label", '"myelopathy"@en')),
    ("label_duplicate", "cov:Extent", replace("cov:Extent", "rdfs:label", '"site"@en')),
    ("notation_not_local_name", "technique:sacroplasty",
     replace("technique:sacroplasty", "skos:notation", '"sacro-plasty"')),
    ("notation_not_local_name", "cpt:22510", replace("cpt:22510", "skos:notation", '"22511"')),
    ("functional_property_twice", "v:III.B", (add("v:III.B cov:ordinal 999"),)),
    ("literal_outside_range", "v:III.B", (add('v:III.B cov:page "three"'),)),
    ("domain_not_held", "v:III.B", (add("v:III.B cov:versionOf policy:6.01.17"),)),
    ("range_not_held", "device:kiva", (add("device:kiva cov:clearedBy org:vexim"),)),
    ("symmetric_one_way", "concept:radiculopathy", (add("concept:radiculopathy cov:contradicts concept:myelopathy"),)),
    # domain, products, codes
    ("concept_orphan", "concept:hiccups", (add('concept:hiccups a cov:ClinicalConcept ; skos:notation "hiccups"'),)),
    ("level_range_unused", "level:range-L1-L5",
     (add("level:range-L1-L5 a cov:LevelRange ; cov:firstLevel level:L1 ; cov:lastLevel level:L5"),)),
    ("level_cycle", "level:S5", (add("level:S5 cov:next level:C1"),)),
    ("product_id_duplicate", "device:kiva", (add('device:kiva cov:productId "stabilit"'),)),
    ("code_range_backwards", "list:odd",
     (add("list:odd a cov:CodeRange ; cov:rangeStart icd10cm:C90.02 ; cov:rangeEnd icd10cm:C90.00"),)),
    ("code_range_backwards", "list:odd",
     (add("list:odd a cov:CodeRange ; cov:rangeStart icd10cm:C41.2 ; cov:rangeEnd icd10cm:C90.00"),)),
    ("code_range_expansion", "list:C41.2", (add("list:C41.2 cov:expandsTo icd10cm:C90.00"),)),
    ("code_range_expansion", "list:C90.00-C90.02", (
        drop("list:C90.00-C90.02 cov:expandsTo icd10cm:C90.01"), add(f"{VERSION} cov:lists icd10cm:C90.01"))),
    ("code_unlisted", "cpt:22510", (drop(f"{VERSION} cov:lists cpt:22510"),)),
    ("code_unlisted", "icd10cm:D18.0", (
        add('icd10cm:D18.0 a cov:DiagnosisCode ; skos:notation "D18.0" ; cov:codeSystem system:icd-10-cm'),)),
]  # fmt: skip

SHAPE_INJECTIONS: list[Injection] = [
    # terms.ttl
    ("header-title", "<https://w3id.org/covergraph/devices>",
     (drop("<https://w3id.org/covergraph/devices> dcterms:title ?old"),)),
    ("header-description", "<https://w3id.org/covergraph/anatomy>", (
        add('<https://w3id.org/covergraph/anatomy> dcterms:description "Another."@en'),)),
    ("header-license", "<https://w3id.org/covergraph/clinical>",
     replace("<https://w3id.org/covergraph/clinical>", "dcterms:license", '"free"')),
    ("header-version", "<https://w3id.org/covergraph/codes/cpt>",
     replace("<https://w3id.org/covergraph/codes/cpt>", "owl:versionInfo", '"new"')),
    ("term-label", "cov:Site", (drop("cov:Site rdfs:label ?old"),)),
    ("term-label", "concept:myelopathy", (add('concept:myelopathy rdfs:label "cord disease"@en'),)),
    ("term-definition", "cov:extent", (drop("cov:extent skos:definition ?old"),)),
    ("term-definition", "cpt:22515", (add('cpt:22515 skos:definition "Another."@en'),)),
    ("label-form", "cov:Line", replace("cov:Line", "rdfs:label", '" line"@en')),
    ("label-form", "cov:Case", replace("cov:Case", "rdfs:label", '"case"')),
    ("definition-form", "cov:Report", replace("cov:Report", "skos:definition", '"What was found"@en')),
    ("text-form", "v:II.A", replace("v:II.A", "cov:paraphrase", '"An  allergy."')),
    # policies.ttl
    ("policy-number", "policy:7.01.112", (drop("policy:7.01.112 cov:policyNumber ?old"),)),
    ("version-policy", VERSION, (drop(f"{VERSION} cov:versionOf ?old"),)),
    ("version-effective", VERSION, replace(VERSION, "cov:effectiveFrom", '"15 October 2025"')),
    ("version-review", VERSION, (drop(f"{VERSION} cov:nextReview ?old"),)),
    ("version-pages", VERSION, (drop(f"{VERSION} cov:pageCount ?old"),)),
    ("version-dates", "v:next", (
        add('v:next a cov:PolicyVersion ; cov:versionOf policy:6.01.17 ; cov:pageCount 1 ; '
            'cov:effectiveFrom "2026-10-15"^^xsd:date ; cov:nextReview "2026-06-30"^^xsd:date'),)),
    ("provision-section-label", "v:II.B", (drop("v:II.B cov:sectionLabel ?old"),)),
    ("provision-paraphrase", "v:II.C", (drop("v:II.C cov:paraphrase ?old"),)),
    ("provision-page", "v:II.D", (drop("v:II.D cov:page ?old"),)),
    ("provision-parent", "v:II.E", (drop("v:II.E cov:directPartOf ?old"),)),
    ("provision-ordinal", "v:II.F", (drop("v:II.F cov:ordinal ?old"),)),
    ("provision-question", "v:II.G", (add('v:II.G cov:question "And is it?"'),)),
    ("part-place", "v:II.B.not-held", (drop("v:II.B.not-held cov:directPartOf ?old"),)),
    ("statement-basis", "v:II", (drop("v:II cov:basis ?old"),)),
    ("statement-open", "v:III", (drop("v:III cov:onDoubt ?old"),)),
    ("statement-open", "v:I", (drop("v:I cov:whenNotMet ?old"),)),
    ("statement-open", "v:IV",
     (add("v:IV cov:whenUndocumented cov:Investigational ; cov:whenNotMet cov:MedicallyNecessary"),)),
    ("decision-outcome", "v:V", (drop("v:V cov:whenMet ?old"),)),
    ("decision-precedence", "v:PD.1", (drop("v:PD.1 cov:precedence ?old"),)),
    ("requirement-question", "v:PG.II.A", (drop("v:PG.II.A cov:question ?old"),)),
    ("advisory-check", "v:advisory-long-standing-pain", (drop("v:advisory-long-standing-pain skos:notation ?old"),)),
    ("advisory-concerns", "v:advisory-study-not-endorsed", (drop("v:advisory-study-not-endorsed cov:concerns ?old"),)),
    ("reading-concerns", "v:reading-primary", (drop("v:reading-primary cov:concerns ?old"),)),
    ("reading-chosen", "v:reading-coccyx", (drop("v:reading-coccyx cov:chosen ?old"),)),
    ("reading-alternative", "v:reading-one-course", (drop("v:reading-one-course cov:alternative ?old"),)),
    ("reading-rationale", "v:reading-six-weeks", (drop("v:reading-six-weeks cov:rationale ?old"),)),
    ("erratum-concerns", "v:erratum-HCPCS", (drop("v:erratum-HCPCS cov:concerns ?old"),)),
    ("erratum-printed", "v:erratum-HCPCS", (drop("v:erratum-HCPCS cov:printedAs ?old"),)),
    ("erratum-read", "v:erratum-HCPCS", (drop("v:erratum-HCPCS cov:readAs ?old"),)),
    ("evidence-stance", "v:evidence-stenting-aim", (drop("v:evidence-stenting-aim cov:stance ?old"),)),
    ("evidence-page", "v:evidence-described-uses", (drop("v:evidence-described-uses cov:page ?old"),)),
    ("evidence-subject", "v:evidence-kiva-aim", (drop("v:evidence-kiva-aim cov:concerns ?old"),)),
    ("reference-citation", "v:ref-clark-2016-vapour",
     (drop("v:ref-clark-2016-vapour dcterms:bibliographicCitation ?old"),)),
    ("reference-page", "v:ref-clark-2016-vapour", (drop("v:ref-clark-2016-vapour cov:page ?old"),)),
    ("history-date", "v:approval-01", replace("v:approval-01", "cov:date", '"10/18/01"')),
    ("history-concerns", "v:approval-02", (drop("v:approval-02 cov:concerns ?old"),)),
    # terminology.ttl
    ("case-value-token", "concept:septicemia", (drop("concept:septicemia skos:notation ?old"),)),
    ("domain-value-domain", "concept:radiculopathy", (drop("concept:radiculopathy cov:inDomain ?old"),)),
    ("determination-token", "cov:Investigational", (drop("cov:Investigational skos:notation ?old"),)),
    ("determination-rank", "cov:MedicallyNecessary", (drop("cov:MedicallyNecessary cov:restrictiveness ?old"),)),
    ("level-region", "level:L3", (drop("level:L3 cov:region ?old"),)),
    ("level-range-first", "level:range-C1-T4", (drop("level:range-C1-T4 cov:firstLevel ?old"),)),
    ("level-range-last", "level:range-C1-T4", (drop("level:range-C1-T4 cov:lastLevel ?old"),)),
    ("clearance-number", "clearance:K232842", replace("clearance:K232842", "cov:productId", '"K23284"')),
    ("clearance-date", "clearance:K231340", replace("clearance:K231340", "cov:decisionDate", '"October 2023"')),
    ("clearance-applicant", "clearance:K211797", (drop("clearance:K211797 cov:applicant ?old"),)),
    ("clearance-use", "clearance:K192449", (drop("clearance:K192449 cov:clearedUse ?old"),)),
    ("clearance-category", "clearance:K192335", replace("clearance:K192335", "cov:category", "org:vexim")),
    ("product-name", "device:kiva", (drop("device:kiva cov:clearedBy ?old"),)),
    ("code-system-uri", "system:hcpcs", (drop("system:hcpcs cov:systemUri ?old"),)),
    ("code-notation", "icd10cm:C41.2", (drop("icd10cm:C41.2 skos:notation ?old"),)),
    ("code-code-system", "icd10cm:D18.09", (drop("icd10cm:D18.09 cov:codeSystem ?old"),)),
    ("procedure-code-technique", "cpt:22510", (drop("cpt:22510 cov:fitsTechnique ?old"),)),
    ("code-range-start", "list:C41.2", (drop("list:C41.2 cov:rangeStart ?old"),)),
    ("code-range-end", "list:C41.2", (drop("list:C41.2 cov:rangeEnd ?old"),)),
    ("code-range-codes", "list:C41.2", (drop("list:C41.2 cov:expandsTo ?old"),)),
    ("code-range-printed", "list:C41.2", (drop("list:C41.2 cov:printedAs ?old"),)),
    ("code-range-system", "list:C41.2", (drop("list:C41.2 cov:codeSystem ?old"),)),
]  # fmt: skip


def iri(name: str) -> str:
    """A prefixed name or an IRI in brackets as plain text."""
    prefix, _, local = name.partition(":")
    return name.strip("<>") if prefix not in PREFIXES else PREFIXES[prefix] + local


def changed(updates: Iterable[str]) -> Store:
    """A copy of the content with updates applied, each of which must change something."""
    store = Store()
    store.extend(CONTENT.store)
    for update in updates:
        before = len(store)
        store.update(DECLARED + DOTTED.sub(lambda name: f"<{iri(name[0])}>", update))
        assert len(store) != before, f"changes nothing: {update}"
    return store


def ids(injections: list[Injection]) -> list[str]:
    return [f"{rule}-{entity}" for rule, entity, _ in injections]


# ---------- the content as it is ----------


def test_the_content_breaks_no_rule() -> None:
    told: list[tuple[str, int, int]] = []
    assert check_content(CONTENT, lambda *step: told.append(step)) == ()
    assert told == [
        (name, done, 6) for done, name in enumerate(["files", "prefixes", "queries", "rules", "shapes", "policies"])
    ]


# ---------- rules that are queries ----------


@pytest.mark.parametrize(("rule", "entity", "updates"), RULE_INJECTIONS, ids=ids(RULE_INJECTIONS))
def test_a_query_finds_the_error_it_is_for_and_no_other_does(rule: str, entity: str, updates: tuple[str, ...]) -> None:
    found = list(broken_rules(changed(updates), RULES))
    assert {v.rule for v in found} == {rule}
    assert iri(entity) in {v.entity for v in found}


def test_every_query_has_an_error_injected() -> None:
    assert {rule.name for rule in RULES} == {rule for rule, _, _ in RULE_INJECTIONS}


def test_a_violation_says_what_is_wrong_and_how_to_mend_it() -> None:
    (found,) = broken_rules(changed([shape("v:III.B-shown sh:minExlusive 3")]), RULES)
    assert found == Violation(
        rule="shape_unknown_term",
        entity=iri("v:III.B-shown"),
        value="http://www.w3.org/ns/shacl#minExlusive",
        problem="A term of the sh: namespace is not part of SHACL Core; engines ignore it without a word.",
        cure="Mend its spelling, or write the constraint in SHACL Core.",
    )


def test_an_unnamed_node_is_reported_by_the_named_thing_above_it() -> None:
    found = broken_rules(
        changed([shape("v:trial-met sh:or ( [ sh:property [ sh:path cov:weeks ; sh:minCuont 1 ] ] )")]), RULES
    )
    assert {(v.rule, v.entity) for v in found} == {("shape_unknown_term", iri("v:trial-met"))}


# ---------- rules that are shapes ----------


@pytest.fixture(scope="module")
def quality_shapes() -> Graph:
    return rdflib_graph(CONTENT, "shapes/quality/")


@pytest.fixture(scope="module")
def found_by_shapes(quality_shapes: Graph) -> Counter[tuple[str, str]]:
    """What the shapes find with all errors injected at once: pySHACL is slow, and they stand in different places."""
    data = Graph()
    for quad in changed(update for _, _, updates in SHAPE_INJECTIONS for update in updates):
        data.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return Counter({(v.rule, v.entity) for v in broken_shapes(data, quality_shapes)})


@pytest.mark.parametrize(("rule", "entity", "updates"), SHAPE_INJECTIONS, ids=ids(SHAPE_INJECTIONS))
def test_a_shape_finds_the_error_it_is_for(
    rule: str, entity: str, updates: tuple[str, ...], found_by_shapes: Counter[tuple[str, str]]
) -> None:
    assert (rule, iri(entity)) in found_by_shapes


def test_no_shape_finds_an_error_that_another_is_for(found_by_shapes: Counter[tuple[str, str]]) -> None:
    assert set(found_by_shapes) - {(rule, iri(entity)) for rule, entity, _ in SHAPE_INJECTIONS} == set()


def test_every_shape_has_an_error_injected(quality_shapes: Graph) -> None:
    rules = {str(s).rsplit("/", 1)[1] for s in quality_shapes.subjects(SH.message)}
    assert rules == {rule for rule, _, _ in SHAPE_INJECTIONS}


def test_every_property_shape_is_a_rule_with_problem_and_cure(quality_shapes: Graph) -> None:
    """What has no message of its own could fire without being tested."""
    named = set(quality_shapes.subjects(RDF.type, SH.PropertyShape))
    targeted = set(quality_shapes.subjects(SH.targetClass)) | set(quality_shapes.subjects(SH.targetSubjectsOf))
    assert named == {part for node in targeted for part in quality_shapes.objects(node, SH.property)}
    assert {rule for rule in named if not quality_shapes.value(rule, SH.message)} == set()
    assert {
        rule for rule in quality_shapes.subjects(SH.message) if not quality_shapes.value(rule, SH.description)
    } == set()


# ---------- files, prefixes, queries, policies ----------


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[str, str, str], Workspace]:
    """A copy of the content with one text of one file exchanged; an empty text stands for the end of the file."""

    def change(file: str, old: str, new: str) -> Workspace:
        for part in ("ontology", "shapes", "queries"):
            shutil.copytree(CONTENT.root / part, tmp_path / part, ignore=shutil.ignore_patterns("*.txt"))
        path = tmp_path / file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
        return Workspace(tmp_path)

    return change


POLICY = "ontology/policies/6.01.17/2025-10-15.ttl"
SHAPES = "shapes/policies/6.01.17/2025-10-15.ttl"
FILE_INJECTIONS = [
    ("files", "file-does-not-parse", "ontology/anatomy.ttl", ("", "level:C1 cov:next")),
    ("files", "file-does-not-parse", "ontology/anatomy.ttl", ("", "level:C1 skos:exactMatch <http://a b> .")),
    ("files", "parsers-disagree", "ontology/anatomy.ttl", ("", "level:C1 cov:page 1 , 01 .")),
    ("files", "broken-range", "ontology/anatomy.ttl", ("cov:firstLevel level:T5", "cov:firstLevel level:S1")),
    ("prefixes", "prefix-not-in-table",
     "ontology/anatomy.ttl", ("", "@prefix lvl: <https://w3id.org/covergraph/level/> .")),
    ("prefixes", "prefix-not-in-table",
     "ontology/anatomy.ttl", ("", "@prefix level: <https://w3id.org/covergraph/levels/> .")),
    ("prefixes", "prefix-not-in-table",
     "ontology/devices.ttl", ("", "@prefix v: <https://w3id.org/covergraph/policy/> .")),
    ("prefixes", "prefix-not-in-table",
     "queries/quality/level_cycle.rq", ("PREFIX cov:", "PREFIX cg: <http://cg/>\nPREFIX cov:")),
    ("queries", "query-does-not-parse", "queries/quality/level_cycle.rq", ("", "}")),
    ("queries", "bad-query-header", "queries/catalog/new.rq", ("", "#+ sumary: Which?\nASK { ?s ?p ?o }")),
    ("policies", "unknown-fact", SHAPES,
     ("III.B-shown a sh:PropertyShape ; sh:path cov:present", "III.B-shown a sh:PropertyShape ; sh:path cov:onset")),
    ("policies", "cannot-be-read", POLICY, ('cov:effectiveFrom "2025-10-15"', 'cov:effectiveFrom "15 October 2025"')),
    ("policies", "no-domain", POLICY, ("cov:inDomain domain:vertebral-augmentation ;", "")),
]  # fmt: skip


@pytest.mark.parametrize(("step", "rule", "file", "change"), FILE_INJECTIONS)
def test_a_step_finds_the_error_it_is_for(
    step: str, rule: str, file: str, change: tuple[str, str], copy: Callable[[str, str, str], Workspace]
) -> None:
    assert {v.rule for v in STEPS[step](copy(file, *change))} == {rule}


def test_a_file_that_does_not_parse_is_reported_alone(copy: Callable[[str, str, str], Workspace]) -> None:
    (found,) = check_content(copy("ontology/anatomy.ttl", "", "level:C1 cov:next"))
    assert (found.rule, found.entity) == ("file-does-not-parse", "ontology/anatomy.ttl")


def test_shapes_that_are_not_shacl_are_reported() -> None:
    rule = (
        '@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:x> a sh:PropertyShape ; sh:path <urn:p> ; sh:minCount "one" .'
    )
    found = broken_shapes(Graph(), Graph().parse(data=rule), meta=True)
    assert [v.rule for v in found] == ["bad-shape"]


def test_a_rule_must_say_its_problem_and_its_cure(tmp_path: Path) -> None:
    (tmp_path / "queries/quality").mkdir(parents=True)
    (tmp_path / "queries/quality/odd.rq").write_text("#+ problem: It is odd.\nSELECT ?entity ?value WHERE {}")
    with pytest.raises(ContentError, match=r"odd\.rq:1: A rule begins with"):
        read_rules(tmp_path)
