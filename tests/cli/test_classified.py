"""Commands on classified documents: records of files, search, explanations, exports, status, models and doctor."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import voc_in

DRIVERS = ["discourtesy", "incompetence", "unknowledgeable", "neglect"]
ROWS: list[dict[str, Any]] = [
    {
        "id": "r-1",
        "time": "2026-11-03",
        "text": "I wrote three times and nobody ever replied. Mail me at ann.lee@example.com. I am cancelling.",
    },
    {
        "id": "r-2",
        "time": "2026-11-04",
        "text": "=服务员态度恶劣，对我们大喊大叫。打了三次电话，一直没有人回复，完全不管客人。",
    },
    {"id": "r-3", "time": "2026-11-05", "text": "The staff were kind, patient and knew every answer."},
    {"id": "r-3", "time": "2026-11-05", "text": "The staff were kind, patient and knew every answer."},
    {"id": "r-4", "text": "…!"},
    {
        "id": "c-1",
        "channel": "chat",
        "text": "Agent: How can I help?\nCustomer: Nobody called me back, you ignore us.\nAgent: Sorry.",
    },
    {"id": "r-5", "time": "2026-11-06", "text": None},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a feed that was read and classified. Tests only look at it."""
    folder = tmp_path_factory.mktemp("classified")
    (folder / "feed.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), "utf-8")
    run = voc_in(folder)
    for command in (["ingest", "feed.jsonl", "--max-reject-share", "1"], ["classify"]):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def records(folder: Path) -> list[dict[str, Any]]:
    """The records of ``voc classify feed.jsonl -o records.jsonl``."""
    done = voc_in(folder)("classify", "feed.jsonl", "-o", "records.jsonl", "--max-reject-share", "0.5", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["documents"], summary["rejects"]) == (6, 1)
    assert "feed.jsonl row 7" in done.stderr, "a rejected row is named"
    return [json.loads(line) for line in (folder / "records.jsonl").read_text("utf-8").splitlines()]


def test_a_record_for_each_document_in_order(records: list[dict[str, Any]]) -> None:
    assert [record["id"] for record in records] == ["r-1", "r-2", "r-3", "r-3", "r-4", "c-1"]
    assert records[2] == records[3]
    assert [record["status"] for record in records] == ["ok", "ok", "ok", "ok", "empty", "ok"]
    assert [record["language"] for record in records[:3]] == ["en", "zh-Hans", "en"]


def test_records_keep_the_contract(records: list[dict[str, Any]]) -> None:
    texts = {row["id"]: row["text"] for row in ROWS}
    for record in records:
        assert set(record) == {
            "id", "status", "language", "channel", "labels", "praise", "leave", "drivers", "leave_probability",
            "leave_evidence", "abstained", "model",
        }  # fmt: skip
        assert list(record["drivers"]) == DRIVERS
        for key, driver in record["drivers"].items():
            assert 0 <= driver["complaint"] <= 1
            assert 0 <= driver["praise"] <= 1
            assert driver["evidence"] or key not in [*record["labels"], *record["praise"]]
            for span in driver["evidence"]:
                assert span["text"] == texts[record["id"]][span["start"] : span["end"]]
        assert isinstance(record["leave"], bool)
        assert 0 <= record["leave_probability"] <= 1
        assert record["leave_evidence"] or not record["leave"]


def test_the_model_sees_what_is_plain(records: list[dict[str, Any]]) -> None:
    by_id = {record["id"]: record for record in records}
    assert "neglect" in by_id["r-1"]["labels"]
    assert by_id["r-1"]["leave"]
    assert set(by_id["r-2"]["labels"]) & {"discourtesy", "neglect"}
    assert by_id["r-3"]["labels"] == []
    assert by_id["r-3"]["praise"]
    assert "neglect" in by_id["c-1"]["labels"]


def test_other_endings_hold_the_same_records(folder: Path, records: list[dict[str, Any]]) -> None:
    run = voc_in(folder)
    for name in ("records.csv", "records.parquet"):
        done = run("classify", "feed.jsonl", "-o", name, "--max-reject-share", "0.5", "-q")
        assert (done.returncode, done.stdout) == (0, "")
    rows = list(csv.DictReader(io.StringIO((folder / "records.csv").read_text("utf-8-sig"), newline="")))
    table = pq.read_table(folder / "records.parquet").to_pylist()
    for record, row, cells in zip(records, rows, table, strict=True):
        assert json.loads(row["drivers"]) == json.loads(cells["drivers"]) == record["drivers"]
        assert float(row["leave_probability"]) == cells["leave_probability"] == record["leave_probability"]
        assert (row["leave"] == "true") == cells["leave"] == record["leave"]


def test_too_many_rejects_of_files_end_with_3_and_leave_the_records(folder: Path, tmp_path: Path) -> None:
    done = voc_in(folder)("classify", "feed.jsonl", "-o", tmp_path / "out.jsonl", "--json")
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert (answer["documents"], answer["error"]["exit_code"]) == (6, 3)
    assert len((tmp_path / "out.jsonl").read_text("utf-8").splitlines()) == 6


def test_search_finds_words_in_both_languages(folder: Path) -> None:
    run = voc_in(folder)
    assert run("search", "没有人").stdout.startswith("r-2  2026-11-04  review  ")
    found = json.loads(run("search", "nobody", "--driver", "neglect", "--week", "2026-W45", "--json").stdout)
    assert [document["id"] for document in found["documents"]] == ["r-1"]
    assert "[email]" in found["documents"][0]["text"]
    nothing = run("search", "zeppelin")
    assert (nothing.returncode, nothing.stdout) == (0, "Nothing found.\n")
    assert run("search", "nobody", "--driver", "rudeness").returncode == 2


def test_explain_tells_scores_thresholds_and_spans(folder: Path, records: list[dict[str, Any]]) -> None:
    run = voc_in(folder)
    (document,) = json.loads(run("explain", "r-1", "--json").stdout)["documents"]
    score = document["scores"]["neglect.complaint"]
    assert score["decided"]
    assert score["probability"] >= score["threshold"]
    assert score["probability"] == pytest.approx(records[0]["drivers"]["neglect"]["complaint"], abs=1e-6)
    people = run("explain", "r-1").stdout
    assert "neglect.complaint" in people
    assert "because of neglect.complaint" in people
    assert "ann.lee@example.com" not in people
    absent = run("explain", "r-99")
    assert absent.returncode == 1
    assert "there is no document 'r-99'" in absent.stderr


@pytest.mark.parametrize("what", ["documents", "segments", "predictions"])
def test_exports_hold_every_document(folder: Path, tmp_path: Path, what: str) -> None:
    run = voc_in(folder)
    for ending in ("jsonl", "parquet", "xlsx"):
        done = run("export", what, "-o", tmp_path / f"{what}.{ending}", "--json")
        assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / f"{what}.jsonl").read_text("utf-8").splitlines()]
    assert {row["id" if what == "documents" else "document"] for row in rows} >= {"r-1", "r-2", "r-3", "c-1"}
    assert "ann.lee@example.com" not in (tmp_path / f"{what}.jsonl").read_text("utf-8")
    assert pq.read_table(tmp_path / f"{what}.parquet").num_rows == len(rows)


def test_status_tells_what_is_there(folder: Path) -> None:
    run = voc_in(folder)
    found = json.loads(run("status", "--json").stdout)
    assert (found["documents"], found["rejects"]["count"], found["unclassified"]) == (5, 1, 0)
    assert "documents: 5" in run("status").stdout.splitlines()


def test_models_and_doctor(folder: Path) -> None:
    run = voc_in(folder)
    (model,) = json.loads(run("models", "list", "--json").stdout)["models"]
    assert (model["name"], model["default"], model["classifies"]) == ("voc-e5-small", True, True)
    done = run("doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ok"]
    missing = run("doctor", "-w", "nowhere", "--json")
    assert missing.returncode == 0
    assert not (folder / "nowhere").exists(), "looking makes nothing"


def test_a_missing_model_ends_with_4(folder: Path, tmp_path: Path) -> None:
    done = voc_in(folder)("classify", "feed.jsonl", "-o", tmp_path / "out.jsonl", "--model", "no-such-model")
    assert done.returncode == 4
    assert "voc-e5-small" in done.stderr, "the models that are there are named"
    assert not (tmp_path / "out.jsonl").exists()
