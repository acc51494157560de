"""Themes, trends, reports and runs in the store: replaced as a whole, read back exactly, told once."""

from pathlib import Path

import pytest

from voc.documents import Document
from voc.results import Cell, Theme, ThemeResult, WeekRow
from voc.store import SavedReport, Store

NEGLECT = "neglect.complaint"


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "w") as opened:
        yield opened


def stored_keys(store: Store, count: int) -> list[str]:
    state = store.begin_input("a.csv", "0" * 64, "csv", {})
    store.add_batch(state.id, [(row, Document(f"d{row}", f"text {row}", "a.csv")) for row in range(1, count + 1)])
    return [d.key for d in store.documents()]


def a_theme(keys: list[str], identity: str = "t1") -> Theme:
    members = tuple((key, 1) for key in reversed(keys))
    return Theme(
        identity,
        {"en": "no answer", "zh-Hans": "没人回复"},
        "neglect",
        "complaint",
        "new",
        members,
        len(keys),
        None,
        members[:1],
    )


def test_themes_are_replaced_with_their_stage(store):
    keys = stored_keys(store, 4)
    assert store.themes("2026-W46") is None
    old = ThemeResult((a_theme(keys), a_theme(keys[:2], "t2")), 9, 3)
    store.save_themes("2026-W46", "f1", old)
    assert store.themes("2026-W46") == old
    new = ThemeResult((a_theme(keys[1:], "t9"),), 8, 5)
    store.save_themes("2026-W46", "f2", new)
    store.save_themes("all", "f3", ThemeResult((), 0, 0))
    assert store.themes("2026-W46") == new
    assert store.themes("all") == ThemeResult((), 0, 0)
    assert store.stage_fingerprint("themes", "2026-W46") == "f2"
    assert store.stage_fingerprint("themes", "2026-W47") is None
    assert [(m.scope, m.theme, m.segment) for m in store.memberships(keys[1])] == [("2026-W46", "t9", 1)]
    assert store.memberships(keys[0]) == []


def test_trends_come_back_exactly(store):
    cell = Cell(7, 2, 2 / 7, 0.3, 0.1, 0.6, None)
    rows = [
        WeekRow("2026-W45", 0, None, False, 0, {NEGLECT: Cell(0, 0, None, None, None, None, None)}),
        WeekRow("2026-W46", 7, 5, True, 1, {NEGLECT: cell, "leave": cell}),
    ]
    assert store.trends("2026-W46") is None
    store.save_trends("2026-W46", "f", rows)
    store.save_trends("2026-W46", "g", rows[1:])
    assert store.trends("2026-W46") == rows[1:]
    assert store.stage_fingerprint("trends", "2026-W46") == "g"
    store.save_trends("none", "f", [])
    assert store.trends("none") == []
    store.set_stage("report", "2026-W46", "h")
    assert store.stage_fingerprint("report", "2026-W46") == "h"


def test_a_report_that_was_told_stays(store):
    assert store.latest_revision("2026-W46") is None
    store.save_report("2026-W46", 1, "d1", '{"a": 1}')
    store.save_report("2026-W46", 2, "d2", '{"a": 2}')
    store.save_report("2026-W46", 1, "d1", '{"a": 1}')
    assert store.latest_revision("2026-W46") == SavedReport("2026-W46", 2, "d2", '{"a": 2}')
    assert store.report("2026-W46", 1) == SavedReport("2026-W46", 1, "d1", '{"a": 1}')
    assert store.report("2026-W46", 3) is None
    assert store.reports() == [("2026-W46", 1, "d1"), ("2026-W46", 2, "d2")]
    with pytest.raises(ValueError, match="another report"):
        store.save_report("2026-W46", 1, "d1", '{"a": 3}')


def test_runs_are_logged(store):
    assert store.last_run() is None
    run = store.start_run("run", [{"name": "a.csv", "sha256": "0"}], {"voc": "0.1"})
    started = store.last_run()
    assert started is not None
    assert started.exit_code is None
    store.finish_run(run, 3, {"documents": 2}, {"ingest": {"seconds": 0.1}})
    ended = store.last_run()
    assert ended is not None
    assert (ended.id, ended.command, ended.exit_code, ended.counts) == (run, "run", 3, {"documents": 2})
    assert ended.inputs == ({"name": "a.csv", "sha256": "0"},)
