from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, gamma

from voc.trends.change import MIN_BASELINE, compare_week
from voc.trends.combine import ALL_RATIO, SHIFT_RATIO, gaussian_ratios
from voc.trends.dispersion import PRIOR_RHO, pooled_rho
from voc.trends.series import SIGNALS, changes
from voc.trends.tails import EXACT_BELOW, beta_binomial, pearson

Table = tuple[np.ndarray, np.ndarray]
UP, DOWN = (1, 3), (2, 4)


def drawn(
    rng: np.random.Generator, series: int, weeks: int, *, n: int = 1000, rho: float = 0.0005, share=0.04
) -> Table:
    """Counts ``k`` and documents ``n`` of steady series; ``share`` may be an array."""
    documents = np.maximum(rng.poisson(n, (series, weeks)), 1)
    mean = np.broadcast_to(share, documents.shape)
    own = rng.beta(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho)
    return rng.binomial(documents, own).astype(np.float64), documents.astype(np.float64)


@st.composite
def small_tables(draw: st.DrawFn) -> Table:
    series, weeks = draw(st.integers(1, 5)), draw(st.integers(10, 40))
    seed, n = draw(st.integers(0, 2**32)), draw(st.sampled_from([5, 60, 1000]))
    k, documents = drawn(np.random.default_rng(seed), series, weeks, n=n, rho=0.003)
    missing = np.random.default_rng(seed + 1).random(k.shape) < draw(st.sampled_from([0, 0.2]))
    k[missing] = documents[missing] = 0
    jump = draw(st.integers(0, weeks))
    k[:1, jump:] = np.minimum(3 * k[:1, jump:], documents[:1, jump:])
    return k, documents


# Tails


