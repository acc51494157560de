"""Families of near duplicates in the store: any order, any kill, any number of times."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.documents import Document
from voc.pipeline import families as stage
from voc.pipeline.families import link_documents, repeats
from voc.store import Store, Twin

LETTER = (
    "The parcel {0} that I ordered from your shop in {1} has not come and nobody on the phone could say where it is."
)


def ingest(store: Store, *documents: Document, name: str = "a.csv") -> None:
    state = store.begin_input(name, name.ljust(64, "0"), "csv", {})
    store.add_batch(state.id, list(enumerate(documents, 1)))
    store.finish_input(state.id)


def letters(*places: str, customer: str | None = None) -> list[Document]:
    return [Document(p, LETTER.format(n, p), "a.csv", customer=customer) for n, p in enumerate(places)]


def grouped(store: Store) -> set[frozenset[str]]:
    found: dict[int, set[str]] = {}
    for twin in store.twins():
        found.setdefault(twin.family, set()).add(twin.key)
    return {frozenset(keys) for keys in found.values()}


def test_near_duplicates_are_linked_and_counted(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        near = letters("Leeds", "Hull", "York")
        ingest(store, *near, Document("4", "很好", "a.csv"), Document("5", "很好", "b.csv"), Document("6", "", "a.csv"))
        assert store.count_unlinked() == 6
        link_documents(store)
        assert store.count_unlinked() == 0
        assert store.family_counts() == (2, 1)
        assert grouped(store) == {frozenset(d.key for d in near)}
        link_documents(store)
        assert store.family_counts() == (2, 1)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_batches_in_any_order_give_the_same_families(tmp_path: Path, order: tuple[int, ...]) -> None:
    first, second = letters("Leeds", "Hull"), letters("York", "Bath")
    batches = [
        first,
        second,
        [Document("x", "A calm crossing, a clean cabin and a good breakfast, thank you.", "a.csv")],
    ]
    with Store.open(tmp_path) as store:
        for number in order:
            ingest(store, *batches[number], name=f"{number}.csv")
            link_documents(store)
        assert grouped(store) == {frozenset(d.key for d in (*first, *second))}


def test_a_kill_at_any_commit_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = letters(*(f"Town{n}" for n in range(12)))
    monkeypatch.setattr("voc.store.families.PAGE", 5)
    kills = 0
    for commits in range(8):
        with Store.open(tmp_path / str(commits)) as store:
            ingest(store, *documents)
            with monkeypatch.context() as patch:
                patch.setattr("voc.store.connection.commit", commits_until_killed(commits))
                try:
                    link_documents(store)
                except KeyboardInterrupt:
                    kills += 1
            link_documents(store)
            assert grouped(store) == {frozenset(d.key for d in documents)}
            assert store.count_unlinked() == 0
    assert kills == 5, "the scheme, three pages of signatures, the families"


def commits_until_killed(number: int) -> Callable[[sqlite3.Connection], None]:
    left = iter(range(number))

    def commit(connection: sqlite3.Connection) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        connection.execute("COMMIT")

    return commit


def test_another_way_to_sign_signs_all_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path) as store:
        ingest(store, *letters("Leeds", "Hull"))
        link_documents(store)
        monkeypatch.setattr(stage, "SCHEME", "nothing is like anything")
        monkeypatch.setattr(stage, "signature", lambda text: None)
        link_documents(store)
        assert store.family_counts() == (0, 0)
        assert store.count_unlinked() == 0


def test_a_family_outlives_its_first_document(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        near = letters("Leeds", "Hull", "York")
        ingest(store, *near)
        link_documents(store)
        with store._db.transaction():
            store._db.execute("DELETE FROM documents WHERE key = ?", (near[0].key,))
        assert store.count_unlinked() == 2
        link_documents(store)
        assert grouped(store) == {frozenset(d.key for d in near[1:])}


def day_of(time: str | None) -> dt.date | None:
    return dt.date.fromisoformat(time) if time else None


def week(day: dt.date | None) -> object:
    return day and day.isocalendar()[:2]


def test_who_says_it_again_in_one_week() -> None:
    twins = [
        Twin(1, "c", "2026-11-09", "ann"),
        Twin(1, "b", "2026-11-10", "ann"),  # again
        Twin(1, "a", "2026-11-09", "ann"),  # the first: same day, lower key
        Twin(1, "d", "2026-11-16", "ann"),  # another week
        Twin(1, "e", "2026-11-10", "bob"),  # another customer
        Twin(1, "f", "2026-11-10", None),
        Twin(1, "g", "2026-11-10", None),  # nobody knows who
        Twin(2, "h", "2026-11-10", "ann"),  # another text
        Twin(1, "i", None, "ann"),
        Twin(1, "j", None, "ann"),  # again, undated
    ]
    assert repeats(twins, day_of, week) == {"b", "c", "j"}
    assert repeats(twins, day_of, lambda _: None) == {"b", "c", "d", "i", "j"}


@given(
    st.lists(
        st.builds(
            Twin,
            st.integers(1, 2),
            st.uuids().map(str),
            st.sampled_from([None, "2026-11-09", "2026-11-15", "2026-11-16"]),
            st.sampled_from([None, "ann", "bob"]),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_of_each_family_customer_and_week_one_is_left(twins: list[Twin], rng: random.Random) -> None:
    again = repeats(twins, day_of, week)
    left = [t for t in twins if t.key not in again and t.customer]
    places = [(t.family, t.customer, week(day_of(t.time))) for t in left]
    assert len(places) == len(set(places))
    assert set(places) == {(t.family, t.customer, week(day_of(t.time))) for t in twins if t.customer}
    shuffled = list(twins)
    rng.shuffle(shuffled)
    assert repeats(shuffled, day_of, week) == again
