"""The sentences of a report: why a site was decided so, and what each remark says."""

from typing import NamedTuple

from covergraph import terms
from covergraph.model import Case, Line, Note, Outcome
from covergraph.policy import Policy
from covergraph.terms import cov
from covergraph.texts import Texts

WORDS = {"met": "met", "not-met": "not met", "undocumented": "not documented", "not-applicable": "not applicable"}
"""How a value is worded for readers."""
MARKS = {"met": "✓", "not met": "✗", "not documented": "?", "not applicable": "–"}
"""The mark beside a value; never without the word."""

REMARKS = {
    "code-not-in-policy": "Code {code} is not among the codes that the policy lists.",
    "code-technique-mismatch": "Code {code} does not stand for {technique}.",
    "code-level-mismatch": "Code {code} does not stand for {levels}.",
    "units-level-mismatch": "Code {code} is requested with units {units} for {levels}.",
    "addon-without-primary": "Code {code} is an add-on code, and no primary code that it goes with is in the case.",
    "device-technique-mismatch": "Device {device} does not serve {technique}.",
    "diagnosis-not-listed": "Diagnosis {code} is valid, but in none of the ranges that the policy lists.",
    "diagnosis-not-billable": "Diagnosis {code} is a heading, not a billable code; a more specific one is needed.",
    "diagnosis-unknown": "Diagnosis {code} is no ICD-10-CM code.",
    "conflicting-findings": "Findings on {concept} contradict each other.",
}
"""What each check of codes, products, diagnoses and findings says when it fails."""


class Remark(NamedTuple):
    """One sentence about a check or a rule that changes no determination."""

    id: str
    text: str
    page: int | None = None


def remark(note: Note, case: Case, line: Line | None, policy: Policy, texts: Texts) -> Remark:
    """A note in words: by its check, else by the advisory rule of that name, else just its name."""
    about = dict(note.about)
    vocabulary = policy.vocabulary
    filled = {key: ", ".join(value) if isinstance(value, tuple) else value for key, value in about.items()}
    if "concept" in filled:
        filled["concept"] = vocabulary.labels[vocabulary.iri("concept", filled["concept"])]
    if line is not None:
        filled["technique"] = vocabulary.labels[vocabulary.iri("technique", line.technique)]
        levels = ", ".join(line.levels) or "none"
        filled["levels"] = f"levels {levels}" if len(line.levels) > 1 else f"level {levels}"
        filled["units"] = str(line.units)
    if note.check in REMARKS:
        where = f"Line {line.id}: " if line is not None and len(case.lines) > 1 else ""
        return Remark(note.check, where + REMARKS[note.check].format_map(filled))
    rule = next((p for p in policy.provisions.values() if p.kind == "AdvisoryRule" and p.check == note.check), None)
    text = (texts.value(rule.iri, terms.DEFINITION) or rule.label) if rule else note.check
    if "code" in about:
        text += f" Code: {filled['code']}."
    if "lines" in about and len(case.lines) > 1:
        text += f" Lines: {filled['lines']}."
    return Remark(note.check, text)


def rule_text(policy: Policy, id: str, texts: Texts) -> str:
    """What a rule says, in the words of the content."""
    rule = policy.provisions[id]
    return texts.value(rule.iri, cov("paraphrase")) or texts.value(rule.iri, terms.DEFINITION) or rule.label


def wording(determination: str) -> str:
    """A determination as a sentence says it.

    >>> wording("not-medically-necessary")
    'not medically necessary'
    """
    return determination.replace("-", " ")


def reason(outcome: Outcome, policy: Policy, texts: Texts) -> str:
    """Why a site was decided so, as a sentence with the labels of what decided it."""
    ids = outcome.decided_by
    if scope := next((r.id for r in policy.scope_rules if r.id in ids), None):
        others = [texts.value(d, terms.LABEL) or d for d in texts.values(policy.provisions[scope].iri, cov("defersTo"))]
        governs = f", and {listed(others)} govern{'s' if len(others) == 1 else ''}" if others else ""
        return f"{name(policy, scope)} takes the line out of the policy{governs}."
    judged = [id for id in ids if id in outcome.criteria]
    if not judged:
        lacking = [d for d, value in outcome.documents if value not in ("met", "not-applicable")]
        return f"{_are(policy, lacking)} missing." if lacking else "What is documented decides nothing yet."
    value = outcome.criteria[judged[0]]
    if value != "undocumented":
        return f"{_are(policy, judged)} {WORDS[value]}."
    exclusions = {item for s in policy.statements if s.is_exclusion for item in s.items}
    return f"{_are(policy, judged)} {'neither shown nor ruled out' if exclusions.issuperset(judged) else 'still open'}."


def _are(policy: Policy, ids: list[str]) -> str:
    return f"{listed([name(policy, id) for id in ids], 4)} {'is' if len(ids) == 1 else 'are'}"


def name(policy: Policy, id: str) -> str:
    """A provision as a sentence names it: its id, and its label in brackets."""
    return f"{id} ({policy.provisions[id].label})"


def listed(names: list[str], most: int = 6) -> str:
    """Names joined as in a sentence; beyond ``most`` they are counted.

    >>> listed(["A", "B", "C"]), listed(["A", "B", "C", "D"], 2)
    ('A, B and C', 'A, B and 2 more')
    """
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
