"""The dual of the shapes (``dual``) gives every provision the value that the program gives it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyshacl import validate
from rdflib import Graph
from rdflib.term import Node

from casefiles import Json, read_boundaries, read_examples
from covergraph.checker import Checker
from covergraph.factgraph import fact_graph
from covergraph.logic import Value
from covergraph.policy import Policy
from covergraph.rdflibgraph import rdflib_graph
from covergraph.sites import read_facts
from covergraph.workspace import Workspace
from dual import POLARITIES, Source, composites_as_they_stand, dual_shapes, evaluate, failing, read_source
from strategies import the_fold, tries

ROOT = Path(__file__).resolve().parents[1]
VERSION = "policies/6.01.17/2025-10-15.ttl"


@cache
def the_source() -> Source:
    return read_source(ROOT / "shapes" / VERSION, ROOT / "ontology" / VERSION)


def as_value(applies: bool, met: bool, refuted: bool) -> Value:
    assert not (met and refuted)
    if not applies:
        return Value.NOT_APPLICABLE
    return Value.MET if met else Value.NOT_MET if refuted else Value.UNDOCUMENTED


@tries(400)
@given(st.data())
def test_the_dual_and_the_fold_give_the_same_values_whatever_the_leaves(policy: Policy, data: st.DataObject) -> None:
    """Leaf values lean to one side or the other, or the statements would almost always come to the same."""
    weights = data.draw(st.sampled_from([(0, 1, 3), (0, 1, 3, 3, 3, 3), (0, 0, 0, 0, 1, 3), (3, 3, 3, 3, 3, 1)]))
    leaves = bytes(
        data.draw(st.lists(st.sampled_from(weights), min_size=len(policy.leaves), max_size=len(policy.leaves)))
    )
    values = dict(zip((leaf.iri for leaf in policy.leaves), map(Value, leaves), strict=True))

    dual = evaluate(the_source(), {iri: (v is Value.MET, v is Value.NOT_MET) for iri, v in values.items()})
    folded = the_fold().named(leaves)

    assert {iri.removeprefix(f"{policy.iri}/"): as_value(*v) for iri, v in dual.items()} == folded


CASES: dict[str, Json] = {case.name: case.document for case in (*read_examples().values(), *read_boundaries())}
JUDGED_BY_DUAL = [
    "acute-osteoporotic-l1",
    "under-two-months",
    "conflicting-infection",
    "with-open-fusion",
    "incapacitated-no-trial",
    "exclusions: anticoagulation and whether it is held [held]",
    "exclusions: a fusion and the need for one [unstable fracture]",
    "products: technique not stated [no device]",
    "duration: six months by days [at most 184]",
]


@pytest.fixture(scope="module")
def ontology(workspace: Workspace) -> Graph:
    return rdflib_graph(workspace, "ontology/")


def conforming(ontology: Graph, shapes: Graph, triples: list[tuple[Node, Node, Node]]) -> Graph:
    """pySHACL's report on a case's facts, with room for the depth of the composites."""
    data = ontology + Graph()
    for triple in triples:
        data.add(triple)
    _, report, text = validate(data, shacl_graph=shapes, advanced=False, inplace=True, max_validation_depth=99)
    assert isinstance(report, Graph), text
    return report


@pytest.mark.parametrize("name", JUDGED_BY_DUAL)
def test_the_dual_as_shapes_gives_the_same_values_by_pyshacl(name: str, checker: Checker, ontology: Graph) -> None:
    case = checker.read(CASES[name])
    judge = checker.judge_of(case)
    facts = read_facts(case, judge.policy.vocabulary)
    derived = fact_graph(facts)
    report = conforming(ontology, dual_shapes(the_source()), derived.triples)
    failed = failing(report, lambda shape: str(shape) if "#" in str(shape) else None)

    for site, leaves in zip(facts.sites, judge.judge.judge(facts).sites, strict=True):
        folded = judge.decider.fold.named(leaves)
        node = derived.names[id(site)]
        dual = {
            id: tuple((node, f"{judge.policy.provisions[id].iri}#{polarity}") not in failed for polarity in POLARITIES)
            for id in folded
        }
        assert dual == {id: (value is Value.MET, value is Value.NOT_MET) for id, value in folded.items()}


@pytest.mark.parametrize("name", JUDGED_BY_DUAL)
def test_a_composite_conforms_where_its_value_is_met(name: str, checker: Checker, ontology: Graph) -> None:
    """As they stand, the composites know of no condition, so those with a member that does not apply are left out."""
    case = checker.read(CASES[name])
    judge = checker.judge_of(case)
    policy, facts = judge.policy, read_facts(case, judge.policy.vocabulary)
    derived = fact_graph(facts)
    composites = {str(iri) for iri in the_source().composites}
    report = conforming(ontology, composites_as_they_stand(the_source()), derived.triples)
    failed = failing(report, lambda shape: str(shape) if str(shape) in composites else None)
    compared = 0

    def below(id: str) -> set[str]:
        return {id}.union(*(below(member) for member in policy.provisions[id].members))

    for site, leaves in zip(facts.sites, judge.judge.judge(facts).sites, strict=True):
        folded, node = judge.decider.fold.named(leaves), derived.names[id(site)]
        for provision, value in folded.items():
            iri = policy.provisions[provision].iri
            if iri in composites and all(folded[member] is not Value.NOT_APPLICABLE for member in below(provision)):
                assert ((node, iri) not in failed) == (value is Value.MET), provision
                compared += 1
    assert compared > 20
