"""Opening a workspace: older stores always open, what is not a store is said so, lost vectors are made again."""

import errno
import hashlib
import os
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest

from voc.documents import Document, Segment
from voc.errors import LockedError, StoreError
from voc.results import Classified, Prediction
from voc.store import Store
from voc.store.connection import FILE_NAME, Database
from voc.store.migrations import APPLICATION_ID, MIGRATIONS, Migration, applied, migrate, pending
from voc.store.vectors import Place, Vectors

MODEL = "tiny@1"


def classified(doc: Document) -> Classified:
    prediction = Prediction(doc.key, MODEL, "ok", (0.5,), (), (), ())
    vectors = np.full((1, 4), 0.25, dtype=np.float32)
    return Classified(prediction, (Segment(0, 0, len(doc.text)),), np.ones((1, 1), np.float32), vectors, "encoder")


def ingest(store: Store, *texts: str) -> list[Document]:
    state = store.begin_input("a.csv", "0" * 64, "csv", {})
    store.add_batch(state.id, [(row, Document(f"d{row}", text, "a.csv")) for row, text in enumerate(texts, 1)])
    return list(store.documents())


def tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path / FILE_NAME)
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        connection.close()


def old_store(workspace: Path) -> None:
    """A store of the first schema with one document in it, as the program that knew only that one left it."""
    workspace.mkdir()
    database = Database(workspace, readonly=False)
    migrate(database, MIGRATIONS[:1])
    with database.transaction():
        database.execute(
            "INSERT INTO inputs (name, sha256, kind, mapping, choices) VALUES ('a', 'f', 'csv', '{}', '[]')"
        )
        database.execute(
            """INSERT INTO documents (key, id, input, row, source, channel, time_form, language)
            VALUES (?, 'old', 1, 1, 'a', 'review', 0, 'en')""",
            (Document("old", "still here", "a").key,),
        )
        database.execute("INSERT INTO contents (document, text, rest) VALUES (1, 'still here', '{}')")
    database.close()


# A migration that has been released is never changed: stores out there were made by it.
RELEASED = {
    "0001_documents": "bd0b73fdc1ff955e",
    "0002_predictions": "62064dcdb03151b7",
    "0003_results": "ebeac575af124533",
    "0004_families": "58ea10bd29d5670a",
    "0005_labels_by_hand": "c1b70cdd33d22a73",
    "0006_lineage": "64ccb0d492f04d2d",
    "0007_cases": "b3248d4fa18ec6cd",
    "0008_subjects": "53fe4f641869baab",
    "0009_deliveries": "6650755edf0d569e",
    "0010_attributes": "c28511167e42e0d4",
}


def test_migrations_stay_as_they_were_released():
    digests = {m.id: hashlib.sha256("\0".join(m.statements).encode()).hexdigest()[:16] for m in MIGRATIONS}
    assert digests == RELEASED
    assert [m.id for m in MIGRATIONS] == sorted(digests)


