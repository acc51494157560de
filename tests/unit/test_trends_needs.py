"""The needs axis: what is planted is found, what is not there is not placed, and nothing is raised."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from voc.needs import (
    APART,
    ATTRACTOR,
    CONSTANT,
    DRIVER,
    FEW,
    FITTED,
    LEAVING,
    MUST_HAVE,
    NOISE,
    NOTHING,
    OPEN,
    RATING,
    SPARSE,
    THEME,
    UNKNOWN,
    Effect,
    Need,
    NeedsAxis,
)
from voc.trends import needs as module
from voc.trends.association import Linear, Logistic, columns_of
from voc.trends.needs import ThemeSide, Told, needs_axis, sampled
from voc.trends.ratings import scale_of, scaled

DRIVERS = ("a", "b", "c", "d")


def _told(
    n: int,
    seed: int = 0,
    *,
    share: float = 0.15,
    rating: dict[str, float] | None = None,
    odds: dict[str, float] | None = None,
    customers: int | None = None,
) -> list[Told]:
    """``n`` documents; ``rating`` and ``odds``: what a label adds to the points of five and to the log-odds."""
    r = np.random.default_rng(seed)
    who = r.integers(customers or n // 2, size=n)
    mood = r.normal(0, 0.3, customers or n // 2)
    found = []
    for i in range(n):
        labels = {f"{d}.{s}" for d in DRIVERS for s in ("complaint", "praise") if r.random() < share}
        points = 3 + mood[who[i]] + r.normal(0, 0.8) + sum((rating or {}).get(x, 0.0) for x in labels)
        chance = 1 / (1 + np.exp(2 - sum((odds or {}).get(x, 0.0) for x in labels)))
        if r.random() < chance:
            labels.add(LEAVING)
        found.append(
            Told(f"k{i}", f"c{who[i]}", f"w{i % 6}", ("review", "email")[i % 2], "en", frozenset(labels), None,
                 float(points - 1) / 4, "1-5")
        )  # fmt: skip
    return found


def _need(axis: NeedsAxis, key: str) -> Need:
    return next(n for n in axis.needs if n.key == key)


def _effect(side: tuple[Effect, ...], outcome: str) -> Effect:
    return next(e for e in side if e.outcome == outcome)


def test_what_is_planted_is_found_with_its_size() -> None:
    rating, held = {"a.complaint": -1.2, "c.praise": 0.8}, 0
    for seed in range(6):
        axis = needs_axis(_told(800, seed, rating=rating, odds={"a.complaint": 1.5}), drivers=DRIVERS)
        assert [o.state for o in axis.outcomes] == [FITTED, FITTED]
        assert (_need(axis, "a").placing, _need(axis, "c").placing) == (MUST_HAVE, ATTRACTOR)
        for key, side, outcome, true in (
            ("a", "penalty", RATING, -1.2), ("a", "penalty", LEAVING, 1.5), ("c", "reward", RATING, 0.8),
        ):  # fmt: skip
            effect = _effect(getattr(_need(axis, key), side), outcome)
            assert effect.low is not None and effect.high is not None
            held += effect.low <= true <= effect.high
        assert axis.tests == 16 and axis.critical is not None and axis.critical > 2
    assert held >= 16, "of 18 intervals of 95%"


def test_where_there_is_nothing_at_most_one_need_in_twenty_is_placed() -> None:
    placed = Counter[str]()
    for seed in range(8):
        placed.update(n.placing for n in needs_axis(_told(400, seed), drivers=DRIVERS).needs)
    assert sum(n for name, n in placed.items() if name not in (NOISE, UNKNOWN)) <= 0.05 * placed.total()


def test_no_difference_is_said_only_of_what_is_shown_to_be_small() -> None:
    few, many = (needs_axis(_told(n, 1, share=0.4), drivers=DRIVERS) for n in (250, 6000))
    assert all(n.placing == UNKNOWN for n in few.needs)
    assert sum(n.placing == NOISE for n in many.needs) >= 3


def test_the_order_of_the_documents_changes_nothing() -> None:
    told = _told(400, 2, rating={"a.complaint": -1.0})
    mixed = told.copy()
    random.Random(4).shuffle(mixed)
    assert needs_axis(mixed, drivers=DRIVERS) == needs_axis(told, drivers=DRIVERS)


def test_the_scale_of_the_ratings_changes_nothing() -> None:
    stars = {f"k{i}": ("a.csv", float(1 + i % 5)) for i in range(400)}
    ten = {key: ("b.csv", (value - 1) * 2.5) for key, (_, value) in stars.items()}
    told, axes = _told(400, 2), []
    for given in (stars, ten):
        rated = scaled(given)
        axes.append(needs_axis([replace(t, scale=rated[t.key][0], rating=rated[t.key][1]) for t in told], drivers="ab"))
    assert axes[0].needs == axes[1].needs
    assert [list(a.outcomes[0].scales) for a in axes] == [["1-5"], ["0-10"]]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda i, t: replace(t, rating=None), NOTHING),
        (lambda i, t: replace(t, rating=t.rating if i < 100 else None), SPARSE),
        (lambda i, t: replace(t, rating=0.75), CONSTANT),
    ],
)
def test_ratings_that_say_nothing_are_named(change: Callable[[int, Told], Told], state: str) -> None:
    axis = needs_axis([change(i, t) for i, t in enumerate(_told(300))], drivers=DRIVERS)
    assert [o.state for o in axis.outcomes] == [state, FITTED]
    assert {e.outcome for n in axis.needs for e in (*n.penalty, *n.reward)} == {LEAVING}


@pytest.mark.parametrize("leaving", [True, False])
def test_without_an_outcome_there_is_no_need(leaving: bool) -> None:
    labels = frozenset({LEAVING} if leaving else ())
    axis = needs_axis([replace(t, rating=None, labels=labels) for t in _told(300)], drivers=DRIVERS)
    assert axis.needs == () and axis.tests == 0 and axis.critical is None
    assert axis.outcomes[1].state == (SPARSE if leaving else NOTHING)
    assert needs_axis([], drivers=DRIVERS).needs == ()


def test_perfect_separation_has_a_result() -> None:
    told = []
    for t in _told(500, 5):
        rest = t.labels - {LEAVING}
        told.append(replace(t, labels=rest | {LEAVING} if "a.complaint" in rest else rest))
    axis = needs_axis([replace(t, rating=float("a.complaint" not in t.labels)) for t in told], drivers=DRIVERS)
    assert _need(axis, "a").placing == MUST_HAVE
    assert all(e.estimate is not None and abs(e.estimate) < 20 for n in axis.needs for e in (*n.penalty, *n.reward))


def test_drivers_that_always_come_together_are_not_told_apart() -> None:
    told = [
        replace(t, labels=t.labels | {"b.complaint"} if "a.complaint" in t.labels else t.labels - {"b.complaint"})
        for t in _told(800, 6, rating={"a.complaint": -0.3})
    ]
    axis = needs_axis(told, drivers=DRIVERS)
    for key in "ab":
        assert _need(axis, key).placing == UNKNOWN
        effect = _effect(_need(axis, key).penalty, RATING)
        assert (effect.finding, effect.reason) == (OPEN, APART)


def test_many_documents_of_few_customers_say_little() -> None:
    told = [replace(t, customer=f"c{i % 15}") for i, t in enumerate(_told(400, 7, rating={"a.complaint": -2}))]
    axis = needs_axis(told, drivers=DRIVERS)
    effect = _effect(_need(axis, "a").penalty, RATING)
    assert (effect.finding, effect.reason) == (OPEN, FEW) and effect.customers <= 15


def test_a_document_that_is_written_ten_times_is_one_voice() -> None:
    told = _told(300, 8, customers=10_000)
    again = [replace(t, key=f"{t.key}-{i}") for t in told for i in range(10)]
    once, often = (_effect(_need(needs_axis(t, drivers="a"), "a").penalty, RATING) for t in (told, again))
    width = [(e.high or 0) - (e.low or 0) for e in (once, often)]
    assert width[1] > 0.8 * width[0]


def test_a_theme_has_one_side_and_the_effect_of_its_driver_with_its_own() -> None:
    told = []
    for i, t in enumerate(_told(900, 9, rating={"a.complaint": -0.8})):
        inside = "a.complaint" in t.labels and i % 2 == 0
        rating = (t.rating or 0) - (0.15 if inside else 0)  # 0.6 of five points more than the driver
        told.append(replace(t, rating=rating, themes=frozenset({"T1"} if inside else ())))
    axis = needs_axis(told, drivers=DRIVERS, themes=[ThemeSide("T1", "a", "complaint")])
    theme = _need(axis, "T1")
    assert (theme.kind, theme.placing, theme.reward) == (THEME, MUST_HAVE, ())
    effect = _effect(theme.penalty, RATING)
    assert effect.low is not None and effect.high is not None and effect.low <= -1.4 <= effect.high
    assert [n.kind for n in axis.needs].count(DRIVER) == 4


def test_beyond_what_there_is_time_for_whole_customers_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    told = _told(700, 10)
    monkeypatch.setattr(module, "MAX_DOCUMENTS", 400)
    sizes = Counter(t.who for t in told)
    kept = sampled(sizes)
    assert 300 < sum(sizes[who] for who in kept) <= 400
    assert sampled(dict(reversed(sizes.items()))) == kept
    monkeypatch.setattr(module, "MAX_DOCUMENTS", 1)
    assert len(sampled(sizes)) == 1, "somebody is always looked at"
    monkeypatch.setattr(module, "MAX_DOCUMENTS", 700)
    assert sampled(sizes) == set(sizes)
    assert needs_axis(told, drivers=DRIVERS, left_out=3).left_out == 3


def test_a_row_for_all_documents_with_the_same_columns_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    themes = [ThemeSide("T1", "a", "complaint")]
    told = [
        replace(t, themes=frozenset({"T1"} if "a.complaint" in t.labels and i % 2 else ()) if i % 3 else None)
        for i, t in enumerate(_told(900, 12, rating={"a.complaint": -0.8}, odds={"b.complaint": 1.0}))
    ]
    rows = needs_axis(told, drivers=DRIVERS, themes=themes)
    monkeypatch.setattr(Told, "columns", property(lambda t: (t.key,)))  # each document a row of its own
    assert needs_axis(told, drivers=DRIVERS, themes=themes) == rows


def test_a_weight_is_so_many_documents_and_redrawing_gets_to_the_end() -> None:
    r = np.random.default_rng(11)
    indices = [sorted({0, *np.flatnonzero(r.random(5) < 0.3) + 1}) for _ in range(200)]
    y = (r.random(200) < 0.3).astype(float)
    weights = r.integers(0, 4, 200)
    repeated = [row for row, w in zip(indices, weights, strict=True) for _ in range(w)]
    whole = columns_of([list(map(int, row)) for row in indices], 6)
    more = columns_of([list(map(int, row)) for row in repeated], 6)
    dense = whole.rows.toarray()
    assert np.allclose(whole.products(weights[:, None].astype(float))[0], dense.T @ (dense * weights[:, None]))
    for kind in (Linear, Logistic):
        weighed = weights[:, None].astype(float)
        drawn = kind(whole, np.arange(200), y).redraw(weighed, weighed * y[:, None])[0]
        fitted = kind(more, np.arange(len(repeated)), np.repeat(y, weights))
        error = np.sqrt(np.diag(fitted.covariance))
        assert np.all(np.abs(drawn - fitted.estimate) < 0.05 * error)


@pytest.mark.parametrize(
    ("ratings", "name"),
    [
        ([1, 2, 5], "1-5"), ([0, 3, 5], "0-5"), ([0, 1, 1], "0-1"), ([1, 1], "1-5"), ([3, 10], "1-10"),
        ([0, 7], "0-10"), ([55, 90], "0-100"), ([-1, 1], "-1-1"), ([-3, 5], None), ([250], None), ([], None),
    ],
)  # fmt: skip
def test_the_scale_of_a_feed(ratings: list[float], name: str | None) -> None:
    scale = scale_of(map(float, ratings))
    assert (scale and scale[0]) == name


def test_ratings_beyond_any_scale_are_left_out() -> None:
    assert scaled({"a": ("x.csv", 250.0), "b": ("y.csv", 3.0)}) == {"b": ("1-5", 0.5)}
