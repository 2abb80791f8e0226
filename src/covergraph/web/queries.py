"""What answers queries for all routes: a pool of workers over the embedded store, or a store elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from covergraph.sparqltext import answers_vary
from covergraph.web.answers import Answers, Result
from covergraph.web.pool import Pool

__all__ = ["EmbeddedQueries", "Queries", "Result"]


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
    """Queries over the content, in a pool of workers; an answer that was given lately is given again."""

    def __init__(self, pool: Pool, answers: Answers) -> None:
        self.pool = pool
        self.answers = answers

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
        key = (text, accept, tuple(default_graphs), tuple(named_graphs), base)
        if known := self.answers.find(key):
            return known
        header = {"accept": accept, "default_graphs": list(default_graphs), "named_graphs": list(named_graphs),
                  "base": base}  # fmt: skip
        answer, body = await self.pool.run(header, text.encode(), client)
        result = Result(answer["media_type"], body)
        if not answers_vary(text):
            self.answers.keep(key, len(str(key)), result)
        return result
