"""What a report on a segment tells of the themes of all feedback, and which of its counts are too small to be told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from voc.errors import UsageError
from voc.pipeline import theming
from voc.pipeline.context import Context
from voc.pipeline.segments import LEAST, Segment, check_known
from voc.results import KNOWN, Theme, ThemeResult
from voc.weeks import Week


def prepare(context: Context) -> None:
    """Checks that there is something to tell of the segment in the week, and brings the themes of all feedback up to
    it; raises as ``check_segment``."""
    check_segment(context)
    segment, week = context.options.segment, context.week
    if context.options.week in context.scarce_weeks:
        wider = "Leave an attribute out" if len(segment) > 1 else "Leave --segment out"
        raise UsageError(
            f"{week} has fewer than {LEAST} documents with {_pairs(segment)}: its numbers would be about single people",
            f"{wider}, or name another week.",
        )
    options = replace(context.options, segment=(), week=str(week) if week else None)
    theming.themes(Context(options, context.config, context.store, context.progress, horizon=context.horizon))


def check_segment(context: Context) -> None:
    """UsageError where no document belongs to the segment, or all weeks hold too few to be told."""
    segment = context.options.segment
    check_known(segment, context.store.counts(context.model))
    if not any(True for _ in context.counted()):
        raise UsageError(
            f"every week of {_pairs(segment)} has fewer than {LEAST} documents: they would be about single people",
            "Leave an attribute out." if len(segment) > 1 else "Leave --segment out.",
        )


def _pairs(segment: Segment) -> str:
    return " and ".join(f"{attribute}={value}" for attribute, value in segment)


def themes_told(context: Context) -> ThemeResult:
    """The themes of the week; in a report on a segment those of all feedback, counted in the segment: themes with too
    few documents there are left out, and none is called emerging, which is tested on all feedback."""
    found = context.store.themes(context.whole_scope) or ThemeResult((), 0, 0)
    if not context.options.segment:
        return found
    rows = {c.key: c for c in context.counted()}
    kept = []
    for theme in found.themes:
        members = tuple(ref for ref in theme.members if ref[0] in rows)
        keys = {key for key, _ in members}
        if len(keys) < LEAST:
            continue
        customers = {rows[key].customer for key in keys} - {None}
        kept.append(_of_part(context, theme, members, found.weeks, len(customers) if customers else None))
    placed = sum(len(theme.members) for theme in kept)
    return ThemeResult(tuple(kept), placed, 0, found.weeks, 0)


def _of_part(
    context: Context, theme: Theme, members: tuple[tuple[str, int], ...], weeks: tuple[str, ...], customers: int | None
) -> Theme:
    keys, inside = {key for key, _ in members}, set(members)
    days = {c.key: context.day(c.time) for c in context.store.counts(context.model, sorted(keys))}
    by_week = Counter(str(Week.of(day)) for day in days.values() if day)
    quotes = tuple(ref for ref in theme.quotes if ref in inside)
    return replace(
        theme, state=KNOWN, members=members, documents=len(keys), customers=customers,
        quotes=quotes or tuple(sorted(inside))[:1], drivers={theme.driver: len(keys)},
        weekly=tuple(by_week[week] for week in weeks), counter=None, emergence=None,
    )  # fmt: skip


def told_of_a_part(counts: Counter[str]) -> None:
    """Takes what fewer than five documents stand behind out of the counts of a segment: it is one attribute more."""
    for value in [value for value, count in counts.items() if count < LEAST]:
        del counts[value]
