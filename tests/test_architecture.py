"""The structure that the design promises, read off the source files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "covergraph"
MODULES = sorted(SOURCE.rglob("*.py"))

# A module may import what stands before it, never what stands after it.
ORDER = [
    "errors", "terms", "logic", "memo", "model", "summary", "reporttext", "jsontext", "duration", "icd10cm", "digest",
    "cache", "triples", "texts", "workspace", "shapes", "shapereader", "statuses", "vocabulary", "concepts", "facts",
    "sites", "schema", "conforms", "case", "casegraph", "pathcode", "leaves", "compiler", "versions", "policy",
    "policyreader", "folding", "rules", "missing", "judged", "decide", "checks", "judge_compiled", "rdflibgraph",
    "factgraph", "judge_pyshacl", "judge", "swift", "swift.forms", "swift.factbits", "swift.levelbits", "swift.lines",
    "swift.reader", "swift.judge", "checker", "sparqltext", "batch.records", "batch", "batch.chunks", "batch.inputs",
    "batch.parquet", "batch.sources", "batch.fields", "batch.compression", "batch.tables", "batch.encoders",
    "batch.wire", "batch.sinks", "batch.journal", "batch.outputs", "batch.judging", "batch.stops", "batch.workers",
    "batch.run", "sparql", "queries", "quality", "reasoning", "wording", "explain", "render.plain",
    "render.sentences", "render.tree", "render.asks", "render.groups", "render.view", "render.text",
    "render.markdown", "render.html", "render.request", "render", "picture.text", "picture.canvas", "picture.marks",
    "picture.branches", "picture.boxes", "picture.tree", "picture.column", "picture.places", "picture.clearances",
    "picture.poster", "picture", "render.rdf", "reportforms", "render.nquads", "batch.rdf", "render.summary_view",
    "render.summary", "spark.worker", "spark", "spark.session", "spark.job", "api", "", "cli.given", "remote",
    "remote.endpoint", "remote.dataset", "remote.loading", "remote.asking", "web", "web.settings", "web.problems",
    "web.frames", "web.negotiation", "web.logs", "web.lock", "web.queryjob", "web.checkreport", "web.judgejob",
    "web.worker", "web.process", "web.turns", "web.pool", "web.answers", "web.queries", "web.remote",
    "web.description", "web.service", "web.protocol", "web.middleware", "web.connections", "web.sparql",
    "web.pages.links", "web.pages.site", "web.pages.errors", "web.pages.demands", "web.pages.book",
    "web.pages.clause", "web.pages.document", "web.pages.thing", "web.pages.turtle", "web.pages.things",
    "web.pages.search", "web.form", "web.form.sheet", "web.form.fields", "web.form.posted", "web.pages.styles",
    "web.pages.check", "web.pages.browse", "web.pages.results", "web.pages.query", "web.pages.workbench", "web.pages",
    "web.api.operation", "web.api.caching", "web.api.schemas", "web.api.health", "web.api.stream", "web.api.policies",
    "web.api.check", "web.api.questions", "web.api.table", "web.api.openapi", "web.api", "web.metrics",
    "web.resources", "web.app", "web.server", "cli.files", "cli.table", "cli.onecase", "cli.lane", "cli.endpoint",
    "cli.load", "cli.check", "cli.summary", "cli.spark", "cli.progress", "cli.batch", "cli.query", "cli.content",
    "cli.completion", "cli.commands", "cli.serve", "cli",
]  # fmt: skip


def _name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "covergraph":
            below = node.module.removeprefix("covergraph").removeprefix(".")
            for alias in node.names:
                deeper = f"{below}.{alias.name}".strip(".")
                found.add(deeper if deeper in ORDER else below)
    return found


def test_every_module_has_its_place_in_the_order() -> None:
    assert sorted(map(_name, MODULES)) == sorted(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_point_one_way(path: Path) -> None:
    place = ORDER.index(_name(path))
    assert {name for name in _imports(path) if ORDER.index(name) >= place} == set()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_iri_stands_outside_terms(path: Path) -> None:
    if _name(path) == "terms":
        return
    tree = ast.parse(path.read_text())
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in documentation
    ]
    assert [text for text in texts if re.search(r"https?://", text)] == []


def test_the_program_knows_no_policy() -> None:
    """Criteria, codes and words of a policy stand in content only, so that the next one needs no code."""
    words = re.compile(r"6\.01\.17|vertebr|kypho|sacropl|osteopor|\bI\.[ABC]\b|\bPG\.|\bPD\.", re.IGNORECASE)
    files = [*MODULES, *SOURCE.rglob("*.j2")]
    found = [f"{path.name}: {m.group()}" for path in files for m in words.finditer(path.read_text())]
    assert found == []
