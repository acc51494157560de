"""Which cases arise from documents that state leaving, and whether a driver moved since an action."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from voc.casework import CLOSED, Action, Case
from voc.results import NO_SIGNAL, WITHDRAWN, Alarm, WeekRow
from voc.taxonomy import COMPLAINT
from voc.weeks import Week

_MARK: Final = "c"  # a spreadsheet would take 1234567890 or 12345678e9 for a number
FRESH: Final = "new"
ID_DIGITS: Final = 10  # of a content key: two of a million cases share them with probability 0.4


@dataclass(frozen=True, slots=True)
class Leaving:
    """A document that states leaving and complains: ``day`` is an ISO date, "" where it has none; ``owner`` by the
    rules."""

    key: str
    customer: str | None
    day: str
    owner: str


def open_cases(leaving: Iterable[Leaving], known: Iterable[Case], customers: Mapping[str, str | None]) -> list[Case]:
    """Cases to save: new ones, and known ones with the documents that join them. ``customers``: of the documents of
    known cases, by key.

    A document joins its customer's latest case that is not closed; a customer who states it again after a case was
    closed has a new one. One that names no customer is a case by itself. The order of ``leaving`` does not matter.
    """
    cases = {c.id: c for c in known}
    taken = {key for c in cases.values() for key in c.keys}
    latest = {who: c.id for c in cases.values() for key in c.keys if (who := customers.get(key)) is not None}
    changed: dict[str, Case] = {}
    for one in sorted(leaving, key=lambda d: (d.day, d.key)):
        if one.key in taken:
            continue
        before = cases.get(latest.get(one.customer, "")) if one.customer is not None else None
        if before is not None and before.state not in CLOSED:
            case = replace(before, keys=(*before.keys, one.key))
        else:
            case = Case(_free(one.key, cases), (one.key,), one.day, one.owner)
        cases[case.id] = changed[case.id] = case
        if one.customer is not None:
            latest[one.customer] = case.id
    return list(changed.values())


def _free(key: str, cases: Collection[str]) -> str:
    digits = ID_DIGITS
    while _MARK + key[:digits] in cases and digits < len(key):
        digits += 1
    return _MARK + key[:digits]


@dataclass(frozen=True, slots=True)
class Moved:
    """The share of complaints of a driver in the week of an action (the last one before it that has a share, where it
    has none) and in the report's week, in 0..1; ``signal`` of a change that began after the action: none, up or down;
    new, where the action is of the report's week; None where that week was not tested."""

    before: float | None
    now: float | None
    signal: str | None


def moved(action: Action, rows: Sequence[WeekRow], alarms: Iterable[Alarm]) -> Moved:
    """Whether the driver of ``action`` moved since it was added, by ``rows`` (weeks in order, the report's last)."""
    series, week = f"{action.driver}.{COMPLAINT}", str(Week.of(dt.date.fromisoformat(action.added)))
    shares = [r.cells[series].share for r in rows if r.week <= week and series in r.cells]
    before = next((share for share in reversed(shares) if share is not None), None)
    last = rows[-1] if rows and series in rows[-1].cells else None
    if last is not None and last.week <= week:
        return Moved(None, last.cells[series].share, FRESH)
    trend = last.trends.get(series) if last else None
    if last is None or trend is None or trend.p is None:
        return Moved(before, last.cells[series].share if last else None, None)
    since = [a for a in alarms if a.series == series and a.since > week and a.state != WITHDRAWN]
    latest = max(since, key=lambda a: a.since, default=None)
    signal = NO_SIGNAL if latest is None else "up" if latest.up else "down"
    return Moved(before, last.cells[series].share, signal)
