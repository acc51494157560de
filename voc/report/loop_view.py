"""The texts of the loop section, in order, as blocks that both layouts set alike."""

from __future__ import annotations

from typing import Final

from voc.casework import STATES
from voc.documents import CONVERSATIONS
from voc.report.loop_value import ActionRow, CaseRow, Loop
from voc.report.messages import Messages
from voc.report.movement import quote_view
from voc.report.names import driver_name
from voc.report.page import Block, Facets, QuoteGroup, Table
from voc.report.value import ALL, Report
from voc.results import NO_SIGNAL

MAX_CASES: Final = 20
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


def blocks(report: Report, m: Messages) -> tuple[Block, ...]:
    """What is said of closing the loop; parts of which nothing is known are left out."""
    loop = report.loop
    if loop is None:
        return ()
    found = (_actions(report, loop, m), _cases(report, loop, m), _replies(report, loop, m), _returns(report, loop, m))
    return tuple(block for block in (*found, _waits(loop, m)) if block is not None)


def window(report: Report, m: Messages) -> str:
    """Of which days the section tells."""
    loop = report.loop
    if loop is None or loop.start is None or loop.end is None:
        return m("loop.window_all")
    return m("loop.window", start=m.day(loop.start), end=m.day(loop.end))


def case_text(report: Report, key: str, m: Messages) -> str:
    """The case of the document ``key``: its id, owner, state, and what the customer is worth, where it is given."""
    row = report.loop.callbacks.get(key) if report.loop else None
    if row is None:
        return m.count(None)
    parts = [row.id, row.owner or m("loop.nobody"), m.get("case_state", row.state)]
    parts += [m("loop.value", value=f"{row.value:,.0f}")] if row.value is not None else []
    return " · ".join(parts)


def duration(seconds: float | None, m: Messages) -> str:
    """``seconds`` in the largest unit that it fills: 45 s, 12 min, 5.2 h, 3.0 days."""
    if seconds is None:
        return m.count(None)
    if seconds < _MINUTE:
        return m("loop.seconds", value=f"{seconds:.0f}")
    if seconds < _HOUR:
        return m("loop.minutes", value=f"{seconds / _MINUTE:.0f}")
    if seconds < 2 * _DAY:
        return m("loop.hours", value=f"{seconds / _HOUR:.1f}")
    return m("loop.days", value=f"{seconds / _DAY:.1f}")


def _actions(report: Report, loop: Loop, m: Messages) -> Block | None:
    if not loop.actions:
        return None
    head = ("action", "driver", "owner", "due", "moved")
    rows = tuple(
        (a.text, driver_name(report, a.driver, m), a.owner, _due(report, a, m), _moved(a, m)) for a in loop.actions
    )
    return Block("actions", m("loop.actions"), (m("loop.actions_intro"),), (Table(_head(head, m), rows),))


def _due(report: Report, action: ActionRow, m: Messages) -> str:
    if action.done:
        return m("loop.done", day=m.day(action.done))
    if action.due and report.as_of and action.due < report.as_of:
        return m("loop.overdue", day=m.day(action.due))
    return m.day(action.due)


def _moved(action: ActionRow, m: Messages) -> str:
    if action.signal == "new":
        return m("loop.fresh", share=m.percent(action.now))
    shares = m("format.arrow", before=m.percent(action.before), after=m.percent(action.now))
    key = "untested" if action.signal is None else "still" if action.signal == NO_SIGNAL else f"went_{action.signal}"
    return " · ".join((shares, m(f"loop.{key}")))


def _cases(report: Report, loop: Loop, m: Messages) -> Block | None:
    if not loop.states:
        return None
    states = m.joined([f"{m.get('case_state', s)} {m.count(loop.states.get(s, 0))}" for s in STATES])
    lines = [m("loop.cases_intro", count=m.count(sum(loop.states.values())), states=states)]
    lines.append(m("loop.cases_earlier" if loop.cases else "loop.cases_none"))
    if len(loop.cases) > MAX_CASES:
        lines.append(m("callbacks.cut", shown=MAX_CASES, all=m.count(len(loop.cases))))
    rows = tuple(_case(report, row, m) for row in loop.cases[:MAX_CASES])
    facets = tuple(Facets(row.channel, drivers=row.drivers) for row in loop.cases[:MAX_CASES])
    head = _head(("case", "reason", "owner", "state", "document"), m)
    tables = (Table(head, rows, facets, ("text", "text", "text", "text", "")),) if rows else ()
    return Block("cases", m("loop.cases"), tuple(lines), tables)


