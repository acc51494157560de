from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.results import Alarm, Cell, Trend, WeekRow
from voc.trends import alarms, withdrawn
from voc.weeks import Week

FIRST = Week.parse("2026-W10")
UP, DOWN, DRIFT, NONE, UNTESTED = "shift_up", "shift_down", "drift_up", "none", ""
CELL = Cell(400, 40, 0.1, 0.12, 0.08, 0.16, 0.03)


def rows(*signals: str, begins: dict[int, int] | None = None) -> list[WeekRow]:
    """One series "leave"; ``begins``: from which row on the baseline begins at which other one."""
    found = []
    for i, signal in enumerate(signals):
        first = [b for at, b in (begins or {}).items() if at <= i]
        p = None if signal == UNTESTED else 0.001 if signal != NONE else 0.4
        trend = Trend(
            0.09, 0.08, 0.05, 0.14, 20, str(FIRST.plus(first[-1])) if first else None, p, p, signal or NONE,
            None if p else "empty", 7,
        )  # fmt: skip
        found.append(WeekRow(str(FIRST.plus(i)), 400, 300, False, 20, {"leave": CELL}, {"leave": trend}))
    return found


def at(i: int) -> str:
    return str(FIRST.plus(i))


def states(*signals: str, begins: dict[int, int] | None = None) -> list[tuple[str, str, str, int]]:
    table = rows(*signals, begins=begins)
    return [(a.state, a.since, a.last, a.weeks) for a in alarms(table, table[-1].week)]


def test_a_signal_is_new_in_its_first_week_and_stands_after_it() -> None:
    assert states(NONE, UP) == [("new", at(1), at(1), 1)]
    assert states(NONE, UP, UP) == [("stands", at(1), at(2), 2)]
    assert states(NONE, UP, NONE) == [("stands", at(1), at(1), 1)]  # one week without it says little
    found = alarms(rows(NONE, UP), at(1))[0]
    assert (found.signal, found.share, found.baseline, found.p) == (UP, 0.12, 0.09, 0.001)


def test_two_tested_weeks_without_it_make_it_fade_and_what_comes_later_is_new() -> None:
    assert states(UP, NONE, NONE) == [("faded", at(0), at(0), 1)]
    assert states(UP, NONE, UNTESTED, UP) == [("stands", at(0), at(3), 2)]
    assert states(UP, NONE, NONE, UP) == [("new", at(3), at(3), 1), ("faded", at(0), at(0), 1)]


def test_a_turn_ends_it_and_a_drift_that_becomes_a_shift_does_not() -> None:
    assert states(UP, DOWN) == [("new", at(1), at(1), 1), ("faded", at(0), at(0), 1)]
    assert states(DRIFT, UP, UP) == [("stands", at(0), at(2), 3)]
    assert alarms(rows(DRIFT, UP), at(1))[0].signal == DRIFT


def test_a_new_baseline_says_that_it_stood() -> None:
    table = rows(*[UP] * 8, NONE, begins={8: 0})
    assert [(a.state, a.begins) for a in alarms(table, at(8))] == [("stood", at(0))]
    # one that fell silent before it was confirmed, and one that begins against the new baseline
    table = rows(UP, UP, UP, UP, UP, UP, NONE, NONE, UP, begins={8: 0})
    assert [(a.state, a.since) for a in alarms(table, at(8))] == [("new", at(8)), ("stood", at(0))]


def test_only_the_last_26_weeks_are_remembered() -> None:
    assert states(UP, *[NONE] * 25) == [("faded", at(0), at(0), 1)]
    assert states(UP, *[NONE] * 26) == []


def test_a_partial_week_has_no_new_alarm() -> None:
    table = rows(NONE, UP, UNTESTED)
    assert [a.state for a in alarms(table, at(2))] == ["stands"]
    assert alarms([], "2026-W20") == []


@given(st.lists(st.sampled_from([UP, DOWN, DRIFT, NONE, NONE, UNTESTED]), min_size=1, max_size=40))
def test_each_alarm_is_new_in_one_report_alone(signals: list[str]) -> None:
    table = rows(*signals)
    told = []
    for end in range(1, len(table) + 1):
        found = alarms(table[:end], table[end - 1].week)
        told += [a.since for a in found if a.state == "new"]
        assert sum(a.state in ("new", "stands") for a in found) <= 1
        assert all(a.since <= a.last <= table[end - 1].week and a.weeks >= 1 for a in found)
    assert len(told) == len(set(told))
    everything = {a.since for a in alarms(table, table[-1].week)}
    assert everything <= set(told)


def alarm(since: int, last: int, *, series: str = "leave", signal: str = UP, state: str = "stands") -> Alarm:
    return Alarm(series, signal, at(since), at(last), 1, state, 0.1, 0.05, 0.001, 0.01)


def test_what_no_alarm_overlaps_any_more_is_withdrawn_once() -> None:
    told = [alarm(3, 3, state="new"), alarm(3, 5), alarm(9, 9, state="new")]
    assert withdrawn([alarm(4, 6), alarm(9, 9)], told, at(0)) == []
    gone = withdrawn([alarm(9, 9)], told, at(0))
    assert gone == [replace(alarm(3, 5), state="withdrawn")]
    assert withdrawn([], [*told, *gone], at(4)) == [replace(a, state="withdrawn") for a in (told[1], told[2])]
    assert withdrawn([], told, at(30)) == []
    assert withdrawn([alarm(7, 8)], [alarm(5, 5)], at(0)) == []  # seen two weeks later


@pytest.mark.parametrize("other", [alarm(3, 5, signal=DOWN), alarm(3, 5, series="neglect.complaint"), alarm(8, 9)])
def test_another_side_series_or_time_does_not_keep_it(other: Alarm) -> None:
    assert [a.state for a in withdrawn([other], [alarm(3, 5)], at(0))] == ["withdrawn"]
