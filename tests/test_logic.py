"""The three-valued logic, written out: Kleene's strong connectives, where what is not applicable is left out."""

from __future__ import annotations

from itertools import combinations_with_replacement, permutations, product

import pytest

from covergraph.logic import Value, every, leaf, some

VALUES = {"met": Value.MET, "not": Value.NOT_MET, "und": Value.UNDOCUMENTED, "n/a": Value.NOT_APPLICABLE}

ALL = """
      met  not  und  n/a
met   met  not  und  met
not   not  not  not  not
und   und  not  und  und
n/a   met  not  und  n/a
"""
ANY = """
      met  not  und  n/a
met   met  met  met  met
not   met  not  und  not
und   met  und  und  und
n/a   met  not  und  n/a
"""
ALL_OF_THREE = """
met met met = met
met met not = not
met met und = und
met met n/a = met
met not not = not
met not und = not
met not n/a = not
met und und = und
met und n/a = und
met n/a n/a = met
not not not = not
not not und = not
not not n/a = not
not und und = not
not und n/a = not
not n/a n/a = not
und und und = und
und und n/a = und
und n/a n/a = und
n/a n/a n/a = n/a
"""
ANY_OF_THREE = """
met met met = met
met met not = met
met met und = met
met met n/a = met
met not not = met
met not und = met
met not n/a = met
met und und = met
met und n/a = met
met n/a n/a = met
not not not = not
not not und = und
not not n/a = not
not und und = und
not und n/a = und
not n/a n/a = not
und und und = und
und und n/a = und
und n/a n/a = und
n/a n/a n/a = n/a
"""


def square(table: str) -> list[tuple[Value, Value, Value]]:
    """Rows of a table of two members: left, right, result."""
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return [
        (VALUES[left], VALUES[right], VALUES[v]) for left, *cells in rows for right, v in zip(head, cells, strict=True)
    ]


def triples(table: str) -> list[tuple[tuple[Value, ...], Value]]:
    """Rows of a table of three members, in whatever order, and the result."""
    rows = [line.split(" = ") for line in table.strip().splitlines()]
    return [(tuple(VALUES[v] for v in members.split()), VALUES[result]) for members, result in rows]


@pytest.mark.parametrize(("left", "right", "result"), square(ALL))
def test_all_of_two(left: Value, right: Value, result: Value) -> None:
    assert every([left, right]) is result


@pytest.mark.parametrize(("left", "right", "result"), square(ANY))
def test_any_of_two(left: Value, right: Value, result: Value) -> None:
    assert some([left, right]) is result


@pytest.mark.parametrize(("members", "result"), triples(ALL_OF_THREE))
def test_all_of_three_in_any_order(members: tuple[Value, ...], result: Value) -> None:
    assert {every(order) for order in permutations(members)} == {result}


@pytest.mark.parametrize(("members", "result"), triples(ANY_OF_THREE))
def test_any_of_three_in_any_order(members: tuple[Value, ...], result: Value) -> None:
    assert {some(order) for order in permutations(members)} == {result}


def test_the_tables_are_complete() -> None:
    for two in (ALL, ANY):
        assert {(left, right) for left, right, _ in square(two)} == set(product(Value, repeat=2))
    for three in (ALL_OF_THREE, ANY_OF_THREE):
        assert len(triples(three)) == len(list(combinations_with_replacement(Value, 3)))
        assert len({tuple(sorted(members)) for members, _ in triples(three)}) == len(triples(three))


def test_one_member_is_its_own_result() -> None:
    for value in Value:
        assert every([value]) is value
        assert some([value]) is value


def test_of_nothing_nothing_applies() -> None:
    assert every([]) is Value.NOT_APPLICABLE
    assert some([]) is Value.NOT_APPLICABLE


def test_all_and_any_are_dual() -> None:
    """Not all are met where any is refuted: turning every value round turns ALL into ANY."""
    turned = {Value.MET: Value.NOT_MET, Value.NOT_MET: Value.MET} | {
        v: v for v in (Value.UNDOCUMENTED, Value.NOT_APPLICABLE)
    }
    for members in product(Value, repeat=3):
        assert turned[every(members)] is some([turned[m] for m in members])


@pytest.mark.parametrize(
    ("shown", "ruled_out", "result"),
    [
        (True, False, Value.MET),
        (True, True, Value.MET),
        (False, True, Value.NOT_MET),
        (False, False, Value.UNDOCUMENTED),
    ],
)
def test_a_leaf_is_what_it_shows_before_what_it_rules_out(shown: bool, ruled_out: bool, result: Value) -> None:
    assert leaf(shown, ruled_out) is result


def test_values_are_spelled_as_in_reports() -> None:
    assert {value.token for value in Value} == {"met", "not-met", "undocumented", "not-applicable"}
