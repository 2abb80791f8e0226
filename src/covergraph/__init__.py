"""Medical coverage policies as a knowledge graph: query them, check cases against them.

>>> from pathlib import Path
>>> import covergraph
>>> report = covergraph.check(Path("examples/acute-fracture.json"))
>>> report.determination
'medically-necessary'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from covergraph.api import catalog, check, graph, load_policy, ontology, query, store
    from covergraph.errors import ContentError, InputError
    from covergraph.model import Case, Report
    from covergraph.policy import Policy

__all__ = [
    "Case", "ContentError", "InputError", "Policy", "Report", "catalog", "check", "graph", "load_policy", "ontology",
    "query", "store",
]  # fmt: skip

_HOMES = {
    "covergraph.errors": ("ContentError", "InputError"),
    "covergraph.model": ("Case", "Report"),
    "covergraph.policy": ("Policy",),
    "covergraph.api": ("catalog", "check", "graph", "load_policy", "ontology", "query", "store"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing the package costs nothing."""
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
