"""Tests of change: is this week, or are the last two, four or eight, unlike the weeks before?

Everything is tested on raw counts: the classifier's error is common to all weeks and drops out of a comparison.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from voc.trends.combine import combined
from voc.trends.dispersion import pooled_rho
from voc.trends.season import Season
from voc.trends.standard import Mix, Strata, mix_of
from voc.trends.tails import beta_binomial, pearson, third

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

BASELINE_WEEKS: Final = 26
MIN_BASELINE: Final = 8  # weeks with documents; with fewer the level itself is too uncertain
SHIFT_WINDOWS: Final = (1, 2, 4)
# An exponentially weighted mean, cut where the baseline of the drift ends: so long a climb does not raise its own
# limits. Decay swept 2026-11 over 0.8 and 0.9 with Gaussian statistics: within half a point for a drift of 5% a week,
# and 0.8 is the better one for a shift.
DRIFT_WEEKS: Final = 8
DRIFT_DECAY: Final = 0.8
_DRIFT_PRESENT: Final = 5  # of the 8 weeks
DISPERSION_WEEKS: Final = 52
# Documents of four weeks that would carry the label, from which a series is tested: tripled, 9 for 3 is what 0.4% of
# steady series show (Poisson). A rarer label counts as one of 0.5%, so that something new in many documents is seen.
MIN_EXPECTED: Final = 3.0
RARE: Final = 0.005
# A week farther off than so many standard deviations was told when it came. Back in the baseline as it was, a single
# week of 100% among weeks of 4% made those after it look like a fall, for as long as it was there.
OUTLYING: Final = 6.0
_RAREST: Final = 1e-4  # a share that who was heard can bring down to
# A variance that is itself estimated lengthens the tails as Student's t does: t = z (1 + (z^2 + 1) / (4 nu)) (Fisher),
# here at z = 2.8, the limit of a file of ten series, and squared.
T_GROWTH: Final = 4.4


class Tested(NamedTuple):
    """One week of all series, each array of shape (series,).

    ``p``, ``p_shift``, ``p_drift``: two-sided, of all tests, of the windows, of the drift; NaN where there is no test;
    ``up``: the side; ``baseline``: mean share of the weeks before and ``season``, NaN where these are too few;
    ``weeks``: their number; ``few``: true where only the number of documents forbids a test; ``level``: as
    ``baseline``, but from one week before on; ``mix``: what this week's mix of channels, languages and products adds to
    it; ``season``: what the time of year added to the mean, NaN where none is known; ``spread``: intra-class
    correlation with which this week's count varies around ``baseline`` and ``mix``, what is not known of these
    included, NaN without a baseline.
    """

    p: Floats
    p_shift: Floats
    p_drift: Floats
    up: Bools
    baseline: Floats
    weeks: Ints
    few: Bools
    level: Floats
    mix: Floats
    season: Floats
    spread: Floats


def compare_week(
    k: Floats, n: Floats, usable: Bools, week: int, strata: Strata | None = None, season: Season | None = None
) -> Tested:
    """Tests column ``week`` of every series against the columns before it; later columns are not looked at.

    ``k``, ``n``: (series, weeks), n = 0 where a week is missing; ``usable``: which cells may be in a baseline;
    ``strata``: the same counts by who was heard, to compare like with like; ``season``: has taken in these columns.
    """
    n = n[:, : week + 1]
    k = k[:, : week + 1]
    none = np.zeros(n.shape)
    mix = Mix(none, none) if strata is None else mix_of(strata, usable, week, BASELINE_WEEKS + DRIFT_WEEKS)
    # The weeks before as they would be with the baseline's mix; the tested ones stand against what theirs makes of it.
    like = np.clip(k - n * mix.offset, 0.0, n)
    unit, rho = units(like, n, week)
    known = np.where(usable[:, : week + 1], unit, 0.0)
    plain = _tamed(share_of(k, n), unit, known)
    mean, _, weeks = _level(plain, known, week)
    by_season = np.full(len(k), np.nan)
    if season is not None:
        span = max(0, week - BASELINE_WEEKS - DRIFT_WEEKS)
        of_year = season.mix(_level(plain, known, week, span)[0], known, span, DRIFT_WEEKS)
        freed = _tamed(share_of(np.clip(k - n * of_year.offset, 0.0, n), n), unit, known)
        by_season = _with_mix(_level(freed, known, week)[0], of_year.offset[:, week]) - mean
        mix = Mix(mix.offset + of_year.offset, mix.extra + of_year.extra)
        like = np.clip(k - n * mix.offset, 0.0, n)
    share = _tamed(share_of(like, n), unit, known)
    level = [_level(share, known, week + 1 - w) for w in (*SHIFT_WINDOWS, DRIFT_WEEKS)]
    tails = [_shift(k, n, unit, mix, level[i], week, w) for i, w in enumerate(SHIFT_WINDOWS)]
    tails.append(_drift(share_of(k, n), n, unit, mix, rho, level[-1], week))
    usual = mean + np.nan_to_num(by_season)
    heard = level[0][0] + mix.offset[:, week] - usual
    based = (n[:, week] > 0) & (weeks >= MIN_BASELINE)
    few = based & (4 * n[:, week] * np.maximum(np.minimum(mean, 1 - mean), RARE) < MIN_EXPECTED)
    upper, lower = (np.where(based & ~few, np.stack(side), np.nan) for side in zip(*tails, strict=True))
    baseline, any_level = np.where(weeks >= MIN_BASELINE, usual, np.nan), np.where(weeks > 0, usual, np.nan)
    spread = _window(n, unit, mix, level[0], week, 1)[1]
    return Tested(*combined(upper, lower), baseline, weeks, few, any_level, heard, by_season, spread)


def share_of(k: Floats, n: Floats) -> Floats:
    """The shares k / n, 0 where n is."""
    return np.where(n > 0, k / np.maximum(n, 1), 0.0)


def units(k: Floats, n: Floats, week: int) -> tuple[Floats, float]:
    """Documents that would say as much as ``n`` if weeks did not vary, by how the weeks before ``week`` do, and the
    intra-class correlation by which these vary. A share has variance pq / units."""
    back = max(0, week - DISPERSION_WEEKS)
    rho, freedom = pooled_rho(k[:, back:week], n[:, back:week])
    inflate = 1 + T_GROWTH / freedom
    return np.where(n > 0, n / (inflate * (1 + np.maximum(n - 1, 0) * rho)), 0.0), rho


def _tamed(share: Floats, unit: Floats, known: Floats) -> Floats:
    """Shares of the weeks that a baseline may hold, ``OUTLYING`` standard deviations from their median at most."""
    begin = max(0, share.shape[1] - 1 - BASELINE_WEEKS - DRIFT_WEEKS)
    there = known[:, begin:-1] > 0
    ranked = np.sort(np.where(there, share[:, begin:-1], np.inf), axis=1)
    count = there.sum(axis=1)
    many = (count >= MIN_BASELINE)[:, None]  # of fewer nobody can tell which is the odd one
    if not many.any():
        return share
    median = ranked[np.arange(len(share)), np.maximum(count - 1, 0) // 2][:, None]
    median = np.where(many, median, 0.5)
    usual = np.clip(median, RARE, 1 - RARE)
    reach = OUTLYING * np.sqrt(usual * (1 - usual) / np.where(there, unit[:, begin:-1], 1.0))
    tamed, before = share.copy(), share[:, begin:-1]
    tamed[:, begin:-1] = np.where(there & many, np.clip(before, median - reach, median + reach), before)
    return tamed


def _level(share: Floats, known: Floats, end: int, begin: int | None = None) -> tuple[Floats, Floats, Ints]:
    """Mean share of the baseline before column ``end`` (from ``begin`` on, if not of ``BASELINE_WEEKS``), its
    information, and its number of weeks."""
    begin = max(0, end - BASELINE_WEEKS) if begin is None else begin
    if end <= begin:
        empty = np.zeros(len(share))
        return empty, empty, empty.astype(np.int64)
    weight = known[:, begin:end]
    information = weight.sum(axis=1)
    # Half a document on either side (Jeffreys): a label not seen so far is rare, not impossible.
    mean = ((weight * share[:, begin:end]).sum(axis=1) + 0.5) / (information + 1)
    return mean, information, (weight > 0).sum(axis=1)


def _shift(
    k: Floats, n: Floats, unit: Floats, mix: Mix, level: tuple[Floats, Floats, Ints], week: int, width: int
) -> tuple[Floats, Floats]:
    """Tails (upper, lower) of the count of the last ``width`` weeks; NaN where one is missing or no baseline is."""
    size, rho = _window(n, unit, mix, level, week, width)
    begin = max(0, week + 1 - width)
    expected = _with_mix(level[0], (n * mix.offset)[:, begin:].sum(axis=1) / size)
    return beta_binomial(k[:, begin:].sum(axis=1), size, expected, rho)


def _with_mix(mean: Floats, offset: Floats) -> Floats:
    """Shares that ``mean`` becomes by an ``offset``, cut to where a share can lie; as they are where that is 0."""
    return np.where(offset == 0, mean, np.clip(mean + offset, _RAREST, 1 - _RAREST))


def _window(
    n: Floats, unit: Floats, mix: Mix, level: tuple[Floats, Floats, Ints], week: int, width: int
) -> tuple[Floats, Floats]:
    """Documents of the last ``width`` weeks, and the intra-class correlation of their sum; NaN as in ``_shift``."""
    _, information, weeks = level
    begin = week + 1 - width
    if begin < 0:
        return np.full(len(n), np.nan), np.full(len(n), np.nan)
    whole = (n[:, begin:] > 0).all(axis=1) & (weeks >= MIN_BASELINE)
    size = np.where(whole, n[:, begin:].sum(axis=1), np.nan)
    # Variance of the window's share over pq: its own weeks, and what is not known of the baseline's mean.
    own = np.where(n > 0, n**2 / np.maximum(unit, 1e-300), 0.0)[:, begin:].sum(axis=1) / size**2
    # What is not known of the rates of the strata is the same error in each week: it does not average out.
    own += (n * mix.extra)[:, begin:].sum(axis=1) / size
    spread = own + 1 / np.where(whole, information, np.nan)
    rho = np.where(size == 1, 0.5, (spread * size - 1) / np.maximum(size - 1, 1))
    return size, np.clip(rho, 1e-9, 0.999)


def _drift(
    share: Floats, n: Floats, unit: Floats, mix: Mix, rho: float, level: tuple[Floats, Floats, Ints], week: int
) -> tuple[Floats, Floats]:
    """Tails of the exponentially weighted mean of the last ``DRIFT_WEEKS`` weeks, against the weeks before them."""
    mean, information, weeks = level
    begin = week + 1 - DRIFT_WEEKS
    if begin < 0:
        return np.full(len(share), np.nan), np.full(len(share), np.nan)
    there = n[:, begin:] > 0
    whole = (there.sum(axis=1) >= _DRIFT_PRESENT) & there[:, -1] & (weeks >= MIN_BASELINE)
    weight = np.where(there, DRIFT_DECAY ** np.arange(DRIFT_WEEKS)[::-1], 0.0)
    total = np.where(whole, weight.sum(axis=1), np.nan)
    weight /= total[:, None]
    about = np.where(whole, information, np.nan)
    mean = _with_mix(mean, (weight * mix.offset[:, begin:]).sum(axis=1))
    shape = mean * (1 - mean)
    not_known = 1 / about + (weight * mix.extra[:, begin:]).sum(axis=1)
    variance = shape * ((weight**2 / np.where(there, unit[:, begin:], 1.0)).sum(axis=1) + not_known)
    rhos = np.full(there.shape, rho)
    own = weight**3 * third(np.broadcast_to(mean[:, None], there.shape), rhos, np.maximum(n[:, begin:], 1.0))
    # The share behind the baseline is as uncertain as a beta with its information, skewed as that is.
    skew = (own.sum(axis=1) + 2 * shape * (1 - 2 * mean) / about**2) / variance**1.5
    z = ((weight * share[:, begin:]).sum(axis=1) - mean) / np.sqrt(variance)
    upper = np.full(len(share), np.nan)
    upper[whole] = pearson(z[whole], skew[whole])
    return upper, 1 - upper
