from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.config import CLUSTERERS as CONFIG_CLUSTERERS
from voc.errors import ConfigError
from voc.themes.cluster import MIN_COSINE, assign, centroids_of, find_clusters
from voc.themes.settings import CLUSTERERS
from voc.themes.vectors import AXES, Space, unit_rows


def vectors(n: int, dim: int, seed: int) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, dim)))


def clusters(rows: np.ndarray, documents: np.ndarray | None = None, least: int = 3, method: str = "ward") -> np.ndarray:
    numbers = np.arange(len(rows))
    return find_clusters(rows, numbers if documents is None else documents, numbers, least, method)


@given(st.integers(0, 60), st.integers(0, 1000), st.integers(2, 4), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_clusters_have_enough_documents_and_numbers_without_gaps(
    n: int, seed: int, least: int, per_document: int
) -> None:
    documents = np.arange(n) // per_document
    labels = clusters(vectors(n, 4, seed), documents, least)
    assert len(labels) == n
    found = sorted(set(labels.tolist()) - {-1})
    assert found == list(range(len(found)))
    for label in found:
        assert len(set(documents[labels == label].tolist())) >= least


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 500))
def test_the_rule_takes_the_nearest_centroid_if_any(n: int, k: int, seed: int) -> None:
    rows, centroids = vectors(n, 5, seed), vectors(k, 5, seed + 1)
    labels = assign(rows, centroids)
    cosines = rows @ centroids.T
    for label, row in zip(labels, cosines, strict=True):
        assert label == -1 or row[label] == row.max() >= MIN_COSINE


def test_what_lies_between_two_centroids_belongs_to_neither() -> None:
    centroids = np.eye(2, 3, dtype=np.float32)
    rows = unit_rows(np.array([[1, 0, 0], [1, 0.95, 0], [1, 0.7, 0], [0, 1, 0.5], [0, 0.3, 1]]))
    assert assign(rows, centroids).tolist() == [0, -1, 0, 1, -1]


def test_a_centroid_beside_another_takes_no_rows_from_both() -> None:
    near = unit_rows(np.array([[1, 0.1, 0], [1, -0.1, 0]]))
    assert assign(near, near).tolist() == [0, 1]
    assert assign(near, np.repeat(near[:1], 2, axis=0)).tolist() == [0, 0]


def test_the_rule_without_centroids_assigns_nothing() -> None:
    assert assign(vectors(3, 4, 0), np.zeros((0, 4), dtype=np.float32)).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("method", ["ward", "kmeans", "hdbscan"])
def test_each_method_finds_what_lies_apart(method: str) -> None:
    rng = np.random.default_rng(5)
    centres = vectors(4, 12, 3)
    truth = rng.integers(0, 4, size=400)
    rows = unit_rows(centres[truth] + rng.normal(size=(400, 12)) * 0.05)
    labels = clusters(rows, method=method)
    assert len({(a, b) for a, b in zip(truth.tolist(), labels.tolist(), strict=True)}) == 4


def test_more_rows_than_are_fitted_settle_by_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 5, size=900)
    rows = unit_rows(vectors(5, 12, 3)[truth] + rng.normal(size=(900, 12)) * 0.05)
    whole = clusters(rows)
    monkeypatch.setattr("voc.themes.cluster.FIT_UNITS", 300)
    assert len({(a, b) for a, b in zip(whole.tolist(), clusters(rows).tolist(), strict=True)}) == 5


def test_a_method_whose_package_is_missing_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="cuml") as caught:
        clusters(vectors(50, 6, 1), method="cuml")
    assert 'themes.clusterer = "ward"' in str(caught.value.hint)


def test_the_settings_offer_what_there_is() -> None:
    assert CLUSTERERS == CONFIG_CLUSTERERS


def test_clusters_are_the_same_where_rows_are_few_or_all_alike() -> None:
    assert clusters(np.repeat(vectors(1, 5, 0), 40, axis=0)).tolist() == [0] * 40
    assert clusters(vectors(2, 5, 0), least=3).tolist() == [-1, -1]


def test_nine_in_ten_rows_come_to_nearly_the_same_clusters() -> None:
    rng = np.random.default_rng(5)
    rows = unit_rows(vectors(7, 24, 3)[rng.integers(0, 7, size=600)] + rng.normal(size=(600, 24)) * 0.12)
    kept = np.sort(rng.choice(600, 540, replace=False))
    whole, part = clusters(rows)[kept], clusters(rows[kept])
    both = (whole >= 0) & (part >= 0)
    assert both.mean() > 0.9
    assert len({(a, b) for a, b in zip(whole[both].tolist(), part[both].tolist(), strict=True)}) == 7


