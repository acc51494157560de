"""Two ranges beside each other: the test holds its rate, the interval covers, like is compared with like."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.ranges import Comparison, Range
from voc.results import DayCount
from voc.trends import compare, theme_tests
from voc.trends.correct import ErrorTable
from voc.weeks import Week

LABELS = ("leave", "neglect.complaint")
ZONE = ZoneInfo("Asia/Shanghai")
LAST = Week.parse("2026-W46")
ERRORS = dict.fromkeys(LABELS, ErrorTable(160, 40, 30, 2970))


def week(back: int) -> Range:
    own = LAST.plus(-back)
    return Range(str(own), own.start.isoformat(), own.end.isoformat())


def documents(back: int, n: int, k: int, channel: str = "review", product: str = "") -> list[DayCount]:
    day = LAST.plus(-back).start.isoformat()
    return [
        DayCount(
            f"{back}{channel}{product}{i}", day, f"c{i}", frozenset(LABELS[:1] if i < k else ()), True, channel, "en",
            product,
        )
        for i in range(n)
    ]  # fmt: skip


def compared(counts: list[DayCount], before: Range | None = None, after: Range | None = None, **more) -> Comparison:  # type: ignore[no-untyped-def]
    return compare(counts, before or week(1), after or week(0), labels=LABELS, zone=ZONE, **more)


def test_counts_shares_customers_and_days_are_those_of_the_ranges() -> None:
    rows = [*documents(1, 200, 20), *documents(0, 100, 30), *documents(5, 50, 50)]
    found = compared(rows, as_of=date(2026, 11, 12))
    leave, neglect = found.series
    assert (leave.before.k, leave.before.n, leave.after.k, leave.after.n) == (20, 200, 30, 100)
    assert (leave.before.customers, leave.after.customers) == (20, 30)
    assert leave.change == pytest.approx(0.2) and leave.low is not None and leave.low < 0.2 < leave.high  # type: ignore[operator]
    assert leave.sure and leave.rose and neglect.p is None and neglect.reason == "few"
    assert found.tests == 1 and found.after.partial and not found.before.partial
    assert found.before.channels == {"review": 200}


def test_a_day_is_the_local_one() -> None:
    late = DayCount("x", "2026-11-08T20:00:00+00:00", None, frozenset())  # Monday in Shanghai
    found = compared([late, *documents(1, 9, 1)])
    assert (found.before.documents, found.after.documents) == (9, 1)
    assert found.after.customers is None


def test_a_shift_of_products_is_not_sold_as_a_change_of_what_they_say() -> None:
    rows = [
        *documents(1, 700, 28, product="ferry"), *documents(1, 300, 90, product="freight"),
        *documents(0, 300, 12, product="ferry"), *documents(0, 700, 210, product="freight"),
    ]  # fmt: skip
    leave = compared(rows).series[0]
    assert leave.change == pytest.approx(0.104) and leave.mix == pytest.approx(0.104, abs=0.006)
    assert leave.p is not None and leave.p > 0.5 and not leave.sure
    without = compared([DayCount(c.key, c.time, c.customer, c.labels) for c in rows]).series[0]
    assert without.sure


def judged(rows: list[DayCount], found: float = 0.9, left: float = 0.02) -> list[DayCount]:
    """The same with these probabilities of what was found and of what was not."""
    return [replace(c, probabilities=tuple(found if label in c.labels else left for label in LABELS)) for c in rows]


def test_a_change_of_the_scale_of_corrected_shares() -> None:
    rows = judged([*documents(1, 1000, 100), *documents(0, 1000, 200)])
    raw, leave = compared(rows).series[0], compared(rows, errors=ERRORS).series[0]
    assert leave.change == pytest.approx(0.1 / 0.79)
    assert leave.p == raw.p  # changes are tested on raw counts
    assert leave.high - leave.low > raw.high - raw.low  # type: ignore[operator]
    assert leave.before.share == pytest.approx(0.15 * 0.9 + 0.85 * 0.02 - 0.05 / 0.79, abs=0.03)


def test_ranges_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        compared([], Range("a", "2026-10-01", "2026-10-31"), Range("b", "2026-10-31", "2026-11-30"))


def test_an_empty_side_is_not_compared() -> None:
    leave = compared(documents(0, 40, 4)).series[0]
    assert (leave.change, leave.p, leave.reason) == (None, None, "empty")
    assert leave.after.share == pytest.approx(0.1) and leave.before.share is None


def redrawn(rng: np.random.Generator, rates: tuple[float, float], n: int, rho: float) -> Comparison:
    """Six steady weeks with this rate, then one with the other."""
    rows = []
    for back in range(6, -1, -1):
        rate = rates[back == 0]
        drawn = rng.beta(rate * (1 - rho) / rho, (1 - rate) * (1 - rho) / rho)
        rows += documents(back, n, int(rng.binomial(n, drawn)))
    return compared(rows)


def test_the_test_holds_its_rate_and_the_interval_covers() -> None:
    rng = np.random.default_rng(7)
    found = [redrawn(rng, (0.1, 0.1), 100, 0.001).series[0] for _ in range(100)]
    assert np.mean([d.p is not None and d.p <= 0.05 for d in found]) <= 0.11
    moved = [redrawn(rng, (0.1, 0.16), 100, 0.001).series[0] for _ in range(60)]
    covered = [d.low <= 0.06 <= d.high for d in moved]  # type: ignore[operator]
    assert np.mean(covered) >= 0.87


sides = st.tuples(st.integers(1, 80), st.integers(0, 80)).map(lambda pair: (max(pair), min(pair)))


@given(sides, sides, st.booleans())
@settings(max_examples=60, deadline=None)
def test_intervals_hold_the_change_and_sides_change_places(
    one: tuple[int, int], two: tuple[int, int], corrected: bool
) -> None:
    errors = ERRORS if corrected else {}
    there = compared(judged([*documents(1, *one), *documents(0, *two)]), errors=errors).series[0]
    back = compared(judged([*documents(1, *two), *documents(0, *one)]), errors=errors).series[0]
    assert there.low is not None and there.change is not None and there.high is not None
    assert -1 <= there.low <= there.change <= there.high <= 1
    assert back.change == pytest.approx(-there.change)
    if not corrected:
        assert (back.low, back.high) == (pytest.approx(-there.high), pytest.approx(-there.low))


def test_themes_are_tested_by_their_share_of_the_feedback() -> None:
    found = theme_tests({"t1": 40, "t2": 10, "t3": 0}, {"t1": 20, "t2": 40, "t3": 3}, (1000, 500))
    assert found["t1"][0] > 0.5 and found["t2"][1] < 0.05
    assert found["t3"][0] > 0.02  # three of one and none of the other is often chance