@pytest.mark.parametrize("readonly", [False, True])
def test_an_older_store_opens(tmp_path, readonly):
    old_store(tmp_path / "w")
    assert "predictions" not in tables(tmp_path / "w")
    with Store.open(tmp_path / "w", readonly=readonly) as store:
        (document,) = store.documents()
        assert document.text == "still here"
        assert store.count_unclassified(MODEL) == 1
        assert pending(store._db) == []
    with Store.open(tmp_path / "w") as store:
        store.add_classified([classified(document)])
        assert store.count_unclassified(MODEL) == 0


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path):
    old_store(tmp_path / "w")
    database = Database(tmp_path / "w", readonly=False)
    broken = Migration("0002_broken", ("CREATE TABLE extra (x)", "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, (*MIGRATIONS[:1], broken))
    assert applied(database) == ["0001_documents"]
    assert database.integer("PRAGMA user_version") == 1
    database.close()
    assert "extra" not in tables(tmp_path / "w")


def test_a_newer_store_is_refused_and_left_alone(tmp_path):
    with Store.open(tmp_path) as store, store._db.transaction():
        store._db.execute("INSERT INTO migrations (id) VALUES ('0999_cases')")
        store._db.execute("PRAGMA user_version = 999")
    for readonly in (False, True):
        with pytest.raises(
            StoreError, match=rf"written by voc schema 999, this program knows {len(MIGRATIONS)}"
        ) as caught:
            Store.open(tmp_path, readonly=readonly)
        assert "Upgrade voc" in (caught.value.hint or "")
    assert (tmp_path / FILE_NAME).is_file()


def test_the_file_says_what_it_is(tmp_path):
    Store.open(tmp_path).close()
    header = (tmp_path / FILE_NAME).read_bytes()[:100]
    assert int.from_bytes(header[68:72], "big") == APPLICATION_ID


def test_what_is_not_a_workspace_is_said_so(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        Store.open(tmp_path / "file")
    with pytest.raises(StoreError, match=r"file is a file"):
        Store.open(tmp_path / "file" / "w")
    for options in ({"readonly": True}, {"create": False}):
        with pytest.raises(StoreError, match="no voc workspace"):
            Store.open(tmp_path / "absent", **options)
        assert not (tmp_path / "absent").exists()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / FILE_NAME).write_text("no database at all\n" * 99)
    with pytest.raises(StoreError, match="not a voc workspace"):
        Store.open(tmp_path / "text")
    (tmp_path / "other").mkdir()
    connection = sqlite3.connect(tmp_path / "other" / FILE_NAME)
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="not one of voc"):
        Store.open(tmp_path / "other")
    assert tables(tmp_path / "other") == {"customers"}


def test_a_damaged_store_is_said_so(tmp_path):
    with Store.open(tmp_path) as store:
        ingest(store, *(f"text {n}" * 50 for n in range(200)))
    data = bytearray((tmp_path / FILE_NAME).read_bytes())
    data[4096 : len(data) - 4096] = os.urandom(len(data) - 8192)
    (tmp_path / FILE_NAME).write_bytes(data)
    with pytest.raises(StoreError) as caught, Store.open(tmp_path) as store:
        list(store.documents())
    assert caught.value.hint


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_said_so(tmp_path):
    (tmp_path / "w").mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot write"):
        Store.open(tmp_path / "w")


def test_an_empty_file_that_a_kill_left_becomes_a_store(tmp_path):
    (tmp_path / FILE_NAME).touch()
    with Store.open(tmp_path) as store:
        assert store.document_count() == 0


def test_a_folder_of_the_user_keeps_its_mode(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine").chmod(0o755)
    Store.open(tmp_path / "mine").close()
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "mine" / FILE_NAME).stat().st_mode) == 0o600


def test_an_archived_workspace_is_read_without_writing(tmp_path, monkeypatch):
    with Store.open(tmp_path) as store:
        ingest(store, "text")
    monkeypatch.setattr("voc.store.connection.os.access", lambda path, mode: mode != os.W_OK)
    with Store.open(tmp_path, readonly=True) as store:
        assert store.document_count() == 1
        assert [p.name for p in tmp_path.iterdir()] == [FILE_NAME]  # else SQLite makes -wal and -shm


def test_odd_paths_work(tmp_path):
    workspace = tmp_path / "工作 区?x#1%20"
    with Store.open(workspace) as store:
        ingest(store, "text")
    with Store.open(workspace, readonly=True) as store:
        assert store.document_count() == 1
    assert (workspace / FILE_NAME).is_file()


def test_two_writers_without_the_lock_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("voc.store.connection.BUSY_SECONDS", 0.1)
    with Store.open(tmp_path) as one, Store.open(tmp_path) as two:
        (document,) = ingest(one, "text")
        with one._db.transaction():
            one._db.execute("UPDATE inputs SET done = 1")
            with pytest.raises(LockedError):
                two.add_classified([classified(document)])
        two.add_classified([classified(document)])
        assert one.count_unclassified(MODEL) == 0


