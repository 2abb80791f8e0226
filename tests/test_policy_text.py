"""Every clause of policy 6.01.17 is in the graph, on its page, and can be read, cited and asked for."""

from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Store

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "ontology/policies/6.01.17/2025-10-15.ttl"
VERSION = NamedNode("https://w3id.org/covergraph/policy/6.01.17/2025-10-15")
COV = "https://w3id.org/covergraph/ont#"
RDFS_LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SKOS = "http://www.w3.org/2004/02/skos/core#"

# Every clause that the print labels, and every bullet of its disclaimer, in print order, with its first page.
# The bullets are not numbered in print; the one on Medicare is PD.4 and PD.5.
PAGES = [
    (1, "I I.A I.A.1 I.A.1.a I.A.1.b"),
    (1, "I.B I.B.1 I.B.1.a I.B.1.a.i I.B.1.a.ii I.B.1.b"),
    (1, "I.C I.C.1 I.C.1.a I.C.1.a.i"),
    (2, "I.C.1.a.ii I.C.1.a.iii I.C.1.a.iv I.C.1.a.v I.C.1.b I.C.1.c"),
    (2, "I.C.1.d I.C.1.d.i I.C.1.d.ii I.C.1.d.ii.a I.C.1.d.ii.b I.C.1.e"),
    (2, "II II.A II.B II.C"),
    (3, "II.D II.E II.F II.G II.H II.I II.J II.K II.L II.M"),
    (3, "III III.A III.B III.C"),
    (3, "IV IV.A IV.B IV.C IV.D IV.E IV.F IV.G IV.H"),
    (3, "V"),
    (4, "PG PG.I PG.I.A PG.I.B PG.II PG.II.A PG.II.B PG.II.B.1 PG.II.B.2 PG.II.C"),
    (5, "PG.III PG.IV PG.V"),
    (15, "PD PD.1 PD.2 PD.3 PD.4 PD.5"),
    (16, "PD.6"),
    (1, "EFF"),
]
PRINTED = {label: page for page, labels in PAGES for label in labels.split()}

# Pieces that the print runs together without a label of their own; the name is ours.
NAMED_HERE = {
    "I.B.1.a.concordant": 1,
    "I.C.1.a.concordant": 1,
    "I.C.1.d.i.acute": 2,
    "I.C.1.d.i.prevents-ambulation": 2,
    "I.C.1.d.i.correlates": 2,
    "I.C.1.d.ii.subacute": 2,
}

# What each statement gives where it is met, and its turn among the statements.
STATEMENTS = {
    "V": (1, "Investigational"),
    "IV": (2, "Investigational"),
    "II": (3, "NotMedicallyNecessary"),
    "III": (4, "NotMedicallyNecessary"),
    "I": (5, "MedicallyNecessary"),
}
SCOPE_RULES = {"PD.1": 1, "PD.6": 2, "EFF": 3, "PD.4": 4, "PD.5": 5}


def load() -> Store:
    """Read the clauses of the policy version."""
    store = Store()
    store.load(path=str(SOURCE), format=RdfFormat.TURTLE)
    return store


GRAPH = load()


def cov(name: str) -> NamedNode:
    """Give a term of the vocabulary."""
    return NamedNode(COV + name)


def clause(label: str) -> NamedNode:
    """Give the clause that carries a section label."""
    return NamedNode(f"{VERSION.value}/{label}")


def links(node: NamedNode, property_: NamedNode) -> list[NamedNode]:
    """List the resources that a property leads to."""
    objects = [quad.object for quad in GRAPH.quads_for_pattern(node, property_, None)]
    return [each for each in objects if isinstance(each, NamedNode)]


def texts(node: NamedNode, property_: NamedNode) -> list[str]:
    """List the literal values of a property."""
    objects = [quad.object for quad in GRAPH.quads_for_pattern(node, property_, None)]
    return [each.value for each in objects if isinstance(each, Literal)]


def instances(*classes: str) -> list[NamedNode]:
    """List everything that is of one of the classes, in the order of its IRIs."""
    found = {quad.subject for name in classes for quad in GRAPH.quads_for_pattern(None, RDF_TYPE, cov(name))}
    return sorted((each for each in found if isinstance(each, NamedNode)), key=lambda each: each.value)


def leaves() -> list[NamedNode]:
    """List the criteria that no other criterion stands in."""
    criteria = instances("Criterion")
    parents = {parent for each in criteria for parent in links(each, cov("directPartOf"))}
    return [each for each in criteria if each not in parents]


