"""Shares from probabilities: right where these are, honest where another source puts them off, mended by an audit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from voc.results import Correction, DayCount
from voc.trends.correct import ErrorTable
from voc.trends.scale import Scale
from voc.trends.stream import PULL, SPREAD, TAILS, Stream

LABEL = "neglect.complaint"
THRESHOLD, USUAL = 0.4, 0.25
TABLE = ErrorTable(200, 50, 75, 675)  # calibrated at USUAL


def sigmoid(odds: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return 1 / (1 + np.exp(-odds))


def documents(chances: Sequence[float], by_hand: Sequence[bool | None] = ()) -> list[DayCount]:
    rows = []
    for i, chance in enumerate(chances):
        said = by_hand[i] if i < len(by_hand) else None
        found = chance >= THRESHOLD if said is None else said
        labels, set_by_hand = frozenset({LABEL} if found else ()), frozenset({LABEL} if said is not None else ())
        rows.append(DayCount(f"k{i}", None, None, labels, probabilities=(float(chance),), by_hand=set_by_hand))
    return rows


def correction(rows: Sequence[DayCount], audit: dict[str, dict[str, bool]] | None = None) -> Correction:
    stream = Stream((LABEL,), audit or {})
    for row in rows:
        stream.add(row)
    return stream.corrections({LABEL: TABLE})[LABEL]


def share(rows: Sequence[DayCount], known: Correction) -> tuple[float, float, float]:
    k, n = sum(LABEL in row.labels for row in rows), len(rows)
    return Scale(known).shares(np.array([float(k)]), np.array([float(n)]))[0]


def drawn(rng: np.random.Generator, n: int, level: float, off: float) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Probabilities, and labels whose log odds are ``off`` from them."""
    odds = rng.normal(level, 2.5, n)
    return sigmoid(odds), rng.random(n) < sigmoid(odds + off)


def test_easy_documents_are_not_corrected_away() -> None:
    """Of 180, 36 were found and most of them surely; the error table of hard documents made 1.7% of them."""
    rows = documents([0.9] * 24 + [0.5] * 12 + [0.01] * 144)
    found = share(rows, correction(rows))
    assert 0.13 < found[0] < 0.17
    assert found[1] > 0.05 and found[2] < 0.26


def test_the_level_is_what_the_probabilities_add_up_to_and_a_step_is_as_large_as_the_table_says() -> None:
    rows = documents([0.8] * 50 + [0.2] * 50 + [0.0] * 100)
    known = correction(rows)
    assert (known.documents, known.audited, known.counted) == (200, 0, 0.25)
    assert known.share == pytest.approx(0.25, abs=0.01)
    assert known.low < known.share < known.high
    assert known.gap == TABLE.gap and known.least < known.gap < known.most
    more = documents([0.8] * 60 + [0.0] * 140)
    assert share(more, known)[0] - share(rows, known)[0] == pytest.approx(0.05 / TABLE.gap)


def test_a_rise_is_as_large_as_it_is() -> None:
    """Recall 0.7, false alarms 2%: counts made 25% of a rise of 50%."""
    rng = np.random.default_rng(2)
    stream = Stream((LABEL,))
    table, weeks = ErrorTable(28, 12, 19.2, 940.8), []
    for rate in (0.04, 0.06):
        true = rng.random(20_000) < rate
        chance = np.where(rng.random(20_000) < np.where(true, 0.7, 0.02), 0.593, 0.0126)
        weeks.append(documents(chance))
    for row in weeks[0]:
        stream.add(row)
    known = stream.corrections({LABEL: table})[LABEL]
    before, after = (share(rows, known)[0] for rows in weeks)
    assert before == pytest.approx(0.04, abs=0.004)
    assert after / before == pytest.approx(1.5, abs=0.12)


def test_a_stream_in_which_less_is_said_pulls_what_is_unclear_down() -> None:
    few, many = (correction(documents([*[0.5] * 40, *rest])) for rest in ([0.0] * 960, [1.0] * 960))
    assert few.share < 0.015 and many.share > 0.985


def test_what_people_set_by_hand_is_known() -> None:
    known = correction(documents([0.6] * 40, [True] * 30 + [False] * 10))
    assert known.low == known.share == known.high == known.counted == 0.75


