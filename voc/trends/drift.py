"""Drift of what comes in: is a figure of this week's documents spread otherwise than in the weeks before?

And of a share that is no series of the report, such as what is too close to call: does it leave its usual range?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from voc.trends.change import MIN_BASELINE
from voc.trends.limits import band
from voc.trends.series import SIGNALS, changes

Floats = npt.NDArray[np.float64]

LEAST: Final = 30  # documents of a week; with fewer even the median is a matter of chance
BINS: Final = 10
_IN_A_BIN: Final = 10  # documents of the week that a bin should hold, so that chi-square is near
# An index under FLOOR is no drift, however many documents say so; of steady weeks the share RARE passes the limit of
# chance. Swept 2026-11 on simulated lengths, unknown tokens and probabilities (20 weeks before, levels that vary by
# 15% from week to week or not at all): FLOOR 0.05, 0.1, 0.15, 0.25 and RARE 0.01, 0.001. With these 0.0 to 2.3% of
# steady weeks are called, with RARE 0.01 0.3 to 3.5%; one and a half times the level (three times the unknown) is
# found in 75 to 100% of weeks of 300 documents and 31 to 88% of 100, with FLOOR 0.25 in 28 to 44% of either.
FLOOR: Final = 0.1
RARE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Drifted:
    """``index``: the population stability index of the week against the weeks before; ``limit``: from there on it is
    called drift."""

    index: float
    limit: float


@dataclass(frozen=True, slots=True)
class Usual:
    """``low`` and ``high``: between them 99% of shares lie in weeks like the ``weeks`` before, None where these are too
    few; ``signal``: up, down, none or untested."""

    weeks: int
    low: float | None
    high: float | None
    signal: str


def usual_shares(k: Sequence[int], n: Sequence[int]) -> Usual:
    """What is usual for the last week's share k / n, by the weeks before it (consecutive, n = 0 for a missing one)."""
    size = np.array([n], dtype=np.float64)
    found = changes(np.array([k], dtype=np.float64), size)
    low, high = band(size[:, -1], np.clip(found.baseline[:, -1], 1e-6, 1 - 1e-6), found.spread[:, -1])
    weeks = int(found.weeks[0, -1])
    if np.isnan(low[0]) or np.isnan(found.p[0, -1]):
        return Usual(weeks, None, None, "untested")
    signal = SIGNALS[int(found.signal[0, -1])]
    return Usual(weeks, float(low[0]), float(high[0]), signal.rpartition("_")[2])


def drifted(before: Sequence[Floats], week: Floats) -> Drifted | None:
    """Compares the values of ``week`` (one for each document) with those of the weeks ``before``, in order.

    The index is the sum over bins of (p - q) ln(p / q), the bins being tenths of the weeks before. Under no change it
    is (1/n + 1/N) times chi-square with a degree of freedom less than bins (Yurdakul and Naranjo 2020, J. Risk Model
    Validation 14(3)), so a fixed limit such as 0.25 would call chance in small weeks a drift. The limit is the point
    that ``RARE`` of steady weeks pass, times how much more than chance the weeks before differ from one another (the
    median of theirs, so that a drift among them does not hide the next), and ``FLOOR`` at least.
    None with fewer than ``LEAST`` documents in the week, or fewer than eight weeks before that have as many.
    """
    weeks = [values for values in before if len(values) >= LEAST]
    if len(weeks) < MIN_BASELINE or len(week) < LEAST:
        return None
    pooled = np.concatenate(weeks)
    bins = int(np.clip(len(week) // _IN_A_BIN, 2, BINS))
    edges = np.unique(np.quantile(pooled, np.arange(1, bins) / bins))
    # Where most documents have the same value, a bin begins just above it.
    counts = np.array([_counts(values, edges) for values in (*weeks, week)])
    counts = counts[:, counts.sum(axis=0) > 0]
    freedom = counts.shape[1] - 1
    if freedom == 0:
        return Drifted(0.0, FLOOR)
    history, total = counts[:-1], counts[:-1].sum(axis=0)
    own = [_index(one, total - one) / _chance(one, total - one) for one in history]
    spread = max(1.0, float(np.median(own)) / float(special.chdtri(freedom, 0.5)))
    limit = spread * float(special.chdtri(freedom, RARE)) * _chance(counts[-1], total)
    return Drifted(_index(counts[-1], total), max(limit, FLOOR))


def _counts(values: Floats, edges: Floats) -> Floats:
    """Values in each bin; an edge belongs to the bin below it."""
    return np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1).astype(np.float64)


def _index(one: Floats, other: Floats) -> float:
    """Half a document is added to each bin, so that an empty one is rare, not impossible."""
    p, q = ((c + 0.5) / (c.sum() + 0.5 * len(c)) for c in (one, other))
    return float(((p - q) * np.log(p / q)).sum())


def _chance(one: Floats, other: Floats) -> float:
    return float(1 / one.sum() + 1 / other.sum())
