"""The HTTP API: the reports and answers of the command line, and one clear problem for every bad request."""

from __future__ import annotations

import csv
import io
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from click.testing import CliRunner

from covergraph.api import check
from covergraph.cli.commands import cli
from covergraph.cli.serve import listen
from covergraph.queries import Query, bind, catalog
from covergraph.sparql import run
from covergraph.web.api.schemas import SCHEMAS
from covergraph.workspace import Workspace
from web.server import ROOT, Serve, Server, eventually

EXAMPLES = sorted((ROOT / "examples").glob("*.json"))
CASE = json.loads((ROOT / "examples" / "acute-fracture.json").read_text())
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

CLIENT = httpx.Client(timeout=60)
JSON = {"content-type": "application/json"}
QUESTIONS = sorted(catalog(ROOT))


def covergraph(*words: str) -> str:
    result = CliRunner().invoke(cli, ["--content", str(ROOT), *words])
    assert result.exit_code == 0, result.output
    return result.output


def post(server: Server, body: Any, accept: str = "", **parameters: str) -> httpx.Response:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    headers = JSON | ({"accept": accept} if accept else {})
    return CLIENT.post(f"{server.url}/api/v1/check", content=content, headers=headers, params=parameters)


def get(server: Server, path: str, **parameters: str) -> httpx.Response:
    return CLIENT.get(f"{server.url}/api/v1/{path}", params=parameters)


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code) and problem["cause"]
    jsonschema.validate(problem, SCHEMAS["Problem"])
    return problem


# ---------- checking ----------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("strict", ["false", "true"])
def test_a_case_gets_the_report_of_the_command_line(example: Path, strict: str, server: Server) -> None:
    report = post(server, example.read_bytes(), strict=strict)
    assert report.json() == check(example, strict=strict == "true").to_json()
    assert report.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "format"),
    [("application/json", "json"), ("text/html", "html"), ("text/markdown", "markdown"), ("text/plain", "text")],
)
def test_a_report_comes_in_the_form_that_is_accepted(accept: str, format: str, server: Server) -> None:
    report = post(server, CASE, accept)
    assert report.headers["content-type"].partition(";")[0] == accept
    file = str(ROOT / "examples" / "acute-fracture.json")
    assert report.text == covergraph("check", file, "--format", format)


@pytest.mark.parametrize(("accept", "format"), [("text/turtle", "turtle"), ("application/ld+json", "json-ld")])
def test_a_report_comes_as_rdf(accept: str, format: str, server: Server) -> None:
    from rdflib import Graph

    graph = Graph().parse(data=post(server, CASE, accept).text, format=format)
    asked = "ASK { ?r a <https://w3id.org/covergraph/ont#Report> ; <https://w3id.org/covergraph/ont#ofCase> ?c }"
    assert graph.query(asked).askAnswer


def test_a_case_in_turtle_gets_the_same_report(server: Server, workspace: Workspace) -> None:
    from covergraph.casegraph import write_case

    turtle = write_case(CASE, "https://w3id.org/covergraph/case/acute-fracture", workspace.prefixes)
    headers = {"content-type": "text/turtle"}
    report = CLIENT.post(f"{server.url}/api/v1/check", content=turtle, headers=headers)
    assert report.json() == post(server, CASE).json()


def test_a_policy_can_be_named_and_an_unknown_one_is_refused(server: Server) -> None:
    assert post(server, CASE, policy="6.01.17").json() == post(server, CASE).json()
    assert "6.01.17" in problem_of(post(server, CASE, policy="9.99"), 404, "unknown-policy")["cure"]


