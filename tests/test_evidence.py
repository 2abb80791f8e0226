"""The evidence, the references and the history of policy 6.01.17 are those that the policy prints."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

ONTOLOGY = Path(__file__).resolve().parents[1] / "ontology"
POLICY_FILES = ONTOLOGY / "policies" / "6.01.17"
COV = Namespace("https://w3id.org/covergraph/ont#")
VERSION = URIRef("https://w3id.org/covergraph/policy/6.01.17/2025-10-15")
V = Namespace(f"{VERSION}/")
OWN = "https://w3id.org/covergraph/"
STATEMENTS_BY_PAGE = {5: 5, 6: 14, 7: 14, 8: 12, 10: 1}

APPROVALS = """
    10/18/01 11/21/02 09/18/03 08/19/04 06/16/05 05/18/06 05/17/07 04/17/08 03/19/09
    02/18/10 01/20/11 01/19/12 01/17/13 01/16/14 03/19/15 05/25/16 08/17/17 06/21/18
    12/20/18 07/18/19 01/16/20 02/18/22 02/17/22 02/16/23 02/22/24 10/17/24 06/26/25
""".split()

REVISIONS = ["06/26/25", "01/01/25", "10/18/01"]

# First author, year and the page on which the entry starts, in print order.
REFERENCES = [
    ("AAOS", 2010, 13), ("ACR", 2016, 13), ("Chang", 2021, 13), ("Clark", 2016, 13),
    ("Crosstrees", 2014, 13), ("Dennis", 2023, 13), ("Frey", 2017, 13), ("Hoffmann", 2023, 13),
    ("Hinde", 2020, 13), ("Leali", 2016, 13),
    ("Liu", 2019, 14), ("Luo", 2023, 14), ("Mahmood", 2019, 14), ("Martín-López", 2015, 14),
    ("McGuire", 2011, 14), ("NICE", 2016, 14), ("Noriega", 2019, 14), ("Otten", 2013, 14),
    ("Panagopoulos", 2017, 14), ("Rahmani", 2022, 14), ("Ries", 2019, 14), ("Rousing", 2009, 14),
    ("Shafshak", 2022, 14), ("Shafshak", 2020, 14), ("Shariff", 2024, 14), ("Shi", 2019, 15),
    ("Sørensen", 2019, 15), ("Tutton", 2015, 15), ("Wang", 2021, 15), ("Wardlaw", 2009, 15),
    ("Yang", 2016, 15), ("Yang", 2016, 15),
]  # fmt: skip

SOURCES = {
    "ref-aaos-2010-guideline":
        "https://www.maine-general.org/app/files/public/0c94b33d-e415-422b-a085-3bb1e2cc5436/aaossummary.pdf",
    "ref-acr-2016-practice-parameter": "https://www.asnr.org/wp-content/uploads/2021/08/VertebralAug.pdf",
    "ref-crosstrees-2014-pod-study": "https://clinicaltrials.gov/study/NCT00933036?a=3",
    "ref-martin-lopez-2015-stentoplasty": "https://doi.org/10.1016/j.otsr.2015.06.002",
    "ref-nice-2016-ta279": "https://www.nice.org.uk/guidance/ta279",
}  # fmt: skip

# Evidence statement, page, stance, the clauses that it speaks for and against, and figures that it must give.
CLAIMS = [
    ("established-uses", 6, "For", "I.B.1.a.i I.C.1.a.i I.C.1.d.ii", "", ""),
    ("other-uses-unproven", 6, "Undecided", "IV", "", ""),
    ("crosstrees-study", 6, "For", "", "", "135 four"),
    ("stenting-europe-only", 5, "Against", "IV.H", "", ""),
    ("kast-design", 6, "For", "I.C.1.a.i", "", "300 30% 70 50"),
    ("kast-primary-endpoint", 6, "For", "I.C.1.a.i", "", "94.5% 97.6% 99.92% 15"),
    ("kast-pain-and-function", 6, "For", "I.C.1.a.i", "", "285 70.8 71.8 38.1 42.2"),
    ("kast-cement", 6, "For", "I.C.1.a.i", "", "16.9% 25.8%"),
    ("hemangioma-series", 7, "For", "I.C.1.a.iii", "", ""),
    ("acute-limited", 7, "Undecided", "", "I.C.1.d.i", ""),
    ("acute-settles", 7, "Against", "I.C.1.d.ii", "I.C.1.d.i", ""),
    ("acute-trials", 7, "For", "I.C.1.a.i I.C.1.d.i", "", "six"),
    ("frey-both-groups", 7, "Undecided", "", "", "210 34 0.001"),
    ("frey-longer-relief", 7, "For", "", "V", ""),
    ("mahmood-studies", 7, "Undecided", "V", "", "31 3 243 8 11 12"),
    ("mahmood-pain", 8, "For", "", "V", "68% 94%"),
    ("sacroplasty-insufficient", 8, "Undecided", "V", "", ""),
    ("aaos-acute", 8, "Against", "", "I.C.1.a.i I.C.1.d.i", ""),
    ("nice-osteoporotic", 8, "For", "I.C.1.a.concordant I.C.1.a.i I.C.1.d", "", ""),
    ("nice-stenting", 8, "Undecided", "IV.H", "", ""),
    ("fda-regulation", 8, "Undecided", "IV.F", "", ""),
    ("fda-implants", 10, "For", "I", "", "Kiva SpineJack V-Strut"),
]

CITED = {
    "acute-trials": {"ref-clark-2016-vapour", "ref-leali-2016-vertebroplasty", "ref-yang-2016-aged-acute"},
    "aaos-acute": {"ref-aaos-2010-guideline", "ref-mcguire-2011-aaos-guideline"},
    "kast-primary-endpoint": {"ref-tutton-2015-kast"},
    "frey-medication": {"ref-frey-2017-sacroplasty"},
    "mahmood-verdict": {"ref-mahmood-2019-sacroplasty"},
    "nice-stenting": {"ref-nice-2016-ta279"},
    "crosstrees-primary-endpoints": {"ref-crosstrees-2014-pod-study"},
    "sacroplasty-insufficient": set(),
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Read the evidence file alone."""
    return Graph().parse(POLICY_FILES / "2025-10-15-evidence.ttl")