@given(st.integers(1, 400), st.floats(0.001, 0.999), st.floats(1e-4, 0.2), st.data())
def test_small_counts_have_the_tails_of_the_beta_binomial(n: int, mean: float, rho: float, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    law = betabinom(n, mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho)
    upper, lower = (float(x[0]) for x in beta_binomial(*(np.array([float(x)]) for x in (k, n, mean, rho))))
    if law.std() < EXACT_BELOW:
        assert upper == pytest.approx(float(law.sf(k) + law.pmf(k) / 2), rel=1e-6, abs=1e-9)
    assert upper + lower == pytest.approx(1)


@pytest.mark.parametrize("mean", [0.04, 0.3, 0.9])
@pytest.mark.parametrize("z", [-4.2, -3, -2, 2, 3, 4.2])
def test_large_counts_agree_with_the_exact_sum_where_they_take_over(mean: float, z: float) -> None:
    rho = 0.0004
    # The number of documents at which the standard deviation is just beyond the change of method.
    n = next(n for n in range(500, 10**6, 100) if n * mean * (1 - mean) * (1 + (n - 1) * rho) > EXACT_BELOW**2)
    k = round(n * mean + z * EXACT_BELOW)
    law = betabinom(n, mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho)
    upper, lower = (float(x[0]) for x in beta_binomial(*(np.array([float(x)]) for x in (k, n, mean, rho))))
    exact = float(law.sf(k) + law.pmf(k) / 2)
    assert min(upper, lower) == pytest.approx(min(exact, 1 - exact), rel=0.08 if abs(z) > 3 else 0.02)


@given(st.floats(-4, 4), st.floats(0.01, 1.5), st.booleans())
def test_three_moments_are_those_of_a_shifted_gamma(z: float, skewness: float, turned: bool) -> None:
    shape = 4 / skewness**2
    expected = float(gamma.sf(shape + z * np.sqrt(shape), shape))
    sign = -1 if turned else 1
    found = float(pearson(np.array([sign * z]), np.array([sign * skewness]))[0])
    assert found == pytest.approx(1 - expected if turned else expected, rel=1e-6, abs=1e-12)


# Over-dispersion


@pytest.mark.parametrize("rho", [0.0005, 0.003, 0.02])
@pytest.mark.parametrize("n", [60, 1000])
def test_over_dispersion_is_found_again(rho: float, n: int) -> None:
    k, documents = drawn(np.random.default_rng(7), 500, 30, n=n, rho=rho)
    assert pooled_rho(k, documents)[0] == pytest.approx(rho, rel=0.1, abs=0.0007 if n == 60 else 0.00005)


def test_one_shift_of_all_series_hardly_widens_it() -> None:
    k, n = drawn(np.random.default_rng(8), 200, 30, share=np.where(np.arange(30) < 20, 0.04, 0.06))
    assert pooled_rho(k, n)[0] < 0.0009


def test_nothing_to_learn_from_gives_the_prior() -> None:
    assert pooled_rho(np.zeros((3, 0)), np.zeros((3, 0)))[0] == PRIOR_RHO
    assert pooled_rho(np.zeros((3, 9)), np.full((3, 9), 100.0))[0] == PRIOR_RHO
    assert pooled_rho(np.array([[3.0, 0, 4]]), np.array([[90.0, 0, 90]]))[0] == PRIOR_RHO
    assert pooled_rho(np.array([[0.0, 1, 0]]), np.ones((1, 3)))[0] == PRIOR_RHO


# One p of several tests


def test_constants_of_the_combined_p_are_what_they_are_said_to_be() -> None:
    from scripts.simulate_trends import gaussian

    rng = np.random.default_rng(9)
    both = np.mean([gaussian_ratios(gaussian(rng, 26)) for _ in range(4)], axis=0)
    for found, written in zip(both, (ALL_RATIO, SHIFT_RATIO), strict=True):
        assert found[3:] == pytest.approx(written[3:], rel=0.06)


@pytest.mark.parametrize("n", [60, 1000])
def test_p_is_as_small_as_chance_makes_it(n: int) -> None:
    k, documents = drawn(np.random.default_rng(10), 6000, 34, n=n)
    p = compare_week(k, documents, np.ones(k.shape, dtype=np.bool_), 33).p
    # Counts of two or three cannot be improbably low, so that p's are on the safe side there.
    for level in (0.01, 0.05, 0.2):
        assert (0.3 if n == 60 else 0.75) * level < np.mean(p <= level) < 1.25 * level


# The engine


@settings(max_examples=25)
@given(small_tables(), st.data())
def test_a_week_does_not_depend_on_later_ones(table: Table, data: st.DataObject) -> None:
    k, n = table
    week = data.draw(st.integers(0, k.shape[1] - 1))
    whole, part = changes(k, n), changes(k[:, : week + 1], n[:, : week + 1])
    for name in ("p", "q", "baseline", "signal", "weeks"):
        assert np.array_equal(getattr(whole, name)[:, week], getattr(part, name)[:, week], equal_nan=True)


@settings(max_examples=25)
@given(small_tables(), st.randoms(use_true_random=False))
def test_the_order_of_series_does_not_matter(table: Table, random) -> None:
    k, n = table
    order = random.sample(range(len(k)), len(k))
    one, other = changes(k, n), changes(k[order], n[order])
    assert np.array_equal(one.signal[order], other.signal)
    assert one.p[order] == pytest.approx(other.p, rel=1e-6, nan_ok=True)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 200))
def test_more_cases_in_a_week_make_a_rise_surer(seed: int, more: int) -> None:
    k, n = drawn(np.random.default_rng(seed), 3, 30)
    k[0, -1] = round(0.05 * n[0, -1])
    higher = k.copy()
    higher[0, -1] += more
    # Only where both rise: p is two-sided.
    one, other = changes(k, n), changes(higher, n)
    if k[0, -1] / n[0, -1] > k[0, :-1].sum() / n[0, :-1].sum() and one.p[0, -1] < 0.5:
        assert other.p[0, -1] <= one.p[0, -1] * (1 + 1e-9)


def test_series_are_tested_from_the_ninth_week_on() -> None:
    k, n = drawn(np.random.default_rng(11), 10, 20)
    found = changes(k, n)
    assert found.tests.tolist() == [0] * MIN_BASELINE + [10] * 12
    assert np.isnan(found.p[:, :MIN_BASELINE]).all()
    assert np.isnan(found.baseline[:, :MIN_BASELINE]).all()
    assert (found.signal[:, :MIN_BASELINE] == 0).all()


