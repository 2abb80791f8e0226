"""The named questions give the answers that the policy's source gives, on every engine, and take values only as values.

An expected answer stands in ``golden/queries/NAME.csv``; each was compared with the source before it was put there.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, Store
from rdflib import Dataset, Literal
from rdflib.plugins.sparql.parser import parseQuery

from covergraph.errors import ContentError, InputError
from covergraph.queries import Query, bind, catalog, find_query, read_query
from covergraph.sparql import add_reports, run
from covergraph.workspace import Workspace, open_workspace

pytestmark = pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated:DeprecationWarning")

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "golden" / "queries"
REPORTS = Path(__file__).parent / "data" / "reports"
NAMES = sorted(file.stem for file in (ROOT / "queries" / "catalog").glob("*.rq"))
HOSTILE = ('"} DROP ALL #', "x' } } #", "\\", '\\"} ?s ?p ?o . #', 'a"\n} UNION { ?s ?p ?o', "> <x> {", "é\u2028\x00")


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    return open_workspace(ROOT)


@pytest.fixture(scope="session")
def questions() -> dict[str, Query]:
    return catalog(ROOT)


@pytest.fixture(scope="session")
def judged(workspace: Workspace) -> Store:
    """The content and some reports."""
    return add_reports(workspace.store, [REPORTS])


@pytest.fixture(scope="session")
def in_rdflib(judged: Store) -> Dataset:
    """The same triples in rdflib."""
    dataset = Dataset(default_union=True)
    dataset.parse(data=judged.dump(format=RdfFormat.N_QUADS), format="nquads")
    return dataset


def as_text(rows: Any) -> list[list[str]]:
    """Rows as a CSV file of SPARQL results has them."""

    def text(value: object) -> str:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    return [[text(value) for value in row] for row in rows]


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def from_rdflib(dataset: Dataset, text: str) -> list[list[str]]:
    """The answer of rdflib in the form of ``Answer.rows``, a graph in a fixed order."""
    result = dataset.query(text)
    if result.type == "ASK":
        return as_text([[result.askAnswer]])
    if result.type == "CONSTRUCT":
        assert result.graph is not None
        return sorted(as_text(result.graph))
    plain = [[v.toPython() if isinstance(v, Literal) else v for v in row] for row in result]  # type: ignore[union-attr]
    return as_text(plain)


# ---------- the catalogue ----------


def test_there_are_enough_questions() -> None:
    assert len(NAMES) >= 34


@pytest.mark.parametrize("name", NAMES)
def test_a_question_says_what_it_asks_and_what_it_returns(
    name: str, questions: dict[str, Query], judged: Store
) -> None:
    query = questions[name]
    assert query.summary.endswith("?") and query.description.endswith(".") and query.tags
    answer = run(judged, bind(query, query.example))
    named = set(re.findall(r"\w+", query.returns))
    assert set(answer.variables) <= named, "every column is named in the returns line"
    assert answer.kind != "select" or re.search(r"^ORDER BY", query.text, re.MULTILINE), "rows have an order"
    assert all(p.text.endswith(".") for p in query.params)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_gives_the_answer_that_the_policy_gives(
    name: str, questions: dict[str, Query], judged: Store
) -> None:
    answer = run(judged, bind(questions[name], questions[name].example))
    assert answer.rows, "an example shows something"
    assert [list(answer.variables), *as_text(answer.rows)] == read_csv((GOLDEN / f"{name}.csv").read_text("utf-8"))


def test_every_expected_answer_belongs_to_a_question() -> None:
    assert sorted(file.stem for file in GOLDEN.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_rdflib_gives_the_same_answer_in_the_same_order(
    name: str, questions: dict[str, Query], judged: Store, in_rdflib: Dataset
) -> None:
    text = bind(questions[name], questions[name].example)
    here = run(judged, text)
    expected = as_text(here.rows)
    assert from_rdflib(in_rdflib, text) == (sorted(expected) if here.kind == "graph" else expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_a_query_as_it_stands(name: str, questions: dict[str, Query], judged: Store) -> None:
    text = (ROOT / "queries" / "catalog" / f"{name}.rq").read_text("utf-8")
    assert questions[name].text == text
    parseQuery(text)
    assert run(judged, text).kind in ("select", "ask", "graph")


@pytest.mark.parametrize("name", NAMES)
def test_a_question_declares_the_prefixes_it_uses_as_the_one_table_has_them(
    name: str, questions: dict[str, Query], workspace: Workspace
) -> None:
    query = questions[name]
    body = re.sub(r'"(?:[^"\\]|\\.)*"|<[^<>\s]*>|#[^\n]*', "", query.text.split("\n\n", 2)[2])
    assert query.prefixes.items() <= workspace.prefixes.items()
    assert sorted(query.prefixes) == sorted(set(re.findall(r"(?<![\w?$:])([A-Za-z][\w-]*):", body)))


@pytest.mark.parametrize("name", NAMES)
def test_no_question_names_a_policy_version(name: str, questions: dict[str, Query]) -> None:
    assert not re.search(r"/policy/[\d.]+", questions[name].text)


ANSWERS = """
    medical-necessity technique=vertebroplasty                              I.A I.B I.C
    medical-necessity technique=unspecified-augmentation                    I.A I.B I.C
    medical-necessity technique=mechanical-augmentation                     I.B I.C
    medical-necessity technique=sacroplasty                                 -
    medical-necessity technique=spinoplasty                                 -
    policies-in-force day=2025-10-14                                        -
    policies-in-force day=2025-10-15                                        6.01.17
    codes-for-technique-and-level technique=sacroplasty level=S1            CPT/0200T CPT/0201T
    codes-for-technique-and-level technique=vertebroplasty level=T4         CPT/22510 CPT/22512 HCPCS/C7504
    codes-for-technique-and-level technique=mechanical-augmentation level=T8 CPT/22513 CPT/22515 HCPCS/C1062 HCPCS/C7507
    codes-for-technique-and-level technique=mechanical-augmentation level=CO  -
    criteria-for-finding concept=osteoporotic-compression-fracture          I.C.1.a.i PD.4 PD.5
    criteria-for-finding concept=axial-spine-pain         I.C.1.d.i.acute I.C.1.d.ii.subacute IV.D.long-standing
    criteria-for-finding concept=septicemia                                 II.K
    criteria-for-finding concept=active-osteomyelitis                       II.K II.L
    criteria-for-finding concept=traumatic-compression-fracture             -
    questions clause=II.B                                                   II.B
    questions clause=PG.II                                                  PG.II.A PG.II.B PG.II.C
    questions clause=V                                                      V
    clause clause=nowhere                                                   -
    devices-cleared-by day=2014-08-13                                       -
    devices-cleared-by day=2014-08-14                                       K141141
    devices-by-year year=2020                                               K192449 K191709
    devices-by-manufacturer name=GS                                         K211797 K192335
    narrower-concepts concept=burst-fracture                                -
    codes-of-range code=c41.2                                               C41.2
