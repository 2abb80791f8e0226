"""The OpenAPI description is valid, its examples are real, and the service keeps to it under fuzzing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from covergraph.queries import catalog
from web.server import ROOT, Serve, Server
from web.tools import BIN, needed

CLIENT = httpx.Client(timeout=60)
PREFIX = "#/components/schemas/"
KINDS_OF_QUESTIONS = "code-lookup|describe-thing|policies-in-force|devices-by-year|is-code-listed|unmapped-concepts"
"""One question for each type of parameter and kind of answer; all go through one function."""


@pytest.fixture(scope="module")
def description(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = CLIENT.get(f"{server.url}/api/v1/openapi.json").json()
    return found


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def schema(description: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A schema of the description that can be used by itself."""
    return {"components": description["components"]} | part


@pytest.mark.web
def test_the_description_is_openapi(description: dict[str, Any]) -> None:
    from openapi_spec_validator import validate

    validate(description)


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for member in value.values():
                yield from references(member)
        elif isinstance(value, list):
            for member in value:
                yield from references(member)

    names = {reference.removeprefix(PREFIX) for reference in references(description)}
    assert names <= description["components"]["schemas"].keys() and {"Case", "Report-note", "Problem"} <= names


def test_every_example_of_a_case_is_a_real_case_that_gets_the_report_described(
    description: dict[str, Any], server: Server
) -> None:
    operation = description["paths"]["/api/v1/check"]["post"]
    content = operation["requestBody"]["content"]
    files = {path.stem: json.loads(path.read_text()) for path in (ROOT / "examples").glob("*.json")}
    examples = {name: example["value"] for name, example in content["application/json"]["examples"].items()}
    assert examples == files
    for case in examples.values():
        jsonschema.validate(case, schema(description, content["application/json"]["schema"]))
        answer = CLIENT.post(f"{server.url}/api/v1/check", json=case)
        described = operation["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), schema(description, described))
    lines = content["application/x-ndjson"]["examples"]["stream"]["value"]
    record = schema(description, {"$ref": f"{PREFIX}Record"})
    headers = {"content-type": "application/x-ndjson"}
    answer = CLIENT.post(f"{server.url}/api/v1/check", content=lines + "{}\n", headers=headers)
    for line in answer.text.splitlines():
        jsonschema.validate(json.loads(line), record)
    assert len(answer.text.splitlines()) == len(files) + 1


def test_every_get_with_its_examples_is_answered_as_described(description: dict[str, Any], server: Server) -> None:
    answered = 0
    for method, path, operation in operations(description):
        if method != "get":
            continue
        values = {p["name"]: (p["in"], p["example"]) for p in operation.get("parameters", []) if "example" in p}
        url = path.format(**{name: value for name, (place, value) in values.items() if place == "path"})
        query = {name: value for name, (place, value) in values.items() if place == "query"}
        answer = CLIENT.get(server.url + url, params=query)
        assert answer.status_code == 200, (path, answer.text)
        described = operation["responses"]["200"]["content"][answer.headers["content-type"].partition(";")[0]]
        if "json" in answer.headers["content-type"]:
            jsonschema.validate(answer.json(), schema(description, described["schema"]))
        answered += 1
    assert answered > 60


def test_every_named_question_is_described_with_its_parameters(description: dict[str, Any]) -> None:
    for name, query in catalog(ROOT).items():
        operation = description["paths"][f"/api/v1/queries/{name}"]["get"]
        assert operation["summary"] == query.summary
        parameters = {p["name"]: p for p in operation["parameters"]}
        assert list(parameters) == [*(p.name for p in query.params), "format"]
        assert all(parameters[p.name]["required"] == p.required for p in query.params)


def test_no_operation_shares_its_id(description: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(set(ids)) == len(ids)


@pytest.mark.web
def test_schemathesis_finds_no_failure_of_the_service_and_nothing_undescribed(serve: Serve, tmp_path: Path) -> None:
    program = needed(BIN / "schemathesis")
    server = serve("--waiting-seconds", "60")
    report = tmp_path / "report.xml"
    checks = (
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
        "negative_data_rejection,unsupported_method,allow_header_conformance"
    )
    done = subprocess.run(
        [
            program, "run", f"{server.url}/api/v1/openapi.json", "--checks", checks, "--max-examples", "25",
            "--exclude-path-regex", f"/queries/(?!{KINDS_OF_QUESTIONS})", "--seed", "1", "--request-timeout", "60",
            "--report", "junit", "--report-junit-path", str(report), "--no-color", "--generation-database", "none",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "/api/v1/check" in report.read_text()
    assert not any('"level": "ERROR"' in line for line in server.log_lines())
