"""Feeds: sources that are one but for the dates in their names, and whether one of them has stopped.

The rule: a feed's usual interval is the median distance between the weeks in which it has documents (three weeks at
least, else nothing is said). It is stale where its last document lies more than twice that interval before as-of.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from voc.pipeline.context import Context
from voc.weeks import local_date

_NUMBERS: Final = re.compile(r"\d+(?:[-_.:]?[TWQ]?\d+)*")
_LEAST_WEEKS: Final = 3
_TOO_LATE: Final = 2  # usual intervals


class Feed(NamedTuple):
    """``name`` with its numbers as ``*``; ``last`` is the local day of its last document, ``interval`` its usual
    distance in weeks, None where it has too few."""

    name: str
    last: dt.date
    interval: float | None
    stale: bool

    def __str__(self) -> str:
        every = f"{self.interval:g} weeks" if self.interval and self.interval > 1 else "week"
        return f"{self.name} is stale: its last document is of {self.last}, usually they come every {every}"


def feed_name(source: str) -> str:
    """``reviews-2026-W46.csv`` -> ``reviews-*.csv``: the same for every delivery of a feed."""
    return _NUMBERS.sub("*", source)


def last_days(context: Context) -> dict[str, dt.date]:
    """Source -> local day of its last document; sources without dated documents are left out."""
    found: dict[str, dt.date] = {}
    for name, day in _days(context):
        found[name] = max(day, found.get(name, day))
    return found


def feeds(context: Context) -> list[Feed]:
    """All feeds with dated documents, by name, judged against as-of."""
    days: dict[str, set[dt.date]] = defaultdict(set)
    as_of = context.as_of()
    for name, day in _days(context):
        if as_of is None or day <= as_of:
            days[feed_name(name)].add(day)
    return [_judged(name, found, as_of) for name, found in sorted(days.items())]


def stale_feeds(context: Context) -> list[Feed]:
    """Those that stopped."""
    return [feed for feed in feeds(context) if feed.stale]


def _days(context: Context) -> Iterator[tuple[str, dt.date]]:
    return ((name, local_date(time, context.config.zone)) for name, time in context.store.source_times())


def _judged(name: str, days: set[dt.date], as_of: dt.date | None) -> Feed:
    mondays = sorted({day - dt.timedelta(days=day.weekday()) for day in days})
    last = max(days)
    if len(mondays) < _LEAST_WEEKS:
        return Feed(name, last, None, stale=False)
    interval = float(median((later - earlier).days / 7 for earlier, later in pairwise(mondays)))
    stale = as_of is not None and (as_of - last).days > _TOO_LATE * interval * 7
    return Feed(name, last, interval, stale=stale)
