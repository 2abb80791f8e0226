"""The harness of benchmarks/serving.py over a shorter attack, without a clock: nobody else's answer suffers."""

from __future__ import annotations

import pytest

from covergraph.workspace import Workspace
from web.load import attack, ordinary_clients, questions, watched_memory
from web.runaways import RUNAWAYS
from web.server import Serve, eventually, workers_of

pytestmark = pytest.mark.web


@pytest.mark.parametrize("addresses", [1, 8])
def test_endless_queries_keep_nobody_from_right_answers(addresses: int, serve: Serve, workspace: Workspace) -> None:
    server = serve("--query-seconds", "1")
    pids = [server.process.pid]

    with (
        watched_memory(lambda: pids + workers_of(server)) as memory,
        ordinary_clients(server.url, questions(workspace), 2) as asked,
    ):
        ended = attack(server.url, RUNAWAYS, count=26, at_once=8, addresses=addresses)

    assert ended.total() == 26
    assert set(ended) <= {422, 503}
    assert (asked.wrong, asked.refused) == (0, 0)
    assert len(asked.seconds) > 50
    assert max(memory) < 5 * 512 * 2**20
    assert eventually(lambda: len(workers_of(server)) == 9)
    with ordinary_clients(server.url, questions(workspace), 2) as afterwards:
        assert eventually(lambda: len(afterwards.seconds) > 50)
    assert (afterwards.wrong, afterwards.refused) == (0, 0)
