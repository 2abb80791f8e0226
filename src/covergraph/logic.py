"""Three-valued logic: Kleene's strong connectives over met, undocumented and not met.

Values are small integers so that ALL is the least and ANY the greatest of its members, and so that over whole values
ALL is also their bitwise "and" and ANY their bitwise "or". A member that is not applicable is left out; where all are,
so is the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Value(IntEnum):
    """Value of a criterion at a site; apart from NOT_APPLICABLE in the order that Kleene's logic gives them."""

    NOT_MET = 0b00
    UNDOCUMENTED = 0b01
    NOT_APPLICABLE = 0b10
    MET = 0b11

    @property
    def token(self) -> str:
        """The value as reports spell it.

        >>> Value.NOT_MET.token
        'not-met'
        """
        return self.name.lower().replace("_", "-")


TOKENS = {int(value): value.token for value in Value}
"""Values as reports spell them."""


def every(members: Iterable[Value]) -> Value:
    """ALL: any not met gives not met, else any undocumented gives undocumented, else met.

    >>> every([Value.MET, Value.UNDOCUMENTED, Value.NOT_APPLICABLE])
    <Value.UNDOCUMENTED: 1>
    """
    return min((m for m in members if m is not Value.NOT_APPLICABLE), default=Value.NOT_APPLICABLE)


def some(members: Iterable[Value]) -> Value:
    """ANY: any met gives met, else any undocumented gives undocumented, else not met.

    >>> some([Value.NOT_MET, Value.UNDOCUMENTED])
    <Value.UNDOCUMENTED: 1>
    """
    return max((m for m in members if m is not Value.NOT_APPLICABLE), default=Value.NOT_APPLICABLE)


def leaf(shown: bool, ruled_out: bool) -> Value:
    """Value of a leaf from its two halves: what the record shows goes before what it rules out.

    >>> leaf(shown=False, ruled_out=False)
    <Value.UNDOCUMENTED: 1>
    """
    if shown:
        return Value.MET
    return Value.NOT_MET if ruled_out else Value.UNDOCUMENTED
