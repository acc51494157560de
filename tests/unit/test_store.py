"""The store: what goes in comes out, once, in order, privately; models never mix."""

import os
import stat
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject, Segment, Turn
from voc.errors import StoreError
from voc.results import Classified, Evidence, Prediction
from voc.store import BatchResult, Counted, Store, write_json_atomic
from voc.store.rows import storable

DIM, LABELS = 8, 3
MODEL, ENCODER = "tiny@1", "tiny-encoder"
NEGLECT = "neglect.complaint"


def document(number: int, **fields: object) -> Document:
    values: dict[str, object] = {
        "id": f"d{number}",
        "text": f"Nobody answered letter {number}. 没有人回复我。",
        "source": "letters.jsonl",
        "channel": "letter",
        "customer": f"c{number % 3}",
        "time": f"2026-10-{number % 28 + 1:02d}",
        "language": "en",
    }
    return Document(**{**values, **fields})  # type: ignore[arg-type]


def classified(doc: Document, model: str = MODEL, encoder: str = ENCODER, pieces: int = 2) -> Classified:
    middle = len(doc.text) // 2
    bounds = [(0, middle), (middle, len(doc.text))][:pieces]
    segments = tuple(Segment(i, a, b) for i, (a, b) in enumerate(bounds))
    labels = (NEGLECT,) if pieces else ()
    evidence = tuple(Evidence(NEGLECT, s.index, s.start, s.end, 0.9 - s.index / 3) for s in segments)
    seed = int(doc.key[:8], 16)
    vectors = np.random.default_rng(seed).normal(size=(pieces, DIM)).astype(np.float32)
    scores = np.random.default_rng(seed + 1).random((pieces, LABELS), dtype=np.float32)
    prediction = Prediction(
        doc.key, model, "ok" if pieces else "empty", (0.1, 1 / 3, 0.9), labels, ("leave",), evidence
    )
    return Classified(prediction, segments, scores, vectors, encoder)


def ingest(store: Store, documents: list[Document], name: str = "letters.jsonl") -> BatchResult:
    state = store.begin_input(name, "ab" * 32, "jsonl", {})
    result = store.add_batch(state.id, list(enumerate(documents, 1)))
    store.finish_input(state.id)
    return result


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "w") as opened:
        yield opened


texts = st.text(st.characters(exclude_categories=()), max_size=40)  # surrogates and NUL as well
maybe = st.none() | texts
documents = st.builds(
    Document,
    id=texts,
    text=texts,
    source=texts,
    channel=st.sampled_from(["review", "call"]),
    customer=maybe,
    time=st.none()
    | st.dates().map(str)
    | st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda t: t.isoformat()),
    language=st.sampled_from(["en", "zh-Hans", "und"]),
    turns=st.lists(
        st.builds(Turn, st.sampled_from(["customer", "agent"]), st.integers(0, 9), st.integers(9, 20), maybe)
    ).map(tuple),
    rating=st.none() | st.floats(allow_nan=False) | st.integers(1, 5),
    reply=maybe,
    thread=maybe,
    product=maybe,
    segment=maybe,
    value=st.none() | st.floats(allow_nan=False),
    metadata=st.dictionaries(texts, texts, max_size=3),
    time_text=st.none() | st.just("3 weeks ago"),
    given_id=st.booleans(),
)


def test_a_document_comes_out_as_it_went_in(store):
    state = store.begin_input("x", "0" * 64, "jsonl", {})
    rows = count(1)

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(document=documents)
    def check(document: Document) -> None:
        result = store.add_batch(state.id, [(next(rows), document)])
        expected = storable(document)
        (found,) = store.documents([expected.key])
        assert found.key == expected.key
        assert len(found.text) == len(document.text)
        if result.added:  # an exact duplicate may differ in what the key leaves out: the first one stays
            assert found == expected

    check()


def test_lone_surrogates_are_replaced_one_for_one(store):
    ingest(store, [document(1, text="a\ud83db", thread="t\udc00", metadata={"k": "\ud800"})])
    (found,) = store.documents()
    assert (found.text, found.thread, found.metadata) == ("a\ufffdb", "t\ufffd", {"k": "\ufffd"})
    store.add_classified([classified(found)])
    assert store.count_unclassified(MODEL) == 0


