"""Whether a hundred endless queries, eight at a time, disturb those who ask ordinary questions meanwhile.

make bench-serving    Prints a table for each attack; exit code 1 where a bar is missed.

Everything is measured in one run against one service with its default limits: before the attack, during it, afterwards.
The service keeps no answers meanwhile, so that every question needs a worker.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from covergraph.web.settings import Settings  # noqa: E402
from covergraph.workspace import open_workspace  # noqa: E402
from web.load import Asked, attack, ordinary_clients, questions, watched_memory  # noqa: E402
from web.runaways import RUNAWAYS  # noqa: E402
from web.server import children_of  # noqa: E402

QUIET_SECONDS = 8
ORDINARY_CLIENTS = 2
RUNAWAY_QUERIES, AT_ONCE = 100, 8
ATTACKERS = {"one address": 1, "eight addresses": 8}

MOST_P99 = 10.0
"""How many times its undisturbed value the 99th percentile may be during the attack."""
MOST_AFTERWARDS = 2.0
"""The same for the median afterwards."""


def quiet(url: str) -> Asked:
    """What ordinary clients get while nobody else asks."""
    with ordinary_clients(url, QUESTIONS, ORDINARY_CLIENTS) as asked:
        time.sleep(QUIET_SECONDS)
    return asked


def row(name: str, asked: Asked, seconds: float) -> str:
    """One line of the table."""
    cells = [name, len(asked.seconds), asked.wrong, asked.refused, f"{len(asked.seconds) / seconds:.0f}/s"]
    cells += [f"{asked.percentile(share) * 1000:.0f} ms" for share in (0.5, 0.95, 0.99, 1)]
    return "| " + " | ".join(map(str, cells)) + " |"


def measure(url: str, pid: int, name: str, addresses: int) -> list[str]:
    """Print the table of one attack; gives the bars that were missed."""
    before = quiet(url)
    start = time.perf_counter()
    with (
        watched_memory(lambda: [pid, *children_of(pid)]) as memory,
        ordinary_clients(url, QUESTIONS, ORDINARY_CLIENTS) as during,
    ):
        ended = attack(url, RUNAWAYS, RUNAWAY_QUERIES, AT_ONCE, addresses)
    lasted = time.perf_counter() - start
    after = quiet(url)
    phases = {"before": (before, QUIET_SECONDS), "during": (during, lasted), "afterwards": (after, QUIET_SECONDS)}
    loaded = during.percentile(0.99) / before.percentile(0.99)
    afterwards = after.percentile(0.5) / before.percentile(0.5)

    print(f"\n{RUNAWAY_QUERIES} endless queries, {AT_ONCE} at a time from {name}: {dict(ended)} in {lasted:.0f} s.")
    print(f"Most memory of all processes together: {max(memory) / 2**20:,.0f} MB.\n")
    print("| ordinary questions | right | wrong | refused | rate | p50 | p95 | p99 | longest |\n" + "|---" * 9 + "|")
    for phase, (asked, seconds) in phases.items():
        print(row(phase, asked, seconds))
    print(f"\np99 during / before: {loaded:.1f} (bar {MOST_P99:g}); ", end="")
    print(f"median afterwards / before: {afterwards:.2f} (bar {MOST_AFTERWARDS:g})")

    bars = {
        "an ordinary question was refused": all(asked.refused == 0 for asked, _ in phases.values()),
        "an answer was wrong": all(asked.wrong == 0 for asked, _ in phases.values()),
        "an endless query ended otherwise than with 503 or 422": set(ended) <= {503, 422},
        "p99": loaded < MOST_P99,
        "slower afterwards": afterwards < MOST_AFTERWARDS,
        f"more memory than {MOST_MEMORY / 2**20:,.0f} MB": max(memory) < MOST_MEMORY,
    }
    return [f"{name}: {bar}" for bar, held in bars.items() if not held]


LIMITS = Settings()
MOST_MEMORY = (LIMITS.quick_workers + LIMITS.slow_workers + 1) * LIMITS.query_memory_mb * 2**20
"""Bytes: what queries may take that run at once, and as much again for everything else as one of them."""

QUESTIONS = questions(open_workspace(ROOT))

if __name__ == "__main__":
    command = [
        str(Path(sys.executable).with_name("covergraph")),
        "--content",
        str(ROOT),
        "serve",
        "--port",
        "0",
        "--cache-mb",
        "0",
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERGRAPH")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        assert server.stdout
        url = server.stdout.readline().split()[-1].rstrip("/")
        quiet(url)  # so that it has started when it is measured
        try:
            missed = [bar for name, count in ATTACKERS.items() for bar in measure(url, server.pid, name, count)]
        finally:
            server.send_signal(signal.SIGTERM)
    print("\nAll bars held." if not missed else "\nMissed: " + "; ".join(missed))
    sys.exit(bool(missed))
