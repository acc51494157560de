from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest

from tests import report_inputs as fixed
from voc.errors import StoreError
from voc.report.build import ReportInputs, build_report
from voc.report.json_out import digest, parse_report, render_json

SCHEMA = json.loads(resources.files("voc.report").joinpath("schema.json").read_text("utf-8"))
KINDS = [fixed.inputs, fixed.whole_inputs, fixed.no_data_inputs, fixed.hostile_inputs]


def _late() -> ReportInputs:
    first = build_report(replace(fixed.inputs(), rows=fixed.week_rows()[1:], company="Old name"))
    return replace(fixed.inputs(), previous=first)


@pytest.mark.parametrize("make", [*KINDS, _late])
def test_it_fits_its_schema_and_reads_back_without_loss(make: Callable[[], ReportInputs]) -> None:
    report = build_report(make())
    text = render_json(report)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(text), SCHEMA, jsonschema.Draft202012Validator)
    assert text.endswith("}\n")
    again = parse_report(text)
    assert again == report
    assert render_json(again) == text
    assert digest(again) == digest(report)


def test_the_contract() -> None:
    data: dict[str, Any] = json.loads(render_json(build_report(fixed.inputs())))
    assert data["schema"] == 1
    assert data["week"] == "2026-W46"
    assert [w["week"] for w in data["weeks"]] == [f"2026-W{n}" for n in range(27, 47)]
    week = data["weeks"][-1]
    assert week["documents"] == 412
    assert week["customers"] == 371  # of whom each wrote once
    assert week["partial"] is False
    cell = week["drivers"]["neglect"]["complaint"]
    assert set(cell) == {"n", "k", "raw_share", "share", "low", "high", "change"}
    assert (cell["n"], cell["k"], cell["raw_share"]) == (412, 35, round(35 / 412, 6))
    assert cell["low"] < cell["share"] < cell["high"] and cell["share"] != cell["raw_share"]
    assert week["tests"] == 9 and week["series"]["neglect.complaint"]["signal"] == "shift_up"
    assert data["errors"]["leave"] == [160.0, 40.0, 30.0, 2970.0]
    assert [a["state"] for a in data["alarms"]] == ["new", "withdrawn", "faded"]
    assert [c["series"] for c in data["changes"]] == ["neglect.complaint"]
    assert list(week["drivers"]) == ["discourtesy", "incompetence", "unknowledgeable", "neglect"]
    assert set(week["leave"]) == set(cell)
    empty = data["weeks"][15]
    assert (empty["documents"], empty["customers"]) == (0, None)
    assert empty["leave"] == {"n": 0, "k": 0, **dict.fromkeys(("raw_share", "share", "low", "high", "change"))}
    assert {"id", "label", "driver", "state", "documents", "quotes"} <= set(data["themes"][0])
    assert {"documents", "from", "to", "channels", "languages", "undated"} <= set(data["coverage"])
    assert data["rejects"] == {"count": 14, "reasons": {"missing_text": 9, "column_count": 5}}
    assert data["model"] == "voc-e5-small-drivers@0123456789ab"


def test_the_digest_tells_reports_apart() -> None:
    assert digest(build_report(fixed.inputs())) != digest(build_report(replace(fixed.inputs(), company=None)))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 2}', '{"schema": 1, "week": "all"}'])
def test_what_is_not_a_report_is_refused(text: str) -> None:
    with pytest.raises(StoreError):
        parse_report(text)