def _case(report: Report, row: CaseRow, m: Messages) -> tuple[str, ...]:
    reasons = m.joined([driver_name(report, d, m) for d in row.drivers])
    since = m("loop.since", state=m.get("case_state", row.state), day=m.day(row.since or None))
    return (row.id, reasons, row.owner or m("loop.nobody"), since, row.document)


def _replies(report: Report, loop: Loop, m: Messages) -> Block | None:
    if not loop.replies:
        return None
    total, keys = loop.replies[0], ("channel", "answers", "hollow", "stock", "empty")
    weekly = report.week != ALL
    rows = tuple(
        (
            m.get("channel", r.channel) if r.channel else m("loop.all"),
            m.count(r.answers),
            *(f"{m.count(k)} ({m.percent(k / r.answers)})" for k in (r.hollow, r.stock)),
            # Only written replies are judged by that.
            m.count(None) if r.channel in CONVERSATIONS else f"{m.count(r.empty)} ({m.percent(r.empty / r.answers)})",
            *([m("format.of", k=m.count(r.week_hollow), n=m.count(r.week_answers))] if weekly else []),
        )
        for r in loop.replies
    )
    share = m.percent(total.hollow / total.answers)
    lines = [m("loop.replies_intro", share=share, hollow=m.count(total.hollow), answers=m.count(total.answers))]
    lines += [
        m("loop.stock_text", text=s.text, count=m.count(s.answers), channels=_channels(s.channels, m))
        for s in loop.stocks
    ]
    head = _head((*keys, *(["this_week"] if weekly else [])), m)
    return Block("replies", m("loop.replies"), tuple(lines), (Table(head, rows),), numeric=True)


def _returns(report: Report, loop: Loop, m: Messages) -> Block | None:
    found = loop.returns
    if found is None or not found.answered:
        return None
    lines = [
        m(
            "loop.returns_intro",
            documents=m.count(found.documents),
            customers=m.count(found.customers),
            answered=m.count(found.answered),
        )
    ]
    if found.documents and found.days is not None:
        lines.append(m("loop.returns_how", days=f"{found.days:g}", moved=m.count(found.moved)))
    if report.week != ALL:
        week = {"documents": m.count(found.week_documents), "customers": m.count(found.week_customers)}
        lines.append(m("loop.returns_week", **week))
    drivers = tuple((driver_name(report, d, m), m.count(n)) for d, n in found.drivers.items())
    channels = tuple((m.get("channel", c), m.count(n)) for c, n in found.channels.items())
    named = (("driver", drivers), ("back_in", channels))
    tables = tuple(Table(_head((key, "came_back"), m), rows) for key, rows in named if rows)
    stories = tuple(
        QuoteGroup(
            "", m("loop.story", drivers=m.joined([driver_name(report, d, m) for d in s.drivers]), days=s.days),
            (quote_view(s.before, m, s.drivers), quote_view(s.after, m, s.drivers)),
        )
        for s in loop.stories
    )  # fmt: skip
    return Block("returns", m("loop.returns"), tuple(lines), tables, stories, numeric=True)


def _waits(loop: Loop, m: Messages) -> Block | None:
    if not loop.waits:
        return None
    head = ("channel", "exchanges", "unanswered", "first", "slow", "longest", "slowest")
    rows = tuple(
        (
            m.get("channel", w.channel),
            m.count(w.exchanges),
            f"{m.count(w.unanswered)} ({m.percent(w.unanswered / w.exchanges)})",
            *(duration(value, m) for value in (w.first, w.slow, w.longest, w.slowest)),
        )
        for w in loop.waits
    )
    return Block("waits", m("loop.waits"), (m("loop.waits_intro"),), (Table(_head(head, m), rows),), numeric=True)


def _channels(channels: tuple[str, ...], m: Messages) -> str:
    return m.joined([m.get("channel", c) for c in channels])


def _head(keys: tuple[str, ...], m: Messages) -> tuple[str, ...]:
    return tuple(m(f"loop.column_{key}") for key in keys)
