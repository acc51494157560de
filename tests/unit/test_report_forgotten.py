"""Words of a customer leave a report that was told; every number stays."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.report_inputs import inputs
from voc.documents import NOTICE
from voc.report import Gone, build_report, parse_report, render_html, render_json, render_markdown, without

OLD, NEW = f"{1:032x}", "ab" * 16
CALLED, CALLED_NEW = f"{11:032x}", "cd" * 16
pytestmark = pytest.mark.usefixtures("drawn_once")
GONE = Gone({OLD: (NEW, "forgotten-1"), CALLED: (CALLED_NEW, "forgotten-2")}, {"c0123456789": "cabcdefabcd"})


@pytest.fixture(scope="module")
def told() -> str:
    return render_json(build_report(inputs()))


def test_a_report_without_them_is_left_alone(told: str) -> None:
    assert without(told, Gone({"ff" * 16: (NEW, "x")})) is None


def test_words_and_names_go_and_numbers_stay(told: str) -> None:
    quoted = [q for quotes in parse_report(told).quotes.values() for q in quotes if q.key == OLD]
    assert quoted, "the inputs quote it"
    left = without(told, GONE)
    assert left is not None
    for gone in (OLD, CALLED, quoted[0].text, "I have cancelled our family card"):
        assert gone not in left
    before, after = parse_report(told), parse_report(left)
    for part in ("weeks", "verdict", "signals", "alarms", "coverage", "rejects", "errors"):
        assert getattr(before, part) == getattr(after, part)
    assert [t.documents for t in before.themes.themes] == [t.documents for t in after.themes.themes]
    assert [c.drivers for c in before.callbacks] == [c.drivers for c in after.callbacks]
    assert after.callbacks[0].quote.text == NOTICE
    assert after.callbacks[0].quote.day is None
    assert after.callbacks[0].quote.key == CALLED_NEW


def test_doing_it_twice_changes_nothing_more(told: str) -> None:
    left = without(told, GONE)
    assert left is not None
    assert without(left, replace(GONE, cases={})) is None


@pytest.mark.parametrize(
    ("language", "notice"),
    [("en", "removed at the customer"), ("zh-Hans", "应客户要求已删除"), ("zh-Hant", "應顧客要求已刪除")],
)
def test_pages_say_it_in_their_language(told: str, language: str, notice: str) -> None:
    left = without(told, GONE)
    assert left is not None
    report = parse_report(left)
    for page in (render_html(report, language), render_markdown(report, language)):
        assert notice in page
        assert NOTICE not in page.replace("\\", "")


def test_parts_that_it_does_not_know_are_searched_too() -> None:
    words = "the blue kettle"
    report = {
        "later": [{"key": OLD, "words": words, "score": 0.5}, {"note": words, "count": 3}],
        "by_key": {OLD: {"id": "c0123456789", "document": "r-1", "value": 900.0, "state": "open"}},
    }
    left = json.loads(without(json.dumps(report), GONE) or "")
    assert left["later"] == [{"key": NEW, "words": NOTICE, "score": 0.5}, {"note": NOTICE, "count": 3}]
    assert left["by_key"] == {NEW: {"id": "cabcdefabcd", "document": NOTICE, "value": None, "state": "open"}}