def test_what_was_not_heard_or_has_no_probabilities_is_passed_over() -> None:
    stream = Stream((LABEL,))
    stream.add(DayCount("a", None, None, frozenset({LABEL})))
    stream.add(DayCount("b", None, None, frozenset(), False, probabilities=(0.3,)))
    assert stream.corrections({LABEL: TABLE}) == {}


def test_intervals_hold_the_share_of_sources_that_are_off_as_sources_are() -> None:
    rng, held = np.random.default_rng(3), []
    for _ in range(150):
        chance, _ = drawn(rng, 3000, rng.normal(-2.5, 1), 0)
        rows = documents(chance)
        known = correction(rows)
        off = float(np.clip(rng.standard_t(TAILS) * SPREAD, -5, 5))
        middle = sum(row.probabilities[0] for row in rows) / len(rows)
        pulled = PULL * (math.log(middle / (1 - middle)) - math.log(USUAL / (1 - USUAL)))
        true = sigmoid(np.log(chance) - np.log1p(-chance) + pulled + off)
        week = rng.choice(3000, 180, replace=False)
        found = share([rows[i] for i in week], known)
        held.append(found[1] <= true.mean() <= found[2])
    assert 0.9 <= np.mean(held) <= 1


@pytest.mark.parametrize("off", [0.0, -1.2, 1.2])
def test_an_audit_mends_probabilities_that_are_off(off: float) -> None:
    """Prediction-powered: right, and narrower than the labels of the audit alone."""
    rng, held, widths, alone = np.random.default_rng(11), [], [], []
    for _ in range(60):
        chance, true = drawn(rng, 4000, -1.5, off)
        picked = rng.choice(4000, 300, replace=False)
        audit = {f"k{i}": {LABEL: bool(true[i])} for i in picked}
        rows = documents(chance)
        known = correction(rows, audit)
        assert known.audited == 300
        found = share(rows, known)
        held.append(found[1] <= true.mean() <= found[2])
        widths.append(found[2] - found[1])
        alone.append(2 * 1.96 * math.sqrt(true[picked].mean() * (1 - true[picked].mean()) / 300))
    assert np.mean(held) >= 0.88
    assert np.mean(widths) < 0.97 * np.mean(alone)


def test_the_more_was_audited_the_surer() -> None:
    rng = np.random.default_rng(5)
    chance, true = drawn(rng, 4000, -1.5, -1.0)
    rows = documents(chance)
    widths, errors = [], []
    for count in (0, 20, 100, 1000):
        audit = {f"k{i}": {LABEL: bool(true[i])} for i in range(count)}
        found = share(rows, correction(rows, audit))
        widths.append(found[2] - found[1])
        errors.append(abs(found[0] - true.mean()))
    assert widths == sorted(widths, reverse=True)
    assert errors[3] < 0.01 < errors[0]


def test_a_small_audit_without_a_single_case_does_not_say_that_there_is_none() -> None:
    rows = documents([0.7] * 30 + [0.01] * 970)
    known = correction(rows, {f"k{i}": {LABEL: False} for i in range(100, 110)})
    found = share(rows, known)
    assert found[0] > 0.015 and found[2] > 0.025


def test_an_audit_counts_where_its_documents_are() -> None:
    rows = documents([0.5] * 100)
    audit = {f"k{i}": {LABEL: False, "leave": True} for i in range(50)} | {"gone": {LABEL: True}}
    assert correction(rows, audit).audited == 50


chances = st.lists(st.floats(0, 1), min_size=1, max_size=60)
counts = st.floats(0, 1000)


@given(chances, st.lists(st.booleans(), max_size=20), st.builds(ErrorTable, counts, counts, counts, counts))
@settings(deadline=None, max_examples=60)
def test_what_it_says_is_possible(given_chances: list[float], labels: list[bool], table: ErrorTable) -> None:
    rows = documents(given_chances)
    stream = Stream((LABEL,), {f"k{i}": {LABEL: label} for i, label in enumerate(labels)})
    for row in rows:
        stream.add(row)
    assume(table.problem is None)
    known = stream.corrections({LABEL: table})[LABEL]
    assert 0 <= known.low <= known.share <= known.high <= 1
    assert 0 < known.least <= known.gap <= known.most <= 1
    assert known.audited == min(len(labels), len(rows))
    for k in (0, 3, 7):
        at, low, high = Scale(known).shares(np.array([float(k)]), np.array([7.0]))[0]
        assert 0 <= low <= at <= high <= 1
