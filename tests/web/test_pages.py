"""The pages of a running service, as anything that reads HTML gets them."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from covergraph.terms import BASE, cov
from covergraph.web.pages import workbench
from covergraph.web.service import open_service
from covergraph.web.settings import Settings
from covergraph.workspace import Workspace
from web.server import ROOT, Serve, Server

VERSION = "/policy/6.01.17/2025-10-15"


@pytest.fixture(scope="module")
def web(server: Server) -> Iterator[httpx.Client]:
    """Asks the service as a browser does."""
    with httpx.Client(base_url=server.url, headers={"Accept": "text/html"}, timeout=60) as client:
        yield client


def read(client: httpx.Client, path: str, status: int = 200, **params: str) -> str:
    """The text of a page, without its tags."""
    answer = client.get(path, params=params or None)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main[0])).split())


# ---------- the policy ----------


def test_every_clause_has_a_page_at_the_path_of_its_iri(web: httpx.Client, workspace: Workspace) -> None:
    graph = workspace.graph
    clauses = [iri for iri, _ in graph.pairs(cov("sectionLabel"))]
    assert len(clauses) > 80
    for iri in clauses:
        said = read(web, "/" + iri.removeprefix(BASE))
        for predicate in ("sectionLabel", "paraphrase", "question"):
            for text in graph.values(iri, cov(predicate)):
                assert " ".join(text.split()) in said, iri


def test_everything_of_the_graph_has_a_page(web: httpx.Client, workspace: Workspace) -> None:
    kinds = ("Policy", "Technique", "Level", "ClinicalConcept", "ProcedureCode", "CodeRange", "Device", "Cement",
             "Clearance", "Organization", "Reading", "Erratum", "EvidenceStatement", "Reference",
             "TreatmentKind")  # fmt: skip
    for kind in kinds:
        for iri in workspace.graph.instances(kind)[:3]:
            label = workspace.graph.value(iri, "http://www.w3.org/2000/01/rdf-schema#label")
            assert label and label in read(web, "/" + iri.removeprefix(BASE)), iri


def test_the_tree_says_how_many_of_a_clauses_parts_are_needed_and_what_it_leads_to(web: httpx.Client) -> None:
    said = read(web, VERSION)
    assert "I Indications for vertebral augmentation · any one of 3 medically necessary p. 1" in said
    assert "I.C.1 Fracture or lesion, disabling pain, and time · all of 5 p. 1" in said
    assert "Compression fracture or aggressive lesion · any one of 5" in said
    assert "V Sacroplasty investigational p. 3 · 2 readings · codes 0200T, 0201T" in said


def test_the_tree_opens_whole_without_javascript(web: httpx.Client) -> None:
    folded, opened = web.get(VERSION).text, web.get(VERSION, params={"open": "all"}).text
    branches = folded.count('<summary><span class="visually-hidden">What is in')
    assert folded.count("<details open>") < branches
    assert opened.count("<details open>") == branches


def test_a_leaf_says_in_words_what_shows_it_and_what_rules_it_out(web: httpx.Client) -> None:
    said = read(web, f"{VERSION}/I.C.1.d.ii.a")
    shown, _, ruled_out = said.partition("Ruled out by")
    assert ("any one of all of the reason: stated contraindicated or not tolerated: yes" in shown
            or "any one of all of contraindicated or not tolerated: yes the reason: stated" in shown)  # fmt: skip
    assert "the weeks: ≥ 4" in shown
    assert "the treatment kind: any one of prescription-strength analgesic , steroid" in said
    assert "not: a treatment is recorded" in ruled_out
    assert "whatever does not show it" in read(web, f"{VERSION}/IV.C")


def test_a_composite_says_what_would_meet_it_and_when_a_part_is_not_asked(web: httpx.Client) -> None:
    said = read(web, f"{VERSION}/I.C.1")
    assert "All of these:" in said
    assert "Asked only where I.C.1.a.i Osteoporotic vertebral compression fracture is met." in said
    assert "Not asked where I.A Together with a spinal fusion is met." in read(web, f"{VERSION}/II.J")


def test_evidence_stands_on_its_side_with_what_it_cites(web: httpx.Client) -> None:
    said = read(web, f"{VERSION}/IV.H")
    assert re.search(r"For it \(\d+\).*Stenting: sold in Europe only", said)
    assert re.search(r"Against it \(\d+\).*Stenting: meant to leak less and hold height", said)
    assert "Cites" in read(web, f"{VERSION}/IV")


def test_a_shape_comes_whole_with_the_shapes_that_it_names(web: httpx.Client) -> None:
    said = read(web, f"{VERSION}/I.C.1.d.ii.a")
    assert "v:I.C.1.d.ii.a a sh:NodeShape" in said
    assert "v:trial-met a sh:NodeShape" in said


def test_pages_of_clauses_lead_to_the_ones_before_and_after(web: httpx.Client) -> None:
    page = web.get(f"{VERSION}/II.A").text
    assert f'href="{VERSION}/II" rel="prev"' in page
    assert f'href="{VERSION}/II.B" rel="next"' in page


def test_a_code_page_names_its_range_and_the_clauses_whose_pattern_fits(web: httpx.Client) -> None:
    said = read(web, "/code/icd-10-cm/M80.08XA")
    assert "PD.4 Medicare products helps to show it" in said
    assert "in the range codes M80.08XA to M80.08XS" in said
    assert "narrower than osteoporotic compression fracture" in said
    assert "Clauses that look at it" not in read(web, "/code/icd-10-cm/C41.2")


def test_a_concept_page_tells_of_clauses_that_ask_for_a_broader_concept(web: httpx.Client) -> None:
    assert "I.B.1.a.i Osteolytic metastasis, myeloma included helps to show it, as a kind of" in read(
        web, "/concept/myeloma-vertebral-destruction"
    )


def test_the_vocabulary_has_a_place_for_each_of_its_terms(web: httpx.Client) -> None:
    page = web.get("/ont").text
    assert 'id="sectionLabel"' in page
    assert 'id="Criterion"' in page


def test_pages_show_whatever_policy_the_content_holds(serve: Serve, toy_root: Path) -> None:
    with httpx.Client(base_url=serve(content=toy_root).url, headers={"Accept": "text/html"}, timeout=60) as toy:
        assert "Phototherapy" in read(toy, "/policies")
        assert "I.A.3 Eight weeks of topical treatment" in read(toy, "/policy/toy-1/2026-01-01")
        assert "Asked only where I.A.1.a Plaque psoriasis is met." in read(toy, "/policy/toy-1/2026-01-01/I.A")
        assert "in the range L40.0 of Toy policy 1 as of 2026-01-01" in read(toy, "/search", q="l400")


# ---------- search ----------


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("M80.08XD", "in the range M80.08XA- M80.08XS of Policy 6.01.17 as of 2025-10-15, p. 12"),
        ("m8008xd", "M80.08XD is a billable ICD-10-CM code that a policy lists. Listed is not covered."),
        ("m8008xd", "in the range M80.08XA- M80.08XS of Policy 6.01.17 as of 2025-10-15, p. 12"),
        ("C79.52", "in the range C79.51- C75.52 of Policy 6.01.17"),
        ("M80.08", "M80.08 is a heading of ICD-10-CM, not a billable code."),
        ("E11.9", "E11.9 is a billable ICD-10-CM code. None of the policies here lists it"),
        ("Q99.99", "Q99.99 is no ICD-10-CM code."),
        ("22514", "22514 augmentation with a device, first vertebra, lumbar"),
        ("K181752", "K181752 510(k) K181752"),
        ("stryker", "Stryker iVAS Elite"),
        ("i.c.1.d.ii.b", "I.C.1.d.ii.b Four weeks of provider-directed exercise"),
        ("six weeks pain", "I.C.1.d.i.acute Axial pain of up to six weeks"),
        ("fracture compression osteoporotic", "osteoporotic compression fracture"),
        ("nothing has this name", "Nothing found for “nothing has this name”."),
    ],
)
def test_search_finds(web: httpx.Client, question: str, found: str) -> None:
    assert found in read(web, "/search", q=question)


def test_an_exact_name_comes_before_longer_ones(web: httpx.Client) -> None:
    page = web.get("/search", params={"q": "II"}).text
    assert page.index(f'"{VERSION}/II"') < page.index(f'"{VERSION}/II.A"')


def test_a_510k_number_is_not_taken_for_a_diagnosis_code(web: httpx.Client) -> None:
    assert "is no ICD-10-CM code" not in read(web, "/search", q="K181752")


def test_a_very_long_question_is_answered(web: httpx.Client) -> None:
    assert "Nothing found" in read(web, "/search", q="zzz " * 2000)


# ---------- queries ----------

FORMULAS = """SELECT ?cell WHERE { VALUES ?cell {
  "=HYPERLINK(1)" "+1+1" "@SUM(1)" "-2+3" "\\t=1" "-3.5" "22514" "0200T" 7 -8 "a,b" "é" } }"""


def test_a_spreadsheet_gets_no_formula_and_keeps_its_numbers(web: httpx.Client) -> None:
    answer = web.get("/query", params={"query": FORMULAS, "format": "spreadsheet"})
    assert answer.headers["content-disposition"] == 'attachment; filename="query.csv"'
    cells = [row["cell"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]
    assert cells == [
        "'=HYPERLINK(1)", "'+1+1", "'@SUM(1)", "'-2+3", "'\t=1", "-3.5", "22514", "0200T", "7", "-8", "a,b", "é"
    ]  # fmt: skip


def test_plain_csv_is_exactly_what_sparql_says(web: httpx.Client) -> None:
    cells = web.get("/query", params={"query": FORMULAS, "format": "csv"}).text.splitlines()
    assert cells[1:3] == ["=HYPERLINK(1)", "+1+1"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ASK { ?policy a cov:Policy }", "Yes"),
        ("ASK { ?policy a cov:Nothing }", "No"),
        ("SELECT * WHERE { ?s a cov:Nothing }", "No rows."),
        (
            "CONSTRUCT { ?s a cov:Policy } WHERE { ?s a cov:Policy ; cov:isDefault true }",
            "policy:6.01.17 rdf:type cov:Policy",
        ),
        ("SELECT ?x { VALUES ?x { UNDEF 1 } }", "2 rows."),
    ],
)
def test_each_kind_of_answer_is_a_page(web: httpx.Client, query: str, said: str) -> None:
    assert said in read(web, "/query", query=query)


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("csv", "text/csv"), ("tsv", "text/tab-separated-values"), ("json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"), ("spreadsheet", "text/csv"),
    ],
)  # fmt: skip
def test_an_answer_can_be_taken_away(web: httpx.Client, format: str, media_type: str) -> None:
    answer = web.get("/query/contraindications", params={"format": format})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["content-disposition"].startswith('attachment; filename="contraindications.')
    assert "II.K" in answer.text


@pytest.mark.parametrize(
    ("path", "params", "status", "said"),
    [
        ("/query", {"query": "SELECT * { ?s"}, 400, "Where: line 1, column"),
        (
            "/query",
            {"query": "SELECT * { SERVICE <http://a.example/> { ?s ?p ?o } }"},
            403,
            "SERVICE would send a request",
        ),
        ("/query", {"query": "ASK {}", "format": "xlsx"}, 400, "There is no format 'xlsx'."),
        ("/query", {"query": "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "format": "csv"}, 406, "cannot be written"),
        ("/query/code-lookup", {"number": "6.01.17"}, 400, "code-lookup needs a value for 'code'"),
        ("/query/devices-by-year", {"year": "soon"}, 400, "'soon' is no integer."),
        ("/query/code-lookupp", {}, 404, "Did you mean 'code-lookup'"),
        ("/query", {"from": "nothing"}, 404, "There is no question named 'nothing'."),
        ("/query/..%2f..%2fetc%2fpasswd", {}, 404, "There is"),
    ],
)
def test_what_cannot_be_answered_says_why(
    web: httpx.Client, path: str, params: dict[str, str], status: int, said: str
) -> None:
    assert said in read(web, path, status, **params)


def test_a_query_that_runs_too_long_is_ended_and_the_form_keeps_it(serve: Serve) -> None:
    slow = serve("--query-seconds", "1")
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with httpx.Client(base_url=slow.url, headers={"Accept": "text/html"}, timeout=60) as web:
        said = read(web, "/query", 503, query=query)
    assert "This cannot be answered" in said
    assert query in said


def test_answers_over_cases_are_kept_nowhere(serve: Serve, web: httpx.Client) -> None:
    asked = {"query": "ASK {}", "format": "csv"}
    over_cases = serve("--reports", str(ROOT / "tests" / "data" / "reports"), "--api-token", "t")
    headers = {"Authorization": "Bearer t"}
    for form in ("csv", "table"):
        answer = httpx.get(over_cases.url + "/query", params=asked | {"format": form}, headers=headers, timeout=60)
        assert answer.headers["cache-control"] == "no-store"
        assert web.get("/query", params=asked | {"format": form}).headers["cache-control"] == "no-cache"
    assert httpx.get(over_cases.url + "/query", params=asked, timeout=60).status_code == 401


def test_a_question_with_values_opens_as_sparql_with_them_bound(web: httpx.Client) -> None:
    page = html.unescape(web.get("/query", params={"from": "code-lookup", "code": 'x" } #'}).text)
    assert r'VALUES ?code { "x\" } #" }' in page
    text = web.get("/query/code-lookup.rq", params={"code": "22514"}).text
    assert text.startswith("PREFIX")
    assert '"22514"' in text


@pytest.mark.parametrize("name", ["contraindications", "devices-by-year"])
def test_a_chart_draws_numbers_else_counts_rows(web: httpx.Client, name: str) -> None:
    page = web.get(f"/query/{name}", params={"format": "chart", "year": "2015"}).text
    assert page.count('class="bar"') >= 1


def test_a_chart_of_numbers_has_bars_in_proportion(web: httpx.Client) -> None:
    query = 'SELECT ?name ?number { VALUES (?name ?number) { ("a" 10) ("b" 5) ("c" -1) } }'
    page = web.get("/query", params={"query": query, "format": "chart"}).text
    assert re.findall(r'class="bar"[^>]* width="([\d.]+)"', page) == ["380.0", "190.0", "0.0"]


# ---------- static files, workbench ----------


def test_a_static_file_with_its_mark_is_kept_for_ever(web: httpx.Client) -> None:
    [path] = re.findall(r'href="(/static/site\.css\?v=\w+)"', web.get("/").text)
    assert "immutable" in web.get(path).headers["cache-control"]
    assert web.get("/static/site.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/%2e%2e/settings.py", "/static/..%2fsettings.py",
                                  "/static/%2fetc/hostname", "/static/"])  # fmt: skip
def test_nothing_beside_the_static_files_is_served(server: Server, path: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        request = client.build_request("GET", "/")
        request.url = httpx.URL(server.url).copy_with(raw_path=path.encode())
        assert client.send(request).status_code == 404


def test_the_workbench_without_its_editor_leads_to_the_plain_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workbench, "STATIC", tmp_path)
    app = Starlette(routes=workbench.routes(open_service(Settings())))

    async def visit() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://covergraph") as client:
            return (await client.get("/workbench")).text

    page = asyncio.run(visit())
    assert "The editor is not part of this installation." in page
    assert "<script" not in page


def test_only_the_workbench_may_set_styles_on_its_elements(web: httpx.Client) -> None:
    for path in ("/", VERSION, "/query", "/search?q=x"):
        policy = web.get(path).headers["content-security-policy"]
        assert "unsafe" not in policy, path
        assert "script-src 'self';" in policy