@pytest.fixture(scope="module")
def clauses() -> set[Node]:
    """Name every provision that the policy version declares."""
    policy = Graph().parse(POLICY_FILES / "2025-10-15.ttl")
    return set(policy.subjects(COV.sectionLabel))


@pytest.fixture(scope="module")
def things() -> set[Node]:
    """Name everything that the ontology and the policy version declare, codes aside."""
    files = [*ONTOLOGY.glob("*.ttl"), POLICY_FILES / "2025-10-15.ttl"]
    return {node for file in files for node in Graph().parse(file).subjects(RDFS.label)}


def local_names(nodes: Iterable[Node]) -> set[str]:
    """Strip the policy version off names under it."""
    return {str(node).removeprefix(V) for node in nodes}


def in_print_order(graph: Graph, kind: URIRef) -> list[Node]:
    """Sort the resources of a class by their ordinal, which must count from 1 without a gap."""
    nodes = sorted(graph.subjects(RDF.type, kind), key=lambda node: number(graph, node, COV.ordinal))

    assert [number(graph, node, COV.ordinal) for node in nodes] == list(range(1, len(nodes) + 1))
    return nodes


def text(graph: Graph, node: Node, predicate: URIRef) -> str:
    """Return the one text that a resource has for a predicate."""
    (value,) = graph.objects(node, predicate)
    return str(value)


def number(graph: Graph, node: Node, predicate: URIRef) -> int:
    """Return the one whole number that a resource has for a predicate."""
    (value,) = graph.objects(node, predicate)
    assert isinstance(value, Literal)
    return int(value)


