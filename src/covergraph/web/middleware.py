"""What every request passes on its way in and every response on its way out, outermost first in ``LAYERS``."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from covergraph.web.problems import MEDIA_TYPE, Problem
from covergraph.web.settings import Settings

log = logging.getLogger("covergraph.requests")

CLOSE = {"Connection": "close"}
STREAMS = {"application/x-ndjson"}
"""Media types of bodies without end, which are worked off as they come in."""

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def problem_response(problem: Problem) -> Response:
    """A problem as a response."""
    return Response(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


def request_log(app: ASGIApp, _: Settings) -> ASGIApp:
    """One line in the log for each request: who, what, how long; never a query, a parameter or a body."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        start, status, size = time.perf_counter(), 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await app(scope, receive, counted)
        finally:
            client = scope["client"][0] if scope["client"] else ""
            milliseconds = round((time.perf_counter() - start) * 1000, 1)
            log.info("request", extra={
                "client": client, "method": scope["method"], "path": scope["path"][:200], "status": status,
                "bytes": size, "ms": milliseconds,
            })  # fmt: skip

    return layer


def security_headers(app: ASGIApp, _: Settings) -> ASGIApp:
    """Headers that keep a browser from doing with a response what it should not; a route may set its own."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, secured)

    return layer


def known_hosts(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Refuses requests for other hosts than ours, which a browser sends when a foreign page has tricked it."""
    known = {"localhost", "127.0.0.1", "::1", settings.host.lower(), *map(str.lower, settings.allowed_host)}
    refusal = Problem(
        421, "unknown-host", "This service is not known under that host name.",
        "Name it with --allowed-host if it is yours.", "Host",
    )  # fmt: skip

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host", "").lower()
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        inner = app if name in known or "*" in known else problem_response(refusal)
        await inner(scope, receive, send)

    return layer


def bounded_bodies(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Bodies up to a size, arriving in a time; of a stream, the same time for each piece and no size."""
    limit, seconds = settings.body_kb * 1024, settings.body_seconds

    def too_long() -> Problem:
        return Problem(413, "body-too-long", f"The body is longer than {limit:,} bytes.", headers=CLOSE)

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        streamed = headers.get("content-type", "").partition(";")[0].strip().lower() in STREAMS
        announced = headers.get("content-length", "")
        end, size, whole = time.monotonic() + seconds, 0, False

        async def limited() -> Message:
            nonlocal size, whole
            if whole:  # only a disconnect can come, at any time
                return await receive()
            try:
                async with asyncio.timeout(seconds if streamed else max(0, end - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                cause = f"The body did not arrive within {seconds:g} seconds."
                raise Problem(408, "slow-body", cause, headers=CLOSE) from None
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > limit and not streamed:
                raise too_long()
            return message

        refused = not streamed and announced.isdigit() and int(announced) > limit
        inner = problem_response(too_long()) if refused else app
        await inner(scope, limited, send)

    return layer


def bearer_token(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Asks for a token under ``/api``, where one is set; for all but the health check where reports are loaded too."""
    expected = settings.api_token.encode() if settings.api_token else None
    refusal = Problem(
        401, "no-token", "This needs the service's bearer token.", "", "Authorization",
        {"WWW-Authenticate": 'Bearer realm="covergraph"'},
    )  # fmt: skip

    def guarded(path: str) -> bool:
        return path.startswith("/api/") or (settings.asks_over_cases and not path.startswith("/healthz"))

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        inner = app
        if expected and guarded(scope["path"]):
            given = Headers(scope=scope).get("authorization", "").encode("latin-1")
            scheme, _, token = given.partition(b" ")
            right = hmac.compare_digest(token, expected) and scheme.lower() == b"bearer"
            inner = app if right else problem_response(refusal)
        await inner(scope, receive, send)

    return layer


def abandoned_work(app: ASGIApp, _: Settings) -> ASGIApp:
    """Cancels the work for a client that has gone; a cancelled query's worker is killed."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        whole, gone = asyncio.Event(), asyncio.Event()
        bodiless = scope["method"] in ("GET", "HEAD")  # whatever body one has is not for its handler

        async def watched() -> Message:
            nonlocal bodiless
            if bodiless:
                bodiless = False
                return {"type": "http.request", "body": b"", "more_body": False}
            if whole.is_set():
                await gone.wait()
                return {"type": "http.disconnect"}
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.set()
            if not message.get("more_body", False):
                whole.set()
            return message

        async def work() -> None:
            await app(scope, watched, send)

        async def watch() -> None:
            await whole.wait()
            with suppress(Problem):  # of a body that nobody reads
                while not gone.is_set():
                    if (await receive())["type"] == "http.disconnect":
                        gone.set()
                task.cancel()

        if bodiless:
            whole.set()
        task = asyncio.create_task(work())
        watcher = asyncio.create_task(watch())
        try:
            await task
        except asyncio.CancelledError:
            task.cancel()
            if not gone.is_set():
                raise
        finally:
            watcher.cancel()

    return layer


def lifespan_aside(app: ASGIApp, layered: ASGIApp) -> ASGIApp:
    """The layered application for requests, the bare one for what the server says of its own start and end."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        await (layered if scope["type"] == "http" else app)(scope, receive, send)

    return layer


LAYERS: tuple[Callable[[ASGIApp, Settings], ASGIApp], ...] = (
    request_log, security_headers, known_hosts, bounded_bodies, bearer_token, abandoned_work,
)  # fmt: skip
"""Every layer, outermost first."""


def layered(app: ASGIApp, settings: Settings) -> ASGIApp:
    """An application behind all layers."""
    inner = app
    for layer in reversed(LAYERS):
        inner = layer(inner, settings)
    return lifespan_aside(app, inner)
