from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.results import DayCount, WeekRow
from voc.trends import last_complete_week, weekly, whole
from voc.trends.correct import ErrorTable
from voc.weeks import Week

UTC = ZoneInfo("UTC")
LABELS = ("neglect.complaint", "neglect.praise", "leave")
LATER = date(2031, 1, 1)
TABLE = ErrorTable(70, 30, 20, 980)


def doc(number: int, time: str, *labels: str, customer: str | None = None) -> DayCount:
    return DayCount(f"k{number}", time, customer, frozenset(labels))


def week_of_documents(week: str, n: int, k: int, label: str = "leave") -> list[DayCount]:
    day = Week.parse(week).start.isoformat()
    return [doc(i, day, *([label] if i < k else [])) for i in range(n)]


def judged(counts: list[DayCount], found: float = 0.8, left: float = 0.05) -> list[DayCount]:
    """The same with these probabilities of what was found and of what was not."""
    return [replace(c, probabilities=tuple(found if label in c.labels else left for label in LABELS)) for c in counts]


documents = st.lists(
    st.builds(
        DayCount,
        key=st.uuids().map(str),
        time=st.dates(date(2026, 11, 1), date(2027, 2, 1)).map(date.isoformat),
        customer=st.none() | st.sampled_from(["c1", "c2", "c3", "客户", ""]),
        labels=st.frozensets(st.sampled_from([*LABELS, "another.label"])),
    ),
    max_size=60,
)
as_ofs = st.dates(date(2026, 11, 1), date(2027, 3, 1))


@given(documents, as_ofs)
def test_the_weeks_are_complete_in_number_and_add_up_to_the_whole(counts: list[DayCount], as_of: date) -> None:
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=as_of)
    everything = whole(counts, labels=LABELS)
    assert sum(r.documents for r in rows) == everything.documents == len(counts)
    weeks = [Week.parse(r.week) for r in rows]
    assert all(b == a.next() for a, b in pairwise(weeks))
    assert not rows or (rows[0].documents and rows[-1].documents)
    for label in LABELS:
        assert sum(r.cells[label].k for r in rows) == everything.cells[label].k


@given(documents, as_ofs, st.randoms(use_true_random=False))
def test_the_order_of_the_documents_does_not_matter(
    counts: list[DayCount], as_of: date, shuffler: random.Random
) -> None:
    counts, errors = judged(counts), {"leave": TABLE}
    shuffled = list(counts)
    shuffler.shuffle(shuffled)
    assert weekly(counts, labels=LABELS, zone=UTC, as_of=as_of, errors=errors) == weekly(
        iter(shuffled), labels=LABELS, zone=UTC, as_of=as_of, errors=errors
    )
    assert whole(counts, labels=LABELS, errors=errors) == whole(shuffled, labels=LABELS, errors=errors)


@given(documents, as_ofs, st.booleans())
def test_what_each_cell_says_is_possible(counts: list[DayCount], as_of: date, known: bool) -> None:
    errors = {"neglect.complaint": TABLE} if known else {}
    for row in weekly(judged(counts), labels=LABELS, zone=UTC, as_of=as_of, errors=errors):
        assert row.partial == (as_of < Week.parse(row.week).end)
        assert 0 <= row.baseline <= 26
        for label, cell in row.cells.items():
            trend = row.trends[label]
            assert cell.n == row.documents
            assert 0 <= cell.k <= cell.n
            assert (cell.change is None) == (trend.weeks == 0)
            assert (trend.p is None) == (trend.q is None) == (trend.reason is not None)
            assert trend.signal == "none" or trend.p is not None
            if cell.n == 0:
                assert (cell.raw_share, cell.share, cell.low, cell.high, cell.change) == (None,) * 5
                continue
            assert cell.share is not None and cell.low is not None and cell.high is not None
            assert cell.raw_share == cell.k / cell.n
            assert label in errors or cell.raw_share == cell.share
            assert 0 <= cell.low <= cell.share <= cell.high <= 1
            assert row.partial is False or (cell.change, trend.reason) == (None, "partial")
            if trend.low is not None and trend.high is not None and trend.baseline is not None:
                assert 0 <= trend.low <= trend.high <= 1