"""  # fmt: skip


@pytest.mark.parametrize("line", [line for line in map(str.strip, ANSWERS.splitlines()) if line])
def test_other_values_give_what_the_policy_says(line: str, questions: dict[str, Query], judged: Store) -> None:
    name, *rest = line.split()
    values = dict(part.split("=", 1) for part in rest if "=" in part)
    expected = [part for part in rest if "=" not in part and part != "-"]
    rows = as_text(run(judged, bind(questions[name], values)).rows)
    joined = expected and "/" in expected[0]
    assert list(dict.fromkeys("/".join(row[:2]) if joined else row[0] for row in rows)) == expected


@pytest.mark.parametrize(
    ("device", "standing", "clause"),
    [
        ("norian xr", "not approved", "IV.F"), ("stabilit", "not stated", "IV.G"), ("KIVA", "cleared", ""),
        ("optimesh-1500e", "not stated", "IV.E"), ("synthes-vertebral-body-stent", "not stated", "IV.H"),
        ("Crosstrees Pod", "cleared", ""), ("k150322", "cleared", ""),
    ],
)  # fmt: skip
def test_a_product_is_found_by_number_id_or_name(
    device: str, standing: str, clause: str, questions: dict[str, Query], judged: Store
) -> None:
    rows = run(judged, bind(questions["device-clearance"], {"device": device})).records()
    assert {(row.standing, row.clause or "") for row in rows} == {(standing, clause)}


@pytest.mark.parametrize(("code", "listed"), [("C79.52", True), ("c7504", True), ("C75.52", False), ("99213", False)])
def test_a_code_is_listed_or_not(code: str, listed: bool, questions: dict[str, Query], judged: Store) -> None:
    assert run(judged, bind(questions["is-code-listed"], {"code": code})).rows == ((listed,),)
    assert bool(run(judged, bind(questions["code-lookup"], {"code": code})).rows) is listed


def test_without_reports_the_report_questions_have_no_rows(workspace: Workspace, questions: dict[str, Query]) -> None:
    about_reports = [q for q in questions.values() if "reports" in q.tags]
    assert len(about_reports) >= 6
    for query in about_reports:
        assert run(workspace.store, bind(query, query.example)).rows == ()


# ---------- parameters ----------

TOY = """#+ summary: What?
#+ description: Gives its values back.
#+ tags: toy
#+ param: word string! A word.
#+ param: day date A day.
#+ param: count integer A number.
#+ param: thing iri A thing.
#+ param: any string Anything.
#+ returns: One row: word, day, count, thing, any.
#+ example: word="two words"

