"""From an HTTP request to the query that it asks (SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from covergraph.web.problems import Problem

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"


@dataclass(frozen=True, slots=True)
class Operation:
    """A query operation. The graphs, where any are given, are the dataset instead of what FROM says."""

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None


async def read_operation(request: Request) -> Operation | None:
    """The operation that a request asks for, None where it asks for none; raises Problem where it asks wrongly."""
    url = read_pairs(request.scope["query_string"])
    if request.method != "POST":
        return _operation(url)
    media_type, _, params = request.headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    charset = params.replace(" ", "").replace('"', "").lower().partition("charset=")[2]
    if charset not in ("", "utf-8", "utf8"):
        raise Problem(415, "bad-charset", f"The body is in {charset}.", "Send UTF-8.", "Content-Type")
    body = await request.body()
    if media_type == FORM:
        if any(name == "query" for name, _ in url):
            raise Problem(400, "bad-request", "A POST has its query in its body, not in the URL.", "", "query")
        return _operation([*url, *read_pairs(body)], required=True)
    if media_type == UPDATE:
        raise read_only()
    if media_type != QUERY:
        cause = f"A query is not sent as {media_type!r}." if media_type else "The Content-Type is missing."
        raise Problem(415, "bad-media-type", cause, f"Send {FORM} or {QUERY}.", "Content-Type")
    if any(name == "query" for name, _ in url):
        raise Problem(400, "bad-request", "The query stands both in the URL and in the body.", "Send one.", "query")
    return _operation([*url, ("query", _text(body, "body"))], required=True)


def read_only() -> Problem:
    """Nothing can be changed here."""
    return Problem(403, "read-only", "This endpoint answers queries only; the graph cannot be changed over HTTP.")


def _operation(pairs: Sequence[tuple[str, str]], required: bool = False) -> Operation | None:
    def values(name: str) -> tuple[str, ...]:
        return tuple(value for key, value in pairs if key == name)

    if values("update"):
        raise read_only()
    queries = values("query")
    if not queries and not required:
        return None
    if len(queries) != 1:
        cause = f"There are {len(queries)} queries." if queries else "The parameter 'query' is missing."
        raise Problem(400, "bad-request", cause, "Send one.", "query")
    formats = values("format") or values("output")
    return Operation(
        queries[0], values("default-graph-uri"), values("named-graph-uri"), formats[0] if formats else None
    )


def read_pairs(encoded: bytes) -> list[tuple[str, str]]:
    """The parameters of a query string or form, in order; raises Problem where they are no UTF-8, or too many."""
    try:
        text = encoded.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except UnicodeDecodeError:
        raise Problem(400, "not-utf8", "The parameters are not percent-encoded UTF-8.") from None
    except ValueError:
        raise Problem(400, "bad-request", "There are more than 100 parameters.") from None


def _text(body: bytes, place: str) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, "not-utf8", f"Byte {error.start} is not UTF-8.", "Send UTF-8.", place) from None
