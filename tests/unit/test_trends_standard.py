"""A change in who is heard is no change in what they say: the tests compare like with like."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.trends.fdr import ALONE, LEAST_TESTS
from voc.trends.series import Changes, changes
from voc.trends.standard import LEAST_DOCUMENTS, Strata, Stratum, mix_of, strata_of

Floats = npt.NDArray[np.float64]
WEEKS, MOVES = 36, 30
FERRY, FREIGHT = ("review", "en", "ferry"), ("review", "en", "freight")
LABEL = "leave"


SERIES = 100
SHIFT = np.array([[0.7, 0.3], [0.3, 0.7]])  # shares of the products: before MOVES, and from then on
EVEN = np.array([[0.5, 0.5], [0.5, 0.5]])


def company(seed: int, shares: Floats, rates: Floats, documents: int = 400) -> Strata:
    """A company of two products and SERIES labels; ``shares`` and ``rates``: (before or from MOVES on, product)."""
    rng = np.random.default_rng(seed)
    late = (np.arange(WEEKS) >= MOVES).astype(int)
    n = np.array([rng.multinomial(documents, shares[w]) for w in late], dtype=float)
    k = np.array([rng.binomial(n.astype(int), rates[late]) for _ in range(SERIES)], dtype=float)
    # a stratum of no product, which every pair of channel and language has, stands first and is empty
    n, k = np.insert(n, 0, 0, axis=1), np.insert(k, 0, 0, axis=2)
    return Strata(n, k, np.zeros(3, dtype=np.int64), np.arange(3))


def signalled(strata: Strata, *, standardised: bool = True) -> tuple[float, float]:
    """Share of the weeks from MOVES on, and of the series, that have a signal; each series is tested alone."""
    n = np.repeat(strata.n.sum(axis=1)[None], SERIES, axis=0)
    found = changes(strata.k.sum(axis=2), n, strata if standardised else None)
    signal = found.p[:, MOVES:] <= ALONE / LEAST_TESTS
    return float(signal.mean()), float(signal.any(axis=1).mean())


def test_a_shift_of_products_without_any_change_inside_them_is_no_signal() -> None:
    moved = company(1, SHIFT, np.array([[0.05, 0.2], [0.05, 0.2]]))
    assert signalled(moved, standardised=False)[1] == 1.0  # what a plain comparison makes of it
    assert signalled(moved)[0] <= 0.01


def test_a_steady_company_has_as_few_signals_as_before() -> None:
    steady = company(2, EVEN, np.array([[0.05, 0.2], [0.05, 0.2]]))
    assert signalled(steady)[0] <= 0.01


@pytest.mark.parametrize("shares", [SHIFT, EVEN])
def test_a_change_inside_the_products_is_found_also_where_these_shift(shares: Floats) -> None:
    moved = company(3, shares, np.array([[0.05, 0.2], [0.09, 0.34]]))
    assert signalled(moved)[1] >= 0.9


def test_a_new_product_of_which_nothing_is_known_gives_no_signal_by_its_mere_size() -> None:
    new = company(4, np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.1, 0.15], [0.1, 0.15]]))
    assert signalled(new)[1] <= signalled(new, standardised=False)[1] / 2


def weeks_of(strata: Strata) -> list[dict[Stratum, Counter[str]]]:
    """The weeks of the first series."""
    return [
        {FERRY: counts(row[1], strata.k[0, w, 1]), FREIGHT: counts(row[2], strata.k[0, w, 2])}
        for w, row in enumerate(strata.n)
    ]


def counts(n: float, k: float) -> Counter[str]:
    return Counter({"": int(n), LABEL: int(k)})


def test_what_later_weeks_hold_changes_nothing() -> None:
    weeks = weeks_of(company(5, SHIFT, np.array([[0.05, 0.2], [0.1, 0.3]])))
    weeks[-1]["call", "zh-Hans", "new"] = counts(900, 100)
    long = _tested(weeks)
    for end in (25, 31, 35):
        short = _tested(weeks[:end])
        np.testing.assert_allclose(short.p, long.p[:, :end], rtol=1e-9)
        np.testing.assert_allclose(short.mix, long.mix[:, :end], atol=1e-12)


def _tested(weeks: list[dict[Stratum, Counter[str]]]) -> Changes:
    n = np.array([[sum(c[""] for c in week.values()) for week in weeks]], dtype=float)
    k = np.array([[sum(c[LABEL] for c in week.values()) for week in weeks]], dtype=float)
    return changes(k, n, strata_of(weeks, [LABEL]))


def test_sparse_products_are_one_stratum() -> None:
    week = {("call", "en", f"p{i}"): counts(LEAST_DOCUMENTS // 10, i % 2) for i in range(9)}
    many = {("call", "en", "ferry"): counts(100, 5), **week}
    strata = strata_of([many] * 9, [LABEL])
    assert strata is not None
    assert strata.n.shape == (9, 2) and strata.n[0].tolist() == [27, 100]


def test_one_stratum_needs_no_standard() -> None:
    assert strata_of([{("call", "en", ""): counts(5, 1)}, {}], [LABEL]) is None


cells = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (max(pair), min(pair)))
weeks_of_strata = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(("call", "chat")), st.just("en"), st.sampled_from(("", "a", "b"))), cells, max_size=6
    ),
    min_size=3, max_size=8,
)  # fmt: skip


@given(weeks_of_strata)
@settings(max_examples=60, deadline=None)
def test_offsets_are_shares_and_none_where_the_mix_does_not_move(rows: list[dict[Stratum, tuple[int, int]]]) -> None:
    weeks = [{name: counts(*cell) for name, cell in row.items()} for row in rows]
    strata = strata_of(weeks, [LABEL])
    if strata is None:
        return
    last = len(weeks) - 1
    usable = np.ones((1, len(weeks)), dtype=bool)
    found = mix_of(strata, usable, last, 26)
    assert np.isfinite(found.offset).all() and (np.abs(found.offset) <= 1).all() and (found.extra >= 0).all()
    same = Strata(np.repeat(strata.n[:1], len(weeks), 0), strata.k, strata.pair, strata.product)
    np.testing.assert_allclose(mix_of(same, usable, last, 26).offset, 0, atol=1e-12)
