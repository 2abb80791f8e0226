"""Sites of a line that came out alike, so that a report shows their criteria once."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from covergraph.explain import Evidence, evidence
from covergraph.facts import Facts
from covergraph.model import Case, Outcome, Report
from covergraph.policy import Policy
from covergraph.render.sentences import WORDS, rule_text
from covergraph.render.tree import Node, criteria_tree
from covergraph.texts import Texts

LEVEL = re.compile(r"(/lines/\d+/levels)/\d+")
Found = Mapping[str, tuple[Evidence, ...]]
"""Evidence by the id of the leaf that it bears on."""


class Group(NamedTuple):
    """Sites of one line with equal outcome and equal criteria, apart from which level it is.

    ``line`` is the place of the line in the case, ``level`` its levels in words, ``where`` what tells the group from
    the others of the case; empty where there is no other.
    """

    line: int
    level: str
    where: str
    outcome: Outcome
    criteria: tuple[Node, ...]


def alike(case: Case, report: Report, policy: Policy, facts: Facts, texts: Texts) -> Iterator[Group]:
    """The groups of a report, line by line, each in the place of its first level."""
    sites = iter(facts.sites)
    for number, line in enumerate(report.lines):
        groups: list[tuple[Outcome, tuple[Node, ...], Found, list[str]]] = []
        for site_report in line.sites:
            site, outcome = next(sites), site_report.outcome
            found: Found = {leaf.id: evidence(case, site, leaf, policy) for leaf in policy.leaves}
            shown = _criteria(policy, outcome, _with_level(found, ""), texts)
            levels = next((g[3] for g in groups if g[0] == outcome and g[1] == shown), [])
            if not levels:
                groups.append((outcome, shown, found, levels))
            levels.append(site_report.level)
        for outcome, _, known, levels in groups:
            level = ", ".join(filter(None, levels))
            where = f"line {line.id} at {level}" if level and len(report.lines) > 1 else level or f"line {line.id}"
            is_only = len(groups) == 1 and len(report.lines) == 1
            told = _with_level(known, f"levels {level}") if len(levels) > 1 else known
            yield Group(number, level, "" if is_only else where, outcome, _criteria(policy, outcome, told, texts))


def _criteria(policy: Policy, outcome: Outcome, found: Found, texts: Texts) -> tuple[Node, ...]:
    """The criteria of a site; where a scope rule takes its line out of the policy, that rule alone."""
    scope = next((r.id for r in policy.scope_rules if r.id in outcome.decided_by), None)
    if scope is None:
        return criteria_tree(policy, outcome, found)
    rule, note = policy.provisions[scope], rule_text(policy, scope, texts)
    return (Node(scope, rule.label, rule.page, WORDS["met"], True, note=note, evidence=found.get(scope, ())),)


def _with_level(found: Found, text: str) -> Found:
    """The same evidence with other words for the level of the site."""

    def reworded(item: Evidence) -> Evidence:
        match = LEVEL.fullmatch(item.pointer)
        return Evidence(match[1], text) if match else item

    return {id: tuple(map(reworded, items)) for id, items in found.items()}
