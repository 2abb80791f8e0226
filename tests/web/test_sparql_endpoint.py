"""The SPARQL endpoint over HTTP."""

from __future__ import annotations

import httpx

from web.server import Server


def test_a_query_is_answered(server: Server) -> None:
    answer = httpx.get(f"{server.url}/sparql", params={"query": "ASK { ?policy a cov:Policy }"})

    assert answer.json() == {"head": {}, "boolean": True}
