from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.weeks import Week, is_complete, local_date, week_of, weeks_between

UTC, HONG_KONG, NEW_YORK = ZoneInfo("UTC"), ZoneInfo("Asia/Hong_Kong"), ZoneInfo("America/New_York")
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31))


def test_a_week_is_monday_to_sunday() -> None:
    week = Week.parse("2026-W46")
    assert (week.start, week.end) == (dt.date(2026, 11, 9), dt.date(2026, 11, 15))
    assert str(week) == "2026-W46"


@pytest.mark.parametrize("text", ["2026-W54", "2025-W53", "2026-W00", "2026-46", "W46", "", "2026-W4", "２０２６-W46"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO week"):
        Week.parse(text)


def test_years_end_where_iso_says() -> None:
    assert Week.parse("2020-W53").next() == Week(2021, 1)
    assert Week(2021, 1).previous() == Week(2020, 53)
    assert week_of("2027-01-01", UTC) == Week(2026, 53)
    assert sorted([Week(2021, 1), Week(2020, 53)]) == [Week(2020, 53), Week(2021, 1)]


@settings(deadline=None)
@given(DAYS)
def test_each_day_lies_in_its_week_and_the_text_form_returns(day: dt.date) -> None:
    week = Week.of(day)
    assert week.start <= day <= week.end
    assert Week.parse(str(week)) == week
    assert week.next().previous() == week
    assert week.plus(60).plus(-60) == week


def test_the_zone_decides_the_day_of_a_moment_but_not_of_a_date() -> None:
    assert local_date("2026-11-15T20:00:00+00:00", HONG_KONG) == dt.date(2026, 11, 16)
    assert local_date("2026-11-15T20:00:00+00:00", NEW_YORK) == dt.date(2026, 11, 15)
    assert local_date("2026-11-15T23:30:00", HONG_KONG) == dt.date(2026, 11, 15)
    assert local_date("2026-11-15", NEW_YORK) == dt.date(2026, 11, 15)
    assert week_of("2026-11-15T20:00:00Z", HONG_KONG) == Week(2026, 47)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_raises(text: str) -> None:
    with pytest.raises(ValueError):
        local_date(text, NEW_YORK)


def test_a_week_is_complete_on_its_sunday() -> None:
    week = Week(2026, 46)
    assert not is_complete(week, dt.date(2026, 11, 14))
    assert is_complete(week, dt.date(2026, 11, 15))


def test_weeks_between_holds_both_ends_across_years() -> None:
    assert list(map(str, weeks_between(Week(2026, 52), Week(2027, 2)))) == [
        "2026-W52",
        "2026-W53",
        "2027-W01",
        "2027-W02",
    ]
    assert weeks_between(Week(2027, 2), Week(2026, 52)) == []
