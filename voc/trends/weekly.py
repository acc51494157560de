"""Shares by ISO week: one pass over the classified documents, empty weeks included; every complete week is tested."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from voc.results import FEW_DOCUMENTS, FEW_WEEKS, NOTHING_HEARD, PARTIAL_WEEK, Cell, DayCount, Trend, WeekRow
from voc.trends.change import BASELINE_WEEKS, DISPERSION_WEEKS, SHIFT_WINDOWS
from voc.trends.correct import ErrorTable
from voc.trends.limits import band
from voc.trends.scale import Scale
from voc.trends.series import SIGNALS, Changes, changes
from voc.trends.standard import Stratum, strata_of
from voc.trends.stream import NO_AUDIT, Audit, Stream
from voc.weeks import Week, is_complete, week_of, weeks_between

Floats = npt.NDArray[np.float64]
Errors = Mapping[str, ErrorTable]

MAX_WEEKS: Final = 104
# Weeks that are tested: what is said of the last MAX_WEEKS is the same in the next report, when these move on by one
# (beyond these eight years nearly: what the time of year adds is learned from all of them).
_TESTED_WEEKS: Final = 4 * MAX_WEEKS
ALL: Final = "all"
_SURE: Final = 1e-6  # a share that a baseline has not, for all that its mix may make of it
NO_ERRORS: Final[Errors] = {}


@dataclass(slots=True)
class WeekTally:
    """What one week holds. Customers are kept as 64-bit hashes (8 bytes a document) and made distinct at the end; those
    of a label likewise, under its name."""

    documents: int = 0
    heard: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    strata: dict[Stratum, Counter[str]] = field(default_factory=dict)
    customers: dict[str, array[int]] = field(default_factory=dict)

    def add(self, count: DayCount) -> None:
        """Counts one document."""
        self.documents += 1
        if count.heard:
            self.heard += 1
            self.labels.update(count.labels)
            stratum = self.strata.setdefault((count.channel, count.language, count.product), Counter())
            stratum[""] += 1
            stratum.update(count.labels)
        if count.customer is not None:
            digest = hashlib.blake2b(count.customer.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            for name in (ALL, *(count.labels if count.heard else ())):
                self.customers.setdefault(name, array("Q")).append(int.from_bytes(digest))

    def distinct_customers(self, label: str = ALL) -> int | None:
        """How many known customers there are; None where no document names one."""
        if ALL not in self.customers:
            return None
        return int(np.unique(np.frombuffer(self.customers.get(label, array("Q")), dtype=np.uint64)).size)


def weekly(
    counts: Iterable[DayCount],
    *,
    labels: Sequence[str],
    zone: ZoneInfo,
    as_of: date,
    week: Week | None = None,
    errors: Errors = NO_ERRORS,
    audit: Audit = NO_AUDIT,
) -> list[WeekRow]:
    """One row for each ISO week from the first with data up to ``week`` (None: the last with data), the last 104.

    n is the documents of the week with customer text to classify, k those that carry the label. ``errors``: for each
    label a usable table of what is known of the classifier; with it, by the probabilities of the last
    ``DISPERSION_WEEKS`` weeks, and by what an ``audit`` said of documents drawn at random, the shares of all rows are
    corrected (``Stream``). A label without it, and any where no probabilities came, keeps k / n. Every series of every
    complete week is tested by ``changes``; a week that is partial, empty or has no week before it has no ``change``.
    Documents without a time are passed over; so are those after ``week``. The order of ``counts`` does not matter. No
    row where there is no data up to ``week``.
    """
    stream = Stream(labels, audit)
    tallies = _by_week(counts, zone, stream, week)
    with_data = sorted(w for w in tallies if week is None or w <= week)
    if not with_data:
        return []
    weeks = weeks_between(with_data[0], with_data[-1] if week is None else week)[-_TESTED_WEEKS:]
    rows = [tallies.get(w, WeekTally()) for w in weeks]
    complete = sum(is_complete(w, as_of) for w in weeks)  # the first ones
    n = np.array([[t.heard for t in rows]] * len(labels), dtype=np.float64)
    k = np.array([[t.labels[label] for t in rows] for label in labels], dtype=np.float64)
    strata = strata_of([t.strata for t in rows[:complete]], labels)
    found = changes(k[:, :complete], n[:, :complete], strata, weeks[0])
    corrections = stream.corrections(errors)
    scales = [Scale(corrections.get(label)) for label in labels]
    cells = {label: _cells(k[i], n[i], found.level[i], scales[i]) for i, label in enumerate(labels)}
    trends = {label: _trends(found, i, weeks, rows, label, scales[i]) for i, label in enumerate(labels)}
    return [
        WeekRow(
            str(weeks[j]),
            rows[j].documents,
            rows[j].distinct_customers(),
            j >= complete,
            _compared(found, n, j),
            {label: cells[label][j] for label in labels},
            {label: trends[label][j] for label in labels},
            corrections if j == len(weeks) - 1 else {},
        )
        for j in range(max(0, len(weeks) - MAX_WEEKS), len(weeks))
    ]


def whole(
    counts: Iterable[DayCount], *, labels: Sequence[str], errors: Errors = NO_ERRORS, audit: Audit = NO_AUDIT
) -> WeekRow:
    """All of ``counts``, dated or not, as one row named "all": for a store in which nothing is dated."""
    tally, stream = WeekTally(), Stream(labels, audit)
    for count in counts:
        tally.add(count)
        stream.add(count)
    corrections, cells, n = stream.corrections(errors), {}, np.array([float(tally.heard)])
    for label in labels:
        k = np.array([float(tally.labels[label])])
        cells[label] = _cells(k, n, np.zeros(0), Scale(corrections.get(label)))[0]
    return WeekRow(ALL, tally.documents, tally.distinct_customers(), False, 0, cells, corrections=corrections)


class Timed(Protocol):
    """What has a time of ISO 8601."""

    @property
    def time(self) -> str | None:
        """Of a document, or what many have in common; None where it is not known."""


def last_complete_week(counts: Iterable[Timed], *, zone: ZoneInfo, as_of: date) -> Week | None:
    """The last complete week with data; where none is complete the last with data; None where nothing is dated."""
    week_at = _week_reader(zone)
    with_data = {week_at(count.time) for count in counts if count.time}
    complete = {w for w in with_data if is_complete(w, as_of)}
    return max(complete or with_data, default=None)


def _by_week(counts: Iterable[DayCount], zone: ZoneInfo, stream: Stream, last: Week | None) -> dict[Week, WeekTally]:
    """Tallies by week; ``stream`` takes in the documents of the weeks up to ``last``, the latest ones."""
    week_at, tallies = _week_reader(zone), dict[Week, WeekTally]()
    first = last.plus(1 - DISPERSION_WEEKS) if last else None
    for count in counts:
        if count.time:
            week = week_at(count.time)
            tallies.setdefault(week, WeekTally()).add(count)
            if last is None or first is None or first <= week <= last:
                stream.add(count)
    return tallies


def _week_reader(zone: ZoneInfo) -> Callable[[str], Week]:
    # A million documents share some thousand dates.
    return lru_cache(maxsize=16384)(lambda time: week_of(time, zone))


def _cells(k: Floats, n: Floats, level: Floats, scale: Scale) -> list[Cell]:
    """One cell a week; ``level``: the raw baseline of the weeks that are complete."""
    baseline = np.concatenate([scale.of(level), np.full(len(n) - len(level), np.nan)])
    cells = []
    for j, (share, low, high) in enumerate(scale.shares(k, n)):
        raw = k[j] / n[j] if n[j] else np.nan
        change = share - baseline[j] if n[j] else np.nan
        cells.append(Cell(int(n[j]), int(k[j]), *map(_number, (raw, share, low, high, change))))
    return cells


def _compared(found: Changes, n: Floats, j: int) -> int:
    """Weeks that the changes of week ``j`` refer to."""
    return int(found.weeks[:, j].max()) if j < found.weeks.shape[1] and n[:, j].any() else 0


def _trends(
    found: Changes, i: int, weeks: Sequence[Week], rows: Sequence[WeekTally], label: str, scale: Scale
) -> list[Trend]:
    complete, n = found.p.shape[1], np.array([float(t.heard) for t in rows])
    low, high = band(n[:complete], np.clip(found.baseline[i] + found.mix[i], _SURE, 1 - _SURE), found.spread[i])
    shown = zip(*(scale.of(part).tolist() for part in (found.level[i], low, high)), strict=True)
    trends = [
        Trend(
            baseline=_number(edges[0]),
            raw_baseline=_number(found.level[i, j]),
            low=_number(edges[1]),
            high=_number(edges[2]),
            weeks=int(found.weeks[i, j]) if n[j] else 0,
            begins=str(weeks[found.begin[i, j]]) if found.begin[i, j] else None,
            p=_number(found.p[i, j]),
            q=_number(found.q[i, j]),
            signal=_signal(found, i, j, rows[j].labels[label] / n[j] if n[j] else np.nan),
            reason=_reason(found, i, j, n[j]),
            customers=rows[j].distinct_customers(label),
            like=_like(found, i, weeks, n) if j == len(rows) - 1 else (),
            mix=_added(found.level[i, j], found.mix[i, j], scale) if n[j] else None,
            season=_added(found.level[i, j] - found.season[i, j], found.season[i, j], scale) if n[j] else None,
        )
        for j, edges in enumerate(shown)
    ]
    return trends + [
        Trend(None, None, None, None, 0, None, None, None, SIGNALS[0], PARTIAL_WEEK, t.distinct_customers(label))
        for t in rows[complete:]
    ]


def _signal(found: Changes, i: int, j: int, share: float) -> str:
    """The signal of a week; none where its own share lies on the other side of the baseline, or of what its mix makes
    of that. What passed then is a window that still holds an outlying week of before."""
    signal = SIGNALS[found.signal[i, j]]
    ends = (found.level[i, j], found.level[i, j] + found.mix[i, j])
    return SIGNALS[0] if (share <= max(ends) if signal.endswith("_up") else share >= min(ends)) else signal


def _added(level: float, offset: float, scale: Scale) -> float | None:
    """What ``offset`` adds to a raw share, on the scale of the shares; None where nothing is compared."""
    if np.isnan(level):
        return None
    before, after = scale.of(np.array([level, min(max(level + offset, 0.0), 1.0)])).tolist()
    return float(after - before)


def _reason(found: Changes, i: int, j: int, n: float) -> str | None:
    if not n:
        return NOTHING_HEARD
    if np.isnan(found.baseline[i, j]):
        return FEW_WEEKS
    return FEW_DOCUMENTS if found.few[i, j] else None


def _like(found: Changes, i: int, weeks: Sequence[Week], n: Floats) -> tuple[str, ...]:
    """The weeks that any window ending with the last one may be compared with."""
    end = found.usable.shape[1] - 1
    begin = max(0, end + 1 - max(SHIFT_WINDOWS) - BASELINE_WEEKS)
    return tuple(str(weeks[j]) for j in range(begin, end) if found.usable[i, j] and n[j])


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