def test_duplicates_are_counted_and_stored_once(store):
    first, second = document(1), document(2)
    assert ingest(store, [first, second, first]) == BatchResult(added=2, duplicates=1, rejects=0)
    assert ingest(store, [second, document(3)], "more.jsonl") == BatchResult(1, 1, 0)
    assert [d.id for d in store.documents()] == ["d1", "d2", "d3"]
    assert [(s.name, s.rows, s.documents, s.duplicates, s.done) for s in store.sources()] == [
        ("letters.jsonl", 3, 2, 1, True),
        ("more.jsonl", 2, 1, 1, True),
    ]


def test_a_source_that_was_not_finished_is_counted_afresh(store):
    rows = [(1, document(1)), (2, document(1)), (3, document(2))]
    bad = Reject(4, "bad_time", "time is 'soon'", "soon \ud800")
    state = store.begin_input("x.csv", "cd" * 32, "csv", {"text": "Body"}, ["text <- Body"])
    store.add_batch(state.id, rows[:2], [bad])
    again = store.begin_input("x.csv", "cd" * 32, "csv", {"text": "Body"}, ["text <- Body"])
    assert (again.id, again.rows, again.done) == (state.id, 0, False)
    assert list(store.rejects()) == []
    assert store.add_batch(state.id, rows, [bad]) == BatchResult(2, 1, 1)
    store.finish_input(state.id)
    (source,) = store.sources()
    assert (source.rows, source.documents, source.duplicates, source.rejects, source.done) == (4, 2, 1, 1, True)
    assert source.mapping == {"text": "Body"}
    assert source.choices == ("text <- Body",)
    assert [(r.source, r.row, r.reason, r.value) for r in store.rejects()] == [("x.csv", 4, "bad_time", "soon ?")]
    assert store.reject_reasons() == {"bad_time": 1}


def test_a_finished_source_is_known_by_name_content_and_mapping(store):
    ingest(store, [document(1)])
    assert store.begin_input("letters.jsonl", "ab" * 32, "jsonl", {}).done
    assert not store.begin_input("letters.jsonl", "ab" * 32, "jsonl", {"text": "reply"}).done
    assert not store.begin_input("letters.jsonl", "ef" * 32, "jsonl", {}).done


def test_rejects_of_many_pages_come_in_order(store):
    for name in ("a", "b"):
        state = store.begin_input(name, "0" * 64, "csv", {})
        store.add_batch(state.id, [], [Reject(row, "r", "d") for row in range(700, 0, -1)])
    found = [(r.source, r.row) for r in store.rejects()]
    assert found == [(name, row) for name in ("a", "b") for row in range(1, 701)]


def test_an_unknown_input_stores_nothing(store):
    with pytest.raises(KeyError):
        store.add_batch(7, [(1, document(1))])
    assert store.document_count() == 0


def test_latest_time_compares_the_three_forms_in_the_zone(store):
    assert store.latest_time() is None
    ingest(
        store,
        [
            document(1, time="2026-11-01"),
            document(2, time="2026-11-01T20:00:00"),
            document(3, time="2026-11-02T01:00:00+09:00"),  # 16:00 UTC on the first
            document(4, time=None),
        ],
    )
    assert store.latest_time() == "2026-11-01T20:00:00"
    assert store.latest_time(timezone(timedelta(hours=8))) == "2026-11-02T01:00:00+09:00"


def test_documents_are_found_by_key_and_id(store):
    ingest(store, [document(n) for n in range(1, 6)])
    by_key = [d.id for d in store.documents([document(4).key, document(2).key, "nonsense", document(4).key])]
    assert by_key == ["d2", "d4"]
    assert [d.id for d in store.document("d3")] == [d.id for d in store.document(document(3).key)] == ["d3"]
    assert store.document("d9") == []


