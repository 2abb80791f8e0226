"""What a request that cannot be answered gets: a problem in JSON, with code, place, cause and cure as in the CLI.

RFC 9457: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from covergraph.errors import ContentError, InputError

MEDIA_TYPE = "application/problem+json"

STATUS = {
    "bad-format": 406,
    "no-service": 403,
    "unknown-policy": 404,
    "unknown-query": 404,
}
"""HTTP status of the errors that are not the 400 of a request that makes no sense."""


@dataclass
class Problem(Exception):  # noqa: N818  # the name that RFC 9457 gives it
    """Raised wherever a request cannot be answered. ``headers`` go out with it, such as ``Retry-After``."""

    status: int
    code: str
    cause: str
    cure: str = ""
    place: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.cause}"

    def to_json(self) -> dict[str, Any]:
        """The members of the problem object; ``place`` and ``cure`` only where there is one.

        >>> Problem(403, "read-only", "Nothing can be changed here.").to_json()["detail"]
        'Nothing can be changed here.'
        """
        said = f"{self.cause} {self.cure}".strip()
        members = {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": f"{self.place}: {said}" if self.place else said,
            "place": self.place,
            "cause": self.cause,
            "cure": self.cure,
        }
        return {name: value for name, value in members.items() if value != ""}

    def body(self) -> bytes:
        """The problem as it goes out."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1).encode() + b"\n"


def problem_of(error: InputError, status: int | None = None) -> Problem:
    """A user's error as a problem: same code, place, cause and cure; content that cannot be used is our own fault.

    >>> problem_of(InputError("bad-query", "line 1, column 7", "It ends too early.")).status
    400
    """
    if status is None:
        status = 500 if isinstance(error, ContentError) else STATUS.get(error.code, 400)
    return Problem(status, error.code, error.cause, error.cure, error.place)


def busy(cause: str, seconds: int = 1) -> Problem:
    """The server has no room for the request now."""
    return Problem(503, "busy", cause, "Try again later.", headers={"Retry-After": str(seconds)})
