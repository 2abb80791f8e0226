"""What answers queries for all routes: a pool of workers over the embedded store, or a store elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from covergraph.web.pool import Pool


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

    async def ready(self) -> bool:
        """Whether a query would be answered now."""

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

    async def ready(self) -> bool:
        """Whether there are workers."""
        return bool(self.pool.pids)

    async def query(
        self, text: str, accept: str = "", client: str = "",
        default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = (), base: str | None = None,
    ) -> Result:  # fmt: skip
        """The answer in a media type that ``accept`` asks for; raises Problem."""
        header = {"accept": accept, "default_graphs": list(default_graphs), "named_graphs": list(named_graphs),
                  "base": base}  # fmt: skip
        answer, body = await self.pool.run(header, text.encode(), client)
        return Result(answer["media_type"], body)
