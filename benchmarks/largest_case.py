"""What the largest cases that the schema allows cost: `python benchmarks/largest_case.py`.

A case with every list at its maximum, and leaf values chosen to make the search for `missing` as long as it gets.
Each is printed as a multiple of the mean cost of the example cases, judged and printed in the same run.
"""

from __future__ import annotations

import json
import random
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from covergraph.batch import check_line
from covergraph.checker import Checker
from covergraph.decide import decide
from covergraph.logic import Value
from covergraph.policy import Policy
from covergraph.workspace import open_workspace

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "cases.ndjson"
STATUSES = {"all present": ["present"], "of every status": ["present", "absent", "unknown"]}


def largest(policy: Policy, statuses: list[str]) -> dict[str, Any]:
    """A case with as much of everything as the schema allows."""
    words = {field: list(tokens) for field, tokens in policy.vocabulary.values.items()}
    concepts = list(policy.vocabulary.concepts)
    note = "x" * 2000

    def word(field: str, place: int) -> str:
        return words[field][place % len(words[field])]

    return {
        "id": "largest", "product": word("product", 0), "serviceDate": "2026-03-02",
        "lines": [
            {"id": f"line-{n}", "technique": word("technique", n), "levels": words["level"][:30],
             "devices": [f"K{n:06}" for n in range(10)], "cements": [f"cement-{n}" for n in range(10)]}
            for n in range(50)
        ],
        "concurrentProcedures": [{"kind": word("procedure", n)} for n in range(50)],
        "diagnoses": [f"M{n:02}.{n}" for n in range(100)],
        "findings": [
            {"concept": concepts[n % len(concepts)], "status": statuses[n % len(statuses)],
             "levels": words["level"][n % 5 :], "durationDays": {"min": n % 90, "max": 90 + n}, "source": note}
            for n in range(500)
        ],
        "treatments": [
            {"kind": word("treatment", n), "weeks": n, "response": word("response", n), "reason": note, "source": note}
            for n in range(100)
        ],
        "documents": [{"kind": word("document", n), "date": "2026-01-01", "source": note} for n in range(100)],
    }  # fmt: skip


def cost(call: Callable[[], Any]) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def hardest_pattern(policy: Policy, climbs: int = 10, steps: int = 300) -> tuple[float, int]:
    """The longest that deciding a pattern of leaf values was found to take, in CPU seconds, and its sets."""
    chance, worst = random.Random(5), (0.0, 0)
    values = [Value.MET, Value.NOT_MET, Value.UNDOCUMENTED]
    for _ in range(climbs):
        pattern, dear = [Value.UNDOCUMENTED] * len(policy.leaves), 0.0
        for _ in range(steps):
            tried = pattern.copy()
            for _ in range(chance.choice([0, 1, 2, 4])):
                tried[chance.randrange(len(tried))] = chance.choice(values)
            start = time.process_time()
            outcome = decide(policy, bytes(tried), frozenset(), None, False)
            if (taken := time.process_time() - start) > dear:
                pattern, dear = tried, taken
                worst = max(worst, (taken, len(outcome.missing) + len(outcome.then)))
    return worst


def main() -> None:
    """Print what the largest cases cost."""
    checker = Checker(open_workspace())
    policy = checker.policy_at(checker.default_policy, date.max)
    lines = EXAMPLES.read_bytes().splitlines() * 40
    for line in lines:
        assert check_line(1, line, checker).text
    mean = cost(lambda: [check_line(1, line, checker).text for line in lines]) / len(lines)
    print(f"example cases: {mean * 1e3:.3f} ms each")
    for name, statuses in STATUSES.items():
        line = json.dumps(largest(policy, statuses)).encode()
        taken = cost(lambda line=line: check_line(1, line, checker).text)  # type: ignore[misc]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"largest case, findings {name}: {len(line) / 1e6:.1f} MB, {taken:.2f} s, "
              f"{taken / mean:,.0f} example cases, peak {peak:.0f} MB")  # fmt: skip
    taken, sets = hardest_pattern(policy)
    print(f"hardest pattern found: {taken * 1e3:.1f} ms, {sets} sets; a case has at most 1,500 patterns")


if __name__ == "__main__":
    main()
