"""The pages that a visitor comes to, each with a name."""

from __future__ import annotations

VERSION = "/policy/6.01.17/2025-10-15"

PLACES = {
    "home": "/",
    "policies": "/policies",
    "policy": "/policy/6.01.17",
    "version": VERSION,
    "statement": f"{VERSION}/II",
    "clause": f"{VERSION}/I.C.1.d.ii",
    "leaf": f"{VERSION}/I.C.1.d.ii.a",
    "section": f"{VERSION}/PG.II",
    "code": "/code/icd-10-cm/M80.08XA",
    "concept": "/concept/osteoporotic-compression-fracture",
    "device": "/device/kiva",
    "vocabulary": "/ont",
    "search": "/search?q=myelo",
    "search-code": "/search?q=m8008xa",
    "query": "/query",
    "answer": "/query?query=SELECT+%3Fs+%3Fp+%3Fo+WHERE+%7B+%3Fs+%3Fp+%3Fo+%7D+LIMIT+20",
    "question": "/query/code-lookup?code=M80.08XA",
    "chart": "/query/devices-by-year?year=2015&format=chart",
    "workbench": "/workbench",
    "check": "/check",
}
