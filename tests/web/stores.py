"""Real SPARQL stores on the loopback address, and a gate before one that asks for credentials or misbehaves."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx

from web.tools import BIN, needed


@dataclass(frozen=True)
class SparqlStore:
    """A store that runs, with the addresses of its protocols."""

    query: str
    update: str
    graph_store: str


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], folder: Path, url: str) -> Iterator[None]:
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        try:
            for _ in range(600):
                assert process.poll() is None, (folder / "output").read_text()
                try:
                    httpx.get(url, timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def oxigraph(folder: Path) -> Iterator[SparqlStore]:
    """An empty `oxigraph serve`, in memory."""
    program = needed(BIN / "oxigraph")
    url = f"http://127.0.0.1:{_free_port()}"
    with _running([program, "serve", "--bind", url.removeprefix("http://")], folder, url):
        yield SparqlStore(f"{url}/query", f"{url}/update", f"{url}/store")


VIRTUOSO = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = temporary.db
TransactionFile = temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{port}
DisableUnixSocket = 1
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
[SPARQL]
ResultSetMaxRows = 100000
"""


@contextmanager
def virtuoso(folder: Path) -> Iterator[SparqlStore]:
    """An empty Virtuoso, which writes for user dba with password dba and asks for them by HTTP Digest."""
    program = needed("virtuoso-t")
    http = _free_port()
    (folder / "virtuoso.ini").write_text(VIRTUOSO.format(port=_free_port(), http=http))
    url = f"http://127.0.0.1:{http}"
    with _running([program, "+configfile", "virtuoso.ini", "+foreground"], folder, f"{url}/sparql"):
        yield SparqlStore(f"{url}/sparql", f"{url}/sparql-auth", f"{url}/sparql-graph-crud-auth")


@dataclass
class Gate:
    """A reverse proxy before a store: it notes every request, and does what it is told instead of passing it on."""

    target: SparqlStore
    url: str = ""
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    instead: Callable[[BaseHTTPRequestHandler], bool] = lambda handler: False
    """Answers a request itself and says so, or lets it pass."""

    @property
    def store(self) -> SparqlStore:
        return SparqlStore(f"{self.url}/query", f"{self.url}/update", f"{self.url}/store")


@contextmanager
def gate(target: SparqlStore) -> Iterator[Gate]:
    """A gate before a store of `oxigraph serve`."""
    made = Gate(target)
    base = target.query.removesuffix("/query")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            made.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            if made.instead(self):
                return
            kept = {k: v for k, v in self.headers.items() if k.lower() in ("accept", "content-type")}
            answer = httpx.request(self.command, base + self.path, content=body, headers=kept, timeout=60)
            reply(self, answer.status_code, answer.content, answer.headers.get("content-type", "text/plain"))

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815  # the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def reply(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", type: str = "text/plain", **more: str
) -> bool:
    """Answer a request; True, so that it can stand in a condition."""
    handler.send_response(status)
    for name, value in {"content-type": type, "content-length": str(len(body)), **more}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
    return True
