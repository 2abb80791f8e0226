"""Queries that would never end, or take all memory, or overflow the engine's stack: each with what it does."""

from __future__ import annotations

ANY = "(<urn:none>|!<urn:none>)"
DIGITS = " ".join(map(str, range(10)))
NUMBERS = " ".join(f"VALUES ?v{n} {{ {DIGITS} }}" for n in range(12))
DOUBLINGS = " ".join(f"BIND(CONCAT(?s{n}, ?s{n}) AS ?s{n + 1})" for n in range(40))
ENDLESS = f"?a {ANY}* ?b . ?b {ANY}* ?c FILTER(STRLEN(STR(?c)) < 0)"

RUNAWAYS = {
    "cross product": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "cross product, counted": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "cross product, sorted": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i LIMIT 1",
    "cross product, distinct": "SELECT DISTINCT ?a ?d { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "cross product, constructed": "CONSTRUCT { ?a ?b ?i } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "cross product, concatenated": "SELECT (GROUP_CONCAT(?c) AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "deep paths": f"SELECT (COUNT(*) AS ?n) {{ ?a {ANY}* ?b . ?b {ANY}* ?c . ?c {ANY}* ?d }}",
    "values": f"SELECT (COUNT(*) AS ?n) {{ {NUMBERS} }}",
    "values, sorted": f"SELECT * {{ {NUMBERS} }} ORDER BY ?v3 ?v1 LIMIT 1",
    "text that doubles": f'SELECT (STRLEN(?s40) AS ?n) {{ BIND("0123456789" AS ?s0) {DOUBLINGS} }}',
    "regex on a cross product": (
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
        'FILTER REGEX(CONCAT(STR(?c), STR(?f), STR(?i)), "(x+x+)+y") }'
    ),
    "exists": f"ASK {{ FILTER EXISTS {{ {ENDLESS} }} }}",
    "not exists": f"ASK {{ FILTER NOT EXISTS {{ {ENDLESS} }} }}",
}
"""Queries that a time or memory limit, or the limit of an answer's size, has to end."""

CRASHES = {
    "negations": "ASK { FILTER(" + "!" * 30_000 + "true) }",
    "minus signs": "SELECT (" + "- " * 15_000 + "1 AS ?n) {}",
    "sums": "SELECT (" + "1+" * 25_000 + "1 AS ?n) {}",
    "conditions": "ASK { FILTER(" + "true||" * 9_000 + "true) }",
    "inverse paths": "ASK { ?a " + "^" * 30_000 + "<urn:p> ?b }",
    "path steps": "ASK { ?a " + "<urn:p>/" * 6_000 + "<urn:p> ?b }",
    "unions": "ASK { {} " + "UNION {} " * 6_000 + "}",
    "optionals": "ASK { " + "OPTIONAL {} " * 5_000 + "}",
    "triples": "ASK { " + "?a ?b ?c . " * 5_000 + "}",
    "parentheses": "ASK { FILTER(" + "(" * 20_000 + "true" + ")" * 20_000 + ") }",
    "groups": "ASK " + "{" * 20_000 + "}" * 20_000,
    "nested paths": "ASK { ?a " + "(" * 5_000 + "<urn:p>" + ")*" * 5_000 + " ?b }",
    "giant repetition": 'ASK { FILTER REGEX("a", "((((a{1000}){1000}){1000}){1000})") }',
    "unclosed quotes": "ASK { " + '""" ' * 15_000,
}
"""Queries that engines have died of; an answer is fine, so is a refusal, but nobody else may notice."""
