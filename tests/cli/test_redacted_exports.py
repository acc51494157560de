"""What `voc export` lets out."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.program import voc, write_jsonl
from voc.privacy import pseudonym

ROWS = [
    {"id": "1", "customer": "Li Hua", "time": "2026-11-12", "text": "Call me on 138 0013 8000 or li@example.com."},
    {"id": "2", "customer": "Li Hua", "time": "2026-11-13", "text": "没有人回复我的邮件。"},
    {"id": "3", "customer": "Ann", "time": "2026-11-13", "text": "Polite and quick."},
]


def _exported(folder: Path, *options: str) -> list[dict[str, Any]]:
    done = voc("export", "documents", "-o", "out.jsonl", *options, cwd=folder)
    assert done.code == 0, done.err
    return [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]


def test_an_export_is_redacted_and_names_customers_by_pseudonyms(tmp_path: Path) -> None:
    voc("ingest", write_jsonl(tmp_path / "a.jsonl", ROWS), cwd=tmp_path)
    rows = _exported(tmp_path)
    assert rows[0]["text"] == "Call me on [phone] or [email]."
    names = [row["customer"] for row in rows]
    assert names[0] == names[1] != names[2]
    assert all(name.startswith("c-") for name in names)
    assert [row["customer"] for row in _exported(tmp_path)] == names, "a pseudonym lasts"
    key = tmp_path / "voc-workspace" / "pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and len(key.read_bytes()) == 32


def test_whatever_a_feed_may_hold_is_redacted(tmp_path: Path) -> None:
    """Columns that are labels in one feed are free text in the next; recordings are named by who called."""
    columns = {name: f"{name} of jo@example.com" for name in ("product", "region", "segment", "thread", "reply")}
    row = {"id": "1", "text": "Nobody answered.", **columns, "jo@example.com": "13800138000"}
    voc("ingest", write_jsonl(tmp_path / "call from 13800138000.jsonl", [row]), cwd=tmp_path)
    exported = _exported(tmp_path)[0]
    assert {name: exported[name] for name in columns} == {name: f"{name} of [email]" for name in columns}
    assert exported["metadata"] == {"[email]": "[phone]"}
    assert "example.com" not in json.dumps(exported) and "13800138000" not in json.dumps(exported)
    given = _exported(tmp_path, "--identified")[0]
    assert {name: given[name] for name in columns} == columns
    assert (given["source"], given["metadata"]) == ("call from 13800138000.jsonl", {"jo@example.com": "13800138000"})


def test_a_rejected_row_is_told_redacted(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "Nobody answered."}\n{"text": broken, call 13800138000\n', "utf-8")
    done = voc("classify", file, "-o", "records.jsonl", "--max-reject-share", "0.5", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "a.jsonl row 2: not_json" in done.err and "[phone]" in done.err and "13800138000" not in done.err


def test_identified_exports_what_was_given(tmp_path: Path) -> None:
    voc("ingest", write_jsonl(tmp_path / "a.jsonl", ROWS), cwd=tmp_path)
    rows = _exported(tmp_path, "--identified")
    assert [(r["id"], r["customer"], r["time"], r["text"]) for r in rows] == [
        (r["id"], r["customer"], r["time"], r["text"]) for r in ROWS
    ]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    voc("ingest", write_jsonl(tmp_path / "a.jsonl", ROWS), cwd=tmp_path)
    _exported(tmp_path)
    (tmp_path / "voc-workspace" / "pseudonym.key").chmod(0o644)
    done = voc("export", "documents", "-o", "again.jsonl", cwd=tmp_path)
    assert done.code != 0 and "pseudonym.key" in done.err and "chmod 600" in done.err
    assert not (tmp_path / "again.jsonl").exists()


def test_the_key_of_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voc("ingest", write_jsonl(tmp_path / "a.jsonl", ROWS), cwd=tmp_path)
    monkeypatch.setenv("VOC_KEY", "a long and random text of the company")
    row = _exported(tmp_path)[0]
    assert row["customer"] == pseudonym("Li Hua", b"a long and random text of the company")
    assert not (tmp_path / "voc-workspace" / "pseudonym.key").exists()
