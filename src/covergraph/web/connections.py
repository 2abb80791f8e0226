"""Connections that cannot be held open for nothing: few for each client, and time limits for what it does slowly.

uvicorn has no limit for a header that never ends, nor for an answer that is never read; both stand here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEADER_BYTES = 96 * 1024
"""Longest request line with header fields; of it the URL can have 64 KB, which is all that httptools can read."""


@dataclass
class Lines:
    """The connections of one server, and what they may do."""

    most: int
    most_per_client: int
    header_seconds: float
    stuck_seconds: float
    proxies: frozenset[str] = frozenset()
    open: Counter[str] = field(default_factory=Counter)

    def full_for(self, client: str) -> bool:
        """Whether a client may have no further connection."""
        return self.open.total() > self.most or (
            client not in self.proxies and self.open[client] > self.most_per_client
        )


def limited_protocol(lines: Lines) -> type[HttpToolsProtocol]:
    """Uvicorn's HTTP protocol, with limits shared by all its connections."""

    class Limited(HttpToolsProtocol):
        peer = ""
        in_header = True
        header_size = 0
        header_timer: asyncio.TimerHandle | None = None
        stuck_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.peer = self.client[0] if self.client else ""
            lines.open[self.peer] += 1
            self.header_timer = self.loop.call_later(lines.header_seconds, transport.close)
            if lines.full_for(self.peer):
                transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            lines.open[self.peer] -= 1
            if not lines.open[self.peer]:
                del lines.open[self.peer]
            self._stop_timers()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            if self.in_header and not self.header_timer:
                self.header_timer = self.loop.call_later(lines.header_seconds, self.transport.close)
            self.header_size += len(data)
            super().data_received(data)
            if self.in_header and self.header_size > HEADER_BYTES and not self.transport.is_closing():
                self.transport.write(STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n")
                self.transport.close()

        def on_headers_complete(self) -> None:
            self.in_header, self.header_size = False, 0
            if self.header_timer:
                self.header_timer.cancel()
                self.header_timer = None
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            self.in_header, self.header_size = True, 0
            super().on_response_complete()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._watch(self.transport.get_write_buffer_size())

        def resume_writing(self) -> None:
            super().resume_writing()
            if self.stuck_timer:
                self.stuck_timer.cancel()

        def _watch(self, left: int) -> None:
            """Look again later whether the client has read on."""
            self.stuck_timer = self.loop.call_later(lines.stuck_seconds, self._look, left)

        def _look(self, left: int) -> None:
            now = self.transport.get_write_buffer_size()
            if now < left:
                self._watch(now)
            else:
                self.transport.abort()

        def _stop_timers(self) -> None:
            for timer in (self.header_timer, self.stuck_timer):
                if timer:
                    timer.cancel()

    return Limited
