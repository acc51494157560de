"""Closing the loop: opens the cases of who states leaving, and gathers what the report tells of answers and returns."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from voc.casework import Case
from voc.documents import Document
from voc.loop import (
    Answer,
    Leaving,
    Return,
    Touch,
    Wait,
    answer_of,
    hollow,
    journeys,
    moved,
    open_cases,
    owner_of,
    parse_routes,
    returns,
    waits,
)
from voc.pipeline.context import Context
from voc.pipeline.quoting import quote
from voc.privacy import redact, shown_id
from voc.report import ActionRow, CaseRow, Loop, Quote, ReplyRow, Returns, ReturnStory, StockText, WaitRow
from voc.results import LEAVE, Alarm, WeekRow
from voc.store import Counted
from voc.taxonomy import COMPLAINT
from voc.weeks import Week

WEEKS: Final = 12
"""Weeks up to the report's that the loop section looks at: a single one has too few answers to tell stock ones by."""

_STAGE: Final = "cases"  # which model opened the cases of a week
_STOCKS, _STORIES = 5, 3  # shown
_DIGITS: Final = 3  # of shares of an action
_CORRESPONDENCE: Final = frozenset({"email", "letter"})  # where a lone document without an answer is unanswered


def open_new_cases(context: Context) -> None:
    """Opens cases for who states leaving in this week and, in documents that came late, in the weeks that were told
    before by the same model; forgets untouched cases whose documents a person has corrected."""
    weeks = _told_weeks(context)
    routes = parse_routes(context.config.loop.routes, [d.key for d in context.taxonomy.drivers])
    by_hand = context.store.labels_by_hand().keys()
    leaving = list[Leaving]()
    for c in context.counted(label=LEAVE):
        drivers = _drivers(context, c)
        if drivers and _is_told(context, c, weeks) and c.key not in context.said_again:
            owner = owner_of(routes, context.config.loop.owner, drivers, c.channel, c.language)
            day = context.day(c.time)
            leaving.append(Leaving(c.key, c.customer, day.isoformat() if day else "", owner))
    corrected = {c.key for c in context.counted(by_hand) if _is_told(context, c, weeks)} - {one.key for one in leaving}
    known = context.store.cases()
    dropped = {c.id for c in known if not c.events and set(c.keys) <= corrected}
    standing = [c for c in known if c.id not in dropped]
    customers = {d.key: d.customer for d in context.store.documents(key for c in standing for key in c.keys)}
    made = open_cases(leaving, standing, customers)
    if made or dropped:
        context.store.save_cases(made, sorted(dropped))
    context.store.set_stage(_STAGE, context.scope, context.model)


def _is_told(context: Context, counted: Counted, weeks: set[str] | None) -> bool:
    day = context.day(counted.time)
    return weeks is None or (day is not None and str(Week.of(day)) in weeks)


def _told_weeks(context: Context) -> set[str] | None:
    """The report's week and those of the same period that this model has told; None where nothing is dated."""
    if context.week is None:
        return None
    period = context.scope.removeprefix(context.week_name)
    told = {scope for scope, *_ in context.store.reports() if scope.endswith(period)}
    mine = (
        scope.removesuffix(period) for scope in told if context.store.stage_fingerprint(_STAGE, scope) == context.model
    )
    return {week for week in mine if " " not in week} | {context.week_name}


def _drivers(context: Context, counted: Counted) -> tuple[str, ...]:
    return tuple(d.key for d in context.taxonomy.drivers if f"{d.key}.{COMPLAINT}" in counted.labels)


@dataclass
class _Window:
    """The documents that the section looks at."""

    rows: dict[str, Counted] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    week: set[str] = field(default_factory=set)