def test_approval_dates_are_the_27_printed_ones_in_print_order(graph: Graph) -> None:
    """No date is lost, added or put in another order."""
    approvals = in_print_order(graph, COV.CommitteeApproval)

    assert len(APPROVALS) == 27
    assert [text(graph, node, COV.printedAs) for node in approvals] == APPROVALS
    assert local_names(approvals) == {f"approval-{place:02}" for place in range(1, 28)}


def test_revisions_are_the_three_printed_rows(graph: Graph) -> None:
    """Each row of the summary of changes has its date and its change, in words of ours."""
    revisions = in_print_order(graph, COV.RevisionEvent)

    assert [text(graph, node, COV.printedAs) for node in revisions] == REVISIONS
    assert all(text(graph, node, SKOS.changeNote).endswith(".") for node in revisions)


@pytest.mark.parametrize("kind", ["CommitteeApproval", "RevisionEvent"])
def test_a_date_of_the_history_means_the_day_that_is_printed(graph: Graph, kind: str) -> None:
    """The typed date, the printed one and the one in the label and the definition are the same day."""
    for node in graph.subjects(RDF.type, COV[kind]):
        (typed,) = graph.objects(node, COV.date)
        assert isinstance(typed, Literal)
        day = typed.toPython()
        assert type(day) is dt.date
        spelled = f"{day.day} {day:%B %Y}"

        assert f"{day:%m/%d/%y}" == text(graph, node, COV.printedAs)
        assert text(graph, node, RDFS.label).endswith(spelled)
        assert spelled in text(graph, node, SKOS.definition) or kind == "RevisionEvent"
        assert number(graph, node, COV.page) == 16
        assert list(graph.objects(node, COV.concerns)) == [VERSION]


def test_only_the_approval_out_of_date_order_carries_a_note(graph: Graph) -> None:
    """02/18/22 stands before 02/17/22 as printed, and the graph says so."""
    noted = set(graph.subjects(SKOS.editorialNote))
    days = [dt.datetime.strptime(printed, "%m/%d/%y").date() for printed in APPROVALS]
    late = [place for place, (day, after) in enumerate(pairwise(days), 1) if day > after]

    assert late == [22]
    assert noted == {V["approval-22"]}
    assert "02/17/22" in text(graph, V["approval-22"], SKOS.editorialNote)


def test_references_are_the_printed_ones_in_print_order(graph: Graph) -> None:
    """First author, year and page of every entry, Hoffmann before Hinde as printed."""
    references = in_print_order(graph, COV.Reference)
    headings = [text(graph, node, RDFS.label).split(",")[0] for node in references]
    pages = [number(graph, node, COV.page) for node in references]

    assert list(zip(headings, pages, strict=True)) == [(f"{who} {year}", page) for who, year, page in REFERENCES]


def test_every_citation_names_the_author_and_the_year_of_its_label(graph: Graph) -> None:
    """A label and the citation below it cannot drift apart."""
    spelled_out = {
        "AAOS": "American Academy of Orthopedic Surgeons",
        "ACR": "American College of Radiology",
        "NICE": "National Institute for Health and Care Excellence",
    }
    for node in graph.subjects(RDF.type, COV.Reference):
        author, year = text(graph, node, RDFS.label).split(",")[0].rsplit(" ", 1)
        citation = text(graph, node, DCTERMS.bibliographicCitation)

        assert spelled_out.get(author, author) in citation
        assert year in citation
        assert citation.endswith(".")


def test_references_link_to_the_addresses_that_are_printed(graph: Graph) -> None:
    """Four web addresses and one DOI are printed, and no other link was added."""
    linked = {str(node).removeprefix(V): str(target) for node, target in graph.subject_objects(DCTERMS.source)}

    assert linked == SOURCES


