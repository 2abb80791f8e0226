"""Codes, ranges and products of policy 6.01.17 are those that it prints and that the code sets hold."""

import importlib
import importlib.util
import warnings
from collections import Counter
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import rdflib
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, parse

from covergraph.errors import ContentError
from covergraph.icd10cm import Index, open_index

ROOT = Path(__file__).resolve().parents[1]
INDEX = ROOT / "ontology/codes/icd-10-cm-index.txt"
FILES = [
    "ontology/devices.ttl",
    "ontology/codes/cpt.ttl",
    "ontology/codes/hcpcs.ttl",
    "ontology/codes/icd-10-cm.ttl",
    "ontology/policies/6.01.17/2025-10-15-codes.ttl",
]
NAMESPACES = {
    "clearance": "https://w3id.org/covergraph/clearance/",
    "cov": "https://w3id.org/covergraph/ont#",
    "cpt": "https://w3id.org/covergraph/code/cpt/",
    "dcterms": "http://purl.org/dc/terms/",
    "device": "https://w3id.org/covergraph/device/",
    "org": "https://w3id.org/covergraph/organization/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spine": "https://w3id.org/covergraph/spine#",
    "system": "https://w3id.org/covergraph/code-system/",
}
AUGMENTATION = "unspecified-augmentation"
VERTEBROPLASTY = {"vertebroplasty", AUGMENTATION}
OTHER_AUGMENTATION = {
    "balloon-kyphoplasty",
    "mechanical-augmentation",
    "radiofrequency-kyphoplasty",
    "spinoplasty",
    "vertebral-body-stenting",
    AUGMENTATION,
}

# The 510(k) table as pages 9 and 10 print it: number, date, applicant and how many devices the row names.
BALLOON_ROWS = """
K232842 2/29/2024  1 Ningbo Biotechnology Co. Ltd
K231340 10/30/2023 1 Biopsybell S.R.L.
K211797 10/28/2021 1 GS Medical Co., Ltd
K192449 5/27/2020  1 Joline GmbH & Co.
K192335 12/4/2019  1 GS Medical Co., Ltd
K181752 12/21/2018 1 Stryker Corporation
K172871 5/29/2018  1 Hanchang Co. Ltd.
K172214 8/23/2017  1 G-21 s.r.l.
K162453 11/1/2016  2 Pan Medical Ltd.
K153296 7/29/2016  1 Imedicom Co. Ltd.
K151125 11/24/2015 1 Carefusion
K150607 4/9/2015   2 Osseon LLC
K150322 3/6/2015   2 Pan Medical Ltd.
K143006 1/16/2015  1 BM Korea Co. Ltd.
K141419 9/12/2014  1 Zavation LLC
"""
MECHANICAL_ROWS = """
K141141 8/14/2014  1 Benvenue Medical Inc.
K181262 8/30/2018  1 Vexim SA
K191709 3/5/2020   1 Hyprevention SAS
"""

# What each procedure code may stand for: techniques, regions, which levels are checked, the codes it adds to.
PROCEDURE_CODES = {
    "22510": (VERTEBROPLASTY, {"cervical", "thoracic"}, "EveryLevel", set()),
    "22511": (VERTEBROPLASTY, {"lumbar", "sacral-coccygeal"}, "EveryLevel", set()),
    "22512": (
        VERTEBROPLASTY,
        {"cervical", "thoracic", "lumbar", "sacral-coccygeal"},
        "EveryLevel",
        {"22510", "22511"},
    ),
    "22513": (OTHER_AUGMENTATION, {"thoracic"}, "EveryLevel", set()),
    "22514": (OTHER_AUGMENTATION, {"lumbar"}, "EveryLevel", set()),
    "22515": (OTHER_AUGMENTATION, {"thoracic", "lumbar"}, "EveryLevel", {"22513", "22514"}),
    "0200T": ({"sacroplasty"}, {"sacral-coccygeal"}, "EveryLevel", set()),
    "0201T": ({"sacroplasty"}, {"sacral-coccygeal"}, "EveryLevel", set()),
    "C1062": ({"mechanical-augmentation", AUGMENTATION}, set(), None, set()),
    "C7504": (VERTEBROPLASTY, {"cervical", "thoracic"}, "FirstLevelOnly", set()),
    "C7505": (VERTEBROPLASTY, {"lumbar", "sacral-coccygeal"}, "FirstLevelOnly", set()),
    "C7507": (OTHER_AUGMENTATION, {"thoracic"}, "FirstLevelOnly", set()),
    "C7508": (OTHER_AUGMENTATION, {"lumbar"}, "FirstLevelOnly", set()),
}

