"""Which of many tests of one week are signals: Benjamini-Hochberg, with a level that grows with what moves."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# False share of the signals of a week. A file in which nothing moves has a signal in at most a share ALONE of its
# weeks; where many series move together, as many false ones among the true do less harm. Swept 2026-11 with
# scripts/simulate_trends.py. ALONE 0.045, 0.05, 0.055: one of ten series by x1.5 found in 61, 60, 65% (600, 800, 800
# files; standard error 2%), a signal in 4.0, 4.0, 5.2% of steady ten-series reports (aim 5%). MANY 0.15 gave 11 to
# 13% of signals false and found 88/90/94% (x1.5, x2 at half volume, drift); 0.13 gives 10 to 12% and 86/88/92%, farther
# from the 15% allowed.
ALONE: Final = 0.052
MANY: Final = 0.13
# The level grows between these numbers of signals: fewer than five say little of how many series move.
FEW_SIGNALS: Final = 4
MANY_SIGNALS: Final = 20
# A file of fewer series is held to the limits of one of ten: else one series alone would alarm in every twentieth week.
LEAST_TESTS: Final = 10


def adjusted(p: Floats) -> Floats:
    """The q of each p by Benjamini and Hochberg (1995); NaN where p is NaN, which is no test."""
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    ratio = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(ratio[::-1])[::-1], 1.0)
    return q


def limit(p: Floats) -> float:
    """The largest p that is a signal, 0 where none is: step-up with levels ``ALONE`` to ``MANY``."""
    ranked = np.sort(p[~np.isnan(p)])
    if not ranked.size:
        return 0.0
    count = np.arange(1, ranked.size + 1)
    level = np.interp(count, [FEW_SIGNALS, MANY_SIGNALS], [ALONE, MANY])
    allowed = level * count / max(ranked.size, LEAST_TESTS)
    passed = np.flatnonzero(ranked <= allowed)
    return float(allowed[passed[-1]]) if passed.size else 0.0
