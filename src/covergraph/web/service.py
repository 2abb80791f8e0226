"""What every route shares: settings, content, and the two pools that do all work which a request could make endless."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import BinaryIO, Literal

from pyoxigraph import RdfFormat, Store
from starlette.requests import Request

from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.queries import Query, catalog
from covergraph.sparql import add_reports
from covergraph.web.answers import Answers
from covergraph.web.description import graph_sizes
from covergraph.web.frames import split
from covergraph.web.pool import Limits, Pool
from covergraph.web.queries import EmbeddedQueries, Queries
from covergraph.web.remote import open_remote
from covergraph.web.settings import Settings
from covergraph.web.turns import Places, Turns
from covergraph.workspace import Workspace, open_workspace

Form = Literal["json", "html", "text", "markdown", "turtle", "jsonld", "svg", "page"]
Source = Literal["json", "turtle"]
MB = 1 << 20
STREAMED = 256 * MB
STREAMS = Places(quick=8, slow=0, per_client=2, waiting=0, waiting_seconds=1)
"""How many streams of cases are open at once: each may hold a buffer of reports."""
CONTENT = ("ontology", "shapes", "queries", "examples")
"""The parts of a content folder."""


@dataclass(frozen=True)
class Service:
    """One running service.

    ``etag`` changes with content, reports, program and engine; it is empty where the graph can change meanwhile.
    ``graph_sizes`` has the number of triples of each named graph. ``folder`` is the copy of the content that is served.
    """

    settings: Settings
    workspace: Workspace
    checker: Checker
    catalog: Mapping[str, Query]
    pool: Queries
    judges: Pool
    etag: str
    graph_sizes: Mapping[str, int]
    folder: TemporaryDirectory[str]
    streams: Turns = field(default_factory=lambda: Turns(STREAMS))

    @property
    def pools(self) -> Mapping[str, Pool]:
        """The pools of workers, by what they do."""
        queries = {"query": self.pool.pool} if isinstance(self.pool, EmbeddedQueries) else {}
        return {**queries, "check": self.judges}

    async def open(self) -> None:
        """Start the workers."""
        await self.pool.open()
        await self.judges.open()

    async def close(self) -> None:
        """End the workers."""
        await self.pool.close()
        await self.judges.close()
        self.folder.cleanup()

    async def judge(
        self, document: bytes, *, client: str, form: Form = "json", strict: bool = False, policy: str | None = None,
        source: Source = "json",
    ) -> bytes | InputError:  # fmt: skip
        """The report on one case, or what is wrong with the case; raises Problem where it takes too much."""
        [result] = await self._judge([document], client, form, strict, policy, source)
        return result

    async def judge_lines(
        self, lines: Sequence[bytes], *, first: int, client: str, strict: bool = False, policy: str | None = None
    ) -> bytes:
        """The records of a chunk of lines, as ``covergraph batch`` writes them; ``first`` is the first line's number.

        Raises Problem where the chunk takes more than one check may.
        """
        header = {"form": "records", "first": first, "sizes": [len(line) for line in lines],
                  "strict": strict, "policy": policy}  # fmt: skip
        _, records = await self.judges.run(header, b"".join(lines), client)
        return records

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
    folder = _copied(open_workspace(settings.content).root)
    workspace = open_workspace(folder.name)
    if settings.endpoint:
        remote, wrong = open_remote(settings, workspace)
        questions = {name: query for name, query in catalog(workspace.root).items() if name not in wrong}
        return Service(settings, workspace, Checker(workspace), questions, remote,
                       _judge_pool(settings, workspace), "", remote.sizes, folder)  # fmt: skip
    store = add_reports(workspace.store, settings.reports) if settings.reports else workspace.store
    states = [version("covergraph"), version("pyoxigraph"), workspace.fingerprint]
    states += [secrets.token_hex()] if settings.reports else []
    return Service(
        settings, workspace, Checker(workspace), catalog(workspace.root),
        EmbeddedQueries(_query_pool(settings, workspace, _snapshot(store)), Answers(settings.cache_mb * MB)),
        _judge_pool(settings, workspace),
        sha256(" ".join(states).encode()).hexdigest(), graph_sizes(store), folder,
    )  # fmt: skip


def _copied(root: Path) -> TemporaryDirectory[str]:
    """A copy of the content for the life of the service, so that all workers work by the same, whatever is edited."""
    folder = TemporaryDirectory(prefix="covergraph-")
    for part in CONTENT:
        if (root / part).is_dir():
            shutil.copytree(root / part, Path(folder.name) / part)
    return folder


def _snapshot(store: Store) -> BinaryIO:
    """The graph in a file without a name, which every query worker loads."""
    file = TemporaryFile()  # noqa: SIM115  # lives as long as the service
    store.dump(file, RdfFormat.N_QUADS)
    file.flush()
    return file


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
    return Pool("query", config, limits, places, settings.spare_workers, snapshot)


def _judge_pool(settings: Settings, workspace: Workspace) -> Pool:
    config = {"kind": "judge", "content": str(workspace.root)}
    limits = Limits(
        soft=None, hard=settings.check_seconds,
        memory=settings.query_memory_mb * MB, result=STREAMED,
    )  # fmt: skip
    places = Places(
        quick=settings.judge_workers, slow=0, per_client=settings.judge_workers,
        waiting=settings.waiting, waiting_seconds=settings.waiting_seconds,
    )  # fmt: skip
    return Pool("check", config, limits, places, 1)
