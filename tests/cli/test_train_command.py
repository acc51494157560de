"""``voc train`` with a driver of one's own, from the file to the report. Slow, because a real encoder is at work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from tests.cli.conftest import Voc, voc_in
from tests.program import ROOT, write_jsonl

CORPUS = ROOT / "corpora" / "own-driver"
EVERYDAY = ROOT / "corpora" / "contrasts" / "contrasts.jsonl"
FEED = [
    {"id": "f-1", "time": "2026-11-03", "text": "It said 40. The bill had a cleaning fee that was never mentioned."},
    {"id": "f-2", "time": "2026-11-04", "text": "说好三十，结账多出一笔之前没说过的服务费。"},
    {"id": "f-3", "time": "2026-11-05", "text": "Nobody answered my calls, I am cancelling."},
    {"id": "f-4", "time": "2026-11-06", "text": "店員很親切，馬上就解決了。"},
]  # fmt: skip


def small(folder: Path) -> Path:
    """Every fourth everyday document: enough to tell fees from, and quick."""
    lines = EVERYDAY.read_text("utf-8").splitlines()[::4]
    (folder / "everyday.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "everyday.jsonl"


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"-o": "a model"}, 2, "cannot name a model"),
        ({"--taxonomy": "broken.toml"}, 2, "is not a taxonomy"),
        ({"--data": "few.jsonl"}, 1, "2 documents with hidden_fees.complaint"),
        ({"--data": str(CORPUS / "examples.jsonl")}, 1, "too little to tell it from"),
        ({"--base": "nowhere"}, 4, "no model named 'nowhere'"),
        ({"--data": "bad.jsonl"}, 1, "bad.jsonl:1"),
        ({"--data": "bad_rows"}, 1, "bad_rows:1: not a labelled document: 'leave' is missing"),
        ({"--data": "there"}, 1, "cannot read the labelled data there"),
        ({"-o": "there"}, 2, "is there already"),
    ],
)
def test_what_cannot_be_trained_is_said(
    tmp_path: Path, run_voc: Voc, change: dict[str, str], code: int, said: str
) -> None:
    (tmp_path / "broken.toml").write_text("id = 1")
    (tmp_path / "there").mkdir()
    rows = [json.loads(line) for line in (CORPUS / "examples.jsonl").read_text("utf-8").splitlines()]
    write_jsonl(tmp_path / "few.jsonl", [*rows[:2], *(row for row in rows if not row["neg"])])
    write_jsonl(tmp_path / "bad.jsonl", [{"id": "1", "text": "x"}])
    Dataset.from_list([{"id": "1", "text": "x"}]).save_to_disk(tmp_path / "bad_rows")
    options = {"--data": str(EVERYDAY), "--taxonomy": str(CORPUS / "taxonomy.toml"), "-o": "new"} | change
    done = run_voc("train", *(part for pair in options.items() for part in pair))
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.long
def test_an_own_driver_from_examples_to_the_report(tmp_path: Path) -> None:
    run = voc_in(tmp_path)
    everyday = small(tmp_path)
    args = ("train", "--data", CORPUS / "examples.jsonl", "--data", everyday, "--taxonomy", CORPUS / "taxonomy.toml")
    done = run(*args, "-o", "models/fees", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["labels"] == ["hidden_fees.complaint", "hidden_fees.praise"]
    fees = next(row for row in answer["figures"] if row["label"] == "hidden_fees.complaint")
    assert fees["f1"] > 0.4
    folder = tmp_path / "models" / "fees"
    names = {p.name for p in folder.iterdir()}
    assert {"model.toml", "encoder.safetensors", "tokenizer.json", "heads.safetensors", "classifier.toml", "own",
            "taxonomy.toml", "CLASSIFIER_CARD.md"} <= names  # fmt: skip
    assert not (tmp_path / "models" / "fees.partial").exists()
    card = (folder / "CLASSIFIER_CARD.md").read_text("utf-8")
    assert "| own-driver | CC0-1.0 | 69 |" in card
    assert str(tmp_path) not in card

    feed = write_jsonl(tmp_path / "feed.jsonl", FEED)
    records: dict[str, list[dict[str, Any]]] = {}
    for name, model in (("before", ()), ("after", ("--model", folder))):
        done = run("classify", feed, "-o", f"{name}.jsonl", *model)
        assert done.returncode == 0, done.stderr
        records[name] = [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines()]
    for before, after in zip(records["before"], records["after"], strict=True):
        own = after["drivers"].pop("hidden_fees")
        assert after["drivers"] == before["drivers"], "the built-in drivers do not change by a digit"
        assert after["leave_probability"] == before["leave_probability"]
        assert [key for key in after["labels"] if key != "hidden_fees"] == before["labels"]
        assert ("hidden_fees" in after["labels"]) == (after["id"] in ("f-1", "f-2")), own

    done = run("run", feed, "--model", folder, "--taxonomy", CORPUS / "taxonomy.toml", "--week", "2026-W45",
               "--as-of", "2026-11-15", "--report-language", "zh-Hans")  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = tmp_path / "voc-workspace" / "reports" / "2026-W45"
    assert "隐性收费" in (report / "report.html").read_text("utf-8")
    assert "hidden_fees.complaint" in (report / "report.json").read_text("utf-8")
    twice = run(*args, "-o", "models/again")
    assert twice.returncode == 0, twice.stderr
    for name in ("heads.safetensors", "classifier.toml"):
        left, right = ((tmp_path / "models" / m / "own" / name).read_bytes() for m in ("fees", "again"))
        assert left.replace(b"fees@", b"again@") == right, "seeded: the same data gives the same model"
    shutil.rmtree(tmp_path / "models")