# The ranges as pages 12 and 13 print them, and as they are read.
PRINTED_RANGES = {
    "C41.2": ("C41.2", "C41.2", 12),
    "C79.51- C75.52": ("C79.51", "C79.52", 12),
    "C90.00- C90.02": ("C90.00", "C90.02", 12),
    "D18.09": ("D18.09", "D18.09", 12),
    "M48.50XA- M48.58XS": ("M48.50XA", "M48.58XS", 12),
    "M80.08XA- M80.08XS": ("M80.08XA", "M80.08XS", 12),
    "M80.88XA- M80.88XS": ("M80.88XA", "M80.88XS", 13),
    "M84.58XA- M84.58XS": ("M84.58XA", "M84.58XS", 13),
}

# Turns of phrase by which the AMA's descriptors of these codes would be known, in lower case.
DESCRIPTOR_PHRASES = [
    "inclusive of all imaging guidance",
    "unilateral or bilateral injection",
    "unilateral or bilateral cannulation",
    "biopsy included when performed",
    "biopsies included when performed",
    "including cavity creation",
    "using mechanical device",
    "list separately in addition",
    "each additional cervicothoracic",
    "each additional thoracic or lumbar",
    "including the use of a balloon or mechanical device",
    "1 or more needles",
    "2 or more needles",
    "includes imaging guidance",
]


