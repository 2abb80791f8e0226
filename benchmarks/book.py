"""A payer's book of cases, made up: seeded variations of the examples, as many as wanted, the same every time.

    python benchmarks/book.py 100000 > book.ndjson
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "cases.ndjson"
STATUSES = ("present", "absent", "unknown")
LEVELS = ("T7", "T10", "T11", "T12", "L1", "L2", "L3", "L4")


def book(size: int, seed: int = 1) -> Iterator[bytes]:
    """Lines of NDJSON: each an example in which some findings, durations, levels and documents are changed or missing."""
    draw = random.Random(seed)
    examples = [json.loads(line) for line in EXAMPLES.read_bytes().splitlines()]
    for number in range(size):
        yield json.dumps(_varied(draw.choice(examples), number, draw), separators=(",", ":")).encode() + b"\n"


def _varied(example: dict[str, Any], number: int, draw: random.Random) -> dict[str, Any]:
    moved = dict(zip(LEVELS, draw.sample(LEVELS, len(LEVELS)), strict=True))

    def vary(item: dict[str, Any]) -> dict[str, Any]:
        changed = dict(item)
        if "levels" in item:
            changed["levels"] = [moved.get(level, level) for level in item["levels"]]
        if "status" in item and draw.random() < 0.1:
            changed["status"] = draw.choice(STATUSES)
        if "durationDays" in item:
            changed["durationDays"] = draw.randrange(1, 120)
        if "weeks" in item:
            changed["weeks"] = draw.randrange(0, 9)
        return changed

    case = {key: [vary(i) if isinstance(i, dict) else i for i in value] if isinstance(value, list) else value
            for key, value in example.items()}  # fmt: skip
    for key in ("findings", "treatments", "documents"):
        if key in case:
            case[key] = [item for item in case[key] if draw.random() > 0.08]
    return case | {"id": f"{example['id']}-{number}"}


if __name__ == "__main__":
    sys.stdout.buffer.writelines(book(int(sys.argv[1])))