def section(context: Context, rows: Sequence[WeekRow], alarms: Sequence[Alarm], called: Iterable[str]) -> Loop:
    """What the report of this week tells of closing the loop; ``called``: keys of the documents on the call-back
    list."""
    week, as_of = context.week, context.as_of()
    window = _window(context)
    exchanges = {d.key: d for d in context.store.exchanges(c.number for c in window.rows.values())}
    cases = [c.at(as_of.isoformat() if as_of else None) for c in context.store.cases()]
    if context.options.segment:
        part = {c.key for c in context.counted()}
        cases = [c for c in cases if part & set(c.keys)]
    first = week.plus(1 - WEEKS).start.isoformat() if week else ""
    shown = [c for c in cases if not week or first <= c.opened <= week.end.isoformat()]
    lasting = set(called)
    current = [c for c in cases if lasting & set(c.keys)]
    about = _case_rows(context, {c.id: c for c in (*shown, *current)}.values())
    walked = journeys(_touches(context, window, exchanges))
    back = returns(walked)
    replies, stocks = _replies(context, window, exchanges)
    before = [c for c in shown if not lasting & set(c.keys) and (not week or c.opened < week.start.isoformat())]
    return Loop(
        start=first or None,
        end=week.end.isoformat() if week else None,
        replies=replies,
        stocks=stocks,
        returns=_returns(window, [t for some in walked.values() for t in some], back),
        stories=_stories(context, back),
        waits=_waits(context, window, exchanges),
        cases=tuple(about[c.id] for c in sorted(before, key=lambda c: (c.since, c.id), reverse=True)),
        states=dict(sorted(Counter(c.state for c in shown).items())),
        callbacks={key: about[c.id] for c in current for key in sorted(lasting & set(c.keys))},
        actions=tuple(actions(context, rows, alarms)),
    )


def _window(context: Context) -> _Window:
    found, week, again = _Window(), context.week, context.said_again
    for c, day in context.recent(WEEKS):
        if c.key in again:
            continue
        found.rows[c.key] = c
        if day is not None:
            found.days[c.key] = day.toordinal()
        if week is None or (day is not None and day >= week.start):
            found.week.add(c.key)
    return found


def _replies(
    context: Context, window: _Window, exchanges: Mapping[str, Document]
) -> tuple[tuple[ReplyRow, ...], tuple[StockText, ...]]:
    answers = list[Answer]()
    for key, document in exchanges.items():
        found = answer_of(document, _drivers(context, window.rows[key]))
        if found is not None:
            answers.append(found)
    if not answers:
        return (), ()
    marked, channels = hollow(answers), {a.key: a.channel for a in answers}

    def row(channel: str) -> ReplyRow:
        keys = {key for key in marked.answers if channel in ("", channels[key])}
        bad = keys & (marked.stock | marked.empty)
        return ReplyRow(
            channel, len(keys), len(keys & marked.stock), len(keys & marked.empty), len(bad),
            len(keys & window.week), len(bad & window.week),
        )  # fmt: skip

    rows = [row(channel) for channel in sorted(set(channels.values()))]
    stocks = [
        StockText(redact(f.text), len(f.keys), tuple(sorted({channels[key] for key in f.keys})))
        for f in marked.families[:_STOCKS]
    ]
    return (row(""), *sorted(rows, key=lambda r: (-r.answers, r.channel))), tuple(stocks)


def _touches(context: Context, window: _Window, exchanges: Mapping[str, Document]) -> list[Touch]:
    answered: dict[str, int | None] = {}
    for key, document in exchanges.items():
        at = context.day(document.reply_time) if document.reply else None
        spoken = any(t.role == "agent" for t in document.turns)
        if document.reply or spoken:
            answered[key] = at.toordinal() if at else window.days.get(key)
    touches = []
    for key, c in window.rows.items():
        drivers = frozenset(_drivers(context, c))
        if c.customer is not None and key in window.days and drivers:
            touches.append(Touch(key, c.customer, window.days[key], c.channel, drivers, answered.get(key)))
    return touches


def _returns(window: _Window, touches: Sequence[Touch], back: Sequence[Return]) -> Returns:
    now = [r for r in back if r.after.key in window.week]
    drivers = Counter(driver for r in back for driver in r.drivers)
    channels = Counter(r.after.channel for r in back)
    return Returns(
        documents=len(back),
        customers=len({r.after.customer for r in back}),
        week_documents=len(now),
        week_customers=len({r.after.customer for r in now}),
        answered=sum(t.answered is not None for t in touches),
        days=float(statistics.median(r.days for r in back)) if back else None,
        moved=sum(r.before.channel != r.after.channel for r in back),
        drivers=_largest(drivers),
        channels=_largest(channels),
    )


