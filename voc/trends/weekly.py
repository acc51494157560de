"""Shares by ISO week: one pass over the classified documents, empty weeks included."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from statistics import fmean
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from voc.results import Cell, DayCount, WeekRow
from voc.trends.intervals import wilson
from voc.weeks import Week, is_complete, week_of, weeks_between

MAX_WEEKS: Final = 104
BASELINE_WEEKS: Final = 12
ALL: Final = "all"


@dataclass(slots=True)
class _Tally:
    """What one week holds. Customers are kept as 64-bit hashes (8 bytes a document) and made distinct at the end."""

    documents: int = 0
    heard: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    customers: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, count: DayCount) -> None:
        self.documents += 1
        if count.heard:
            self.heard += 1
            self.labels.update(count.labels)
        if count.customer is not None:
            digest = hashlib.blake2b(count.customer.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            self.customers.append(int.from_bytes(digest))

    def distinct_customers(self) -> int | None:
        return int(np.unique(np.frombuffer(self.customers, dtype=np.uint64)).size) if self.customers else None


def weekly(
    counts: Iterable[DayCount], *, labels: Sequence[str], zone: ZoneInfo, as_of: date, week: Week | None = None
) -> list[WeekRow]:
    """One row for each ISO week from the first with data up to ``week`` (None: the last with data), the last 104.

    n is the documents of the week with customer text to classify, k those that carry the label. ``change`` is the
    share minus the mean
    share of up to 12 earlier complete weeks with data (those before the 104 count too); it is None, and ``baseline``
    0, for a week that is partial, empty or has no such week before it. Documents without a time are passed over; so
    are those after ``week``. The order of ``counts`` does not matter. No row where there is no data up to ``week``.
    """
    tallies = _by_week(counts, zone)
    with_data = sorted(w for w in tallies if week is None or w <= week)
    if not with_data:
        return []
    last = with_data[-1] if week is None else week
    complete = [w for w in with_data if is_complete(w, as_of) and tallies[w].heard]
    rows = []
    for w in weeks_between(with_data[0], last)[-MAX_WEEKS:]:
        tally, partial = tallies.get(w, _Tally()), not is_complete(w, as_of)
        before = bisect_left(complete, w)
        # A partial week is not comparable, and an empty one has nothing to compare.
        usable = [] if partial or not tally.heard else complete[max(0, before - BASELINE_WEEKS) : before]
        rows.append(_row(str(w), tally, labels, partial, [tallies[b] for b in usable]))
    return rows


def whole(counts: Iterable[DayCount], *, labels: Sequence[str]) -> WeekRow:
    """All of ``counts``, dated or not, as one row named "all": for a store in which nothing is dated."""
    tally = _Tally()
    for count in counts:
        tally.add(count)
    return _row(ALL, tally, labels, False, [])


def last_complete_week(counts: Iterable[DayCount], *, zone: ZoneInfo, as_of: date) -> Week | None:
    """The last complete week with data; where none is complete the last with data; None where nothing is dated."""
    week_at = _week_reader(zone)
    with_data = {week_at(count.time) for count in counts if count.time}
    complete = {w for w in with_data if is_complete(w, as_of)}
    return max(complete or with_data, default=None)


def _by_week(counts: Iterable[DayCount], zone: ZoneInfo) -> Mapping[Week, _Tally]:
    week_at, tallies = _week_reader(zone), dict[Week, _Tally]()
    for count in counts:
        if count.time:
            tallies.setdefault(week_at(count.time), _Tally()).add(count)
    return tallies


def _week_reader(zone: ZoneInfo) -> Callable[[str], Week]:
    # A million documents share some thousand dates.
    return lru_cache(maxsize=16384)(lambda time: week_of(time, zone))


def _row(name: str, tally: _Tally, labels: Sequence[str], partial: bool, baseline: Sequence[_Tally]) -> WeekRow:
    cells = {label: _cell(label, tally, baseline) for label in labels}
    return WeekRow(name, tally.documents, tally.distinct_customers(), partial, len(baseline), cells)


def _cell(label: str, tally: _Tally, baseline: Sequence[_Tally]) -> Cell:
    n, k = tally.heard, tally.labels[label]
    if not n:
        return Cell(0, 0, None, None, None, None, None)
    share, (low, high) = k / n, wilson(k, n)
    change = share - fmean(b.labels[label] / b.heard for b in baseline) if baseline else None
    return Cell(n, k, share, share, low, high, change)
