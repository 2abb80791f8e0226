"""A real `covergraph serve` process on a free port of the loopback address, and others with flags of their own."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.server import ROOT, Serve, Server

# What needs packages that only `make test-web` installs is not even read where they are not there.
collect_ignore = [
    name for name, package in {"browser": "playwright", "schemathesis_hooks.py": "schemathesis"}.items()
    if importlib.util.find_spec(package) is None
]  # fmt: skip

NO_CACHE = ("--cache-mb", "0")
"""So that every query that a test sends is answered by a worker."""


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts a service with the flags given; all are stopped in the end."""
    servers: list[Server] = []

    def start(*flags: str, host: str = "127.0.0.1", content: Path = ROOT, **variables: str) -> Server:
        log = tmp_path_factory.mktemp("serve") / "log"
        command = [str(Path(sys.executable).with_name("covergraph")), "--content", str(content)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERGRAPH")} | variables
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [*command, "serve", "--host", host, "--port", "0", *NO_CACHE, *flags],
                stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment,
            )  # fmt: skip
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://\S+?(?=/?\s*$)", line)
        assert found, log.read_text()
        servers.append(Server(found[0], process, log))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGTERM)
    for server in servers:
        server.process.wait(timeout=60)


@pytest.fixture(scope="session")
def server(serve: Serve) -> Server:
    """The service with its defaults."""
    return serve()
