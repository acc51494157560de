"""The cluster step, and the one rule that says which theme a segment belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.errors import ConfigError
from voc.themes.settings import WARD
from voc.themes.vectors import Matrix, unit_rows

Labels = NDArray[np.int64]

# Measured on 2026-11-22 as in vectors.py, 15 axes, mean of five collections: density-based modes that leave as few
# unassigned agreed at 0.74 between two 90% samples, Ward's tree on the units as they are at 0.71, on blurred ones 0.79.
MIN_COSINE: Final = 0.45
SAME_COSINE: Final = 0.6  # two clusters with centroids this near are one theme, cut in two
UNASSIGNED: Final = -1
FIT_UNITS: Final = 8000  # Ward's tree takes memory with the square (256 MB here): above this, of a sample
PER_CLUSTER: Final = 4.0  # clusters looked for: the root of the units over this (8000 units: 22) ...
FEW, UNITS_EACH = 8, 6  # ... of few units as many as this, each of so many: what is one is joined again
NEIGHBOURS: Final = 15  # that a unit is blurred with ...
BLURS: Final = 2  # ... so often
ROUNDS: Final = 20
SEED: Final = 20261121
_BLOCK: Final = 1024


def assign(vectors: Matrix, centroids: Matrix) -> Labels:
    """The rule: a row of ``vectors`` belongs to the nearest of ``centroids`` if their cosine is at least MIN_COSINE.

    Both have rows of length one; the result holds indices of ``centroids``, -1 for none.
    """
    if not len(centroids):
        return np.full(len(vectors), UNASSIGNED, dtype=np.int64)
    cosines = vectors @ centroids.T
    nearest: Labels = cosines.argmax(axis=1).astype(np.int64)
    nearest[cosines.max(axis=1) < MIN_COSINE] = UNASSIGNED
    return nearest


def centroids_of(vectors: Matrix, labels: Labels, count: int) -> Matrix:
    """The middles, (count, axes) rows of length one, of the rows labelled 0 to count - 1; zeros where there is none."""
    sums = np.zeros((count, vectors.shape[1]), dtype=np.float64)
    held = labels != UNASSIGNED
    np.add.at(sums, labels[held], vectors[held].astype(np.float64))
    return unit_rows(sums)


def find_clusters(
    vectors: Matrix,
    documents: Labels,
    typical: Labels,
    least: int,
    method: str = WARD,
    per_cluster: float = PER_CLUSTER,
) -> Labels:
    """Clusters of ``vectors`` (n, axes), rows of length one, in an order that must not depend on the run: (n,) numbers
    without gaps, -1 for none. Each has ``least`` or more of the ``documents`` (n,) and none is like another.

    They are formed of the rows ``typical`` (above FIT_UNITS, of every so-many-th of these) and settle on all.
    """
    sample = vectors[typical[:: -(-len(typical) // FIT_UNITS) or 1]]
    if len(sample) < 2 or len(np.unique(documents)) < least:
        return np.full(len(vectors), UNASSIGNED, dtype=np.int64)
    count = max(2, round(sqrt(len(sample)) / per_cluster), min(FEW, len(sample) // UNITS_EACH))
    first = _first_labels(sample, method, count)
    labels, centroids = _settle(vectors, centroids_of(sample, first, int(first.max()) + 1))
    # One step at a time: what a merger or a dropped cluster leaves may change its neighbours.
    while len(centroids):
        pairs = np.unique(np.stack([labels, documents])[:, labels != UNASSIGNED], axis=1)
        sizes = np.bincount(pairs[0], minlength=len(centroids))
        one, other = _most_alike(centroids)
        if one != other and centroids[one] @ centroids[other] >= SAME_COSINE:
            labels = np.where(labels == other, one, labels)
            centroids = centroids_of(vectors, labels, len(centroids))
            centroids = np.delete(centroids, other, axis=0)
        elif sizes.min() < least:
            centroids = np.delete(centroids, sizes.argmin(), axis=0)
        else:
            break
        labels, centroids = _settle(vectors, centroids)
    return labels


def _most_alike(centroids: Matrix) -> tuple[int, int]:
    if len(centroids) < 2:
        return 0, 0
    cosines = centroids @ centroids.T
    cosines[np.tril_indices(len(centroids))] = -2.0
    one, other = np.unravel_index(int(cosines.argmax()), cosines.shape)
    return int(one), int(other)


def _settle(vectors: Matrix, centroids: Matrix) -> tuple[Labels, Matrix]:
    """Assigns and moves the centroids to the middle of what they hold until nothing changes; empty ones vanish."""
    labels = assign(vectors, centroids)
    for _ in range(ROUNDS):
        held, labels = _renumbered(labels)
        centroids = centroids_of(vectors, labels, len(held))
        moved = assign(vectors, centroids)
        if np.array_equal(moved, labels):
            break
        labels = moved
    held, labels = _renumbered(labels)
    return labels, centroids[held]


def _renumbered(labels: Labels) -> tuple[Labels, Labels]:
    """The numbers that occur, in order, and the labels as positions in them."""
    held = np.unique(labels[labels != UNASSIGNED])
    return held, np.where(labels == UNASSIGNED, UNASSIGNED, np.searchsorted(held, labels)).astype(np.int64)


def _first_labels(vectors: Matrix, method: str, count: int) -> Labels:
    """Labels (n,) from 0, -1 for none, of the method that is chosen; ``count`` clusters where it takes a number."""
    if method == WARD:
        from sklearn.cluster import AgglomerativeClustering

        found = AgglomerativeClustering(count).fit(blurred(vectors)).labels_
    else:
        module, name, options = _METHODS[method]
        chosen = {key: count if value == "count" else value for key, value in options.items()}
        try:
            model = getattr(import_module(module), name)(**chosen)
        except ImportError as error:
            hint = f'pip install {module.partition(".")[0]}, or set themes.clusterer = "{WARD}".'
            raise ConfigError(f"themes.clusterer = {method!r} needs the package {module!r}", hint) from error
        found = model.fit_predict(vectors)
    return np.asarray(found, dtype=np.int64)


# Where the first clusters come from; what makes themes of them is the same for all.
_METHODS: Final[Mapping[str, tuple[str, str, Mapping[str, object]]]] = {
    "kmeans": ("sklearn.cluster", "KMeans", {"n_clusters": "count", "n_init": 4, "random_state": SEED}),
    "hdbscan": ("sklearn.cluster", "HDBSCAN", {"min_cluster_size": 8, "min_samples": 5, "copy": True}),
    "fast_hdbscan": ("fast_hdbscan", "HDBSCAN", {"min_cluster_size": 8, "min_samples": 5}),
    "evoc": ("evoc", "EVoC", {"base_min_cluster_size": 8, "random_state": SEED}),
    "cuml": ("cuml.cluster", "HDBSCAN", {"min_cluster_size": 8, "min_samples": 5}),
}


def blurred(vectors: Matrix) -> Matrix:
    """``vectors`` (n, axes) each moved towards its nearest neighbours (blurring mean shift, Fukunaga and Hostetler
    1975): what lies between two clusters is drawn to one, so that a sample more or less matters less."""
    count = min(NEIGHBOURS, len(vectors) - 1)
    for _ in range(BLURS if count else 0):
        moved = np.empty_like(vectors)
        for start in range(0, len(vectors), _BLOCK):
            rows = vectors[start : start + _BLOCK]
            cosines = rows @ vectors.T
            cosines[np.arange(len(rows)), np.arange(start, start + len(rows))] = -2.0
            near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
            near.sort(axis=1)  # sums in another order would be other sums
            moved[start : start + _BLOCK] = rows + 2 * vectors[near].mean(axis=1)
        vectors = unit_rows(moved)
    return vectors
