"""A report as one line of JSON, made of pieces that are remembered: outcomes repeat from site to site and case to case.

The line says what ``Report.to_json()`` says, with the keys in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from covergraph.logic import TOKENS
from covergraph.memo import Memo
from covergraph.model import Note, Report

Ids = tuple[str, ...]
AT_ONCE = 8
"""How many criteria are looked up at once: few enough that their values repeat."""


def dumps(value: object) -> str:
    """JSON without spaces, as every line has it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_texts: Memo[object, str] = Memo(dumps)
_notes: Memo[tuple[Note, ...], str] = Memo(lambda notes: dumps([note.to_json() for note in notes]))


class CriteriaText:
    """The values of a policy's labelled criteria as the members of a JSON object."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._parts = [
            (start, start + AT_ONCE, self._part(ids[start : start + AT_ONCE])) for start in range(0, len(ids), AT_ONCE)
        ]

    def _part(self, ids: Sequence[str]) -> Memo[bytes, str]:
        members = [{value: f'{dumps(id)}:{{"value":"{token}"}}' for value, token in TOKENS.items()} for id in ids]
        return Memo(lambda values: ",".join([of[value] for of, value in zip(members, values, strict=True)]))

    def __call__(self, values: bytes) -> str:
        """The members for the values of all criteria."""
        return ",".join([part[values[start:stop]] for start, stop, part in self._parts])


def outcome_text(
    determination: str, decided_by: Ids, holds: Ids, criteria: str, presumed_absent: Ids,
    missing: tuple[Ids, ...] = (), rule_out: Ids = (), then: tuple[Ids, ...] = (),
) -> str:  # fmt: skip
    """What a report says of a site apart from its level, as the members of a JSON object."""
    text = (
        f'"determination":"{determination}","decidedBy":{_texts[decided_by]},"holds":{_texts[holds]},'
        f'"criteria":{{{criteria}}},"presumedAbsent":{_texts[presumed_absent]},"missing":{_texts[missing]}'
    )
    if rule_out:
        text += f',"ruleOut":{{"exclusions":{_texts[rule_out]},"then":{_texts[then]}}}'
    return text


def report_line(report: Report) -> bytes:
    """The report as one line of JSON in UTF-8, without a line end."""
    lines = ",".join(
        [
            f'{{"id":{_texts[line.id]},"determination":"{line.determination}","sites":['
            + ",".join([f'{{"level":"{site.level}",{site.outcome.text}}}' for site in line.sites])
            + f'],"reimbursement":{_texts[line.reimbursement]},"coding":{_notes[line.coding]}}}'
            for line in report.lines
        ]
    )
    documentation = ",".join([f'{{"id":{_texts[id]},"value":"{value}"}}' for id, value in report.documentation])
    return (
        f'{{"case":"{report.case}","policy":{{"number":{_texts[report.policy_number]},"version":"{report.policy_version}"}},'
        f'"determination":"{report.determination}","mixed":{"true" if report.mixed else "false"},"lines":[{lines}],'
        f'"documentation":[{documentation}],"diagnoses":{_notes[report.diagnoses]},"advisories":{_notes[report.advisories]}}}'
    ).encode()