def _largest(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _stories(context: Context, back: Sequence[Return]) -> tuple[ReturnStory, ...]:
    """The latest returns, of different customers, those into another channel first among those of one day."""
    chosen: dict[str, Return] = {}
    for r in sorted(back, key=lambda r: (-r.after.day, r.before.channel == r.after.channel, r.after.key)):
        chosen.setdefault(r.after.customer, r)
    picked = list(chosen.values())[:_STORIES]
    wanted = {(t.key, r.drivers[0]) for r in picked for t in (r.before, r.after)}
    words = _words(context, wanted)
    return tuple(
        ReturnStory(r.drivers, r.days, words[r.before.key, r.drivers[0]], words[r.after.key, r.drivers[0]])
        for r in picked
        if (r.before.key, r.drivers[0]) in words and (r.after.key, r.drivers[0]) in words
    )


def _words(context: Context, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Quote]:
    """What shows a complaint of a driver in a document, by (key, driver)."""
    keys = sorted({key for key, _ in wanted})
    documents = {d.key: d for d in context.store.documents(keys)}
    found: dict[tuple[str, str], Quote] = {}
    for prediction in context.store.predictions(context.model, keys):
        for evidence in prediction.evidence:
            driver = evidence.label.removesuffix(f".{COMPLAINT}")
            if (prediction.key, driver) in wanted and driver != evidence.label:
                document = documents[prediction.key]
                found.setdefault((prediction.key, driver), quote(context, document, evidence.start, evidence.end))
    return found


def _waits(context: Context, window: _Window, exchanges: Mapping[str, Document]) -> tuple[WaitRow, ...]:
    timed = waits(exchanges.values(), context.config.zone)
    by_channel: dict[str, list[Wait]] = {}
    for wait in timed:
        by_channel.setdefault(wait.channel, []).append(wait)
    lone = Counter(c.channel for key, c in window.rows.items() if key not in exchanges)
    rows = []
    for channel, some in by_channel.items():
        alone = lone[channel] if channel in _CORRESPONDENCE else 0
        first = [w.first for w in some if w.first is not None]
        longest = [w.longest for w in some if w.longest is not None]
        rows.append(
            WaitRow(
                channel=channel,
                exchanges=len(some) + alone,
                unanswered=sum(not w.answered for w in some) + alone,
                first=_quantile(first, 0.5),
                slow=_quantile(first, 0.9),
                longest=_quantile(longest, 0.5),
                slowest=_quantile(longest, 1.0),
            )
        )
    return tuple(sorted(rows, key=lambda r: (-r.exchanges, r.channel)))


def _quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that ``share`` of ``values`` do not exceed, to a tenth of a second."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[max(0, -int(-share * len(ordered) // 1) - 1)], 1)


def _case_rows(context: Context, cases: Iterable[Case]) -> dict[str, CaseRow]:
    some = list(cases)
    keys = [case.keys[0] for case in some]
    documents = {d.key: d for d in context.store.documents(keys)}
    labels = {c.key: c for c in context.store.counts(context.model, keys)}
    values = context.store.values(key for case in some for key in case.keys)
    found = {}
    for case in some:
        document = documents[case.keys[0]]
        counted = labels.get(document.key)
        found[case.id] = CaseRow(
            id=case.id,
            document=shown_id(document.id, document.key),
            drivers=_drivers(context, counted) if counted else (),
            channel=document.channel,
            owner=case.owner,
            state=case.state,
            opened=case.opened,
            since=case.since,
            value=max((values[key] for key in case.keys if key in values), default=None),
        )
    return found


def case_rows(context: Context, cases: Iterable[Case]) -> list[CaseRow]:
    """``cases`` as the report and ``voc cases`` show them, in their order."""
    some = list(cases)
    rows = _case_rows(context, some)
    return [rows[case.id] for case in some]


def actions(context: Context, rows: Sequence[WeekRow], alarms: Sequence[Alarm]) -> Iterable[ActionRow]:
    """The actions as of the as-of date, and whether their drivers moved since, by ``rows`` up to the report's week."""
    as_of = context.as_of()
    for action in context.store.actions():
        if as_of is not None and dt.date.fromisoformat(action.added) > as_of:
            continue
        since = moved(action, rows, alarms)
        done = action.done if action.done and (as_of is None or action.done <= as_of.isoformat()) else None
        before, now = (None if share is None else round(share, _DIGITS) for share in (since.before, since.now))
        yield ActionRow(
            action.number, action.driver, redact(action.owner), action.due, redact(action.text), action.added, done,
            before, now, since.signal,
        )  # fmt: skip


def journey(context: Context, case: Case) -> list[Counted]:
    """All documents of the customer of ``case`` in time order; those of the case, where nobody is named."""
    customers = {d.customer for d in context.store.documents(case.keys)} - {None}
    found = [c for c in context.store.counts(context.model) if c.key in case.keys or c.customer in customers]
    return sorted(found, key=lambda c: (context.day(c.time) or dt.date.max, c.key))