def test_a_full_disk_is_said_so_and_loses_nothing(tmp_path, monkeypatch):
    with Store.open(tmp_path) as store:
        (document,) = ingest(store, "text")
        pages = store._db.integer("PRAGMA page_count")
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="disk is full"):
            ingest(store, *(f"long text {n}" * 500 for n in range(50)))
        store._db.execute("PRAGMA max_page_count = 1000000")
        assert store.document_count() == 1

        def full(temporary: Path, path: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch, pytest.raises(StoreError, match="No space left"):
            patch.setattr("voc.store.files.publish", full)
            store.add_classified([classified(document)])
        assert store.count_unclassified(MODEL) == 1
        store.add_classified([classified(document)])
        assert store.count_unclassified(MODEL) == 0


def test_shards_that_no_transaction_names_are_swept(tmp_path):
    with Store.open(tmp_path) as store:
        (document,) = ingest(store, "text")
        store.add_classified([classified(document)])
    (shard,) = (tmp_path / "vectors").glob("*/*.parquet")
    (shard.parent / "0123.parquet").write_bytes(b"left over")
    (shard.parent / f".{shard.name}.tmp").write_bytes(b"half")
    with Store.open(tmp_path, readonly=True):
        assert len(list(shard.parent.iterdir())) == 3  # a reader deletes nothing
    Store.open(tmp_path).close()
    assert list(shard.parent.iterdir()) == [shard]


def test_lost_vectors_are_made_again(tmp_path):
    with Store.open(tmp_path) as store:
        documents = ingest(store, "one", "two")
        store.add_classified([classified(documents[0])])
        store.add_classified([classified(documents[1])])
        before = list(store.predictions(MODEL))
    next(iter((tmp_path / "vectors").glob("*/*.parquet"))).unlink()
    with Store.open(tmp_path) as store:
        (lost,) = store.unclassified(MODEL, 9)
        assert store.count_unclassified(MODEL) == 1
        store.add_classified([classified(lost)])
        assert store.unclassified(MODEL, 9) == []
        assert list(store.predictions(MODEL)) == before
    assert len(list((tmp_path / "vectors").glob("*/*.parquet"))) == 2


def test_vectors_come_in_the_order_asked(tmp_path):
    vectors = Vectors(tmp_path)
    rng = np.random.default_rng(0)
    given = [rng.normal(size=(n, 4)).astype(np.float16).astype(np.float32) for n in (3, 5)]
    paths = [vectors.write("e/1", [("k", i) for i in range(len(g))], g).path for g in given]
    asked = [(1, 4), (0, 2), (1, 0), (0, 2)]
    found = vectors.read([Place(paths[shard], row) for shard, row in asked])
    np.testing.assert_array_equal(found, np.stack([given[shard][row] for shard, row in asked]))
    assert found.dtype == np.float32
    assert vectors.read([]).shape == (0, 0)


def test_a_shard_says_what_it_holds_and_is_the_same_for_the_same(tmp_path):
    import pyarrow.parquet as pq

    vectors = Vectors(tmp_path)
    shard = vectors.write("e", [("aa", 0), ("aa", 1)], np.eye(2, 4, dtype=np.float32))
    file = tmp_path / "vectors" / shard.path
    assert hashlib.sha256(file.read_bytes()).hexdigest() == shard.sha256
    assert vectors.write("e", [("aa", 0), ("aa", 1)], np.eye(2, 4, dtype=np.float32)) == shard
    table = pq.read_table(file)
    assert table.select(["document", "segment"]).to_pydict() == {"document": ["aa", "aa"], "segment": [0, 1]}
    assert (
        vectors.write("other", [("aa", 0)], np.ones((1, 4), np.float32)).path.split("/")[0] != shard.path.split("/")[0]
    )


def test_bad_vectors_are_refused(tmp_path):
    vectors = Vectors(tmp_path)
    for bad in (np.full((1, 4), np.nan), np.full((1, 4), 1e6), np.ones((2, 4))):
        with pytest.raises(ValueError, match="finite"):
            vectors.write("e", [("k", 0)], bad.astype(np.float32))
    assert vectors.present() == set()


def test_problems_name_what_is_damaged(tmp_path):
    with Store.open(tmp_path) as store:
        for document in ingest(store, "one", "two"):
            store.add_classified([classified(document)])
        assert store.problems() == []
        first, second = sorted((tmp_path / "vectors").glob("*/*"))
        first.unlink()
        second.write_bytes(second.read_bytes() + b"x")
        lines = store.problems()
    assert [line.split(": ")[1] for line in lines] == [
        "cannot be read (No such file or directory)",
        "is not what was written",
    ]
    assert lines[0].startswith(f"vectors/{first.parent.name}/{first.name}")


@pytest.mark.parametrize("damage", ["missing", "cut", "other", "short"])
def test_damaged_vectors_are_said_so(tmp_path, damage):
    vectors = Vectors(tmp_path)
    shard = vectors.write("e", [("k", i) for i in range(50)], np.ones((50, 4), np.float32))
    file = tmp_path / "vectors" / shard.path
    row = 0
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif damage == "other":
        file.write_bytes(b"PAR1 not really PAR1")
    else:
        row = 50
    with pytest.raises(StoreError) as caught:
        vectors.read([Place(shard.path, row)])
    assert "Delete it" in (caught.value.hint or "")


def test_bytes_that_are_no_text_are_damage(tmp_path: Path) -> None:
    """Python says so without SQLite's code for it."""
    with Store.open(tmp_path) as store:
        ingest(store, "late")
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    with connection:
        connection.execute("UPDATE documents SET id = CAST(x'ff41' AS TEXT)")
    connection.close()
    with Store.open(tmp_path) as store, pytest.raises(StoreError, match="is damaged"):
        list(store.documents())
