"""Cases and actions in the store: nothing is done twice, a case goes with its document."""

from __future__ import annotations

from pathlib import Path

import pytest

from voc.casework import OWNER, STATE, Action, Case, CaseEvent
from voc.documents import Document, Turn
from voc.store import Store

DOCUMENTS = (
    Document("d1", "I leave.", "a.csv", customer="ann", time="2026-11-02", value=120.5),
    Document("d2", "再见。", "a.csv", customer="ann", time="2026-11-03", reply="您好"),
    Document("d3", "Bye.", "a.csv", thread="t1"),
    Document("d4", "Hi.", "a.csv", channel="chat", turns=(Turn("customer", 0, 3),)),
)
K1, K2, K3, K4 = (d.key for d in DOCUMENTS)
CASE = Case("c1", (K1,), "2026-11-02", "Care")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "w")
    state = store.begin_input("a.csv", "0" * 64, "csv", {})
    store.add_batch(state.id, list(enumerate(DOCUMENTS, start=1)))
    return store


def test_cases_are_saved_once_and_joined(store: Store) -> None:
    for _ in range(2):
        store.save_cases([CASE, Case("c3", (K3,), "", "")])
    assert store.cases() == [Case("c3", (K3,), "", ""), CASE]
    revision = store.loop_revision()
    joined = Case("c1", (K1, K2), "2026-11-02", "Somebody else")
    store.save_cases([joined])
    assert store.cases()[1] == Case("c1", (K1, K2), "2026-11-02", "Care"), "the owner stands"
    assert store.loop_revision() != revision
    store.save_cases([], dropped=["c1"])
    assert [c.id for c in store.cases()] == ["c3"]
    with pytest.raises(ValueError, match="no document"):
        store.save_cases([Case("c9", ("0" * 32,), "", "")])


def test_events_are_told_by_day_and_survive_a_restart(store: Store) -> None:
    store.save_cases([CASE])
    late, early = CaseEvent("c1", "2026-11-05", STATE, "lost", "Ana"), CaseEvent("c1", "2026-11-04", OWNER, "夜班")
    before = store.loop_revision()
    store.log_cases([late, early])
    workspace = store.workspace
    store.close()
    with Store.open(workspace, readonly=True) as again:
        (case,) = again.cases()
        assert case.events == (early, late)
        assert (case.state, case.owner) == ("lost", "夜班")
        assert again.loop_revision() > before


def test_actions_are_numbered_and_done_once(store: Store) -> None:
    assert store.add_action("neglect", "Care", "2026-12-01", "answer in a day", "2026-11-10") == 1
    assert store.add_action("discourtesy", "", None, "培训", "2026-11-11") == 2
    store.finish_action(1, "2026-11-20")
    store.finish_action(1, "2026-11-25")
    assert store.actions() == [
        Action(1, "neglect", "Care", "2026-12-01", "answer in a day", "2026-11-10", "2026-11-20"),
        Action(2, "discourtesy", "", None, "培训", "2026-11-11"),
    ]


def test_only_documents_that_can_hold_an_answer_are_walked(store: Store) -> None:
    assert [d.id for d in store.exchanges([4, 3, 2, 1])] == ["d2", "d3", "d4"]
    assert store.values([K1, K2, K3]) == {K1: 120.5}
