"""Comunica, the query engine of JavaScript programs, against the endpoint."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from covergraph.sparql import run
from covergraph.workspace import Workspace
from web.server import Server
from web.tools import needed

NODE = Path(__file__).parent / "node"
pytestmark = pytest.mark.web

PREFIX = "PREFIX cov: <https://w3id.org/covergraph/ont#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
QUERIES = {
    "table": PREFIX + "SELECT ?number { ?policy cov:policyNumber ?number } ORDER BY ?number",
    "join": PREFIX + "SELECT ?label { ?policy a cov:Policy ; rdfs:label ?label ; cov:policyNumber ?n } ORDER BY ?label",
    "optional": PREFIX + "SELECT ?c ?n { ?c a cov:Policy OPTIONAL { ?c cov:isDefault ?n } } ORDER BY ?c",
    "path": PREFIX + "SELECT ?s { ?s rdfs:subClassOf+ cov:Provision } ORDER BY ?s",
    "count": PREFIX + "SELECT (COUNT(?s) AS ?n) { ?s a cov:ClinicalConcept }",
    "yes": PREFIX + "ASK { ?policy a cov:Policy }",
    "no": PREFIX + "ASK { cov:none a cov:Policy }",
    "graph": PREFIX + "CONSTRUCT { ?p rdfs:label ?l } WHERE { ?p a cov:Policy ; rdfs:label ?l }",
}


def asked(how: str, url: str, *queries: str) -> list[Any]:
    command = [needed("node"), "comunica.mjs", how, url, *queries]
    said = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=300)
    assert said.returncode == 0, said.stderr
    return [json.loads(line) for line in said.stdout.splitlines()]


@pytest.mark.parametrize("how", ["found-out", "told"])
def test_comunica_gets_the_answers_of_the_command_line(how: str, server: Server, workspace: Workspace) -> None:
    answers = asked(how, f"{server.url}/sparql", *QUERIES.values())

    for query, answer in zip(QUERIES.values(), answers, strict=True):
        expected = run(workspace.store, query)
        if expected.kind == "ask":
            assert answer is expected.rows[0][0]
        elif expected.kind == "graph":
            assert sorted(answer) == sorted([str(term) for term in row] for row in expected.rows)
        else:
            named = [dict(zip(expected.variables, row, strict=True)) for row in expected.rows]
            plain = [{name: text(value) for name, value in row.items() if value is not None} for row in named]
            assert answer == plain


def text(value: Any) -> str:
    """A value as RDF writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