def test_every_evidence_statement_says_where_it_stands_and_which_way_it_points(graph: Graph) -> None:
    """A claim without a page, a stance or a subject cannot be checked."""
    statements = in_print_order(graph, COV.EvidenceStatement)
    pages = [number(graph, node, COV.page) for node in statements]

    assert pages == sorted(pages)
    assert Counter(pages) == STATEMENTS_BY_PAGE
    for node in statements:
        assert text(graph, node, COV.stance) in {str(COV[name]) for name in ("For", "Against", "Undecided")}
        assert text(graph, node, SKOS.definition).endswith(".")
        assert list(graph.objects(node, COV.concerns)), node


def test_no_evidence_statement_speaks_for_and_against_one_clause(graph: Graph) -> None:
    """A claim that points both ways is two claims."""
    assert not set(graph.subject_objects(COV.supports)) & set(graph.subject_objects(COV.opposes))


@pytest.mark.parametrize("link", ["supports", "opposes"])
def test_evidence_speaks_for_or_against_clauses_of_the_policy_only(graph: Graph, clauses: set[Node], link: str) -> None:
    """A mistyped clause would lose the evidence silently."""
    assert local_names(set(graph.objects(None, COV[link])) - clauses) == set()


def test_evidence_concerns_things_that_are_declared(graph: Graph, things: set[Node]) -> None:
    """Devices, techniques and concepts are those of the ontology, not lookalikes."""
    assert set(graph.objects(None, COV.concerns)) - things == set()


def test_everything_that_is_cited_is_in_the_list_of_references(graph: Graph) -> None:
    """A citation leads to a reference of this policy version."""
    assert set(graph.objects(None, COV.cites)) <= set(graph.subjects(RDF.type, COV.Reference))


@pytest.mark.parametrize(("slug", "cited"), CITED.items())
def test_evidence_cites_the_publications_that_the_policy_names_for_it(graph: Graph, slug: str, cited: set[str]) -> None:
    """The trials in acute fractures are those of Clark, Leali and Yang EZ, and so on."""
    assert local_names(graph.objects(V[f"evidence-{slug}"], COV.cites)) == cited


@pytest.mark.parametrize(("slug", "page", "stance", "for_clauses", "against_clauses", "figures"), CLAIMS)
def test_claims_say_what_the_policy_reports(
    graph: Graph, slug: str, page: int, stance: str, for_clauses: str, against_clauses: str, figures: str
) -> None:
    """Page, direction and figures of the claims that bear on a clause most."""
    node = V[f"evidence-{slug}"]
    words = {word.strip(".,;:()") for word in text(graph, node, SKOS.definition).split()}

    assert number(graph, node, COV.page) == page
    assert text(graph, node, COV.stance) == str(COV[stance])
    assert local_names(graph.objects(node, COV.supports)) == set(for_clauses.split())
    assert local_names(graph.objects(node, COV.opposes)) == set(against_clauses.split())
    assert set(figures.split()) <= words


@pytest.mark.parametrize("clause", ["V", "IV.H", "I.C.1.a.i", "I.C.1.d.i"])
def test_both_sides_are_heard_where_the_policy_reports_both(graph: Graph, clause: str) -> None:
    """Sacroplasty, stenting and acute osteoporotic fractures have evidence on either side."""
    assert list(graph.subjects(COV.supports, V[clause]))
    assert list(graph.subjects(COV.opposes, V[clause]))


@pytest.mark.parametrize("technique", ["sacroplasty", "vertebral-body-stenting", "vertebroplasty"])
def test_evidence_is_found_by_its_technique(graph: Graph, technique: str) -> None:
    """Whoever asks about a technique gets claims that favor it and claims that do not."""
    about = graph.subjects(COV.concerns, URIRef(f"{OWN}technique/{technique}"))
    stances = {text(graph, node, COV.stance).removeprefix(str(COV)) for node in about}

    assert stances == {"For", "Against", "Undecided"}


def test_no_definition_speaks_twice(graph: Graph) -> None:
    """Labels and definitions are unique, so that each names one thing."""
    for predicate in (RDFS.label, SKOS.definition, DCTERMS.bibliographicCitation):
        texts = list(graph.objects(None, predicate))
        assert len(texts) == len(set(texts))