PREFIX cov: <https://w3id.org/covergraph/ont#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

SELECT ?word ?day ?count ?thing ?any WHERE {
  VALUES ?word { "one } two" }
  VALUES ?day { "2025-10-15"^^xsd:date }
  VALUES ?count { 7 }
  VALUES ?thing { cov:Site }
  VALUES ?any { UNDEF }
}
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Query:
    return write_query(tmp_path_factory.mktemp("toy"), TOY)


def write_query(folder: Path, text: str) -> Query:
    file = folder / "toy.rq"
    file.write_text(text, encoding="utf-8")
    return read_query(file)


def test_values_that_are_not_given_are_those_of_the_file(toy: Query) -> None:
    site = "https://w3id.org/covergraph/ont#Site"
    assert run(Store(), bind(toy, {"word": "x"})).rows == (("x", date(2025, 10, 15), 7, site, None),)
    assert [p.default for p in toy.params] == ["one } two", "2025-10-15", "7", site, None]


def test_values_take_the_type_of_their_parameter(toy: Query) -> None:
    values = {"word": "0200T", "day": "2024-02-29", "count": "-3", "thing": "cov:Line", "any": "007"}
    row = ("0200T", date(2024, 2, 29), -3, "https://w3id.org/covergraph/ont#Line", "007")
    assert run(Store(), bind(toy, values)).rows == (row,)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_stays_a_value(toy: Query, text: str) -> None:
    assert run(Store(), bind(toy, {"word": text, "any": text})).records()[0][::4] == (text, text)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_finds_nothing_and_changes_nothing(name: str, questions: dict[str, Query], judged: Store) -> None:
    query, size = questions[name], len(judged)
    for param in (p for p in query.params if p.type == "string"):
        for text in HOSTILE:
            assert run(judged, bind(query, dict(query.example) | {param.name: text})).rows in ((), ((False,),))
    assert len(judged) == size


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"word": "x", "wrd": "y"}, "unknown-parameter", "Did you mean 'word'?"),
        ({"word": "x", "zzz": "y"}, "unknown-parameter", "It has: word, day, count, thing, any."),
        ({}, "missing-parameter", "For example word='two words'."),
        ({"word": ""}, "missing-parameter", "A word."),
        ({"word": "x", "day": "2025-02-30"}, "bad-parameter", "'2025-02-30' is no date. Write it as 2025-12-31."),
        ({"word": "x", "day": "20250215"}, "bad-parameter", "is no date"),
        ({"word": "x", "count": "1.5"}, "bad-parameter", "'1.5' is no integer."),
        ({"word": "x", "count": "9" * 5000}, "bad-parameter", "is no integer."),
        ({"word": "x", "thing": "no iri"}, "bad-parameter", "'no iri' is no iri."),
        ({"word": "x", "thing": "http://x/> { } #"}, "bad-parameter", "is no iri."),
        ({"word": "\ud800"}, "bad-parameter", "is no string."),
    ],
)
def test_a_wrong_value_is_refused_with_the_cure(toy: Query, values: dict[str, str], code: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        bind(toy, values)
    assert refused.value.code == code and said in refused.value.message


def test_an_unknown_question_gets_near_names(questions: dict[str, Query]) -> None:
    with pytest.raises(InputError, match="Did you mean 'device-clearance'"):
        find_query(questions, "device-clearence")
    assert find_query(questions, "criteria").name == "criteria"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("#+ tags: toy", "#+ topic: toy", 3, "Unknown key 'topic'"),
        ("#+ tags: toy", "#+ summary: toy", 3, "The key 'summary' stands twice."),
        ("#+ tags: toy", "#+ tags:", 3, "The key 'tags' has no text."),
        ("#+ tags: toy", "#+ tags", 3, "A header line is '#+ key: value'"),
        ("#+ tags: toy\n", "", 10, "The key 'tags' is missing."),
        ('\n#+ example: word="two words"', "", 10, "The key 'example' is missing."),
        ("SELECT", "#+ tags: late\nSELECT", 15, "at the top of the file"),
        ("word string! A", "word text A", 4, "A parameter is 'name type text'."),
        ("#+ param: day date A day.", "#+ param: week date A week.", 5, "VALUES ?week { term }"),
        ("#+ param: day date A day.", "#+ param: day integer A day.", 5, "is no integer"),
        ("#+ param: count integer A", "#+ param: count string A", 6, "7 in the slot of ?count is no string"),
        ("{ cov:Site }", "{ cov:Site cov:Line }", 7, "is no iri"),
        ("#+ param: any string Anything.", "#+ param: word string Again.", 10, "A parameter stands twice."),
        ('word="two words"', "wrd=two", 10, "The example does not fit"),
        ('word="two words"', "word=x day=soon", 10, "'soon' is no date"),
        ('word="two words"', "day=2025-01-01", 10, "The example does not fit"),
    ],
)
def test_a_bad_header_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in TOY
    with pytest.raises(ContentError) as refused:
        write_query(tmp_path, TOY.replace(old, new, 1))
    assert refused.value.place == f"{tmp_path / 'toy.rq'}:{line}"
    assert said in str(refused.value)


