"""One operation of the API: where it is, what it takes and gives. Routes and their description are made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from covergraph.web.problems import Problem
from covergraph.web.protocol import read_pairs
from covergraph.web.service import Service

Schema = Mapping[str, Any]
Values = Mapping[str, str]
Handler = Callable[[Service, Request, Values], Awaitable[Response]]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
DATE: Schema = {"type": "string", "format": "date"}


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query string or, where ``in_path``, of the path, which is always required."""

    name: str
    text: str
    schema: Schema = field(default_factory=lambda: TEXT)
    required: bool = False
    in_path: bool = False
    example: str | None = None


@dataclass(frozen=True)
class Content:
    """A body in one media type. ``schema`` is a JSON Schema, or the name of one of the description's components."""

    media_type: str
    schema: Schema | str = field(default_factory=lambda: TEXT)
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One operation. ``answers`` are the contents of its 200; ``problems`` the other statuses that it can have."""

    id: str
    method: str
    path: str
    summary: str
    handler: Handler
    answers: tuple[Content, ...]
    text: str = ""
    parameters: tuple[Parameter, ...] = ()
    bodies: tuple[Content, ...] = ()
    problems: tuple[int, ...] = ()
    is_open: bool = False
    """Whether it needs no token even where one is set."""

    def read(self, request: Request) -> Values:
        """The values of a request's parameters; raises Problem for one that is unknown, missing, double or no flag."""
        known = {parameter.name: parameter for parameter in self.parameters if not parameter.in_path}
        values: dict[str, str] = {}
        for name, value in read_pairs(request.scope["query_string"]):
            if name not in known:
                cure = f"It has: {', '.join(known) or 'none'}."
                raise Problem(400, "unknown-parameter", f"There is no parameter {name[:100]!r}.", cure, name[:100])
            if name in values:
                raise Problem(400, "two-values", "The parameter is given twice.", "Give it once.", name)
            allowed = ("true", "false") if known[name].schema is FLAG else known[name].schema.get("enum")
            if allowed and value not in allowed:
                cause = f"{value[:100]!r} is not possible here."
                raise Problem(400, "bad-parameter", cause, f"Use one of: {', '.join(allowed)}.", name)
            values[name] = value
        for name, parameter in known.items():
            if parameter.required and name not in values:
                cure = f"For example {name}={parameter.example}." if parameter.example else ""
                raise Problem(400, "missing-parameter", f"The parameter is missing: {parameter.text}", cure, name)
        return values | request.path_params


def json_body(name: str, example: Any = None) -> tuple[Content, ...]:
    """A JSON body by the name of its schema."""
    return (Content("application/json", name, {} if example is None else {"example": example}),)


def in_path(name: str, text: str, example: str, schema: Schema = TEXT) -> Parameter:
    """A parameter of the path."""
    return Parameter(name, text, schema, required=True, in_path=True, example=example)


def names(values: Sequence[str]) -> Schema:
    """The schema of one of some names."""
    return {"type": "string", "enum": list(values)}
