"""What is asked of all sources costs as much as the documents, however many sources they came from: a folder of calls
or chats is a source for each file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from voc.documents import Document
from voc.store import Store

COUNT = 1200


def store_of(workspace: Path, sources: int) -> Store:
    """``COUNT`` documents from so many sources."""
    store = Store.open(workspace)
    each = COUNT // sources
    for source in range(sources):
        state = store.begin_input(f"{source:04}.txt", f"{source:064x}", "txt", {})
        numbers = range(source * each, (source + 1) * each)
        docs = [Document(f"d{n}", f"text {n}", "call", time=f"2026-10-{1 + n % 28:02d}") for n in numbers]
        store.add_batch(state.id, list(enumerate(docs, 1)))
        store.finish_input(state.id)
    return store


def steps(store: Store, ask: Callable[[], object]) -> int:
    """Thousands of instructions of SQLite's machine, which no other work on the computer changes."""
    count = 0

    def counted() -> int:
        nonlocal count
        count += 1
        return 0

    store._db._connection.set_progress_handler(counted, 1000)
    ask()
    store._db._connection.set_progress_handler(None, 0)
    return count


def test_many_sources_cost_little_more_than_one(tmp_path: Path) -> None:
    with store_of(tmp_path / "one", 1) as one, store_of(tmp_path / "many", 300) as many:
        for name in ("count_faults", "source_times"):
            first, second = (steps(s, lambda s=s, name=name: list(getattr(s, name)())) for s in (one, many))
            assert second < 4 * first, name


def test_sources_come_in_order_with_each_day_once(tmp_path: Path) -> None:
    with store_of(tmp_path, 60) as store:
        found = list(store.source_times())
        assert [name for name, _ in found] == sorted(name for name, _ in found)
        assert len(found) == len(set(found)) == COUNT
        assert found[0] == ("0000.txt", "2026-10-01")
        assert store.count_faults() == []
        store._db.execute("DELETE FROM documents WHERE input = 7 AND row < 3")
        assert [f.what for f in store.count_faults()] == ["0006.txt gave 20 documents, 18 are there"]