@pytest.fixture(scope="module")
def store() -> Store:
    """The five files of codes and products, and nothing else."""
    store = Store()
    for name in FILES:
        store.load(path=str(ROOT / name), format=RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def package() -> Any:
    """The package simple-icd-10-cm, which loads its data by a deprecated function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("simple_icd_10_cm")


@pytest.fixture(scope="module")
def index() -> Index:
    """The index of the whole ICD-10-CM code set."""
    return open_index(INDEX)


def table(store: Store, query: str) -> list[tuple[Any, ...]]:
    """Answer rows of a query: IRIs by their last part, numbers as int, other terms as text."""

    def plain(term: Any) -> Any:
        if term is None:
            return None
        if isinstance(term, NamedNode):
            return term.value.replace("#", "/").rsplit("/", 1)[-1]
        return int(term.value) if term.datatype.value.endswith("#integer") else term.value

    answer = store.query(query, prefixes=NAMESPACES)
    assert isinstance(answer, QuerySolutions)
    return [tuple(plain(row[name]) for name in answer.variables) for row in answer]


def tool() -> ModuleType:
    """The script that writes the index, as a module."""
    spec = importlib.util.spec_from_file_location("icd10cm_index", ROOT / "tools/icd10cm_index.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FILES)
def test_two_parsers_read_the_same_triples(name: str) -> None:
    """What one RDF library reads from a file, another reads as well."""
    triples = {quad.triple for quad in parse(path=str(ROOT / name), format=RdfFormat.TURTLE)}
    assert len(triples) == len(rdflib.Graph().parse(ROOT / name))


# ---------- products ----------


def test_the_510k_table_stands_row_by_row_as_printed(store: Store) -> None:
    """All 18 rows are there, in order, with number, date, applicant, category and devices."""
    printed = []
    for category, rows in (("category-balloon", BALLOON_ROWS), ("category-mechanical", MECHANICAL_ROWS)):
        for row in rows.strip().splitlines():
            number, day, devices, applicant = row.split(maxsplit=3)
            cleared = datetime.strptime(day, "%m/%d/%Y").date().isoformat()
            printed.append((number, number, cleared, applicant, category, int(devices)))
    assert len(printed) == 18
    assert printed == table(
        store,
        """SELECT ?clearance ?number ?day ?applicant ?category (COUNT(?device) AS ?devices) WHERE {
             ?clearance a cov:Clearance ; cov:ordinal ?row ; cov:productId ?number ; cov:decisionDate ?day ;
               cov:applicant/rdfs:label ?applicant ; cov:category ?category .
             ?device a cov:Device ; cov:clearedBy ?clearance .
           } GROUP BY ?clearance ?row ?number ?day ?applicant ?category ORDER BY ?row""",
    )


def test_cleared_uses_and_pages_are_those_of_the_table(store: Store) -> None:
    """Four rows reduce fractures, one of them worded otherwise; one treats two regions; the rest repair."""
    uses = table(store, "SELECT ?use WHERE { ?clearance cov:clearedUse ?use }")
    assert Counter(use for (use,) in uses) == {
        "To repair vertebral compression fractures": 13,
        "Reduction of fractures and/or creation of a void": 3,
        "Reduction of fractures or creation of a void": 1,
        "Treatment of vertebral fractures in the thoracic and lumbar spine": 1,
    }
    pages = table(store, "SELECT ?page WHERE { ?clearance a cov:Clearance ; cov:page ?page }")
    assert Counter(page for (page,) in pages) == {9: 10, 10: 9}  # one row runs over the page break


def test_the_number_of_a_clearance_fits_its_year(store: Store) -> None:
    """A 510(k) number begins with the year of its submission, so no decision can be older than its number."""
    rows = table(store, "SELECT ?number ?day WHERE { ?c cov:productId ?number ; cov:decisionDate ?day }")
    assert [row for row in rows if int(row[0][1:3]) > int(row[1][2:4])] == []


def test_a_company_with_two_clearances_is_one_company(store: Store) -> None:
    """GS Medical and Pan Medical stand in two rows each and are kept once."""
    rows = table(store, "SELECT ?org WHERE { ?clearance cov:applicant ?org }")
    assert {org for (org,), n in Counter(rows).items() if n > 1} == {"gs-medical", "pan-medical"}
    names = table(store, "SELECT ?name WHERE { ?org a cov:Organization ; rdfs:label ?name }")
    assert len(names) == len(set(names)) == 16


def test_balloon_rows_hold_balloons_and_mechanical_rows_hold_implants(store: Store) -> None:
    """The kind of every device of the table is that of its heading; none of them counts as a stent."""
    rows = table(
        store,
        """SELECT ?category ?kind (COUNT(?device) AS ?n) WHERE {
             ?device a cov:Device , ?kind ; cov:clearedBy/cov:category ?category
             FILTER(STRSTARTS(STR(?kind), STR(spine:)))
           } GROUP BY ?category ?kind ORDER BY ?category""",
    )
    assert rows == [
        ("category-balloon", "BalloonTamp", 18),
        ("category-mechanical", "AugmentationImplant", 3),
    ]


def test_products_outside_the_table_have_an_id_and_the_standing_that_the_policy_gives(store: Store) -> None:
    """Three are cleared or accepted, two are not approved, and three are judged by name elsewhere."""
    rows = table(
        store,
        """SELECT ?product ?id ?status WHERE {
             { ?product a cov:Device } UNION { ?product a cov:Cement }
             ?product cov:productId ?id . OPTIONAL { ?product cov:regulatoryStatus ?status } }""",
    )
    assert all(product == token for product, token, _ in rows)
    assert {token: status for _, token, status in rows} == {
        "crosstrees-pva-pod": "Cleared",
        "stabilit": None,
        "optimesh-1500e": None,
        "synthes-vertebral-body-stent": None,
        "pmma": "Cleared",
        "norian-xr": "NotApproved",
        "norian-srs": "NotApproved",
    }


def test_no_two_products_answer_to_one_token(store: Store) -> None:
    """A token in a case names one clearance, device or cement."""
    rows = table(store, "SELECT ?token WHERE { ?product cov:productId ?token }")
    assert len(rows) == len(set(rows)) == 18 + 7


# ---------- procedure codes ----------


def test_the_policy_lists_every_printed_code_and_no_other(store: Store) -> None:
    """Thirteen procedure codes and eight ranges are listed, all of them and only they are described."""
    listed = [x for (x,) in table(store, "SELECT ?x WHERE { ?version cov:lists ?x }")]
    codes = table(store, "SELECT ?code ?notation WHERE { ?code a cov:ProcedureCode ; skos:notation ?notation }")
    ranges = [x for (x,) in table(store, "SELECT ?range WHERE { ?range a cov:CodeRange }")]
    assert all(iri == notation for iri, notation in codes)
    assert sorted(listed) == sorted([*PROCEDURE_CODES, *ranges])
    assert {iri for iri, _ in codes} == set(PROCEDURE_CODES)


@pytest.mark.parametrize("code", PROCEDURE_CODES)
def test_a_procedure_code_fits_what_it_may_stand_for(store: Store, code: str) -> None:
    """Techniques, regions, checked levels and primary codes are those of the reading."""

    def linked(predicate: str) -> set[Any]:
        query = f'SELECT ?x WHERE {{ ?code skos:notation "{code}" ; cov:{predicate} ?x }}'
        return {x for (x,) in table(store, query)}

    techniques, regions, checked, primaries = PROCEDURE_CODES[code]
    assert linked("fitsTechnique") == techniques
    assert linked("fitsRegion") == regions
    assert linked("levelsChecked") == ({checked} if checked else set())
    assert linked("addOnTo") == primaries
    sacroplasty = code in ("0200T", "0201T")
    assert linked("excludesLevel") == (set() if sacroplasty else {"CO"})
    assert linked("markedAs") == ({"E/I"} if sacroplasty else set())
    assert linked("levelsPerUnit") == ({1} if code.startswith("225") else set())
    assert linked("codeSystem") == ({"hcpcs"} if code.startswith("C") else {"cpt"})


def test_no_wording_of_a_cpt_descriptor_is_in_the_repository() -> None:
    """Our content, code and documents hold none of the phrases that mark the AMA's descriptors."""
    folders = ["ontology", "shapes", "queries", "src", "docs", "examples", "tools"]
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file() and p.suffix != ".pyc"]
    files += ROOT.glob("*.md")
    found = []
    for path in files:
        text = " ".join(path.read_text(encoding="utf-8", errors="ignore").lower().split())
        found += [(path.name, phrase) for phrase in DESCRIPTOR_PHRASES if phrase in text]
    assert len(files) > len(FILES)
    assert found == []


