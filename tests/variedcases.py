"""Many cases near the examples, always the same ones: for runs that need thousands."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, timedelta
from random import Random
from typing import Any

from casefiles import read_boundaries, read_examples

BROKEN = (b'{"id" 1}', b'{"id": "twice", "id": "twice"}', b'{"id": "\xff"}', b'{"id": "empty"}', b"null")
"""Lines that are no well-formed case, each in its own way."""


def varied_lines(count: int, seed: int = 17) -> list[bytes]:
    """So many lines of JSON: a case each, but every 200th is broken."""
    random = Random(seed)
    bases = [*(e.document for e in read_examples().values()), *(b.document for b in read_boundaries())]
    return [
        BROKEN[number // 200 % len(BROKEN)]
        if number % 200 == 199
        else json.dumps(_varied(random.choice(bases), f"case-{number}", random)).encode()
        for number in range(count)
    ]


def _varied(base: dict[str, Any], id: str, random: Random) -> dict[str, Any]:
    """The case under another id, on another day, with some of its findings left out or turned round."""
    case = deepcopy(base) | {"id": id}
    day = date.fromisoformat(case["serviceDate"]) + timedelta(days=random.choice((0, 0, 1, 7)))
    case["serviceDate"] = day.isoformat()
    findings = [f for f in case.get("findings", []) if random.random() > 0.03]
    for finding in findings:
        if random.random() < 0.03:
            finding["status"] = random.choice(("present", "absent", "unknown"))
    return case | ({"findings": findings} if "findings" in case else {})
