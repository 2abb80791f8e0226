"""Every operation of the API, in the order of its description."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from covergraph.queries import Query
from covergraph.web.api import health, policies, questions
from covergraph.web.api.check import FORMS, check
from covergraph.web.api.operation import DATE, FLAG, Content, Operation, Parameter, in_path, json_body
from covergraph.web.api.stream import MEDIA_TYPE as NDJSON
from covergraph.web.negotiation import OFFERS
from covergraph.web.service import Service

POLICY = Parameter("policy", "Number of the policy.  [default: the content's default policy]")
STRICT = Parameter("strict", "Presume nothing absent: every undocumented exclusion stops an approval.", FLAG)


def operations(service: Service) -> Sequence[Operation]:
    """The operations of a service, with examples that its own content answers."""
    number = service.checker.default_policy
    version, clause = policies.versions(service, number)[-1], policies.clause_ids(service, number)[0]
    of_policy = in_path("number", "The policy's number.", number)
    of_version = in_path("version", "The day from which the version is in force.", version, DATE)
    return (
        _check(service.workspace.root / "examples"),
        Operation("list_queries", "GET", questions.ROOT, "The named questions with their parameters.",
                  questions.list_questions, json_body("Queries")),
        *(_question(query) for query in service.catalog.values()),
        Operation("list_policies", "GET", policies.ROOT, "The policies and their versions.",
                  policies.list_policies, json_body("Policies")),
        Operation("show_policy", "GET", f"{policies.ROOT}/{{number}}", "A policy and its versions.",
                  policies.show_policy, json_body("Policy"), parameters=(of_policy,), problems=(404,)),
        Operation("show_version", "GET", f"{policies.ROOT}/{{number}}/{{version}}",
                  "A version of a policy: its statements, and its clauses in policy order.",
                  policies.show_version, json_body("PolicyVersion"), parameters=(of_policy, of_version),
                  problems=(404,)),
        Operation("show_clause", "GET", f"{policies.ROOT}/{{number}}/{{version}}/clauses/{{clause}}", "A clause.",
                  policies.show_clause, json_body("Clause"), problems=(404,),
                  parameters=(of_policy, of_version, in_path("clause", "The clause's label.", clause))),
        Operation("find_concepts", "GET", "/api/v1/concepts",
                  "Clinical concepts that have all words of a text in id, label, synonyms or definition.",
                  policies.list_concepts, json_body("Concepts"), problems=(404,),
                  parameters=(Parameter("q", "The words; without them, all concepts."), POLICY)),
        Operation("case_schema", "GET", "/api/v1/schema/case", "The JSON Schema of a case.",
                  policies.schema_of_case, (Content("application/schema+json", {"type": "object"}),),
                  parameters=(POLICY,), problems=(404,)),
        Operation("report_schema", "GET", "/api/v1/schema/report", "The JSON Schema of a report.",
                  policies.schema_of_report, (Content("application/schema+json", {"type": "object"}),)),
        Operation("case_context", "GET", "/api/v1/schema/context", "The JSON-LD context of a case.",
                  policies.context_of_case, (Content("application/ld+json", {"type": "object"}),)),
        Operation("health", "GET", "/healthz", "Whether the service is ready for requests (503 where it is not).",
                  health.ready, json_body("Health"), problems=(503,), is_open=True),
        Operation("liveness", "GET", "/healthz/live", "Whether the process answers at all.",
                  health.live, json_body("Health"), is_open=True),
    )  # fmt: skip


def _check(examples: Path) -> Operation:
    cases = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(examples.glob("*.json"))}
    lines = "".join(json.dumps(case) + "\n" for case in cases.values())
    return Operation(
        "check", "POST", "/api/v1/check", "Check a case, or a stream of cases.", check,
        text="A case as JSON or Turtle gives its report in the form that is accepted. A stream of cases, one a line, "
        "gives one record a line in the same order as they are judged: the report, or an error record where the "
        "line is no well-formed case. A stream that ends with an error record of the code `busy` or `slow-body` was "
        "not read further; go on from the line that it names. Nothing is stored, and no content of a case is logged.",
        parameters=(STRICT, POLICY),
        bodies=(
            Content("application/json", "Case", cases),
            Content("text/turtle"),
            Content(NDJSON, {"type": "string"}, {"stream": lines} if lines else {}),
        ),
        answers=(
            Content("application/json", "Report"),
            *(_text_or_json(media_type) for media_type in FORMS if media_type != "application/json"),
            Content(NDJSON, {"type": "string", "description": "Each line is a Record."}),
        ),
        problems=(404, 406, 408, 413, 415, 422, 503),
    )  # fmt: skip


def _question(query: Query) -> Operation:
    kind = questions.kind(query)
    formats = dict.fromkeys([*OFFERS[kind], "text/csv", questions.QUERY_TEXT])
    return Operation(
        f"query_{query.name.replace('-', '_')}", "GET", f"{questions.ROOT}/{query.name}", query.summary,
        partial(questions.answer_question, query=query),
        tuple(map(_text_or_json, formats)),
        text=f"{query.description} {query.returns}",
        parameters=questions.parameters(query),
        problems=(406, 422, 503),
    )  # fmt: skip


def _text_or_json(media_type: str) -> Content:
    return Content(media_type, {"type": ["object", "array"]} if media_type.endswith("json") else {"type": "string"})