def test_the_ama_is_named_wherever_cpt_codes_stand(store: Store) -> None:
    """The file of CPT codes and the code system both carry the notice, of the year that the policy prints."""
    notices = table(store, "SELECT ?of ?notice WHERE { ?of dcterms:rights ?notice }")
    assert len(notices) == 2
    assert all("2025 American Medical Association" in notice for _, notice in notices)
    assert table(store, "SELECT ?release WHERE { system:cpt cov:release ?release }") == [("2025",)]


# ---------- diagnosis codes ----------


def test_diagnosis_codes_carry_their_official_titles(store: Store, package: Any) -> None:
    """The 61 codes of the ranges exist, are billable, and are called what ICD-10-CM calls them."""
    rows = table(
        store,
        """SELECT ?iri ?code ?title WHERE {
             ?iri a cov:DiagnosisCode ; skos:notation ?code ; rdfs:label ?title }""",
    )
    assert len(rows) == len({code for _, code, _ in rows}) == 61
    for iri, code, title in rows:
        assert iri == code
        assert package.is_leaf(code)
        assert title == package.get_description(code)


@pytest.mark.parametrize("printed", PRINTED_RANGES)
def test_a_printed_range_expands_to_every_billable_code_between_its_ends(
    store: Store, package: Any, index: Index, printed: str
) -> None:
    """A range is kept as printed and holds what ICD-10-CM's own order has between the ends as read."""
    first, last, page = PRINTED_RANGES[printed]
    ends = table(
        store,
        f'''SELECT ?start ?end ?page WHERE {{
              ?range a cov:CodeRange ; cov:printedAs "{printed}" ; cov:page ?page ;
                cov:rangeStart ?start ; cov:rangeEnd ?end }}''',
    )
    assert ends == [(first, last, page)]
    query = f'SELECT ?code WHERE {{ ?range cov:printedAs "{printed}" ; cov:expandsTo ?code }}'
    expansion = sorted(code for (code,) in table(store, query))
    everything = package.get_all_codes()
    between = everything[everything.index(first) : everything.index(last) + 1]
    assert expansion == sorted(code for code in between if package.is_leaf(code))
    assert expansion == index.between(first, last)


def test_the_ranges_hold_each_diagnosis_code_once(store: Store) -> None:
    """No code is in two ranges, and none is described that no range holds."""
    members = [code for (code,) in table(store, "SELECT ?code WHERE { ?range cov:expandsTo ?code }")]
    described = {code for (code,) in table(store, "SELECT ?code WHERE { ?code a cov:DiagnosisCode }")}
    assert len(members) == len(set(members)) == 61
    assert set(members) == described


