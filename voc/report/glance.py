"""The lines of the first page that point to the annex: what is new in each part, in one line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Final

from voc.casework import STATES
from voc.report.build import shorten
from voc.report.health_view import glance_health
from voc.report.messages import Messages
from voc.report.needs_view import glance_line
from voc.report.page import Glance
from voc.report.value import ALL, Report, ThemeEntry
from voc.results import LEAVE

MAX_NAMED: Final = 3
LINE: Final = 150  # display columns, two lines of the first page; the section that it points to says all
_ENTRY: Final = re.compile(r"[)）](?=[,;、；])")  # where an entry of a list ends


def glance(report: Report, m: Messages) -> tuple[Glance, ...]:
    """One line for each part of the annex of which there is something to say, in the order of the page."""
    lines = (
        Glance("h-themes", m("glance.themes"), _themes(report, m)),
        Glance("h-needs", m("needs.glance"), glance_line(report, m)),
        Glance("h-callbacks", m("glance.callbacks"), _callbacks(report, m)),
        Glance("h-loop", m("glance.loop"), _loop(report, m)),
        Glance("h-heard", m("glance.heard"), _heard(report, m)),
        Glance("h-health", m("health.glance"), glance_health(report, m)),
    )
    return tuple(dataclasses.replace(line, text=_fitted(line.text)) for line in lines if line.text)


def _fitted(text: str) -> str:
    """``text`` in the room that a line has, cut behind an entry of its list."""
    cut = shorten(text, LINE)
    ends = [match.end() for match in _ENTRY.finditer(text) if match.end() < len(cut)]
    return cut if cut == text or not ends else text[: ends[-1]] + " …"


def _themes(report: Report, m: Messages) -> str:
    themes = report.themes.themes
    if not themes:
        return ""
    emerging = [t for t in themes if t.emergence]
    new = [t for t in themes if t.state == "new" and not t.emergence]
    parts = [m("glance.emerging", themes=_named_themes(emerging, m))] if emerging else [m("glance.no_emerging")]
    parts += [m("glance.new", themes=_named_themes(new, m))] if new else []
    parts += [] if emerging or new else [m("glance.largest", themes=_named_themes(list(themes), m))]
    return m("format.gap").join(parts)


def _named_themes(themes: list[ThemeEntry], m: Messages) -> str:
    shown = [m("format.reason", name=m.name(t.labels), count=m.count(t.documents)) for t in themes[:MAX_NAMED]]
    more = len(themes) - len(shown)
    return m.joined([*shown, *([m("glance.more", count=m.count(more))] if more else [])])


def _callbacks(report: Report, m: Messages) -> str:
    cell, shown = report.cell(LEAVE), len(report.callbacks)
    if cell and cell.k > shown > 0:
        return m("glance.to_call_of", count=m.count(shown), all=m.count(cell.k))
    return m("glance.to_call", count=m.count(shown)) if shown else ""


def _loop(report: Report, m: Messages) -> str:
    loop = report.loop
    if loop is None:
        return ""
    parts = []
    if loop.actions:
        left = [a for a in loop.actions if not a.done]
        late = [a for a in left if a.due and report.as_of and a.due < report.as_of]
        parts.append(m("glance.actions", open=m.count(len(left)), late=m.count(len(late))))
    if loop.states:
        states = [m("format.reason", name=m.get("case_state", s), count=m.count(loop.states.get(s, 0))) for s in STATES]
        parts.append(m("glance.cases", states=m.joined(states)))
    if loop.replies and loop.replies[0].answers:
        share = m.percent(loop.replies[0].hollow / loop.replies[0].answers)
        parts.append(m("glance.hollow", share=share))
    return m("format.gap").join(parts)


def _heard(report: Report, m: Messages) -> str:
    coverage = report.coverage
    counts = coverage.channels if report.week == ALL else coverage.week_channels
    if not counts:
        return ""
    key = "glance.channels_all" if report.week == ALL else "glance.channels"
    parts = [m(key, channels=_counted(counts, "channel", m))]
    if coverage.stale:
        parts.append(m("glance.stale", feeds=m.joined([feed.name for feed in coverage.stale[:MAX_NAMED]])))
    unread = [m("glance.undated", count=m.count(coverage.undated))] if coverage.undated else []
    unread += [m("glance.rejected", count=m.count(report.rejects.count))] if report.rejects.count else []
    return m("format.gap").join([*parts, *unread])


def _counted(counts: Mapping[str, int], table: str, m: Messages) -> str:
    shown = [m("format.reason", name=m.get(table, key), count=m.count(n)) for key, n in counts.items() if n]
    return m.joined(shown[: 2 * MAX_NAMED])