def name(node: NamedNode) -> str:
    """Give the last step of an IRI, for the names of tests."""
    return node.value.rsplit("/", 1)[-1]


CRITERIA = instances("Criterion")
PROVISIONS = instances(
    "Section",
    "Statement",
    "Criterion",
    "ScopeRule",
    "DocumentationRequirement",
    "ReimbursementRule",
    "Provision",
)
READINGS = instances("Reading")


@pytest.mark.parametrize(("label", "page"), [*PRINTED.items(), *NAMED_HERE.items()])
def test_each_clause_is_in_the_graph_on_its_page(label: str, page: int) -> None:
    """A reviewer who looks a clause up finds it, with the page on which the print has it."""
    assert clause(label) in PROVISIONS
    assert texts(clause(label), cov("page")) == [str(page)]


def test_the_graph_has_no_clause_that_the_print_does_not_have() -> None:
    """Nothing is made up: every provision is printed or one of the few pieces named here."""
    assert {name(each) for each in PROVISIONS} == PRINTED.keys() | NAMED_HERE.keys()


def test_clauses_are_numbered_in_print_order() -> None:
    """A tree sorted by ordinal reads like the document."""
    places = [int(value) for label in PRINTED for value in texts(clause(label), cov("ordinal"))]
    assert places == sorted(places)
    every = sorted(int(value) for each in PROVISIONS for value in texts(each, cov("ordinal")))
    assert every == list(range(1, len(PROVISIONS) + 1))


@pytest.mark.parametrize("provision", PROVISIONS, ids=name)
def test_each_provision_can_be_read_and_cited(provision: NamedNode) -> None:
    """It has one short label, one paraphrase, one page, and its IRI ends in its section label."""
    (label,) = texts(provision, RDFS_LABEL)
    (paraphrase,) = texts(provision, cov("paraphrase"))
    assert 0 < len(label) <= 70
    assert paraphrase.endswith(".")
    assert len(texts(provision, cov("page"))) == 1
    assert texts(provision, cov("sectionLabel")) == [name(provision)]


