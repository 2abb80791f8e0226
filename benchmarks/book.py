"""A payer's book of cases to measure with: as many as wanted, no two the same, always the same ones.

    python benchmarks/book.py 100000 > book.ndjson

Cases start from the clinical examples under tests/cases/. A book comes from practices, and a practice documents what
its forms ask for: so levels, dates, durations, codes, sources and ids differ from case to case, while which exclusions
were looked at differs from practice to practice. ``--unlike`` makes a book in which every case documents other things,
which no payer has; it shows what a case costs whose like was never seen.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from covergraph.checker import Checker
from covergraph.workspace import open_workspace

EXAMPLES = Path(__file__).resolve().parents[1] / "tests" / "cases"
PRACTICES = 50
FIRST_DAY = date(2025, 10, 1)

Json = dict[str, Any]


def book(size: int, seed: int = 1, unlike: bool = False) -> Iterator[bytes]:
    """Lines of NDJSON."""
    rng = random.Random(seed)
    checker = Checker(open_workspace())
    policy = checker.policy_at(checker.default_policy, date.max)
    concepts = policy.vocabulary.concepts
    asked = sorted(token for token, concept in concepts.items() if concept.iri in policy.asked_concepts)
    levels = list(policy.vocabulary.values["level"])[8:24]
    listed = sorted(policy.diagnosis_list)
    examples = [json.loads(path.read_text())["case"] for path in sorted((EXAMPLES / policy.number).rglob("*.json"))]

    def looked_at(case: Json, most: int) -> list[Json]:
        """Findings that somebody wrote down beside those of the case, and that do not contradict it."""
        told = [concepts[finding["concept"]] for finding in case.get("findings", ())]
        free = [
            token
            for token in asked
            if not any(concepts[token].iri in c.above or c.iri in concepts[token].above for c in told)
        ]
        statuses = rng.choices(["absent", "present", "unknown"], [90, 7, 3], k=most)
        return [
            {"concept": token, "status": status}
            for token, status in zip(rng.sample(free, min(most, len(free))), statuses, strict=False)
        ]

    habits = [[looked_at(example, rng.choice([0, 0, 2, 5, 12])) for example in examples] for _ in range(PRACTICES)]
    for number in range(size):
        which = rng.randrange(len(examples))
        case: Json = deepcopy(examples[which])
        practice = rng.choice(habits)
        more = looked_at(case, rng.choice([0, 2, 5, 12])) if unlike else practice[which]
        day = FIRST_DAY + timedelta(rng.randrange(280))
        moved: dict[str, str] = {}
        for place in (*case["lines"], *case.get("findings", ())):
            if "levels" in place:
                for level in place["levels"]:
                    moved.setdefault(level, level if rng.random() < 0.3 else rng.choice(levels))
                place["levels"] = list(dict.fromkeys(moved[level] for level in place["levels"]))
        case |= {"id": f"case-{number}", "serviceDate": day.isoformat()}
        case["findings"] = [*case.get("findings", ()), *map(dict, more)]
        for finding in case["findings"]:
            if "onset" in finding:
                finding["onset"] = (day - timedelta(rng.randrange(250))).isoformat()
            if isinstance(finding.get("durationDays"), int):
                finding["durationDays"] = rng.randrange(250)
            if rng.random() < 0.3:
                finding["source"] = f"progress note {rng.randrange(10_000)} of {day}"
        for treatment in case.get("treatments", ()):
            treatment["weeks"] = rng.choice([2, 4, 6, 8, 12])
        if rng.random() < 0.5:
            case["diagnoses"] = rng.sample(listed, rng.randrange(1, 4))
        yield json.dumps(case, separators=(",", ":")).encode() + b"\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=int, help="how many cases")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other cases  [default: 1]")
    parser.add_argument("--unlike", action="store_true", help="every case documents other things")
    given = parser.parse_args()
    sys.stdout.buffer.writelines(book(given.size, given.seed, given.unlike))