@pytest.mark.parametrize(
    ("body", "status", "code", "place"),
    [
        (b"", 400, "not-json", "line 1, column 1"),
        (b"{", 400, "not-json", "line 1, column 2"),
        (b"\xff\xfe", 400, "not-utf8", "byte 0"),
        (b'{"id": "\xc3\x28"}', 400, "not-utf8", "byte 8"),
        (b"[" * 200_000, 400, "too-deep", "line 1, column 101"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "too-deep", "line 1, column 501"),
        (b'{"id": NaN}', 400, "not-finite", "line 1, column 8"),
        (b'{"id": ' + b"9" * 10_000 + b"}", 400, "not-json", "line 1, column 8"),
        (b'{"id": "\\ud800"}', 422, "not-unicode", "/id"),
        (b'{"id": "a", "id": "b"}', 422, "duplicate-key", "/id"),
        (b"[]", 422, "bad-value", ""),
        (b"{}", 422, "missing-key", None),
        (json.dumps(CASE | {"policy": "9.99"}).encode(), 422, "unknown-policy", "/policy"),
        (json.dumps(CASE | {"@context": "http://127.0.0.1:1/"}).encode(), 422, "foreign-context", "/@context"),
        (json.dumps(CASE | {"serviceDate": "2025-02-30"}).encode(), 422, None, "/serviceDate"),
        (b"\0" * 1_000_000, 400, "not-json", None),
        (b" " * 1_100_000, 413, "body-too-long", None),
    ],
    ids=["nothing", "half", "no-utf8", "bad-utf8", "deep-list", "deep-object", "nan", "digits", "surrogate",
         "double-key", "list", "empty", "policy", "context", "date", "zeros", "huge"],
)  # fmt: skip
def test_a_bad_case_is_one_problem_with_its_place(
    body: bytes, status: int, code: str | None, place: str | None, server: Server
) -> None:
    answer = post(server, body)
    problem = problem_of(answer, status, code or answer.json()["code"])
    assert place is None or problem.get("place", "") == place
    assert problem["detail"].endswith(problem.get("cure", "")) and problem["cause"] in problem["detail"]
    assert CLIENT.get(f"{server.url}/healthz").status_code == 200


def test_a_problem_has_the_code_and_words_of_the_command_line(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE | {"findings": [{"concept": "fever", "status": "present"}]}))
    said = CliRunner().invoke(cli, ["check", str(file)])
    answer = post(server, file.read_bytes())
    assert str(said.exception).removeprefix(f"{file}: ") == answer.json()["detail"]


@pytest.mark.parametrize("type", ["", "text/plain", "application/xml", "application/rdf+xml", "application/ld+json"])
def test_a_case_in_another_media_type_is_refused(type: str, server: Server) -> None:
    headers = {"content-type": type} if type else {}
    answer = CLIENT.post(f"{server.url}/api/v1/check", content=b"<!DOCTYPE x [<!ENTITY y 'z'>]>", headers=headers)
    assert "application/json" in problem_of(answer, 415, "bad-media-type")["cure"]
    assert "application/x-ndjson" in answer.headers["accept-post"]


def test_a_form_that_a_report_has_not_is_refused(server: Server) -> None:
    assert "text/html" in problem_of(post(server, CASE, "image/png"), 406, "not-acceptable")["cure"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("strict=maybe", "bad-parameter"), ("strict=true&strict=true", "two-values"), ("judge=x", "unknown-parameter"),
        ("policy=%ff", "not-utf8"), ("&".join(f"a{n}=1" for n in range(200)), "bad-request"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused(parameters: str, code: str, server: Server) -> None:
    answer = CLIENT.post(f"{server.url}/api/v1/check?{parameters}", content=json.dumps(CASE), headers=JSON)
    problem_of(answer, 400, code)


# ---------- named questions ----------


@pytest.fixture(scope="module")
def questions() -> dict[str, Query]:
    return catalog(ROOT)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_as_by_the_command_line(
    name: str, server: Server, questions: dict[str, Query], workspace: Workspace
) -> None:
    query = questions[name]
    here = run(workspace.store, bind(query, query.example), workspace.prefixes)
    format = "nt" if here.kind == "graph" else "csv"
    answer = get(server, f"queries/{name}", **query.example, format=format)
    expected = here.serialize("ntriples" if format == "nt" else "csv")
    assert sorted(answer.text.splitlines()) == sorted(expected.splitlines())


@pytest.mark.parametrize(
    ("accept", "begins"),
    [
        ("application/sparql-results+json", '{"head"'), ("application/sparql-results+xml", "<?xml"),
        ("text/csv", "clause,"), ("text/tab-separated-values", "?clause\t"), ("application/sparql-query", "#+ summary"),
        ("*/*", '{"head"'),
    ],
)  # fmt: skip
def test_an_answer_comes_in_the_format_that_is_accepted(accept: str, begins: str, server: Server) -> None:
    answer = CLIENT.get(f"{server.url}/api/v1/queries/contraindications", headers={"accept": accept})
    assert answer.text.startswith(begins) and answer.status_code == 200
    if accept != "*/*":
        assert answer.headers["content-type"].partition(";")[0] == accept


@pytest.mark.parametrize("format", ["ttl", "nt", "rdf", "jsonld"])
def test_a_graph_comes_in_rdf_formats(format: str, server: Server) -> None:
    from rdflib import Graph

    answer = get(server, "queries/describe-thing", thing="concept:burst-fracture", format=format)
    assert len(Graph().parse(data=answer.text, format=answer.headers["content-type"].partition(";")[0])) > 4


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("queries/code-lookup", 400, "missing-parameter"),
        ("queries/code-lookup?code=", 400, "missing-parameter"),
        ("queries/code-lookup?code=1&kode=2", 400, "unknown-parameter"),
        ("queries/code-lookup?code=1&code=2", 400, "two-values"),
        ("queries/policies-in-force?day=soon", 400, "bad-parameter"),
        ("queries/policies-in-force?day=2025-02-30", 400, "bad-parameter"),
        ("queries/describe-thing?thing=a%3E%20b", 400, "bad-parameter"),
        ("queries/code-lookup?code=%ff", 400, "not-utf8"),
        ("queries/code-lookup?code=22514&format=pdf", 400, "bad-parameter"),
        ("queries/describe-thing?thing=concept:x&format=csv", 400, "bad-parameter"),
        ("queries/nothing", 404, "not-found"),
    ],
)
def test_a_bad_question_is_one_problem(path: str, status: int, code: str, server: Server) -> None:
    problem_of(CLIENT.get(f"{server.url}/api/v1/{path}"), status, code)


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2fcode-lookup", "code-lookup.rq", "/etc/hostname",
     "code-lookup%00", "..\\code-lookup", "code-lookup/../../quality/label_duplicate"],
)  # fmt: skip
def test_a_name_is_never_a_path(name: str, server: Server) -> None:
    answer = CLIENT.get(f"{server.url}/api/v1/queries/{name}")
    assert answer.status_code == 404 and "root:" not in answer.text and "PREFIX" not in answer.text


