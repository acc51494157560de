"""Two ranges of days beside each other: shares, their difference with an interval, and a test of like with like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from voc.ranges import FEW, NOTHING, SURE, Comparison, Difference, Level, Range, Side
from voc.results import DayCount
from voc.trends.change import DISPERSION_WEEKS, MIN_EXPECTED, RARE, T_GROWTH
from voc.trends.correct import sampled
from voc.trends.dispersion import pooled_rho
from voc.trends.fdr import adjusted
from voc.trends.scale import Scale
from voc.trends.standard import mix_of, strata_of
from voc.trends.stream import NO_AUDIT, Audit, Stream
from voc.trends.tails import beta_binomial
from voc.trends.weekly import NO_ERRORS, Errors, WeekTally
from voc.trends.where import LEAST, Tally, parts_of
from voc.weeks import Week, local_date, weeks_between

Floats = npt.NDArray[np.float64]
BEFORE, AFTER = "before", "after"
_BINOMIAL: Final = 1e-9  # an intra-class correlation that is none


class Gathered:
    """What is counted for a comparison: each side whole and by ISO week, and all weeks up to the later end."""

    def __init__(
        self, before: Range, after: Range, labels: Sequence[str], zone: ZoneInfo, audit: Audit = NO_AUDIT
    ) -> None:
        self.ranges, self.labels = (before, after), labels
        self.stream = Stream(labels, audit)
        self.sides = (WeekTally(), WeekTally())
        self.pieces: tuple[dict[Week, WeekTally], dict[Week, WeekTally]] = ({}, {})
        self.weeks: dict[Week, WeekTally] = {}
        self.places = {label: Tally(label, (AFTER,), frozenset({BEFORE})) for label in labels}
        self._day = lru_cache(maxsize=16384)(lambda time: local_date(time, zone))
        self._end = max(before.last, after.last)

    def add(self, count: DayCount) -> None:
        """Counts a document; one without a time, or after both ranges, is passed over."""
        if count.time is None:
            return
        day: date = self._day(count.time)
        iso = day.isoformat()
        if iso > self._end:
            return
        week = Week.of(day)
        self.weeks.setdefault(week, WeekTally()).add(count)
        for i, side in enumerate(self.ranges):
            if side.first <= iso <= side.last:
                self.sides[i].add(count)
                self.stream.add(count)
                self.pieces[i].setdefault(week, WeekTally()).add(count)
                if count.heard:
                    for tally in self.places.values():
                        tally.add(AFTER if i else BEFORE, count)


def compare(
    counts: Iterable[DayCount],
    before: Range,
    after: Range,
    *,
    labels: Sequence[str],
    zone: ZoneInfo,
    as_of: date | None = None,
    errors: Errors = NO_ERRORS,
    audit: Audit = NO_AUDIT,
) -> Comparison:
    """``after`` beside ``before``: two ranges of local days that do not overlap (ValueError where they do).

    Each label is tested on raw counts for a difference that is not one of who was heard, by the mid-p tail of a
    beta-binomial against the side that says more; its dispersion is that of all weeks up to the later end. The interval
    of the difference joins those of both sides (Zou and Donner 2008). ``errors``, ``audit``: as for ``weekly``, by the
    probabilities of both ranges.
    """
    if before.first <= after.last and after.first <= before.last:
        raise ValueError(f"{before.name} and {after.name} overlap")
    gathered = Gathered(before, after, labels, zone, audit)
    for count in counts:
        gathered.add(count)
    corrections = gathered.stream.corrections(errors)
    information = _information(gathered)
    p, mix, few = _tested(gathered, information)
    q = adjusted(p)
    series = tuple(
        _difference(gathered, i, information, Scale(corrections.get(label)), (p[i], q[i], mix[i]), few=bool(few[i]))
        for i, label in enumerate(labels)
    )
    sides = [_side(r, t, as_of) for r, t in zip(gathered.ranges, gathered.sides, strict=True)]
    return Comparison(sides[0], sides[1], series)


def _side(span: Range, tally: WeekTally, as_of: date | None) -> Side:
    partial = as_of is not None and as_of.isoformat() < span.last
    heard = [Counter[str](), Counter[str]()]
    for stratum, counts in tally.strata.items():
        for counter, value in zip(heard, stratum, strict=False):
            counter[value] += counts[""]
    channels, languages = (
        {v: n for v, n in sorted(c.items(), key=lambda i: (-i[1], i[0])) if n >= LEAST} for c in heard
    )
    return Side(span, tally.documents, tally.heard, tally.distinct_customers(), partial, channels, languages)


def _information(gathered: Gathered) -> Floats:
    """(2,): documents of each side that would say as much if weeks did not vary; its share has variance pq / them."""
    rho, freedom = _dispersion(gathered)
    inflate = 1 + T_GROWTH / freedom
    found = []
    for pieces in gathered.pieces:
        n = np.array([float(t.heard) for t in pieces.values() if t.heard])
        # Weeks weigh by their documents, as they do in the share of the whole side.
        found.append(n.sum() ** 2 / (n * inflate * (1 + (n - 1) * rho)).sum() if n.size else 0.0)
    return np.array(found)


def _dispersion(gathered: Gathered) -> tuple[float, float]:
    """How much weeks vary, without the step between the sides: what is asked about is no noise."""
    weeks = sorted(gathered.weeks)
    span = weeks_between(weeks[0], weeks[-1])[-DISPERSION_WEEKS:] if weeks else []
    rows: list[WeekTally] = []
    last: tuple[bool, ...] | None = None
    for week in span:
        side = tuple(week in pieces for pieces in gathered.pieces)
        if last is not None and side != last:
            rows.append(WeekTally())  # an empty week: its neighbours are no pair
        rows.append(gathered.weeks.get(week, WeekTally()))
        last = side
    n = np.array([[t.heard for t in rows]] * len(gathered.labels), dtype=np.float64)
    k = np.array([[t.labels[label] for t in rows] for label in gathered.labels], dtype=np.float64)
    return pooled_rho(k, n) if rows else (0.0, 1.0)


def _tested(gathered: Gathered, information: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """For each label p (NaN: no test), what who was heard adds to the share of after, and where documents are few."""
    count = len(gathered.labels)
    n = np.array([float(t.heard) for t in gathered.sides])
    k = np.array([[float(t.labels[label]) for t in gathered.sides] for label in gathered.labels]).reshape(count, 2)
    offset, extra = np.zeros(count), np.zeros(count)
    strata = strata_of([t.strata for t in gathered.sides], gathered.labels)
    if not n.all():
        return np.full(count, np.nan), offset, np.zeros(count, dtype=np.bool_)
    if strata is not None:
        found = mix_of(strata, np.ones((count, 2), dtype=np.bool_), 1, 1)
        offset, extra = found.offset[:, 1], found.extra[:, 1]
    known, other = (0, 1) if information[0] >= information[1] else (1, 0)
    # Half a document on either side (Jeffreys): a label not seen on one side is rare there, not impossible.
    mean = (information[known] * k[:, known] / n[known] + 0.5) / (information[known] + 1)
    mean = np.clip(mean + (offset if known == 0 else -offset), 1e-6, 1 - 1e-6)
    size = np.full(count, n[other])
    spread = 1 / information[0] + 1 / information[1] + extra
    rho = np.where(size == 1, 0.5, (spread * size - 1) / np.maximum(size - 1, 1))
    upper, lower = beta_binomial(k[:, other].copy(), size, mean, np.clip(rho, 1e-9, 0.999))
    few = size * np.maximum(np.minimum(mean, 1 - mean), RARE) < MIN_EXPECTED
    return np.where(few, np.nan, np.minimum(2 * np.minimum(upper, lower), 1.0)), offset, few


def _difference(
    gathered: Gathered,
    i: int,
    information: Floats,
    scale: Scale,
    tested: tuple[float, float, float],
    *,
    few: bool,
) -> Difference:
    label = gathered.labels[i]
    before, after = (_level(tally, label, scale) for tally in gathered.sides)
    p, q, mix = tested
    if before.share is None or after.share is None:
        return Difference(label, before, after, None, None, None, None, None, None, NOTHING)
    change = after.share - before.share
    low, high = _interval((before, after), information, scale)
    return Difference(
        label, before, after, change, max(-1.0, min(low, change)), min(1.0, max(high, change)),
        mix=max(-1.0, min(1.0, float(mix) * scale.slope)),
        p=None if few else float(p),
        q=None if few else float(q),
        reason=FEW if few else None,
        parts=parts_of(gathered.places[label], scale.slope) if not few and q <= SURE else (),
    )  # fmt: skip


def _level(tally: WeekTally, label: str, scale: Scale) -> Level:
    n, k = tally.heard, tally.labels[label]
    if not n:
        return Level(n, k, None, None, None, tally.distinct_customers(label))
    share, low, high = scale.shares(np.array([float(k)]), np.array([float(n)]))[0]
    return Level(n, k, share, low, high, tally.distinct_customers(label))


def _interval(sides: tuple[Level, Level], information: Floats, scale: Scale) -> tuple[float, float]:
    """95% interval of the difference on the scale of corrected shares."""
    raw = np.array([side.k / side.n for side in sides])
    share, low, high = sampled(raw * information, information)
    change = float(share[1] - share[0])
    down = float(np.hypot(share[1] - low[1], high[0] - share[0]))
    up = float(np.hypot(high[1] - share[1], share[0] - low[0]))
    slope, (least, most) = scale.slope, scale.slopes
    # What is not known of the classifier's error stretches or shrinks a difference; it makes none.
    wide, narrow = abs(change) * (most - slope), abs(change) * (slope - least)
    inward, outward = (narrow, wide) if change > 0 else (wide, narrow)
    scaled = change * slope
    return scaled - float(np.hypot(down * slope, inward)), scaled + float(np.hypot(up * slope, outward))


def theme_tests(
    before: Mapping[str, int], after: Mapping[str, int], n: tuple[int, int]
) -> dict[str, tuple[float, float]]:
    """(p, q) of each theme whose documents were counted in two ranges with ``n`` documents (> 0 each): two-sided, by
    the binomial of its documents between the two."""
    names = sorted(before.keys() | after.keys())
    late = np.array([float(after.get(name, 0)) for name in names])
    size = late + np.array([float(before.get(name, 0)) for name in names])
    share = np.full(len(names), n[1] / sum(n))
    upper, lower = beta_binomial(late.copy(), size, share, np.full(len(names), _BINOMIAL))
    p = np.minimum(2 * np.minimum(upper, lower), 1.0)
    return {name: (float(a), float(b)) for name, a, b in zip(names, p, adjusted(p), strict=True)}
