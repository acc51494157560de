"""The trends of a table of weekly counts: corrected shares, tests and signals, week after week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voc.trends.change import Tested, compare_week, share_of, units
from voc.trends.fdr import adjusted, limit
from voc.trends.season import YEAR, Season
from voc.trends.standard import Strata, mix_of
from voc.weeks import Week

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

NONE: Final = "none"
SIGNALS: Final = (NONE, "shift_up", "shift_down", "drift_up", "drift_down")
SHIFTS: Final = (1, 2)
HELD_OUT: Final = 8  # a signalled week stays out of the baselines of so many weeks, itself the first
# Of these weeks with the same shift, one of the last two among them: the level is a new one, and the baseline begins
# with it.
CONFIRMED: Final = 4
# Weeks after which one says what is usual at its time of year: sooner, a change that is not yet told would pass for a
# season. Swept 0, 4, 8 in November 2026 with a wave of 30% and x1.5 in week 71: 25, 54 and 58% of the eight weeks from
# there on had the signal, and 0.0, 0.3 and 1.8% of the weeks of others from 53 to 60, where little of a year is known.
LATE: Final = 4


@dataclass(frozen=True, slots=True)
class Changes:
    """Arrays of shape (series, weeks). ``p``, ``q``, ``baseline``: NaN where there is none; ``signal``: index into
    ``SIGNALS``; ``weeks``: of the baseline; ``few``: too few documents for a test; ``level``, ``mix``, ``season``,
    ``spread``: see ``Tested``; ``begin``: first week that a baseline may hold, 0 but for a confirmed shift; ``tests``:
    (weeks,); ``usable``: which weeks the last one was compared with, were they before its window."""

    p: Floats
    q: Floats
    baseline: Floats
    signal: Ints
    weeks: Ints
    few: Bools
    level: Floats
    mix: Floats
    season: Floats
    spread: Floats
    begin: Ints
    tests: Ints
    usable: Bools


def changes(k: Floats, n: Floats, strata: Strata | None = None, first: Week | None = None) -> Changes:
    """Tests every week of every series against the weeks before it.

    ``k`` of ``n`` documents: (series, weeks), weeks are consecutive, n = 0 for a missing one; ``strata``: the same by
    who was heard, so that like is compared with like; ``first``: the first week, with which weeks that have a year
    before them are compared with what that time of year makes of the baseline. What is said of a week depends on no
    later week.
    """
    series, count = n.shape
    p, q, baseline, level, mix, season, spread = (np.full((series, count), np.nan) for _ in range(7))
    signal, weeks, begin = (np.zeros((series, count), np.int64) for _ in range(3))
    few, usable = (np.zeros((series, count), np.bool_) for _ in range(2))
    memory, of_year = _Memory(series, count), Season(first) if first is not None else None
    for week in range(count):
        usable, begin[:, week] = memory.usable, memory.begin
        if of_year is not None and week >= YEAR:
            _learn(of_year, k, n, strata, week)
        tested = compare_week(k, n, usable, week, strata, of_year if week >= YEAR else None)
        p[:, week], q[:, week], baseline[:, week] = tested.p, adjusted(tested.p), tested.baseline
        weeks[:, week], few[:, week] = tested.weeks, tested.few
        level[:, week], mix[:, week], spread[:, week] = tested.level, tested.mix, tested.spread
        season[:, week] = tested.season
        signal[:, week] = _signals(tested)
        memory.add(signal, week)
    tests = (~np.isnan(p)).sum(axis=0)
    return Changes(p, q, baseline, signal, weeks, few, level, mix, season, spread, begin, tests, usable)


def _learn(season: Season, k: Floats, n: Floats, strata: Strata | None, week: int) -> None:
    """Tells the season of the columns before ``week``, but for the latest ``LATE``: in its first week all of them, then
    the last one. Those with a signal count too: the top of a wave is one."""
    end = week - LATE
    k, n = k[:, :end], n[:, :end]
    if strata is not None:
        k = np.clip(k - n * mix_of(strata, np.ones(n.shape, dtype=np.bool_), end - 1, end - 1).offset, 0.0, n)
    share, unit = share_of(k, n), units(k, n, end)[0]
    if week == YEAR:
        season.begin(share, unit)
    else:
        season.add(share[:, -1], unit[:, -1], end - 1)


def _signals(tested: Tested) -> Ints:
    at_most = limit(tested.p)
    # A shift outranks a drift; where neither passes alone, the smaller p says which it is.
    shift = (tested.p_shift <= at_most) | ~(tested.p_drift <= tested.p_shift)
    kind = np.where(shift, 1, 3) + np.where(tested.up, 0, 1)
    return np.where(tested.p <= at_most, kind, 0).astype(np.int64)


class _Memory:
    """Which weeks of which series a later week may be compared with."""

    def __init__(self, series: int, count: int) -> None:
        self._quiet: Bools = np.ones((series, count), dtype=np.bool_)
        self.begin: Ints = np.zeros(series, dtype=np.int64)
        self._weeks: Ints = np.arange(count)

    @property
    def usable(self) -> Bools:
        """(series, weeks)"""
        return self._quiet & (self._weeks >= self.begin[:, None])

    def add(self, signal: Ints, week: int) -> None:
        """Takes in what was found in ``week``, the last column of ``signal`` that is filled."""
        self._quiet[:, week] = signal[:, week] == 0
        first = week + 1 - HELD_OUT
        if first < 0:
            return
        began = signal[:, first]
        same = signal[:, first : week + 1] == began[:, None]
        # One outlying week is in every window of four: what lasts is still there at the end of the eight.
        lasts = (same.sum(axis=1) >= CONFIRMED) & same[:, -2:].any(axis=1)
        new = np.isin(began, SHIFTS) & lasts & ((self.begin == 0) | (first >= self.begin + HELD_OUT))
        self.begin[new] = first
        self._quiet[new, first : week + 1] = True
        self._quiet[:, first] = True
