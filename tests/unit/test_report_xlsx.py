from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable

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
    assert list(found) == ["Report", "This week", "Week by week", "Signals", "Where", "Themes", "Quotes"]
    head, *rows = found["This week"]
    assert len(rows) == 9
    row = dict(zip(head, next(r for r in rows if r[2] == "neglect.complaint"), strict=True))
    assert (row["Counted"], row["Feedback"], row["Signal"]) == (35, 412, "shift_up")
    assert row["Raw share"] == pytest.approx(35 / 412, abs=1e-6)
    assert row["95% low"] < row["Share"] < row["95% high"] and row["q"] < 0.01  # type: ignore[operator]
    assert len(found["Week by week"]) == 1 + 20 * 9
    assert [r[6] for r in found["Signals"][1:]] == ["new", "withdrawn", "faded"]
    assert found["Report"][0][1].startswith("Complaints about neglect rose to 9.5%")  # type: ignore[attr-defined]
    assert {r[1] for r in found["Quotes"][1:]} >= {"HL-20301", "HL-20311"}


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
    assert len(sheets(data)) == 7


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
