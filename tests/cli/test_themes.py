"""``voc themes``: the stage and the commands below it, on a workspace of the sample."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.delivery import Hook, https_server, trust
from tests.program import SAMPLE_FILES, Done, voc
from voc.cli.names import FIELDS

WEEK = "2026-W46"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the themes of two weeks, which the tests change one after the other."""
    folder = tmp_path_factory.mktemp("themes") / "w"
    for args in (["ingest", *SAMPLE_FILES], ["classify"], ["report", "--week", "2026-W45"], ["report", "--week", WEEK]):
        done = voc(*args, "-w", folder)
        assert done.code == 0, done.err
    return folder


def listed(workspace: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in voc("themes", "list", "-w", workspace, "--json").json["themes"]}


def act(workspace: Path, *args: str) -> Done:
    return voc("themes", *args, "-w", workspace, "--json")


def members(workspace: Path) -> dict[tuple[int, int], str | None]:
    with sqlite3.connect(workspace / "voc.sqlite3") as database:
        rows = database.execute("SELECT document, segment, theme FROM known_segments").fetchall()
    return {(document, segment): theme for document, segment, theme in rows}


def saved(workspace: Path, week: str) -> str:
    with sqlite3.connect(workspace / "voc.sqlite3") as database:
        rows = database.execute(
            "SELECT t.id, t.labels, t.documents FROM themes t JOIN theme_runs r ON r.id = t.run WHERE r.scope = ? "
            "ORDER BY t.position",
            (week,),
        ).fetchall()
    return json.dumps(rows)


def test_a_second_week_moves_no_segment_of_the_first(workspace: Path) -> None:
    before = members(workspace)
    assert act(workspace, "--week", WEEK).code == 0
    assert members(workspace) == before
    assert len(listed(workspace)) >= 4
    assert sum(row["segments"] for row in listed(workspace).values()) == sum(t is not None for t in before.values())


def test_themes_are_told_in_the_language_of_the_terminal_with_quote_weeks_and_nearest_theme(workspace: Path) -> None:
    rows = listed(workspace)
    complaints = [row for row in rows.values() if row["side"] == "complaint"]
    for row in complaints:
        assert row["quote"]["text"] and row["driver_names"]["zh-Hant"]
        assert sum(row["report"]["weeks"].values()) == row["report"]["documents"]
        assert row["nearest"]["theme"] in rows and -1 <= row["nearest"]["similarity"] <= 1
    theme = complaints[0]
    for language, words in (("en", "most like: "), ("zh-Hans", "最相近的主题："), ("zh-Hant", "最相近的主題：")):
        for args in (("list",), ("show", theme["id"])):
            told = voc("--ui-language", language, "themes", *args, "-w", workspace).out
            assert f"{theme['id']}  {theme['labels'][language]}\n" in told
            assert f"  {theme['driver_names'][language]}" in told
            assert words in told
    assert theme["quote"]["text"][:40] in told
    assert all(label in told for label in theme["labels"].values())
    data = voc("--ui-language", "zh-Hans", "themes", "list", "-w", workspace, "--json")
    assert {row["id"]: row for row in data.json["themes"]} == rows


def test_fields_and_findings_are_told_in_chinese(workspace: Path) -> None:
    shown = voc("status", "-w", workspace, "--json").json
    cases = voc("cases", "list", "-w", workspace, "--json").json["cases"]
    assert set(shown) | {field for case in cases for field in case} <= set(FIELDS)
    told = voc("--ui-language", "zh-Hans", "status", "-w", workspace).out
    assert f"文档：{shown['documents']}\n" in told and "documents" not in told
    case = voc("--ui-language", "zh-Hant", "cases", "list", "-w", workspace).out
    assert cases and "狀態：" in case
    sound = voc("--ui-language", "zh-Hans", "doctor", "--store", "-w", workspace).out
    assert "每一页、索引和引用都完好" in sound and " is " not in sound


def test_a_merge_undone_is_as_it_was_and_old_reports_keep_their_numbers(workspace: Path) -> None:
    before, first = members(workspace), saved(workspace, "2026-W45")
    one, other = [t for t, row in listed(workspace).items() if row["side"] == "complaint"][:2]
    merged = act(workspace, "merge", other, one)
    assert merged.code == 0, merged.err
    assert listed(workspace)[other]["state"] == "merged"
    assert other not in set(members(workspace).values())
    assert voc("report", "--week", WEEK, "-w", workspace).code == 0
    assert voc("report", "--week", "2026-W45", "-w", workspace).code == 0
    assert saved(workspace, "2026-W45") == first
    assert other not in saved(workspace, WEEK)
    undone = act(workspace, "undo", str(merged.json["event"]["number"]))
    assert undone.code == 0, undone.err
    assert members(workspace) == before
    assert listed(workspace)[other]["state"] == "active"


