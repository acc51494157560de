"""Late filling is judged by when documents were read in, never by how many there are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.ranges import STILL_FILLING
from voc.trends.filling import SETTLED_DAYS, filling
from voc.weeks import Week

WEEK = Week.parse("2026-W46")


def weekly_feed(late: float, weeks: int = 20, size: int = 100) -> list[tuple[date, date, int]]:
    """Each week is read in on its Monday after, but the share ``late`` of it a week later."""
    rows = []
    for back in range(weeks, -1, -1):
        own = WEEK.plus(-back)
        monday = own.end + timedelta(days=1)
        rows.append((own.start, monday, round(size * (1 - late))))
        if back:
            rows.append((own.start, monday + timedelta(days=7), round(size * late)))
    return [row for row in rows if row[2]]


MONDAY = WEEK.end + timedelta(days=1)


def test_a_week_that_usually_fills_later_is_said_to_be_filling_and_is_no_drop() -> None:
    found = filling(weekly_feed(0.4), WEEK, MONDAY, [100] * 12 + [55])
    assert found is not None
    assert (found.days, found.later, found.low, found.high) == (1, pytest.approx(0.4), pytest.approx(0.4), 0.4)
    assert found.later >= STILL_FILLING and not found.drop


def test_a_full_week_with_far_fewer_documents_is_a_drop() -> None:
    found = filling(weekly_feed(0.0), WEEK, MONDAY, [100, 110, 95] * 4 + [55])
    assert found is not None and found.later == 0 and found.drop
    assert (found.usual, found.least, found.most) == (100, 95, 110)
    assert not filling(weekly_feed(0.0), WEEK, MONDAY, [100, 110, 50] * 4 + [55]).drop  # type: ignore[union-attr]


def test_the_same_week_ten_days_on_is_full() -> None:
    found = filling(weekly_feed(0.4), WEEK, WEEK.end + timedelta(days=9), [100] * 13)
    assert found is not None and found.later == 0


def test_a_history_that_was_read_in_at_once_says_nothing() -> None:
    rows = [(WEEK.plus(-back).start, MONDAY, 100) for back in range(40)]
    assert filling(rows, WEEK, MONDAY, [100] * 40) is None


def test_weeks_that_are_not_settled_are_not_counted() -> None:
    assert filling(weekly_feed(0.4, weeks=6), WEEK, MONDAY) is None  # three of six are settled
    assert filling(weekly_feed(0.4, weeks=7), WEEK, MONDAY) is not None
    assert SETTLED_DAYS == 28


def test_a_week_that_is_not_over_is_not_judged() -> None:
    assert filling(weekly_feed(0.4), WEEK, WEEK.start) is None


arrivals = st.lists(st.tuples(st.integers(-300, 10), st.integers(0, 60), st.integers(1, 50)), max_size=60)


@given(arrivals, st.integers(-3, 40), st.lists(st.integers(0, 300), max_size=30))
def test_the_shares_lie_in_order_within_0_and_1(rows: list[tuple[int, int, int]], age: int, volumes: list[int]) -> None:
    days = [(WEEK.end + timedelta(days=d), WEEK.end + timedelta(days=d + late), n) for d, late, n in rows]
    found = filling(days, WEEK, WEEK.end + timedelta(days=age), volumes)
    if found is not None:
        assert 0 <= found.low <= found.later <= found.high <= 1
        assert not (found.drop and found.later >= STILL_FILLING)
    # How many documents the week itself has changes nothing of how full it is taken for.
    own = [row for row in days if Week.of(row[0]) == WEEK]
    more = filling([*days, *own], WEEK, WEEK.end + timedelta(days=age), volumes)
    assert (found is None) == (more is None)
    assert found is None or (found.later, found.weeks) == (more.later, more.weeks)  # type: ignore[union-attr]
