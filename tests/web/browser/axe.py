"""What axe-core finds on a page, as a test wants to know it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SEVERE = ("serious", "critical")


def severe_violations(page: Page, rules: list[str] = RULES) -> list[str]:
    """The serious and critical findings, each with its rule and the first places."""
    page.evaluate(AXE.read_text())  # the page's own policy forbids foreign scripts; this one comes from the test
    asked = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("asked => axe.run(document, asked)", asked)["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {'; '.join(node['html'][:120] for node in rule['nodes'][:3])}"
        for rule in found
        if rule["impact"] in SEVERE
    ]
