"""A backup that is made while a process writes holds the store as it was at one moment, whole."""

from __future__ import annotations

import time
from multiprocessing import get_context
from pathlib import Path

from forget_scenario import OTHER, classified

from voc.documents import Document
from voc.pipeline.backups import backup, restore
from voc.pipeline.options import RunOptions
from voc.store import Store

MODEL = "tiny@1"


def write_until_told(workspace: Path, stop: Path) -> None:
    """Adds sources of three documents, classifies them, until ``stop`` is there."""
    with Store.open(workspace) as store:
        number = 0
        while not stop.exists():
            number += 1
            docs = [Document(f"{number}-{n}", f"{OTHER} {number} {n}", "feed", customer=f"c{number}") for n in range(3)]
            state = store.begin_input(f"{number}.jsonl", "ab" * 32, "jsonl", {})
            store.add_batch(state.id, list(enumerate(docs, 1)))
            store.finish_input(state.id)
            store.add_classified([classified(d) for d in store.unclassified(MODEL, 9)])


def test_backups_under_load_are_whole(tmp_path: Path) -> None:
    workspace, stop = tmp_path / "w", tmp_path / "stop"
    Store.open(workspace).close()
    writer = get_context("spawn").Process(target=write_until_told, args=(workspace, stop))
    writer.start()
    try:
        for _ in range(600):
            with Store.open(workspace, readonly=True) as store:
                if store.document_count() >= 9:
                    break
            time.sleep(0.1)
        for number in range(3):
            backup(tmp_path / f"{number}.voc", RunOptions(workspace))
    finally:
        stop.touch()
        writer.join()
    assert writer.exitcode == 0
    counts = []
    for number in range(3):
        restore(tmp_path / f"{number}.voc", RunOptions(tmp_path / f"back{number}"), None)
        with Store.open(tmp_path / f"back{number}", readonly=True) as store:
            assert [*store.page_faults(), *store.orphans(), *store.count_faults()] == []
            assert store.problems() == []
            assert len(list(store.documents())) == store.document_count()
            counts.append(store.document_count())
            # What the copy says is classified has its vectors; what is not was not yet.
            assert len(store.theme_units(MODEL)) == store.models().get(MODEL, 0)
    assert counts == sorted(counts)
    assert counts[0] >= 9
