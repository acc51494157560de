"""The registry: no segment in two themes, counts conserved, what is undone is as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.errors import UsageError
from voc.themes.lineage import Ref, Registry

REFS = [(f"d{i // 2}", i % 2) for i in range(24)]


def registry(sizes: list[int]) -> Registry:
    """Themes t0, t1, ... with so many members each, one after the other."""
    made, at = Registry(), 0
    for number, size in enumerate(sizes):
        made.bear("2026-11-01", f"t{number}", "neglect", "complaint", REFS[at : at + size])
        at += size
    return made


def state(found: Registry) -> tuple[object, ...]:
    return dict(found.themes), dict(found.members)


def counted(found: Registry) -> int:
    return sum(len(found.members_of(t)) for t in found.themes)


_KINDS = ("merge", "split", "rename", "pin", "retire", "undo", "assign")
_acts = st.lists(st.tuples(st.sampled_from(_KINDS), st.integers(0, 30), st.integers(0, 30)), max_size=12)


def act(found: Registry, kind: str, one: int, other: int) -> None:
    names = sorted(found.themes)
    theme, second = names[one % len(names)], names[other % len(names)]
    match kind:
        case "merge":
            found.merge("2026-11-02", theme, second)
        case "split":
            members = found.members_of(theme)
            found.split("2026-11-02", theme, f"s{len(found.themes)}", members[: max(1, len(members) // 2)])
        case "rename":
            found.rename("2026-11-02", theme, {"en": f"name {other}"})
        case "pin":
            found.pin("2026-11-02", theme)
        case "retire":
            found.retire("2026-11-02", theme)
        case "undo":
            found.undo("2026-11-02", one)
        case _:
            free = [ref for ref in REFS if ref not in found.members][: one % 3]
            found.assign(dict.fromkeys(free, theme))


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), _acts)
def test_whatever_is_done_no_segment_is_lost_or_doubled(sizes: list[int], acts: list[tuple[str, int, int]]) -> None:
    found = registry(sizes)
    for kind, one, other in acts:
        before = set(found.members)
        try:
            act(found, kind, one, other)
        except UsageError:
            assert set(found.members) == before
        assert set(found.members) >= before
        assert counted(found) == len(found.members)
        assert {found.themes[t].state for t in set(found.members.values())} <= {"active", "retired"}
        assert [e.number for e in found.events] == list(range(1, len(found.events) + 1))


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), _acts)
def test_an_act_undone_gives_the_former_state(sizes: list[int], acts: list[tuple[str, int, int]]) -> None:
    found = registry(sizes)
    for kind, one, other in acts:
        before, events = state(found), len(found.events)
        try:
            act(found, kind, one, other)
        except UsageError:
            continue
        if kind in ("assign", "undo"):
            continue
        found.undo("2026-11-03", found.events[-1].number)
        themes, members = state(found)
        new = set(themes) - set(before[0])  # type: ignore[call-overload]
        assert members == before[1]
        assert {t: theme for t, theme in themes.items() if t not in new} == before[0]  # type: ignore[attr-defined]
        assert all(themes[t].state == "merged" for t in new)  # type: ignore[index]
        assert len(found.events) == events + 2


def test_what_came_after_a_merge_stays_where_it_went() -> None:
    found = registry([3, 3])
    number = found.merge("2026-11-02", "t0", "t1").number
    found.assign({REFS[10]: "t1"})
    found.undo("2026-11-03", number)
    assert found.members_of("t0") == tuple(sorted(REFS[:3]))
    assert found.members[REFS[10]] == "t1"


def test_a_segment_is_not_put_into_a_second_theme() -> None:
    found = registry([2, 2])
    with pytest.raises(ValueError, match="t0 already"):
        found.assign({REFS[0]: "t1"})
    with pytest.raises(ValueError, match="t0 already"):
        found.bear("2026-11-02", "t9", "neglect", "complaint", [REFS[0]])


def test_events_are_undone_from_the_last_one_back() -> None:
    found = registry([3, 3])
    first = found.rename("2026-11-02", "t0", {"en": "slow refunds"})
    second = found.merge("2026-11-03", "t0", "t1")
    with pytest.raises(UsageError, match=f"event {second.number} came after"):
        found.undo("2026-11-04", first.number)
    found.undo("2026-11-04", second.number)
    found.undo("2026-11-04", first.number)
    assert found.themes["t0"].names == {}
    with pytest.raises(UsageError, match="can be undone"):
        found.undo("2026-11-04", first.number)


def test_a_merged_theme_is_no_theme_any_more() -> None:
    found = registry([3, 3])
    found.merge("2026-11-02", "t0", "t1")
    for again in (lambda: found.merge("d", "t0", "t1"), lambda: found.pin("d", "t0"), lambda: found.retire("d", "t0")):
        with pytest.raises(UsageError, match="merged into t1"):
            again()


@pytest.mark.parametrize("wrong", [("t0", "t0"), ("t0", "nobody")])
def test_only_two_themes_are_merged(wrong: tuple[str, str]) -> None:
    with pytest.raises(UsageError):
        registry([3, 3]).merge("2026-11-02", *wrong)


def test_complaints_are_not_merged_into_praise() -> None:
    found = registry([3])
    found.bear("2026-11-01", "p", "neglect", "praise", REFS[20:])
    with pytest.raises(UsageError, match="cannot be merged"):
        found.merge("2026-11-02", "t0", "p")


@pytest.mark.parametrize("part", [[], REFS[:3], REFS[:4]])
def test_a_split_leaves_something_on_both_sides(part: list[Ref]) -> None:
    with pytest.raises(UsageError, match="cannot be split"):
        registry([3]).split("2026-11-02", "t0", "t1", part)


def test_only_what_happened_since_is_written() -> None:
    found = registry([3, 3])
    merge = found.merge("2026-11-02", "t0", "t1")
    later = Registry(found.themes.values(), found.members, found.events)
    assert later.happened == []
    later.undo("2026-11-03", merge.number)
    assert [e.number for e in later.happened] == [merge.number, merge.number + 1]
    assert later.happened[0].undone
