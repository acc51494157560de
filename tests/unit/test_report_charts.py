from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from tests import report_inputs as fixed
from voc.report.build import build_report
from voc.report.charts import Series, chart_series, draw
from voc.report.html import render_html
from voc.report.markdown import render_markdown
from voc.results import WeekRow


def _series(label: str = "neglect.complaint", rows: list[WeekRow] | None = None) -> Series:
    report = build_report(replace(fixed.inputs(), rows=rows or fixed.week_rows()))
    series = chart_series(report, label)
    assert series is not None
    return series


def _draw(series: Series, name: str = "c0") -> str:
    return draw(series, name=name, title="<Neglect>", description="8.5%", week_name=lambda week: f"wk{week[-2:]}")


def test_a_chart_is_markup_without_style_script_or_outside_reference() -> None:
    svg = _draw(_series())
    root = ElementTree.fromstring(svg)
    tags = {e.tag for e in root.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "g", "path", "text", "use", "clipPath", "rect"}
    for element in root.iter():
        assert not {"style", "class"} & (set(element.attrib) - ({"class"} if element is root else set()))
        assert element.attrib.get("href", "#").startswith("#")
    assert "http" not in svg
    assert "DejaVu" not in svg


def test_a_chart_is_named_for_readers_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(_draw(_series()))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "c0-title c0-desc"
    assert [root[0].text, root[1].text] == ["<Neglect>", "8.5%"]


def test_ids_are_unique_and_every_reference_is_kept() -> None:
    svg = _draw(_series(), "c0") + _draw(_series("leave"), "c1")
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg)
    assert references
    assert {a or b for a, b in references} <= set(ids)


def test_numbers_and_week_names_are_text() -> None:
    texts = [e.text for e in ElementTree.fromstring(_draw(_series())).iter("text")]
    assert "10.3%" in texts
    assert {"wk46", "wk31"} <= set(texts)
    assert "0%" in texts


def test_the_same_series_gives_the_same_bytes_whatever_the_user_has_set() -> None:
    plain = _draw(_series())
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        assert _draw(_series()) == plain
        assert mpl.rcParams["font.size"] == 30


def test_the_same_report_gives_the_same_bytes_drawn_anew() -> None:
    one, two = build_report(fixed.inputs()), build_report(fixed.inputs())
    assert render_html(one, "en") == render_html(two, "en")
    assert render_markdown(one, "en") == render_markdown(two, "en")


def test_an_incomplete_week_is_hollow() -> None:
    assert 'fill="#ffffff" stroke="#a63c06"' in _draw(_series(rows=fixed.week_rows(last_partial=True)))
    assert 'fill="#ffffff" stroke="#a63c06"' not in _draw(_series())


def test_the_baseline_is_dashed_and_only_there_where_something_is_tested() -> None:
    dashed, short = "stroke-dasharray", fixed.week_rows([400] * 8, [[9] * 8 for _ in fixed.LABELS])
    assert dashed in _draw(_series())
    assert dashed not in _draw(_series(rows=short))


def test_weeks_with_a_signal_are_marked() -> None:
    def marks(series: Series) -> int:
        return _draw(series).count('fill="#16202a"')

    assert _series().signals == ("2026-W46",)
    steady = fixed.week_rows([400] * 12, [[9] * 12 for _ in fixed.LABELS])
    assert marks(_series()) > marks(_series(rows=steady)) == 0
    assert _series("leave").signals == ()


@pytest.mark.parametrize("weeks", [2, 3, 31, 104])
@pytest.mark.parametrize("k", [0, 1, 200])
def test_any_number_of_weeks_and_any_share_can_be_drawn(weeks: int, k: int) -> None:
    rows = fixed.week_rows([200] * weeks, [[k] * weeks for _ in fixed.LABELS])
    svg = _draw(_series(rows=rows))
    assert "nan" not in svg
    assert len(svg) < 60_000


def test_weeks_without_feedback_are_gaps() -> None:
    rows = fixed.week_rows([0, 0, 0], [[0, 0, 0] for _ in fixed.LABELS])
    assert "nan" not in _draw(_series(rows=rows))
    lonely = fixed.week_rows([0, 50, 0, 60], [[0, 5, 0, 6] for _ in fixed.LABELS])
    assert "nan" not in _draw(_series("leave", rows=lonely))


def test_one_week_is_no_chart() -> None:
    report = build_report(replace(fixed.inputs(), rows=fixed.week_rows()[-1:]))
    assert chart_series(report, "leave") is None
