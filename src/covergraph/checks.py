"""Coding, product and diagnosis checks: remarks that change no determination.

What a code or a product stands for is data of the ontology; only the comparison is here.
"""

from __future__ import annotations

from collections.abc import Iterable

from covergraph.icd10cm import Index
from covergraph.model import Case, Line, Note
from covergraph.policy import Policy
from covergraph.vocabulary import ProcedureCode, Vocabulary


def billed_codes(case: Case) -> frozenset[str]:
    """Procedure codes of all lines and concurrent procedures of a case."""
    billed = (*(line.code for line in case.lines), *(p.code for p in case.concurrent_procedures))
    return frozenset(code for code in billed if code)


def check_line(line: Line, billed: frozenset[str], policy: Policy) -> tuple[Note, ...]:
    """Remarks on a line's code and products, in a fixed order; ``billed`` are the codes of the whole case."""
    return (*_check_code(line, billed, policy), *_check_products(line, policy.vocabulary))


def _check_code(line: Line, billed: frozenset[str], policy: Policy) -> list[Note]:
    if line.code is None:
        return []
    about = (("code", line.code),)
    code = policy.vocabulary.codes.get(line.code)
    if code is None or line.code not in policy.code_list:
        return [Note("code-not-in-policy", about)]
    vocabulary = policy.vocabulary
    primaries = {vocabulary.codes[c].iri for c in billed if c in vocabulary.codes}
    failed = {
        "code-technique-mismatch": vocabulary.iri("technique", line.technique) not in code.techniques,
        "code-level-mismatch": not _levels_fit(line, code, vocabulary),
        "units-level-mismatch": code.levels_per_unit is not None
        and line.units * code.levels_per_unit != len(line.levels),
        "addon-without-primary": bool(code.add_on_to) and code.add_on_to.isdisjoint(primaries),
    }
    return [Note(check, about) for check, fails in failed.items() if fails]


def _levels_fit(line: Line, code: ProcedureCode, vocabulary: Vocabulary) -> bool:
    levels = [vocabulary.iri("level", token) for token in line.levels]
    if not code.excluded_levels.isdisjoint(levels):
        return False
    checked = levels[:1] if code.first_level_only else levels
    return not code.regions or all(vocabulary.region_of[level] in code.regions for level in checked)


def _check_products(line: Line, vocabulary: Vocabulary) -> list[Note]:
    technique = vocabulary.iri("technique", line.technique)
    return [
        Note("device-technique-mismatch", (("device", token),))
        for token in line.devices
        if (product := vocabulary.products.get(token)) and product.techniques and technique not in product.techniques
    ]


def check_diagnoses(codes: Iterable[str], policy: Policy, index: Index) -> tuple[Note, ...]:
    """Remarks on diagnosis codes, in their order."""
    notes = []
    for code in codes:
        kind = index.kind(code)
        if kind == "unknown":
            notes.append(Note("diagnosis-unknown", (("code", code),)))
        elif kind == "heading":
            notes.append(Note("diagnosis-not-billable", (("code", code),)))
        elif code not in policy.diagnosis_list:
            notes.append(Note("diagnosis-not-listed", (("code", code),)))
    return tuple(notes)
