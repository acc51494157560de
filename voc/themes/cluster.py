"""The cluster step: themes within each driver, by one rule that also says what belongs to no theme."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from voc.themes.settings import ThemeSettings
from voc.themes.vectors import Matrix, unit_rows

Labels = NDArray[np.int64]

# Measured on 2026-11-21 as in vectors.py: density clustering (HDBSCAN, eom and leaf) left 50 to 90% of the units
# unassigned; Ward's tree with refinement 20 to 40% at this cosine, with the same themes on two 90% samples.
MIN_COSINE: Final = 0.45
SAME_COSINE: Final = 0.6  # two clusters with centroids this near are one theme, cut in two
UNASSIGNED: Final = -1
WARD_UNITS: Final = 2000  # Ward's tree takes memory with the square; above this it starts from k-means
ROUNDS: Final = 20
SEED: Final = 20261121


class NestedClusters:
    """BERTopic's cluster step: clusters are formed within each group (driver and side) and never cross it.

    After ``fit`` on the rows in whose order ``groups`` and ``documents`` are given, ``labels_`` holds a cluster number
    for each row, -1 for none.
    """

    def __init__(self, groups: Sequence[str], documents: Sequence[str], settings: ThemeSettings) -> None:
        self.groups = np.asarray(groups)
        self.documents = np.unique(np.asarray(documents), return_inverse=True)[1]
        self.settings = settings
        self.labels_: Labels = np.full(len(groups), UNASSIGNED, dtype=np.int64)

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: N803, ARG002 - BERTopic names them
        """Clusters ``X`` (n, axes), rows of length one. A group with fewer than twice the least number of documents
        has no theme: one cluster in it could not be told from the group itself."""
        names, sizes = np.unique(self.groups, return_counts=True)
        wanted = _themes_per_group([int(s) for s in sizes], self.settings)
        for name, count in zip(names, wanted, strict=True):
            rows = np.flatnonzero(self.groups == name)
            if len(np.unique(self.documents[rows])) < 2 * self.settings.min_documents:
                continue
            least = max(self.settings.min_documents, ceil(len(rows) / 100))
            labels = _cluster(X[rows], self.documents[rows], count, least)
            self.labels_[rows] = np.where(labels == UNASSIGNED, UNASSIGNED, labels + self.labels_.max() + 1)
        return self


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


def _themes_per_group(sizes: Sequence[int], settings: ThemeSettings) -> list[int]:
    """Clusters to look for: the root of the units over 2.5 (30 units: 2, 400: 8), scaled down to what may be shown."""
    raw = [sqrt(size) / 2.5 for size in sizes]
    scale = settings.max_themes / sum(raw) if sum(raw) > settings.max_themes else 1.0
    return [max(1, int(r * scale) if scale < 1 else round(r)) for r in raw]


def _cluster(vectors: Matrix, documents: Labels, count: int, least: int) -> Labels:
    """At most ``count`` clusters, each with ``least`` documents or more and none like another, numbered without gaps.

    One step at a time: what a merger or a dropped cluster leaves may change its neighbours.
    """
    labels = _first_labels(vectors, min(count, len(vectors)))
    labels, centroids = _settle(vectors, _centroids(vectors, labels))
    while len(centroids):
        sizes = np.array([len(np.unique(documents[labels == c])) for c in range(len(centroids))])
        one, other = _most_alike(centroids)
        if one != other and centroids[one] @ centroids[other] >= SAME_COSINE:
            labels = np.where(labels == other, one, labels)
            centroids = _centroids(vectors, labels)
        elif sizes.min() < least:
            centroids = np.delete(centroids, sizes.argmin(), axis=0)
        else:
            break
        labels, centroids = _settle(vectors, centroids)
    return labels


def _most_alike(centroids: Matrix) -> tuple[int, int]:
    cosines = centroids @ centroids.T
    cosines[np.tril_indices(len(centroids))] = -2.0
    one, other = np.unravel_index(int(cosines.argmax()), cosines.shape)
    return (int(one), int(other)) if len(centroids) > 1 else (0, 0)


def _settle(vectors: Matrix, centroids: Matrix) -> tuple[Labels, Matrix]:
    """Assigns and moves the centroids to the middle of what they hold until nothing changes; empty ones vanish."""
    labels = assign(vectors, centroids)
    for _ in range(ROUNDS):
        centroids = _centroids(vectors, labels)
        moved = assign(vectors, centroids)
        if np.array_equal(moved, labels):
            break
        labels = moved
    held = np.unique(labels[labels != UNASSIGNED])
    renumbered = np.searchsorted(held, labels)
    return np.where(labels == UNASSIGNED, UNASSIGNED, renumbered), centroids[held]


def _centroids(vectors: Matrix, labels: Labels) -> Matrix:
    numbers = np.unique(labels[labels != UNASSIGNED])
    means = [vectors[labels == c].mean(axis=0, dtype=np.float64) for c in numbers]
    return unit_rows(np.asarray(means).reshape(len(numbers), vectors.shape[1]))


def _first_labels(vectors: Matrix, count: int) -> Labels:
    from sklearn.cluster import AgglomerativeClustering, KMeans

    if count < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    small = len(vectors) <= WARD_UNITS
    model = AgglomerativeClustering(count) if small else KMeans(count, n_init=4, random_state=SEED)
    return np.asarray(model.fit(vectors).labels_, dtype=np.int64)