def test_misprints_stand_beside_what_is_meant(store: Store) -> None:
    """The range that runs backwards and the swapped letters are kept as printed, with our reading."""
    rows = table(
        store,
        """SELECT ?printed ?read ?concerns ?page WHERE {
             ?slip a cov:Erratum ; cov:printedAs ?printed ; cov:readAs ?read ;
               cov:concerns ?concerns ; cov:page ?page
           } ORDER BY ?printed""",
    )
    assert rows == [
        ("C79.51- C75.52", "C79.51-C79.52", "C79.51-C79.52", 12),
        ("HCPSC", "HCPCS", "hcpcs", 12),
    ]


def test_the_misprinted_range_would_be_empty_as_printed(index: Index) -> None:
    """Its end is no code and comes before its start."""
    assert index.kind("C75.52") == "unknown"
    assert index.between("C79.51", "C75.52") == []


# ---------- the index of the whole code set ----------


def test_the_index_knows_every_code_as_the_package_does(package: Any, index: Index) -> None:
    """Each category, subcategory and code is there with its kind, and nothing else is."""
    codes = {code for code in package.get_all_codes() if package.is_category_or_subcategory(code)}
    wrong = [c for c in codes if index.kind(c) != ("billable" if package.is_leaf(c) else "heading")]
    assert wrong == []
    assert len(index) == len(codes)


def test_the_index_is_what_the_tool_writes() -> None:
    """Running the tool again changes no byte."""
    assert tool().index_lines() == INDEX.read_bytes()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("A00", "heading"),  # the first line
        ("M80", "heading"),
        ("M80.08", "heading"),
        ("M80.08XA", "billable"),
        ("C41.2", "billable"),
        ("B20", "billable"),  # a category that is billable itself, and a block of the same name
        ("QA0.0101", "billable"),  # a letter in second place
        ("U09.9", "billable"),
    ],
)
def test_codes_and_headings_are_told_apart(index: Index, code: str, kind: str) -> None:
    """A case's diagnosis is known as billable or as a heading."""
    assert index.kind(code) == kind


@pytest.mark.parametrize(
    "code",
    [
        "M8008XA",  # no dot
        "M800.8XA",  # a dot in the wrong place
        "M80.",
        ".M80",
        "M.80",
        "B.20",
        "M80.08X",  # a stem filled up for the seventh character
        "M80.08XZ",
        "m80.08xa",
        " M80",
        "M80 ",
        "M80\n",
        "M80.08XA\n",
        "M80-M85",  # a block
        "13",  # a chapter
        "C75.52",
        "ZZZ.ZZZZ",  # after the last line
        "",
        "M80.08XAA",
        "\uff2d80",  # a wide M
    ],
)
def test_what_is_no_code_as_printed_is_unknown(index: Index, code: str) -> None:
    """Neither a code written otherwise nor a heading of the book passes for a code."""
    assert index.kind(code) == "unknown"


def test_a_range_may_begin_and_end_anywhere(index: Index) -> None:
    """The ends of a range count in, whatever they are, and headings between them do not."""
    assert index.between("M80.08XK", "M80.08XS") == ["M80.08XK", "M80.08XP", "M80.08XS"]
    assert index.between("C90", "C90.02") == ["C90.00", "C90.01", "C90.02"]
    assert index.between("M80.08", "M80.08") == []
    assert len(index.between("A00", "ZZZ.ZZZZ")) == INDEX.read_bytes().count(b"*")


def test_a_range_of_things_that_are_no_codes_is_refused(index: Index) -> None:
    """A range without its dots is an error, not an empty answer."""
    with pytest.raises(ValueError, match="'M8008XA' does not have the form"):
        index.between("M8008XA", "M80.08XS")


def test_an_index_whose_line_ends_were_changed_is_refused(tmp_path: Path) -> None:
    """A checkout that turns line ends would shift every line; it is noticed when the file is opened."""
    spoiled = tmp_path / "index.txt"
    spoiled.write_bytes(b"B20    *\r\nM80    -\r\n")
    with pytest.raises(ContentError, match=r"index\.txt.*tools/icd10cm_index\.py"):
        open_index(spoiled)
