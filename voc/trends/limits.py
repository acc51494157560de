"""The band of a baseline: between which shares a week lies that is like the weeks before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from voc.trends.tails import beta_binomial

Floats = npt.NDArray[np.float64]

OUTSIDE: Final = 0.01  # of weeks in which nothing changes, half on either side; it is drawn, the test is not made by it


def band(n: Floats, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest share k / n that is not among the rarest ``OUTSIDE`` of a beta-binomial; arrays of one shape.

    ``mean`` in (0, 1) and ``spread``, the intra-class correlation, as in ``Tested``; NaN where one is NaN or n is 0.
    """
    known = (n > 0) & np.isfinite(mean) & np.isfinite(spread)
    low, high = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    size, m, rho = n[known], mean[known], spread[known]
    # The first count whose upper tail is too rare, and the first whose lower tail is not, by halving.
    lowest = _first(size, lambda k: beta_binomial(k, size, m, rho)[1] > OUTSIDE / 2)
    beyond = _first(size, lambda k: beta_binomial(k, size, m, rho)[0] < OUTSIDE / 2)
    low[known], high[known] = lowest / size, np.maximum(beyond - 1, lowest) / size
    return low, high


def _first(n: Floats, holds: Callable[[Floats], npt.NDArray[np.bool_]]) -> Floats:
    """The smallest whole number in 0..n + 1 from which ``holds`` is true (n + 1: nowhere)."""
    below, at = np.full(n.shape, -1.0), n + 1
    while (open_ := at - below > 1).any():
        middle = np.where(open_, np.floor((below + at) / 2), 0.0)
        yes = holds(middle)
        at, below = np.where(open_ & yes, middle, at), np.where(open_ & ~yes, middle, below)
    return at