def test_search_wants_every_word_newest_first(store):
    ingest(
        store,
        [
            document(1, text="The Café refused my 100% refund", time="2026-10-01"),
            document(2, text="refund? CAFÉ said no", time="2026-10-03"),
            document(3, text="refund at the cafe_", time="2026-10-04"),
            document(4, text="客服没有退款，ＶＩＰ也没用", time=None),
            document(5, text="退款给了 VIP 客户", time="2026-10-02"),
        ],
    )

    def found(query: str, **options: object) -> list[str]:
        return [d.id for d in store.search(query, **options)]  # type: ignore[arg-type]

    assert found("café refund") == ["d2", "d1"]
    assert found("100%") == ["d1"]
    assert found("_") == ["d3"]
    assert found("退款 vip") == ["d5", "d4"]
    assert found("refund", limit=1) == ["d3"]
    assert found("refund", keys=[document(1, text="The Café refused my 100% refund", time="2026-10-01").key]) == ["d1"]
    store.add_classified([classified(next(iter(store.document("d1"))))])
    assert found("refund", model=MODEL, labels=[NEGLECT, "leave"]) == ["d1"]
    assert found("refund", model=MODEL, labels=["neglect.praise"]) == []
    assert found("refund", model="other", labels=[NEGLECT]) == []


def test_classified_documents_come_back_whole(store):
    documents = [document(n) for n in range(1, 4)]
    ingest(store, documents)
    results = [classified(documents[0]), classified(documents[1], pieces=0), classified(documents[2])]
    store.add_classified(results[1:])  # out of order, in two batches
    assert [d.id for d in store.unclassified(MODEL, 9)] == ["d1"]
    store.add_classified(results[:2])
    assert store.unclassified(MODEL, 9) == []
    assert store.count_unclassified(MODEL) == 0
    assert list(store.predictions(MODEL)) == [r.prediction for r in results]
    assert list(store.predictions(MODEL, [documents[2].key])) == [results[2].prediction]
    for detail, result, doc in zip(store.details(MODEL), results, documents, strict=True):
        assert (detail.document, detail.prediction, detail.segments) == (doc, result.prediction, result.segments)
        np.testing.assert_array_equal(detail.scores.reshape(result.scores.shape), result.scores)
    assert list(store.counts(MODEL))[1] == Counted(
        documents[1].key, "2026-10-03", "c2", frozenset(), "empty", "letter", "en"
    )
    assert next(store.counts(MODEL)).labels == frozenset({NEGLECT})


def test_light_rows_tell_the_same_as_whole_documents(store):
    rated = [replace(document(n), rating=r) for n, r in ((1, 4.0), (2, None), (3, 0.0))]
    ingest(store, rated)
    store.add_classified([classified(rated[0]), classified(rated[1], pieces=0), classified(rated[2])])
    numbers = [c.number for c in store.counts(MODEL)]
    assert {c.source for c in store.counts(MODEL)} == {d.source for d in rated}
    assert store.ratings(reversed(numbers)) == {numbers[0]: 4.0, numbers[2]: 0.0}
    for figure, detail in zip(store.figures(MODEL, reversed(numbers)), store.details(MODEL), strict=True):
        text, prediction = detail.document.text, detail.prediction
        assert (figure.key, figure.unclear) == (prediction.key, bool(prediction.abstained))
        assert figure.words == "\n".join(text[s.start : s.end] for s in detail.segments)
        assert figure.mean == pytest.approx(np.mean(prediction.probabilities))
    told = [
        (number, e, d.document.text[e.start : e.end])
        for number, d in zip(numbers, store.details(MODEL), strict=True)
        for e in d.prediction.evidence
        if e.label in d.prediction.labels
    ]
    assert told and [(s.number, s.evidence, s.words) for s in store.spans(MODEL, numbers, [NEGLECT])] == told
    assert list(store.spans(MODEL, numbers, ["leave"])) == []


def test_models_never_mix_and_share_vectors(store, tmp_path):
    documents = [document(n) for n in range(1, 4)]
    ingest(store, documents)
    store.add_classified([classified(d) for d in documents])
    assert store.count_unclassified("newer@2") == 3
    store.add_classified([classified(d, "newer@2") for d in documents[:2]])
    assert [d.id for d in store.unclassified("newer@2", 9)] == ["d3"]
    assert [p.model for p in store.predictions("newer@2")] == ["newer@2"] * 2
    assert store.models() == {MODEL: 3, "newer@2": 2}
    shards = list((tmp_path / "w" / "vectors").glob("*/*"))
    assert len(shards) == 1  # same encoder, same segments: computed and kept once
    store.add_classified([classified(documents[0], "third@3", encoder="another")])
    assert len(list((tmp_path / "w" / "vectors").glob("*/*"))) == 2


