"""What every route shares: settings, content, and the two pools that do all work which a request could make endless."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import BinaryIO, Literal, Protocol

from pyoxigraph import RdfFormat, Store
from starlette.requests import Request

from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.queries import Query, catalog
from covergraph.sparql import add_reports
from covergraph.web.description import graph_sizes
from covergraph.web.frames import split
from covergraph.web.pool import Limits, Pool
from covergraph.web.settings import Settings
from covergraph.web.turns import Places
from covergraph.workspace import Workspace, open_workspace

Form = Literal["line", "json", "html", "text", "markdown", "turtle", "jsonld"]
Source = Literal["json", "turtle"]
MB = 1 << 20
STREAMED = 256 * MB


@dataclass(frozen=True, slots=True)
class Result:
    """A whole answer to a query."""

    media_type: str
    body: bytes


class Queries(Protocol):
    """What answers queries: the pool over the embedded store, or another endpoint."""

    async def open(self) -> None:
        """Get ready; called once, in the event loop."""

    async def close(self) -> None:
        """Let go of everything."""

    async def query(
        self, text: str, accept: str = "", client: str = "",
        default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = (), base: str | None = None,
    ) -> Result:  # fmt: skip
        """The answer in a media type that ``accept`` asks for; raises Problem.

        ``client`` is whom to be fair to, ``base`` what relative IRIs are relative to.
        """


class EmbeddedQueries:
    """Queries over the content, in a pool of workers."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def open(self) -> None:
        """Start the workers."""
        await self.pool.open()

    async def close(self) -> None:
        """End the workers."""
        await self.pool.close()

    async def query(
        self, text: str, accept: str = "", client: str = "",
        default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = (), base: str | None = None,
    ) -> Result:  # fmt: skip
        """The answer in a media type that ``accept`` asks for; raises Problem."""
        header = {"accept": accept, "default_graphs": list(default_graphs), "named_graphs": list(named_graphs),
                  "base": base}  # fmt: skip
        answer, body = await self.pool.run(header, text.encode(), client)
        return Result(answer["media_type"], body)


@dataclass(frozen=True)
class Service:
    """One running service.

    ``etag`` changes with content, reports, program and engine; it is empty where the graph can change meanwhile.
    ``graph_sizes`` has the number of triples of each named graph.
    """

    settings: Settings
    workspace: Workspace
    checker: Checker
    catalog: Mapping[str, Query]
    pool: Queries
    judges: Pool
    etag: str
    graph_sizes: Mapping[str, int]

    async def open(self) -> None:
        """Start the workers."""
        await self.pool.open()
        await self.judges.open()

    async def close(self) -> None:
        """End the workers."""
        await self.pool.close()
        await self.judges.close()

    async def judge(
        self, document: bytes, *, client: str, form: Form = "json", strict: bool = False, policy: str | None = None,
        source: Source = "json",
    ) -> bytes | InputError:  # fmt: skip
        """The report on one case, or what is wrong with the case; raises Problem where it takes too much."""
        [result] = await self._judge([document], client, form, strict, policy, source)
        return result

    async def judge_lines(
        self, lines: Sequence[bytes], *, client: str, strict: bool = False, policy: str | None = None
    ) -> list[bytes | InputError]:
        """A report as one line of JSON, or an error, for each of a chunk of cases (one check's time holds for all)."""
        return await self._judge(lines, client, "line", strict, policy, "json")

    async def _judge(
        self, documents: Sequence[bytes], client: str, form: Form, strict: bool, policy: str | None, source: Source
    ) -> list[bytes | InputError]:
        header = {
            "sizes": [len(document) for document in documents],
            "form": form, "strict": strict, "policy": policy, "source": source,
        }  # fmt: skip
        answer, body = await self.judges.run(header, b"".join(documents), client)
        results = answer["results"]
        reports = iter(split(body, [result["size"] for result in results if "size" in result]))
        return [next(reports) if "size" in result else InputError(*result["error"]) for result in results]


def client_of(request: Request) -> str:
    """Whom to be fair to: the peer's address (a trusted proxy's word for it), never anything else a client sends."""
    return request.client.host if request.client else ""


def open_service(settings: Settings) -> Service:
    """A service over the content, not yet started; raises InputError where content or reports cannot be read."""
    workspace = open_workspace(settings.content)
    store = add_reports(workspace.store, settings.reports) if settings.reports else workspace.store
    snapshot, digest = _snapshot(store)
    return Service(
        settings, workspace, Checker(workspace), catalog(workspace.root),
        EmbeddedQueries(_query_pool(settings, workspace, snapshot)), _judge_pool(settings, workspace), digest,
        graph_sizes(store),
    )  # fmt: skip


def _snapshot(store: Store) -> tuple[BinaryIO, str]:
    """The graph as it is now, in a file without a name that workers load: all the same, whatever changes on disk."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
    store.dump(file, RdfFormat.N_QUADS)
    file.flush()
    file.seek(0)
    digest = sha256(f"{version('covergraph')} {version('pyoxigraph')}".encode())
    while part := file.read(MB):
        digest.update(part)
    return file, digest.hexdigest()[:32]


def _query_pool(settings: Settings, workspace: Workspace, snapshot: BinaryIO) -> Pool:
    config = {"kind": "query", "prefixes": workspace.prefixes}
    limits = Limits(
        soft=settings.quick_seconds, hard=settings.query_seconds,
        memory=settings.query_memory_mb * MB, result=settings.result_mb * MB,
    )  # fmt: skip
    places = Places(
        quick=settings.quick_workers, slow=settings.slow_workers, per_client=settings.per_client,
        waiting=settings.waiting, waiting_seconds=settings.waiting_seconds,
    )  # fmt: skip
    return Pool(config, limits, places, settings.spare_workers, snapshot)


def _judge_pool(settings: Settings, workspace: Workspace) -> Pool:
    config = {"kind": "judge", "content": str(workspace.root)}
    limits = Limits(
        soft=settings.check_seconds, hard=settings.check_seconds,
        memory=settings.query_memory_mb * MB, result=STREAMED,
    )  # fmt: skip
    places = Places(
        quick=settings.judge_workers, slow=0, per_client=settings.judge_workers,
        waiting=settings.waiting, waiting_seconds=settings.waiting_seconds,
    )  # fmt: skip
    return Pool(config, limits, places, 1)
