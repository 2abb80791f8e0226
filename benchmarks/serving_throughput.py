"""How many cases and simple queries a second the service answers, against the calls in process and `oxigraph serve`.

    make bench-throughput

All doors take turns within one run, on one machine that the client shares with the server; the best of three rounds
counts, and the ratios matter, not the figures. Each client keeps its connections open.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import local
from urllib.parse import urlencode, urlsplit

from covergraph.checker import Checker
from covergraph.jsontext import parse_json
from covergraph.queries import bind, catalog
from covergraph.sparql import run
from covergraph.workspace import open_workspace

SECONDS, ROUNDS, AT_ONCE = 2.0, 3, 8
BIN = Path(sys.executable).parent
CASE = (Path(__file__).resolve().parents[1] / "examples" / "acute-fracture.json").read_bytes()
LINE = json.dumps(json.loads(CASE)).encode() + b"\n"
LINES = 500
JSON, RESULTS = "application/json", "application/sparql-results+json"
Request = tuple[str, str, bytes, dict[str, str]]


@contextmanager
def running(*command: str) -> Iterator[str]:
    """A server on a free port, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [part.format(port=port) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def client(base: str, request: Request) -> Callable[[], None]:
    """Sends a request over a connection of its thread, and reads the answer."""
    kept, (method, path, body, headers) = local(), request

    def send() -> None:
        if not hasattr(kept, "connection"):
            kept.connection = HTTPConnection(urlsplit(base).netloc)
        kept.connection.request(method, path, body, headers)
        answer = kept.connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said

    return send


def rate(do: Callable[[], None], at_once: int = 1, each: int = 1) -> float:
    """How often a second something is done, by some threads; ``each`` is how much is done at once."""
    do()
    end = time.perf_counter() + SECONDS

    def work() -> int:
        count = 0
        while time.perf_counter() < end:
            do()
            count += 1
        return count

    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        done = sum(worker.result() for worker in [threads.submit(work) for _ in range(at_once)])
    return done * each / (time.perf_counter() - start)


workspace = open_workspace()
checker = Checker(workspace)
question = catalog(workspace.root)["policies-in-force"]
text = bind(question, {"day": "2026-01-01"})
check = ("POST", "/api/v1/check", CASE, {"content-type": JSON})
stream = ("POST", "/api/v1/check", LINE * LINES, {"content-type": "application/x-ndjson"})
form = urlencode({"query": text}).encode()
sparql = {"content-type": "application/x-www-form-urlencoded", "accept": RESULTS}
named = ("GET", "/api/v1/queries/policies-in-force?day=2026-01-01", b"", {"accept": RESULTS})

with (
    running(
        str(BIN / "covergraph"), "serve", "--port", "{port}", "--per-client", str(AT_ONCE), "--cache-mb", "0"
    ) as service,
    running(str(BIN / "oxigraph"), "serve", "--bind", "127.0.0.1:{port}") as oxigraph,
):
    subprocess.run(
        [str(BIN / "covergraph"), "load", "--endpoint", f"{oxigraph}/query", "--update", f"{oxigraph}/update"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    graphs = urlencode({"default-graph-uri": sorted({q.graph_name.value for q in workspace.store})}, doseq=True)
    elsewhere = client(oxigraph, ("POST", "/query", form + b"&" + graphs.encode(), sparql))
    doors: dict[str, dict[str, Callable[[], float]]] = {
        "cases": {
            "in process": lambda: rate(lambda: json.dumps(checker.check(parse_json(CASE)).to_json()) and None),
            "/api/v1/check, one at a time": lambda: rate(client(service, check)),
            f"/api/v1/check, {AT_ONCE} at a time": lambda: rate(client(service, check), AT_ONCE),
            "/api/v1/check, as a stream": lambda: rate(client(service, stream), each=LINES),
        },
        "queries": {
            "in process": lambda: rate(lambda: run(workspace.store, text, workspace.prefixes) and None),
            "/sparql, one at a time": lambda: rate(client(service, ("POST", "/sparql", form, sparql))),
            f"/sparql, {AT_ONCE} at a time": lambda: rate(client(service, ("POST", "/sparql", form, sparql)), AT_ONCE),
            f"/api/v1/queries/…, {AT_ONCE} at a time": lambda: rate(client(service, named), AT_ONCE),
            "oxigraph serve, one at a time": lambda: rate(elsewhere),
            f"oxigraph serve, {AT_ONCE} at a time": lambda: rate(elsewhere, AT_ONCE),
        },
    }
    best = {what: dict.fromkeys(measured, 0.0) for what, measured in doors.items()}
    for _ in range(ROUNDS):
        for what, measured in doors.items():
            for name, measure in measured.items():
                best[what][name] = max(best[what][name], measure())

for what, rates in best.items():
    print(f"\n| {what} | a second | in process = 1 |\n|---|---|---|")
    for name, value in rates.items():
        print(f"| {name} | {value:,.0f} | {value / rates['in process']:.2f} |")
