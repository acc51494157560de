"""Intervals of shares."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist


@lru_cache(maxsize=65536)
def wilson(k: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval (low, high) in 0..1 of the share behind ``k`` of ``n``.

    It always holds k / n, is never empty, and stays in 0..1 at both ends, which the normal approximation does not.
    ValueError unless 0 <= k <= n, n > 0 and 0 < confidence < 1.
    """
    if not 0 <= k <= n or n < 1:
        raise ValueError(f"no interval for {k} of {n}")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = k / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    # At the ends the formula gives 0 and 1 exactly; rounding must not say otherwise.
    low = 0.0 if k == 0 else max(0.0, min(share, centre - half))
    high = 1.0 if k == n else min(1.0, max(share, centre + half))
    return low, high
