"""Signals over the weeks: told once as new, carried while they stand, and what became of them.

All of it follows from the rows, so that recounting gives the same; only what was withdrawn is known from what earlier
reports told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from voc.results import FADED, NEW, NO_SIGNAL, STANDS, STOOD, WITHDRAWN, Alarm, Cell, Trend, WeekRow
from voc.weeks import Week

REMEMBERED: Final = 26  # weeks for which an alarm is shown
# Tested weeks in a row without the signal after which it has faded: a shift by half is missed in about one week of
# three (simulate_trends.py: found in 63% within two), so that one week says little.
_SILENT: Final = 2


def alarms(rows: Sequence[WeekRow], week: str) -> list[Alarm]:
    """The alarms of the last ``REMEMBERED`` weeks up to ``week``, the last row's; the latest first, then in the order
    of the series.

    A series has at most one that stands. One whose baseline begins anew stood; one that is silent for ``_SILENT``
    tested weeks, or turns round, faded. A week that could not be tested changes nothing.
    """
    labels = list(rows[-1].cells) if rows else []
    found = [alarm for label in labels for alarm in _of_series(rows, label, week)]
    oldest = oldest_remembered(rows[-1].week) if found else ""
    kept = [a for a in found if a.last >= oldest]
    return sorted(kept, key=lambda a: (a.since, -labels.index(a.series)), reverse=True)


def withdrawn(now: Iterable[Alarm], told: Iterable[Alarm], oldest: str) -> list[Alarm]:
    """Those of ``told`` (by earlier reports, in their order) that no alarm of ``now`` goes on with, each once as it was
    told last; those that ended before ``oldest`` are passed over.

    An alarm goes on where one of the same series and side overlaps it or begins within ``_SILENT`` weeks of its end:
    restated counts may show it a week later.
    """
    given = list(now)
    last_told = {(a.since, a.series, a.up): a for a in told if a.state != WITHDRAWN and a.last >= oldest}
    gone = []
    for key in sorted(last_told):
        alarm = last_told[key]
        end = str(Week.parse(alarm.last).plus(_SILENT))
        same = (a for a in given if a.series == alarm.series and a.up == alarm.up)
        if not any(a.since <= end and alarm.since <= a.last for a in same):
            gone.append(replace(alarm, state=WITHDRAWN, begins=None))
    return gone


def oldest_remembered(week: str) -> str:
    """The first week whose alarms the report of ``week`` shows."""
    return str(Week.parse(week).plus(1 - REMEMBERED))


def _of_series(rows: Sequence[WeekRow], label: str, week: str) -> list[Alarm]:
    past: list[Alarm] = []
    now: Alarm | None = None
    silent, begins = 0, None
    for row in rows:
        trend = row.trends.get(label)
        if trend is None or trend.p is None:
            continue
        if trend.begins != begins and trend.begins is not None:
            past, now = _stood(past, now, trend.begins)
        begins = trend.begins
        if now is not None and trend.signal.endswith("_up" if now.up else "_down"):
            now, silent = replace(now, last=row.week, weeks=now.weeks + 1), 0
        elif trend.signal != NO_SIGNAL:
            past += [replace(now, state=FADED)] if now else []
            now, silent = _first(row.week, label, row.cells[label], trend), 0
        elif now is not None:
            silent += 1
            if silent == _SILENT:
                past, now = [*past, replace(now, state=FADED)], None
    if now is not None:
        past.append(replace(now, state=NEW if now.since == week else STANDS))
    return past


def _first(week: str, label: str, cell: Cell, trend: Trend) -> Alarm:
    return Alarm(label, trend.signal, week, week, 1, STANDS, cell.share, trend.baseline, trend.p, trend.q)


def _stood(past: list[Alarm], now: Alarm | None, begins: str) -> tuple[list[Alarm], Alarm | None]:
    """Marks the alarm that a new baseline confirms: the one that stands, else the last that covers its first week."""
    if now is not None and now.since <= begins:
        return [*past, replace(now, state=STOOD, begins=begins)], None
    for i in range(len(past) - 1, -1, -1):
        if past[i].since <= begins <= past[i].last and past[i].state == FADED:
            return [*past[:i], replace(past[i], state=STOOD, begins=begins), *past[i + 1 :]], now
    return past, now