@pytest.mark.parametrize(("factor", "side"), [(2.5, UP), (0.3, DOWN)])
def test_a_shift_is_found_named_and_left_in_peace(factor: float, side: tuple[int, int]) -> None:
    share = np.full((10, 70), 0.04)
    share[0, 32:] *= factor
    found = changes(*drawn(np.random.default_rng(12), 10, 70, share=share))
    assert SIGNALS[found.signal[0, 32]] == SIGNALS[side[0]]
    assert np.isin(found.signal[0, 32:40], side).all()
    assert found.baseline[0, 39] == pytest.approx(0.04, rel=0.1)  # what is signalled stays out of the baseline
    assert found.baseline[0, 40] == pytest.approx(0.04 * factor, rel=0.25)  # eight weeks on it is the level
    assert (found.signal[0, 40:] == 0).all()


def test_one_outlying_week_makes_no_new_baseline() -> None:
    k, n = drawn(np.random.default_rng(16), 10, 60)
    k[0, 32] = 200
    found = changes(k, n)
    assert found.signal[0, 32:35].tolist() == [1, 1, 1]  # it is in the windows of the weeks after it
    assert (found.begin[0] == 0).all()
    assert found.baseline[0, 50] == pytest.approx(0.047, abs=0.004)  # 26 weeks, of which it is one


def test_a_confirmed_shift_begins_a_dated_baseline_and_the_level_is_known_from_one_week_on() -> None:
    share = np.full((10, 50), 0.04)
    share[0, 30:] *= 2
    found = changes(*drawn(np.random.default_rng(17), 10, 50, share=share))
    assert found.begin[0].tolist() == [0] * 38 + [30] * 12
    assert (found.begin[1:] == 0).all()
    assert np.isnan(found.level[:, 0]).all() and np.isfinite(found.level[:, 1:]).all()
    assert np.isnan(found.spread[:, :MIN_BASELINE]).all() and (found.spread[:, MIN_BASELINE:] > 0).all()
    assert found.usable[0].tolist() == [False] * 30 + [True] * 20


def test_a_slow_climb_is_a_drift_first() -> None:
    share = np.full((10, 45), 0.04)
    share[0, 30:] *= 1.06 ** np.arange(1, 16)
    signals = [changes(*drawn(np.random.default_rng(seed), 10, 45, share=share)).signal[0, 30:] for seed in range(12)]
    found = [s[s > 0][0] for s in signals if s.any()]
    assert len(found) >= 11
    assert set(found) <= set(UP)
    assert any(SIGNALS[x] == "drift_up" for s in signals for x in s)


def test_twice_the_volume_is_no_signal() -> None:
    rng = np.random.default_rng(13)
    before, after = drawn(rng, 200, 32), drawn(rng, 200, 1, n=2000)
    k, n = (np.concatenate(pair, axis=1) for pair in zip(before, after, strict=True))
    assert (changes(k, n).signal[:, 32] > 0).mean() <= 0.01


@pytest.mark.parametrize("rho", [0.0005, 0.003])
def test_steady_series_are_left_alone(rho: float) -> None:
    k, n = drawn(np.random.default_rng(14), 200, 40, rho=rho)
    assert (changes(k, n).signal > 0).mean() < 0.002


def test_something_new_is_seen_and_too_few_documents_are_not_tested() -> None:
    n = np.stack([np.full(20, 1000.0), np.full(20, 10.0), np.full(20, 1000.0)])
    k = np.stack([np.zeros(20), np.zeros(20), np.full(20, 40.0)])
    k[0, -1] = 12
    found = changes(k, n)
    assert SIGNALS[found.signal[0, -1]] == "shift_up"
    assert found.few[1, MIN_BASELINE:].all()
    assert np.isnan(found.p[1]).all()
    assert found.tests[-1] == 2


def test_weeks_that_are_missing_are_no_baseline_and_no_window() -> None:
    k, n = drawn(np.random.default_rng(15), 4, 40)
    n[0, 20:25] = k[0, 20:25] = 0
    found = changes(k, n)
    assert np.isnan(found.p[0, 20:25]).all()
    assert np.isfinite(found.p[0, 25:]).all()
    assert found.weeks[0, 39] == found.weeks[1, 39] - 5
    assert found.tests[22] == 3


def test_an_outlying_week_that_is_back_in_the_baseline_makes_no_other_look_odd() -> None:
    k, n = drawn(np.random.default_rng(21), 3, 40)
    k[1, 20] = n[1, 20]
    found = changes(k, n)
    assert found.signal[1, 20] == SIGNALS.index("shift_up")
    assert not found.signal[1, 28:].any() and not found.signal[[0, 2]].any()
    assert found.baseline[1, 28:] == pytest.approx(0.04, rel=0.15)
