"""Which policies the content has, which one is the default, and which version is in force on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from covergraph import terms
from covergraph.errors import ContentError
from covergraph.terms import cov

if TYPE_CHECKING:
    from covergraph.triples import Graph


def policy_versions(graph: Graph) -> dict[str, dict[date, str]]:
    """IRIs of the policy versions of the content, by policy number and effective date."""
    found: dict[str, dict[date, str]] = {}
    for iri in graph.instances("PolicyVersion"):
        policy, start = graph.value(iri, cov("versionOf")), graph.value(iri, cov("effectiveFrom"))
        number = policy and graph.value(policy, cov("policyNumber"))
        if not number or not start:
            raise ContentError("bad-version", iri, "It lacks a policy with a number, or an effective date.")
        found.setdefault(number, {})[date.fromisoformat(start)] = iri
    return found


def default_policy(graph: Graph) -> str:
    """Number of the policy that judges a case which names none."""
    versions = policy_versions(graph)
    marked = [n for p in graph.instances("Policy") if graph.value(p, cov("isDefault")) == "true"
              and (n := graph.value(p, cov("policyNumber"))) in versions]  # fmt: skip
    if len(marked) == 1 and marked[0]:
        return marked[0]
    if len(versions) == 1:
        return next(iter(versions))
    raise ContentError(
        "no-default", terms.BASE, "Several policies and none marked cov:isDefault.", "Name one in the case."
    )


def version_in_force(versions: Mapping[date, str], day: date) -> str:
    """IRI of the version in force on a day; before the first version, that one (its scope rule says so).

    >>> version_in_force({date(2025, 1, 1): "old", date(2026, 1, 1): "new"}, date(2025, 12, 31))
    'old'
    """
    started = [start for start in versions if start <= day]
    return versions[max(started) if started else min(versions)]
