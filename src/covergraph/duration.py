"""How long a symptom has lasted on the service date, in days and in calendar months."""

from __future__ import annotations

from datetime import date, timedelta

from covergraph.model import Bounds, Finding


def months_passed(onset: date, day: date) -> int:
    """Greatest n for which the onset lies before the day less n calendar months; 0 where there is none.

    The day less n months is the same day of that month, or its last day where the month is shorter.

    >>> months_passed(date(2026, 2, 28), date(2026, 8, 31)), months_passed(date(2026, 2, 27), date(2026, 8, 31))
    (5, 6)
    """
    months = (day.year - onset.year) * 12 + day.month - onset.month
    if onset.day >= day.day or _ends_month(onset):
        months -= 1
    return max(months, 0)


def _ends_month(day: date) -> bool:
    return day.day >= 28 and (day == date.max or (day + timedelta(1)).day == 1)


def days_and_months(finding: Finding, service_date: date) -> tuple[int | None, int | None, int | None]:
    """Least days, most days and calendar months passed of a finding; None where that is not known.

    Months are known only where the onset is, because a number of days does not tell them.
    """
    if finding.onset is not None:
        days = (service_date - finding.onset).days
        return days, days, months_passed(finding.onset, service_date)
    match finding.duration:
        case None:
            return None, None, None
        case Bounds(least, most):
            return least, most, None
        case days:
            return days, days, None