def test_unclassified_goes_on_after_documents_came_late(store):
    ingest(store, [document(n) for n in range(1, 8)])
    seen = []
    while batch := store.unclassified(MODEL, 3):
        seen += [d.id for d in batch]
        store.add_classified([classified(d) for d in batch])
    ingest(store, [document(9)], "late.jsonl")
    assert seen == [f"d{n}" for n in range(1, 8)]
    assert [d.id for d in store.unclassified(MODEL, 3)] == ["d9"]


def test_a_batch_is_refused_as_a_whole(store):
    ingest(store, [document(1)])
    with pytest.raises(ValueError, match="no document"):
        store.add_classified([classified(document(1)), classified(document(2))])
    with pytest.raises(ValueError, match="one model"):
        store.add_classified([classified(document(1)), classified(document(1), "other")])
    wrong = classified(document(1))
    with pytest.raises(ValueError, match="differ in number"):
        store.add_classified([replace(wrong, scores=wrong.scores[:1])])
    assert store.count_unclassified(MODEL) == 1
    store.add_classified([])


def test_theme_units_are_the_evidence_with_its_vectors(store):
    documents = [document(n) for n in range(1, 1203)]  # several pages, several shards
    ingest(store, documents)
    results = [classified(d) for d in documents]
    for start in range(0, len(results), 500):
        store.add_classified(results[start : start + 500])
    units = store.theme_units(MODEL)
    assert [u.ref for u in units] == [(d.key, i) for d in documents for i in (0, 1)]
    unit = units[2 * 700 + 1]
    assert (unit.driver, unit.side, unit.language, unit.customer) == ("neglect", "complaint", "en", "c2")
    assert documents[700].text.endswith(unit.text) and unit.text
    expected = results[700].vectors[1].astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(unit.vector, expected)
    assert [u.ref for u in store.theme_units(MODEL, [d.key for d in reversed(documents)])] == [u.ref for u in units]
    assert [u.key for u in store.theme_units(MODEL, [documents[5].key])] == [documents[5].key] * 2
    assert store.theme_units(MODEL, sides=("praise",)) == []
    assert store.theme_units("other") == []


def test_units_need_a_decided_label(store):
    ingest(store, [document(1)])
    result = classified(document(1))
    store.add_classified([replace(result, prediction=replace(result.prediction, labels=("leave",)))])
    assert store.theme_units(MODEL) == []


def test_readers_see_commits_and_never_wait(tmp_path):
    with Store.open(tmp_path) as writer:
        ingest(writer, [document(1)])
        with Store.open(tmp_path, readonly=True) as reader:
            with writer._db.transaction():
                writer._db.execute("UPDATE documents SET language = 'fr'")
                assert [d.language for d in reader.documents()] == ["en"]
            assert [d.language for d in reader.documents()] == ["fr"]
            with pytest.raises(StoreError, match="reading only"):
                reader.set_stage("s", "x", "f")
    with Store.open(tmp_path, readonly=True) as reader:
        assert reader.document_count() == 1


def test_a_snapshot_stays_while_the_writer_goes_on(tmp_path):
    with Store.open(tmp_path) as writer, Store.open(tmp_path, readonly=True) as reader:
        ingest(writer, [document(1)])
        with reader._db.snapshot():
            assert reader.document_count() == 1
            ingest(writer, [document(2)], "more.jsonl")
            with reader._db.snapshot():
                assert reader.document_count() == 1
        assert reader.document_count() == 2


def test_everything_is_private(tmp_path):
    workspace = tmp_path / "new" / "w"
    before = os.umask(0)
    try:
        with Store.open(workspace) as store:
            ingest(store, [document(1)])
            store.add_classified([classified(document(1))])
            write_json_atomic(workspace / "run.json", {"b": 1, "a": "没"})
            modes = {p.relative_to(workspace).as_posix(): stat.S_IMODE(p.stat().st_mode) for p in workspace.rglob("*")}
    finally:
        os.umask(before)
    assert stat.S_IMODE(workspace.stat().st_mode) == 0o700
    assert {"voc.sqlite3", "voc.sqlite3-wal", "voc.sqlite3-shm", "run.json", "vectors"} <= modes.keys()
    folders = {p for p in modes if (workspace / p).is_dir()}
    assert {modes[p] for p in folders} == {0o700}
    assert {modes[p] for p in modes.keys() - folders if (workspace / p).exists()} == {0o600}
    assert (workspace / "run.json").read_text("utf-8") == '{\n  "b": 1,\n  "a": "没"\n}\n'