def test_a_name_of_ones_own_stands_in_the_report(workspace: Path) -> None:
    theme = next(iter(listed(workspace)))
    assert act(workspace, "rename", theme, "--en", "A <b>name</b>", "--zh", "退款太慢").code == 0
    assert voc("report", "--week", WEEK, "-w", workspace).code == 0
    report = json.loads((workspace / "reports" / WEEK / "report.json").read_text("utf-8"))
    labels = next(t["labels"] for t in report["themes"] if t["id"] == theme)
    assert (labels["en"], labels["zh-Hant"]) == ("A <b>name</b>", "退款太慢")
    assert "<b>name" not in (workspace / "reports" / WEEK / "report.html").read_text("utf-8")
    assert act(workspace, "rename", theme).code == 2


def test_pin_retire_and_split_are_events_that_are_undone(workspace: Path) -> None:
    theme = next(t for t, row in listed(workspace).items() if row["segments"] > 12)
    before = members(workspace)
    assert act(workspace, "pin", theme).code == 0
    assert listed(workspace)[theme]["pinned"]
    split = act(workspace, "split", theme)
    assert split.code == 0, split.err
    new = split.json["event"]["other"]
    assert listed(workspace)[new]["parent"] == theme
    assert listed(workspace)[theme]["parts"] == [new]
    assert sum(t in (theme, new) for t in members(workspace).values()) == sum(t == theme for t in before.values())
    retired = act(workspace, "retire", new)
    assert retired.code == 0
    blocked = voc("themes", "undo", str(split.json["event"]["number"]), "-w", workspace)
    assert blocked.code == 2
    assert "came after" in blocked.err
    for event in (retired, split):
        assert act(workspace, "undo", str(event.json["event"]["number"])).code == 0
    assert members(workspace) == before
    shown = act(workspace, "show", theme).json
    assert [e["kind"] for e in shown["events"] if e["undone"]][-1:] == ["split"]
    assert shown["latest"]


def test_a_theme_is_put_under_another_sub_driver_and_back(workspace: Path) -> None:
    theme = next(t for t, row in listed(workspace).items() if row["driver"] == "neglect" and row["state"] == "active")
    before = listed(workspace)[theme]["sub_driver"]
    done = act(workspace, "nest", theme, "canned_reply")
    assert done.code == 0, done.err
    assert listed(workspace)[theme]["sub_driver"] == "canned_reply"
    assert act(workspace, "undo", str(done.json["event"]["number"])).code == 0
    assert listed(workspace)[theme]["sub_driver"] == before


def test_a_model_proposes_labels_that_are_events_and_no_host_is_asked_that_is_not_allowed(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust(tmp_path))
    said = json.dumps({"en": "slow answers", "zh": "答复太慢"})
    answer = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
    before = listed(workspace)
    with https_server(Hook(answers=[(200, {}, b'{"choices": []}'), (200, {}, answer)])) as hook:
        refused = act(workspace, "label", "--label-with", hook.url)
        assert (refused.code, hook.asked) == (1, [])
        assert "not allowed" in refused.err
        settings = '[deliver]\nallowed_hosts = ["localhost"]\nprivate_addresses = true\n'
        (workspace / "voc.toml").write_text(settings, "utf-8")
        done = act(workspace, "label", "--label-with", hook.url, "--label-model", "small")
    (workspace / "voc.toml").unlink()
    assert done.code == 0, done.err
    assert {asked.json["model"] for asked in hook.asked} == {"small"}
    sent = [e for e in voc("audit", "-w", workspace, "--json").json["entries"] if e["action"] == "send"]
    sentences = [len(json.loads(asked.json["messages"][1]["content"])["sentences"]) for asked in hook.asked]
    assert [e["detail"] for e in sent] == [{
        "what": "redacted sentences of themes", "to": "localhost", "model": "small", "themes": len(hook.asked),
        "sentences": sum(sentences),
    }]  # fmt: skip
    assert "s3cretToken" not in json.dumps(sent)
    named = [t for t, row in listed(workspace).items() if row["labels"].get("en") == "slow answers"]
    assert len(named) == done.json["label"]["named"] == len(hook.asked) - 1
    with sqlite3.connect(workspace / "voc.sqlite3") as database:
        numbers = database.execute("SELECT max(number) FROM theme_events WHERE theme = ?", (named[0],)).fetchone()
    assert act(workspace, "undo", str(numbers[0])).code == 0
    assert listed(workspace)[named[0]]["labels"] == before[named[0]]["labels"]


def test_reencode_keeps_every_member(workspace: Path) -> None:
    before = members(workspace)
    done = act(workspace, "reencode")
    assert done.code == 0, done.err
    assert done.json["reencode"]["continuity"] >= 0.95
    assert members(workspace) == before


@pytest.mark.parametrize("args", [("show", "N-nobody"), ("merge", "a", "b"), ("undo", "9999"), ("pin", "nobody")])
def test_what_is_not_there_is_refused_by_name(workspace: Path, args: tuple[str, ...]) -> None:
    done = voc("themes", *args, "-w", workspace)
    assert done.code == 2
    assert "there is no" in done.err
    assert "Traceback" not in done.err
