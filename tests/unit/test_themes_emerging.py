"""What is called emerging: found when it is there, seldom when it is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.themes.emerging import ALARM_RATE, MIN_BASELINE, SOURCES, SPANS, emerges, limit, scan


def alarms(counts: dict[str, list[int]], heard: list[int]) -> list[str]:
    found, tests = scan(counts, heard)
    return [name for name, one in found.items() if emerges(one, tests, one.found)]


def test_a_theme_that_begins_in_the_last_two_weeks_emerges() -> None:
    counts = {"new": [0] * 10 + [13, 15], "old": [8, 9, 7, 8, 10, 9, 8, 7, 9, 8, 9, 8]}
    assert alarms(counts, [110] * 12) == ["new"]
    found, tests = scan(counts, [110] * 12)
    assert (found["new"].weeks, found["new"].found, found["new"].expected) == (2, 28, 0.0)
    assert tests == 2 * len(SPANS)


def test_more_of_everything_is_not_more_of_a_theme() -> None:
    counts = {"a": [8] * 11 + [24], "b": [5] * 11 + [15]}
    assert alarms(counts, [100] * 11 + [300]) == []


def test_a_share_that_rises_because_others_are_silent_does_not_emerge() -> None:
    assert alarms({"a": [8] * 11 + [9]}, [100] * 11 + [20]) == []


@pytest.mark.parametrize("weeks", [0, 1, MIN_BASELINE])
def test_without_weeks_before_nothing_is_tested(weeks: int) -> None:
    assert scan({"a": [0] * (weeks - 1) + [30] if weeks else []}, [100] * weeks) == ({}, 0)


def test_nothing_is_tested_in_a_week_without_documents() -> None:
    assert scan({"a": [1] * 12}, [50] * 11 + [0]) == ({}, 0)


def test_one_customer_is_not_many() -> None:
    found, tests = scan({"a": [0] * 11 + [20]}, [100] * 12)
    assert emerges(found["a"], tests, 20)
    assert not emerges(found["a"], tests, 1)


def test_quiet_weeks_seldom_alarm() -> None:
    rng = np.random.default_rng(11)
    weeks = 0
    for _ in range(400):
        rates = rng.uniform(1, 12, size=20)
        counts = {f"t{i}": rng.poisson(rate, size=12).tolist() for i, rate in enumerate(rates)}
        weeks += bool(alarms(counts, rng.poisson(150, size=12).tolist()))
    assert weeks / 400 <= ALARM_RATE / SOURCES


def test_weeks_that_vary_more_than_by_chance_seldom_alarm() -> None:
    rng = np.random.default_rng(12)
    weeks = 0
    for _ in range(200):
        counts = {f"t{i}": rng.negative_binomial(4, 4 / (4 + 8), size=12).tolist() for i in range(20)}
        weeks += bool(alarms(counts, [200] * 12))
    # The counts' variance is three times their mean here; the tails of such weeks are heavier than what is divided out.
    assert weeks / 200 <= 0.03


@given(st.lists(st.lists(st.integers(0, 40), min_size=9, max_size=9), min_size=1, max_size=4), st.integers(40, 90))
def test_p_is_a_probability_and_the_limit_falls_with_the_tests(rows: list[list[int]], heard: int) -> None:
    found, tests = scan({str(i): row for i, row in enumerate(rows)}, [heard] * 9)
    assert all(0 <= one.p <= 1 for one in found.values())
    assert limit(tests) * tests * SOURCES == pytest.approx(ALARM_RATE)
