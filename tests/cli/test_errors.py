"""Exit codes and messages of the real program, up to the point where it starts to work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Voc


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"id": "r-1", "time": "2026-11-03", "text": "Nobody answered my three letters."}\n', "utf-8")
    return path


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["run"], "Missing argument 'INPUT...'"),
        (["run", "absent.csv"], "'absent.csv' does not exist"),
        (["run", "reviews.jsonl", "--week", "2026-W60"], "no such ISO week: '2026-W60'"),
        (["run", "reviews.jsonl", "--week", "2025-W53"], "no such ISO week: '2025-W53'"),
        (["run", "reviews.jsonl", "--week", "46"], "not an ISO week: '46'"),
        (["run", "reviews.jsonl", "--since", "2026-02-30"], "'2026-02-30' is no date of the calendar"),
        (["run", "reviews.jsonl", "--until", "20260228"], "'20260228' is not a date like 2026-11-15"),
        (["run", "reviews.jsonl", "--as-of", "yesterday"], "'yesterday' is not a date like"),
        (["trends", "--since", "2026-11-02", "--until", "2026-11-01"], "is after --until"),
        (["run", "reviews.jsonl", "--map", "text"], "'text' has not the form field=Column"),
        (["run", "reviews.jsonl", "--map", "txt=Comments"], "there is no field 'txt'"),
        (["run", "reviews.jsonl", "--map", "text=A", "--map", "text=B"], "'text' is given twice"),
        (["run", "reviews.jsonl", "--max-reject-share", "1.5"], "1.5 is not in the range 0<=x<=1"),
        (["run", "reviews.jsonl", "--max-reject-share", "nan"], "nan is not a number"),
        (["run", "reviews.jsonl", "--wait", "-1"], "not in the range"),
        (["run", "reviews.jsonl", "--report-language", "de"], "'de' is not one of"),
        (["report", "--revision", "0"], "0 is not in the range"),
        (["classify", "reviews.jsonl"], "say where the records go: -o"),
        (["classify", "reviews.jsonl", "-o", "out.docx"], "no format has the ending of 'out.docx'"),
        (["classify", "-o", "out.jsonl"], "-o goes with INPUT"),
        (["classify", "reviews.jsonl", "-o", "out.jsonl", "-w", "w"], "-w is for the workspace"),
        (["export", "everything", "-o", "x.csv"], "'everything' is not one of"),
        (["export", "documents"], "Missing option '-o'"),
        (["export", "documents", "-o", "x.pdf"], "no format has the ending of 'x.pdf'"),
        (["search"], "Missing argument 'QUERY'"),
        (["run", "reviews.jsonl", "--log-format", "xml"], "'xml' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_usage_errors(run_voc: Voc, reviews: Path, tmp_path: Path, args: list[str], message: str) -> None:
    done = run_voc(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [reviews.name]


def test_usage_error_as_json(run_voc: Voc, reviews: Path) -> None:
    done = run_voc("run", reviews, "--week", "2026-W60", "--json", "--log-format", "json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert (error["type"], error["exit_code"], error["hint"]) == ("UsageError", 2, "Try 'voc run --help'.")
    assert json.loads(done.stderr)["message"] == error["message"]


def test_unknown_setting(run_voc: Voc, tmp_path: Path) -> None:
    (tmp_path / "hotel").mkdir()
    (tmp_path / "hotel" / "voc.toml").write_text("[report]\nqotes = 4\n")
    done = run_voc("config", "show", "-w", "hotel")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: unknown key 'report.qotes' in hotel/voc.toml\n  Did you mean report.quotes?\n"


def test_config_show_names_each_origin(run_voc: Voc, tmp_path: Path) -> None:
    (tmp_path / "hotel").mkdir()
    (tmp_path / "hotel" / "voc.toml").write_text('timezone = "Asia/Taipei"\n')
    done = run_voc("config", "show", "--json", VOC_WORKSPACE="hotel")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["general.timezone"] == {"value": "Asia/Taipei", "origin": "hotel/voc.toml"}
    assert found["report.quotes"] == {"value": 3, "origin": "default"}
    people = run_voc("config", "show", "-w", "hotel").stdout.splitlines()
    assert len(people) == len(found)
    assert people[0].split() == ["general.timezone", "=", '"Asia/Taipei"', "(hotel/voc.toml)"]


def test_workspace_that_is_a_file(run_voc: Voc, reviews: Path) -> None:
    done = run_voc("status", "-w", reviews)
    assert done.returncode == 2
    assert "is a file" in done.stderr
