"""Drift of what comes in: steady weeks are left alone, shifts are found, small weeks are not judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.trends.drift import FLOOR, LEAST, drifted, usual_shares


def lengths(rng: np.random.Generator, n: int, factor: float = 1.0) -> np.ndarray:
    return np.round(factor * np.exp(rng.normal(5.0, 0.8, n)))


def test_steady_weeks_are_left_alone_and_longer_texts_are_found() -> None:
    rng = np.random.default_rng(7)
    steady = found = 0
    for _ in range(60):
        before = [lengths(rng, 150) for _ in range(12)]
        same, longer = drifted(before, lengths(rng, 150)), drifted(before, lengths(rng, 150, 2.0))
        assert same is not None and longer is not None
        steady += same.index > same.limit
        found += longer.index > longer.limit
    assert steady <= 1 and found >= 57


def test_weeks_that_always_differ_raise_the_limit() -> None:
    rng = np.random.default_rng(7)
    calm = [lengths(rng, 200) for _ in range(12)]
    restless = [lengths(rng, 200, factor) for factor in (0.5, 1.9) * 6]
    week = lengths(rng, 200, 1.6)
    one, other = drifted(calm, week), drifted(restless, week)
    assert one is not None and one.index > one.limit
    assert other is not None and other.index < other.limit


def test_one_week_of_drift_among_those_before_does_not_hide_the_next() -> None:
    rng = np.random.default_rng(7)
    before = [lengths(rng, 200) for _ in range(12)] + [lengths(rng, 200, 3.0) for _ in range(2)]
    found = drifted(before, lengths(rng, 200, 3.0))
    assert found is not None and found.index > found.limit


@pytest.mark.parametrize(("weeks", "size"), [(7, 100), (12, LEAST - 1), (0, 100)])
def test_too_little_is_not_judged(weeks: int, size: int) -> None:
    rng = np.random.default_rng(7)
    assert drifted([lengths(rng, 100) for _ in range(weeks)], lengths(rng, size)) is None
    assert drifted([lengths(rng, LEAST - 1) for _ in range(12)], lengths(rng, 100)) is None


def test_a_figure_that_is_always_the_same_has_not_drifted() -> None:
    found = drifted([np.zeros(50)] * 9, np.zeros(40))
    assert found is not None and (found.index, found.limit) == (0.0, FLOOR)
    rare = drifted([np.zeros(50)] * 9, np.append(np.zeros(20), np.full(20, 0.1)))
    assert rare is not None and rare.index > rare.limit


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=LEAST, max_size=60), min_size=9, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_documents_and_weeks_does_not_matter(weeks: list[list[int]], random: object) -> None:
    values = [np.array(w, dtype=np.float64) for w in weeks]
    found = drifted(values[:-1], values[-1])
    assert found is not None and found.index >= 0 and found.limit >= FLOOR
    again = drifted([np.sort(v) for v in values[-2::-1]], np.sort(values[-1]))
    assert again is not None
    assert again.index == pytest.approx(found.index) and again.limit == pytest.approx(found.limit)


def test_what_is_usual_of_a_share() -> None:
    n = [300] * 20
    steady = usual_shares([100, 104, 97, 99, 103] * 4, n)
    assert steady.signal == "none" and steady.weeks == 19
    assert steady.low is not None and steady.high is not None and steady.low < 1 / 3 < steady.high
    assert usual_shares([100] * 19 + [170], n).signal == "up"
    assert usual_shares([100] * 19 + [40], n).signal == "down"
    few = usual_shares([10, 10, 10], [30, 30, 30])
    assert (few.signal, few.low, few.high) == ("untested", None, None)
    assert usual_shares([10] * 11 + [0], [30] * 11 + [0]).signal == "untested"