@given(documents, as_ofs, documents)
def test_a_partial_week_changes_no_other_week(counts: list[DayCount], as_of: date, more: list[DayCount]) -> None:
    current = Week.of(as_of)
    if as_of == current.end:
        current = current.next()
    earlier = [c for c in counts if Week.of(date.fromisoformat(c.time)) < current]
    running = [DayCount(c.key, current.start.isoformat(), c.customer, c.labels) for c in more]
    before = weekly(earlier, labels=LABELS, zone=UTC, as_of=as_of)
    after = weekly(earlier + running, labels=LABELS, zone=UTC, as_of=as_of)
    assert [_but_like(row) for row in after[: len(before)]] == list(map(_but_like, before))


def _but_like(row: WeekRow) -> WeekRow:
    """Only the last row names the weeks that it is compared with."""
    return replace(row, trends={label: replace(trend, like=()) for label, trend in row.trends.items()})


def test_the_change_is_against_the_mean_of_the_earlier_weeks_with_data() -> None:
    counts = (
        week_of_documents("2026-W40", 100, 10)
        + week_of_documents("2026-W42", 200, 60)  # W41 has no data and does not count as 0%
        + week_of_documents("2026-W43", 100, 50)
    )
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    assert [r.week for r in rows] == ["2026-W40", "2026-W41", "2026-W42", "2026-W43"]
    assert [r.baseline for r in rows] == [0, 0, 1, 2]
    assert [r.documents for r in rows] == [100, 0, 200, 100]
    assert rows[2].cells["leave"].change == pytest.approx(0.3 - 0.1, abs=0.01)  # half a document on either side
    assert rows[3].cells["leave"].change == pytest.approx(0.5 - 70 / 300, abs=0.01)  # weeks count by what they say
    assert rows[3].cells["neglect.praise"].change == pytest.approx(0, abs=0.01)
    assert [r.trends["leave"].reason for r in rows] == ["few_weeks", "empty", "few_weeks", "few_weeks"]


def test_at_most_26_earlier_weeks_are_the_baseline() -> None:
    first = Week.parse("2026-W01")
    counts = week_of_documents("2026-W01", 400, 52)
    for offset in range(1, 30):
        counts += week_of_documents(str(first.plus(offset)), 400, 40)
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    assert [r.baseline for r in rows] == [*range(27), 26, 26, 26]
    assert rows[27].trends["leave"].raw_baseline == pytest.approx(0.1, abs=0.0002)
    assert rows[26].trends["leave"].raw_baseline > 0.1008  # type: ignore[operator]


def test_shares_are_corrected_by_the_probabilities_and_tests_are_not() -> None:
    first = Week.parse("2026-W20")
    counts = [c for w in range(12) for c in week_of_documents(str(first.plus(w)), 500, 60 if w == 11 else 30)]
    counts = judged(counts, 0.75, 0.02)
    raw = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    level = (390 * 0.75 + 5610 * 0.02) / 6000
    errors = {"leave": ErrorTable(70 * level, 30 * level, 2 * (1 - level), 98 * (1 - level))}  # calibrated at the level
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER, week=Week.parse(raw[-1].week), errors=errors)
    cell, trend = rows[-1].cells["leave"], rows[-1].trends["leave"]
    assert (cell.k, cell.n, cell.raw_share) == (60, 500, 0.12)
    assert cell.share == pytest.approx(level + (0.12 - 0.065) / 0.68, abs=0.001)
    assert trend.baseline == pytest.approx(level + (0.06 - 0.065) / 0.68, abs=0.001)
    assert cell.change == pytest.approx(cell.share - trend.baseline)  # type: ignore[operator]
    assert cell.high - cell.low > raw[-1].cells["leave"].high - raw[-1].cells["leave"].low  # type: ignore[operator]
    assert (trend.p, trend.q, trend.signal) == (
        raw[-1].trends["leave"].p, raw[-1].trends["leave"].q, "shift_up"
    )  # fmt: skip
    assert rows[-1].cells["neglect.praise"] == raw[-1].cells["neglect.praise"]  # nothing is known of that one
    assert [bool(r.corrections) for r in rows] == [False] * 11 + [True]
    assert rows[-1].corrections["leave"].documents == 6000
    assert whole(counts, labels=LABELS, errors=errors).cells["leave"].share == pytest.approx(level, abs=0.001)


