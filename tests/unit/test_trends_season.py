from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pytest

from voc.seasons import seasonal_days
from voc.trends.season import YEAR, day_of
from voc.trends.season import wave as wave_of
from voc.trends.series import Changes, changes
from voc.trends.standard import Strata
from voc.weeks import Week

Floats = npt.NDArray[np.float64]
FIRST = Week(2023, 10)
DOCUMENTS = 1000


def drawn(seed: int, share: Floats) -> tuple[Floats, Floats]:
    """Counts k of n of about 1,000 documents a week: (series, weeks) as ``share``."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(DOCUMENTS, share.shape)
    return rng.binomial(n, share).astype(np.float64), n.astype(np.float64)


def wave(series: int, weeks: int, size: float, seed: int = 1) -> Floats:
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, (series, 1))
    return 0.04 * (1 + size * np.sin(2 * np.pi * np.arange(weeks) / 52.18 + phase))


def share_with_signal(found: Changes, begin: int = YEAR) -> float:
    return float((found.signal[:, begin:] > 0).mean())


def test_a_yearly_wave_is_told_as_change_only_until_a_year_is_known() -> None:
    k, n = drawn(2, wave(10, 110, 0.3))
    with_season = changes(k, n, first=FIRST)
    assert share_with_signal(changes(k, n)) > 0.2
    assert share_with_signal(with_season) < 0.01
    # What it takes for the baseline follows the wave.
    true = wave(10, 110, 0.3)[:, YEAR:]
    off = with_season.baseline[:, YEAR:] - true
    assert np.sqrt((off**2).mean()) < 0.15 * 0.04
    assert np.isnan(with_season.season[:, :YEAR]).all() and not np.isnan(with_season.season[:, YEAR:]).any()


def test_a_change_within_a_wave_is_found() -> None:
    share = wave(5, 104, 0.3, seed=4)
    share[0, 98:] *= 1.6
    found = changes(*drawn(5, share), first=FIRST)
    assert np.isin(found.signal[0, 98:100], (1, 3)).any()
    assert not found.signal[0, 80:98].any()
    assert share_with_signal(changes(*drawn(5, np.delete(share, 0, axis=0)), first=FIRST)) < 0.01


def test_without_a_season_little_is_taken_for_one() -> None:
    k, n = drawn(6, np.full((10, 80), 0.04))
    plain, found = changes(k, n), changes(k, n, first=FIRST)
    assert np.abs(found.season[:, YEAR:]).max() < 0.1 * 0.04
    assert share_with_signal(found) <= share_with_signal(plain) + 0.005
    for name in ("p", "q", "baseline", "level", "spread", "signal", "begin"):
        assert np.array_equal(getattr(plain, name)[:, :YEAR], getattr(found, name)[:, :YEAR], equal_nan=True)


def test_a_yearly_sale_is_no_change_the_third_time() -> None:
    days = {day for year in range(2023, 2027) for day, code in seasonal_days(year) if code == "1111"}
    weeks = [FIRST.plus(w) for w in range(150)]
    sale = np.array([any(week.start <= day <= week.end for day in days) for week in weeks])
    share = np.where(sale, 0.07, 0.04) * np.ones((10, 1))
    k, n = drawn(7, share)
    plain, found = changes(k, n).signal, changes(k, n, first=FIRST).signal
    first, _, third = np.flatnonzero(sale)
    assert (found[:, first] > 0).mean() > 0.8  # nobody can know it yet
    assert (plain[:, third] > 0).mean() > 0.8
    assert (found[:, third] > 0).mean() < 0.3


def test_what_is_said_of_a_week_depends_on_no_later_one_nor_on_the_order_of_series() -> None:
    k, n = drawn(8, wave(4, 64, 0.2))
    n[2, 20:24] = k[2, 20:24] = 0
    whole, part = changes(k, n, first=FIRST), changes(k[:, :60], n[:, :60], first=FIRST)
    assert np.array_equal(whole.p[:, :60], part.p, equal_nan=True)
    order = [2, 0, 3, 1]
    moved = changes(k[order], n[order], first=FIRST)
    assert moved.p == pytest.approx(whole.p[order], rel=1e-6, nan_ok=True)


def test_odd_counts_are_no_error() -> None:
    k = np.array([np.zeros(70), np.full(70, 9.0), np.where(np.arange(70) % 9, 0.0, 9.0), np.zeros(70)])
    n = np.array([np.full(70, 9.0), np.full(70, 9.0), np.where(np.arange(70) % 9, 0.0, 9.0), np.zeros(70)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for first in (Week(1, 1), FIRST, Week(9996, 1)):
            found = changes(k, n, first=first)
            assert not found.signal.any() and not np.isinf(found.baseline).any()


def test_a_season_of_who_is_heard_is_not_taken_out_twice() -> None:
    weeks, rng = 110, np.random.default_rng(9)
    n = np.zeros((weeks, 4))
    calls = 0.5 + 0.3 * np.sin(2 * np.pi * np.arange(weeks) / 52.18)
    n[:, 1], n[:, 3] = rng.poisson(1000 * calls), rng.poisson(1000 * (1 - calls))
    k = rng.binomial(n.astype(np.int64), [0, 0.08, 0, 0.02], (6, weeks, 4)).astype(np.float64)
    strata = Strata(n, k, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    whole = np.broadcast_to(n.sum(axis=1), (6, weeks))
    found = changes(k.sum(axis=2), whole, strata, FIRST)
    assert share_with_signal(found) < 0.01
    assert np.nanmean(np.abs(found.season)) < 0.1 * np.mean(np.abs(found.mix[:, YEAR:]))


@pytest.mark.parametrize(
    ("week", "day"),
    [("2026-W45", ""), ("2026-W46", "1111"), ("2026-W47", "+1111"), ("2026-W52", "christmas"),
     ("2026-W53", "+christmas"), ("2025-W01", "+christmas"), ("2027-W01", ""), ("2027-W05", "spring"),
     ("2027-W06", "+spring"), ("0001-W01", ""), ("9998-W52", "christmas")],
)  # fmt: skip
def test_days_have_their_week_and_the_one_after(week: str, day: str) -> None:
    assert day_of(Week.parse(week)) == day


def test_the_wave_comes_back_after_a_year() -> None:
    assert wave_of(Week.parse("2020-W53")) == pytest.approx(wave_of(Week.parse("2026-W53")), abs=0.05)
    assert wave_of(Week.parse("2027-W01")) == pytest.approx(wave_of(Week.parse("2026-W01")), abs=0.25)  # six days
