"""A SPARQL 1.1 store elsewhere: its addresses, who asks, and one request to it with its time and size limits.

Protocols: https://www.w3.org/TR/sparql11-protocol/ and https://www.w3.org/TR/sparql11-http-rdf-update/.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from covergraph.errors import InputError

USER, PASSWORD, TOKEN = "COVERGRAPH_ENDPOINT_USER", "COVERGRAPH_ENDPOINT_PASSWORD", "COVERGRAPH_ENDPOINT_TOKEN"
CONNECT_SECONDS = 10.0
LOCAL = ("localhost", "127.0.0.1", "::1")

Form = Mapping[str, str | Sequence[str]]


class PasswordAuth(httpx.Auth):
    """User and password as Basic, or as Digest once the server has refused Basic."""

    def __init__(self, user: str, password: str) -> None:
        self._basic, self._digest = httpx.BasicAuth(user, password), httpx.DigestAuth(user, password)
        self._basic_refused = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with Basic; where that is refused, send again without to get a Digest challenge, and remember."""
        if not self._basic_refused:
            response = yield next(self._basic.auth_flow(request))
            if response.status_code != 401:
                return
            self._basic_refused = True
            del request.headers["authorization"]
        yield from self._digest.auth_flow(request)


class TokenAuth(httpx.Auth):
    """A bearer token (RFC 6750)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with the token."""
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request


def credentials(environment: Mapping[str, str]) -> httpx.Auth | None:
    """Who asks, from the environment: a token, or a user with a password; a command line is no place for secrets.

    >>> credentials({}) is None
    True
    """
    token, user, password = (environment.get(name) for name in (TOKEN, USER, PASSWORD))
    if token and (user or password):
        raise InputError(
            "bad-credentials", TOKEN, f"{USER} or {PASSWORD} is set too.", "Set the token or the other two."
        )
    if bool(user) != bool(password):
        raise InputError("bad-credentials", PASSWORD if user else USER, "It is not set.", f"Set {USER} and {PASSWORD}.")
    try:
        for secret in filter(None, (token, user, password)):
            secret.encode("ascii" if secret is token else "utf-8")
    except UnicodeEncodeError:
        raise InputError("bad-credentials", TOKEN, "It holds what no HTTP header can.", "Use ASCII.") from None
    return TokenAuth(token) if token else PasswordAuth(user, password) if user and password else None


@dataclass(frozen=True)
class Endpoint:
    """Where a store takes queries, and at most how long (seconds) and how much (bytes) one answer may be."""

    url: str
    auth: httpx.Auth | None = field(default=None, repr=False)
    seconds: float = 60.0
    bytes: int = 1 << 28

    def __post_init__(self) -> None:
        check_address(self.url)

    @property
    def tells_secrets(self) -> bool:
        """Whether credentials would go over a network unencrypted."""
        parts = urlsplit(self.url)
        return self.auth is not None and parts.scheme == "http" and parts.hostname not in LOCAL


def check_address(url: str) -> str:
    """The address itself; InputError where it is none for HTTP, or carries a password."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise InputError("bad-address", url, "This is no HTTP address.", "Give one that begins with http: or https:.")
    if parts.username is not None or parts.password is not None:
        raise InputError("bad-address", f"{parts.scheme}://{parts.hostname}", "The address holds a user or a password.",
                         f"Set {USER} and {PASSWORD} instead.")  # fmt: skip
    return url


def client_options(endpoint: Endpoint) -> dict[str, Any]:
    """How an HTTP client is to be set up: it never follows a redirect, and so never leaves the address given."""
    return {
        "auth": endpoint.auth,
        "follow_redirects": False,
        "timeout": httpx.Timeout(endpoint.seconds, connect=min(CONNECT_SECONDS, endpoint.seconds)),
        "headers": {"user-agent": "covergraph"},
    }


class Connection:
    """An open connection to a store. Use it in a ``with`` statement."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client = httpx.Client(**client_options(endpoint))

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def query(self, text: str, accept: str, dataset: Form | None = None) -> bytes:
        """The answer to a query in one of the media types of ``accept``, asked over the graphs of ``dataset``."""
        form = {"query": text} | dict(dataset or {})
        return self.send("POST", self.endpoint.url, data=form, headers={"accept": accept})

    def send(self, method: str, url: str, missing_ok: bool = False, **request: Any) -> bytes:
        """The body of the answer to one request; InputError for every other outcome than success."""
        deadline = time.monotonic() + self.endpoint.seconds
        body = bytearray()
        try:
            with self._client.stream(method, url, **request) as response:
                for part in response.iter_bytes():
                    body += part
                    if time.monotonic() > deadline:
                        raise httpx.ReadTimeout("too slow")
                    if len(body) > self.endpoint.bytes:
                        raise too_large(url, self.endpoint.bytes)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            raise unreachable(url, error, self.endpoint.seconds) from None
        if not (missing_ok and response.status_code == 404):
            check_status(url, response, bytes(body))
        return bytes(body)


def unreachable(url: str, error: Exception, seconds: float) -> InputError:
    """The error for a store that cannot be spoken with."""
    if isinstance(error, httpx.TimeoutException):
        connecting = isinstance(error, httpx.ConnectTimeout)
        cause = "It does not accept a connection." if connecting else f"It did not answer within {seconds:g} seconds."
        return InputError("store-timeout", url, cause, "Give more time, or ask for less.")
    return InputError("store-unreachable", url, f"The store cannot be reached: {error or type(error).__name__}.",
                      "See that it runs and that the address is right.")  # fmt: skip


def too_large(url: str, most: int) -> InputError:
    """The error for an answer beyond the size limit."""
    return InputError("answer-too-large", url, f"The answer is larger than {most:,} bytes.", "Ask for less.")


def check_status(url: str, response: httpx.Response, body: bytes) -> None:
    """Raise what an unsuccessful answer means, with the first lines of what the store says of it."""
    status = response.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        target = response.headers.get("location", "elsewhere")
        raise InputError("store-redirects", url, f"It redirects to {target}.", "Give the final address.")
    if status in (401, 403):
        raise InputError("store-refuses", url, f"The store does not allow this ({status}).",
                         f"Set {USER} and {PASSWORD}, or {TOKEN}.")  # fmt: skip
    said = " ".join(body[:2000].decode("utf-8", "replace").split())[:300]
    wrong_place = status in (400, 404, 405, 415)
    cure = "See that this is its address for this (--endpoint, --update, --graph-store)." if wrong_place else ""
    raise InputError("store-failed", url, f"The store answers {status}: {said or response.reason_phrase}.", cure)
