"""``voc report`` on ranges, months, segments and from a week on, through the real program."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.program import SAMPLE_FILES, Done, digests, voc
from voc.report import pdf


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample of 200 documents, run once."""
    made = tmp_path_factory.mktemp("ranges")
    done = voc("run", *SAMPLE_FILES, cwd=made, network=False)
    assert done.code == 0, done.err
    return made


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / "voc-workspace" / "reports" / name).read_text("utf-8"))


def classified(folder: Path) -> int:
    with sqlite3.connect(folder / "voc-workspace" / "voc.sqlite3") as db:
        return int(db.execute("SELECT count(*) FROM predictions").fetchone()[0])


def told(done: Done) -> Path:
    assert done.code == 0, done.err
    return Path(done.out.strip().splitlines()[-1])


def test_a_comparison_counts_both_ranges_and_classifies_nothing(folder: Path) -> None:
    before = classified(folder)
    page = told(voc("report", "--compare", "2026-W37..2026-W44", "2026-W45..2026-W46", cwd=folder))
    assert page.name == "compare.html" and (folder / page).is_file()
    found = read(folder, f"{page.parent.name}/compare.json")
    assert (found["before"]["documents"], found["after"]["documents"]) == (160, 38)
    neglect = next(d for d in found["series"] if d["series"] == "neglect.complaint")
    assert neglect["change"] > 0.1 and neglect["sure"] and neglect["q"] <= 0.05
    assert neglect["low"] <= neglect["change"] <= neglect["high"]
    assert neglect["parts"] and found["themes"]
    assert classified(folder) == before
    text = (folder / page).with_suffix(".md").read_text("utf-8")
    assert "Complaints about neglect rose" in text and "@example.com" not in text


def test_a_comparison_in_chinese(folder: Path, tmp_path: Path) -> None:
    done = voc(
        "report", "--compare", "2026-W43", "2026-W46", "--report-language", "zh-Hant", "-o", tmp_path, cwd=folder
    )
    assert told(done).parent == tmp_path / "compare-2026-W43-2026-W46"
    assert 'lang="zh-Hant"' in (tmp_path / "compare-2026-W43-2026-W46" / "compare.html").read_text("utf-8")


def test_a_month_is_counted_by_its_own_days(folder: Path) -> None:
    voc("actions", "add", "--driver", "neglect", "--owner", "Support", "--as-of", "2026-10-20", "Call back", cwd=folder)
    page = told(voc("report", "--month", "2026-10", "--pdf", cwd=folder))
    assert page.name == "month.html" and page.parent.name == "2026-10"
    written = {file.suffix for file in (folder / page).parent.iterdir()}
    assert written == {".html", ".md", ".json", ".xlsx"} | (set() if pdf.unavailable() else {".pdf"})
    assert "2026-10/month.xlsx" in (folder / page).parents[1].joinpath("index.html").read_text("utf-8")
    found = read(folder, "2026-10/month.json")
    with sqlite3.connect(folder / "voc-workspace" / "voc.sqlite3") as db:
        days = [row[0] for row in db.execute("SELECT time FROM documents WHERE time IS NOT NULL")]
    # the sample's times are local or at +08:00; none lies in the hours in which these months differ
    assert found["after"]["documents"] == sum(day.startswith("2026-10") for day in days)
    assert found["before"]["documents"] == sum(day.startswith("2026-09") for day in days)
    assert [a["owner"] for a in found["month"]["actions"]] == ["Support"]
    assert (found["after"]["first"], found["after"]["last"]) == ("2026-10-01", "2026-10-31")


def test_a_segment_has_its_own_report_and_leaves_the_weeks_alone(folder: Path) -> None:
    whole = folder / "voc-workspace" / "reports" / "2026-W46"
    before = digests(whole)
    page = told(voc("report", "--segment", "language=zh", "--week", "2026-W46", cwd=folder))
    assert page.parent.name == "2026-W46-language-zh"
    found = read(folder, "2026-W46-language-zh/report.json")
    assert found["segment"] == {"language": "zh"} and found["revision"] == 1
    assert found["weeks"][-1]["documents"] < read(folder, "2026-W46/report.json")["weeks"][-1]["documents"]
    assert set(found["coverage"]["languages"]) == {"zh-Hans", "zh-Hant"}
    assert "Language: Chinese" in (folder / page).with_suffix(".md").read_text("utf-8").splitlines()[0]
    assert digests(whole) == before
    again = voc("report", "--week", "2026-W46", "--json", cwd=folder)
    assert again.json["report"]["revision"] == 1


def test_a_segment_of_too_few_documents_is_refused(folder: Path) -> None:
    narrow = ("--segment", "language=zh-Hant", "--segment", "channel=letter")
    done = voc("report", *narrow, cwd=folder)
    assert done.code == 2 and ("fewer than 5 documents" in done.err or "together" in done.err)
    unknown = voc("report", "--segment", "channel=fax", cwd=folder)
    assert unknown.code == 2 and "no document has channel=fax" in unknown.err and "review" in unknown.err


def test_the_weeks_from_one_on_are_made_in_order_and_once(folder: Path, tmp_path: Path) -> None:
    done = voc("report", "--from-week", "2026-W44", "-o", tmp_path, "--json", cwd=folder)
    assert done.code == 0, done.err
    assert done.json["backfill"]["made"] == ["2026-W44", "2026-W45", "2026-W46"]
    first = json.loads((tmp_path / "2026-W44" / "report.json").read_text("utf-8"))
    assert first["as_of"] == "2026-11-01"
    assert first["coverage"]["to"] <= "2026-11-01" and [w["week"] for w in first["weeks"]][-1] == "2026-W44"
    before = digests(tmp_path)
    (tmp_path / "2026-W45" / "report.html").unlink()  # as a kill would leave it
    again = voc("report", "--from-week", "2026-W44", "-o", tmp_path, "--json", cwd=folder)
    assert again.json["backfill"]["made"] == ["2026-W45"]
    assert digests(tmp_path) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--compare", "2026-W45", "2026-W44..2026-W46"), "overlap"),
        (("--compare", "2026-W45", "2026-W99"), "no such ISO week"),
        (("--compare", "2026-W45", "2026-W46..2026-W44"), "ends before it begins"),
        (("--compare", "2026-W45", "2026-W46", "--month", "2026-10"), "do not go together"),
        (("--month", "2026-13"), "not a month"),
        (("--month", "2026-10", "--week", "2026-W44"), "does nothing"),
        (("--segment", "colour=red"), "channel, product, region, language"),
        (("--segment", "channel=call", "--segment", "channel=chat"), "given twice"),
        (("--from-week", "2027-W01"), "is after"),
        (("--compare", "2025-W01", "2026-W46"), "no feedback to compare"),
    ],
)
def test_options_that_cannot_be_meant_are_usage_errors(folder: Path, options: tuple[str, ...], words: str) -> None:
    done = voc("report", *options, cwd=folder)
    assert done.code == 2 and words in " ".join(done.err.split()), done.err
