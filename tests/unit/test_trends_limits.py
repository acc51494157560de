from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom

from voc.trends.limits import OUTSIDE, band


@settings(max_examples=40)
@given(st.integers(1, 600), st.floats(0.005, 0.99), st.floats(1e-4, 0.02))
def test_the_band_holds_all_but_the_rarest_counts(n: int, mean: float, rho: float) -> None:
    low, high = (float(x[0]) for x in band(np.array([float(n)]), np.array([mean]), np.array([rho])))
    law = betabinom(n, mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho)
    first, last = round(low * n), round(high * n)
    assert 0 <= first <= last <= n
    slack = 0.1 * OUTSIDE  # of three moments instead of the sum
    assert law.cdf(first - 1) - law.pmf(first - 1) / 2 <= OUTSIDE / 2 + slack
    assert law.sf(last + 1) + law.pmf(last + 1) / 2 <= OUTSIDE / 2 + slack
    assert law.cdf(first) - law.pmf(first) / 2 > OUTSIDE / 2 - slack
    assert first == last or law.sf(last) + law.pmf(last) / 2 >= OUTSIDE / 2 - slack


def test_without_documents_or_baseline_there_is_no_band() -> None:
    low, high = band(np.array([0.0, 50, 50]), np.array([0.1, np.nan, 0.1]), np.array([0.001, 0.001, np.nan]))
    assert np.isnan(low).all() and np.isnan(high).all()


def test_more_documents_make_it_narrower_down_to_how_weeks_vary() -> None:
    n = np.array([50.0, 500, 5000, 500000])
    low, high = band(n, np.full(4, 0.1), np.full(4, 0.001))
    width = (high - low).tolist()
    assert width == sorted(width, reverse=True)
    assert width[-1] == pytest.approx(2 * 2.576 * np.sqrt(0.1 * 0.9 * 0.001), rel=0.05)
