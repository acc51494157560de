from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from voc.config import load_config
from voc.documents import Document
from voc.pipeline.context import Context
from voc.pipeline.feeds import Feed, feed_name, feeds, last_days, stale_feeds
from voc.pipeline.options import NoProgress, RunOptions
from voc.store import Store

START = dt.date(2026, 1, 5)  # a Monday


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("reviews-2026-W46.csv", "reviews-*.csv"),
        ("reviews_20261115.csv", "reviews_*.csv"),
        ("2026-11-15T10:00.csv", "*.csv"),
        ("a.zip/week 3/calls.jsonl", "a.zip/week */calls.jsonl"),
        ("calls.jsonl", "calls.jsonl"),
    ],
)
def test_deliveries_of_one_feed_have_one_name(source: str, name: str) -> None:
    assert feed_name(source) == name


def context(store: Store, as_of: dt.date | None = None) -> Context:
    options = RunOptions(store.workspace, as_of=as_of.isoformat() if as_of else None)
    return Context(options, load_config(None), store, NoProgress())


def deliver(store: Store, source: str, weeks: list[int]) -> None:
    state = store.begin_input(source, f"hash of {source} {weeks}", "csv", {})
    documents = [
        (row, Document(f"{source}{week}", "text", source, time=(START + dt.timedelta(weeks=week)).isoformat()))
        for row, week in enumerate(weeks, start=1)
    ]
    store.add_batch(state.id, documents)
    store.finish_input(state.id)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "w")


def test_a_feed_that_stops_is_stale_after_two_of_its_intervals(store: Store) -> None:
    with store:
        for week in range(4):
            deliver(store, f"reviews-{week}.csv", [week])
        last = START + dt.timedelta(weeks=3)
        for days, stale in ((7, False), (14, False), (15, True)):
            (feed,) = feeds(context(store, last + dt.timedelta(days=days)))
            assert feed == Feed("reviews-*.csv", last, 1.0, stale)
        assert str(feed) == f"reviews-*.csv is stale: its last document is of {last}, usually they come every week"


def test_a_rare_feed_has_more_time_and_a_short_one_is_not_judged(store: Store) -> None:
    with store:
        deliver(store, "letters.csv", [0, 4, 8, 12])
        deliver(store, "pilot.csv", [0, 1])
        deliver(store, "calls.csv", list(range(20)))
        found = {feed.name: (feed.interval, feed.stale) for feed in feeds(context(store))}
        assert found == {"letters.csv": (4.0, False), "pilot.csv": (None, False), "calls.csv": (1.0, False)}
        late = context(store, START + dt.timedelta(weeks=30))
        assert [feed.name for feed in stale_feeds(late)] == ["calls.csv", "letters.csv"]
        assert last_days(late)["letters.csv"] == START + dt.timedelta(weeks=12)


def test_what_came_after_the_day_is_not_looked_at(store: Store) -> None:
    """A report of an earlier week says what was known then: a feed that came back later had stopped."""
    with store:
        deliver(store, "calls.csv", [0, 1, 2, 3, 12, 13])
        deliver(store, "later.csv", [10, 11, 12])
        then = context(store, START + dt.timedelta(weeks=8))
        assert feeds(then) == [Feed("calls.csv", START + dt.timedelta(weeks=3), 1.0, stale=True)]
        assert [feed.name for feed in stale_feeds(context(store))] == []


def test_undated_sources_are_left_out(store: Store) -> None:
    with store:
        state = store.begin_input("a.csv", "h", "csv", {})
        store.add_batch(state.id, [(1, Document("a", "text", "a.csv"))])
        assert feeds(context(store)) == []
        assert last_days(context(store)) == {}