# ---------- a user's own SPARQL ----------


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("SELECT ?s {\n  ?s ?p }", "line 2, column 10", "ends too early"),
        ("SELECT ?s\n{ ?s nowhere:p ?o }", "line 2, column 15", "Prefix not found"),
        ("SELECT (1 AS ?s) { ?s ?p ?o }", "line 1, column 30", "The SELECT overrides an existing variable"),
        ("SELECT * {} ORDER ?s", "line 1, column 21", "it could go on here with BY"),
        ("", "line 1, column 1", "ends too early"),
        ("DROP ALL", "line 1, column 9", "no SPARQL query"),
        ("LOAD <http://127.0.0.1/>", "line 1, column 10", "no SPARQL query"),
    ],
)
def test_an_error_in_a_query_names_line_and_column(text: str, place: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        run(Store(), text)
    assert (refused.value.code, refused.value.place) == ("bad-query", place)
    assert said in refused.value.cause


def test_brackets_without_end_are_refused_before_they_harm() -> None:
    with pytest.raises(InputError) as refused:
        run(Store(), "SELECT * {" + "{" * 50_000 + "}" * 50_000 + "}")
    assert (refused.value.code, refused.value.place) == ("too-deep", "line 1, column 210")
    assert run(Store(), "ASK {" + "{} " * 500 + "}").rows == ((True,),)


@pytest.fixture
def canary() -> Iterator[tuple[str, list[object]]]:
    """An address on this machine, and the connections that it has got."""
    import socket
    import threading

    listener = socket.create_server(("127.0.0.1", 0))
    visits: list[object] = []

    def listen() -> None:
        while True:
            try:
                visitor, address = listener.accept()
            except OSError:
                return
            visits.append(address)
            visitor.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/sparql", visits
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


# <@> is the address. Each either is refused or does without the request; some are no SPARQL at all.
CALLS = [
    "SELECT * { SERVICE <@> { ?s ?p ?o } }",
    "SELECT * { service silent <@> { ?s ?p ?o } }",
    "SELECT * { SERVICE<@>{ ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<@>{ ?s ?p ?o } }",
    "PREFIX x: <@> SELECT * { SERVICE x: { ?s ?p ?o } }",
    "PREFIX x: <@> SELECT * { SERVICEx: { ?s ?p ?o } }",
    "PREFIX service: <@> SELECT * { SERVICE service: { ?s ?p ?o } }",
    "PREFIX : <@> SELECT * { SERVICE: { ?s ?p ?o } }",
    "SELECT * { VALUES ?x { true } BIND(trueSERVICE<@> AS ?y) }",
    "SELECT * { FILTER(trueSERVICE <@> {}) }",
    "SELECT * { ?s ?p 1SERVICE <@> { ?s ?p ?o } }",
    "SELECT * { ?s ?p 'x'@enSERVICE <@> { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o.SERVICE <@> { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?oSERVICE <@> { ?s ?p ?o } }",
    "PREFIX x: <urn:x> SELECT * { ?s ?p x:a.SERVICE <@> { ?s ?p ?o } }",
    "PREFIX x: <urn:x> SELECT * { ?s x:p?SERVICE <@> { ?s ?p ?o } }",
    "SELECT * { ?s ?p _:b.SERVICE <@> { ?s ?p ?o } }",
    "SELECT * { VALUES ?g { <@> } SERVICE ?g { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE <@> { ?s ?p ?o } }",
    "SELECT * { ?s ?p '\\u0027 . SERVICE <@> { ?s ?p ?o } #' }",
    "SELECT * { ?s ?p '\\' . SERVICE <@> { ?s ?p ?o } #' }",
    "SELECT * { ?s ?p ?o # it's a comment \n SERVICE <@> { ?s ?p ?o } # 'so }\n}",
    "SELECT * { ?s ?p ?o # comment \r SERVICE <@> { ?s ?p ?o } }",
    "SELECT * { FILTER(?a <#> '''\n ?b) SERVICE <@> { ?s ?p ?o } } #'''",
    "SELECT * { FILTER(1 <#' \n 2) SERVICE <@> { ?s ?p ?o } } #'>",
    'SELECT * { ?s ?p """x"" . SERVICE <@> { ?s ?p ?o } """ }',
    "SELECT * { SERVICE#'\n<@>#'\n{ ?s ?p ?o } }",
    "SELECT * { { SELECT * { OPTIONAL { SERVICE <@> { ?s ?p ?o } } } } }",
    "ASK { FILTER NOT EXISTS { SERVICE SILENT <@> { ?s ?p ?o } } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <@> { ?s ?p ?o } }",
    "SELECT * FROM <@> { ?s ?p ?o }",
    "SELECT * FROM NAMED <@> { GRAPH ?g { ?s ?p ?o } }",
    "DESCRIBE <@>",
    "LOAD <@>",
    "LOAD SILENT <@> INTO GRAPH <urn:g>",
]  # fmt: skip


def test_no_query_ever_sends_a_request(canary: tuple[str, list[object]]) -> None:
    address, visits = canary
    store = Store()
    store.load(input=b"<urn:s> <urn:p> 1 .", format=RdfFormat.TURTLE)
    for call in CALLS:
        try:
            assert run(store, call.replace("<@>", f"<{address}>")).rows == (), call
        except InputError as refused:
            assert refused.code in ("no-service", "bad-query"), call
    assert visits == []


def test_an_engine_left_alone_would_have_sent_one(canary: tuple[str, list[object]]) -> None:
    """The canary sings: what run() refuses is not refused by the engine itself."""
    address, visits = canary
    with pytest.raises(OSError):
        list(Store().query(CALLS[0].replace("<@>", f"<{address}>")))  # type: ignore[arg-type]
    for _ in range(200):  # the listener notes a visit in a thread of its own
        if not visits:
            sleep(0.01)
    assert visits


def test_service_is_refused_where_it_stands() -> None:
    with pytest.raises(InputError) as refused:
        run(Store(), "# service\nASK {\n  SERVICE <http://127.0.0.1/> {}\n}")
    assert (refused.value.code, refused.value.place) == ("no-service", "line 3, column 3")


def test_the_word_service_may_stand_where_it_is_no_keyword() -> None:
    text = """# which service?
    PREFIX cov: <https://w3id.org/covergraph/ont#>  # SERVICE <http://127.0.0.1/> {}
    SELECT ?service ?day ?long (cov:serviceDate AS ?date) (<urn:service> AS ?iri) {
      VALUES (?service ?day ?long) { ("of Service, 'SERVICE'" 'date of service' '''a
    SERVICE''') } }"""
    row = ("of Service, 'SERVICE'", "date of service", "a\n    SERVICE", "https://w3id.org/covergraph/ont#serviceDate",
           "urn:service")  # fmt: skip
    assert run(Store(), text).rows == (row,)


# ---------- answers ----------

CODES = 'SELECT ?code ?page ?note { VALUES (?code ?page ?note) { ("0042" 7 UNDEF) ("=1+1" 8 "a,b") } } ORDER BY ?page'


def test_rows_are_python_values(judged: Store) -> None:
    text = """PREFIX cov: <https://w3id.org/covergraph/ont#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ("x"@en AS ?a) (7 AS ?b) (0.5 AS ?c) (true AS ?d) ("2025-10-15"^^xsd:date AS ?e) (cov:Site AS ?f) ?g
               ("soon"^^xsd:date AS ?h) {}"""
    (row,) = run(judged, text).rows
    assert row == ("x", 7, 0.5, True, date(2025, 10, 15), "https://w3id.org/covergraph/ont#Site", None, "soon")


def test_records_have_the_names_of_the_columns() -> None:
    first, second = run(Store(), CODES).records()
    assert (first.code, first.page, first.note, second.note) == ("0042", 7, None, "a,b")
    with pytest.raises(AttributeError):
        first.code = "42"


def test_codes_stay_text_in_every_format() -> None:
    answer = run(Store(), CODES)
    assert read_csv(answer.serialize("csv")) == [["code", "page", "note"], ["0042", "7", ""], ["=1+1", "8", "a,b"]]
    assert '"0042"' in answer.serialize("tsv")
    assert '{"type":"literal","value":"0042"}' in answer.serialize("json")
    assert "<literal>0042</literal>" in answer.serialize("xml")


def test_codes_stay_text_in_pandas() -> None:
    frame = run(Store(), CODES).to_pandas()
    assert frame["code"].tolist() == ["0042", "=1+1"]
    assert frame["page"].sum() == 15
    assert list(frame["note"].isna()) == [True, False]


def test_without_pandas_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        run(Store(), CODES).to_pandas()


def test_an_ask_has_one_row() -> None:
    answer = run(Store(), "ASK {}")
    assert (answer.kind, answer.rows, answer.serialize("csv")) == ("ask", ((True,),), "true")
    assert '"boolean":true' in answer.serialize("json")


def test_a_graph_is_written_as_turtle_with_the_prefixes_in_use(
    workspace: Workspace, questions: dict[str, Query]
) -> None:
    text = bind(questions["describe-thing"], {"thing": "concept:burst-fracture"})
    turtle = run(workspace.store, text, workspace.prefixes).serialize("turtle")
    assert turtle.startswith("@prefix") and "concept:burst-fracture a " in turtle and "@prefix earl:" not in turtle
    assert run(workspace.store, text).serialize("ntriples").count(" .\n") == 7


@pytest.mark.parametrize(("text", "format"), [(CODES, "turtle"), ("ASK {}", "tsv"), ("CONSTRUCT {} {}", "csv")])
def test_a_format_that_does_not_fit_is_refused(text: str, format: str) -> None:
    with pytest.raises(InputError) as refused:
        run(Store(), text).serialize(format)
    assert refused.value.code == "bad-format" and refused.value.cure.startswith("Use one of:")


def test_prefixes_of_the_table_need_no_declaration(workspace: Workspace) -> None:
    assert run(workspace.store, "ASK { cov:Site a owl:Class }", workspace.prefixes).rows == ((True,),)


def test_a_query_sees_the_union_of_all_graphs_unless_it_says_from(workspace: Workspace) -> None:
    both = "{ ?clause cov:sectionLabel 'II.A' ; sh:targetClass cov:Site }  # from all graphs"
    assert run(workspace.store, f"ASK {both}", workspace.prefixes).rows == ((True,),)
    for graph in workspace.store.named_graphs():
        assert run(workspace.store, f"ASK FROM {graph} {both}", workspace.prefixes).rows == ((False,),)


# ---------- reports ----------

COUNT = "PREFIX cov: <https://w3id.org/covergraph/ont#> SELECT (COUNT(?r) AS ?n) { ?r a cov:Report }"


def reports_in(store: Store) -> Any:
    return run(store, COUNT).rows[0][0]


def test_reports_are_added_to_a_copy(workspace: Workspace, judged: Store) -> None:
    assert (reports_in(workspace.store), reports_in(judged)) == (0, 5)


def test_reports_come_from_files_and_directories_in_three_formats(tmp_path: Path) -> None:
    pending = Store()
    pending.load(path=str(REPORTS / "pending.ttl"), format=RdfFormat.TURTLE)
    (tmp_path / "below").mkdir()
    pending.dump(str(tmp_path / "below" / "a.jsonld"), format=RdfFormat.JSON_LD)
    (tmp_path / "b.nq").write_text("<urn:r> a <https://w3id.org/covergraph/ont#Report> <urn:g> .".replace(
        " a ", " <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "), encoding="utf-8")  # fmt: skip
    (tmp_path / "notes.txt").write_text("no report", encoding="utf-8")
    assert reports_in(add_reports(Store(), [tmp_path, REPORTS / "approved.ttl"])) == 4


def test_blank_nodes_of_two_reports_stay_apart(tmp_path: Path) -> None:
    for name in ("a.ttl", "b.ttl"):
        (tmp_path / name).write_text("_:x a <https://w3id.org/covergraph/ont#Report> .", encoding="utf-8")
    assert reports_in(add_reports(Store(), [tmp_path])) == 2


def test_a_report_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.ttl").write_text("<urn:a> <urn:b> <urn:c> .\n<urn:a> oops .", encoding="utf-8")
    (tmp_path / "case.json").write_text("{}", encoding="utf-8")
    (tmp_path / "far.jsonld").write_text('{"@context": "http://127.0.0.1:9/context", "a": 1}', encoding="utf-8")
    expected = {"empty": "no-reports", "bad.ttl": "bad-report", "case.json": "bad-report", "gone.ttl": "no-file",
                "far.jsonld": "bad-report"}  # fmt: skip
    for name, code in expected.items():
        with pytest.raises(InputError) as refused:
            add_reports(Store(), [tmp_path / name])
        assert refused.value.code == code and name in refused.value.place
    with pytest.raises(InputError, match=r"bad\.ttl:2"):
        add_reports(Store(), [tmp_path / "bad.ttl"])
