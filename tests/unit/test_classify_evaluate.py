"""Reading labelled data, figures over predictions, evidence, records and the gate."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from classify_tiny import ALONE, KIND, RUDE

from voc.classify import record
from voc.classify.evaluate import check_gate, figures, outcome, shows
from voc.classify.evidence import evidence
from voc.classify.gold import Example, read_gold
from voc.classify.stack import abstain_bands, fit_stack, fit_thresholds, prevalence_weights, stacked
from voc.documents import Document, Segment
from voc.errors import ConfigError, InputError, QualityGateError
from voc.results import LEAVE, Classified, Evidence, Prediction
from voc.taxonomy import default_taxonomy

TAXONOMY = default_taxonomy()
LABELS = TAXONOMY.labels


def write(folder: Path, *rows: object) -> Path:
    file = folder / "gold.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")
    return file


def test_gold_codes_and_keys_become_labels(tmp_path: Path) -> None:
    one = {
        "id": "1",
        "text": "Rude\u2028staff",
        "lang": "en",
        "kind": "letter",
        "neg": {"D": "Rude"},
        "pos": ["N"],
        "leave": 1,
    }
    two = {"id": "2", "text": "客户：没人接\n客服：您好", "kind": "transcript", "pos": [], "leave": 0}
    two["neg"] = {"neglect": "没人接"}
    first, second = read_gold(write(tmp_path, one, two), TAXONOMY)
    assert first.labels == {RUDE, "neglect.praise", LEAVE}
    assert first.document.channel == "letter"
    assert second.quotes == {ALONE: "没人接"}
    assert (second.document.channel, second.document.language) == ("chat", "zh-Hans")
    assert [turn.role for turn in second.document.turns] == ["customer", "agent"]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1"},
        [1],
        {"id": "1", "text": "x", "neg": {"Q": "x"}, "pos": [], "leave": 0},
        {"id": "1", "text": "x", "neg": [], "pos": 3},
    ],
)
def test_a_bad_gold_line_is_named(tmp_path: Path, row: object) -> None:
    good = {"id": "0", "text": "x", "neg": {}, "pos": [], "leave": 0}
    with pytest.raises(InputError, match=r"gold\.jsonl:2"):
        read_gold(write(tmp_path, good, row), TAXONOMY)


def test_gold_that_is_not_there_or_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_gold(tmp_path / "none.jsonl", TAXONOMY)
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(InputError, match="no labelled documents"):
        read_gold(tmp_path / "empty.jsonl", TAXONOMY)


def test_equal_letters_share_a_group() -> None:
    def group(text: str) -> str:
        return Example(Document("x", text, "t"), frozenset(), {}).group

    assert group("Never again!") == group("never,  AGAIN")
    assert group("Never again!") != group("Never again 2")


def result(labels: tuple[str, ...], probability: float, spans: tuple[Evidence, ...] = ()) -> Classified:
    numbers = tuple(probability if label in labels else 0.1 for label in LABELS)
    prediction = Prediction("k", "m", "ok", numbers, labels, (), spans)
    return Classified(prediction, (), np.zeros((0, 9), np.float32), np.zeros((0, 8), np.float32), "e")


def case(text: str, labels: set[str], quotes: dict[str, str]) -> Example:
    return Example(Document("d", text, "t", language="en"), frozenset(labels), quotes)


def test_figures_by_hand() -> None:
    text = "The train was on time. The clerk was rude to me."
    rude = case(text, {RUDE}, {RUDE: "clerk was rude"})
    examples = [rude, rude, case(text, set(), {})]
    good, bad = Evidence(RUDE, 1, 23, 48, 0.9), Evidence(RUDE, 0, 0, 22, 0.9)
    results = [result((RUDE,), 0.9, (good, bad)), result((RUDE,), 0.9, (bad, good)), result((RUDE, KIND), 0.9, (good,))]
    got = figures(outcome(examples, results, LABELS), rounds=50)
    assert got[f"f1.{RUDE}"].value == 0.8
    assert got["f1.complaints"].value == 0.2
    assert got["f1.complaints.en"].value == 0.2
    assert got["f1.praises"].value == 0.0
    assert got["evidence"].value == 0.5
    assert got["evidence"].documents == 2
    assert got[f"ece.{RUDE}"].value == pytest.approx(0.9 - 2 / 3, abs=1e-4)
    assert got["ece"].value == max(got[f"ece.{label}"].value for label in LABELS)
    assert got["f1.complaints"].low <= 0.2 <= got["f1.complaints"].high


@pytest.mark.parametrize(
    ("span", "quote", "good"),
    [
        ("The clerk was rude to me.", "clerk  was rude", True),
        ("The clerk was rude", "The clerk was rude and cold", True),
        ("The train was late", "The clerk was rude", False),
        ("rude " * 61, "rude", False),  # 244 characters
        ("态" * 101, "态态", False),
        ("态" * 100, "态态", True),
        ("ab", "abc", False),
    ],
)
def test_what_shows_a_quote(span: str, quote: str, good: bool) -> None:
    assert shows(span, quote) is good


def test_evidence_is_sorted_bounded_and_always_there() -> None:
    segments = tuple(Segment(i, 10 * i, 10 * i + 9, turn=i) for i in range(8))
    scores = np.zeros((8, 3), np.float32)
    scores[:, 0] = [0.1, 0.9, 0.5, 0.9, 0.44, 0.8, 0.7, 0.6]
    scores[:, 1] = [0.01, 0.02, 0, 0, 0, 0, 0, 0]
    found = evidence("x" * 80, ("a", "b", "c"), ("b", "a"), segments, scores)
    assert [(e.label, e.segment) for e in found] == [("a", 1), ("a", 3), ("a", 5), ("a", 6), ("a", 7), ("b", 1)]
    assert (found[0].start, found[0].end, found[0].score) == (10, 19, 0.9)
    assert evidence("", ("a",), ("a",), (), np.zeros((0, 1), np.float32)) == ()


@pytest.mark.parametrize(
    ("scores", "turns", "first", "rest"),
    [
        ([0.1, 0.8, 0.3, 0.1], (None,) * 4, (1, 2), []),  # 0.3 is a quarter of 0.8, 0.1 is not
        ([0.7, 0.8, 0.7, 0.1], (None,) * 4, (0, 2), []),  # what has joined is not listed again
        ([0.8, 0.1, 0.7, 0.1], (None,) * 4, (0, 0), [2]),  # only neighbours join
        ([0.7, 0.8, 0.7, 0.1], (0, 1, 1, 1), (1, 2), [0]),  # and none of another turn
    ],
)
def test_neighbours_that_tell_of_it_join_the_first_span(
    scores: list[float], turns: tuple[int | None, ...], first: tuple[int, int], rest: list[int]
) -> None:
    segments = tuple(Segment(i, 10 * i, 10 * i + 9, turn=turn) for i, turn in enumerate(turns))
    found = evidence("x" * 40, ("a",), ("a",), segments, np.array([scores], np.float32).T)
    strongest = scores.index(max(scores))
    assert (found[0].segment, found[0].score) == (strongest, round(max(scores), 4))
    assert (found[0].start, found[0].end) == (10 * first[0], 10 * first[1] + 9)
    assert [span.segment for span in found[1:]] == rest


@pytest.mark.parametrize(("letter", "longest"), [("x", 240), ("字", 100)])
def test_joined_spans_stay_short_and_take_the_stronger_neighbour(letter: str, longest: int) -> None:
    size = longest // 3
    text = (letter * size + " ") * 5
    segments = tuple(Segment(i, i * (size + 1), i * (size + 1) + size) for i in range(5))
    scores = np.array([[0.9, 0.5, 1.0, 0.6, 0.7]], np.float32).T
    found = evidence(text, ("a",), ("a",), segments, scores)
    assert text[found[0].start : found[0].end].split() == [letter * size] * 3
    assert (found[0].start, found[0].segment) == (segments[2].start, 2)
    assert [span.segment for span in found[1:]] == [0, 1]


def test_record_has_every_driver_and_exact_text() -> None:
    text = "态度恶劣。But the host was friendly. 再也不来"
    spans = (Evidence(RUDE, 0, 0, 5, 0.9), Evidence(KIND, 1, 5, 31, 0.8), Evidence(LEAVE, 2, 32, 36, 0.7))
    document = Document("d7", text, "t", "email", language="zh-Hans")
    line = record(document, result((RUDE, KIND, LEAVE), 0.9, spans), TAXONOMY)
    assert list(line) == [
        "id", "status", "language", "channel", "labels", "praise", "leave", "drivers", "leave_probability",
        "leave_evidence", "abstained", "model",
    ]  # fmt: skip
    assert (line["labels"], line["praise"], line["leave"]) == (["discourtesy"], ["discourtesy"], True)
    assert list(line["drivers"]) == [driver.key for driver in TAXONOMY.drivers]
    shown = line["drivers"]["discourtesy"]["evidence"]
    assert [span["text"] for span in shown] == ["态度恶劣。", "But the host was friendly."]
    assert all(span["text"] == text[span["start"] : span["end"]] for span in shown + line["leave_evidence"])
    assert line["leave_evidence"][0]["text"] == "再也不来"
    assert line["drivers"]["neglect"] == {"complaint": 0.1, "praise": 0.1, "evidence": []}
    json.dumps(line, allow_nan=False)


def test_gate() -> None:
    text = "The clerk was rude to me."
    got = figures(outcome([case(text, {RUDE}, {})], [result((RUDE,), 0.9)], LABELS), rounds=10)
    check_gate(got, {"digest": "d", "floor": {f"f1.{RUDE}": 1.0}, "ceiling": {"ece": 0.11}}, "d")
    with pytest.raises(QualityGateError, match=r"f1\.complaints is 0\.2500, its floor is 0\.3000") as caught:
        check_gate(got, {"digest": "d", "floor": {"f1.complaints": 0.3}}, "d")
    assert caught.value.exit_code == 5
    with pytest.raises(QualityGateError, match=r"ece is 0\.1000, its ceiling is 0\.0500"):
        check_gate(got, {"digest": "d", "ceiling": {"ece": 0.05}}, "d")
    with pytest.raises(QualityGateError, match="measured on data with digest other"):
        check_gate(got, {"digest": "other"}, "d")
    with pytest.raises(ConfigError, match=r"unknown figure 'f1\.nothing'"):
        check_gate(got, {"digest": "d", "floor": {"f1.nothing": 0.3}}, "d")


def test_stack_finds_the_slope_and_meets_the_share() -> None:
    generator = np.random.default_rng(1)
    logit = generator.normal(size=(4000, 1)) * 2
    truth = (generator.random((4000, 1)) < 1 / (1 + np.exp(-(1.5 * logit - 0.5)))).astype(float)
    features = np.stack([logit, generator.normal(size=(4000, 1))], axis=1)
    stack = fit_stack(features, truth, np.ones((4000, 1)))
    assert stack[:, 0] == pytest.approx([1.5, 0.0, -0.5], abs=0.15)
    weights = prevalence_weights(truth, np.array([0.1]))
    assert (weights * truth).sum() / weights.sum() == pytest.approx(0.1)
    rare = stacked(features, fit_stack(features, truth, weights))
    assert (rare * weights).sum() / weights.sum() == pytest.approx(0.1, abs=0.005)
    (threshold,) = fit_thresholds(truth, rare, weights)
    assert 0.2 < threshold < 0.6
    ((low, high),) = abstain_bands((threshold,))
    assert low < threshold < high
