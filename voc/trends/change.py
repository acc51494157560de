"""Tests of change: is this week, or are the last two, four or eight, unlike the weeks before?

Everything is tested on raw counts: the classifier's error is common to all weeks and drops out of a comparison.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from voc.trends.combine import combined
from voc.trends.dispersion import pooled_rho
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
_RAREST: Final = 1e-4  # a share that who was heard can bring down to
# A variance that is itself estimated lengthens the tails as Student's t does: t = z (1 + (z^2 + 1) / (4 nu)) (Fisher),
# here at z = 2.8, the limit of a file of ten series, and squared.
T_GROWTH: Final = 4.4


class Tested(NamedTuple):
    """One week of all series, each array of shape (series,).

    ``p``, ``p_shift``, ``p_drift``: two-sided, of all tests, of the windows, of the drift; NaN where there is no test;
    ``up``: the side; ``baseline``: mean share of the weeks before, NaN where these are too few; ``weeks``: their
    number; ``few``: true where only the number of documents forbids a test; ``level``: as ``baseline``, but from one
    week before on; ``mix``: what this week's mix of channels, languages and products adds to it; ``spread``:
    intra-class correlation with which this week's count varies around ``baseline`` and ``mix``, what is not known of
    these included, NaN without a baseline.
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
    spread: Floats


def compare_week(k: Floats, n: Floats, usable: Bools, week: int, strata: Strata | None = None) -> Tested:
    """Tests column ``week`` of every series against the columns before it; later columns are not looked at.

    ``k``, ``n``: (series, weeks), n = 0 where a week is missing; ``usable``: which cells may be in a baseline;
    ``strata``: the same counts by who was heard, to compare like with like.
    """
    n = n[:, : week + 1]
    k = k[:, : week + 1]
    none = np.zeros(n.shape)
    mix = Mix(none, none) if strata is None else mix_of(strata, usable, week, BASELINE_WEEKS + DRIFT_WEEKS)
    # The weeks before as they would be with the baseline's mix; the tested ones stand against what theirs makes of it.
    like = np.clip(k - n * mix.offset, 0.0, n)
    back = max(0, week - DISPERSION_WEEKS)
    rho, freedom = pooled_rho(like[:, back:week], n[:, back:week])
    inflate = 1 + T_GROWTH / freedom
    # Documents that would say as much as these if weeks did not vary: share has variance pq / information.
    unit = np.where(n > 0, n / (inflate * (1 + np.maximum(n - 1, 0) * rho)), 0.0)
    share, plain = (np.where(n > 0, count / np.maximum(n, 1), 0.0) for count in (like, k))
    known = np.where(usable[:, : week + 1], unit, 0.0)
    level = [_level(share, known, week + 1 - w) for w in (*SHIFT_WINDOWS, DRIFT_WEEKS)]
    tails = [_shift(k, n, unit, mix, level[i], week, w) for i, w in enumerate(SHIFT_WINDOWS)]
    tails.append(_drift(plain, n, unit, mix, rho, level[-1], week))
    mean, _, weeks = _level(plain, known, week)
    heard = level[0][0] + mix.offset[:, week] - mean
    based = (n[:, week] > 0) & (weeks >= MIN_BASELINE)
    few = based & (4 * n[:, week] * np.maximum(np.minimum(mean, 1 - mean), RARE) < MIN_EXPECTED)
    upper, lower = (np.where(based & ~few, np.stack(side), np.nan) for side in zip(*tails, strict=True))
    baseline, any_level = np.where(weeks >= MIN_BASELINE, mean, np.nan), np.where(weeks > 0, mean, np.nan)
    spread = _window(n, unit, mix, level[0], week, 1)[1]
    return Tested(*combined(upper, lower), baseline, weeks, few, any_level, heard, spread)


def _level(share: Floats, known: Floats, end: int) -> tuple[Floats, Floats, Ints]:
    """Mean share of the baseline before column ``end``, its information, and its number of weeks."""
    begin = max(0, end - BASELINE_WEEKS)
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
