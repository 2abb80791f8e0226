"""The gate that content must pass: files, prefixes, queries, rules, shapes, policies.

The rules are content too (queries/quality/, shapes/quality/); each says its problem and its cure. What only a reasoner
sees is in ``reasoning``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, RdfFormat, Store, parse

from covergraph import terms
from covergraph.errors import ContentError, InputError
from covergraph.judge_compiled import CompiledJudge
from covergraph.policyreader import read_policy
from covergraph.queries import catalog
from covergraph.triples import Term
from covergraph.versions import policy_versions
from covergraph.workspace import Workspace

if TYPE_CHECKING:
    from rdflib import Graph

RULES = "queries/quality"
SHAPES = ("shapes/quality/", "shapes/case.ttl")
"""Shapes that pySHACL reads. Those of the policies are read by the compiler, which is stricter."""

_HEADER = re.compile(r"#\+ problem: (.+)\n#\+ cure: (.+)\n")
_PREFIX = re.compile(r"^\s*PREFIX\s+([\w-]*):\s*<([^>]*)>", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken rule: its name, what breaks it (an IRI or a file), the wrong value, the problem and the cure."""

    rule: str
    entity: str
    value: str
    problem: str
    cure: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A query that must give no row. Its columns are ``?entity`` and ``?value``."""

    name: str
    problem: str
    cure: str
    text: str


Progress = Callable[[str, int, int], None]
"""Told before each step: its name, how many are done, how many there are."""


def check_content(workspace: Workspace, progress: Progress | None = None) -> tuple[Violation, ...]:
    """Every broken rule of a content folder, in order; none where it passes.

    Files that do not parse are reported alone. Takes seconds: all is parsed twice and validated by pySHACL.
    """
    found: list[Violation] = []
    for done, (name, step) in enumerate(STEPS.items()):
        if progress:
            progress(name, done, len(STEPS))
        found += step(workspace)
        if found and name == "files":
            break
    return tuple(sorted(set(found)))


def check_files(workspace: Workspace) -> Iterator[Violation]:
    """Files that rdflib or Oxigraph cannot parse, or that they understand differently."""
    from rdflib import Graph

    broken = False
    for path in workspace.turtle_files:
        place = path.relative_to(workspace.root).as_posix()
        try:
            triples = set(parse(path=str(path), format=RdfFormat.TURTLE))
            same = len(triples) == len(Graph().parse(path, format="turtle"))
        except (SyntaxError, ValueError) as error:
            broken = True
            yield Violation("file-does-not-parse", place, _line(error), "This is not Turtle.", "Mend it at that place.")
            continue
        if not same:
            yield Violation("parsers-disagree", place, f"{len(triples)} triples in Oxigraph, not in rdflib",
                            "rdflib and Oxigraph read the file differently.", "Write it more plainly.")  # fmt: skip
    if not broken:
        yield from _as_violations("ontology/", lambda: workspace.store)


def check_prefixes(workspace: Workspace) -> Iterator[Violation]:
    """Prefixes that are not in the one table, or stand for another namespace than there.

    A file of a policy version may bind ``v`` to what its own provisions begin with.
    """
    versions = {iri + "/" for iri in workspace.graph.instances("PolicyVersion")}
    for path in (*workspace.turtle_files, *sorted((workspace.root / "queries").rglob("*.rq"))):
        for prefix, namespace in _prefixes(path):
            known = workspace.prefixes.get(prefix)
            if namespace == known or (prefix == "v" and path.suffix == ".ttl" and namespace in versions):
                continue
            yield Violation(
                "prefix-not-in-table", path.relative_to(workspace.root).as_posix(), f"{prefix}: <{namespace}>",
                f"The prefix stands for <{known}> in ontology/prefixes.ttl." if known else
                "The prefix is not in ontology/prefixes.ttl.",
                "Use the one of the table, or add it there.",
            )  # fmt: skip


def check_queries(workspace: Workspace) -> Iterator[Violation]:
    """Named questions whose header is not understood, and queries that do not parse."""
    yield from _as_violations("queries/catalog/", lambda: catalog(workspace.root))
    nothing = Store()
    for path in sorted((workspace.root / "queries").rglob("*.rq")):
        try:
            nothing.query(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            place = path.relative_to(workspace.root).as_posix()
            yield Violation(
                "query-does-not-parse", place, _line(error), "This is not SPARQL 1.1.", "Mend it at that place."
            )


def check_rules(workspace: Workspace) -> Iterator[Violation]:
    """What the queries of queries/quality/ find."""
    yield from broken_rules(workspace.store, read_rules(workspace.root))


def check_shapes(workspace: Workspace) -> Iterator[Violation]:
    """What the shapes of shapes/quality/ find, or that these shapes are themselves malformed."""
    from covergraph.rdflibgraph import rdflib_graph

    shapes = rdflib_graph(workspace, SHAPES[0])
    for part in SHAPES[1:]:
        shapes += rdflib_graph(workspace, part)
    yield from broken_shapes(rdflib_graph(workspace), shapes, meta=True)


def check_policies(workspace: Workspace) -> Iterator[Violation]:
    """Policy versions that could not judge a case."""
    yield from _as_violations("ontology/policies/", lambda: policy_versions(workspace.graph))
    for iri in workspace.graph.instances("PolicyVersion"):
        yield from _as_violations(iri, partial(_compile, workspace, iri))


STEPS: dict[str, Callable[[Workspace], Iterable[Violation]]] = {
    "files": check_files, "prefixes": check_prefixes, "queries": check_queries,
    "rules": check_rules, "shapes": check_shapes, "policies": check_policies,
}  # fmt: skip
"""The steps of the gate, in order."""


def read_rules(root: Path) -> tuple[Rule, ...]:
    """The rules of queries/quality/; raises ContentError for a file that does not say its problem and its cure."""
    rules = []
    for path in sorted((root / RULES).glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        header = _HEADER.match(text)
        if not header:
            raise ContentError("bad-rule", f"{path}:1", "A rule begins with '#+ problem: …' and '#+ cure: …'.")
        rules.append(Rule(path.stem, header[1], header[2], text))
    return tuple(rules)


def broken_rules(store: Store, rules: Iterable[Rule]) -> Iterator[Violation]:
    """What rules find in a store, over the union of its graphs."""
    for rule in rules:
        rows = store.query(rule.text, use_default_graph_as_union=True)
        assert isinstance(rows, QuerySolutions)
        for row in rows:
            value = "" if row["value"] is None else _text(row["value"])
            yield Violation(rule.name, _name(store, row["entity"]), value, rule.problem, rule.cure)


def broken_shapes(data: Graph, shapes: Graph, meta: bool = False) -> Iterator[Violation]:
    """What shapes find in a graph. A rule is named by the end of its IRI; its texts are its message and description.

    With ``meta`` the shapes themselves are checked by the shapes of SHACL first, which takes longer than the rest.
    """
    from pyshacl import validate
    from pyshacl.errors import ReportableRuntimeError
    from rdflib import Graph
    from rdflib.namespace import SH

    try:
        _, report, text = validate(data, shacl_graph=shapes, meta_shacl=meta, advanced=False, inplace=True)
    except ReportableRuntimeError as error:
        report, text = None, str(error)
    if not isinstance(report, Graph):
        yield Violation("bad-shape", SHAPES[0], _line(text), "The shapes are not SHACL.", "Mend them.")
        return
    for result in report.subjects(SH.resultSeverity):
        shape, value = report.value(result, SH.sourceShape), report.value(result, SH.value)
        yield Violation(
            rule=terms.local_name(str(shape)),
            entity=str(report.value(result, SH.focusNode)),
            value="" if value is None else str(value),
            problem=str(shapes.value(shape, SH.message) or report.value(result, SH.resultMessage)),
            cure=str(shapes.value(shape, SH.description) or ""),
        )


def _compile(workspace: Workspace, iri: str) -> CompiledJudge:
    return CompiledJudge(read_policy(workspace, iri), workspace)


def _as_violations(place: str, attempt: Callable[[], object]) -> Iterator[Violation]:
    """The error that an attempt ends in, as a violation; ``place`` is for those that do not say where."""
    try:
        attempt()
    except InputError as error:
        yield Violation(error.code, error.place, "", error.cause, error.cure)
    except (LookupError, ValueError) as error:
        yield Violation("cannot-be-read", place, _line(error), "A value is missing, or cannot be read.", "Give it.")


def _prefixes(path: Path) -> list[tuple[str, str]]:
    if path.suffix == ".rq":
        return _PREFIX.findall(path.read_text(encoding="utf-8"))
    parser = parse(path=str(path), format=RdfFormat.TURTLE)
    for _ in parser:
        pass
    return sorted(parser.prefixes.items())


def _line(error: object) -> str:
    """A parser's message, which may run over many lines, as one."""
    return " ".join(str(error).split())[:300]


def _name(store: Store, term: Term) -> str:
    """A term as text; a blank node by the nearest named thing that leads to it."""
    seen = set()
    while isinstance(term, BlankNode) and term not in seen:
        seen.add(term)
        above = next(iter(store.quads_for_pattern(None, None, term, None)), None)
        if above is not None:
            term = above.subject  # type: ignore[assignment]
    return _text(term)


def _text(term: Term) -> str:
    return term.value if isinstance(term, (NamedNode, Literal)) else "a blank node"