def scattered(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Four matters, far more scattered than apart, and which of them each row is of."""
    rng = np.random.default_rng(5)
    matter = rng.integers(0, 4, size=n)
    return (vectors(4, 64, 2)[matter] * 2 + rng.normal(size=(n, 64)) * 0.25).astype(np.float32), matter


def test_the_space_draws_neighbours_together() -> None:
    rows, matter = scattered()
    placed = Space.fit(rows, ["en"] * 400).transform(rows, ["en"] * 400)
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-5)
    for one in range(4):
        inside = matter == one
        assert (placed[inside] @ placed[inside].T).mean() > (unit_rows(rows)[inside] @ unit_rows(rows)[inside].T).mean()
        assert (placed[inside] @ placed[~inside].T).mean() < 0.3


def test_what_comes_later_stands_where_it_would_have_stood() -> None:
    rows, matter = scattered()
    space = Space.fit(rows[:300], ["en"] * 300)
    middles = centroids_of(space.transform(rows[:300], ["en"] * 300), matter[:300], 4)
    assert (assign(space.transform(rows[300:], ["en"] * 100), middles) == matter[300:]).mean() > 0.98


def test_neighbours_are_looked_for_in_a_sample_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, matter = scattered()
    monkeypatch.setattr("voc.themes.vectors.SAMPLE", 100)
    space = Space.fit(rows, ["en"] * 400)
    placed = space.transform(rows, ["en"] * 400)
    assert len(space.sample) == 100
    assert (assign(placed, centroids_of(placed, matter, 4)) == matter).mean() > 0.98


def test_copies_are_no_neighbours() -> None:
    rows, _ = scattered()
    many = np.concatenate([rows, np.repeat(rows[:1], 15, axis=0)])
    space = Space.fit(many, ["en"] * 415)
    alone, placed = space.alone(many, ["en"] * 415), space.transform(many, ["en"] * 415)
    np.testing.assert_allclose(placed[400:], np.repeat(placed[:1], 15, axis=0), atol=1e-5)
    assert alone[0] @ placed[0] < 0.99


def test_what_is_like_nothing_stays_by_itself() -> None:
    rows, _ = scattered()
    axes = np.eye(16, AXES, dtype=np.float32)
    space = replace(Space.fit(rows, ["en"] * 400), sample=axes, drawn=axes)
    lost = np.eye(AXES, dtype=np.float32)[-1:]
    np.testing.assert_allclose(space.draw(lost), lost, atol=1e-6)
    near = unit_rows(lost + axes[:1])
    assert space.draw(near)[0] @ axes[0] > 0.95


def raw_of_two_languages() -> tuple[np.ndarray, list[str]]:
    raw = np.random.default_rng(0).normal(size=(800, 16)) + 5
    raw[:400, 0] += 4
    return raw.astype(np.float32), ["en"] * 400 + ["zh-Hans"] * 400


def test_the_space_has_no_mean_and_no_language() -> None:
    raw, languages = raw_of_two_languages()
    placed = Space.fit(raw, languages).transform(raw, languages)
    before = unit_rows(raw)
    between = np.linalg.norm(placed[:400].mean(axis=0) - placed[400:].mean(axis=0))
    assert np.linalg.norm(placed.mean(axis=0)) < 0.1
    assert between < 0.25
    assert np.linalg.norm(before[:400].mean(axis=0) - before[400:].mean(axis=0)) > 0.1


def test_a_language_with_few_units_keeps_what_it_says() -> None:
    raw = np.random.default_rng(0).normal(size=(410, 16)).astype(np.float32)
    raw[400:] = raw[400] + np.random.default_rng(1).normal(size=(10, 16)).astype(np.float32) * 0.1
    languages = ["en"] * 400 + ["zh-Hant"] * 10
    placed = Space.fit(raw, languages).transform(raw, languages)
    assert (placed[400:] @ placed[400:].T).min() > 0.8


def test_a_language_that_the_fit_did_not_see_is_placed() -> None:
    raw, languages = raw_of_two_languages()
    placed = Space.fit(raw, languages).transform(raw[:3], ["fr"] * 3)
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-5)


def test_the_space_does_not_depend_on_the_order_of_rows() -> None:
    rows = vectors(400, 64, 1) * np.linspace(2, 0.1, 64, dtype=np.float32)
    order = np.random.default_rng(2).permutation(400)
    straight = Space.fit(rows, ["en"] * 400).transform(rows, ["en"] * 400)
    shuffled = Space.fit(rows[order], ["en"] * 400).transform(rows, ["en"] * 400)
    assert straight.shape == (400, AXES)
    np.testing.assert_allclose(straight, shuffled, atol=1e-3)


def test_ten_thousand_equal_rows_are_one_place() -> None:
    rows = np.ones((10_000, 8), dtype=np.float32)
    placed = Space.fit(rows, ["en"] * 10_000).transform(rows, ["en"] * 10_000)
    assert len(np.unique(placed, axis=0)) == 1
