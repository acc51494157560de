"""Reading labelled data, figures over predictions, evidence, records and the gate."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from classify_tiny import ALONE, KIND, RUDE

from voc.classify import record
from voc.classify.curves import curves
from voc.classify.evaluate import BAND, Figure, coverage_table, figures, slices
from voc.classify.evaluation import evaluation, render_evaluation
from voc.classify.evidence import evidence
from voc.classify.gate import check_gate, read_gate, set_gate
from voc.classify.gold import Example, gold_row, labelled, read_gold, read_predictions
from voc.classify.mistakes import mistakes
from voc.classify.outcome import Outcome, outcome, shows
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
    got = figures(outcome(examples, [r.prediction for r in results], LABELS), rounds=50)
    assert got[f"f1.{RUDE}"].value == 0.8
    assert "gap.languages" not in got, "there is one language"
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
        ([0.07, 0.8, 0.09, 0.07], (None,) * 4, (1, 2), []),  # 0.09 is a tenth of 0.8, 0.07 is not
        ([0.7, 0.8, 0.7, 0.07], (None,) * 4, (0, 2), []),  # what has joined is not listed again
        ([0.8, 0.07, 0.7, 0.07], (None,) * 4, (0, 0), [2]),  # only neighbours join
        ([0.7, 0.8, 0.7, 0.07], (0, 1, 1, 1), (1, 2), [0]),  # and none of another turn
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


def said(
    text: str, true: set[str], found: tuple[str, ...], language: str = "en", **parts: object
) -> tuple[Example, Prediction]:
    document = Document("d", text, "s", language=language)
    probability = tuple(0.9 if label in found else 0.1 for label in LABELS)
    prediction = Prediction("d", "m", "ok", probability, found, (), ())
    return Example(document, frozenset(true), {}), replace(prediction, **parts)  # type: ignore[arg-type]


def side_by_side(*cases: tuple[Example, Prediction]) -> tuple[list[Example], Outcome]:
    examples = [example for example, _ in cases]
    return examples, outcome(examples, [prediction for _, prediction in cases], LABELS)


FOUR = (
    said("Rude clerk.", {RUDE}, (RUDE,)),
    said("Rude clerk again.", {RUDE}, (), abstained=(RUDE,)),
    said("好的。", set(), (RUDE,), "zh-Hans"),
    said("态度差。", {RUDE}, (RUDE,), "zh-Hans"),
)


def test_slices_by_hand() -> None:
    rows = {(s.part, s.name): s for s in slices(side_by_side(*FOUR)[1], rounds=40) if s.label == RUDE}
    assert list(rows) == [
        ("all", "all"), ("language", "en"), ("language", "zh-Hans"), ("channel", "review"), ("source", "s"),
    ]  # fmt: skip
    whole, english, chinese = rows["all", "all"], rows["language", "en"], rows["language", "zh-Hans"]
    assert (whole.documents, whole.true, whole.found) == (4, 3, 3)
    assert (whole.precision.value, whole.recall.value) == (0.6667, 0.6667)
    assert (english.precision.value, english.recall.value, english.f1.value) == (1.0, 0.5, 0.6667)
    assert (chinese.precision.value, chinese.recall.value) == (0.5, 1.0)
    assert whole.f1.low <= whole.f1.value <= whole.f1.high
    praise = next(s for s in slices(side_by_side(*FOUR)[1], rounds=10) if s.label == KIND)
    assert (praise.precision.value, praise.recall.value, praise.f1.value) == (0.0, 0.0, 0.0)


def test_slices_have_the_intervals_of_the_figures() -> None:
    got = side_by_side(*FOUR * 5)[1]
    row = next(s for s in slices(got, rounds=200) if s.label == RUDE)
    assert row.f1 == replace(figures(got, rounds=200)[f"f1.{RUDE}"], documents=20)


def test_the_gap_of_languages_is_at_equal_frequencies() -> None:
    """The same recall and false-alarm rate in both languages, but other frequencies: no gap."""
    cases = []
    for language, true, other in (("en", 8, 2), ("zh-Hans", 2, 8)):
        cases += [said("Rude.", {RUDE}, (RUDE,) if i % 2 else (), language) for i in range(true)]
        cases += [said("Fine.", set(), (RUDE,) if i % 2 else (), language) for i in range(other)]
    got = figures(side_by_side(*cases)[1], rounds=10)
    assert got["gap.languages"].value == pytest.approx(0.0, abs=1e-9)
    assert got["f1.complaints.en"].value > got["f1.complaints.zh-Hans"].value + 0.05


def test_coverage_leaves_out_the_unclear_and_the_least_sure() -> None:
    rows = {c.rule: c for c in coverage_table(side_by_side(*FOUR)[1]) if c.label == RUDE}
    assert list(rows) == [BAND, "0.95", "0.90", "0.80"]
    assert (rows[BAND].coverage, rows[BAND].recall, rows[BAND].precision) == (0.75, 1.0, 0.6667)
    unsure = [said("x", {RUDE}, (RUDE,)), said("y", set(), (RUDE,), probabilities=(0.55,) + (0.1,) * 8)]
    kept = {c.rule: c for c in coverage_table(side_by_side(*unsure, *[said("z", set(), ())] * 3)[1]) if c.label == RUDE}
    assert (kept["0.80"].coverage, kept["0.80"].error) == (0.8, 0.0)
    assert kept["0.95"].error == 0.2


def test_curves_by_hand() -> None:
    cases = [said("a", {RUDE}, (RUDE,), probabilities=(p,) + (0.1,) * 8) for p in (0.9, 0.7)]
    cases.insert(1, said("b", set(), (RUDE,), probabilities=(0.8,) + (0.1,) * 8))
    rude = curves(side_by_side(*cases)[1])[0]
    assert rude.precision_recall == ((0.5, 1.0), (0.5, 0.5), (1.0, 0.6667))
    assert rude.average_precision == pytest.approx(0.8333, abs=1e-4)
    assert rude.risk_coverage[-1] == (1.0, 0.3333)
    assert sum(count for _, _, count in rude.calibration) == 3
    assert curves(side_by_side()[1])[0].precision_recall == ()


def test_mistakes_are_redacted_and_the_page_escapes_them() -> None:
    text = "<script>alert(1)</script> Mail ann.lee@example.com =1+1"
    examples, got = side_by_side(said(text, {RUDE}, (KIND,)))
    missed, invented = mistakes(examples, got)
    assert (missed.kind, missed.label, invented.kind, invented.label) == ("missed", RUDE, "invented", KIND)
    assert "[email]" in missed.text
    value = evaluation(examples, got, model="<m>", gold="g", digest="d" * 64, rounds=10, coverage=True)
    page = render_evaluation(value)
    assert page == render_evaluation(value)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "ann.lee@" not in page + json.dumps(value.as_dict())
    policy = re.search(r"style-src 'sha256-([^']+)'", page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy and style
    assert policy[1] == base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert page.count("data:image/svg+xml;base64,") == 3


def test_records_are_read_as_predictions_and_as_gold(tmp_path: Path) -> None:
    text = "态度恶劣。But the host was friendly."
    spans = (Evidence(RUDE, 0, 0, 5, 0.9), Evidence(KIND, 1, 5, 31, 0.8))
    document = Document("d7", text, "t", "email", language="zh-Hans")
    line = record(document, result((RUDE, KIND), 0.9, spans), TAXONOMY)
    file = write(tmp_path, line, line)
    (said_,) = read_predictions(file, TAXONOMY).values()
    assert (said_.labels, said_.probabilities) == ((RUDE, KIND), result((RUDE, KIND), 0.9).prediction.probabilities)
    assert [(e.label, e.start, e.end) for e in said_.evidence] == [(RUDE, 0, 5), (KIND, 5, 31)]
    first, _ = read_gold(file, TAXONOMY, {"d7": document})
    assert (first.labels, first.quotes) == ({RUDE, KIND}, {RUDE: "态度恶劣。"})
    with pytest.raises(InputError, match=r"gold\.jsonl:1: .*'text' is missing"):
        read_gold(file, TAXONOMY)
    with pytest.raises(InputError, match="the documents have none with the id 'd7'"):
        read_gold(file, TAXONOMY, {})
    other = write(tmp_path, line, line | {"leave_probability": 0.7})
    with pytest.raises(InputError, match=r"gold\.jsonl:2: a second, different record of the document 'd7'"):
        read_predictions(other, TAXONOMY)
    with pytest.raises(InputError, match=r"gold\.jsonl:1: not a record"):
        read_predictions(write(tmp_path, {"id": "1", "text": "x", "neg": {}, "pos": [], "leave": 0}), TAXONOMY)


def test_gold_rows_come_back() -> None:
    document = Document("d", "没人接电话", "shop", "post", language="zh-Hans")
    example = Example(document, frozenset({ALONE, KIND, LEAVE}), {ALONE: "没人接"}, "CC0-1.0")
    assert labelled(document, gold_row(example), TAXONOMY) == example


GATE = Figure(0.8, 0.7, 0.9, 10)


def test_gate() -> None:
    _, got_ = side_by_side(said("The clerk was rude to me.", {RUDE}, (RUDE,)))
    got = figures(got_, rounds=10)
    base = {"data": "d", "model": "m"}
    check_gate(got, {**base, "floor": {f"f1.{RUDE}": 1.0}, "ceiling": {"ece": 0.11}}, "d", "m")
    with pytest.raises(QualityGateError, match=r"f1\.complaints is 0\.2500, its floor is 0\.3000") as caught:
        check_gate(got, {**base, "floor": {"f1.complaints": 0.3}}, "d", "m")
    assert caught.value.exit_code == 5
    with pytest.raises(QualityGateError, match=r"ece is 0\.1000, its ceiling is 0\.0500"):
        check_gate(got, {**base, "ceiling": {"ece": 0.05}}, "d", "m")
    with pytest.raises(QualityGateError, match="measured on data other"):
        check_gate(got, {"data": "other", "model": "m"}, "d", "m")
    with pytest.raises(QualityGateError, match="measured on the model other"):
        check_gate(got, {"data": "d", "model": "other"}, "d", "m")
    with pytest.raises(ConfigError, match=r"unknown figure 'f1\.nothing'"):
        check_gate(got, {**base, "floor": {"f1.nothing": 0.3}}, "d", "m")


def test_floors_only_rise_unless_a_reason_is_given(tmp_path: Path) -> None:
    file = tmp_path / "floors.toml"
    measured = {"f1.complaints": GATE, "ece": Figure(0.04, 0.02, 0.06, 10), "f1.praises": GATE}
    set_gate(file, "dev", measured, "d", "m")
    entry = read_gate(file)["dev"]
    assert entry["floor"] == {"f1.complaints": 0.75, "f1.praises": 0.75}
    assert entry["ceiling"] == {"ece": 0.05}
    check_gate(measured, entry, "d", "m")
    set_gate(file, "other", {"f1.complaints": GATE}, "d2", "m")
    assert read_gate(file)["dev"] == entry, "the other entries stay"
    less = {"f1.complaints": Figure(0.78, 0.6, 0.9, 10), "ece": Figure(0.03, 0.01, 0.05, 10), "f1.praises": GATE}
    set_gate(file, "dev", less, "d", "m2")
    after = read_gate(file)["dev"]
    assert (after["model"], after["floor"], after["ceiling"]) == ("m2", entry["floor"], {"ece": 0.04})
    worse = less | {"f1.complaints": Figure(0.6, 0.5, 0.7, 10)}
    before = file.read_bytes()
    with pytest.raises(QualityGateError, match=r"f1\.complaints is 0\.6000, its floor is 0\.7500") as caught:
        set_gate(file, "dev", worse, "d", "m3")
    assert "--lower" in (caught.value.hint or "")
    with pytest.raises(QualityGateError, match="measured on data d"):
        set_gate(file, "dev", worse, "new data", "m3")
    assert file.read_bytes() == before
    set_gate(file, "dev", worse, "d", "m3", loosen='a "stricter" codebook')
    lowered = read_gate(file)["dev"]
    assert (lowered["floor"]["f1.complaints"], lowered["lowered"]) == (0.55, 'a "stricter" codebook')


def test_a_damaged_gate_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "g.toml").write_text("[dev]\nfloor = 1\n")
    with pytest.raises(ConfigError, match=r"\[dev\] lacks data or model"):
        read_gate(tmp_path / "g.toml")
    assert read_gate(tmp_path / "none.toml") == {}


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
