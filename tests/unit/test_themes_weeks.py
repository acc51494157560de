"""Themes from week to week: what is new is added, what was stays where it was."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from themes_planted import DIM, TEXTS, planted

from voc.results import ThemeResult, ThemeUnit
from voc.taxonomy import default_taxonomy
from voc.themes import ThemeSettings, fit_themes
from voc.themes.describe import with_late
from voc.themes.emerging import Calendar
from voc.themes.fit import advance, continuity, halves
from voc.themes.lineage import Registry

TAXONOMY, SETTINGS = default_taxonomy(), ThemeSettings()
START = dt.date(2026, 8, 31)
NAMES = list(TEXTS)


def week_of(day: str | None) -> str | None:
    return f"{(dt.date.fromisoformat(day) - START).days // 7:02d}" if day else None


def stream(weeks: int, late_theme: str | None = None, seed: int = 4) -> list[list[ThemeUnit]]:
    """Planted units by week; those of ``late_theme`` come in the last two weeks alone."""
    plant = planted(weeks * 2, seed=seed)
    found: list[list[ThemeUnit]] = [[] for _ in range(weeks)]
    for at, unit in enumerate(plant.units):
        name = plant.topic[unit.ref]
        week = weeks - 1 - at % 2 if name == late_theme else at % weeks
        day = (START + dt.timedelta(days=7 * week + at % 7)).isoformat()
        found[week].append(replace(unit, day=day, channel="review"))
    return found


def run(weeks: list[list[ThemeUnit]], registry: Registry, upto: int) -> ThemeResult:
    """The themes after week ``upto``; only what the registry has not seen is fresh."""
    units = [u for week in weeks[: upto + 1] for u in week]
    seen = {u.ref for week in weeks[:upto] for u in week} if registry.themes else set()
    calendar = Calendar({f"{w:02d}": len(weeks[w]) + 40 for w in range(upto + 1)}, week_of)
    fresh = {u.ref for u in units} - seen
    return fit_themes(units, taxonomy=TAXONOMY, settings=SETTINGS, registry=registry, fresh=fresh, calendar=calendar)


def test_a_week_more_moves_no_segment_and_renumbers_nothing() -> None:
    weeks, registry = stream(8), Registry()
    for upto in range(3, 8):
        before, names = dict(registry.members), dict(registry.themes)
        run(weeks, registry, upto)
        assert {ref: registry.members.get(ref) for ref in before} == before
        assert names.items() <= registry.themes.items()
    assert len(registry.themes) == 4


def test_a_week_that_is_run_again_changes_nothing() -> None:
    weeks, registry = stream(6), Registry()
    first = run(weeks, registry, 5)
    units = [u for week in weeks for u in week]
    calendar = Calendar({f"{w:02d}": len(weeks[w]) + 40 for w in range(6)}, week_of)
    again = fit_themes(units, taxonomy=TAXONOMY, registry=registry, fresh=(), calendar=calendar)
    assert again == first
    assert len(registry.events) == len(first.themes)


def test_what_appears_in_the_last_two_weeks_is_emerging_and_nothing_else() -> None:
    weeks, registry = stream(10, late_theme="lost_luggage"), Registry()
    for upto in (7, 8):
        run(weeks, registry, upto)
    result = run(weeks, registry, 9)
    risen = [t for t in result.themes if t.emergence]
    assert risen
    assert {key.split("-")[0] for t in risen for key, _ in t.members} == {"lost_luggage"}
    told = risen[0].emergence
    assert told is not None
    assert (told.weeks, told.expected, risen[0].state) == (2, 0.0, "emerging")
    assert told.p <= told.limit
    assert set(told.languages) == {"en", "zh-Hans", "zh-Hant"}
    assert risen[0].weekly[:8] == (0,) * 8
    assert {t.state for t in result.themes if not t.emergence} == {"known"}


def test_a_store_that_is_read_at_once_finds_the_same() -> None:
    result = run(stream(10, late_theme="lost_luggage"), Registry(), 9)
    risen = [t for t in result.themes if t.emergence]
    assert {key.split("-")[0] for t in risen for key, _ in t.members} == {"lost_luggage"}


def test_members_from_before_the_window_keep_a_theme_known() -> None:
    weeks, registry = stream(6), Registry()
    run(weeks, registry, 5)
    old = [(u, registry.members[u.ref]) for week in weeks[:5] for u in week if u.ref in registry.members]
    new = [replace(u, key=f"new-{u.key}") for u in weeks[5]]
    before = dict(registry.themes)
    fit_themes(new, taxonomy=TAXONOMY, registry=registry, fresh={u.ref for u in new}, older=old)
    assert registry.themes == before
    kept = [registry.members.get(u.ref) == registry.members.get((u.key.removeprefix("new-"), u.segment)) for u in new]
    assert np.mean(kept) >= 0.9


def test_another_encoder_keeps_every_member() -> None:
    weeks, registry = stream(6), Registry()
    run(weeks, registry, 5)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(DIM, DIM)))[0].astype(np.float32)
    units = [replace(u, vector=(u.vector @ turn * 3)[: DIM - 4]) for week in weeks for u in week]
    before = dict(registry.members)
    window = advance(registry, units, fresh=(), birth=None)
    assert registry.members == before
    assert (continuity(registry, window) or 0) >= 0.95


def test_a_late_document_is_added_to_an_earlier_report_and_nothing_else_changes() -> None:
    weeks, registry = stream(6), Registry()
    before = run(weeks, registry, 5)
    late = [replace(weeks[2][0], key="late", customer="late"), replace(weeks[2][1], key="stray", customer=None)]
    registry.assign({("late", 0): before.themes[1].id})
    calendar = Calendar({f"{w:02d}": 10 for w in range(6)}, week_of)
    after = with_late(before, registry, late, calendar)
    assert (after.units, after.unassigned) == (before.units + 2, before.unassigned + 1)
    assert [t.id for t in after.themes] == [t.id for t in before.themes]
    grown = after.themes[1]
    assert (grown.documents, sum(grown.weekly)) == (before.themes[1].documents + 1, sum(before.themes[1].weekly) + 1)
    assert [t for t in after.themes if t.id != grown.id] == [t for t in before.themes if t.id != grown.id]


def test_a_theme_is_split_into_what_it_is_made_of() -> None:
    weeks, registry = stream(4), Registry()
    run(weeks, registry, 3)
    one, other = sorted(registry.themes)[:2]
    registry.merge("2026-11-01", one, other)
    window = advance(registry, [u for week in weeks for u in week], fresh=(), birth=None)
    larger, smaller = halves(window, other)
    assert smaller
    assert {u.key.split("-")[0] for u in larger}.isdisjoint({u.key.split("-")[0] for u in smaller})


@pytest.mark.parametrize("retired", [True, False])
def test_a_retired_theme_takes_its_segments_in_and_is_not_shown(retired: bool) -> None:
    weeks, registry = stream(6), Registry()
    first = run(weeks, registry, 4)
    gone = first.themes[0].id
    if retired:
        registry.retire("2026-11-01", gone)
    result = run(weeks, registry, 5)
    assert (gone in {t.id for t in result.themes}) is not retired
    assert len(registry.members_of(gone)) > len(first.themes[0].members)
    assert len(registry.themes) == 4


def test_ten_thousand_identical_ones_are_one_theme_among_the_others() -> None:
    weeks = stream(6)
    one = replace(weeks[5][0], driver="other", language="zh-Hans", text="太贵了", vector=np.full(DIM, 2.0, np.float32))
    same = [replace(one, key=f"x{i:05d}", customer=None) for i in range(10_000)]
    weeks[5] = [*weeks[5], *same]
    result = run(weeks, Registry(), 5)
    biggest = result.themes[0]
    assert biggest.documents >= 10_000
    assert len(result.themes) >= 4


@given(st.integers(0, 3), st.integers(0, 1000), st.integers(0, 9))
@hypothesis_settings(max_examples=15, deadline=None)
def test_any_week_may_be_empty_or_small(weeks: int, seed: int, most: int) -> None:
    rng, registry = np.random.default_rng(seed), Registry()
    stream_ = [
        [
            ThemeUnit(
                f"w{w}d{i}", 0, "neglect", "complaint", "zh-Hant", None, "沒人接",
                rng.normal(size=6).astype(np.float32), day=(START + dt.timedelta(days=7 * w)).isoformat(),
            )
            for i in range(rng.integers(0, most + 1))
        ]
        for w in range(weeks + 1)
    ]  # fmt: skip
    for upto in range(weeks + 1):
        result = run(stream_, registry, upto)
        members = [ref for t in result.themes for ref in t.members]
        assert len(members) == len(set(members))
        assert result.units - result.unassigned == len(members)


def test_names_that_people_gave_stand_in_the_report() -> None:
    weeks, registry = stream(4), Registry()
    chosen = run(weeks, registry, 3).themes[0].id
    registry.rename("2026-11-01", chosen, {"en": "the usual"})
    units = [u for week in weeks for u in week]
    theme = next(t for t in fit_themes(units, taxonomy=TAXONOMY, registry=registry, fresh=()).themes if t.id == chosen)
    assert theme.labels["en"] == "the usual"
    assert theme.labels["zh-Hans"] != "the usual"


def test_no_label_names_the_company() -> None:
    units = [replace(u, text=f"Harbour Line {u.text}") for u in planted().units]
    for theme in fit_themes(units, taxonomy=TAXONOMY, settings=ThemeSettings(company="Harbour Line")).themes:
        assert "harbour" not in theme.labels["en"]
