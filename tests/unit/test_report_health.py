"""The health of the model in the report: what to do, three languages, every form, old reports."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from importlib import resources

import jsonschema
import pytest
from python_calamine import CalamineWorkbook

from tests import report_inputs as fixed
from tests.health_inputs import HEALTH, STATES, WELL
from voc.report import Health, parse_report, render_html, render_json, render_markdown, render_xlsx
from voc.report.build import build_report
from voc.report.messages import LANGUAGES
from voc.report.value import Report

SCHEMA = json.loads(resources.files("voc.report").joinpath("schema.json").read_text("utf-8"))


def report(health: Health | None = HEALTH) -> Report:
    return build_report(replace(fixed.inputs(), health=health))


def text(health: Health | None, language: str = "en") -> str:
    return render_markdown(report(health), language).replace("\\", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_layouts_hold_every_number(language: str) -> None:
    page = render_html(report(), language)
    for part in ("262", "38.5%", "33.1%", "0.61", "0.12", "83.0%", "69.9%", "voc label export"):
        assert part in page, part
        assert part in text(HEALTH, language), part
    assert 'id="h-health"' in page and 'href="#h-health"' in page


def test_what_is_to_be_done_comes_first() -> None:
    said = text(HEALTH)
    part = said[said.index("## Health of the model") :]
    todo = [line for line in part.splitlines() if line.startswith("To do")]
    assert [line.split(".")[0] for line in todo] == [
        "To do: look at feedback in Chinese (Simplified)",
        "To do: 57",
        "To do: in English the model finds more that is not there than is assumed: 5",
        "To do: in Chinese (Simplified) the model misses more than is assumed",
        "To do: audit Chinese (Simplified)",  # English was; 46 and 3 pieces are too small a part
    ]
    assert part.index("To do") < part.index("| Language |")
    assert "| Chinese (Simplified) | 1,101 | 171 of 300 (57.0%) (a random sample) | 34.1% to 47.8% (more" in part
    assert "| Chinese (Traditional) | 46 | 20 of 46 (43.5%) | 18.1% to 61.3% (less than usual) | too few" in part
    assert "| English | 60 | 39 of 47 (83.0%; 69.9% to 91.1%), assumed 80.0% |" in part
    assert "Chinese (Simplified): what came in is unlike the weeks before." in said


@pytest.mark.parametrize(
    ("health", "says", "never"),
    [
        (WELL, "Nothing to do:", "To do:"),
        (STATES[1], "Nothing was judged this week", "PSI"),
        (STATES[3], "To do: audit English", "Nothing to do"),
        (STATES[4], "none", "assumed 80.0%"),
    ],
)
def test_other_states(health: Health, says: str, never: str) -> None:
    said = text(health)
    part = said[said.index("## Health of the model") : said.index("## How to read this")]
    assert says in part and never not in part


@pytest.mark.parametrize("health", [HEALTH, *STATES])
def test_json_fits_its_schema_and_reads_back(health: Health) -> None:
    built = report(health)
    jsonschema.validate(json.loads(render_json(built)), SCHEMA, jsonschema.Draft202012Validator)
    assert parse_report(render_json(built)) == built and built.health == health
    data = json.loads(render_json(report()))["health"]
    assert [d["moved"] for d in data["languages"][0]["drifts"]] == [False, False, False]
    assert data["languages"][1]["drifts"][0]["moved"] is True


def test_the_workbook_has_typed_cells() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(render_xlsx(report(), "en")))
    head, *rows = book.get_sheet_by_name("Model health").to_python()
    first = dict(zip(map(str, head), rows[0], strict=True))
    assert (first["Language"], first["Feedback"], first["Counted"], first["Read"]) == ("English", 262, 101, 262)
    assert first["Share"] == pytest.approx(101 / 262) and first["Usual high"] == 0.462
    length = dict(zip(map(str, head), rows[1], strict=True))
    assert (length["This week"], length["PSI"], length["Limit"], length["Signal"]) == (164, 0.041, 0.118, "no drift")
    audit = book.get_sheet_by_name("Audit").to_python()
    assert audit[1] == ["English", 60, date(2026, 11, 9), date(2026, 11, 12), "Discourtesy", "discourtesy.complaint",
                        6, 1, 2, 51]  # fmt: skip


def test_a_report_without_it_has_no_section() -> None:
    built = report(None)
    assert "health" not in json.loads(render_json(built))
    assert "h-health" not in render_html(built, "en")
    assert "Model health" not in CalamineWorkbook.from_filelike(io.BytesIO(render_xlsx(built, "en"))).sheet_names
