"""Queries sent on to a SPARQL store elsewhere, which `covergraph load` has filled, within the same limits.

A query goes to the graphs that were loaded and to no others. It is not parsed here: an engine that does may fall over
it, and that is for the other store. What is looked at is only that it begins as a query does.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Mapping, Sequence

import anyio
import httpx

from covergraph.errors import InputError
from covergraph.remote.asking import with_prefixes
from covergraph.remote.dataset import LIST, Dataset, read_dataset
from covergraph.remote.endpoint import (
    Connection,
    Endpoint,
    check_status,
    client_options,
    credentials,
    too_large,
    unreachable,
)
from covergraph.sparqltext import blanked, names_graphs, without_service
from covergraph.web.negotiation import Kind, negotiate
from covergraph.web.problems import Problem
from covergraph.web.queries import Result
from covergraph.web.settings import Settings
from covergraph.web.turns import Places, Turns
from covergraph.workspace import Workspace

MB = 1 << 20
LIST_SECONDS = 10.0
"""How long the list of graphs in the store is believed, before it is read again."""

KINDS: Mapping[str, Kind] = {"select": "select", "ask": "ask", "construct": "graph", "describe": "graph"}

_BEGIN = re.compile(rf"\s*(?:(?:PREFIX\s+[\w.-]*:|BASE)\s*)*({'|'.join(KINDS)})\b", re.IGNORECASE)

log = logging.getLogger("covergraph.remote")


class RemoteQueries:
    """Answers queries by a store elsewhere."""

    def __init__(self, endpoint: Endpoint, dataset: Dataset, prefixes: Mapping[str, str], places: Places) -> None:
        self._endpoint, self._dataset, self._prefixes = endpoint, dataset, prefixes
        self._read_at = time.monotonic()
        self.turns = Turns(places)
        self._client: httpx.AsyncClient | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many triples each graph has."""
        return self._dataset.sizes

    async def open(self) -> None:
        """Make the client."""
        self._client = httpx.AsyncClient(**client_options(self._endpoint))

    async def close(self) -> None:
        """Close its connections."""
        if self._client:
            await self._client.aclose()

    async def ready(self) -> bool:
        """Whether the store answers and its content is whole."""
        try:
            await self._graphs()
        except Problem:
            return False
        return True

    async def query(
        self, text: str, accept: str = "", client: str = "",
        default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = (), base: str | None = None,
    ) -> Result:  # fmt: skip
        """The store's answer in a media type that ``accept`` asks for; raises Problem."""
        sent, kind = _checked(text)
        media_type = negotiate(accept, kind)
        turn, too_much = await self.turns.enter(client), False
        try:
            graphs = await self._graphs()
            asked = (default_graphs, named_graphs) if default_graphs or named_graphs else (list(graphs), list(graphs))
            form = {
                "query": (f"BASE <{base}> " if base else "") + with_prefixes(sent, self._prefixes),
                "default-graph-uri": [graph for graph in asked[0] if graph in graphs] or [LIST + "#none"],
                "named-graph-uri": [graph for graph in asked[1] if graph in graphs] or [LIST + "#none"],
            }
            return await self._send(form, media_type)
        except Problem as problem:
            too_much = problem.code == "query-timeout"
            raise
        finally:
            self.turns.leave(turn, too_much)

    async def _send(self, form: Mapping[str, str | Sequence[str]], media_type: str) -> Result:
        assert self._client
        url, body = self._endpoint.url, bytearray()
        try:
            with anyio.fail_after(self._endpoint.seconds):
                headers = {"accept": media_type}
                async with self._client.stream("POST", url, data=form, headers=headers) as response:
                    async for part in response.aiter_bytes():
                        body += part
                        if len(body) > self._endpoint.bytes:
                            raise _as_problem(too_large(url, self._endpoint.bytes), 422)
            check_status(url, response, bytes(body))
        except TimeoutError:
            raise _timeout(self._endpoint.seconds) from None
        except httpx.HTTPError as error:
            if isinstance(error, httpx.TimeoutException):
                raise _timeout(self._endpoint.seconds) from None
            raise _as_problem(unreachable(url, error, self._endpoint.seconds), 502) from None
        except InputError as error:
            if response.status_code == 400:
                raise Problem(400, "bad-query", error.cause, "", "query") from None
            raise _as_problem(error, 502) from None
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
            raise Problem(502, "bad-answer", f"The store did not answer in {media_type}.", "Accept another format.")
        return Result(media_type, bytes(body))

    async def _graphs(self) -> Mapping[str, int]:
        """The graphs as the store lists them, read again from time to time: reports may be added, content replaced."""
        if time.monotonic() - self._read_at > LIST_SECONDS:
            try:
                self._dataset = await anyio.to_thread.run_sync(_read, self._endpoint)
            except InputError as error:
                raise _as_problem(error, 503) from None
            self._read_at = time.monotonic()
        return self._dataset.sizes


def open_remote(settings: Settings, workspace: Workspace) -> tuple[RemoteQueries, frozenset[str]]:
    """The store that the settings name, and the questions that it answers wrong; InputError where it is not ready."""
    assert settings.endpoint
    logging.getLogger("httpx").setLevel("WARNING")  # it logs every request
    endpoint = Endpoint(
        settings.endpoint, credentials(os.environ), settings.query_seconds, settings.result_mb * MB
    )  # fmt: skip
    if endpoint.tells_secrets:
        log.warning("the credentials go unencrypted to the store; use https if you can")
    dataset = _read(endpoint)
    if dataset.fingerprint != workspace.fingerprint:
        log.warning("the store holds another state of the content than is here; load it again")
    if dataset.wrong:
        log.warning("questions that the store answers wrong are left out", extra={"questions": sorted(dataset.wrong)})
    places = Places(
        quick=settings.quick_workers, slow=settings.slow_workers, per_client=settings.per_client,
        waiting=settings.waiting, waiting_seconds=settings.waiting_seconds,
    )  # fmt: skip
    return RemoteQueries(endpoint, dataset, workspace.prefixes, places), dataset.wrong


def _read(endpoint: Endpoint) -> Dataset:
    with Connection(endpoint) as connection:
        return read_dataset(connection)


def _checked(text: str) -> tuple[str, Kind]:
    """The query as it may be sent, and its kind; raises Problem for what is no plain query over our graphs.

    >>> _checked("PREFIX a: <urn:a> ask { ?s a a:B }")[1]
    'ask'
    """
    try:
        sent = without_service(text)
    except InputError as error:
        raise _as_problem(error, 403 if error.code == "no-service" else 400) from None
    found = _BEGIN.match(blanked(sent))
    if not found:
        cause = "This is no SPARQL query: it begins with none of SELECT, ASK, CONSTRUCT and DESCRIBE."
        raise Problem(400, "bad-query", cause, "Updates and extensions are refused.", "query")
    if names_graphs(sent):
        cure = "Use default-graph-uri and named-graph-uri."
        raise Problem(400, "no-from", "FROM is not possible over a store elsewhere.", cure, "query")
    return sent, KINDS[found[1].lower()]


def _timeout(seconds: float) -> Problem:
    cause = f"The query took longer than {seconds:g} seconds."
    return Problem(503, "query-timeout", cause, "Ask for less at once.", headers={"Retry-After": "1"})


def _as_problem(error: InputError, status: int) -> Problem:
    """An error of the store, without its address, which is nobody's business."""
    place = "" if error.place.startswith("http") else error.place
    return Problem(status, error.code, error.cause, "" if status >= 500 else error.cure, place)
