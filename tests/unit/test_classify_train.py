"""Training on a tiny world: what is learnt, and that the same data gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from classify_tiny import ALONE, PARTS, RUDE, TinyEncoder, examples

from voc.classify.build import OutOfFold, build_heads, chinese_table
from voc.classify.classifier import Classifier, Passed
from voc.classify.gold import Example, target_matrix
from voc.classify.heads import HEADS_FILE, SPEC_FILE, Heads, load_heads, save_heads
from voc.classify.prepared import Prepared, prepare, with_extra
from voc.classify.score import lexical_logits, sigmoid
from voc.classify.train import FOLDS, Recipe
from voc.documents import Document, Turn
from voc.encoders import Encoded, Passage
from voc.errors import ModelError
from voc.results import Classified
from voc.taxonomy import default_taxonomy
from voc.text import segment

LABELS = default_taxonomy().labels
RECIPE = Recipe(epochs=6, batch=16, hidden=8, members=2, least_documents=1)


def build(data: Prepared) -> tuple[Heads, OutOfFold]:
    return build_heads(
        data,
        labels=LABELS,
        taxonomy="tiny",
        encoder=TinyEncoder.id,
        shares=np.full(len(LABELS), 0.15),
        table=chinese_table(),
        recipe=RECIPE,
        groups=data.folds,
        workers=1,
    )


@pytest.fixture(scope="module")
def data() -> Prepared:
    return prepare(examples(150), LABELS, TinyEncoder(), chinese_table())


@pytest.fixture(scope="module")
def built(data: Prepared) -> tuple[Heads, OutOfFold]:
    return build(data)


@pytest.fixture(scope="module")
def classifier(built: tuple[Heads, OutOfFold], tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder = tmp_path_factory.mktemp("model")
    save_heads(built[0], folder)
    heads, digest = load_heads(folder)
    return Classifier(heads, "tiny", digest)


def classify(classifier: Classifier, document: Document) -> Classified:
    segments = segment(document.text, document.turns)
    passage = Passage(document.text, tuple((s.start, s.end) for s in segments))
    (found,) = classifier.score([Passed(document, segments, next(iter(TinyEncoder().encode([passage]))))])
    return found


@pytest.fixture
def fresh() -> Iterator[list[tuple[str, str]]]:
    """(label, sentence) pairs that stand alone: no training document is one of them."""
    yield [(label, sentence) for label, texts in PARTS.items() if label for sentence in texts]


def test_learns_what_the_documents_say(classifier: Classifier, fresh: list[tuple[str, str]]) -> None:
    right = 0
    for label, sentence in fresh:
        found = classify(classifier, Document("x", sentence, "t", language="en")).prediction
        right += found.labels == (label,)
    assert right >= 0.9 * len(fresh)


def test_evidence_is_the_segment_that_shows_the_label(classifier: Classifier) -> None:
    text = "We took the morning train. The clerk was rude to me. The room has two windows. No one answered my calls."
    found = classify(classifier, Document("x", text, "t", language="en")).prediction
    assert set(found.labels) == {RUDE, ALONE}
    first = {label: next(e for e in found.evidence if e.label == label) for label in found.labels}
    assert text[first[RUDE].start : first[RUDE].end] == "The clerk was rude to me."
    assert text[first[ALONE].start : first[ALONE].end] == "No one answered my calls."


def test_extra_data_is_learnt_from_but_never_judged(data: Prepared) -> None:
    sentence = "Der Schaffner war unverschämt."
    more = [
        Example(Document(f"k{i}", f"{sentence} {i}", "extra", language="en"), frozenset({RUDE}), {RUDE: sentence})
        for i in range(20)
    ]
    extra = prepare(more, LABELS, TinyEncoder(), chinese_table())
    column, score = LABELS.index(RUDE), {}
    for weight in (0.0, 2.0):
        both = with_extra(data, extra, weight)
        assert both.targets[both.owner[len(data.vectors)]].tolist() == extra.targets[0].tolist()
        heads, judged = build(both)
        assert not judged.weights[len(data.targets) :].any()
        assert not judged.probability[len(data.targets) :].any()
        assert judged.weights[: len(data.targets)].any(axis=0).all()
        score[weight] = lexical_logits([sentence], heads)[0, column]
    assert score[2.0] > score[0.0] + 1.0


def test_out_of_fold_predictions_come_from_other_folds(data: Prepared, built: tuple[Heads, OutOfFold]) -> None:
    judged = built[1]
    agreement = (judged.found == data.targets).mean()
    assert 0.85 < agreement <= 1.0
    assert judged.logits.shape == (len(data.vectors), len(LABELS))
    assert len(set((data.folds % FOLDS).tolist())) == FOLDS


def test_stored_model_scores_like_training(data: Prepared, classifier: Classifier) -> None:
    """The scorer reads text and vectors again; training read prepared tables. Both must mean the same numbers."""
    from voc.classify.train import Member, Task, gram_table, segment_logits

    heads = classifier.heads
    task = Task(data, gram_table(data, heads.grams, heads.idf), heads.centre, heads.scale, RECIPE)
    members = [
        Member(heads.gram_weights, heads.bias, w1, b1, w2, b2)
        for w1, b1, w2, b2 in zip(
            heads.hidden_weights, heads.hidden_bias, heads.output_weights, heads.output_bias, strict=True
        )
    ]
    for number in (0, 7, 31):
        example = examples(150)[number]
        rows = np.arange(data.bounds[number], data.bounds[number + 1])
        expected = sigmoid(segment_logits(task, members, rows))
        assert classify(classifier, example.document).scores == pytest.approx(expected, abs=2e-4)


def test_same_data_gives_same_bytes(data: Prepared, built: tuple[Heads, OutOfFold], tmp_path: Path) -> None:
    for name, heads in (("one", built[0]), ("two", build(data)[0])):
        (tmp_path / name).mkdir()
        save_heads(heads, tmp_path / name)
    for file in (HEADS_FILE, SPEC_FILE):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_damaged_file_is_named(built: tuple[Heads, OutOfFold], tmp_path: Path) -> None:
    save_heads(built[0], tmp_path)
    blob = bytearray((tmp_path / HEADS_FILE).read_bytes())
    blob[-1] ^= 1
    (tmp_path / HEADS_FILE).write_bytes(bytes(blob))
    with pytest.raises(ModelError, match=r"heads\.safetensors is damaged") as caught:
        load_heads(tmp_path)
    assert caught.value.exit_code == 4
    (tmp_path / HEADS_FILE).unlink()
    with pytest.raises(ModelError, match="has no classifier"):
        load_heads(tmp_path)


def test_a_damaged_spec_is_an_error_with_a_hint(built: tuple[Heads, OutOfFold], tmp_path: Path) -> None:
    save_heads(built[0], tmp_path)
    (tmp_path / SPEC_FILE).write_text("format = 1\n", "utf-8")
    with pytest.raises(ModelError, match="is damaged") as caught:
        load_heads(tmp_path)
    assert "voc train" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (Document("x", "", "t"), "empty"),
        (Document("x", "👍👍", "t"), "empty"),
        (Document("x", "10/10 !!!", "t"), "empty"),
        (Document("x", "Agent: Hello?", "t", "chat", turns=(Turn("agent", 7, 13),)), "no_customer_turns"),
        (Document("x", "Customer: 5\n", "t", "chat", turns=(Turn("customer", 10, 11),)), "empty"),
        (Document("x", "Le guichetier était impoli.", "t", language="fr"), "untested_language"),
        (Document("x", "The clerk was rude to me.", "t", language="und"), "ok"),
        (Document("x", "rude " * 20_000, "t", language="en"), "ok"),
        (Document("x", "a\ud800b", "t", language="en"), "ok"),
    ],
)
def test_statuses(classifier: Classifier, document: Document, status: str) -> None:
    result = classify(classifier, document)
    found = result.prediction
    assert found.status == status
    assert len(found.probabilities) == len(LABELS)
    assert all(0.0 <= p <= 1.0 for p in found.probabilities)
    assert result.scores.shape == (len(result.segments), len(LABELS))
    if status in ("empty", "no_customer_turns"):
        assert found.labels == found.abstained == found.evidence == ()
        assert not any(found.probabilities)


def test_probabilities_are_calibrated_to_the_shares_asked_for(built: tuple[Heads, OutOfFold]) -> None:
    judged = built[1]
    weighted = (judged.probability * judged.weights).mean(axis=0) / judged.weights.mean(axis=0)
    assert weighted == pytest.approx(np.full(len(LABELS), 0.15), abs=0.05)


def test_vectors_must_match_segments(classifier: Classifier) -> None:
    document = Document("x", "The clerk was rude to me.", "t", language="en")
    with pytest.raises(ValueError, match="1 segments, but 0 vectors"):
        classifier.score(
            [Passed(document, segment(document.text), Encoded(np.zeros((0, 8), np.float32), np.zeros(0, np.int32)))]
        )


def test_targets_follow_the_labels() -> None:
    given = examples(30)
    matrix = target_matrix(given, LABELS)
    assert [frozenset(np.array(LABELS)[row > 0].tolist()) for row in matrix] == [e.labels for e in given]
