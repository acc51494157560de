"""The map and the river of themes: numbers and weeks only, the same bytes each time, a table beside each."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests import report_inputs as fixed
from voc.report import Report, build_report, render_html, render_json
from voc.report.json_out import parse_report
from voc.report.messages import load_messages
from voc.report.theme_pictures import Picture, pictures
from voc.report.value import ThemeEntry, ThemeTable

WEEKS = tuple(f"2026-W{number}" for number in range(41, 47))
HOSTILE = "<script>alert(1)</script>"


def theme(number: int, driver: str, side: str = "complaint", **more: object) -> ThemeEntry:
    weekly = tuple((number * 3 + week) % 7 for week in range(len(WEEKS)))
    known = ThemeEntry(
        f"X-{number}", {"en": f"theme {number}"}, driver, side, "known", 10 * number, None, (), weekly=weekly,
        place=(number / 6 - 1, 1 - number / 6), sub_names={"en": "Late"} if number % 2 else {},
    )  # fmt: skip
    return replace(known, **more)  # type: ignore[arg-type]


def report() -> Report:
    themes = (
        theme(6, "incompetence"), theme(5, "incompetence"), theme(4, "other"),
        theme(3, "neglect", labels={"en": HOSTILE}), theme(2, "incompetence", "praise"), theme(1, "neglect"),
    )  # fmt: skip
    return replace(build_report(fixed.inputs()), themes=ThemeTable(themes, 100, 10, None, None, WEEKS))


def drawn(found: Report, language: str = "en") -> dict[str, Picture]:
    return {p.kind: p for p in pictures(found, list(found.themes.themes), load_messages(language))}


def test_the_map_holds_a_circle_and_a_row_for_each_theme_nested_under_driver_and_sub_driver() -> None:
    one = drawn(report())["map"]
    assert len(ElementTree.fromstring(one.svg).findall("circle")) == len(one.table.rows) == 6
    rows = [(row[1], row[2]) for row in one.table.rows]
    # The order of the drivers, in each what is nested first; what no driver covers, then praise, last.
    assert [sub for driver, sub in rows if driver == rows[0][0]] == ["Late", "–"]
    assert "praise" in rows[-1][0]
    assert [row[0] for row in one.table.rows] == ["1", "2", "3", "4", "5", "6"]


def test_the_river_is_as_wide_as_its_weeks_and_leaves_praise_out() -> None:
    one = drawn(report())["river"]
    assert len(ElementTree.fromstring(one.svg).findall("path")) == len(one.table.rows) == 5
    assert len(one.table.head) == 1 + len(WEEKS)


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_no_word_of_a_customer_stands_in_a_picture_and_nothing_that_the_policy_forbids(language: str) -> None:
    for one in drawn(report(), language).values():
        words = [t.text or "" for t in ElementTree.fromstring(one.svg).iter("text")]
        assert words
        assert all(re.fullmatch(r"\d+|W\d+|(第 ?)?\d+ ?[周週]", word) for word in words), words
        assert not re.search(r"style=|<script|href|on\w+=", one.svg)
    assert HOSTILE not in render_html(report(), language)


def test_without_places_or_weeks_nothing_is_drawn() -> None:
    found = report()
    bare = tuple(replace(t, place=None, weekly=()) for t in found.themes.themes)
    assert drawn(replace(found, themes=replace(found.themes, themes=bare, weeks=()))) == {}
    assert drawn(replace(found, themes=replace(found.themes, themes=(), weeks=WEEKS))) == {}


def test_the_same_report_gives_the_same_pictures_and_the_page_shows_them() -> None:
    assert drawn(report()) == drawn(report())
    page = render_html(report(), "en")
    assert page.count('id="h-themes-map"') == page.count('id="h-themes-river"') == 1


def test_place_sub_driver_and_weeks_come_back_from_json() -> None:
    assert parse_report(render_json(report())).themes == report().themes
