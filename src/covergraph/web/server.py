"""Running the service: the web server with its limits, until it is told to stop."""

from __future__ import annotations

import math
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from covergraph.web.app import create_app
from covergraph.web.connections import Lines, limited_protocol
from covergraph.web.logs import write_log
from covergraph.web.service import open_service
from covergraph.web.settings import Settings

RESERVED_FILES = 100


def serve_until_stopped(settings: Settings, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve on an open socket until SIGTERM or SIGINT; requests under way are finished first.

    ``announce`` is called when the content has been read; raises InputError where it cannot be.
    """
    write_log()
    _allow_files(settings.connections)
    lines = Lines(
        settings.connections, settings.connections_per_client, settings.header_seconds, settings.stuck_seconds,
        frozenset(settings.trusted_proxy),
    )  # fmt: skip
    app = create_app(open_service(settings))
    announce()
    config = uvicorn.Config(
        app, http=limited_protocol(lines), ws="none", lifespan="on",
        log_config=None, access_log=False, server_header=False, backlog=settings.connections,
        proxy_headers=bool(settings.trusted_proxy), forwarded_allow_ips=list(settings.trusted_proxy),
        timeout_keep_alive=math.ceil(settings.header_seconds),
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what uvicorn calls when it has finished
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listener])


def _allow_files(connections: int) -> None:
    """Let the process have as many files open as it may have connections, where the system allows that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + RESERVED_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
