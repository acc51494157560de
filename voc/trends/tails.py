"""Tails of counts that vary more than a binomial: exact where counts are small, by three moments elsewhere."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
# Standard deviation, in documents, from which three moments replace the sum: from there the two
# differ by less than 2% of a tail down to 1e-3 and 8% down to 6e-7 (test_trends_change.py holds them to it).
EXACT_BELOW: Final = 30.0
_NEGLIGIBLE: Final = 1e-10  # of the sum so far
_NORMAL: Final = 1e-4  # a smaller skewness is none


def beta_binomial(k: Floats, n: Floats, mean: Floats, rho: Floats) -> tuple[Floats, Floats]:
    """Mid-p tails (upper, lower) of ``k`` of ``n`` where the share is beta distributed; all four of one shape.

    ``mean`` lies in (0, 1), ``rho`` > 0 is the intra-class correlation: variance n mean (1 - mean) (1 + (n - 1) rho).
    Upper is P(X > k) + P(X = k) / 2, and both sum to 1. NaN in, NaN out.
    """
    sd = np.sqrt(n * mean * (1 - mean) * (1 + (n - 1) * rho))
    upper = np.full(k.shape, np.nan)
    exact = np.isfinite(sd) & (sd < EXACT_BELOW)
    rest = np.isfinite(sd) & ~exact
    if exact.any():
        upper[exact] = _summed(k[exact], n[exact], mean[exact], rho[exact])
    if rest.any():
        m, r, size = mean[rest], rho[rest], n[rest]
        upper[rest] = pearson((k[rest] - size * m) / sd[rest], size**3 * third(m, r, size) / sd[rest] ** 3)
    return upper, 1 - upper


def third(mean: Floats, rho: Floats, n: Floats) -> Floats:
    """Third central moment of the share of one such count (to the order that matters for small ``rho``)."""
    return mean * (1 - mean) * (1 - 2 * mean) * (1 / n**2 + 3 * rho / n + 2 * rho**2)


def pearson(z: Floats, skewness: Floats) -> Floats:
    """P(Z > z) of a Pearson type III variable with mean 0, variance 1 and this skewness; the normal where it is 0."""
    flat = np.abs(skewness) < _NORMAL
    skew = np.where(flat, 1.0, skewness)
    shape = 4 / skew**2
    at = np.maximum(shape + np.sign(skew) * z * np.sqrt(shape), 0.0)
    tail = np.where(skew > 0, special.gammaincc(shape, at), special.gammainc(shape, at))
    return np.asarray(np.where(flat, special.ndtr(-z), tail), dtype=np.float64)


def _summed(k: Floats, n: Floats, mean: Floats, rho: Floats) -> Floats:
    a = mean * (1 - rho) / rho
    b = (1 - mean) * (1 - rho) / rho
    point = np.exp(
        special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
        + special.betaln(k + a, n - k + b) - special.betaln(a, b)
    )  # fmt: skip
    # The tail away from the mean is summed: its terms fall, and it keeps its digits.
    up = k >= n * mean
    # Seen from the other end of the scale a lower tail is an upper one.
    k, a, b = np.where(up, k, n - k), np.where(up, a, b), np.where(up, b, a)
    total, term = point / 2, point.copy()
    active = np.flatnonzero((term > 0) & (k < n))
    while active.size:
        k_, n_ = k[active], n[active]
        term[active] *= (n_ - k_) * (k_ + a[active]) / ((k_ + 1) * (n_ - k_ - 1 + b[active]))
        total[active] += term[active]
        k[active] += 1
        active = active[(term[active] > _NEGLIGIBLE * total[active]) & (k[active] < n[active])]
    return np.asarray(np.where(up, total, 1 - total), dtype=np.float64)
