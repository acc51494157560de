"""The report on the sample company finds what its README says was planted, and calls nothing else a change."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.program import COMPANY, voc
from voc.weeks import Week

DISCOURTESY, NEGLECT = "discourtesy.complaint", "neglect.complaint"
WEEKS = [f"2026-W{number}" for number in range(31, 47)]
_ESIM = re.compile(r"e-?sim", re.IGNORECASE)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """report.json of the whole program, run once as the README of the corpus says."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "voc-workspace").mkdir()
    shutil.copy(COMPANY / "voc.toml", folder / "voc-workspace" / "voc.toml")
    done = voc("run", COMPANY / "feedback", cwd=folder, network=False)
    assert done.code == 0, done.err
    written: Path = folder / "voc-workspace" / "reports" / WEEKS[-1] / "report.json"
    return json.loads(written.read_text("utf-8"))


def test_everything_is_read(report: Any) -> None:
    labels = (COMPANY / "labels.jsonl").read_text("utf-8").strip().split("\n")
    assert report["coverage"]["documents"] == len(labels)
    assert report["coverage"]["undated"] == 0
    assert set(report["rejects"]["reasons"]) == {"auto_reply", "bounce"}
    assert [row["week"] for row in report["weeks"]] == WEEKS


def test_the_step_of_discourtesy_is_found(report: Any) -> None:
    alarms = [a for a in report["alarms"] if a["series"] == DISCOURTESY]
    # On the true labels it is a shift from W43 (test_sample_company); the classifier's errors can blur and delay it.
    assert [a["signal"] for a in alarms] in (["shift_up"], ["drift_up"])
    assert "2026-W43" <= alarms[0]["since"] <= "2026-W46"
    assert alarms[0]["state"] in ("new", "stands")


def test_the_drift_of_neglect_is_found_by_the_last_week(report: Any) -> None:
    alarms = [a for a in report["alarms"] if a["series"] == NEGLECT]
    assert alarms  # one that faded may stand behind the latest: the drift is slow against the chance of a week
    assert {a["signal"] for a in alarms} <= {"shift_up", "drift_up"}
    assert all(a["since"] >= "2026-W41" for a in alarms)
    assert alarms[0]["state"] in ("new", "stands")
    assert {a["state"] for a in alarms[1:]} <= {"faded"} and len(alarms) <= 2


def test_nothing_else_is_called_a_change(report: Any) -> None:
    assert {a["series"] for a in report["alarms"]} <= {DISCOURTESY, NEGLECT}
    assert {label for label, s in report["signals"].items() if s not in ("none", "untested")} <= {DISCOURTESY, NEGLECT}
    assert {c["series"] for c in report["changes"]} <= {DISCOURTESY, NEGLECT}


def test_the_week_of_many_documents_moves_no_share(report: Any) -> None:
    row = next(row for row in report["weeks"] if row["week"] == "2026-W41")
    assert row["documents"] > 1.6 * max(r["documents"] for r in report["weeks"] if r is not row)
    moved = {label: s["signal"] for label, s in row["series"].items() if s["signal"] != "none"}
    assert moved.pop(NEGLECT, "shift_up") in ("shift_up", "drift_up")  # it drifts, and many documents show it sooner
    assert moved == {}


def test_the_new_theme_is_the_only_emerging_one(report: Any) -> None:
    emerging = [theme for theme in report["themes"] if theme["emerging"]]
    assert len(emerging) == 1
    said = " ".join([*emerging[0]["labels"].values(), *(quote["text"] for quote in emerging[0]["quotes"])])
    assert _ESIM.search(said), said


def planted(mark: str, since: str) -> set[str]:
    """Ids of the documents that the corpus marks so, from ``since`` (a week) on."""
    rows = map(json.loads, (COMPANY / "labels.jsonl").read_text("utf-8").strip().split("\n"))
    return {row["id"] for row in rows if mark in row["plants"] and row["week"] >= since}


def test_the_stock_answers_are_counted(report: Any) -> None:
    first = str(Week.parse(WEEKS[-1]).plus(-11))  # the loop looks back over twelve weeks
    known = len(planted("template-reply", first))
    everywhere = report["loop"]["replies"][0]
    assert 0.9 * known <= everywhere["stock"] <= 1.05 * known
    assert all("HS-" in stock["text"] for stock in report["loop"]["stocks"])


def test_customers_who_come_back_after_an_answer_are_found(report: Any) -> None:
    first = str(Week.parse(WEEKS[-1]).plus(-11))
    known = len(planted("repeat", first))
    assert 0.6 * known <= report["loop"]["returns"]["documents"] <= known  # the rest is the classifier's to miss
