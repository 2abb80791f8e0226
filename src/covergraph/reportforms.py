"""The report on a case in any of its forms: what the command line and the service both write.

Everything heavy is imported by the form that needs it, because a report as JSON takes a millisecond to make.
"""

from typing import Any, Literal, cast

from covergraph.checker import Checker
from covergraph.jsontext import indented

FORMS = ["text", "json", "html", "markdown", "svg", "turtle", "jsonld"]


def report_in(form: str, document: Any, checker: Checker, *, color: bool = False, unicode: bool = True) -> str:
    """The report on a case given as parsed JSON, in one of FORMS; ``color`` and ``unicode`` matter to text only.

    Raises InputError where the case is not well-formed.
    """
    if form == "json":
        return indented(checker.check_swiftly(document).to_json()) + "\n"
    case = checker.read(document)
    judge = checker.judge_of(case)
    report, facts = judge.report_with_facts(case)
    if form in ("turtle", "jsonld"):
        from covergraph.render.rdf import render_rdf, report_graph

        graph = report_graph(case, report, judge.policy, facts, checker.workspace)
        return render_rdf(graph, cast("Literal['turtle', 'jsonld']", form))
    if form == "svg":
        from covergraph.picture import case_poster

        return case_poster(case, report, judge.policy, facts, checker.workspace).alone()
    from covergraph.render import Format, render

    texts = checker.workspace.texts
    return render(cast("Format", form), case, report, judge.policy, facts, texts, color=color, unicode=unicode)
