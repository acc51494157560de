from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.themes.cluster import MIN_COSINE, NestedClusters, assign
from voc.themes.settings import ThemeSettings
from voc.themes.vectors import SoftPCA, neutral, unit_rows


def vectors(n: int, dim: int, seed: int) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, dim)))


@given(
    st.integers(0, 60),
    st.integers(0, 1000),
    st.integers(1, 3),
    st.integers(2, 4),
    st.integers(1, 12),
    st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_clusters_stay_within_their_group_and_have_enough_documents(
    n: int, seed: int, group_count: int, least: int, most: int, per_document: int
) -> None:
    rng = np.random.default_rng(seed)
    groups = [f"g{g}" for g in rng.integers(0, group_count, size=n)]
    documents = [f"d{i // per_document}" for i in range(n)]
    model = NestedClusters(groups, documents, ThemeSettings(min_documents=least, max_themes=most))
    labels = model.fit(vectors(n, 4, seed)).labels_
    assert len(labels) == n
    found = sorted(set(labels.tolist()) - {-1})
    assert found == list(range(len(found)))
    for label in found:
        rows = np.flatnonzero(labels == label)
        assert len({groups[r] for r in rows}) == 1
        assert len({documents[r] for r in rows}) >= least


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 500))
def test_the_rule_takes_the_nearest_centroid_that_is_near_enough(n: int, k: int, seed: int) -> None:
    rows, centroids = vectors(n, 5, seed), vectors(k, 5, seed + 1)
    labels = assign(rows, centroids)
    cosines = rows @ centroids.T
    for label, row in zip(labels, cosines, strict=True):
        assert (label == -1) == (row.max() < MIN_COSINE)
        assert label == -1 or row[label] == row.max()


def test_the_rule_without_centroids_assigns_nothing() -> None:
    assert assign(vectors(3, 4, 0), np.zeros((0, 4), dtype=np.float32)).tolist() == [-1, -1, -1]


def test_many_units_are_clustered_from_another_start() -> None:
    rng = np.random.default_rng(5)
    centres = vectors(6, 12, 3)
    truth = rng.integers(0, 6, size=3000)
    rows = unit_rows(centres[truth] + rng.normal(size=(3000, 12)) * 0.05)
    settings_ = ThemeSettings(max_themes=6)
    labels = NestedClusters(["g"] * 3000, [str(i) for i in range(3000)], settings_).fit(rows).labels_
    assert len({(a, b) for a, b in zip(truth.tolist(), labels.tolist(), strict=True)}) == 6


def test_neutral_vectors_have_no_mean_and_no_language() -> None:
    rng = np.random.default_rng(0)
    languages = ["en"] * 400 + ["zh-Hans"] * 400
    raw = rng.normal(size=(800, 16)) + 5
    raw[:400, 0] += 4
    cleaned = neutral(raw.astype(np.float32), languages)
    between = np.linalg.norm(cleaned[:400].mean(axis=0) - cleaned[400:].mean(axis=0))
    before = unit_rows(raw)
    assert np.linalg.norm(cleaned.mean(axis=0)) < 0.01
    assert between < 0.05 * np.linalg.norm(before[:400].mean(axis=0) - before[400:].mean(axis=0))


def test_a_language_with_one_unit_keeps_what_it_says() -> None:
    raw = np.random.default_rng(0).normal(size=(41, 16)).astype(np.float32)
    cleaned = neutral(raw, ["en"] * 40 + ["zh-Hant"])
    assert np.linalg.norm(cleaned[-1]) > 0.5


def test_the_axes_do_not_depend_on_the_order_of_rows() -> None:
    rows = vectors(200, 32, 1) * np.linspace(2, 0.1, 32, dtype=np.float32)
    order = np.random.default_rng(2).permutation(200)
    straight, shuffled = SoftPCA().fit(rows).transform(rows), SoftPCA().fit(rows[order]).transform(rows)
    assert straight.shape == (200, 12)
    np.testing.assert_allclose(straight, shuffled, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(straight, axis=1), 1, atol=1e-5)


def test_the_axes_are_found_before_they_are_used() -> None:
    with pytest.raises(ValueError):
        SoftPCA().transform(np.ones((2, 2), dtype=np.float32))