def test_section_labels_are_unique() -> None:
    """A report names clauses by their section labels alone."""
    counts = Counter(label for each in PROVISIONS for label in texts(each, cov("sectionLabel")))
    assert [label for label, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("criterion", CRITERIA, ids=name)
def test_each_criterion_leads_up_to_the_version(criterion: NamedNode) -> None:
    """No criterion hangs loose, and the labels on the way up shorten."""
    node, seen = criterion, [criterion]
    while node != VERSION:
        (node,) = links(node, cov("directPartOf"))
        assert node not in seen
        assert node == VERSION or name(seen[-1]).startswith(name(node) + ".")
        seen.append(node)


@pytest.mark.parametrize("asked", [*leaves(), *instances("DocumentationRequirement")], ids=name)
def test_each_leaf_and_document_has_a_question(asked: NamedNode) -> None:
    """A requester who must send more is told in one whole sentence what to send."""
    (question,) = texts(asked, cov("question"))
    assert question[0].isupper()
    assert question.endswith((".", "?"))


def test_a_criterion_with_criteria_in_it_asks_nothing_itself() -> None:
    """Questions are about what can be documented, and that stands in the leaves."""
    assert [name(each) for each in CRITERIA if each not in leaves() and texts(each, cov("question"))] == []


@pytest.mark.parametrize("part", instances("CriterionPart"), ids=name)
def test_each_part_of_a_criterion_says_what_it_asks(part: NamedNode) -> None:
    """A part is explained beside the clause it belongs to, which its IRI begins with."""
    (whole,) = links(part, cov("directPartOf"))
    assert whole in [*PROVISIONS, *instances("AdvisoryRule")]
    assert name(part).startswith(name(whole) + ".")
    assert len(texts(part, RDFS_LABEL)) == len(texts(part, NamedNode(SKOS + "definition"))) == 1


@pytest.mark.parametrize("advisory", instances("AdvisoryRule"), ids=name)
def test_each_advisory_names_its_check_and_its_clause(advisory: NamedNode) -> None:
    """A report gives the name of the check, and the graph says which clause it is about."""
    assert texts(advisory, NamedNode(SKOS + "notation")) == [name(advisory).removeprefix("advisory-")]
    assert set(links(advisory, cov("concerns"))) & set(PROVISIONS)
    assert len(texts(advisory, RDFS_LABEL)) == len(texts(advisory, NamedNode(SKOS + "definition"))) == 1


def test_conditions_on_clauses_are_data() -> None:
    """Osteoporosis program, treatment record and need for stabilization count under a condition only."""
    conditions = {
        (name(each), term, name(other))
        for each in [*PROVISIONS, *instances("CriterionPart")]
        for term in ("appliesWhen", "unlessMet")
        for other in links(each, cov(term))
    }
    assert conditions == {
        ("I.C.1.e", "appliesWhen", "I.C.1.a.i"),
        ("PG.II.B", "appliesWhen", "I.C"),
        *(("PG.II.B", "unlessMet", other) for other in ("I.A", "I.B", "I.C.1.d.i", "PG.I")),
        ("II.J.stabilization-required", "unlessMet", "I.A"),
    }


@pytest.mark.parametrize("label", STATEMENTS)
def test_each_statement_carries_its_outcome_and_its_turn(label: str) -> None:
    """Investigational uses go before contraindications, other causes next, indications last."""
    turn, determination = STATEMENTS[label]
    assert texts(clause(label), cov("precedence")) == [str(turn)]
    assert links(clause(label), cov("whenMet")) == [cov(determination)]


@pytest.mark.parametrize("label", STATEMENTS)
def test_only_exclusions_say_what_silence_and_doubt_do(label: str) -> None:
    """A silent record does not refuse an approval, a contradictory one stops it."""
    exclusion = label != "I"
    assert links(clause(label), cov("onSilence")) == ([cov("PresumedAbsent")] if exclusion else [])
    assert links(clause(label), cov("onDoubt")) == ([cov("StopsApproval")] if exclusion else [])


def test_silence_stops_an_approval_for_unknown_products_and_unknown_duration_only() -> None:
    """IV.D and IV.F are the two exclusions that are never presumed absent."""
    own = [name(each) for each in CRITERIA if links(each, cov("onSilence")) == [cov("StopsApproval")]]
    assert own == ["IV.D", "IV.F"]


def test_scope_rules_take_lines_out_in_turn() -> None:
    """The contract goes first, then the effective date, then Medicare's own determination."""
    turns = {name(each): int(texts(each, cov("precedence"))[0]) for each in instances("ScopeRule")}
    assert turns == SCOPE_RULES
    assert {name(each) for each in instances("ScopeRule") if links(each, cov("defersTo"))} == {"PD.4", "PD.5"}


def test_the_register_holds_every_reading() -> None:
    """Each place where the text can be read in two ways is recorded once."""
    assert {name(each).removeprefix("reading-") for each in READINGS} == {
        *("no-level-limit", "six-weeks", "one-course", "osteoporosis-program", "every-augmentation"),
        *("held-anticoagulation", "extensive-destruction", "fusion-stabilization", "coccyx", "primary"),
        *("long-standing-pain", "unlisted-product", "sacral-cement", "documents-pend-approval"),
        *("balloon-is-mechanical", "c79-range", "committee-dates"),
    }


@pytest.mark.parametrize("reading", READINGS, ids=name)
def test_each_reading_names_its_clause_what_was_chosen_and_what_was_not(reading: NamedNode) -> None:
    """A reviewer sees the choice, the alternative and the reason, and where it matters."""
    concerned = links(reading, cov("concerns"))
    assert concerned
    assert set(concerned) <= {*PROVISIONS, VERSION}
    (chosen,) = texts(reading, cov("chosen"))
    (alternative,) = texts(reading, cov("alternative"))
    assert chosen != alternative
    assert len(texts(reading, cov("rationale"))) == 1
    assert len(texts(reading, RDFS_LABEL)) == len(texts(reading, NamedNode(SKOS + "definition"))) == 1


@pytest.mark.parametrize("reading", READINGS, ids=name)
def test_each_reading_is_noted_on_a_clause_with_its_alternative(reading: NamedNode) -> None:
    """Whoever opens the clause itself learns of the choice without the register."""
    notes = [
        note for each in links(reading, cov("concerns")) for note in texts(each, NamedNode(SKOS + "editorialNote"))
    ]
    assert notes
    assert all("alternative" in note for note in notes)


@pytest.mark.parametrize(("one", "other"), [("II.C", "II.F"), ("III.C", "V")])
def test_overlapping_clauses_point_at_each_other(one: str, other: str) -> None:
    """A reviewer of one is led to the other, from either side."""
    related = NamedNode(SKOS + "related")
    assert links(clause(one), related) == [clause(other)]
    assert links(clause(other), related) == [clause(one)]
