"""The OpenAPI description, made from the table of operations: https://spec.openapis.org/oas/v3.1.1.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from covergraph.schema import case_schema
from covergraph.web.api.operation import Content, Operation, Parameter
from covergraph.web.api.policies import report_schema
from covergraph.web.api.schemas import SCHEMAS, ref
from covergraph.web.problems import MEDIA_TYPE as PROBLEM
from covergraph.web.service import Service

TOKEN = "token"  # the name of the scheme
ALWAYS = (400, 500)
"""Statuses that every operation can have."""


def describe(service: Service, operations: Sequence[Operation]) -> dict[str, Any]:
    """The description of the operations of a service."""
    paths: dict[str, dict[str, Any]] = {}
    needs_token = bool(service.settings.api_token)
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, needs_token)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "covergraph",
            "version": version("covergraph"),
            "description": "Coverage policies as a knowledge graph: check cases, ask named questions, read policies. "
            "A report supports a clinician's decision; it does not make it. Queries of your own go to the SPARQL "
            "endpoint, /sparql.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(service),
            "securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(service: Service) -> dict[str, Any]:
    policy = service.checker.policy_at(service.checker.default_policy, date.max)
    case = case_schema(policy.vocabulary, service.checker.default_policy)
    return {**SCHEMAS, **_component("Case", case), **_component("Report", report_schema())}


def _component(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema as components: its definitions stand beside it, as ``Case-line`` beside ``Case``."""

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: f"#/components/schemas/{name}-{target.removeprefix('#/$defs/')}"
                if key == "$ref" and isinstance(target, str)
                else moved(target)
                for key, target in value.items()
            }
        return [moved(member) for member in value] if isinstance(value, list) else value

    own = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "$defs")}
    parts = {f"{name}-{part}": moved(definition) for part, definition in schema.get("$defs", {}).items()}
    return {name: moved(own), **parts}


def _operation(operation: Operation, needs_token: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.id, "summary": operation.summary}
    if operation.text:
        described["description"] = operation.text
    if operation.parameters:
        described["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    if operation.bodies:
        described["requestBody"] = {"required": True, "content": _contents(operation.bodies)}
    statuses = sorted({*ALWAYS, *operation.problems, *((401,) if needs_token and not operation.is_open else ())})
    described["responses"] = {
        "200": {"description": "Done.", "content": _contents(operation.answers)},
        **({"304": {"description": "You have it already (If-None-Match)."}} if operation.method == "GET" else {}),
        **{str(status): _problem(status) for status in statuses},
    }
    if needs_token and not operation.is_open:
        described["security"] = [{TOKEN: []}]
    return described


def _problem(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": ref("Problem")}}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.required,
        "description": parameter.text,
        "schema": dict(parameter.schema),
    }
    return described | ({} if parameter.example is None else {"example": parameter.example})


def _contents(contents: Sequence[Content]) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for content in contents:
        schema = ref(content.schema) if isinstance(content.schema, str) else dict(content.schema)
        examples = {name: {"value": value} for name, value in content.examples.items()}
        described[content.media_type] = {"schema": schema, **({"examples": examples} if examples else {})}
    return described
