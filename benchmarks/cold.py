"""What a whole process costs that checks one case, beside a bare interpreter and `import rdflib`, as ratios in one run.

    .venv/bin/python benchmarks/cold.py [rounds]

CPU time (user and system) of each process as the kernel counts it, the median of the rounds (default 21); within a
round each command runs once, so that what else the machine does weighs on all of them alike. Prints a table in
Markdown, then one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
CASE = str(ROOT / "examples" / "acute-fracture.json")
CHECK = [str(Path(sys.executable).with_name("covergraph")), "check", CASE]
COMMANDS = {
    "bare: python -c pass": [sys.executable, "-c", "pass"],
    "rdflib: python -c 'import rdflib'": [sys.executable, "-c", "import rdflib"],
    "text, nothing kept": CHECK,
    "text": CHECK,
    "json": [*CHECK, "--format", "json"],
}
BARE, RDFLIB, ANEW, TEXT, JSON = COMMANDS


def cpu(command: list[str], environment: dict[str, str]) -> float:
    """CPU milliseconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def measure(rounds: int, cache: str) -> dict[str, float]:
    """Median CPU milliseconds of each command."""
    # Bytecode is kept, as for everything installed; a machine may be set up not to keep it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["COVERGRAPH_CACHE"] = cache
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, command in COMMANDS.items():
            if name == ANEW:
                shutil.rmtree(cache, ignore_errors=True)
            spent = cpu(command, environment)
            if number:  # the first round writes bytecode
                times[name].append(spent)
    return {name: median(spent) for name, spent in times.items()}


def ratios(found: dict[str, float]) -> dict[str, float]:
    """The two ratios that are held."""
    return {"cold_text_vs_rdflib": found[TEXT] / found[RDFLIB], "cold_json_vs_bare": found[JSON] / found[BARE]}


def rows(found: dict[str, float]) -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield "| process | CPU ms | times bare | times rdflib |"
    yield "|---|---:|---:|---:|"
    for name, spent in found.items():
        yield f"| {name} | {spent:.1f} | {spent / found[BARE]:.2f} | {spent / found[RDFLIB]:.2f} |"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 21, f"{folder}/kept")
    print("\n".join(rows(found)))
    print(json.dumps({name: round(ratio, 3) for name, ratio in ratios(found).items()}))


if __name__ == "__main__":
    main()
