"""Figures for Prometheus at ``/metrics``: requests by route, and what the pools do; no address, query or case."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from covergraph.web.pool import Pool
from covergraph.web.service import Service

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody reads


class Pools(Collector):
    """The pools' own counts, read when they are asked for."""

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        self._pools = pools

    def collect(self) -> Iterable[Metric]:
        """One family for each figure, with a sample for each pool."""
        gauges = {
            "workers": "Worker processes.",
            "running": "Jobs that have a worker.",
            "waiting": "Jobs that wait for a worker.",
        }
        counters = {
            "jobs": "Jobs begun.",
            "slow": "Jobs that took long.",
            "killed": "Workers ended: out of time or memory, crashed, slow, or their client left.",
            "replaced": "Workers started in the place of ended ones.",
        }
        for name, text in gauges.items():
            gauge = GaugeMetricFamily(f"covergraph_pool_{name}", text, labels=["pool"])
            for pool, found in self._pools.items():
                value = len(found.pids) if name == "workers" else getattr(found.turns, name)
                gauge.add_metric([pool], value)
            yield gauge
        for name, text in counters.items():
            counter = CounterMetricFamily(f"covergraph_pool_{name}", text, labels=["pool"])
            for pool, found in self._pools.items():
                counter.add_metric([pool], getattr(found.counts, name))
            yield counter


class Metrics:
    """The figures of one service, counted by a layer around its routes."""

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "covergraph_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "covergraph_request_seconds", "From a request's header to the end of its answer.", ["route"],
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip
        self._open = Gauge("covergraph_requests_open", "Requests under way.", registry=self._registry)
        self._registry.register(Pools(service.pools))

    def layer(self, app: ASGIApp) -> ASGIApp:
        """Counts what passes. A route is named by its pattern, and what has none is one: no path becomes a label."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            status = 0

            async def watched(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            start = time.perf_counter()
            self._open.inc()
            try:
                await app(scope, receive, watched)
            finally:
                self._open.dec()
                route = getattr(scope.get("route"), "path", "other")
                method = scope["method"] if scope["method"] in METHODS else "other"
                self._requests.labels(method, route, str(status or "none")).inc()
                self._seconds.labels(route).observe(time.perf_counter() - start)

        return counted

    def route(self) -> BaseRoute:
        """Where Prometheus asks."""

        async def metrics(_: Request) -> Response:
            return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

        return Route("/metrics", metrics)
