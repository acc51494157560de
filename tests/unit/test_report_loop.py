"""The loop section: what it says, in three languages; hostile texts; durations; report.json."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import report_inputs as fixed
from tests.loop_inputs import LOOP
from voc.report import Loop, parse_report, render_html, render_json, render_markdown
from voc.report.build import build_report
from voc.report.loop_view import duration
from voc.report.messages import LANGUAGES, load_messages

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_layouts_say_what_was_found(language: str) -> None:
    report = build_report(fixed.inputs())
    page, text = render_html(report, language), render_markdown(report, language)
    for part in ("c00000000a1", "c00000000c3", "Support lead", "65 (36.1%)", "8.5", "多留十分钟", "39 (24.4%)"):
        assert part in page, part
        assert part in text.replace("\\", ""), part
    assert page.count('class="loop-block"') == 5


def test_what_became_of_cases_and_actions_in_english() -> None:
    text = render_markdown(build_report(fixed.inputs()), "en").replace("\\", "")
    for part in (
        "4 in all: open 1, contacted 1, won back 1, lost 1",
        "| c00000000c3 | Discourtesy | Gate team | won back since 12 Nov 2026 | HL-20298 |",
        "c00000000b2 · nobody named · contacted",
        "c00000000a1 · Support lead · open · value 1,840",
        "overdue since 12 Nov 2026 | 3.1% → 6.2% · rose since",
        "4.1% → 3.8% · no change that passes the test",
        "done on 1 Oct 2026 | 12.0% → 11.0% · fell since",
        "– → – · not tested this week",
        "new this week; now 6.2%",
        "36.1% of the answers say nothing of the case (65 of 180)",
        "| Chat | 59 | 9 (15.3%) | 9 (15.3%) | – | 1 of 7 |",
        "Complaints about the same driver again after an answer: 17 (customers: 15)",
        "| E-mail | 160 | 39 (24.4%) | 26.0 h | 2.3 days | 26.0 h | 9.0 days |",
        "| Chat | 12 | 0 (0.0%) | – | – | – | – |",
    ):
        assert part in text, part


def test_nothing_known_says_nothing() -> None:
    for loop in (None, Loop(None, None)):
        report = build_report(replace(fixed.inputs(), loop=loop))
        assert "Closing the loop" not in render_markdown(report, "en")
        assert 'id="h-loop"' not in render_html(report, "en")
        assert parse_report(render_json(report)) == report
    old = render_json(build_report(replace(fixed.inputs(), loop=None))).replace(',\n  "loop": null', "")
    assert parse_report(old).loop is None, "a report of before it was told"


def test_many_cases_are_cut_and_the_rest_is_told() -> None:
    rows = tuple(replace(LOOP.cases[0], id=f"c{i:010d}") for i in range(23))
    text = render_markdown(build_report(replace(fixed.inputs(), loop=replace(LOOP, cases=rows))), "en")
    assert text.count("Gate team | won back") == 20 and "Shown: 20 of 23." in text


@pytest.mark.parametrize("bad", fixed.HOSTILE)
def test_no_text_of_the_section_becomes_markup(bad: str) -> None:
    case = replace(LOOP.cases[0], document=bad, owner=bad, channel=bad)
    loop = replace(
        LOOP,
        replies=(replace(LOOP.replies[0], channel=bad),),
        stocks=(replace(LOOP.stocks[0], text=bad, channels=(bad,)),),
        cases=(case,),
        callbacks=dict.fromkeys(LOOP.callbacks, case),
        waits=(replace(LOOP.waits[0], channel=bad),),
        actions=(replace(LOOP.actions[0], text=bad, owner=bad),),
        stories=(replace(LOOP.stories[0], before=replace(LOOP.stories[0].before, text=bad, id=bad)),),
    )
    report = build_report(replace(fixed.inputs(), loop=loop))
    page, clean = render_html(report, "en"), render_html(build_report(fixed.inputs()), "en")
    for tag in ("<script", "<img", "<style", "<base", "<link", "javascript:document.title='owned'\""):
        assert page.count(tag) == clean.count(tag), tag
    assert "<b>" not in render_markdown(report, "en") and "<script" not in render_markdown(report, "en")
    assert parse_report(render_json(report)) == report


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "–"), (0.0, "0 s"), (59.4, "59 s"), (60.0, "1 min"), (5_400.0, "1.5 h"), (172_800.0, "2.0 days")],
)
def test_durations(seconds: float | None, told: str) -> None:
    assert duration(seconds, load_messages("en")) == told
