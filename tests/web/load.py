"""A service under attack: clients that ask for what has no end, beside clients that ask ordinary questions.

Ordinary clients check every answer that they get against what the graph says. Each client has a loopback address of its
own, since the service is fair by address.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from urllib.parse import quote, urlsplit

from covergraph.queries import bind, catalog
from covergraph.sparql import run
from covergraph.workspace import Workspace

QUESTIONS = ("contraindications", "code-lookup", "is-code-listed", "device-clearance", "criteria", "readings")
JSON = "application/sparql-results+json"


@dataclass(frozen=True)
class Question:
    """An ordinary query and the rows that answer it, in no order."""

    text: str
    rows: Counter[str]


@dataclass
class Asked:
    """What ordinary clients got: seconds of each right answer, and how many answers were wrong or none."""

    seconds: list[float] = field(default_factory=list)
    wrong: int = 0
    refused: int = 0

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def questions(workspace: Workspace) -> list[Question]:
    """Ordinary questions of the catalogue with their answers, got without the service."""
    known = catalog(workspace.root)
    texts = [bind(known[name], known[name].example) for name in QUESTIONS]
    return [Question(text, rows(run(workspace.store, text, workspace.prefixes).serialize("json"))) for text in texts]


def rows(answer: str | bytes) -> Counter[str]:
    """The rows of an answer in SPARQL JSON, however ordered; a yes or no is one row."""
    document = json.loads(answer)
    found = [document["boolean"]] if "boolean" in document else document["results"]["bindings"]
    return Counter(json.dumps(row, sort_keys=True) for row in found)


class Client:
    """Asks over one connection from one address."""

    def __init__(self, url: str, address: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._connection = HTTPConnection(parts.hostname, parts.port, timeout=120, source_address=(address, 0))

    def ask(self, query: str, accept: str = JSON) -> tuple[int, bytes]:
        """Status and body."""
        self._connection.request("GET", f"/sparql?query={quote(query)}", headers={"Accept": accept})
        answer = self._connection.getresponse()
        return answer.status, answer.read()


@contextmanager
def ordinary_clients(url: str, asked: Sequence[Question], count: int) -> Iterator[Asked]:
    """Ordinary clients that ask one question after another until the block ends."""
    result, stop = Asked(), threading.Event()

    def work(number: int) -> None:
        client = Client(url, f"127.0.1.{number + 1}")
        for question in cycle(asked):
            if stop.is_set():
                return
            start = time.perf_counter()
            status, body = client.ask(question.text)
            seconds = time.perf_counter() - start
            if status != 200:
                result.refused += 1
            elif rows(body) != question.rows:
                result.wrong += 1
            else:
                result.seconds.append(seconds)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield result
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def attack(url: str, queries: Mapping[str, str], count: int, at_once: int, addresses: int) -> Counter[int]:
    """Send ``count`` endless queries, ``at_once`` at a time from a number of addresses; gives how they ended."""
    waiting, ended, lock = iter(list(zip(range(count), cycle(queries.values())))), Counter[int](), threading.Lock()

    def work(number: int) -> None:
        client = Client(url, f"127.0.2.{number % addresses + 1}")
        while True:
            with lock:
                turn = next(waiting, None)
            if turn is None:
                return
            status, _ = client.ask(turn[1], "*/*")
            with lock:
                ended[status] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@contextmanager
def watched_memory(pids: Callable[[], Sequence[int]]) -> Iterator[list[int]]:
    """Bytes of memory of all processes together, again and again until the block ends."""
    stop, seen = threading.Event(), [0]

    def work() -> None:
        while not stop.is_set():
            seen.append(sum(map(_memory, pids())))
            stop.wait(0.1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _memory(pid: int) -> int:
    """Memory of a process that is its own, in bytes; 0 when it has gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
