"""Another model: the history is classified again, the next report tells the step, and old reports stay as they were."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.conftest import voc_in
from tests.program import digests, write_jsonl
from voc.classify.heads import SPEC_FILE
from voc.classify.model_folder import copy_encoder, copy_heads
from voc.encoders import resolve_model
from voc.store import Store

TEXTS = (
    "Nobody answered my calls for a week. I am cancelling.",
    "服务员态度恶劣，对我们大喊大叫。",
    "店員很親切，問題馬上解決了。",
    "The parcel came three weeks late.",
    "The room has two windows.",
)


def another_model(folder: Path) -> Path:
    """The default model under another name, which sees leaving everywhere."""
    base = resolve_model()
    copy_encoder(base, folder, folder.name)
    copy_heads(base.path, folder, resolve_model(str(folder)).id)
    spec = (folder / SPEC_FILE).read_text("utf-8")
    pattern = r'(\[labels\."leave"\]\nthreshold = )[\d.]+\nabstain = .*'
    made, count = re.subn(pattern, r"\g<1>0.000001\nabstain = [0.0, 0.000001]", spec)
    assert count == 1
    (folder / SPEC_FILE).write_text(made, "utf-8")
    return folder


def test_a_new_model_from_one_week_to_the_next(tmp_path: Path) -> None:
    run = voc_in(tmp_path)
    days = ("2026-10-27", "2026-11-03", "2026-11-10")  # W44, W45, W46
    rows = [
        {"id": f"{week}-{i}", "time": day, "text": f"{text} ({week})"}
        for week, day in enumerate(days)
        for i, text in enumerate(TEXTS)
    ]
    feed = write_jsonl(tmp_path / "feed.jsonl", rows[:10])
    done = run("run", feed, "--week", "2026-W45", "--as-of", "2026-11-08")
    assert done.returncode == 0, done.stderr
    reports = tmp_path / "voc-workspace" / "reports"
    old = digests(reports / "2026-W45")
    first = json.loads((reports / "2026-W45" / "report.json").read_text("utf-8"))
    assert "model_change" not in first

    model = another_model(tmp_path / "keen")
    more = write_jsonl(tmp_path / "more.jsonl", rows[10:])
    done = run("run", more, "--week", "2026-W46", "--as-of", "2026-11-15", "--model", model)
    assert done.returncode == 0, done.stderr
    with Store.open(tmp_path / "voc-workspace", readonly=True) as store:
        counts = store.models()
    assert list(counts.values()) == [10, 15], "the whole history was classified again"
    report = json.loads((reports / "2026-W46" / "report.json").read_text("utf-8"))
    step = report["model_change"]
    assert (step["before"], step["documents"]) == (first["model"], 10)
    assert step["weeks"] == ["2026-W43", "2026-W44", "2026-W45", "2026-W46"]
    by_series = {row["series"]: row for row in step["steps"]}
    assert by_series["leave"]["after"] == 10 > by_series["leave"]["before"] == by_series["leave"]["both"]
    same = by_series["incompetence.complaint"]
    assert same["before"] == same["after"] == same["both"]
    assert all(week["leave"]["k"] == week["leave"]["n"] for week in report["weeks"] if week["documents"]), "one model"
    page = (reports / "2026-W46" / "report.html").read_text("utf-8")
    assert "Another model: the step" in page
    assert "Another model: the step" in (reports / "2026-W46" / "report.md").read_text("utf-8")
    assert digests(reports / "2026-W45") == old, "what was told stays told"
    with Store.open(tmp_path / "voc-workspace", readonly=True) as store:
        assert [(week, revision) for week, revision, _ in store.reports()] == [("2026-W45", 1), ("2026-W46", 1)]

    before = digests(reports)
    assert run("run", more, "--week", "2026-W46", "--as-of", "2026-11-15", "--model", model).returncode == 0
    assert digests(reports) == before
    done = run("report", "--week", "2026-W46", "--model", model, "--report-language", "zh-Hans", "-o", "elsewhere")
    assert done.returncode == 0, done.stderr
    assert "换了模型" in (tmp_path / "elsewhere" / "2026-W46" / "report.html").read_text("utf-8")


def test_a_correction_by_hand_reaches_the_report(tmp_path: Path) -> None:
    run = voc_in(tmp_path)
    rows = [{"id": f"d-{i}", "time": "2026-11-10", "text": text} for i, text in enumerate(TEXTS)]
    feed = write_jsonl(tmp_path / "feed.jsonl", rows)
    assert run("run", feed, "--week", "2026-W46", "--as-of", "2026-11-15").returncode == 0
    path = tmp_path / "voc-workspace" / "reports" / "2026-W46" / "report.json"
    before = json.loads(path.read_text("utf-8"))
    done = run("label", "set", "d-4", "neglect=yes", "leave=yes", "--reason", "heard them say so")
    assert done.returncode == 0, done.stderr
    done = run("run", feed, "--week", "2026-W46", "--as-of", "2026-11-15")
    assert done.returncode == 0, done.stderr
    after = json.loads(path.read_text("utf-8"))
    assert (before["revision"], after["revision"], after["by_hand"]) == (1, 2, 1)
    week_before, week_after = before["weeks"][-1], after["weeks"][-1]
    assert week_after["leave"]["k"] == week_before["leave"]["k"] + 1
    complaint = [week["drivers"]["neglect"]["complaint"]["k"] for week in (week_before, week_after)]
    assert complaint[1] == complaint[0] + 1
    assert any(call["quote"]["id"] == "d-4" and call["drivers"] == ["neglect"] for call in after["callbacks"])
    assert "With labels set by hand, this week" in path.with_name("report.html").read_text("utf-8")
