"""`covergraph serve`: the graph as a service."""

from __future__ import annotations

import dataclasses
import errno
import os
import socket
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlunsplit

import click

from covergraph.errors import InputError
from covergraph.web.settings import Settings

RANGES = {"int": click.IntRange, "float": click.FloatRange}


def _flags(command: Callable[..., None]) -> Callable[..., None]:
    """One option for each setting, under its name."""
    for setting in reversed(dataclasses.fields(Settings)):
        if not setting.metadata:
            continue
        kind = str(setting.type)
        option = click.option(
            f"--{setting.name.replace('_', '-')}", setting.name,
            type=_type(setting), multiple=kind.startswith("tuple"),
            default=setting.default, show_default=setting.default not in ((), None),
            envvar=f"COVERGRAPH_{setting.name.upper()}", help=setting.metadata["text"],
        )  # fmt: skip
        command = option(command)
    return command


def _type(setting: dataclasses.Field[Any]) -> Any:
    kind = RANGES.get(str(setting.type))
    return kind(setting.metadata["least"], setting.metadata["most"]) if kind else str


@click.command(epilog="Example:  covergraph serve --port 8080")
@_flags
@click.pass_obj
def serve(content: str | None, /, **flags: Any) -> None:
    """Serve the graph over HTTP: SPARQL endpoint, API and pages.

    Every flag can be given as a variable too: --query-seconds as COVERGRAPH_QUERY_SECONDS.
    """
    if sys.platform != "linux":
        raise InputError("no-serve", "", "The service locks its workers in ways that only Linux has.",
                         "Run it on Linux, for example in a container.")  # fmt: skip
    try:
        from covergraph.web.server import serve_until_stopped
    except ImportError as error:
        raise InputError(
            "no-serve", "", f"{error.name} is not installed.", "Run `pip install 'covergraph[serve]'`."
        ) from None
    settings = Settings(content=content, **flags)
    listener = listen(settings.host, settings.port)
    url = _url(settings.host, listener.getsockname()[1])
    serve_until_stopped(settings, listener, lambda: click.echo(f"Serving {url}"))


def _url(host: str, port: int) -> str:
    return urlunsplit(("http", f"[{host}]:{port}" if ":" in host else f"{host}:{port}", "/", "", ""))


def listen(host: str, port: int) -> socket.socket:
    """A socket to serve on; raises InputError where there is none to be had."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        known = error.errno is not None and error.errno in errno.errorcode
        reason = os.strerror(error.errno or 0) if known else error.strerror
        raise InputError("cannot-listen", f"{host}:{port}", f"It cannot be listened on: {reason}.",
                         "Give another --port or --host.") from None  # fmt: skip
    # Its connections inherit this. Else the body of an answer waits 40 ms until the client acknowledges the header.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
