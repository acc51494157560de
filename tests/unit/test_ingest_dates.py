from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.ingest.dates import DayOrder, is_relative, needs_order, parse_time, resolve_relative, settle_order

AS_OF = dt.date(2026, 3, 31)


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2026-11-15", "2026-11-15"),
        ("2026/3/8", "2026-03-08"),
        ("April 25, 2026", "2026-04-25"),
        ("Sept. 3 2026", "2026-09-03"),
        ("25 Apr 2026", "2026-04-25"),
        ("25-Apr-26", "2026-04-25"),
        ("25th of April, 2026", "2026-04-25"),
        ("Wednesday, March 4, 2026 at 5:07 pm", "2026-03-04T17:07:00"),
        ("12:30 am", None),
        ("4 March 2026 12:30 AM", "2026-03-04T00:30:00"),
        ("2026-02-24 11:35:52 -0800", "2026-02-24T11:35:52-08:00"),
        ("2026-11-02T10:03:22Z", "2026-11-02T10:03:22+00:00"),
        ("2026-11-02T10:03:22.123456+08:00", "2026-11-02T10:03:22+08:00"),
        ("Tue, 24 Feb 2026 11:35:52 +0800 (HKT)", "2026-02-24T11:35:52+08:00"),
        ("2026/4/25 9:32:09", "2026-04-25T09:32:09"),
        ("2024年3月5日", "2024-03-05"),
        ("2024年3月5日 下午3:20", "2024-03-05T15:20:00"),
        ("2024 年 3 月 5 日（星期二）", "2024-03-05"),
        ("民國113年3月5日", "2024-03-05"),
        ("中華民國113年3月5日", "2024-03-05"),
        ("民國113/3/5", "2024-03-05"),
        ("民國 99.12.31", "2010-12-31"),
        ("113/03/05", "2024-03-05"),
        ("113.3.5", "2024-03-05"),
        ("113-03-05 下午 03:20", "2024-03-05T15:20:00"),
        ("113/13/05", None),
        ("99/12/31", None),
        ("25/12/24 下午 3:20", None),
        ("2024/3/5 下午 3:20:15", "2024-03-05T15:20:15"),
        ("2024/3/5 上午 12:05", "2024-03-05T00:05:00"),
        ("2024/03/05 (二) 15:20", "2024-03-05T15:20:00"),
        ("2024年3月5日 星期二 15:20", "2024-03-05T15:20:00"),
        ("2024年3月5日下午3点", "2024-03-05T15:00:00"),
        ("2024年3月5日中午1点20分", "2024-03-05T13:20:00"),
        ("Tue Mar 5 15:20:15 2024", "2024-03-05T15:20:15"),
        ("Tue Mar 05 15:20:15 +0800 2024", "2024-03-05T15:20:15+08:00"),
        ("２０２４/０３/０５", "2024-03-05"),
        ("31/12/2026", "2026-12-31"),
    ],
)
def test_absolute_dates(written: str, iso: str | None) -> None:
    assert parse_time(written) == iso


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2026-02-30",
        "2026-13-01",
        "1899-01-01",
        "2500-01-01",
        "April 2026",
        "3.5",
        "1.2.3",
        "12345",
        "2026-11-02T25:00",
        "2026-11-02T10:00+19:00",
        "13/13/2026",
        "1500000000",
        "20261115",
        "2026-11-15 was bad",
        "9" * 5000,
    ],
)
def test_what_is_no_date(written: str) -> None:
    assert parse_time(written) is None


def test_numbers_are_dates_only_where_the_column_says_so() -> None:
    assert parse_time("20261115", numbers=True) == "2026-11-15"
    assert parse_time("1500000000", numbers=True) == "2017-07-14T02:40:00+00:00"
    assert parse_time("1500000000123", numbers=True) == "2017-07-14T02:40:00+00:00"
    assert parse_time("99", numbers=True) is None


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31)))
@settings(deadline=None)
def test_written_forms_of_a_day_come_back(day: dt.date) -> None:
    forms = [
        f"{day:%Y-%m-%d}",
        f"{day:%Y/%m/%d}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b} {day.year}",
        f"{day.year}年{day.month}月{day.day}日",
        f"民國{day.year - 1911}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    ]
    assert {parse_time(form, numbers=True) for form in forms} == {day.isoformat()}
    assert parse_time(f"{day:%d/%m/%Y}", DayOrder.DAY_FIRST) == day.isoformat()
    assert parse_time(f"{day:%m/%d/%Y}", DayOrder.MONTH_FIRST) == day.isoformat()


@given(st.text(max_size=70) | st.from_regex(r"\A\d{1,4}[-/.年]\d{1,4}[-/.月]\d{1,4}[日 T]?[\d:]{0,8}\Z"))
@settings(deadline=None)
def test_anything_parses_to_iso_or_nothing(written: str) -> None:
    for order in DayOrder:
        time = parse_time(written, order, numbers=True)
        assert time is None or 1990 <= dt.datetime.fromisoformat(time).year <= 2100
    assert (resolve_relative(written, AS_OF) is None) or is_relative(written)


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("3 weeks ago", "2026-03-10"),
        ("a month ago", "2026-02-28"),
        ("1 month ago", "2026-02-28"),
        ("yesterday", "2026-03-30"),
        ("2 years ago", "2024-03-31"),
        ("an hour ago", "2026-03-31"),
        ("Edited 3 days ago", "2026-03-28"),
        ("just now", "2026-03-31"),
        ("1 天前", "2026-03-30"),
        ("3 週前", "2026-03-10"),
        ("2个月前", "2026-01-31"),
        ("兩週前", "2026-03-17"),
        ("昨天", "2026-03-30"),
        ("5 小時前", "2026-03-31"),
        ("半年前", "2025-09-30"),
        ("一年前", "2025-03-31"),
    ],
)
def test_relative_dates_count_from_as_of(written: str, iso: str) -> None:
    assert is_relative(written)
    assert parse_time(written) is None
    assert resolve_relative(written, AS_OF) == iso


@pytest.mark.parametrize("written", ["next week", "ago", "weeks ago", "前", "3", "", "2026-01-01"])
def test_what_is_not_relative(written: str) -> None:
    assert not is_relative(written)
    assert resolve_relative(written, AS_OF) is None


def test_a_relative_date_out_of_range_is_none() -> None:
    assert resolve_relative("9999 years ago", AS_OF) is None
    assert resolve_relative("9999 months ago", AS_OF) is None


@pytest.mark.parametrize(
    ("values", "order", "decided"),
    [
        (["03/04/2026", "25/04/2026"], DayOrder.DAY_FIRST, True),
        (["03/04/2026", "04/25/2026"], DayOrder.MONTH_FIRST, True),
        (["03/04/2026", "05/06/2026"], DayOrder.DAY_FIRST, False),
        (["2026-03-04"], DayOrder.DAY_FIRST, True),
        ([], DayOrder.DAY_FIRST, True),
        (["25/04/2026", "04/25/2026", "04/26/2026"], DayOrder.MONTH_FIRST, True),
    ],
)
def test_the_whole_column_settles_day_and_month(values: list[str], order: DayOrder, decided: bool) -> None:
    assert settle_order(values) == (order, decided)


def test_only_numbers_that_could_be_both_need_an_order() -> None:
    assert needs_order("03/04/2026")
    assert not needs_order("2026-03-04")
    assert not needs_order("04/04/2026")


def test_minguo_dates_without_marks_need_a_column_that_says_date() -> None:
    assert parse_time("1130305") is None
    assert parse_time("1130305", numbers=True) == "2024-03-05"
    assert parse_time("1131305", numbers=True) is None
