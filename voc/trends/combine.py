"""One p for one week of one series, from tests that overlap: windows of one, two and four weeks, and the drift."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

# Weights of the tests in the mean: one week, two, four, drift. Swept 2026-11 with Gaussian statistics at two-sided
# levels 0.03 and 0.005 (power for x1.5 in two weeks / x2 at half volume / drift of 5% a week): equal weights
# 86/85/95% and 70/72/85%, these 88/87/95% and 73/76/83%; more for the short windows costs what builds up slowly.
WEIGHTS: Final = (4.0, 4.0, 1.0, 2.0)
# Exponent of the mean of p's. Swept -inf (the smallest p), -1, -0.5, -0.25, 0 (Fisher) as above: -0.5 is best or next
# to best in each of the six; a mean gains from windows that agree, the smallest p does not.
EXPONENT: Final = -0.5

# P(mean <= x) / x where nothing changes, of all four and of the three windows: scripts/simulate_trends.py --calibrate.
# With 8 weeks of baseline instead of 26 the figures are larger by 4% at most.
AT: Final = (1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 2e-1, 5e-1)
ALL_RATIO: Final = (0.42, 0.50, 0.59, 0.67, 0.77, 0.87, 0.99, 1.07, 1.13)
SHIFT_RATIO: Final = (0.50, 0.58, 0.66, 0.72, 0.81, 0.89, 0.99, 1.05, 1.11)

_MOVED: Final = 0.1  # a p on one side that counts as moving that way
_EVEN: Final = 10.0  # series that pull the weights of the sides back to a half each


class Combined(NamedTuple):
    """Arrays of shape (series,): two-sided p's, NaN where there was no test, and whether the upper side is meant."""

    p: Floats
    p_shift: Floats
    p_drift: Floats
    up: npt.NDArray[np.bool_]


def combined(upper: Floats, lower: Floats) -> Combined:
    """``upper``, ``lower``: tail probabilities (tests, series) in the order of ``WEIGHTS``, NaN for no test."""
    sides = [(_ratio(mean(t), t, ALL_RATIO), _ratio(mean(t[:-1]), t[:-1], SHIFT_RATIO), t[-1]) for t in (upper, lower)]
    (p_up, shift_up, drift_up), (p_down, shift_down, drift_down) = sides
    upward = _upward(p_up, p_down)
    up = p_up / upward <= p_down / (1 - upward)
    weight = np.where(up, upward, 1 - upward)
    return Combined(
        np.minimum(np.where(up, p_up, p_down) / weight, 1.0),
        np.minimum(np.where(up, shift_up, shift_down) / weight, 1.0),
        np.minimum(np.where(up, drift_up, drift_down) / weight, 1.0),
        up,
    )


def _upward(p_up: Floats, p_down: Floats) -> Floats:
    """Share of the error that the upper side of each series may spend, by where the *other* series of the week move.

    A half where nothing does. As no series weighs its own p, each p stays valid (Hu, Zhao and Zhou 2010 on groups).
    """
    up, down = p_up <= _MOVED, p_down <= _MOVED
    others = np.sum(~np.isnan(p_up)) - 1
    more_up = np.maximum(up.sum() - up - _MOVED * others, 0)
    more_down = np.maximum(down.sum() - down - _MOVED * others, 0)
    return np.asarray((_EVEN + more_up) / (2 * _EVEN + more_up + more_down), dtype=np.float64)


def mean(tails: Floats) -> Floats:
    """Weighted mean with exponent ``EXPONENT`` of the tests that there are; NaN where there is none."""
    weights = np.array(WEIGHTS)[: len(tails), None] * ~np.isnan(tails)
    total = weights.sum(axis=0)
    powers = np.where(weights > 0, np.maximum(tails, 1e-300), 1.0) ** EXPONENT
    with_tests = np.where(total > 0, total, np.nan)
    return np.asarray(((weights * powers).sum(axis=0) / with_tests) ** (1 / EXPONENT), dtype=np.float64)


def _ratio(x: Floats, tails: Floats, ratios: tuple[float, ...]) -> Floats:
    """The p of a mean ``x``. Where a test is missing the rest overlap less, and x is not made smaller."""
    ratio = np.interp(np.log(np.maximum(x, 1e-300)), np.log(AT), ratios)
    return x * np.where(np.isnan(tails).any(axis=0), np.maximum(ratio, 1.0), ratio)


def gaussian_ratios(z: Floats) -> tuple[Floats, Floats]:
    """``ALL_RATIO`` and ``SHIFT_RATIO`` from ``z``: (tests, draws) of statistics under no change."""
    at = np.array(AT)
    means = [np.sort(mean(special.ndtr(-s * t))) for t in (z, z[:-1]) for s in (1, -1)]
    share = [np.searchsorted(m, at, side="right") / m.size / at for m in means]
    return (share[0] + share[1]) / 2, (share[2] + share[3]) / 2
