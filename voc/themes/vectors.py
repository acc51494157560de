"""Vectors fit for themes: without what crowds an encoder's vectors together, and without their language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

# Swept on 2026-11-21 over 4,897 labelled complaint quotes (English and both Chinese scripts, 15 sources) with the
# shipped encoder, on all, 600, 240 and 120 of them: 12 to 50 axes, none to three first axes taken out, axes weighted
# by their spread to the power 0, 1/2 and 1. With this choice and MIN_COSINE two 90% samples agree at an adjusted Rand
# index of 0.64 to 0.88 and 19 to 40% of the quotes are unassigned.
AXES: Final = 15
WEIGHT: Final = 0.5
UNITS_PER_AXIS: Final = 16
# A language with few units lends its mean less weight: the mean of three sentences is mostly what they say.
LANGUAGE_PRIOR: Final = 5
_CHUNK: Final = 16384


def neutral(vectors: Matrix, languages: Sequence[str]) -> Matrix:
    """``vectors`` (n, dim) of length one each, less the mean and less the mean of each language, as float32.

    Multilingual encoders put all texts into a narrow cone and the languages apart in it; what is left after that is
    what a text says. The order of rows is kept.
    """
    cleaned = unit_rows(vectors)
    cleaned -= cleaned.mean(axis=0, dtype=np.float64).astype(np.float32)
    tags = np.asarray(languages)
    for language in np.unique(tags):
        rows = np.flatnonzero(tags == language)
        mean = cleaned[rows].mean(axis=0, dtype=np.float64) * (len(rows) / (len(rows) + LANGUAGE_PRIOR))
        cleaned[rows] -= mean.astype(np.float32)
    return cleaned


class SoftPCA:
    """BERTopic's step of dimensionality reduction: principal axes weighted by the root of their spread.

    The full weight would let the first axes (kind of text, length) decide alone; none would let noise in. Rows come
    out with length one. Linear in rows, deterministic, and blind to the order of rows up to rounding.
    """

    def __init__(self, axes: int = AXES) -> None:
        self.axes = axes
        self._projection: NDArray[np.float64] | None = None

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: N803, ARG002 - BERTopic names them
        """Finds the axes of ``X`` (n, dim): at most one for sixteen rows, at least two, at most ``axes``."""
        scatter = np.zeros((X.shape[1], X.shape[1]), dtype=np.float64)
        for start in range(0, len(X), _CHUNK):
            rows = X[start : start + _CHUNK].astype(np.float64)
            scatter += rows.T @ rows
        spread, directions = np.linalg.eigh(scatter)
        count = min(self.axes, max(2, len(X) // UNITS_PER_AXIS), X.shape[1])
        chosen = slice(None, -count - 1, -1)
        kept, directions = np.maximum(spread[chosen], 0.0), directions[:, chosen]
        # An axis has no sign of its own: the larger entry is made positive, so that every machine agrees.
        peaks = np.abs(directions).argmax(axis=0)
        directions = directions * np.sign(directions[peaks, np.arange(directions.shape[1])])
        floor = max(float(kept[0]) if kept.size else 0.0, 1e-12) * 1e-9
        # Singular values are the roots of ``kept``: to the power WEIGHT - 1 for what is left after projecting.
        scale = np.where(kept > floor, np.maximum(kept, floor) ** ((WEIGHT - 1) / 2), 0.0)
        self._projection = directions * scale
        return self

    def transform(self, X: Matrix) -> Matrix:  # noqa: N803
        """``X`` (n, dim) in the fitted axes, (n, axes) float32 with rows of length one; ValueError before fit."""
        if self._projection is None:
            raise ValueError("fit() comes before transform()")
        projected = X.astype(np.float64) @ self._projection
        lengths = np.linalg.norm(projected, axis=1)
        # Texts that are all the same lie at the centre and have no direction: they get one, and so stay together.
        projected[lengths < 1e-6, 0] = 1.0
        return unit_rows(projected)


def unit_rows(rows: NDArray[np.floating]) -> Matrix:
    """``rows`` scaled to length one (rows of length zero stay), as a new float32 array."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled
