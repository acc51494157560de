"""Shares corrected for the classifier's known error, with intervals that hold what is not known of that error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

CONFIDENCE: Final = 0.95
# Rate of true over rate of false alarms by which a classifier must tell the label apart. Below it the share is
# divided by so little that it says nothing.
LEAST_GAP: Final = 0.1
_HALVINGS: Final = 40  # of [0, 1]: the ends of an interval are right to 1e-12


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """Documents with known labels: with the label and found (``tp``) or missed (``fn``), without it and flagged
    (``fp``) or not (``tn``). Counts of 0 or more; they may be weighted, so need not be whole."""

    tp: float
    fn: float
    fp: float
    tn: float

    def __post_init__(self) -> None:
        """Raise ValueError for a count that is negative or not finite."""
        if not all(np.isfinite(count) and count >= 0 for count in (self.tp, self.fn, self.fp, self.tn)):
            raise ValueError("counts of an error table are numbers of 0 or more")

    @property
    def gap(self) -> float:
        """Found where true less found where false, in -1..1: what a true difference of 1 is in counts. Both sides
        have documents."""
        return self.tp / (self.tp + self.fn) - self.fp / (self.fp + self.tn)

    @property
    def problem(self) -> str | None:
        """Why shares cannot be corrected by this table, None where they can."""
        if self.tp + self.fn == 0 or self.fp + self.tn == 0:
            return "not corrected: the error table has no document with the label or none without"
        if self.gap < LEAST_GAP:
            return f"not corrected: found where true less found where false is {self.gap:.2f}, under {LEAST_GAP}"
        return None


def usable_errors(errors: Mapping[str, tuple[float, float, float, float]]) -> dict[str, ErrorTable]:
    """The tables of classifiers that tell their label apart, by label."""
    tables = {label: ErrorTable(*counts) for label, counts in errors.items()}
    return {label: table for label, table in tables.items() if table.problem is None}


class Shares(NamedTuple):
    """Arrays of the shape of the counts; NaN where there is no document, or no usable error table."""

    share: Floats
    low: Floats
    high: Floats


def corrected(k: Floats, n: Floats, table: ErrorTable) -> Shares:
    """The week's own share behind ``k`` found of ``n`` documents, in 0..1, and its 95% interval, which holds it.

    The share is the adjusted count of Rogan and Gladen (1978), (k/n - fpr) / (tpr - fpr), cut to 0..1. The interval is
    all shares s at which k/n - s tpr - (1 - s) fpr is not surely off 0: Fieller's idea, with the three Jeffreys
    intervals joined as by Zou and Donner (2008), so that it keeps their asymmetry. All NaN if ``table.problem``.
    """
    nothing = np.full(k.shape, np.nan)
    if table.problem is not None:
        return Shares(nothing, nothing, nothing)
    raw, raw_low, raw_high = sampled(k, n)
    tpr, tpr_low, tpr_high = (float(x) for x in _rate(table.tp, table.fn))
    fpr, fpr_low, fpr_high = (float(x) for x in _rate(table.fp, table.tn))
    share = adjusted_count(raw, table)

    def surely_more(s: Floats) -> Floats:
        reach = (raw - raw_low) ** 2 + ((1 - s) * (fpr_high - fpr)) ** 2 + (s * (tpr_high - tpr)) ** 2
        return raw - s * tpr - (1 - s) * fpr - np.sqrt(reach)

    def surely_less(s: Floats) -> Floats:
        reach = (raw_high - raw) ** 2 + ((1 - s) * (fpr - fpr_low)) ** 2 + (s * (tpr - tpr_low)) ** 2
        return raw - s * tpr - (1 - s) * fpr + np.sqrt(reach)

    low, high = np.zeros(k.shape), np.ones(k.shape)
    below, above = share.copy(), share.copy()
    for _ in range(_HALVINGS):
        middle = (low + below) / 2
        outside = surely_more(middle) > 0
        low, below = np.where(outside, middle, low), np.where(outside, below, middle)
        middle = (above + high) / 2
        outside = surely_less(middle) < 0
        high, above = np.where(outside, middle, high), np.where(outside, above, middle)
    empty = np.isnan(share)
    low = np.where(surely_more(np.zeros(k.shape)) <= 0, 0.0, low)
    high = np.where(surely_less(np.ones(k.shape)) >= 0, 1.0, high)
    return Shares(share, np.where(empty, np.nan, low), np.where(empty, np.nan, high))


def gap_interval(table: ErrorTable) -> tuple[float, float]:
    """95% interval of ``table.gap``, at least a hundredth; ``table`` has no ``problem``."""
    tpr, tpr_low, tpr_high = (float(x) for x in _rate(table.tp, table.fn))
    fpr, fpr_low, fpr_high = (float(x) for x in _rate(table.fp, table.tn))
    low = table.gap - float(np.hypot(tpr - tpr_low, fpr_high - fpr))
    return max(low, 0.01), min(table.gap + float(np.hypot(tpr_high - tpr, fpr - fpr_low)), 1.0)


def adjusted_count(raw: Floats, table: ErrorTable) -> Floats:
    """The share in 0..1 behind a raw share; ``table`` has no ``problem``."""
    fpr = table.fp / (table.fp + table.tn)
    return np.clip((raw - fpr) / table.gap, 0.0, 1.0)


def sampled(k: Floats, n: Floats) -> Shares:
    """Share k / n and Jeffreys' 95% interval, which reaches 0 and 1 where the share does; NaN where n is 0."""
    there = n > 0
    return Shares(*_rate(np.where(there, k, np.nan), np.where(there, n - k, np.nan)))


def _rate(hits: npt.ArrayLike, misses: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    hit, miss = np.asarray(hits, dtype=np.float64), np.asarray(misses, dtype=np.float64)
    rest = (1 - CONFIDENCE) / 2
    rate = hit / (hit + miss)
    low = np.where(hit == 0, 0.0, special.betaincinv(hit + 0.5, miss + 0.5, rest))
    high = np.where(miss == 0, 1.0, special.betaincinv(hit + 0.5, miss + 0.5, 1 - rest))
    # With weighted counts below one the mode can lie outside.
    return rate, np.where(np.isnan(rate), np.nan, np.minimum(low, rate)), np.maximum(high, rate)
