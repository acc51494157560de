"""How much more than chance the weekly shares of steady series vary: one figure, pooled over all series."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Where there is little to learn from: 1,000 documents then vary like 500. With 0.0005 one series alone, of which a
# baseline says little, had a signal in 1.2% of weeks where the truth was 0.003 (simulate_trends.py, 2026-11).
PRIOR_RHO: Final = 0.001
PRIOR_PAIRS: Final = 10.0  # pairs of weeks that the prior counts for; a file of ten series has 250
# Squared differences count at most so many times what is expected: a jump that hits all series in one week, such as
# a holiday, is not how they vary. Of chi-square with one degree of freedom this cuts 0.1% off the mean.
_CUT: Final = 12.0
_ROUNDS: Final = 4
# Differences of neighbours hold 2/3 of the information of as many independent residuals (von Neumann 1941).
_EFFICIENCY: Final = 2 / 3


def pooled_rho(k: Floats, n: Floats) -> tuple[float, float]:
    """Intra-class correlation of weekly shares, and the degrees of freedom behind it.

    ``k``, ``n``: (series, weeks in order), n = 0 for a missing week. From squared differences of neighbouring weeks,
    as in Laney's p' chart: a lasting shift adds one large difference, not one for each week after it. rho lies in
    [0, 1); it is shrunk to ``PRIOR_RHO`` by ``PRIOR_PAIRS`` pairs.
    """
    total = n.sum(axis=1)
    mean = np.where(total > 0, k.sum(axis=1) / np.maximum(total, 1), 0.0)
    spread = (mean * (1 - mean))[:, None]
    # Two weeks of one document each differ by chance alone, and say nothing of it.
    pair = (n[:, 1:] > 0) & (n[:, :-1] > 0) & (n[:, 1:] + n[:, :-1] > 2) & (spread > 0)
    if not pair.any():
        return PRIOR_RHO, PRIOR_PAIRS
    inverse = np.where(n > 0, 1 / np.maximum(n, 1), 0.0)
    share = k * inverse
    squared = ((share[:, 1:] - share[:, :-1]) ** 2 / np.where(spread > 0, spread, 1.0))[pair]
    chance = (inverse[:, 1:] + inverse[:, :-1])[pair]
    extra = 2 - chance
    # Counts of a few documents are long-tailed, and say less than their number.
    tailed = 2 + np.broadcast_to(inverse.mean(axis=1, keepdims=True) / np.where(spread > 0, spread, 1.0), pair.shape)
    tail = tailed[pair]
    rho = PRIOR_RHO
    for _ in range(_ROUNDS):
        expected = chance + rho * extra
        weight = extra / (expected**2 * tail)
        held = np.minimum(squared, _CUT * expected) - chance
        prior = PRIOR_PAIRS * float(np.mean(weight * extra))
        rho = float((weight @ held + prior * PRIOR_RHO) / (weight @ extra + prior))
        rho = min(max(rho, 0.0), 0.5)
    return rho, PRIOR_PAIRS + _EFFICIENCY * float(np.sum(2 / tail))
