"""F1, thresholds, calibration error and intervals on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.classify.metrics import best_threshold, calibration_error, f1, interval

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=40)


def test_f1_by_hand() -> None:
    truth, found = np.array([1.0, 1, 0, 0]), np.array([1.0, 0, 1, 0])
    assert f1(truth, found) == 0.5
    assert f1(truth, found, np.array([3.0, 1, 0, 5])) == pytest.approx(6 / 7)
    assert f1(np.zeros(3), np.zeros(3)) == 0.0


def test_threshold_lies_midway_between_the_values_it_parts() -> None:
    assert best_threshold(np.array([1.0, 1, 0, 0]), np.array([0.9, 0.6, 0.4, 0.1])) == pytest.approx(0.5)


def test_threshold_finds_nothing_where_nothing_is_true() -> None:
    assert best_threshold(np.zeros(4), np.array([0.9, 0.6, 0.4, 0.1])) == 1.0


@given(CASES)
def test_no_threshold_beats_the_best_one(cases: list[tuple[bool, int]]) -> None:
    truth = np.array([float(t) for t, _ in cases])
    probability = np.array([p / 20 for _, p in cases])
    best = best_threshold(truth, probability)
    reached = f1(truth, (probability >= best).astype(float))
    for other in np.linspace(0, 1, 41):
        assert f1(truth, (probability >= other).astype(float)) <= reached + 1e-12


def test_weights_count_like_copies() -> None:
    truth, probability = np.array([1.0, 0, 1, 0, 0]), np.array([0.8, 0.7, 0.6, 0.5, 0.1])
    copies = np.array([1, 3, 2, 1, 4])
    repeated = np.repeat(truth, copies), np.repeat(probability, copies)
    assert best_threshold(truth, probability, copies.astype(float)) == best_threshold(*repeated)
    weighted = calibration_error(truth, probability, weights=copies.astype(float))
    assert weighted == pytest.approx(calibration_error(*repeated))


def test_calibration_error_by_hand() -> None:
    probability = np.repeat([0.2, 0.8], 50)
    truth = np.concatenate([np.repeat([1.0, 0.0], [10, 40]), np.repeat([1.0, 0.0], [40, 10])])
    assert calibration_error(truth, probability) == pytest.approx(0.0)
    assert calibration_error(1.0 - truth, probability) == pytest.approx(0.6)


def test_equal_probabilities_share_a_bin() -> None:
    """Ten of each kind at the same probability are calibrated, whatever their order."""
    truth = np.concatenate([np.ones(15), np.zeros(15)])
    assert calibration_error(truth, np.full(30, 0.5)) == 0.0


def test_interval_is_seeded_and_holds_the_figure() -> None:
    values = np.arange(100) / 100

    def mean(weights: np.ndarray) -> float:
        return float((weights * values).sum() / weights.sum())

    low, high = interval(mean, 100, rounds=300)
    assert (low, high) == interval(mean, 100, rounds=300)
    assert low < mean(np.ones(100)) < high
    assert high - low == pytest.approx(4 * 0.2887 / 10, rel=0.2)
