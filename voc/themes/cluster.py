"""The cluster step, and the one rule that says which theme a segment belongs to."""

from __future__ import annotations

import warnings
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

# Tried on 2026-11-22: adjusted Rand index of 90% samples, the mean of several pairs, and the share in no theme, on
# telecom reviews (7,843 units) and hotel reviews (2,913); adjusted mutual information with the ten categories of shop
# reviews, twice 2,000. The first two rows are of one pair, the first of 6,095 units.
#                                                                   telecom     hotel       shop
#   17 axes, blurred for Ward's tree alone, cosine 0.45 (before)    0.58 18%                0.51 0.52
#   the same, the tree on middles of ten bags                       0.65 15%
#   48 axes, drawn to neighbours (vectors.py), ten bags, 0.50       0.73 28%    0.82 37%    0.59 0.56
#   the same, 0.55                                                  0.83 36%    0.87 45%    0.58 0.56
#   the same, 0.50, the root of the units over 5                    0.75 27%    0.88 42%    0.58 0.57
#   twenty bags, 0.47, a margin of 0.06 between cosines             0.87 27%    0.83 36%    0.58 0.56
#   the same, a margin of 0.12                                      0.96 39%    0.89 41%    0.57 0.55
#   Leiden on the neighbours in 64 axes, nothing left out                                   0.60 0.58
# Leiden's gain is that of neighbours in many axes, which the space has without another package. The margin is a share
# of the way between two middles, so that a theme cut in two keeps its members: 0.1 of 0.8 on the average.
MIN_COSINE: Final = 0.45
MARGIN: Final = 0.1
SAME_COSINE: Final = 0.6  # two clusters with centroids this near are one theme, cut in two
UNASSIGNED: Final = -1
FIT_UNITS: Final = 8000  # above this, first clusters are formed of a sample
PER_CLUSTER: Final = 4.0  # clusters looked for: the root of the units over this (8000 units: 22) ...
FEW, UNITS_EACH = 8, 6  # ... of few units as many as this, each of so many: what is one is joined again
BAGS: Final = 20  # samples of half of the units ...
FINE: Final = 2  # ... in each of which k-means finds so many times the clusters
ROUNDS: Final = 20
SEED: Final = 20261121
_ROUNDING: Final = 1e-6  # of cosines: the first of two equal centroids takes its rows


def assign(vectors: Matrix, centroids: Matrix) -> Labels:
    """The rule: a row of ``vectors`` belongs to the nearest of ``centroids`` if their cosine is at least MIN_COSINE and
    it is clearly nearer than the next: the cosines differ by MARGIN of what they differ by at the centroid itself.

    Both have rows of length one; the result holds indices of ``centroids``, -1 for none.
    """
    if not len(centroids):
        return np.full(len(vectors), UNASSIGNED, dtype=np.int64)
    cosines, rows = vectors @ centroids.T, np.arange(len(vectors))
    nearest: Labels = cosines.argmax(axis=1).astype(np.int64)
    best = cosines[rows, nearest]
    sure = best >= MIN_COSINE
    if len(centroids) > 1:
        cosines[rows, nearest] = -2.0
        second = cosines.argmax(axis=1)
        apart = 1 - (centroids @ centroids.T)[nearest, second]
        sure &= best - cosines[rows, second] >= MARGIN * apart - _ROUNDING
    nearest[~sure] = UNASSIGNED
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
        return _bagged(vectors, count)
    module, name, options = _METHODS[method]
    chosen = {key: count if value == "count" else value for key, value in options.items()}
    try:
        model = getattr(import_module(module), name)(**chosen)
    except ImportError as error:
        hint = f'pip install {module.partition(".")[0]}, or set themes.clusterer = "{WARD}".'
        raise ConfigError(f"themes.clusterer = {method!r} needs the package {module!r}", hint) from error
    return np.asarray(model.fit_predict(vectors), dtype=np.int64)


# Where the first clusters come from; what makes themes of them is the same for all.
_METHODS: Final[Mapping[str, tuple[str, str, Mapping[str, object]]]] = {
    "kmeans": ("sklearn.cluster", "KMeans", {"n_clusters": "count", "n_init": 4, "random_state": SEED}),
    "hdbscan": ("sklearn.cluster", "HDBSCAN", {"min_cluster_size": 8, "min_samples": 5, "copy": True}),
    "fast_hdbscan": ("fast_hdbscan", "HDBSCAN", {"min_cluster_size": 8, "min_samples": 5}),
    "evoc": ("evoc", "EVoC", {"base_min_cluster_size": 8, "random_state": SEED}),
    "cuml": ("cuml.cluster", "HDBSCAN", {"min_cluster_size": 8, "min_samples": 5}),
}


def _bagged(vectors: Matrix, count: int) -> Labels:
    """Labels (n,), n >= 2: Ward's tree, cut into ``count``, on the middles that k-means finds in many samples of the
    rows (bagged clustering, Leisch 1999). What one sample shows by chance the others outvote, and a row more or less
    matters little."""
    from sklearn.cluster import AgglomerativeClustering, KMeans
    from sklearn.exceptions import ConvergenceWarning

    rng, size = np.random.default_rng(SEED), max(2, len(vectors) // 2)
    middles = []
    for bag in range(BAGS):
        rows = vectors[np.sort(rng.choice(len(vectors), size, replace=False))]
        model = KMeans(min(FINE * count, size), n_init=1, max_iter=30, random_state=bag)
        with warnings.catch_warnings():  # fewer different rows than clusters
            warnings.simplefilter("ignore", ConvergenceWarning)
            middles.append(model.fit(rows).cluster_centers_)
    found = unit_rows(np.concatenate(middles))
    tree = AgglomerativeClustering(count).fit(found).labels_.astype(np.int64)
    nearest: Labels = (vectors @ centroids_of(found, tree, count).T).argmax(axis=1).astype(np.int64)
    return nearest