def test_the_last_52_weeks_say_how_counts_become_shares() -> None:
    first = Week.parse("2025-W20")
    counts = [c for w in range(60) for c in week_of_documents(str(first.plus(w)), 20, 4)]
    last = first.plus(59)
    row = weekly(judged(counts), labels=LABELS, zone=UTC, as_of=LATER, week=last, errors={"leave": TABLE})[-1]
    assert row.corrections["leave"].documents == 52 * 20
    without = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER, week=last, errors={"leave": TABLE})[-1]
    assert without.corrections == {} and without.cells["leave"].share == 0.2


def test_a_steady_share_is_no_signal_whatever_the_volume() -> None:
    first = Week.parse("2026-W20")
    sizes = [200] * 11 + [600]
    counts = [c for w, n in enumerate(sizes) for c in week_of_documents(str(first.plus(w)), n, n // 10)]
    row = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)[-1]
    assert {t.signal for t in row.trends.values()} == {"none"}
    trend = row.trends["leave"]
    assert trend.low is not None and trend.high is not None
    assert 0.05 < trend.low < 0.1 < trend.high < 0.16


def test_what_passed_by_an_outlying_week_of_before_is_no_signal_of_this_week() -> None:
    first = Week.parse("2026-W20")
    counted = [9] * 20 + [40, 8]
    counts = [c for w, k in enumerate(counted) for c in week_of_documents(str(first.plus(w)), 400, k)]
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    assert [r.trends["leave"].signal for r in rows[-2:]] == ["shift_up", "none"]
    assert rows[-1].trends["leave"].p < 0.005  # type: ignore[operator]


def test_the_weeks_compared_with_are_named_for_the_last_row() -> None:
    first = Week.parse("2026-W20")
    counts = [c for w in range(14) if w != 5 for c in week_of_documents(str(first.plus(w)), 300, 30)]
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    assert rows[-1].trends["leave"].like == tuple(str(first.plus(w)) for w in range(13) if w != 5)
    assert all(not t.like for r in rows[:-1] for t in r.trends.values())


def test_a_partial_week_has_no_change_and_is_no_baseline() -> None:
    counts = week_of_documents("2026-W45", 4, 1) + week_of_documents("2026-W46", 4, 4)
    saturday, sunday = date(2026, 11, 14), date(2026, 11, 15)
    running = weekly(counts, labels=LABELS, zone=UTC, as_of=saturday)[-1]
    done = weekly(counts, labels=LABELS, zone=UTC, as_of=sunday)[-1]
    assert (running.partial, running.baseline, running.cells["leave"].change) == (True, 0, None)
    assert running.cells["leave"].share == 1
    assert (done.partial, done.baseline) == (False, 1)
    assert done.cells["leave"].change == pytest.approx(0.75, abs=0.1)


def test_week_53_and_the_turn_of_the_year() -> None:
    counts = [doc(1, "2026-12-27"), doc(2, "2027-01-03"), doc(3, "2027-01-04"), doc(4, "2025-12-29")]
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    assert (rows[0].week, rows[0].documents) == ("2026-W01", 1)
    assert [(r.week, r.documents) for r in rows[-3:]] == [("2026-W52", 1), ("2026-W53", 1), ("2027-W01", 1)]
    assert len(rows) == 54


def test_the_zone_decides_the_week() -> None:
    late_sunday = [doc(1, "2026-11-15T23:30:00+00:00"), doc(2, "2026-11-15T23:30:00"), doc(3, "2026-11-15")]
    in_utc = weekly(late_sunday, labels=LABELS, zone=UTC, as_of=LATER)
    in_taipei = weekly(late_sunday, labels=LABELS, zone=ZoneInfo("Asia/Taipei"), as_of=LATER)
    assert [(r.week, r.documents) for r in in_utc] == [("2026-W46", 3)]
    assert [(r.week, r.documents) for r in in_taipei] == [("2026-W46", 2), ("2026-W47", 1)]


def test_rows_end_with_the_week_asked_for_and_leave_later_documents_out() -> None:
    counts = week_of_documents("2026-W40", 3, 1) + week_of_documents("2026-W44", 2, 2)
    earlier = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER, week=Week.parse("2026-W42"))
    assert [(r.week, r.documents) for r in earlier] == [("2026-W40", 3), ("2026-W41", 0), ("2026-W42", 0)]
    later = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER, week=Week.parse("2026-W46"))
    assert [r.documents for r in later] == [3, 0, 0, 0, 2, 0, 0]
    assert weekly(counts, labels=LABELS, zone=UTC, as_of=LATER, week=Week.parse("2026-W39")) == []


