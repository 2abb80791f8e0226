"""Finding the content: ontology, shapes and queries of one content folder, and what is read or worked out from them.

The content folder is, in this order: the argument, ``COVERGRAPH_HOME``, the checkout that this module stands in, and
the copy inside the installed wheel. What only some commands need (the store, pathlib) is imported when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeVar

from covergraph.cache import kept
from covergraph.digest import digest
from covergraph.errors import ContentError

if TYPE_CHECKING:
    from pathlib import Path

    from pyoxigraph import Store

    from covergraph.texts import Texts
    from covergraph.triples import Graph

T = TypeVar("T")
PARTS = ("ontology", "shapes")
"""Folders of the content that hold Turtle files."""


class Workspace:
    """A content folder and the store made from it."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = os.path.abspath(folder)

    @cached_property
    def root(self) -> Path:
        """The content folder."""
        from pathlib import Path

        return Path(self.folder)

    @cached_property
    def turtle_names(self) -> list[str]:
        """Every Turtle file of the content, relative to the folder, in a fixed order."""
        return _turtle_names(self.folder)

    @property
    def turtle_files(self) -> list[Path]:
        """Every Turtle file of the content, in a fixed order."""
        return [self.root / name for name in self.turtle_names]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all Turtle files and their names."""
        return _fingerprint(self.folder, self.turtle_names)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` works out from nothing but the content, kept on disk from one process to the next."""

        def is_unchanged() -> bool:
            return _fingerprint(self.folder, _turtle_names(self.folder)) == self.fingerprint

        return kept(f"{self.folder} {name}", self.fingerprint, make, is_unchanged)

    @cached_property
    def store(self) -> Store:
        """All content in one store; raises ContentError with file and line where a file cannot be parsed."""
        from covergraph.triples import load_store

        assert self.fingerprint  # taken before the files are loaded, so that nothing of other files is kept under it
        return load_store(self.root, self.turtle_names)

    @cached_property
    def graph(self) -> Graph:
        """Read access to the store."""
        from covergraph.triples import Graph

        return Graph(self.store)

    @cached_property
    def texts(self) -> Texts:
        """What readable reports look up, kept from one process to the next."""
        from covergraph.texts import read_texts

        return self.kept("texts", lambda: read_texts(self.graph))

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """The one prefix table, from ``ontology/prefixes.ttl``."""
        from covergraph.triples import declared_prefixes

        return declared_prefixes(self.graph)


def _turtle_names(folder: str) -> list[str]:
    names = [
        os.path.join(place, file)[len(folder) + 1 :].replace(os.sep, "/")
        for part in PARTS for place, _, files in os.walk(os.path.join(folder, part))
        for file in files if file.endswith(".ttl")
    ]  # fmt: skip
    return sorted(names, key=lambda name: name.split("/"))


def _fingerprint(folder: str, names: list[str]) -> str:
    parts = []
    for name in names:
        with open(os.path.join(folder, name), "rb", buffering=0) as file:
            parts += [name.encode(), file.read()]
    return digest(*parts).hex()


def find_root(root: str | Path | None = None) -> str:
    """The content folder; raises ContentError where a given one holds no content."""
    package = os.path.dirname(os.path.realpath(__file__))
    given = root or os.environ.get("COVERGRAPH_HOME")
    candidates = [os.fspath(given)] if given else [f"{package}/../..", f"{package}/_content"]
    for candidate in candidates:
        if os.path.isfile(os.path.join(candidate, "ontology", "core.ttl")):
            return os.path.realpath(candidate)
    raise ContentError(
        "no-content",
        candidates[0],
        "No content here: ontology/core.ttl is missing.",
        "Give a folder with ontology/, shapes/ and queries/, or unset COVERGRAPH_HOME.",
    )


@cache
def _opened(root: str) -> Workspace:
    return Workspace(root)


def open_workspace(root: str | Path | None = None) -> Workspace:
    """The workspace of a content folder, loaded once per process and folder."""
    return _opened(find_root(root))
