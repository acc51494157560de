"""The trends stage, and what the report needs beyond its rows: alarms, and where a change lies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from voc.pipeline.context import Context
from voc.pipeline.labelling import RANDOM, standing_labels
from voc.ranges import Filling
from voc.report import alarms_of
from voc.results import NEW, NO_SIGNAL, STANDS, Alarm, WeekRow, Where
from voc.trends import (
    alarms,
    count_all,
    filling,
    located,
    oldest_remembered,
    tally_of,
    usable_errors,
    weekly,
    whole,
    withdrawn,
)
from voc.trends.correct import ErrorTable
from voc.weeks import Week, week_of

# A change of how trends are made makes them anew. 2: voc.trends.series.changes; 3: standardised by who was heard; 4:
# corrected by probabilities; 5: against the time of year.
_MADE_BY: Final = 5
MAX_LOCATED: Final = 3


def trends(context: Context) -> None:
    """Counts by ISO week and label, with corrected shares, intervals and tests of change."""
    fingerprint = trends_fingerprint(context)
    with context.clock.stage("trends") as row:
        if context.store.stage_fingerprint("trends", context.scope) != fingerprint:
            rows = counted_rows(context)
            context.store.save_trends(context.scope, fingerprint, rows)
        saved = context.store.trends(context.scope) or []
        row["documents"] = sum(r.documents for r in saved)
    context.result.summary["trends"] = {
        "week": context.week_name,
        "weeks": len(saved),
        "tests": saved[-1].tests if saved else 0,
        "rows": _rows(saved),
    }
    _tell(context, saved)


def trends_fingerprint(context: Context) -> str:
    """What the trends of this week are made of."""
    return context.fingerprint("trends", made_by=_MADE_BY)


def counted_rows(context: Context) -> list[WeekRow]:
    """The weeks up to the report's, counted from the documents as they are now."""
    labels, as_of, errors, audit = context.taxonomy.labels, context.as_of(), errors_of(context), audited(context)
    counts, zone = context.day_counts(probabilities=True), context.config.zone
    if context.week is None or as_of is None:
        return [whole(counts, labels=labels, errors=errors, audit=audit)]
    return weekly(counts, labels=labels, zone=zone, as_of=as_of, week=context.week, errors=errors, audit=audit)


def errors_of(context: Context) -> dict[str, ErrorTable]:
    """What is known of the classifier from before, of each label whose shares are corrected."""
    return usable_errors(context.classifier.errors)


def audited(context: Context) -> dict[str, dict[str, bool]]:
    """What people said of documents that were drawn at random, until the as-of day."""
    return {
        key: drawn
        for key, some in standing_labels(context).items()
        if (drawn := {one.label: bool(one.value) for one in some.values() if one.sample == RANDOM})
    }


def filled(context: Context, rows: list[WeekRow]) -> Filling | None:
    """How full the report's week is, by when the documents of earlier weeks were read in; None where that is not known,
    and for a part of the feedback."""
    as_of, week, options = context.as_of(), context.week, context.options
    if as_of is None or week is None or options.segment or options.since or options.until:
        return None
    day_of = lru_cache(maxsize=16384)(context.day)
    dated = ((day_of(time), dt.date.fromisoformat(arrived), count) for time, arrived, count in context.store.arrivals())
    known = ((day, arrived, count) for day, arrived, count in dated if day is not None and arrived <= as_of)
    return filling(known, week, as_of, [row.documents for row in rows])


def corrected_by(context: Context) -> dict[str, tuple[float, ...]]:
    """The same as plain numbers: found, missed, wrongly found, rightly left."""
    return {label: (t.tp, t.fn, t.fp, t.tn) for label, t in errors_of(context).items()}


def remembered(context: Context, rows: list[WeekRow]) -> list[Alarm]:
    """The alarms that the report of this week shows, the latest first: what the rows give, and what earlier reports
    told and the rows do not give any more."""
    if context.week is None or not rows:
        return []
    found = alarms(rows, context.week_name)
    gone = withdrawn(found, _told(context), oldest_remembered(context.week_name))
    return sorted([*found, *gone], key=lambda alarm: alarm.since, reverse=True)


def _told(context: Context) -> Iterator[Alarm]:
    """What the saved reports of this period told up to this week."""
    period = context.scope.removeprefix(context.week_name)
    for scope, _, told in context.store.told_alarms():
        week = scope.removesuffix(period)
        if week + period == scope and " " not in week and week <= context.week_name:
            yield from alarms_of(told)


def places(context: Context, rows: list[WeekRow], found: list[Alarm]) -> list[Where]:
    """Where the changes lie that have a signal in the report's week, the surest first, ``MAX_LOCATED`` at most; a new
    one goes before one that is known."""
    if not rows or rows[-1].week != context.week_name:
        return []
    now = [a for a in found if a.state in (NEW, STANDS) and a.last == context.week_name]
    now.sort(key=lambda a: (a.state != NEW, rows[-1].trends[a.series].p or 0.0))
    tallies = [t for a in now[:MAX_LOCATED] if (t := tally_of(a, rows))]
    if not tallies:
        return []
    zone = context.config.zone
    week_at = lru_cache(maxsize=16384)(lambda time: str(week_of(time, zone)) if time else None)
    weeks = [Week.parse(week) for t in tallies for week in (*t.now, *t.base)]
    count_all(tallies, context.recent_counts(min(weeks)), week_at)
    return [where for t in tallies if (where := located(t, rows[-1].corrections.get(t.series)))]


def _rows(rows: list[WeekRow]) -> list[dict[str, Any]]:
    return [
        {"week": r.week, "documents": r.documents, "customers": r.customers, "partial": r.partial, "tests": r.tests}
        | {label: {"n": c.n, "k": c.k, "share": c.share, "change": c.change} for label, c in r.cells.items()}
        | {"signals": {label: t.signal for label, t in r.trends.items() if t.signal != NO_SIGNAL}}
        for r in rows
    ]


def _tell(context: Context, rows: list[WeekRow]) -> None:
    say = context.result.say
    if not rows:
        say(f"{context.week_name}: no documents")
        return
    row = rows[-1]
    state = "the week is not complete: no test" if row.partial else f"{row.tests} series tested"
    say(f"{row.week}: {row.documents:,} documents, {state}")
    for label, cell in row.cells.items():
        trend = row.trends.get(label)
        signal = "" if trend is None or trend.signal == NO_SIGNAL else f", {trend.signal} (q {trend.q:.2g})"
        if not signal and label not in (*context.taxonomy.complaint_labels, "leave"):
            continue
        if cell.share is not None and cell.low is not None and cell.high is not None:
            change = "" if cell.change is None else f", {cell.change * 100:+.1f} points"
            share = f"{cell.share:.1%} ({cell.low:.1%}–{cell.high:.1%})"
            say(f"  {label}: {share}, {cell.k} of {cell.n}{change}{signal}")
