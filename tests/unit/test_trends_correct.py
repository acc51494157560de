from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import beta

from voc.trends.correct import LEAST_GAP, ErrorTable, Shares, corrected, sampled

counts = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.builds(
    ErrorTable, st.integers(0, 500), st.integers(0, 500), st.integers(0, 5000), st.integers(0, 5000)
).filter(lambda table: table.problem is None)


def of(k: float, n: float, table: ErrorTable) -> tuple[float, float, float]:
    share, low, high = corrected(np.array([float(k)]), np.array([float(n)]), table)
    return float(share[0]), float(low[0]), float(high[0])


@given(st.floats(0, 1), st.integers(1, 99), st.integers(0, 98))
def test_the_correction_undoes_the_error(truth: float, found: int, false: int) -> None:
    assume(found - false >= 100 * LEAST_GAP)
    table = ErrorTable(found, 100 - found, false, 100 - false)
    read = truth * found / 100 + (1 - truth) * false / 100
    share, low, high = of(read * 1e6, 1e6, table)
    assert share == pytest.approx(truth, abs=1e-9)
    assert low <= truth + 1e-9
    assert high >= truth - 1e-9


def test_the_reading_of_the_issue() -> None:
    """With recall 0.70 and a false-positive rate of 0.02 a share of 3.0% reads 4.04%, and a rise of 50% reads 25%."""
    table = ErrorTable(700, 300, 200, 9800)
    assert of(404, 10_000, table)[0] == pytest.approx(0.03)
    assert of(506, 10_000, table)[0] == pytest.approx(0.045)


@given(counts, tables)
def test_the_interval_holds_the_share(pair: tuple[int, int], table: ErrorTable) -> None:
    share, low, high = of(*pair, table)
    assert 0 <= low <= share <= high <= 1
    assert low < high


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))), tables)
def test_one_more_case_never_lowers_anything(pair: tuple[int, int], table: ErrorTable) -> None:
    k, n = pair
    assert all(after >= before - 1e-9 for before, after in zip(of(k, n, table), of(k + 1, n, table), strict=True))


@given(counts, tables, st.integers(2, 20))
def test_a_larger_table_narrows_the_interval(pair: tuple[int, int], table: ErrorTable, factor: int) -> None:
    larger = ErrorTable(*(factor * count for count in (table.tp, table.fn, table.fp, table.tn)))
    share, low, high = of(*pair, table)
    same, low_more, high_more = of(*pair, larger)
    assert same == pytest.approx(share, abs=1e-9)
    assume(0 < share < 1)  # where the share was cut, only the side that is not is an interval
    assert high_more - low_more <= high - low + 1e-9


@given(counts)
def test_a_classifier_without_error_leaves_sampling_alone(pair: tuple[int, int]) -> None:
    k, n = (np.array([float(x)]) for x in pair)
    share, low, high = corrected(k, n, ErrorTable(10**12, 0, 0, 10**12))
    plain = sampled(k, n)
    assert np.allclose([share, low, high], plain, atol=2e-5)


@given(counts)
def test_without_a_table_it_is_the_interval_of_jeffreys(pair: tuple[int, int]) -> None:
    k, n = pair
    share, low, high = (float(x[0]) for x in sampled(np.array([float(k)]), np.array([float(n)])))
    assert share == pytest.approx(k / n)
    assert low == pytest.approx(0 if k == 0 else beta.ppf(0.025, k + 0.5, n - k + 0.5))
    assert high == pytest.approx(1 if k == n else beta.ppf(0.975, k + 0.5, n - k + 0.5))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (ErrorTable(0, 0, 3, 7), "no document with the label or none without"),
        (ErrorTable(3, 7, 0, 0), "no document with the label or none without"),
        (ErrorTable(10, 90, 5, 95), "found where true less found where false is 0.05, under 0.1"),
        (ErrorTable(10, 90, 90, 10), "is -0.80"),
    ],
)
def test_a_table_that_says_nothing_corrects_nothing(table: ErrorTable, reason: str) -> None:
    assert table.problem is not None
    assert reason in table.problem
    assert np.isnan(corrected(np.array([40.0]), np.array([1000.0]), table)).all()


@pytest.mark.parametrize("count", [-1, float("nan"), float("inf")])
def test_an_error_table_holds_counts(count: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        ErrorTable(1, count, 1, 1)


def test_a_week_without_documents_has_no_share() -> None:
    k, n = np.array([0.0, 4.0]), np.array([0.0, 100.0])
    for part in (sampled(k, n), corrected(k, n, ErrorTable(70, 30, 20, 980))):
        assert isinstance(part, Shares)
        assert np.isnan(np.array(part)[:, 0]).all()
        assert np.isfinite(np.array(part)[:, 1]).all()


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(606)
    held = []
    for _ in range(400):
        size = int(rng.integers(25, 501))
        tp, fp = rng.binomial(size, 0.7), rng.binomial(24 * size, 0.02)
        truth = rng.beta(0.04 * 1999, 0.96 * 1999, 40)
        n = np.full(40, 1000.0)
        k = rng.binomial(1000, truth * 0.7 + (1 - truth) * 0.02).astype(np.float64)
        _, low, high = corrected(k, n, ErrorTable(tp, size - tp, fp, 24 * size - fp))
        held.append((low <= truth) & (truth <= high))
    assert 0.93 <= np.mean(held) <= 0.97  # two standard errors are 0.02: all weeks of a file share its table
