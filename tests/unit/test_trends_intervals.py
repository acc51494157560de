from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from voc.trends import wilson

pairs = st.integers(1, 1_000_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(pairs, st.sampled_from([0.8, 0.95, 0.99]))
def test_it_is_the_wilson_interval_of_scipy(pair: tuple[int, int], confidence: float) -> None:
    k, n = pair
    expected = binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert wilson(k, n, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(pairs)
def test_it_holds_the_share_and_stays_in_the_unit_interval(pair: tuple[int, int]) -> None:
    k, n = pair
    low, high = wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1
    assert low < high
    assert (low == 0) == (k == 0)
    assert (high == 1) == (k == n)


@given(st.integers(2, 2000).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_one_more_case_moves_both_ends_up(pair: tuple[int, int]) -> None:
    k, n = pair
    (low, high), (low_more, high_more) = wilson(k, n), wilson(k + 1, n)
    assert low < low_more
    assert high < high_more


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(2, 50))
def test_more_documents_at_the_same_share_narrow_it(pair: tuple[int, int], factor: int) -> None:
    k, n = pair
    (low, high), (low_more, high_more) = wilson(k, n), wilson(k * factor, n * factor)
    assert high_more - low_more < high - low


@pytest.mark.parametrize(
    ("k", "n", "confidence"), [(0, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 5, 0.0), (1, 5, 1.0)]
)
def test_it_refuses_what_has_no_interval(k: int, n: int, confidence: float) -> None:
    with pytest.raises(ValueError):
        wilson(k, n, confidence)
