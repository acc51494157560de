"""`voc forget` is killed at its commit points; the same command then completes it: nothing left, every count there."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from forget_scenario import ANN, BOB, MODEL, SECRET, WEEK, documents, feed, forget_ann, left_of, make
from killer import AFTER, BEFORE, CommitPoints, run_and_kill

import voc.store.connection
import voc.store.files
from voc.documents import NOTICE
from voc.pipeline.health import examine_store
from voc.report import parse_report
from voc.store import Store

NEEDLES = (SECRET, ANN, *(d.key for d in documents() if d.customer == ANN))


def state_of(workspace: Path) -> dict[str, Any]:
    """What must be the same however often it was killed; names that are drawn at random are left out."""
    with Store.open(workspace) as store:
        report = store.report(WEEK, 1)
        assert report is not None
        value = parse_report(report.value)
        return {
            "left": left_of(workspace, NEEDLES),
            "counts": [(c.time, c.labels, c.channel, c.customer == BOB) for c in store.counts(MODEL)],
            "customers": len(store.customers()),
            "texts": [d.text for d in store.documents()],
            "vectors": [u.vector.tobytes() for u in store.theme_units(MODEL)],
            "quotes": [q.text for q in value.quotes["neglect"]],
            "weeks": value.weeks,
            "files": [
                (workspace / "reports" / WEEK / name).read_text("utf-8").count(NOTICE) for name in ("report.json",)
            ],
            "tombstones": list(store.tombstones().values()),
            "erased": store.erased(),
            "errands": store.errands(),
            "ledger": list(json.loads((workspace / "forgotten.json").read_text())["forgotten"].values()),
            "problems": store.problems(),
            "again": feed(store, "again.jsonl"),
        }


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("before") / "w"
    make(workspace)
    return workspace


@pytest.fixture(scope="module")
def undisturbed(before: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    workspace = tmp_path_factory.mktemp("undisturbed") / "w"
    shutil.copytree(before, workspace)
    points = CommitPoints()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(voc.store.connection, "commit", points.watched(voc.store.connection.commit))
        patch.setattr(voc.store.files, "publish", points.watched(voc.store.files.publish))
        forget_ann(workspace)
    return state_of(workspace), points.passed


def test_the_customer_was_everywhere_before(before: Path) -> None:
    kinds = {Path(name).suffix for name in left_of(before, (SECRET,))}
    assert kinds >= {".sqlite3", ".html", ".md", ".json"}
    assert {Path(name).suffix for name in left_of(before, NEEDLES[2:])} >= {".parquet"}


def test_an_undisturbed_forget_leaves_counts_and_nothing_else(before: Path, undisturbed) -> None:
    state, points = undisturbed
    assert points > 10
    assert state["left"] == []
    with Store.open(before, readonly=True) as store:
        whole = [(c.time, c.labels, c.channel, c.customer == BOB) for c in store.counts(MODEL)]
        told = parse_report(store.reports() and store.report(WEEK, 1).value)
    assert state["counts"] == whole
    assert state["weeks"] == told.weeks
    assert state["customers"] == 2
    assert state["quotes"].count(NOTICE) == 3
    assert len(state["quotes"]) == len(told.quotes["neglect"])
    assert [bool(text) for text in state["texts"]] == [False, True] * 3
    assert state["erased"] == {"forgotten": 3}
    assert state["errands"] == []
    assert state["again"] == (0, 3)


def _check(before: Path, expected: dict[str, Any], workspace: Path, at: int, when: str) -> None:
    shutil.copytree(before, workspace)
    assert run_and_kill(forget_ann, (workspace,), at, when) == -signal.SIGKILL
    assert [f for f in examine_store(workspace) if f.state == "fault"] == []
    forget_ann(workspace)
    assert state_of(workspace) == expected, f"killed {when} commit point {at}"


def test_killed_at_some_points_it_is_completed(before: Path, undisturbed, tmp_path: Path) -> None:
    expected, points = undisturbed
    for at, when in ((2, AFTER), (points // 2, BEFORE), (points - 3, AFTER)):
        _check(before, expected, tmp_path / f"{at}-{when}", at, when)


@pytest.mark.long
def test_killed_at_each_point_it_is_completed(before: Path, undisturbed, tmp_path: Path) -> None:
    expected, points = undisturbed
    for at in range(1, points + 1):
        _check(before, expected, tmp_path / str(at), at, BEFORE)
