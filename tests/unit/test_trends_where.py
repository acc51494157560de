from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.results import Correction, DayCount
from voc.trends import count_all, located
from voc.trends.where import LEAST, Tally, standardised

NOW, BASE = "2026-W46", "2026-W40"


def documents(week: str, channel: str, n: int, k: int, *, language: str = "en") -> list[DayCount]:
    name = f"{week} {channel} {language}"
    return [
        DayCount(
            f"{name} {i}", week, f"{name} {i // 2}", frozenset({"leave"} if i < k else ()), True, channel, language
        )
        for i in range(n)
    ]


def where(counts: list[DayCount], correction: Correction | None = None):  # type: ignore[no-untyped-def]
    tally = Tally("leave", (NOW,), frozenset({BASE}))
    count_all([tally], counts, lambda time: time)
    return located(tally, correction)


def test_a_change_of_who_is_heard_is_named_as_such() -> None:
    """Each channel says what it always said, but more calls come in, which complain more."""
    counts = [
        *documents(BASE, "review", 800, 40), *documents(BASE, "call", 200, 60),
        *documents(NOW, "review", 200, 10), *documents(NOW, "call", 200, 60),
    ]  # fmt: skip
    found = where(counts)
    assert found.change == pytest.approx(70 / 400 - 0.1)
    assert found.mix == pytest.approx(found.change)
    assert [(p.value, p.change) for p in found.parts] == [("call", 0.0), ("review", 0.0)]


def test_a_change_of_what_they_say_is_no_mix() -> None:
    counts = [
        *documents(BASE, "review", 800, 40), *documents(BASE, "call", 200, 20),
        *documents(NOW, "review", 200, 20), *documents(NOW, "call", 50, 15),
    ]  # fmt: skip
    found = where(counts)
    assert found.mix == pytest.approx(0)
    assert found.change == pytest.approx(35 / 250 - 0.06)
    assert found.more == pytest.approx(35 - 250 * 0.06)
    assert (found.n, found.k, found.customers) == (250, 35, 10 + 8)
    call, review = sorted(found.parts, key=lambda p: p.value)
    assert (call.n, call.k, call.customers) == (50, 15, 8)
    assert call.change == pytest.approx(0.2)
    assert review.change == pytest.approx(0.05)


def test_differences_are_on_the_scale_of_corrected_shares() -> None:
    counts = [*documents(BASE, "review", 400, 40), *documents(NOW, "review", 400, 80)]
    found = where(counts, Correction(0.15, 0.2, 0.1, 0.3, 0.5, 0.4, 0.6, 800, 0))
    assert found.change == pytest.approx(0.1 / 0.5)
    assert found.more == pytest.approx(40)
    assert found.parts == ()  # one channel, one language


def test_fewer_than_five_documents_are_not_broken_down() -> None:
    counts = [
        *documents(BASE, "review", 90, 9), *documents(BASE, "letter", LEAST - 1, 0), *documents(BASE, "call", 60, 6),
        *documents(NOW, "review", 90, 20), *documents(NOW, "letter", LEAST, 2), *documents(NOW, "call", 4, 4),
    ]  # fmt: skip
    parts = {p.value: p for p in where(counts).parts}
    assert (parts["call"].n, parts["call"].k, parts["call"].change, parts["call"].customers) == (4, None, None, None)
    assert (parts["letter"].k, parts["letter"].change) == (2, None)  # nothing to compare it with
    assert parts["review"].change == pytest.approx(11 / 90)


def test_products_are_shown_where_documents_name_them() -> None:
    counts = [*documents(BASE, "review", 40, 4), *documents(NOW, "review", 40, 12)]
    counts = [replace(c, product="ferry" if i % 2 else "freight") if i % 4 else c for i, c in enumerate(counts)]
    parts = where(counts).parts
    assert [(p.attribute, p.value, p.n) for p in parts] == [
        ("product", "ferry", 20), ("product", "", 10), ("product", "freight", 10)
    ]  # fmt: skip


def test_regions_are_shown_where_documents_name_them() -> None:
    counts = [*documents(BASE, "review", 40, 4), *documents(NOW, "review", 40, 12)]
    counts = [replace(c, region="north" if i % 4 else "south") for i, c in enumerate(counts)]
    assert [(p.attribute, p.value, p.n) for p in where(counts).parts] == [
        ("region", "north", 30), ("region", "south", 10)
    ]  # fmt: skip


def test_a_side_without_documents_cannot_be_located() -> None:
    assert where(documents(NOW, "review", 9, 3)) is None
    unheard = [DayCount("x", BASE, None, frozenset(), False, "review", "en")]
    assert where([*unheard, *documents(NOW, "review", 9, 3)]) is None


rows = st.lists(st.integers(0, 40), min_size=4, max_size=4).map(
    lambda r: [min(r[0], r[1]), max(r[0], r[1]), min(r[2], r[3]), max(r[2], r[3])]
)


names = st.tuples(st.sampled_from("abcd"), st.sampled_from("xy"), st.sampled_from(("", "p", "q")))


@given(st.dictionaries(names, rows, min_size=1, max_size=9))
def test_the_standardised_share_is_a_share(strata: dict[tuple[str, str, str], list[int]]) -> None:
    if any(row[3] for row in strata.values()):
        assert 0 <= standardised(strata) <= 1


@given(st.integers(5, 40), st.integers(0, 5), st.integers(1, 6), st.integers(1, 6))
def test_equal_proportions_leave_the_share_as_it_is(n: int, k: int, times: int, more: int) -> None:
    strata = {("a", "x", ""): [k, n, 1, 10 * times], ("b", "x", ""): [2 * k, 2 * n, more, 20 * times]}
    assert standardised(strata) == pytest.approx(3 * k / (3 * n))


def test_what_the_time_of_year_adds_is_no_part_of_the_change() -> None:
    counts = [*documents(BASE, "review", 100, 10), *documents(NOW, "review", 100, 30)]
    counts += [*documents(BASE, "call", 100, 10), *documents(NOW, "call", 100, 30)]
    tally = Tally("leave", (NOW,), frozenset({BASE}), season=0.05)
    count_all([tally], counts, lambda time: time)
    found = located(tally, None)
    assert found is not None
    assert found.change == pytest.approx(0.3 - 0.1 - 0.05)
    assert found.more == pytest.approx(60 - 200 * 0.15)
    assert [p.change for p in found.parts] == pytest.approx([0.15, 0.15])
