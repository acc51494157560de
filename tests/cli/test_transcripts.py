"""A folder of conversations through the real program: every cue comes out with its times, every loss is listed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.program import voc

VTT = """WEBVTT
Date: 2026-11-03

00:01.000 --> 00:02.500
<v Maria>Norfield, what can I do?

00:03.000 --> 00:05.000
<v Jo Field>You lost my order &amp; nobody called.</v>

00:05.000 --> 00:06.000

soon --> later
lost words
"""
SRT = "1\n00:00:01,000 --> 00:00:02,000\n客服：您好\n\n2\n00:00:03,000 --> 00:00:04,000\n客户：我要换一家\n"


def test_every_cue_is_exported(tmp_path: Path) -> None:
    folder, workspace, out = tmp_path / "calls", tmp_path / "ws", tmp_path / "out.jsonl"
    folder.mkdir()
    (folder / "a.vtt").write_text(VTT, encoding="utf-8")
    (folder / "b.srt").write_text(SRT, encoding="utf-8")
    (folder / "c.json").write_text('[{"speaker": "Customer", "text": "Hello?", "start": 2}]', encoding="utf-8")
    (folder / "d.vtt").write_text("00:01.000 --> 00:02.000\nno signature\n", encoding="utf-8")
    (folder / "e.txt").write_text("Agent: Hello.\nCustomer: Nobody came.\n", encoding="utf-8")
    assert voc("init", "-w", workspace).code == 0
    (workspace / "voc.toml").write_text('[ingest]\nagents = ["maria"]\nmax_reject_share = 1.0\n', encoding="utf-8")

    done = voc("ingest", folder, "-w", workspace)
    assert done.code == 0, done.err
    assert voc("export", "documents", "--identified", "-w", workspace, "-o", out).code == 0
    rows = {row["id"]: row for row in map(json.loads, out.read_text("utf-8").splitlines())}
    turns = {
        name: [(t["role"], t["speaker"], t["text"], t["start"], t["end"]) for t in row["turns"]]
        for name, row in rows.items()
    }
    assert turns == {
        "a": [
            ("agent", "Maria", "Norfield, what can I do?", 1.0, 2.5),
            ("customer", "Jo Field", "You lost my order & nobody called.", 3.0, 5.0),
            ("other", None, "", 5.0, 6.0),
        ],
        "b": [("agent", "客服", "您好", 1.0, 2.0), ("customer", "客户", "我要换一家", 3.0, 4.0)],
        "c": [("customer", "Customer", "Hello?", 2.0, None)],
        "e": [("agent", "Agent", "Hello.", None, None), ("customer", "Customer", "Nobody came.", None, None)],
    }
    assert rows["a"]["time"] == "2026-11-03"
    assert rows["a"]["metadata"]["speaker_roles"] == "config and elimination"
    listed = voc("rejects", "-w", workspace, "--json").json["rejects"]
    assert [(r["file"], r["row"], r["reason"]) for r in listed] == [
        ("a.vtt", 12, "bad_timing"),
        ("d.vtt", 1, "not_webvtt"),
    ]
    again = voc("ingest", folder, "-w", workspace, "--json").json
    assert again["ingest"]["added"] == 0
