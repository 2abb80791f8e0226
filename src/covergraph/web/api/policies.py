"""Policies, concepts and schemas as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from covergraph import terms
from covergraph.casegraph import json_ld_context
from covergraph.concepts import find_concepts
from covergraph.policy import Policy
from covergraph.schema import case_schema
from covergraph.terms import cov
from covergraph.versions import policy_versions
from covergraph.web.api.caching import fresh
from covergraph.web.api.operation import Values
from covergraph.web.problems import Problem
from covergraph.web.service import Service

ROOT = "/api/v1/policies"
KINDS = ("Statement", "Criterion", "ScopeRule", "DocumentationRequirement", "ReimbursementRule", "AdvisoryRule")


async def list_policies(service: Service, request: Request, _: Values) -> Response:
    """Every policy with its versions."""
    numbers = sorted(policy_versions(service.workspace.graph))
    return fresh(service, request, {"policies": [_policy(service, number) for number in numbers]})


async def show_policy(service: Service, request: Request, values: Values) -> Response:
    """One policy with its versions."""
    return fresh(service, request, _policy(service, known_policy(service, values["number"], "number")))


async def show_version(service: Service, request: Request, values: Values) -> Response:
    """One version of a policy with its clauses in policy order."""
    policy = _version(service, values)
    body = {
        "number": policy.number, "version": policy.version.isoformat(), "iri": policy.iri, "title": policy.title,
        "statements": [
            {"id": statement.id, "whenMet": statement.when_met, "whenUndocumented": statement.when_undocumented,
             "whenNotMet": statement.when_not_met, "items": list(statement.items)}
            for statement in (*policy.scope_rules, *policy.statements)
        ],
        "clauses": [_clause(service, policy, id) for id in policy.of_kind(*KINDS)],
    }  # fmt: skip
    return fresh(service, request, body)


async def show_clause(service: Service, request: Request, values: Values) -> Response:
    """One clause."""
    policy = _version(service, values)
    if values["clause"] not in policy.of_kind(*KINDS):
        cause = f"There is no clause {values['clause'][:100]!r} in policy {policy.number} of {policy.version}."
        raise Problem(404, "unknown-clause", cause, "See the list of clauses.", "clause")
    return fresh(service, request, _clause(service, policy, values["clause"]))


async def list_concepts(service: Service, request: Request, values: Values) -> Response:
    """Clinical concepts that have all words of a text."""
    policy = _latest(service, values)
    found = find_concepts(service.workspace.graph, policy.vocabulary, values.get("q", ""))
    concepts = [
        {"id": c.id, "iri": c.iri, "label": c.label, "synonyms": list(c.synonyms), "definition": c.definition,
         "broader": list(c.broader), "narrower": list(c.narrower)}
        for c in found
    ]  # fmt: skip
    return fresh(service, request, {"policy": policy.number, "concepts": concepts})


async def schema_of_case(service: Service, request: Request, values: Values) -> Response:
    """The JSON Schema of a case."""
    policy = _latest(service, values)
    schema = case_schema(policy.vocabulary, service.checker.default_policy)
    return fresh(service, request, schema, "application/schema+json")


async def schema_of_report(service: Service, request: Request, _: Values) -> Response:
    """The JSON Schema of a report."""
    return fresh(service, request, report_schema(), "application/schema+json")


async def context_of_case(service: Service, request: Request, _: Values) -> Response:
    """The JSON-LD context of a case."""
    return fresh(service, request, {"@context": json_ld_context()}, "application/ld+json")


def report_schema() -> Any:
    """The JSON Schema of a report."""
    return json.loads(files("covergraph").joinpath("report.schema.json").read_text("utf-8"))


def known_policy(service: Service, number: str, place: str) -> str:
    """A policy's number, if there is such a policy; raises Problem."""
    numbers = policy_versions(service.workspace.graph)
    if number not in numbers:
        cure = f"Known: {', '.join(sorted(numbers))}."
        raise Problem(404, "unknown-policy", f"There is no policy {number[:100]!r}.", cure, place)
    return number


def versions(service: Service, number: str) -> Sequence[str]:
    """The days from which the versions of a policy are in force, in order."""
    return [start.isoformat() for start in sorted(policy_versions(service.workspace.graph)[number])]


def clause_ids(service: Service, number: str) -> Sequence[str]:
    """The labels of the clauses of a policy's latest version, in policy order."""
    return service.checker.policy_at(number, date.max).of_kind(*KINDS)


def _latest(service: Service, values: Values) -> Policy:
    number = values.get("policy", service.checker.default_policy)
    return service.checker.policy_at(known_policy(service, number, "policy"), date.max)


def _policy(service: Service, number: str) -> dict[str, Any]:
    starts = sorted(policy_versions(service.workspace.graph)[number])
    versions = [service.checker.policy_at(number, start) for start in starts]
    return {
        "number": number,
        "title": versions[-1].title,
        "isDefault": number == service.checker.default_policy,
        "versions": [
            {"version": v.version.isoformat(), "iri": v.iri, "href": f"{ROOT}/{number}/{v.version}",
             "criteria": len(v.criteria)}
            for v in versions
        ],
    }  # fmt: skip


def _version(service: Service, values: Values) -> Policy:
    number = known_policy(service, values["number"], "number")
    starts = {start.isoformat(): start for start in policy_versions(service.workspace.graph)[number]}
    if values["version"] not in starts:
        cause = f"Policy {number} has no version {values['version'][:100]!r}."
        raise Problem(404, "unknown-version", cause, f"It has: {', '.join(sorted(starts))}.", "version")
    return service.checker.policy_at(number, starts[values["version"]])


def _clause(service: Service, policy: Policy, id: str) -> dict[str, Any]:
    provision, graph = policy.provisions[id], service.workspace.graph
    return {
        "id": id,
        "iri": provision.iri,
        "href": f"{ROOT}/{policy.number}/{policy.version}/clauses/{id}",
        "kind": provision.kind,
        "label": provision.label,
        "text": graph.value(provision.iri, cov("paraphrase")) or graph.value(provision.iri, terms.DEFINITION),
        "page": provision.page,
        "question": provision.question,
        "partOf": provision.parent,
        "operator": provision.operator,
        "members": list(provision.members),
        "appliesWhen": list(provision.applies_when),
        "unlessMet": list(provision.unless_met),
    }
