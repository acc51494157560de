"""The needs axis and the four costs in the report: three languages, every form, hostile words, old reports."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest
from python_calamine import CalamineWorkbook

from tests import report_inputs as fixed
from tests.needs_inputs import COSTS, NEEDS, STATES, WORDS
from voc.needs import NeedsAxis
from voc.report import parse_report, render_html, render_json, render_markdown, render_xlsx
from voc.report.build import ReportInputs, build_report
from voc.report.messages import LANGUAGES, load_messages
from voc.report.needs_view import amount, needs_view

pytestmark = pytest.mark.usefixtures("drawn_once")
SCHEMA = json.loads(resources.files("voc.report").joinpath("schema.json").read_text("utf-8"))


def _inputs() -> ReportInputs:
    return replace(fixed.inputs(), needs=NEEDS, costs=COSTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_layouts_say_what_was_found(language: str) -> None:
    report = build_report(_inputs())
    page, text = render_html(report, language), render_markdown(report, language).replace("\\", "")
    for part in ("−1.20", "× 2.59", "0-10", WORDS.text, "210"):
        assert part in page, part
        assert part in text, part
    assert page.count('id="h-needs') == 3 and 'id="h-costs"' in page and 'href="#h-needs"' in page
    words = load_messages(language)
    assert words("needs.reading", tests=16, resamples=500) in page


def test_the_groups_in_english() -> None:
    text = render_markdown(build_report(_inputs()), "en").replace("\\", "")
    for part in (
        "**Must-haves: go with loss when missing**: Courtesy (ratings, leaving); Competence (ratings, leaving)",
        "**Attractors: go with gain when present**: Courtesy (ratings); Attentiveness (ratings, leaving)",
        "**Make no measured difference**: Knowledge",
        "(theme) (nearly always comes together with another)",
        "| Courtesy | −1.20 (−1.37 to −1.04) | 210 (190) | +0.61 (+0.50 to +0.72) | 800 (700) | both |",
        "| Neglect | 100 | 12.0% (12; 7.0% to 19.8%) |",
        "Three calls and two weeks for one refund.",
    ):
        assert part in text, part
    assert "cause" not in text.replace("not shown to be the cause", "").replace("because", "")


def test_marks_lie_on_the_side_of_what_they_say() -> None:
    view = needs_view(build_report(_inputs()), load_messages("en"))
    assert view is not None
    for chart in view.charts:
        assert len(chart.marks) == len(chart.table.rows)
        penalty, reward = chart.marks[0]
        assert penalty.at < chart.band[0] < 50 < chart.band[1] and reward.at > 50
        assert all(0 <= mark.low <= mark.at <= mark.high <= 100 for row in chart.marks for mark in row)
        assert penalty.sure and reward.sure == (chart.key == "rating")


@pytest.mark.parametrize("axis", [NEEDS, *STATES])
def test_every_state_is_told_fits_the_schema_and_reads_back(axis: NeedsAxis) -> None:
    report = build_report(replace(_inputs(), needs=axis))
    text = render_json(report)
    jsonschema.validate(json.loads(text), SCHEMA, jsonschema.Draft202012Validator)
    assert parse_report(text) == report
    for language in LANGUAGES:
        m = load_messages(language)
        assert m("needs.heading") in render_markdown(report, language)


def test_a_report_of_before_has_neither() -> None:
    report = build_report(fixed.inputs())
    assert "needs" not in json.loads(render_json(report)) and parse_report(render_json(report)) == report
    assert 'id="h-needs"' not in render_html(report, "en") and 'id="h-costs"' not in render_html(report, "en")


def test_the_workbook_has_typed_cells() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(render_xlsx(build_report(_inputs()), "en")))
    needs = book.get_sheet_by_name("Needs").to_python()
    assert needs[1] == ["driver", "Courtesy", "discourtesy", "both", "rating", "complaint", -1.204, -1.371, -1.037, "",
                        210.0, 190.0, "found", ""]  # fmt: skip
    assert needs[2][9] == pytest.approx(2.5857, abs=1e-4)
    costs = book.get_sheet_by_name("Costs").to_python()
    assert costs[6][:8] == ["Neglect", "neglect", "Time", 50.0, 100.0, 0.5, 0.404, 0.596]
    assert costs[6][10] == WORDS.text and len(costs) == 9


@pytest.mark.parametrize("bad", fixed.HOSTILE)
def test_no_word_of_a_customer_becomes_markup(bad: str) -> None:
    rows = tuple(replace(r, quote=r.quote and replace(r.quote, text=bad, id=bad)) for r in COSTS.rows)
    themes = replace(fixed.inputs().themes, themes=tuple(
        replace(t, id="T1", labels={"en": bad}) for t in fixed.inputs().themes.themes[:1]
    ))  # fmt: skip
    inputs = replace(_inputs(), costs=replace(COSTS, rows=rows), themes=themes)
    page, clean = render_html(build_report(inputs), "en"), render_html(build_report(_inputs()), "en")
    for tag in ("<script", "<img", "<svg/", "<style", "<base", "<link"):
        assert page.count(tag) == clean.count(tag), tag


@pytest.mark.parametrize(
    ("outcome", "value", "text"),
    [("rating", -1.2, "−1.20"), ("rating", 0.001, "±0.00"), ("leave", 0.0, "× 1.00"), ("leave", 3.0, "× 20"),
     ("leave", None, "–")],
)  # fmt: skip
def test_amounts(outcome: str, value: float | None, text: str) -> None:
    assert amount(outcome, value, load_messages("en")) == text
