"""``voc retention`` and the end of every run: words that are old enough lose themselves, what was counted stays."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import Any, Final

from voc.documents import Document
from voc.pipeline.auditing import as_of_day
from voc.pipeline.context import Context, log, reading, writing
from voc.pipeline.errands import run_errands
from voc.pipeline.options import Progress, RunOptions, RunResult
from voc.store import EXPIRED, Erasure, Held
from voc.weeks import Week

_BATCH: Final = 500
_MOST: Final = 0.5
"""Share of the documents with words that may expire at once while nobody said which day it is: as-of is then the day of
the latest document, and one that is dated in the far future must not empty the store."""


def retain(context: Context) -> dict[str, Any]:
    """Takes the words out of all documents of the weeks that ended more than ``retention.days`` before as-of; what was
    done, for the summary. Does nothing where words are kept for ever or nothing is dated.

    Whole weeks, so that a week's customers are counted alike; undated documents go with the latest dated one that came
    in with or before them. Killed at any moment, the next run does the rest.
    """
    first_kept, numbers = _due(context)
    told: dict[str, Any] = {
        "days": context.config.retention.days, "before": first_kept.isoformat() if first_kept else None,
        "documents": len(numbers),
    }  # fmt: skip
    if first_kept is None or not numbers:
        return told
    if _too_many(context, len(numbers)):
        log.warning(
            "retention would take the words out of %d documents from before %s, which is most of them: if that is "
            "meant, say which day it is: voc retention --as-of %s",
            len(numbers), first_kept, context.as_of(),
        )  # fmt: skip
        return told | {"documents": 0, "held_back": len(numbers)}
    store, left = context.store, iter(numbers)
    store.audit("retention", told, as_of_day(context))
    while batch := list(islice(left, _BATCH)):
        store.erase(EXPIRED, [_erasure(context, h) for h in store.held_by_number(batch)])
    store.blank_rejects_of([number for number, day in _days_of_inputs(context).items() if day and day < first_kept])
    store.sweep()
    return told


def _due(context: Context) -> tuple[dt.date | None, list[int]]:
    """The first day whose words are kept, and the numbers of the documents before it that still have theirs."""
    days, as_of = context.config.retention.days, context.as_of()
    if not days or as_of is None or as_of.toordinal() <= days + 7:
        return None, []
    first_kept = Week.of(as_of - dt.timedelta(days=days)).start
    instant = dt.datetime.combine(first_kept, dt.time(), dt.UTC).timestamp()
    sources = _days_of_inputs(context)
    numbers = []
    for number, source, time in context.store.with_words(instant):
        day = context.day(time) or sources[source]
        if day is not None and day < first_kept:
            numbers.append(number)
    return first_kept, numbers


def _days_of_inputs(context: Context) -> dict[int, dt.date | None]:
    """For each source the latest day of its documents and of all that were read before it."""
    found, latest = dict[int, dt.date | None](), None
    for number, time in context.store.latest_by_input().items():
        day = context.day(time)
        latest = max((d for d in (latest, day) if d is not None), default=None)
        found[number] = latest
    return found


def _too_many(context: Context, count: int) -> bool:
    if context.options.as_of:
        return False
    wordy = context.store.document_count() - sum(context.store.erased().values())
    return count > _MOST * wordy


def _erasure(context: Context, held: Held) -> Erasure:
    """What is left keeps the customer's mark, so that a later forget still finds it."""
    d = held.document
    day = context.day(d.time)
    left = Document(
        id=f"expired-{held.key[:16]}", text="", source=d.source, channel=d.channel,
        customer=context.store.mark(d.customer) if d.customer is not None else None,
        time=day.isoformat() if day else None, language=d.language, product=d.product,
        region=d.region, rating=d.rating,
    )  # fmt: skip
    return Erasure(held.number, held.key, left)


def retention(options: RunOptions, progress: Progress, *, dry_run: bool = False) -> RunResult:
    """Applies the retention of the settings now; ``dry_run`` only counts."""
    if dry_run:
        with reading(options.workspace) as looked:
            context = Context(options, looked.config, looked.store, looked.progress)
            first_kept, numbers = _due(context)
            context.result.summary["retention"] = {
                "days": context.config.retention.days, "before": first_kept.isoformat() if first_kept else None,
                "documents": len(numbers), "dry_run": True,
            }  # fmt: skip
            _say(context, dry_run=True)
            return context.result
    with writing("retention", options, progress) as context:
        run_errands(context)
        context.result.summary["retention"] = retain(context)
        _say(context)
    return context.result


def retain_after_run(context: Context) -> None:
    """The last stage of a run; told only where something expired."""
    with context.clock.stage("retention") as row:
        run_errands(context)  # of a forget that was killed
        done = retain(context)
        row["documents"] = done["documents"]
    context.result.summary["retention"] = done
    if done["documents"]:
        _say(context)


def _say(context: Context, *, dry_run: bool = False) -> None:
    done = context.result.summary["retention"]
    if not done["days"]:
        context.result.say("words are kept for ever: retention.days is 0")
    elif done["before"] is None:
        context.result.say("nothing is dated, so that nothing can expire")
    else:
        would = "would lose" if dry_run else "lost"
        context.result.say(
            f"{done['documents']:,} documents from before {done['before']} {would} their words "
            f"(kept for {done['days']} days); what was counted stays"
        )