HOSTILE = (
    '"} UNION { ?s ?p ?o } #', 'x" ; DROP ALL #', "\\", '\\"', '""" } }', "'} {", "?code", "<urn:x>", "\n}\n",
    "} SERVICE <http://127.0.0.1:1/> {", "\u2028\x00é", "{{7*7}}", "%22%7D",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_never_becomes_part_of_a_query(text: str, server: Server) -> None:
    for name, parameter in (("code-lookup", "code"), ("find-concept", "text"), ("device-clearance", "device")):
        answer = get(server, f"queries/{name}", **{parameter: text}, format="json")
        assert answer.status_code == 200 and answer.json()["results"]["bindings"] == []


def test_a_spreadsheet_takes_no_cell_for_a_formula(serve: Serve, tmp_path: Path) -> None:
    report = tmp_path / "report.ttl"
    text = (ROOT / "tests" / "data" / "reports" / "approved.ttl").read_text()
    report.write_text(text.replace('"A-1"', '"=HYPERLINK(\\"http://x\\")"'))
    server = serve("--reports", str(report))

    def rows(format: str) -> list[list[str]]:
        text = get(server, "queries/report-cases", format=format).content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    exact, safe = rows("csv"), rows("spreadsheet")
    assert exact[1][0] == '=HYPERLINK("http://x")' and safe[1][0] == "'" + exact[1][0]
    assert safe[1][1:] == exact[1][1:]


def test_the_list_of_questions_says_what_each_takes(server: Server, questions: dict[str, Query]) -> None:
    listed = {query["name"]: query for query in get(server, "queries").json()["queries"]}
    assert listed.keys() == questions.keys()
    [code, number] = listed["code-lookup"]["parameters"]
    assert (code["name"], code["type"], code["required"]) == ("code", "string", True)
    assert (number["name"], number["required"]) == ("number", False)


# ---------- policies, concepts, schemas ----------


def test_policies_lead_to_their_versions_and_clauses(server: Server) -> None:
    [policy] = get(server, "policies").json()["policies"]
    assert get(server, f"policies/{policy['number']}").json() == policy
    version = CLIENT.get(server.url + policy["versions"][-1]["href"]).json()
    for clause in version["clauses"]:
        assert CLIENT.get(server.url + quote(clause["href"])).json() == clause
    labels = [clause["id"] for clause in version["clauses"] if clause["kind"] in ("Statement", "Criterion")]
    assert labels == list(check(CASE).lines[0].sites[0].outcome.criteria)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("policies/9.99", "unknown-policy"), ("policies/9.99/2025-10-15", "unknown-policy"),
        ("policies/6.01.17/2020-01-01", "unknown-version"), ("policies/6.01.17/soon", "unknown-version"),
        ("policies/6.01.17/2025-10-15/clauses/X", "unknown-clause"), ("concepts?policy=9.99", "unknown-policy"),
        ("schema/case?policy=9.99", "unknown-policy"), ("schema/thing", "not-found"), ("nothing", "not-found"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_problem(path: str, code: str, server: Server) -> None:
    problem_of(CLIENT.get(f"{server.url}/api/v1/{path}"), 404, code)


@pytest.mark.parametrize(
    ("words", "expected"),
    [("burst", ["burst-fracture"]), ("BURST fracture", ["burst-fracture"]), ("no such words", []),
     ('"} UNION {', [])],
)  # fmt: skip
def test_concepts_are_found_by_their_words(words: str, expected: list[str], server: Server) -> None:
    assert [c["id"] for c in get(server, "concepts", q=words).json()["concepts"]] == expected


def test_a_concept_is_found_by_a_synonym_and_knows_its_place(server: Server) -> None:
    every = {c["id"]: c for c in get(server, "concepts").json()["concepts"]}
    with_synonym = next(c for c in every.values() if c["synonyms"])
    found = get(server, "concepts", q=with_synonym["synonyms"][0]).json()["concepts"]
    assert with_synonym in found
    for concept in every.values():
        assert all(concept["id"] in every[broader]["narrower"] for broader in concept["broader"])


@pytest.mark.parametrize("what", ["case", "report", "context"])
def test_schemas_are_those_of_the_command_line(what: str, server: Server) -> None:
    assert get(server, f"schema/{what}").json() == json.loads(covergraph("schema", what))


def test_what_did_not_change_is_not_sent_again(server: Server) -> None:
    for path in ("policies", "concepts?q=fracture", "schema/case", "openapi.json", "queries/contraindications"):
        first = CLIENT.get(f"{server.url}/api/v1/{path}")
        again = CLIENT.get(f"{server.url}/api/v1/{path}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    csv_tag = CLIENT.get(f"{server.url}/api/v1/queries/contraindications?format=csv").headers["etag"]
    assert csv_tag != first.headers["etag"], "another format is another answer"


# ---------- the rest of HTTP ----------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET"])
def test_only_the_methods_that_there_are_are_possible(method: str, server: Server) -> None:
    answer = CLIENT.request(method, f"{server.url}/api/v1/check")
    problem_of(answer, 405, "bad-method")
    assert "POST" in answer.headers["allow"]


def test_head_is_get_without_a_body(server: Server) -> None:
    for path in ("/api/v1/policies", "/healthz", "/level/L1"):
        head = CLIENT.head(server.url + path)
        assert head.status_code == 200 and head.content == b"" and int(head.headers["content-length"]) > 0


def test_a_token_guards_the_api_where_one_is_set(serve: Serve) -> None:
    server = serve(COVERGRAPH_API_TOKEN="secret")
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "secret"}):
        answer = CLIENT.get(f"{server.url}/api/v1/policies", headers=headers)
        assert "Bearer" in answer.headers["www-authenticate"]
        problem_of(answer, 401, "no-token")
    right = {"authorization": "Bearer secret"}
    assert CLIENT.get(f"{server.url}/api/v1/policies", headers=right).status_code == 200
    description = CLIENT.get(f"{server.url}/api/v1/openapi.json", headers=right).json()
    assert description["paths"]["/api/v1/check"]["post"]["security"] == [{"token": []}]
    assert "security" not in description["paths"]["/healthz"]["get"]
    assert CLIENT.get(f"{server.url}/healthz").status_code == 200
    assert "secret" not in server.log.read_text()


def test_no_case_content_is_logged(serve: Serve) -> None:
    server = serve()
    secret = "Zanzibar-7731"
    post(server, CASE | {"findings": [{"concept": secret, "status": "present"}]})
    post(server, CASE | {"treatments": [{"kind": "brace", "reason": secret}]})
    CLIENT.post(f"{server.url}/api/v1/check", content=secret, headers=JSON)
    CLIENT.post(f"{server.url}/api/v1/check", content=secret, headers={"content-type": "application/x-ndjson"})
    get(server, "queries/find-concept", text=secret)
    get(server, "concepts", q=secret)
    assert eventually(lambda: len(server.log_lines()) == 6)
    assert not [line for line in server.log_lines() if secret in line]
    assert secret not in CLIENT.get(f"{server.url}/metrics").text


def test_an_answer_does_not_wait_until_its_first_part_is_acknowledged() -> None:
    """Nagle's algorithm would hold back the body of every answer on a kept connection for some 40 ms."""
    listener = listen("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
