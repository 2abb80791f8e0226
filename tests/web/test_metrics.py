"""Figures for Prometheus, and health checks."""

from __future__ import annotations

import os
import signal

import httpx
from prometheus_client.parser import text_string_to_metric_families

from web.server import Serve, Server, eventually, workers_of

CLIENT = httpx.Client(timeout=60)


def figures(server: Server) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = CLIENT.get(f"{server.url}/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figure(server: Server, name: str, **labels: str) -> float:
    return figures(server).get((name, frozenset(labels.items())), 0)


def test_requests_are_counted_by_route_and_not_by_path(serve: Serve) -> None:
    server = serve()
    for path in ("/level/L1", "/level/L2", "/nothing-of-that-name", "/api/v1/policies", "/api/v1/policies/6.01.17"):
        CLIENT.get(server.url + path)
    text = CLIENT.get(f"{server.url}/metrics").text
    assert "L1" not in text and "nothing-of-that-name" not in text and "6.01.17" not in text
    counted = {"method": "GET", "status": "200"}
    assert figure(server, "covergraph_requests_total", route="/{path:path}", **counted) == 2
    assert figure(server, "covergraph_requests_total", route="/{path:path}", method="GET", status="404") == 1
    assert figure(server, "covergraph_requests_total", route="/api/v1/policies/{number}", **counted) == 1
    assert figure(server, "covergraph_request_seconds_count", route="/api/v1/policies") == 1


def test_what_is_refused_before_any_route_is_counted_too(server: Server) -> None:
    labels = {"method": "GET", "route": "other", "status": "421"}
    before = figure(server, "covergraph_requests_total", **labels)
    CLIENT.get(f"{server.url}/healthz", headers={"host": "evil.example"})
    CLIENT.request("BREW", f"{server.url}/healthz")
    assert figure(server, "covergraph_requests_total", **labels) == before + 1
    assert "BREW" not in CLIENT.get(f"{server.url}/metrics").text


def test_the_pools_tell_what_they_do(serve: Serve) -> None:
    server = serve("--query-seconds", "1")
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    CLIENT.get(f"{server.url}/sparql", params={"query": "ASK {}"})
    assert CLIENT.get(f"{server.url}/sparql", params={"query": endless}).status_code == 503
    assert figure(server, "covergraph_pool_jobs_total", pool="query") == 2
    assert eventually(lambda: figure(server, "covergraph_pool_killed_total", pool="query") == 1)
    assert eventually(lambda: figure(server, "covergraph_pool_replaced_total", pool="query") == 1)
    assert figure(server, "covergraph_pool_waiting", pool="check") == 0


def test_a_service_without_workers_is_not_ready_and_then_ready_again(serve: Serve) -> None:
    server = serve()
    assert CLIENT.get(f"{server.url}/healthz").json()["status"] == "ok"
    states = set()
    for worker in workers_of(server):
        os.kill(worker, signal.SIGKILL)
    for _ in range(20):
        states.add(CLIENT.get(f"{server.url}/healthz").status_code)
        assert CLIENT.get(f"{server.url}/healthz/live").status_code == 200
    assert states <= {200, 503}
    assert eventually(lambda: CLIENT.get(f"{server.url}/healthz").status_code == 200)
    assert CLIENT.get(f"{server.url}/sparql", params={"query": "ASK {}"}).status_code == 200
