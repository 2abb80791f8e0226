"""What can be set about the service: each field is a flag of ``covergraph serve`` and a variable ``COVERGRAPH_*``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _setting(default: Any, text: str, least: float | None = None, most: float | None = None) -> Any:
    return field(default=default, metadata={"text": text, "least": least, "most": most})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings with their defaults. Where several values fit, a flag is repeated; a variable has spaces."""

    content: str | None = None
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8017, "Port to listen on; 0 takes any free one.", 0, 65535)
    allowed_host: tuple[str, ...] = _setting(
        (), "Host name under which the service is asked for, besides the address that it listens on."
    )
    trusted_proxy: tuple[str, ...] = _setting(
        (), "Address of a proxy whose X-Forwarded-For and X-Forwarded-Proto are believed."
    )
    cors_origin: tuple[str, ...] = _setting(
        (), "Web origin whose pages may ask /sparql.  [default: any, but none with --reports]"
    )
    reports: tuple[str, ...] = _setting((), "Ask over these judged cases too: a report as RDF, or a folder of them.")
    endpoint: str | None = _setting(None, "Send queries to this SPARQL 1.1 endpoint, which holds the content, instead.")
    api_token: str | None = _setting(None, "Ask for this bearer token under /api; better given as a variable.")

    quick_workers: int = _setting(2, "Queries that run at once.", 1)
    slow_workers: int = _setting(2, "Queries that take long which run besides.", 0)
    spare_workers: int = _setting(2, "Workers that stand ready for those that were ended.", 0)
    judge_workers: int = _setting(2, "Checks of cases that run at once.", 1)
    quick_seconds: float = _setting(0.3, "Seconds of computing after which a query counts as taking long.", 0.01)
    query_seconds: float = _setting(5.0, "Seconds after which a query is ended (503).", 0.01)
    query_memory_mb: int = _setting(512, "Memory that a query may take; one that takes more is ended (503).", 1)
    query_kb: int = _setting(64, "Longest query (413).", 1)
    result_mb: int = _setting(8, "Longest answer (422).", 1)
    cache_mb: int = _setting(32, "Answers that are kept to be given again; 0 keeps none.", 0)
    check_seconds: float = _setting(10.0, "Seconds after which a check is ended (503).", 0.01)
    per_client: int = _setting(2, "Queries of one client, by its address, that run at once; the others wait.", 1)
    waiting: int = _setting(256, "Queries that wait at once, an eighth of them for one client (503).", 0)
    waiting_seconds: float = _setting(10.0, "Seconds for which a query waits (503).", 0.01)

    body_kb: int = _setting(1024, "Longest request body other than a stream of cases (413).", 1)
    body_seconds: float = _setting(15.0, "Seconds in which a body has to arrive (408).", 0.01)
    header_seconds: float = _setting(10.0, "Seconds in which a request's header has to arrive.", 0.01)
    stuck_seconds: float = _setting(15.0, "Seconds in which a client has to read on; else it is hung up on.", 0.01)
    connections: int = _setting(1000, "Open connections; more are closed at once.", 1)
    connections_per_client: int = _setting(100, "Open connections of one client; more are closed at once.", 1)
    shutdown_seconds: float = _setting(10.0, "Seconds that requests under way have left when the service stops.", 0.01)

    @property
    def asks_over_cases(self) -> bool:
        """Whether judged cases may be among what queries ask over, which are not for everybody's eyes."""
        return bool(self.reports or self.endpoint)
