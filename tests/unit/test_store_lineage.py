"""The registry of themes in the store: as it was written, once, with what it points to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from voc.documents import Document, Segment
from voc.results import (
    Classified,
    Emergence,
    Evidence,
    KnownSegment,
    KnownTheme,
    Prediction,
    Theme,
    ThemeEvent,
    ThemeResult,
)
from voc.store import LineageChange, Store

MODEL, LABEL = "tiny@1", "neglect.complaint"
DOCUMENTS = [
    Document(f"d{n}", f"Nobody answers letter {n}. 票價太貴了，第{n}次。", "letters", time="2026-11-02", language="en")
    for n in range(6)
]
KEYS = [d.key for d in DOCUMENTS]


def classified(document: Document) -> Classified:
    cut = document.text.index("票")
    segments = (Segment(0, 0, cut), Segment(1, cut, len(document.text)))
    prediction = Prediction(document.key, MODEL, "ok", (0.9,), (LABEL,), (), (Evidence(LABEL, 0, 0, cut, 0.9),))
    vectors = np.arange(12, dtype=np.float32).reshape(2, 6) + int(document.id[1:])
    return Classified(prediction, segments, np.zeros((2, 1), np.float32), vectors, "tiny")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "w") as opened:
        state = opened.begin_input("letters", "ab" * 32, "jsonl", {})
        opened.add_batch(state.id, list(enumerate(DOCUMENTS, 1)))
        opened.finish_input(state.id)
        opened.add_classified([classified(d) for d in DOCUMENTS])
        yield opened


def change() -> LineageChange:
    themes = [
        KnownTheme("N-1", "neglect", "complaint", "2026-11-02", names={"en": "no answer", "zh-Hans": "没人回复"}),
        KnownTheme("O-2", "other", "complaint", "2026-11-02", "merged", into="N-1"),
    ]
    segments = [KnownSegment(key, 0, "neglect", "complaint", "N-1") for key in KEYS[:4]]
    segments.append(KnownSegment(KEYS[4], 1, "other", "complaint", None))
    events = [
        ThemeEvent(1, "2026-11-02", "born", "N-1", moved=((KEYS[0], 0),)),
        ThemeEvent(2, "2026-11-03", "merge", "O-2", other="N-1", moved=((KEYS[1], 0),), before={"en": "dear"}),
    ]
    return LineageChange(themes, segments, events, MODEL, KEYS[:5])


def test_what_is_written_is_read(store: Store) -> None:
    made = change()
    store.save_lineage(made)
    store.save_lineage(made)
    assert store.known_themes() == list(made.themes)
    assert store.theme_events() == list(made.events)
    assert store.known_segments() == list(made.segments)
    assert [s.key for s in store.known_segments(KEYS[3:5])] == KEYS[3:5]
    assert store.looked_at(MODEL, KEYS) == set(KEYS[:5])
    assert store.looked_at("another", KEYS) == set()
    assert store.curations() == 1
    assert store.theme_sizes() == {"N-1": (4, 4)}
    assert [s.key for s in store.latest_members("N-1", 2)] == [KEYS[3], KEYS[2]]


def test_a_theme_that_has_members_can_be_changed(store: Store) -> None:
    made = change()
    store.save_lineage(made)
    store.save_lineage(LineageChange(themes=[replace(made.themes[0], pinned=True)]))
    assert store.known_themes()[0].pinned
    assert store.theme_sizes() == {"N-1": (4, 4)}


def test_units_of_segments_have_their_words_and_vectors(store: Store) -> None:
    wanted = {(KEYS[2], 1): ("other", "complaint"), (KEYS[0], 0): ("neglect", "complaint"), ("gone", 0): ("x", "y")}
    units = store.segment_units(MODEL, wanted)
    assert [u.ref for u in units] == [(KEYS[0], 0), (KEYS[2], 1)]
    assert units[1].text == "票價太貴了，第2次。"
    assert (units[1].driver, units[1].side) == ("other", "complaint")
    np.testing.assert_array_equal(units[1].vector, np.arange(6, 12) + 2)
    assert store.segment_units("another", wanted) == []


def test_themes_come_back_with_all_that_they_say(store: Store) -> None:
    told = Emergence(2, 14, 100, 1.5, 8, 1e-7, 1e-3, 13, ("review",), ("en",), "2026-11-02", 0.7, "O-2", 0.2)
    theme = Theme(
        "N-1", {"en": "no answer"}, "neglect", "complaint", "emerging", ((KEYS[0], 0), (KEYS[1], 0)), 2, None,
        ((KEYS[0], 0),), {"neglect": 2}, (0, 2), True, (KEYS[2], 1), (0.5, -0.25), told,
    )  # fmt: skip
    result = ThemeResult((theme,), 5, 3, ("2026-W44", "2026-W45"), 6)
    store.save_themes("2026-W45", "made of this", result, change())
    assert store.themes("2026-W45") == result
    assert store.theme_scopes() == ["2026-W45"]
    assert len(store.known_segments()) == 5
    assert store.came_after_themes("2026-W45", KEYS) == set()
    late = Document("d9", "Too late.", "letters", time="2026-11-02", language="en")
    state = store.begin_input("more", "cd" * 32, "jsonl", {})
    store.add_batch(state.id, [(1, late)])
    assert store.came_after_themes("2026-W45", [*KEYS, late.key]) == {late.key}


def test_nothing_is_written_where_one_part_cannot_be(store: Store) -> None:
    broken = replace(change(), segments=[KnownSegment("nobody", 0, "neglect", "complaint", None)])
    with pytest.raises(Exception, match="NOT NULL"):
        store.save_themes("2026-W45", "made of this", ThemeResult((), 0, 0), broken)
    assert store.known_themes() == []
    assert store.themes("2026-W45") is None