def test_at_most_104_weeks_whose_baseline_reaches_further_back() -> None:
    first = Week.parse("2023-W01")
    counts = [c for offset in range(120) for c in week_of_documents(str(first.plus(offset)), 2, 1)]
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    assert len(rows) == 104
    assert rows[0].week == str(first.plus(16))
    assert rows[0].baseline == 16


def test_customers_are_counted_once_a_week_and_unknown_ones_not_at_all() -> None:
    counts = [
        doc(1, "2026-11-02", customer="a"),
        doc(2, "2026-11-03", customer="a"),
        doc(3, "2026-11-04", customer="b"),
        doc(4, "2026-11-05"),
        doc(5, "2026-11-10"),
        doc(6, "2026-11-17", customer="a"),
    ]
    assert [r.customers for r in weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)] == [2, None, 1]
    assert whole(counts, labels=LABELS).customers == 2
    assert whole([], labels=LABELS).customers is None


def test_undated_documents_are_in_no_week_but_in_the_whole() -> None:
    counts = [doc(1, ""), doc(2, "2026-11-04", "leave"), doc(3, "", "leave")]
    assert [r.documents for r in weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)] == [1]
    row = whole(counts, labels=LABELS)
    assert (row.week, row.documents, row.partial, row.baseline) == ("all", 3, False, 0)
    assert (row.cells["leave"].n, row.cells["leave"].k, row.cells["leave"].change) == (3, 2, None)
    assert weekly([doc(1, "")], labels=LABELS, zone=UTC, as_of=LATER) == []
    assert whole([], labels=LABELS).cells["leave"].share is None


def test_the_last_complete_week_is_the_one_with_data() -> None:
    counts = [doc(1, "2026-10-14"), doc(2, "2026-11-04"), doc(3, "2026-11-10"), doc(4, "")]
    assert last_complete_week(counts, zone=UTC, as_of=date(2026, 11, 15)) == Week.parse("2026-W46")
    assert last_complete_week(counts, zone=UTC, as_of=date(2026, 11, 14)) == Week.parse("2026-W45")
    assert last_complete_week(counts, zone=UTC, as_of=date(2026, 10, 31)) == Week.parse("2026-W42")
    assert last_complete_week(counts, zone=UTC, as_of=date(2026, 10, 15)) == Week.parse("2026-W46")
    assert last_complete_week([doc(1, "")], zone=UTC, as_of=LATER) is None


def test_a_long_stream_is_counted_in_one_pass() -> None:
    start = date(2026, 1, 5)
    stream = (
        doc(
            i,
            (start + timedelta(days=i % 140)).isoformat(),
            *(["leave"] if i % 10 == 0 else []),
            customer=f"c{i % 7000}",
        )
        for i in range(40_000)
    )
    rows = weekly(stream, labels=LABELS, zone=UTC, as_of=LATER)
    assert len(rows) == 20
    assert sum(r.documents for r in rows) == 40_000
    assert sum(r.cells["leave"].k for r in rows) == 4_000


def test_a_baseline_allows_for_the_time_of_year_once_a_year_is_known() -> None:
    weeks = [Week(2025, 20).plus(i) for i in range(56)]
    counts = []
    for i, week in enumerate(weeks):
        k = round(40 + 20 * math.sin(2 * math.pi * i / 52.18))
        counts += [replace(c, key=f"{i}-{c.key}") for c in week_of_documents(str(week), 200, k)]
    rows = weekly(counts, labels=LABELS, zone=UTC, as_of=LATER)
    trends = [row.trends["leave"] for row in rows]
    assert [t.season is None for t in trends] == [i < 52 for i in range(56)]
    last, cell = trends[-1], rows[-1].cells["leave"]
    mean = sum(row.cells["leave"].share for row in rows[-27:-1]) / 26  # type: ignore[misc]
    assert last.season is not None and last.season > 0.05
    assert last.baseline == pytest.approx(mean + last.season, abs=0.03)
    assert cell.change == pytest.approx(cell.share - last.baseline)  # type: ignore[operator]
    assert last.low is not None and last.low < last.baseline < last.high  # type: ignore[operator]
