"""All pictures of one case: each by itself for pages, or together on one sheet for a file."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from covergraph.facts import Facts
from covergraph.model import Case, Report
from covergraph.picture.branches import Branch, branches
from covergraph.picture.canvas import Picture, group, write
from covergraph.picture.clearances import clearance_picture
from covergraph.picture.places import level_picture
from covergraph.picture.text import wrap
from covergraph.picture.tree import WIDTH, described, draw_legend, draw_tree, tree_picture
from covergraph.policy import Policy
from covergraph.render.groups import alike
from covergraph.render.view import ReportView, report_view
from covergraph.workspace import Workspace

EDGE, BETWEEN = 20.0, 28.0


@dataclass(frozen=True, slots=True)
class CasePictures:
    """``trees``: for each line one for each site of the report's view; None where a picture would say nothing."""

    trees: tuple[tuple[Picture, ...], ...]
    levels: Picture | None
    clearances: Picture | None


def case_pictures(case: Case, report: Report, policy: Policy, facts: Facts, content: Workspace) -> CasePictures:
    """The pictures of a case."""
    view = report_view(case, report, policy, facts, content.texts)
    trees = tuple(
        tuple(tree_picture(f"{line}. {site}", statements) for site, statements in sites)
        for line, sites in _sites(case, report, policy, facts, content, view)
    )
    return CasePictures(trees, *_others(case, report, policy, content))


def case_poster(case: Case, report: Report, policy: Policy, facts: Facts, content: Workspace) -> Picture:
    """One sheet with what was found, the criteria of every line and site, and the other pictures below."""
    view = report_view(case, report, policy, facts, content.texts)
    body = group(transform=f"translate({EDGE:g} {EDGE:g})")
    y = _lines(body, view.headline, 16.0, "heading", 20)
    y = _lines(body, view.request, y, "label", 16)
    told = [view.request]
    for line, sites in _sites(case, report, policy, facts, content, view):
        y = _lines(body, line, y + 14, "strong", 16)
        for site, statements in sites:
            y = _lines(body, site, y + 6, "strong", 16)
            y = draw_tree(body, statements, 0, y - 6) + BETWEEN / 2
            told += [f"{line}. {site}", described(statements)]
    draw_legend(body, y)
    for picture in _others(case, report, policy, content):
        if picture:
            y = _lines(body, picture.title, y + BETWEEN + 10, "strong", 16) - 4
            picture.body.set("transform", f"translate(0 {y:g})")
            body.append(picture.body)
            y += picture.height
            told += [picture.title + ".", picture.description]
    y = _lines(body, view.policy.sentence, y + BETWEEN, "note", 15)
    y = _lines(body, view.closing, y, "note", 15)
    return Picture(f"{view.case}: {view.headline}", " ".join(told), WIDTH + 2 * EDGE, y + 2 * EDGE - 15, body)


def _others(case: Case, report: Report, policy: Policy, content: Workspace) -> tuple[Picture | None, Picture | None]:
    products = [token for line in case.lines for token in (*line.devices, *line.cements)]
    cleared = any(
        token in policy.vocabulary.products and policy.vocabulary.products[token].cleared for token in products
    )
    return (
        level_picture(case, report, policy, content.graph),
        clearance_picture(policy.vocabulary, content.graph, case) if cleared else None,
    )


Sites = tuple[tuple[str, tuple[Branch, ...]], ...]


def _sites(
    case: Case, report: Report, policy: Policy, facts: Facts, content: Workspace, view: ReportView
) -> tuple[tuple[str, Sites], ...]:
    """Title of each line, with headline and criteria of each of its sites."""
    groups = iter(alike(case, report, policy, facts, content.texts))
    return tuple(
        (line.title, tuple((site.headline, branches(policy, next(groups).outcome)) for site in line.sites))
        for line in view.lines
    )


def _lines(parent: Element, text: str, y: float, kind: str, leading: float) -> float:
    """A paragraph from a baseline down; gives the next baseline."""
    size = 15 if kind == "heading" else 11.5
    for line in wrap(text, WIDTH, size, bold=kind != "label", most=6):
        write(parent, 0, y, line, kind)
        y += leading
    return y
