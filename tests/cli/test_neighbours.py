"""A record never depends on its neighbours: one set alone, shuffled and in pieces, to the last digit."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tests.program import SAMPLE, voc, write_jsonl


def _classified(rows: list[dict[str, Any]], folder: Path, name: str) -> dict[str, dict[str, Any]]:
    file = write_jsonl(folder / f"{name}.jsonl", rows)
    done = voc("classify", file, "-o", folder / f"{name}.out.jsonl", cwd=folder)
    assert done.code == 0, done.err
    records = [json.loads(line) for line in (folder / f"{name}.out.jsonl").read_text("utf-8").splitlines()]
    assert [r["id"] for r in records] == [r["id"] for r in rows]
    return {r["id"]: r for r in records}


def test_records_do_not_depend_on_their_neighbours(tmp_path: Path) -> None:
    lines = (SAMPLE / "feedback.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines][:60]
    whole = _classified(rows, tmp_path, "whole")
    shuffled = random.Random(7).sample(rows, len(rows))
    assert _classified(shuffled, tmp_path, "shuffled") == whole
    assert _classified(rows[17:24], tmp_path, "some") == {r["id"]: whole[r["id"]] for r in rows[17:24]}
    assert _classified(rows[40:41], tmp_path, "one") == {rows[40]["id"]: whole[rows[40]["id"]]}


def test_undated_documents_are_themed_and_in_no_week(tmp_path: Path) -> None:
    """Thirty complaints without a date beside one dated praise: the themes are theirs, the week is not."""
    texts = ("Nobody answered my mail about the refund, number {}.", "没有人回复我的退款邮件，第{}封。")
    rows = [{"id": f"u{n}", "customer": f"c{n}", "text": texts[n % 2].format(n)} for n in range(30)]
    rows.append({"id": "dated", "time": "2026-11-12", "text": "Lovely crew."})
    done = voc("run", write_jsonl(tmp_path / "a.jsonl", rows), "--as-of", "2026-11-15", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    report = json.loads((tmp_path / "voc-workspace/reports/2026-W46/report.json").read_text("utf-8"))
    assert [w["documents"] for w in report["weeks"]] == [1] and report["coverage"]["undated"] == 30
    assert sum(t["documents"] for t in report["themes"]) > 15
