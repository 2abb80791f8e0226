"""Cases over the whole schema, for hypothesis: every value list, every optional key, every status at every level.

Half of the choices fall on what interacts (few levels, few concepts of one criterion, near thresholds), because
uniformly random cases almost never agree on a level.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from covergraph.policy import Policy
from covergraph.vocabulary import Vocabulary

Json = dict[str, Any]
MAYBE_BLANK = st.sampled_from(["", "  ", "daily", "see note 3"])


def _some(keys: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(keys, optional=optional)


def near(policy: Policy, seeds: Sequence[Json]) -> st.SearchStrategy[Json]:
    """Cases near given ones: each field is the seed's own, or (rarely) a random one; lists may also grow or shrink."""

    def blend(seed: Json, other: Json, choice: Sequence[int]) -> Json:
        mixed = dict(seed)
        for key, chosen in zip((*LISTS, "lines", "product", "contractCovers"), choice, strict=True):
            own, new = seed.get(key), other.get(key)
            if key in LISTS:
                rows = [*(own or []), *(new or [])[:2]] if chosen == 1 else (own or [])[1:] if chosen == 2 else own
                rows = new if chosen == 3 else rows
                if rows is not None:
                    mixed[key] = list(dict.fromkeys(rows)) if key == "diagnoses" else rows
            elif chosen == 3 and new is not None:
                mixed[key] = new
        return mixed | {"policy": policy.number}

    choices = st.lists(st.sampled_from([0, 0, 0, 1, 1, 2, 3]), min_size=8, max_size=8)
    return st.builds(blend, st.sampled_from(seeds), _case_on(policy), choices).filter(_consistent)


LISTS = ("findings", "treatments", "documents", "concurrentProcedures", "diagnoses")


def _consistent(case: Json) -> bool:
    return all(f.get("onset", "") <= case["serviceDate"] for f in case.get("findings", []))


def _case_on(policy: Policy) -> st.SearchStrategy[Json]:
    return st.sampled_from([date(2026, 3, 2), date(2026, 8, 31)]).flatmap(lambda d: _case(policy, policy.vocabulary, d))


def cases(policy: Policy) -> st.SearchStrategy[Json]:
    """Well-formed cases of a policy's domain."""
    vocabulary = policy.vocabulary
    dates = st.sampled_from(
        [policy.version + timedelta(days=d) for d in (-400, -1, 0, 1, 30, 136, 258, 259, 300, 900)]
    ) | st.dates(date(2014, 1, 1), date(2031, 12, 31))
    return dates.flatmap(lambda day: _case(policy, vocabulary, day))


def _case(policy: Policy, vocabulary: Vocabulary, day: date) -> st.SearchStrategy[Json]:
    def token(field: str) -> st.SearchStrategy[str]:
        return st.sampled_from(list(vocabulary.values[field]))

    all_levels = list(vocabulary.values["level"])
    levels = st.sampled_from(all_levels[7:15] * 3 + all_levels) if all_levels else st.nothing()
    few_levels = st.lists(levels, min_size=1, max_size=4, unique=True)
    asked = sorted(i.rsplit("/", 1)[1] for i in policy.asked_concepts)
    concepts = st.sampled_from(asked * 2 + list(vocabulary.concepts))
    products = st.sampled_from([*vocabulary.products, "K999999", "K000000", "no such thing"])
    codes = st.sampled_from([*sorted(policy.code_list), "99213", "ZZZZZ"])
    days = st.sampled_from([0, 1, 41, 42, 43, 183, 184, 400]) | st.integers(0, 36525)
    bounds = st.one_of(
        st.fixed_dictionaries({"min": days}), st.fixed_dictionaries({"max": days}),
        st.tuples(days, days).map(lambda p: {"min": min(p), "max": max(p)}),
    )  # fmt: skip
    onset = st.sampled_from([0, 41, 42, 43, 180, 181, 182, 183, 184, 185, 900]).map(lambda d: (day - timedelta(d)).isoformat())
    line = _some(
        {"technique": token("technique"), **({"levels": few_levels} if all_levels else {})},
        {
            "intent": token("intent"), "code": codes, "units": st.integers(1, 5),
            "modifiers": st.lists(st.sampled_from(["RT", "59"]), max_size=2),
            "devices": st.lists(products, max_size=3, unique=True), "cements": st.lists(products, max_size=2, unique=True),
        },
    )  # fmt: skip
    base = {"concept": concepts, "status": st.sampled_from(["present", "present", "absent", "unknown"])}
    where = {"levels": few_levels} if all_levels else {}
    extra = {**where, "value": st.integers(0, 100) | st.floats(-1e6, 1e6), "source": MAYBE_BLANK}
    finding = st.one_of(
        _some(base, extra), _some({**base, "onset": onset}, extra), _some({**base, "durationDays": days | bounds}, extra)
    )
    treatment = _some(
        {"kind": token("treatment")},
        {
            "weeks": st.sampled_from([0, 3, 3.9, 4, 4.5, 12]), "frequency": MAYBE_BLANK, "response": token("response"),
            "contraindicated": st.booleans(), "reason": MAYBE_BLANK,
        },
    ) if vocabulary.values["treatment"] else st.nothing()  # fmt: skip
    document = _some(
        {"kind": token("document")},
        {"date": st.just(day.isoformat()), "interpreter": token("interpreter"), "discrepancy": token("discrepancy")},
    ) if vocabulary.values["document"] else st.nothing()  # fmt: skip
    procedure = _some({"kind": token("procedure")}, {"approach": token("approach"), "code": codes}) \
        if vocabulary.values["procedure"] else st.nothing()  # fmt: skip

    def listed(items: st.SearchStrategy[Json], most: int) -> dict[str, Any] | st.SearchStrategy[list[Json]]:
        return st.lists(items, max_size=most)

    optional: dict[str, Any] = {
        "contractCovers": st.sampled_from([True, True, True, False]),
        "diagnoses": st.lists(
            st.sampled_from(["M80.08XA", "M80.08", "C79.51", "S32.010A", "Z99.999", "C90.00", "M80.88XS"]), unique=True, max_size=4
        ),
        "findings": st.lists(finding, max_size=14),
    }
    if vocabulary.values["treatment"]:
        optional["treatments"] = listed(treatment, 5)
    if vocabulary.values["document"]:
        optional["documents"] = listed(document, 4)
    if vocabulary.values["procedure"]:
        optional["concurrentProcedures"] = listed(procedure, 3)
    return _some(
        {
            "id": st.just("generated"), "policy": st.just(policy.number), "serviceDate": st.just(day.isoformat()),
            "product": st.sampled_from(["commercial"] * 4 + list(vocabulary.values["product"])),
            "lines": st.lists(line, min_size=1, max_size=3).map(
                lambda lines: [{"id": str(n), **each} for n, each in enumerate(lines, 1)]
            ),
        },
        optional,
    )  # fmt: skip
