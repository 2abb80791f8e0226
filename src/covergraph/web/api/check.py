"""Checking cases over HTTP: one case and its report, or a stream of cases and their records."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from covergraph.errors import InputError
from covergraph.web.api.operation import Values
from covergraph.web.api.policies import known_policy
from covergraph.web.api.stream import MEDIA_TYPE as NDJSON
from covergraph.web.api.stream import RecordStream
from covergraph.web.negotiation import choose
from covergraph.web.problems import Problem, problem_of
from covergraph.web.service import Form, Service, Source, client_of

SOURCES: dict[str, Source] = {"application/json": "json", "text/turtle": "turtle"}
FORMS: dict[str, Form] = {
    "application/json": "json", "text/html": "html", "text/plain": "text", "text/markdown": "markdown",
    "text/turtle": "turtle", "application/ld+json": "jsonld", "image/svg+xml": "svg",
}  # fmt: skip
SYNTAX = {"not-json", "not-utf8", "not-rdf", "too-deep", "not-finite"}
"""Errors of a body that cannot be read at all (400); the others are of a case that can (422)."""


async def check(service: Service, request: Request, values: Values) -> Response:
    """The report on one case in the form that is accepted, or the records of a stream of cases."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    strict, policy = values.get("strict") == "true", values.get("policy")
    if policy is not None:
        known_policy(service, policy, "policy")
    if media_type == NDJSON:
        return RecordStream(service, request, strict, policy)  # type: ignore[return-value]  # as good as a Response
    if media_type not in SOURCES:
        cause = f"A case is not sent as {media_type[:100]!r}." if media_type else "The Content-Type is missing."
        cure = f"Send {', '.join(SOURCES)} or {NDJSON}."
        raise Problem(
            415, "bad-media-type", cause, cure, "Content-Type", {"Accept-Post": ", ".join([*SOURCES, NDJSON])}
        )
    accepted = choose(request.headers.get("accept", ""), list(FORMS))
    if accepted is None:
        raise Problem(406, "not-acceptable", "A report cannot be written so.", f"Accept one of: {', '.join(FORMS)}.")
    report = await service.judge(
        await request.body(), client=client_of(request), form=FORMS[accepted], strict=strict, policy=policy,
        source=SOURCES[media_type],
    )  # fmt: skip
    if isinstance(report, InputError):
        raise problem_of(report, 400 if report.code in SYNTAX else 422)
    return Response(report, headers={"Cache-Control": "no-store", "Vary": "Accept"}, media_type=accepted)
