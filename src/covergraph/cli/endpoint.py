"""The options of a store elsewhere, and what is said when one is used."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from covergraph.remote.endpoint import Endpoint


def endpoint_options(required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command ``--endpoint`` and ``--timeout``."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        address = click.option(
            "--endpoint", metavar="URL", envvar="COVERGRAPH_ENDPOINT", show_envvar=True, required=required,
            help="Address for queries of a SPARQL 1.1 store.",
        )  # fmt: skip
        timeout = click.option(
            "--timeout", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True,
            metavar="SECONDS", help="How long the store may take for one request.",
        )  # fmt: skip
        return address(timeout(command))

    return add


def open_endpoint(url: str, seconds: float) -> Endpoint:
    """The store at an address, with the credentials of the environment; a warning where they go unencrypted."""
    from covergraph.remote.endpoint import Endpoint, credentials

    endpoint = Endpoint(url, credentials(os.environ), seconds)
    if endpoint.tells_secrets:
        click.echo(f"covergraph: the credentials go unencrypted to {url}; use https if you can.", err=True)
    return endpoint
