"""What a monthly report has beside its shares: the signals that stood in it, its actions, its call-backs."""

from __future__ import annotations

from typing import Final

from voc.report.loop_value import ActionRow
from voc.report.messages import Messages
from voc.report.names import driver_name, side_name, week_short
from voc.report.page import Table
from voc.report.ranges import RangeReport
from voc.report.ranges_page import Section
from voc.results import Alarm

_MAX_CASES: Final = 15


def month_sections(report: RangeReport, m: Messages) -> list[Section]:
    """Signals, actions and call-backs of a month; none for a comparison."""
    month = report.month
    if month is None:
        return []
    return [
        _alarms(report, month.alarms, m),
        _actions(report, month.actions, m),
        _cases(report, m),
    ]


def _alarms(report: RangeReport, alarms: tuple[Alarm, ...], m: Messages) -> Section:
    name = m("ranges.alarms_heading")
    if not alarms:
        return Section("alarms", name, (m("ranges.alarms_none"),))
    head = tuple(m(f"alarms.{key}") for key in ("series", "since", "last", "then", "fate"))
    rows = []
    for a in alarms:
        called = m("format.reason", name=side_name(report, a.series, m), count=m(f"signal.{a.signal}"))
        then = m("format.arrow", before=m.percent(a.baseline), after=m.percent(a.share))
        fate = m(f"fate.{a.state}", weeks=a.weeks, week=week_short(a.begins or a.since, m))
        rows.append((called, a.since, a.last, then, fate))
    return Section("alarms", name, (), (Table(head, tuple(rows)),))


def _actions(report: RangeReport, actions: tuple[ActionRow, ...], m: Messages) -> Section:
    name = m("ranges.actions_heading")
    if not actions:
        return Section("actions", name, (m("ranges.actions_none"),))
    head = tuple(m(f"loop.column_{key}") for key in ("action", "driver", "owner", "due", "moved"))
    rows = []
    for a in actions:
        state = m("ranges.done", day=m.day(a.done)) if a.done else m("ranges.due", day=m.day(a.due)) if a.due else ""
        moved = m("ranges.moved", before=m.percent(a.before), now=m.percent(a.now))
        passed = m(f"ranges.passed_{a.signal}") if a.signal in ("up", "down") else ""
        owner = a.owner or m("loop.nobody")
        rows.append((a.text, driver_name(report, a.driver, m), owner, state or m("ranges.open"), moved + passed))
    return Section("actions", name, (), (Table(head, tuple(rows)),))


def _cases(report: RangeReport, m: Messages) -> Section:
    month, name = report.month, m("ranges.cases_heading")
    if month is None or not (month.cases or month.states):
        return Section("cases", name, (m("ranges.cases_none"),))
    counts = [m("format.reason", name=m(f"case_state.{s}"), count=m.count(n)) for s, n in month.states.items()]
    states = m.joined(counts)
    opened = sum(month.states.values())
    lines = [m("ranges.cases_intro", count=m.count(opened), states=states) if opened else m("ranges.cases_none")]
    head = tuple(m(f"loop.column_{key}") for key in ("case", "reason", "state", "owner"))
    rows = []
    for c in month.cases[:_MAX_CASES]:
        reason = m.joined([driver_name(report, d, m) for d in c.drivers]) or m("callbacks.no_driver")
        state = m("loop.since", state=m(f"case_state.{c.state}"), day=m.day(c.since)) if c.since else c.state
        rows.append((c.id, reason, state, c.owner or m("loop.nobody")))
    if len(month.cases) > _MAX_CASES:
        lines.append(m("ranges.cases_more", count=m.count(len(month.cases) - _MAX_CASES)))
    return Section("cases", name, tuple(lines), (Table(head, tuple(rows)),) if rows else ())
