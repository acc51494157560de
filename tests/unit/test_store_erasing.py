"""Erasing documents in the store: what was counted stays, what was said goes; who was forgotten stays away."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from tests.unit.test_store import MODEL, NEGLECT, classified, document, ingest
from voc.documents import Document, Reject
from voc.errors import StoreError
from voc.store import EXPIRED, FORGOTTEN, Erasure, HandLabel, Store, is_mark


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "w") as opened:
        yield opened


def left_of(doc: Document, name: str = "x") -> Document:
    return Document(
        f"left-{name}-{doc.id}", "", doc.source, doc.channel, customer="somebody", time=doc.time, language=doc.language
    )


def filled(store: Store, count: int = 4) -> list[Document]:
    docs = [document(n) for n in range(count)]
    ingest(store, docs)
    store.add_classified([classified(d) for d in store.documents()])
    return docs


def erasures(store: Store, docs: list[Document]) -> list[Erasure]:
    numbers = {h.key: h.number for h in store.held({d.customer or "" for d in docs})}
    return [Erasure(numbers[d.key], d.key, left_of(d)) for d in docs]


def test_counts_stay_and_words_go(store):
    docs = filled(store)
    before = [(c.time, c.labels, c.status) for c in store.counts(MODEL)]
    units = {u.key: u.vector.tobytes() for u in store.theme_units(MODEL)}
    store.set_labels([HandLabel(docs[1].key, NEGLECT, True, quote="letter 1", reason="says so")])
    store.erase(FORGOTTEN, erasures(store, [docs[1]]))
    store.sweep()
    assert [(c.time, c.labels, c.status) for c in store.counts(MODEL)] == before
    assert store.document(docs[1].key) == []
    (left,) = [d for d in store.documents() if not d.text]
    assert left.key == left_of(docs[1]).key, "its key is that of what is left"
    (said,) = store.predictions(MODEL, [left.key])
    assert said.evidence == ()
    assert len(said.probabilities) == 3
    (hand,) = store.label_log()
    assert (hand.value, hand.quote, hand.reason) == (True, "", "")
    after = {u.key: u.vector.tobytes() for u in store.theme_units(MODEL)}
    assert after == {key: vector for key, vector in units.items() if key != docs[1].key}
    assert store.problems() == []
    assert store.orphans() == []
    assert store.count_unclassified(MODEL) == 0


def test_another_model_never_sees_what_is_erased(store):
    docs = filled(store)
    store.erase(EXPIRED, erasures(store, [docs[0]]))
    assert [d.key for d in store.unclassified("other@1", 9)] == [d.key for d in docs[1:]]
    assert store.count_unclassified("other@1") == 3
    store.add_classified([classified(d, "other@1") for d in store.unclassified("other@1", 9)])
    assert store.count_unclassified("other@1") == 0


def test_no_vector_of_it_is_left_in_any_shard(store, tmp_path):
    import pyarrow.parquet as pq

    docs = filled(store)
    store.set_labels([HandLabel(docs[2].key, NEGLECT, None)])  # drops the prediction, not its rows in the shard
    store.erase(FORGOTTEN, erasures(store, [docs[2]]))
    store.sweep()
    (path,) = (tmp_path / "w" / "vectors").rglob("*.parquet")
    table = pq.read_table(path)
    assert docs[2].key not in table.column("document").to_pylist()
    rows = np.array(table.column("vector").to_pylist(), dtype=np.float32)
    assert sum(not row.any() for row in rows) == 2


def test_a_shard_that_nobody_needs_goes(store, tmp_path):
    docs = filled(store)
    store.erase(EXPIRED, erasures(store, docs))
    store.sweep()
    assert list((tmp_path / "w" / "vectors").rglob("*.parquet")) == []
    assert store.orphans() == []


def test_expired_rows_are_known_again(store):
    docs = filled(store)
    store.erase(EXPIRED, erasures(store, docs[:2]))
    done = ingest(store, docs, "again.jsonl")
    assert (done.added, done.duplicates, done.forgotten) == (0, 4, 0)
    assert store.document_count() == 4


def test_forgotten_customers_are_counted_and_not_taken_in(store):
    docs = filled(store)
    store.erase(FORGOTTEN, erasures(store, [docs[1]]))
    store.add_tombstones({store.mark("c1"): "2026-11-01"})
    done = ingest(store, docs, "again.jsonl")
    assert (done.added, done.duplicates, done.forgotten) == (0, 3, 1)
    assert store.count_faults() == []
    assert [s.forgotten for s in store.sources()] == [0, 1]


def test_a_lost_key_stops_the_store_from_taking_them_in(store, tmp_path):
    docs = filled(store)
    store.add_tombstones({store.mark("c1"): None})
    key = tmp_path / "w" / "subjects.key"
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(StoreError, match=r"subjects\.key is missing"):
        ingest(store, docs, "again.jsonl")
    assert [f.what for f in store.key_faults()] == [f"{key} is missing: customers were forgotten by it, and could come "
                                                   "back unnoticed"]  # fmt: skip
    key.write_bytes(b"another key")
    key.chmod(0o600)
    with pytest.raises(StoreError, match="is not the key"):
        ingest(store, docs, "again.jsonl")
    key.write_bytes(kept)
    assert ingest(store, docs, "again.jsonl").forgotten == 1


def test_a_mark_names_nobody(store):
    mark = store.mark("ann.lee@example.com")
    assert is_mark(mark)
    assert mark == store.mark("ann.lee@example.com")
    assert not is_mark("ann.lee@example.com")


def test_twins_of_an_erased_document_stay_a_family(store):
    docs = filled(store, 6)
    numbers = [h.number for h in store.held({"c0", "c1", "c2"})]
    store.add_signatures([(n, b"\1\0\0\0", b"\1\0") for n in numbers])
    store.save_families([(n, numbers[0]) for n in numbers])
    store.erase(FORGOTTEN, erasures(store, [docs[0]]))
    twins = list(store.twins())
    assert len(twins) == 6
    assert {t.family for t in twins} == {numbers[1]}
    assert store.signed().first.tolist() == [numbers[1]] * 5


def test_rejects_that_name_them_are_blanked(store):
    docs = filled(store)
    state = store.begin_input("bad.csv", "0" * 64, "csv", {})
    rejects = [Reject(1, "bad", "c1 is twice here", "c1;hello"), Reject(2, "bad", "", "c12;other")]
    store.add_batch(state.id, [], rejects)
    store.erase(FORGOTTEN, erasures(store, [docs[1]]), {}, ["c1"])
    assert [(r.detail, r.value) for r in store.rejects()] == [
        ("[forgotten] is twice here", "[forgotten]"),
        ("", "c12;other"),
    ]


def test_the_audit_log_cannot_be_changed_unnoticed(store, tmp_path):
    for n in range(3):
        store.audit("export", {"n": n}, "2026-11-01")
    assert [e.detail["n"] for e in store.audited()] == [0, 1, 2]
    assert store.audit_problems() == []
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        store._db.execute("UPDATE audit SET who = 'nobody'")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        store._db.execute("DELETE FROM audit")
    store._db.execute("DROP TRIGGER audit_stands")
    store._db.execute("DROP TRIGGER audit_stays")
    store._db.execute("UPDATE audit SET who = 'nobody' WHERE number = 2")
    assert "entry 2" in store.audit_problems()[0]
    store._db.execute("DELETE FROM audit WHERE number = 2")
    assert "entry 2 of the audit log is missing" in store.audit_problems()


def test_blocks_within_blocks_are_kept_together(store):
    with pytest.raises(ZeroDivisionError), store.atomic():
        store.audit("export", {})
        store.add_errands([("compact", "")])
        raise ZeroDivisionError
    assert store.audited() == []
    assert store.errands() == []
