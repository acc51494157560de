from __future__ import annotations

import pytest

from tests import report_inputs as fixed
from voc.report.build import build_report
from voc.report.markdown import render_markdown
from voc.report.season import SHOWN_WEEKS, recent_days
from voc.weeks import Week


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("2026-W46", [("1111", "2026-W46")]),
        ("2026-W53", [("1111", "2026-W46"), ("black_friday", "2026-W48"), ("christmas", "2026-W52")]),
        ("2027-W05", [("1111", "2026-W46"), ("black_friday", "2026-W48"), ("christmas", "2026-W52"),
                      ("spring", "2027-W05")]),
        ("2026-W30", [("618", "2026-W25")]),
        ("2026-W24", []),
        ("2099-W08", [("black_friday", "2098-W48"), ("christmas", "2098-W52")]),
    ],
)  # fmt: skip
def test_days_of_the_last_quarter_are_named(last: str, found: list[tuple[str, str]]) -> None:
    assert [(code, str(week)) for code, week in recent_days(Week.parse(last))] == found


def test_every_day_comes_once_a_year() -> None:
    codes = [code for n in range(4) for code, _ in recent_days(Week.parse("2026-W53").plus(-n * SHOWN_WEEKS))]
    assert sorted(codes) == ["1111", "618", "black_friday", "christmas", "spring"]


@pytest.mark.parametrize("week", ["0002-W01", "9997-W30"])
def test_the_ends_of_the_calendar_are_no_error(week: str) -> None:
    assert {code for code, _ in recent_days(Week.parse(week))} <= {"618", "1111", "black_friday", "christmas"}


@pytest.mark.parametrize(
    ("language", "line", "note"),
    [
        ("en", "The baseline allows for the time of year: +1.2 pp", "**Time of year**"),
        ("zh-Hans", "基线已计入时令的影响：与此前各周的平均相比 +1.2 个百分点", "**时令**"),
        ("zh-Hant", "基線已計入時令的影響：與此前各週的平均相比 +1.2 個百分點", "**時令**"),
    ],
)
def test_what_the_time_of_year_adds_is_told_and_explained(language: str, line: str, note: str) -> None:
    plain = render_markdown(build_report(fixed.inputs()), language)
    assert line not in plain and note not in plain
    told = render_markdown(build_report(fixed.with_rows(fixed.inputs(), fixed.in_season(0.012))), language)
    assert line in told and note in told
    little = render_markdown(build_report(fixed.with_rows(fixed.inputs(), fixed.in_season(0.0))), language)
    assert line not in little and note in little
