from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from tests import report_inputs as fixed
from voc.errors import UsageError
from voc.report.build import ReportInputs, build_report
from voc.report.json_out import parse_report, render_json
from voc.report.messages import LANGUAGES
from voc.report.xlsx import render_xlsx

KINDS = [fixed.inputs, fixed.whole_inputs, fixed.no_data_inputs, fixed.hostile_inputs]


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_numbers_are_numbers_with_their_denominators_and_tests() -> None:
    found = sheets(render_xlsx(build_report(fixed.inputs()), "en"))
    assert list(found) == [
        *("Report", "This week", "Week by week", "Signals", "Where", "Themes", "Quotes", "Cases", "Actions"),
        *("Hollow replies", "Stock passages", "Response times", "They came back", "Journeys"),
    ]
    head, *rows = found["This week"]
    assert len(rows) == 9
    row = dict(zip(head, next(r for r in rows if r[2] == "neglect.complaint"), strict=True))
    assert (row["Counted"], row["Feedback"], row["Signal"]) == (35, 412, "shift_up")
    assert row["Raw share"] == pytest.approx(35 / 412, abs=1e-6)
    assert row["95% low"] < row["Share"] < row["95% high"] and row["q"] < 0.01  # type: ignore[operator]
    assert len(found["Week by week"]) == 1 + 20 * 9
    assert [r[6] for r in found["Signals"][1:]] == ["new", "withdrawn", "faded"]
    assert found["Report"][0][1].startswith("Complaints about neglect rose to 10.3%")  # type: ignore[attr-defined]
    assert {r[1] for r in found["Quotes"][1:]} >= {"HL-20301", "HL-20311"}


def test_the_loop_is_in_typed_cells_with_what_it_is_counted_of() -> None:
    found = sheets(render_xlsx(build_report(fixed.inputs()), "en"))

    def rows(name: str) -> list[dict[str, object]]:
        head, *body = found[name]
        return [dict(zip(map(str, head), row, strict=True)) for row in body]

    cases = rows("Cases")
    assert [c["Case"] for c in cases] == ["c00000000a1", "c00000000b2", "c00000000c3", "c00000000d4"]
    assert (cases[0]["Driver ids"], cases[0]["Value of customer"]) == ("neglect, incompetence", 1840)
    assert cases[2]["State since"] == date(2026, 11, 12) and cases[1]["Value of customer"] == ""
    action = rows("Actions")[0]
    assert (action["Due"], action["Share now"], action["Signal"]) == (date(2026, 11, 12), 0.062, "up")
    replies = rows("Hollow replies")[0]
    assert (replies["Answers"], replies["Hollow"], replies["Answers this week"]) == (180, 65, 21)
    assert replies["Hollow share"] == pytest.approx(65 / 180)
    waits = rows("Response times")
    assert (waits[0]["First answer, median (s)"], waits[2]["First answer, median (s)"]) == (93600, "")
    assert rows("They came back")[0] | {} == {"Figure": "They came back", "Value": "", "Counted": 17, "Feedback": 140}
    assert [(j["No."], j["Step"], j["Days after the answer"]) for j in rows("Journeys")] == [(1, 1, ""), (1, 2, 9)]
    assert rows("Journeys")[1]["Day"] == date(2026, 11, 12)


def test_what_begins_like_a_formula_is_marked_as_text() -> None:
    """A string cell is never computed; the mark also holds where a program writes the sheet out and reads it again."""
    bad = ("=1+1", "+1", "-1", "@SUM(A1)", "ok")
    quotes = [replace(fixed.NEGLECT[0], key=str(i), text=text) for i, text in enumerate(bad)]
    inputs = replace(fixed.inputs(), company="=cmd|' /C calc'!A0", quotes={"discourtesy": quotes}, quotes_shown=5)
    with zipfile.ZipFile(io.BytesIO(render_xlsx(build_report(inputs), "en"))) as parts:
        styles = parts.read("xl/styles.xml").decode()
        marked = [
            str(i) for i, xf in enumerate(re.findall(r"<xf [^>]*>", styles.split("<cellXfs")[1])) if "quotePrefix" in xf
        ]
        texts = re.findall(r"<si><t[^>]*>(.*?)</t></si>", parts.read("xl/sharedStrings.xml").decode())
        cells = {}
        for name in (n for n in parts.namelist() if n.startswith("xl/worksheets/")):
            for style, index in re.findall(r'<c r="\w+"(?: s="(\d+)")? t="s"><v>(\d+)</v>', parts.read(name).decode()):
                cells.setdefault(texts[int(index)], set()).add(style in marked)
    assert {text: cells[text] for text in bad} == {text: {text != "ok"} for text in bad}
    assert all(True in cells[text] for text in cells if text.startswith(("=", "@")))


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_cell_is_a_formula_or_a_link_and_the_bytes_are_the_same(
    make: Callable[[], ReportInputs], language: str
) -> None:
    data = render_xlsx(build_report(make()), language)
    assert render_xlsx(build_report(make()), language) == data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in parts.namelist():
            text = parts.read(name).decode("utf-8")
            assert not re.search(r"<f[ >]|<hyperlink", text), name
    assert len(sheets(data)) == 14


@pytest.mark.parametrize("make", KINDS)
def test_a_report_that_was_saved_gives_the_same_workbook(make: Callable[[], ReportInputs]) -> None:
    report = build_report(make())
    shuffled = json.dumps(_turned(json.loads(render_json(report))))
    assert render_xlsx(parse_report(shuffled), "en") == render_xlsx(report, "en")


def _turned(value: object) -> object:
    """The same objects with their keys in the opposite order, which means nothing in JSON."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def test_an_unknown_language_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        render_xlsx(build_report(fixed.inputs()), "de")
