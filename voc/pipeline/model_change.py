"""A change of model between two reports: what the old and the new one found in the same feedback."""

from __future__ import annotations

from typing import Final

from voc.pipeline.context import ALL, UNHEARD, Context
from voc.report import ModelChange, ModelStep, Report, parse_report

WEEKS: Final = 4  # of the report's week and those before it


def model_change(context: Context, previous: Report | None) -> ModelChange | None:
    """The step from the model of the report before (of an earlier week, else the ``previous`` revision of this one) to
    the present one; None where both are the same, or where the two share no document.

    It follows from what is stored, so that the same report is told again the same.
    """
    told = _told_before(context, previous)
    if told is None or told.model == context.model:
        return previous.model_change if previous and previous.model == context.model else None
    weeks = [context.week.plus(-back) for back in range(WEEKS - 1, -1, -1)] if context.week else []
    start, end = (weeks[0].start, weeks[-1].end) if weeks else (None, None)
    before: dict[str, frozenset[str]] = {}
    for c in context.store.counts(told.model):
        day = context.day(c.time)
        inside = start is None or end is None or (day is not None and start <= day <= end)
        if inside and context.in_period(c.time) and c.status not in UNHEARD and c.key not in context.said_again:
            before[c.key] = c.labels
    pairs = [(before[c.key], c.labels) for c in context.store.counts(context.model, sorted(before))]
    if not pairs:
        return None
    steps = tuple(
        ModelStep(
            series=label,
            before=sum(label in old for old, _ in pairs),
            after=sum(label in new for _, new in pairs),
            both=sum(label in old and label in new for old, new in pairs),
        )
        for label in context.taxonomy.labels
        if label in told.labels  # what the old one could not tell at all is no step
    )
    return ModelChange(told.model, tuple(map(str, weeks)), len(pairs), steps)


def _told_before(context: Context, previous: Report | None) -> Report | None:
    """The last report of the latest earlier week, else the previous revision of this one."""
    earlier = [(week, revision) for week, revision, _ in context.store.reports() if ALL != week < context.scope]
    if context.scope == context.week_name and earlier:
        saved = context.store.report(*max(earlier))
        found = parse_report(saved.value) if saved else None
        if found and found.model != context.model:
            return found
    return previous
