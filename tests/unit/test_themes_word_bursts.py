"""Bursts of words: found when many begin to say them, never for what is said every week or by one customer."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.results import EMERGING, ThemeUnit
from voc.taxonomy import default_taxonomy
from voc.themes.describe import fit_themes
from voc.themes.emerging import Calendar, limit
from voc.themes.word_bursts import MIN_RATIO, Burst, word_bursts

WEEKS, EACH, AXES = 12, 24, 6
CALENDAR = Calendar({f"{week:02d}": EACH for week in range(WEEKS)}, lambda day: day)
_OLD = {
    "en": "The parcel was late and the driver dropped {} on the wet floor again.",
    "zh-Hans": "快递迟到，师傅态度恶劣，包裹里的{}弄坏了。",
    "zh-Hant": "快遞遲到，師傅態度惡劣，包裹裡的{}弄壞了。",
}
_THINGS = {
    "en": ("saucers", "lamps", "candles", "teapots", "mirrors"),
    "zh-Hans": ("杯子", "台灯", "蜡烛", "茶壶", "镜子"),
    "zh-Hant": ("杯子", "檯燈", "蠟燭", "茶壺", "鏡子"),
}
_NEW = {
    "en": "The voucher scanner rejects my coupon at the gate.",
    "zh-Hans": "闸机的扫描仪拒绝了我的优惠券。",
    "zh-Hant": "閘機的掃描儀拒絕了我的優惠券。",
}
LANGUAGES = tuple(_OLD)


def unit(key: str, week: int | None, language: str, text: str, *, new: bool, customer: str | None = None) -> ThemeUnit:
    vector = np.random.default_rng(sum(map(ord, key))).normal(size=AXES) * 0.2
    vector[int(new)] += 1.0
    vector = (vector / np.linalg.norm(vector)).astype(np.float32)
    day = None if week is None else f"{week:02d}"
    return ThemeUnit(key, 0, "incompetence", "complaint", language, customer or f"c {key}", text, vector, day)


def quiet(seed: int = 0, weeks: int = WEEKS) -> list[ThemeUnit]:
    """What is said every week, about things drawn at random."""
    rng = random.Random(seed)
    found = []
    for week in range(weeks):
        for n in range(EACH):
            language = LANGUAGES[n % 3]
            text = _OLD[language].format(rng.choice(_THINGS[language]))
            found.append(unit(f"q{week:02d}{n:03d}", week, language, text, new=False))
    return found


def planted(each: int = 6, *, customer: str | None = None, last: int = WEEKS - 1) -> list[ThemeUnit]:
    """A new matter in the last two weeks, ``each`` documents a week and language."""
    return [
        unit(f"n{week}{language}{n}", week, language, _NEW[language], new=True, customer=customer)
        for week in (last - 1, last)
        for language in LANGUAGES
        for n in range(each)
    ]


def bursts(units: list[ThemeUnit], calendar: Calendar = CALENDAR) -> tuple[Burst, ...]:
    vectors = np.stack([u.vector for u in units]) if units else np.zeros((0, AXES), dtype=np.float32)
    return word_bursts(units, vectors, calendar)


def test_new_words_of_two_languages_are_one_burst() -> None:
    (found,) = bursts(quiet() + planted())
    assert {"voucher", "coupon", "优惠券"} <= set(found.terms)
    assert set(found.units) == {u.ref for u in planted()}
    assert (found.found.weeks, found.found.found, found.found.expected) == (2, 36, 0.0)
    assert found.found.p <= limit(found.tests)


def test_matters_that_differ_are_two_bursts() -> None:
    apart = [u for u in planted() if u.language == "en"]
    other = [u for u in planted() if u.language != "en"]
    flat = -np.eye(AXES, dtype=np.float32)[1]
    units = quiet() + apart + other
    vectors = np.stack([u.vector if u not in other else flat for u in units])
    assert len(word_bursts(units, vectors, CALENDAR)) == 2


def test_twenty_quiet_weeks_give_none() -> None:
    for seed in range(20):
        assert bursts(quiet(seed)) == ()


def test_what_one_customer_sends_many_times_is_no_burst() -> None:
    assert bursts(quiet() + planted(customer="one and the same")) == ()


def test_what_was_always_said_is_no_burst() -> None:
    units = quiet()
    for last in range(1, WEEKS, 2):
        units += [unit(u.key, int(u.day or 0), u.language, u.text, new=True) for u in planted(last=last)]
    assert bursts(units) == ()


def test_nothing_is_a_burst_without_dates_or_weeks_before() -> None:
    undated = [unit(u.key, None, u.language, u.text, new=True) for u in quiet() + planted()]
    assert bursts(undated, Calendar()) == ()
    assert bursts(undated) == ()
    assert bursts(planted(last=3), Calendar({f"{w:02d}": EACH for w in range(4)}, lambda day: day)) == ()
    assert bursts([]) == ()


def test_a_burst_becomes_a_theme_that_emerges() -> None:
    result = fit_themes(quiet() + planted(), taxonomy=default_taxonomy(), calendar=CALENDAR)
    (theme,) = [t for t in result.themes if t.state == EMERGING]
    assert {u.ref for u in planted()} <= set(theme.members)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 6), st.integers(0, 50))
def test_any_order_gives_the_same_and_each_burst_keeps_its_promise(mixed: random.Random, each: int, seed: int) -> None:
    units = quiet(seed, WEEKS) + planted(each)
    shuffled = list(units)
    mixed.shuffle(shuffled)
    found = bursts(units)
    assert found == bursts(shuffled)
    dated = {u.ref: u for u in units}
    for burst in found:
        assert burst.found.p <= limit(burst.tests)
        assert burst.found.found >= MIN_RATIO * burst.found.expected
        assert len({dated[ref].who for ref in burst.units}) >= 5
        assert all(dated[ref].day in (f"{WEEKS - 2:02d}", f"{WEEKS - 1:02d}") for ref in burst.units)
    assert bool(found) == (each > 1)
