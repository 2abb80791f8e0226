"""The short lane: a plain `covergraph check FILE`, read without click, which takes longer to import than a case takes.

Whatever is not plain goes the usual way, where click says what is wrong, if anything is. What is plain here means the
same there, because both ways end in ``onecase.check_case``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from covergraph.cli.onecase import Wanted

OPTIONS = {"--format": "format", "-f": "format", "--output": "output", "-o": "output", "--policy": "policy"}
"""Options with a value, each with what it sets."""


def plain_check(arguments: list[str]) -> Wanted | None:
    """What a plain command line asks for; None where it is not plain.

    >>> plain_check(["check", "case.json", "-f", "json"])[:4]
    ('case.json', 'json', '-', False)
    >>> plain_check(["check", "case.json", "--format", "jsno"])
    """
    home = os.environ.get("COVERGRAPH_HOME")
    if arguments[:1] != ["check"] or "_COVERGRAPH_COMPLETE" in os.environ or (home and not os.path.isdir(home)):
        return None
    from covergraph.cli.onecase import Wanted
    from covergraph.reportforms import FORMS

    given: dict[str, str] = {}
    strict = False
    rest = iter(arguments[1:])
    for argument in rest:
        if argument == "--strict":
            strict = True
            continue
        name, value = OPTIONS.get(argument, "case"), argument
        if name != "case":
            value = next(rest, "--")
        if name in given or (value.startswith("-") and value != "-"):
            return None
        given[name] = value
    if "case" not in given or given.get("format", "text") not in FORMS:
        return None
    return Wanted(given.pop("case"), strict=strict, **given)  # type: ignore[arg-type]
