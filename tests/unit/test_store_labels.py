"""Labels set by hand: they outlive new models, show in every reading of predictions, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voc.documents import Document, Segment
from voc.results import Classified, Evidence, Prediction
from voc.store import HandLabel, Store

RUDE, LATE = "discourtesy.complaint", "incompetence.complaint"
TEXT = "The clerk was rude. The boat came late."
SEGMENTS = (Segment(0, 0, 19), Segment(1, 20, 39))
DOCUMENT = Document("d1", TEXT, "a.csv", time="2026-11-02", language="en")


def classified(model: str, labels: tuple[str, ...] = (RUDE,), abstained: tuple[str, ...] = (LATE,)) -> Classified:
    spans = tuple(Evidence(label, 0, 0, 19, 0.75) for label in labels)
    prediction = Prediction(DOCUMENT.key, model, "ok", (0.9, 0.2), labels, abstained, spans)
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    return Classified(prediction, SEGMENTS, np.full((2, 2), 0.5, np.float32), vectors, "encoder")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "w")
    state = store.begin_input("a.csv", "0" * 64, "csv", {})
    store.add_batch(state.id, [(1, DOCUMENT), (2, Document("d2", "好", "a.csv"))])
    return store


def by_hand(label: str, value: bool | None, quote: str = "", **rest: str) -> HandLabel:
    return HandLabel(DOCUMENT.key, label, value, quote, **rest)


def test_what_is_set_shows_wherever_predictions_are_read(store: Store) -> None:
    store.add_classified([classified("m1")])
    store.set_labels([by_hand(RUDE, False, reason="a film"), by_hand(LATE, True, "boat came late")])
    (read,) = store.predictions("m1")
    assert (read.labels, read.abstained, read.by_hand) == ((LATE,), (), (RUDE, LATE))
    assert read.probabilities == (0.9, 0.2), "the model's own numbers stay"
    (span,) = read.evidence
    assert (span.label, span.segment, TEXT[span.start : span.end], span.score) == (LATE, 1, "boat came late", 1.0)
    assert next(store.counts("m1")).labels == {LATE}
    assert next(store.details("m1")).prediction == read
    assert store.search("boat", model="m1", labels=[RUDE]) == []
    assert [d.id for d in store.search("boat", model="m1", labels=[LATE])] == ["d1"]
    assert [u.segment for u in store.theme_units("m1")] == [1]


@pytest.mark.parametrize("first", [True, False])
def test_it_outlives_a_new_model_and_a_restart(store: Store, first: bool) -> None:
    if first:
        store.add_classified([classified("m1")])
    store.set_labels([by_hand(RUDE, False), by_hand(LATE, True)])
    workspace = store.workspace
    store.close()
    with Store.open(workspace) as again:
        again.add_classified([classified("m2")])
        (read,) = again.predictions("m2")
        assert (read.labels, read.by_hand) == ((LATE,), (RUDE, LATE))
        assert read.evidence[0].segment == 0, "without a quote, the first segment"


def test_what_the_model_found_too_keeps_its_evidence(store: Store) -> None:
    store.set_labels([by_hand(RUDE, True, "late")])
    store.add_classified([classified("m1")])
    (read,) = store.predictions("m1")
    assert (read.labels, read.by_hand, len(read.evidence), read.evidence[0].score) == ((RUDE,), (RUDE,), 1, 0.75)


def test_the_last_word_stands_and_can_be_taken_back(store: Store) -> None:
    store.add_classified([classified("m1")])
    for value in (False, True, False):
        store.set_labels([by_hand(RUDE, value, "rude" if value else "")])
    (read,) = store.predictions("m1")
    assert (read.labels, read.evidence) == ((), ())
    store.set_labels([by_hand(RUDE, None, reason="was right")])
    assert list(store.predictions("m1")) == []
    assert [d.id for d in store.unclassified("m1", 9)] == ["d1", "d2"]
    store.add_classified([classified("m1")])
    (read,) = store.predictions("m1")
    assert (read.labels, read.by_hand) == ((RUDE,), ())
    assert [one.value for one in store.label_log()] == [False, True, False, None]
    assert store.labels_by_hand() == {}
    assert store.label_revision() == 4


def test_an_unknown_document_changes_nothing(store: Store) -> None:
    with pytest.raises(ValueError, match="no document nobody"):
        store.set_labels([by_hand(RUDE, True), HandLabel("nobody", RUDE, True)])
    assert store.label_revision() == 0


def test_the_log_keeps_who_why_and_when(store: Store) -> None:
    given = HandLabel(DOCUMENT.key, RUDE, True, "rude", "heard it", "Ana", "2026-11-15", "random")
    store.set_labels([given])
    assert list(store.label_log()) == [given]
    assert store.labels_by_hand() == {DOCUMENT.key: {RUDE: given}}


def test_vectors_of_documents_are_means_of_their_segments(store: Store) -> None:
    store.add_classified([classified("m1")])
    other = next(d for d in store.documents() if d.id == "d2")
    found = store.document_vectors("m1", [DOCUMENT.key, other.key])
    assert list(found) == [DOCUMENT.key]
    assert found[DOCUMENT.key].tolist() == [0.5, 0.5]
