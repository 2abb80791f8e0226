"""Items of a case in words, as the record would put them."""

from __future__ import annotations

from datetime import date

from covergraph.duration import days_and_months
from covergraph.model import ConcurrentProcedure, Document, Finding, Treatment
from covergraph.vocabulary import Vocabulary


def counted(number: float, unit: str) -> str:
    """A number with its unit.

    >>> counted(1, "day"), counted(2.5, "week")
    ('1 day', '2.5 weeks')
    """
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


def label(vocabulary: Vocabulary, field: str, token: str) -> str:
    """Label of a token of one of the fields of a case."""
    return vocabulary.labels[vocabulary.iri(field, token)]


def finding(item: Finding, service_date: date, vocabulary: Vocabulary, *, asks_duration: bool = False) -> str:
    """A finding: its concept, status, levels, duration and value; a duration that is asked for is missed aloud."""
    words = [f"{label(vocabulary, 'concept', item.concept)}: {item.status}"]
    words += [f"at {', '.join(item.levels)}"] if item.levels else []
    words += [lasted] if (lasted := duration(item, service_date)) else []
    words += ["duration not stated"] if asks_duration and not lasted and item.status == "present" else []
    words += [f"value {item.value:.10g}"] if item.value is not None else []
    return ", ".join(words)


def duration(item: Finding, service_date: date) -> str:
    """How long a symptom has lasted on the service date, as far as it is known.

    >>> duration(Finding("cough", "present", onset=date(2026, 1, 2)), date(2026, 1, 22))
    'onset 2026-01-02, 20 days'
    """
    least, most, _ = days_and_months(item, service_date)
    if least is None:
        return "" if most is None else f"at most {counted(most, 'day')}"
    if most is None:
        return f"at least {counted(least, 'day')}"
    days = counted(most, "day") if least == most else f"{least} to {counted(most, 'day')}"
    return f"onset {item.onset}, {days}" if item.onset else days


def treatment(item: Treatment, vocabulary: Vocabulary) -> str:
    """A course of treatment, or why there was none; what is not stated of it is said to be so."""
    kind = label(vocabulary, "treatment", item.kind)
    if item.contraindicated:
        reason = (item.reason or "").strip()
        return f"{kind}: contraindicated, {f'because of {reason}' if reason else 'reason not stated'}"
    if item.weeks == 0:
        return f"{kind}: not done"
    weeks = "weeks not stated" if item.weeks is None else counted(item.weeks, "week")
    frequency = (item.frequency or "").strip() or "frequency not stated"
    response = label(vocabulary, "response", item.response) if item.response else "response not stated"
    return f"{kind}: {weeks}, {frequency}, {response}"


def document(item: Document, vocabulary: Vocabulary) -> str:
    """A document: its kind, date, interpreter, and whether interpretations differ."""
    by = label(vocabulary, "interpreter", item.interpreter) if item.interpreter else "interpreter not stated"
    words = f"{label(vocabulary, 'document', item.kind)}: {item.date or 'date not stated'}, {by}"
    return words if item.discrepancy == "none" else f"{words}, {label(vocabulary, 'discrepancy', item.discrepancy)}"


def procedure(item: ConcurrentProcedure, vocabulary: Vocabulary) -> str:
    """A concurrent procedure and its approach."""
    approach = label(vocabulary, "approach", item.approach) if item.approach else "not stated"
    return f"concurrent {label(vocabulary, 'procedure', item.kind)}, approach {approach}"


def product(kind: str, token: str, service_date: date, vocabulary: Vocabulary) -> str:
    """A device or cement as the case names it, with its clearance as far as that is known."""
    known = vocabulary.products.get(token)
    if known is None:
        return f"{kind} {token}, not known here"
    if known.cleared is None:
        return f"{kind} {token}"
    late = ", after the service date" if known.cleared > service_date else ""
    return f"{kind} {token}, cleared {known.cleared}{late}"
