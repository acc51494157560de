"""Curves of one output: calibration, precision and recall, risk and coverage; as points for JSON and plots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.classify.metrics import calibration_bins, ratio
from voc.classify.outcome import Outcome

Array = NDArray[np.float64]
POINTS = 200  # at most, of a curve: more cannot be told apart in a plot


@dataclass(frozen=True, eq=False)
class Curves:
    """Points (x, y) in 0..1 of one output.

    ``calibration``: (mean probability, share that is true, documents) of each bin that has documents;
    ``precision_recall``: (recall, precision), from the surest on, and its area (average precision);
    ``risk_coverage``: (share of documents kept, share of wrong decisions among them), the surest first, and its area.
    """

    label: str
    calibration: tuple[tuple[float, float, int], ...]
    precision_recall: tuple[tuple[float, float], ...]
    average_precision: float
    risk_coverage: tuple[tuple[float, float], ...]
    risk_area: float


def curves(got: Outcome) -> list[Curves]:
    """The curves of every output, in their order. Average precision is 0.0 where nothing is true."""
    return [_curves(got, column) for column in range(len(got.labels))]


def _curves(got: Outcome, column: int) -> Curves:
    truth, probability = got.truth[:, column], got.probability[:, column]
    held, said, true = calibration_bins(truth, probability)
    recall, precision, average = _precision_recall(truth, probability)
    coverage, risk = _risk_coverage(np.abs(truth - got.found[:, column]), got.margins[:, column])
    return Curves(
        label=got.labels[column],
        calibration=tuple(
            (round(float(s), 4), round(float(t), 4), int(h)) for h, s, t in zip(held, said, true, strict=True) if h > 0
        ),
        precision_recall=_points(recall, precision),
        average_precision=round(average, 4),
        risk_coverage=_points(coverage, risk),
        risk_area=round(float(risk.mean()) if len(risk) else 0.0, 4),
    )


def _precision_recall(truth: Array, probability: Array) -> tuple[Array, Array, float]:
    """(recall, precision) at each distinct probability, and average precision (the sum of precision over the steps of
    recall, no interpolation)."""
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    last = np.append(ordered[1:] < ordered[:-1], True)[: len(ordered)]  # equal probabilities are taken together
    hits = np.cumsum(truth[order])[last]
    taken = np.arange(1, len(order) + 1, dtype=np.float64)[last]
    total = float(truth.sum())
    recall, precision = ratio(hits, np.full(len(hits), total)), ratio(hits, taken)
    average = float((np.diff(recall, prepend=0.0) * precision).sum())
    return recall, precision, average


def _risk_coverage(wrong: Array, margins: Array) -> tuple[Array, Array]:
    order = np.argsort(-margins, kind="stable")
    kept = np.arange(1, len(order) + 1, dtype=np.float64)
    return kept / max(len(order), 1), np.cumsum(wrong[order]) / kept


def _points(x: Array, y: Array) -> tuple[tuple[float, float], ...]:
    """At most ``POINTS`` of them, evenly by rank, the last one included."""
    if not len(x):
        return ()
    at = np.unique(np.linspace(0, len(x) - 1, min(POINTS, len(x))).round().astype(np.intp))
    return tuple((round(float(x[i]), 4), round(float(y[i]), 4)) for i in at)
