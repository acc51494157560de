"""Figures of quality: F1, thresholds, calibration error, intervals. Pure functions of arrays, deterministic."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BINS = 15
ROUNDS = 1000
_CELLS = 4_000_000  # of the matrix of draws that is in memory at once


def f1(truth: Array, found: Array, weights: Array | None = None) -> float:
    """F1 of 0/1 vectors in 0..1; 0.0 where nothing is true and nothing found (no evidence of skill is no skill)."""
    weights = np.ones(len(truth)) if weights is None else weights
    total = float((weights * (truth + found)).sum())
    return 2.0 * float((weights * truth * found).sum()) / total if total > 0.0 else 0.0


def ratio(above: Array, below: Array) -> Array:
    """``above / below``, 0.0 where ``below`` is 0."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)


def best_threshold(truth: Array, probability: Array, weights: Array | None = None) -> float:
    """The threshold with the highest F1 for ``probability >= threshold``: midway between its neighbours.

    1.0 where nothing is true: then nothing should be found.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    positives = float((weights * truth).sum())
    if positives <= 0.0:
        return 1.0
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    hits = np.cumsum((weights * truth)[order])
    taken = np.cumsum(weights[order])
    score = 2.0 * hits / (taken + positives)
    last_of_value = np.append(ordered[1:] < ordered[:-1], True)  # a cut between equal values cannot be made
    best = int(np.argmax(np.where(last_of_value, score, -1.0)))
    below = float(ordered[best + 1]) if best + 1 < len(ordered) else 0.0
    return 0.5 * (float(ordered[best]) + below)


def calibration_bins(
    truth: Array, probability: Array, bins: int = BINS, weights: Array | None = None
) -> tuple[Array, Array, Array]:
    """(mass, mean probability, share that is true) of each bin, (bins,) each: bins of equal mass by rank, equal
    probabilities always in one bin, so that some bins may be empty (mass 0)."""
    weights = np.ones(len(truth)) if weights is None else weights
    total = float(weights.sum())
    if total <= 0.0:
        return np.zeros(bins), np.zeros(bins), np.zeros(bins)
    values, place = np.unique(probability, return_inverse=True)
    mass = np.bincount(place, weights, minlength=len(values))
    below = np.concatenate([[0.0], np.cumsum(mass)[:-1]])  # the mass of all smaller probabilities
    bin_of = np.minimum((below / total * bins + 1e-9).astype(np.intp), bins - 1)[place]
    held = np.asarray(np.bincount(bin_of, weights, minlength=bins), np.float64)
    said, true = (np.bincount(bin_of, weights * part, minlength=bins) for part in (probability, truth))
    return held, ratio(np.asarray(said, np.float64), held), ratio(np.asarray(true, np.float64), held)


def calibration_error(truth: Array, probability: Array, bins: int = BINS, weights: Array | None = None) -> float:
    """Expected calibration error in 0..1 over ``calibration_bins``."""
    held, said, true = calibration_bins(truth, probability, bins, weights)
    total = float(held.sum())
    return float((held * np.abs(said - true)).sum() / total) if total > 0.0 else 0.0


def draws(documents: int, *, rounds: int = ROUNDS, seed: int = 0) -> Iterator[Array]:
    """Bootstrap samples of the documents: blocks (rounds of a block, documents) of how often each was drawn, ``rounds``
    rows in all."""
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // max(documents, 1))
    for start in range(0, rounds, block):
        picked = [generator.integers(0, documents, documents) for _ in range(min(block, rounds - start))]
        yield np.stack([np.bincount(one, minlength=documents) for one in picked]).astype(np.float64)


def interval(
    figure: Callable[[Array], float], documents: int, *, rounds: int = ROUNDS, seed: int = 0
) -> tuple[float, float]:
    """95% bootstrap interval (percentiles) of ``figure``, a function of document weights (how often each was drawn)."""
    if documents == 0:
        return (0.0, 0.0)
    drawn = [figure(weights) for block in draws(documents, rounds=rounds, seed=seed) for weights in block]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
