"""Where a change lies: by channel, language, product and region, and how much of it is a change in who was heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from voc.results import DRIFTS, Alarm, Correction, DayCount, Part, WeekRow, Where
from voc.trends.change import BASELINE_WEEKS, SHIFT_WINDOWS
from voc.trends.scale import Scale
from voc.trends.standard import Stratum

# With fewer documents behind it a part could be about one person, and its share says nothing.
LEAST: Final = 5
MAX_PARTS: Final = 6  # of an attribute
ATTRIBUTES: Final = ("channel", "language", "product", "region")
_OTHER: Final = ("", "", "")  # all strata of fewer than LEAST documents
_NOW_K, _NOW_N, _BASE_K, _BASE_N = range(4)


@dataclass(slots=True)
class Tally:
    """What is counted for the change of one series: ``now`` are its weeks, ``base`` those that it is compared with;
    ``season``: what the time of year added to ``now``, on the scale of the shares, which is no part of the change."""

    series: str
    now: tuple[str, ...]
    base: frozenset[str]
    season: float = 0.0
    parts: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    strata: dict[Stratum, list[int]] = field(default_factory=dict)
    who: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    named: bool = False

    def add(self, week: str, count: DayCount) -> None:
        """One heard document of ``week``."""
        if week not in self.base and week not in self.now:
            return
        first, carries = (_NOW_K if week in self.now else _BASE_K), self.series in count.labels
        stratum = (count.channel, count.language, count.product)
        parts = list(zip(ATTRIBUTES, (*stratum, count.region), strict=True))
        for row in (self.strata.setdefault(stratum, [0] * 4), *(self.parts.setdefault(p, [0] * 4) for p in parts)):
            row[first] += carries
            row[first + 1] += 1
        if carries and first == _NOW_K and count.customer is not None:
            for part in parts:
                self.who.setdefault(part, set()).add(count.customer)
        self.named = self.named or (first == _NOW_K and count.customer is not None)


def tally_of(alarm: Alarm, rows: Sequence[WeekRow]) -> Tally | None:
    """Which weeks are compared for an alarm that the last of ``rows`` has: its weeks so far, at most the longest window
    (a drift: that window), with the baseline before them. None where one side has no document."""
    like = rows[-1].trends[alarm.series].like
    longest = max(SHIFT_WINDOWS)
    heard = [r.week for r in rows[-longest:] if r.cells[alarm.series].n]
    now = tuple(week for week in heard if alarm.signal in DRIFTS or week >= alarm.since)
    base = [week for week in like if now and week < now[0]][-BASELINE_WEEKS:]
    if not now or not base:
        return None
    now_heard = [(r.cells[alarm.series].n, r.trends[alarm.series].season or 0.0) for r in rows if r.week in now]
    season = sum(n * added for n, added in now_heard) / sum(n for n, _ in now_heard)
    return Tally(alarm.series, now, frozenset(base), season)


def located(tally: Tally, correction: Correction | None) -> Where | None:
    """What was counted, on the scale of the shares that are shown; None where one side has no document."""
    total = _sum(tally.strata.values())
    if not total[_NOW_N] or not total[_BASE_N]:
        return None
    slope = Scale(correction).slope
    now, base = total[_NOW_K] / total[_NOW_N], total[_BASE_K] / total[_BASE_N]
    everyone = set[str]().union(*(v for (a, _), v in tally.who.items() if a == ATTRIBUTES[0]))
    return Where(
        tally.series, tally.now, total[_NOW_N], total[_NOW_K],
        change=_clip((now - base) * slope - tally.season),
        mix=_clip((now - standardised(tally.strata)) * slope),
        more=total[_NOW_K] - total[_NOW_N] * (base + tally.season / slope),
        customers=len(everyone) if tally.named else None,
        parts=parts_of(tally, slope),
    )  # fmt: skip


def parts_of(tally: Tally, slope: float) -> tuple[Part, ...]:
    """What each channel, language, product and region has to do with the change; ``slope``: of the series' scale."""
    return tuple(part for attribute in ATTRIBUTES for part in _parts(tally, attribute, slope))


def standardised(strata: dict[Stratum, list[int]]) -> float:
    """The raw share of now if every stratum were as large as in the baseline (direct standardisation).

    Strata of fewer than ``LEAST`` documents on either side are taken together: products of a channel and language, then
    these; where those were not heard at all now, they keep the share of the baseline. Some documents stand on either
    side.
    """
    by_pair = _pooled(strata, lambda key: (key[0], key[1], ""))
    merged = _pooled(by_pair, lambda _: _OTHER)
    base = sum(row[_BASE_N] for row in merged.values())
    return sum(
        row[_BASE_N] / base * (row[_NOW_K] / row[_NOW_N] if row[_NOW_N] else row[_BASE_K] / row[_BASE_N])
        for row in merged.values()
        if row[_BASE_N]
    )


def _pooled(strata: dict[Stratum, list[int]], pool: Callable[[Stratum], Stratum]) -> dict[Stratum, list[int]]:
    merged: dict[Stratum, list[int]] = {}
    for key, row in strata.items():
        place = key if row[_NOW_N] >= LEAST and row[_BASE_N] >= LEAST else pool(key)
        merged[place] = [a + b for a, b in zip(merged.get(place, (0, 0, 0, 0)), row, strict=True)]
    return merged


def _parts(tally: Tally, attribute: str, slope: float) -> list[Part]:
    """The values of an attribute, the largest now first; none where there is only one."""
    rows = {value: row for (a, value), row in tally.parts.items() if a == attribute}
    heard = sorted((v for v in rows if rows[v][_NOW_N]), key=lambda v: (-rows[v][_NOW_N], v))
    if len(heard) < 2 or not any(heard):
        return []
    parts = []
    for value in heard[:MAX_PARTS]:
        k, n, base_k, base_n = rows[value]
        enough, compared = n >= LEAST, n >= LEAST and base_n >= LEAST
        parts.append(
            Part(
                attribute, value, n, k if enough else None,
                change=_clip((k / n - base_k / base_n) * slope - tally.season) if compared else None,
                customers=len(tally.who.get((attribute, value), ())) if enough and tally.named else None,
            )
        )  # fmt: skip
    return parts


def count_all(
    tallies: Sequence[Tally],
    counts: Iterable[DayCount],
    week_at: Callable[[str | None], str | None],
) -> None:
    """Counts every heard document into the tallies that its week belongs to; ``week_at`` gives the week of a time."""
    for count in counts:
        week = week_at(count.time) if count.heard else None
        if week is not None:
            for tally in tallies:
                tally.add(week, count)


def _sum(rows: Iterable[Sequence[int]]) -> list[int]:
    total = Counter[int]()
    for row in rows:
        total.update(dict(enumerate(row)))
    return [total[i] for i in range(4)]


def _clip(value: float) -> float:
    return max(-1.0, min(1.0, value))
