from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from voc.trends.fdr import ALONE, LEAST_TESTS, MANY, adjusted, limit

p_values = st.lists(st.floats(1e-12, 1), min_size=1, max_size=60).map(np.array)


@given(p_values)
def test_q_is_that_of_benjamini_and_hochberg(p: np.ndarray) -> None:
    assert adjusted(p) == pytest.approx(false_discovery_control(p))


@given(p_values, st.randoms(use_true_random=False))
def test_what_is_no_test_counts_for_nothing(p: np.ndarray, random) -> None:
    padded = np.insert(p, [random.randrange(len(p) + 1) for _ in range(5)], np.nan)
    there = ~np.isnan(padded)
    assert np.array_equal(adjusted(padded)[there], adjusted(p))
    assert np.isnan(adjusted(padded)[~there]).all()
    assert limit(padded) == limit(p)


@given(p_values)
def test_signals_lie_between_the_two_levels(p: np.ndarray) -> None:
    """All that has q <= ALONE is a signal in a file of ten series or more, nothing above MANY in any."""
    q, at_most = adjusted(p), limit(p)
    assert (q[p <= at_most] <= MANY).all()
    if len(p) >= LEAST_TESTS:
        assert (p[q <= ALONE] <= at_most).all()


@given(p_values, st.integers(0, 59), st.floats(0, 1))
def test_a_smaller_p_never_takes_a_signal_away(p: np.ndarray, index: int, factor: float) -> None:
    smaller = p.copy()
    smaller[index % len(p)] *= factor
    assert limit(smaller) >= limit(p)


def test_no_tests_no_signal() -> None:
    assert limit(np.array([])) == 0
    assert limit(np.array([np.nan])) == 0


def test_one_series_alone_is_held_to_the_limit_of_ten() -> None:
    assert limit(np.array([0.0050])) > 0
    assert limit(np.array([0.0054])) == 0
    assert limit(np.array([0.0050] + [0.9] * 9)) > 0
    assert limit(np.array([0.0054] + [0.9] * 9)) == 0


def test_where_many_move_together_more_is_risked() -> None:
    many = np.array([1e-6] * 30 + [0.02] + [0.9] * 119)
    assert limit(many) >= 0.02
    assert limit(np.array([0.02] + [0.9] * 149)) == 0
