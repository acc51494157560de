"""The last layer: from document features to calibrated probabilities, and the thresholds on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voc.classify.metrics import best_threshold
from voc.classify.score import sigmoid

Array = NDArray[np.float64]

PENALTY = 3.0  # on the squared distance from "the noisy-or is right", against some thousand documents
NEWTON_STEPS = 30
# A label is unclear while the logit of its probability is this close to its threshold's; swept with
# scripts/train.py, see CLASSIFIER_CARD.md.
ABSTAIN_LOGITS = 0.5


def prevalence_weights(targets: Array, shares: Array) -> Array:
    """(n, L) weights under which each label is as frequent as ``shares`` (L,), of mean 1 for each label.

    Training data is enriched for rare labels; probabilities and thresholds should fit a stream where they are rarer.
    """
    found = np.clip(targets.mean(axis=0), 1e-6, 1 - 1e-6)
    return np.asarray(targets * (shares / found) + (1.0 - targets) * ((1.0 - shares) / (1.0 - found)))


def fit_stack(features: Array, targets: Array, weights: Array) -> Array:
    """Logistic weights (F + 1, L), the intercept last, of features (n, F, L) for targets and weights (n, L)."""
    count = features.shape[1]
    prior = np.zeros(count + 1)
    prior[0] = 1.0
    penalty = np.diag([PENALTY] * count + [1e-6])
    columns = []
    for label in range(targets.shape[1]):
        inputs = np.column_stack([features[:, :, label], np.ones(len(features))])
        point = prior.copy()
        for _ in range(NEWTON_STEPS):
            chance = sigmoid(inputs @ point)
            pull = weights[:, label] * chance * (1.0 - chance)
            gradient = inputs.T @ (weights[:, label] * (chance - targets[:, label])) + penalty @ (point - prior)
            step = np.linalg.solve((inputs * pull[:, None]).T @ inputs + penalty, gradient)
            point = point - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        columns.append(point)
    return np.column_stack(columns)


def stacked(features: Array, stack: Array) -> Array:
    """(n, L) probabilities of features (n, F, L)."""
    return sigmoid((features * stack[:-1]).sum(axis=1) + stack[-1])


def fit_thresholds(targets: Array, probability: Array, weights: Array) -> tuple[float, ...]:
    """For each label the threshold of the highest weighted F1, to six digits."""
    columns = range(targets.shape[1])
    return tuple(round(best_threshold(targets[:, c], probability[:, c], weights[:, c]), 6) for c in columns)


def abstain_bands(thresholds: tuple[float, ...], width: float = ABSTAIN_LOGITS) -> tuple[tuple[float, float], ...]:
    """(low, high) around each threshold, ``width`` logits to either side, to six digits."""
    inner = np.clip(np.asarray(thresholds), 1e-6, 1.0 - 1e-6)
    logits = np.log(inner) - np.log1p(-inner)
    low, high = sigmoid(logits - width), sigmoid(logits + width)
    return tuple((round(float(a), 6), round(float(b), 6)) for a, b in zip(low, high, strict=True))
