"""Killed at any commit point, the next run goes on: nothing twice, nothing lost, nothing left over."""

import random
import signal
from typing import Any

import pytest
from killer import AFTER, BEFORE, CommitPoints, run_and_kill
from store_scenario import dump, run

import voc.store.connection
import voc.store.files


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """The store of a run that was left alone, and the number of its commit points."""
    workspace = tmp_path_factory.mktemp("undisturbed")
    points = CommitPoints()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(voc.store.connection, "commit", points.watched(voc.store.connection.commit))
        patch.setattr(voc.store.files, "publish", points.watched(voc.store.files.publish))
        run(workspace)
    return dump(workspace), points.passed


def test_the_undisturbed_run_is_what_it_should_be(undisturbed):
    store, points = undisturbed
    assert [(s.rows, s.documents, s.duplicates, s.rejects) for s in store["sources"]] == [(10, 7, 2, 1), (6, 3, 2, 1)]
    assert len(store["units"]) == 9
    assert store["left"] == 0
    assert points > 20


def test_a_second_run_changes_nothing(undisturbed, tmp_path):
    run(tmp_path)
    run(tmp_path)
    assert dump(tmp_path) == undisturbed[0]


@pytest.mark.parametrize(("when", "step"), [(BEFORE, 1), (AFTER, 4)])  # after a point is all but before the next one
def test_killed_at_each_commit_point(undisturbed, tmp_path, when, step):
    expected, points = undisturbed
    for at in range(points, 0, -step):
        workspace = tmp_path / str(at)
        assert run_and_kill(run, (workspace,), at, when) == -signal.SIGKILL
        run(workspace)
        assert dump(workspace) == expected, f"killed {when} commit point {at}"


def test_killed_again_and_again(undisturbed, tmp_path):
    expected, points = undisturbed
    rng = random.Random(20261121)
    for life in range(2):
        workspace = tmp_path / str(life)
        deaths = 0
        while run_and_kill(run, (workspace,), rng.randint(1, points // 2), rng.choice([BEFORE, AFTER])) and deaths < 8:
            deaths += 1
        run(workspace)
        assert deaths
        assert dump(workspace) == expected
