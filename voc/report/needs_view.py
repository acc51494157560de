"""The needs axis in words: groups of needs, and for each outcome a chart of penalties and rewards in a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from voc.needs import (
    APART,
    ATTRACTOR,
    BANDS,
    BOTH,
    CONTRARY,
    DRIVER,
    FEW,
    FITTED,
    FOUND,
    MUST_HAVE,
    NOISE,
    OPEN,
    RATING,
    UNKNOWN,
    WIDE,
    Effect,
    Need,
    NeedsAxis,
    Outcome,
)
from voc.report.messages import Messages
from voc.report.page import Table
from voc.report.value import Report

# Groups in their order: what stands in both stands in the first two.
_GROUPS: Final = (
    ("missing", (MUST_HAVE, BOTH)),
    ("present", (ATTRACTOR, BOTH)),
    ("noise", (NOISE,)),
    ("unknown", (UNKNOWN,)),
)
_MINUS: Final = "\u2212"
_WIDEST: Final = {True: 4.0, False: math.log(16)}  # of the axis, for ratings and for odds
_STEP: Final = {True: 0.5, False: math.log(2)}
_MAX_TICKS: Final = 2  # on either side of nothing


@dataclass(frozen=True, slots=True)
class Mark:
    """One effect in a chart: places in 0..100 on its axis; ``side``: penalty or reward; ``sure``: it is not nothing."""

    side: str
    at: float
    low: float
    high: float
    sure: bool


@dataclass(frozen=True, slots=True)
class NeedsChart:
    """An outcome: ``ticks`` (place in 0..100, text) from the worse on the left to the better, the ``band`` of what
    makes no difference; ``table`` has a row for each of ``marks``; ``description``: the chart in words."""

    key: str
    name: str
    description: str
    ticks: tuple[tuple[float, str], ...]
    band: tuple[float, float]
    marks: tuple[tuple[Mark, ...], ...]
    table: Table


@dataclass(frozen=True, slots=True)
class NeedsView:
    """The section: what was looked at, the groups (key, name, needs or that there is none), and the charts."""

    lines: tuple[str, ...]
    groups: tuple[tuple[str, str, str], ...]
    charts: tuple[NeedsChart, ...]
    reading: str


def needs_view(report: Report, m: Messages) -> NeedsView | None:
    """The section; None for a report of before there was one."""
    axis = report.needs
    if axis is None:
        return None
    lines = [_window(axis, m), *(_outcome(o, m) for o in axis.outcomes)]
    if axis.left_out:
        lines.append(m("needs.left_out", count=m.count(axis.left_out)))
    if not axis.needs:
        return NeedsView(tuple(lines), (), (), "")
    groups = tuple(
        (key, m(f"needs.group_{key}"), _named(report, axis, places, m) or m("needs.nobody")) for key, places in _GROUPS
    )
    charts = tuple(c for o in axis.outcomes if o.state == FITTED and (c := _chart(report, axis, o.name, m)) is not None)
    reading = m("needs.reading", tests=axis.tests, resamples=axis.resamples)
    return NeedsView(tuple(lines), groups, charts, reading)


def need_name(report: Report, need: Need, m: Messages) -> str:
    """A driver by what is needed (its praise side), a theme by its label in quotation marks."""
    if need.kind == DRIVER:
        return next((m.name(d.praise_name) for d in report.drivers if d.key == need.key), need.key)
    label = next((m.name(t.labels) for t in report.themes.themes if t.id == need.key), need.key)
    return m("needs.theme", label=label)


def glance_line(report: Report, m: Messages) -> str:
    """What goes with lost customers and what with won ones, in a line; empty where nothing is placed."""
    axis = report.needs
    if axis is None:
        return ""
    found = [(key, _named(report, axis, places, m)) for key, places in _GROUPS[:2]]
    return m("format.gap").join(m(f"needs.glance_{key}", needs=names) for key, names in found if names)


def amount(outcome: str, value: float | None, m: Messages) -> str:
    """An effect: points of five with a sign, or how many times the odds of leaving are."""
    if value is None:
        return m.count(None)
    if outcome == RATING:
        text = f"{abs(value):.2f}"
        return f"{'±' if text == '0.00' else '+' if value > 0 else _MINUS}{text}"
    return m("needs.times", value=f"{math.exp(value):.2f}" if value < math.log(10) else f"{math.exp(value):.0f}")


def _window(axis: NeedsAxis, m: Messages) -> str:
    if axis.start is None or axis.end is None:
        return m("needs.window_all")
    return m("needs.window", start=m.day(axis.start), end=m.day(axis.end))


def _outcome(outcome: Outcome, m: Messages) -> str:
    scales = [m("format.reason", name=name, count=m.count(n)) for name, n in outcome.scales.items()]
    return m(
        f"needs.{outcome.name}_{outcome.state}",
        documents=m.count(outcome.documents),
        customers=m.count(outcome.customers),
        carrying=m.count(outcome.carrying),
        scales=m.joined(scales),
    )


def _named(report: Report, axis: NeedsAxis, places: tuple[str, ...], m: Messages) -> str:
    found = []
    for need in (n for n in axis.needs if n.placing in places):
        why = _why(need, m) if places == (UNKNOWN,) else _shown_by(need, MUST_HAVE in places, m)
        name = need_name(report, need, m)
        found.append(m("format.reason", name=name, count=why) if why else name)
    return m("needs.then").join(found)


def _shown_by(need: Need, missing: bool, m: Messages) -> str:
    """The outcomes that place a need in the first group (``missing``) or the second; none for one of no difference."""
    effects = need.penalty if missing else need.reward
    return m.joined([m(f"needs.by_{e.outcome}") for e in effects if e.finding == FOUND])


def _why(need: Need, m: Messages) -> str:
    """Why a need is placed nowhere."""
    effects = (*need.penalty, *need.reward)
    if any(e.finding == CONTRARY for e in effects):
        return m("needs.contrary")
    reasons = {e.reason for e in effects if e.finding == OPEN}
    return m(f"needs.reason_{next(r for r in (APART, WIDE, FEW) if r in reasons)}")


def _chart(report: Report, axis: NeedsAxis, outcome: str, m: Messages) -> NeedsChart | None:
    rows = [(need, _of(need.penalty, outcome), _of(need.reward, outcome)) for need in axis.needs]
    shown = [(n, p, r) for n, p, r in rows if any(e and e.estimate is not None for e in (p, r))]
    if not shown:
        return None
    rating = outcome == RATING
    effects = [e for _, p, r in shown for e in (p, r) if e]
    reach: float = max(abs(v) for e in effects for v in (e.low, e.high) if v is not None)
    reach = min(_WIDEST[rating], max(_STEP[rating], math.ceil(reach / _STEP[rating]) * _STEP[rating]))

    def place(value: float) -> float:
        """The worse is left: lower ratings, more leaving."""
        toward = value if rating else -value
        return round(50 + 50 * max(-1.0, min(1.0, toward / reach)), 1)

    head = ("need", "penalty", "complaints", "reward", "praises", "placing")
    table = Table(
        tuple(m(f"needs.column_{key}") for key in head),
        tuple(
            (need_name(report, n, m), *_told(p, m), *_told(r, m), m(f"needs.placing_{n.placing}")) for n, p, r in shown
        ),
    )
    band = sorted(place(v) for v in (-BANDS[outcome], BANDS[outcome]))
    return NeedsChart(
        key=outcome,
        name=m(f"needs.chart_{outcome}"),
        description=m(f"needs.description_{outcome}"),
        ticks=tuple((place(v), _tick(outcome, v, m)) for v in _ticks(reach, _STEP[rating])),
        band=(band[0], band[1]),
        marks=tuple(tuple(_marks(p, r, place)) for _, p, r in shown),
        table=table,
    )


def _ticks(reach: float, step: float) -> list[float]:
    """Nothing, and round steps to both sides, at most ``_MAX_TICKS`` on each."""
    count = round(reach / step)
    every = math.ceil(count / _MAX_TICKS)
    return [i * step for i in range(-count, count + 1) if i % every == 0]


def _tick(outcome: str, value: float, m: Messages) -> str:
    if outcome == RATING:
        return f"{_MINUS if value < 0 else '+' if value > 0 else ''}{abs(value):g}"
    return m("needs.times" if value >= 0 else "needs.over", value=f"{math.exp(abs(value)):.3g}")


def _of(side: tuple[Effect, ...], outcome: str) -> Effect | None:
    return next((e for e in side if e.outcome == outcome), None)


def _told(effect: Effect | None, m: Messages) -> tuple[str, str]:
    """The effect with its interval, and of how many it is."""
    if effect is None:
        return m.count(None), m.count(None)
    of = m("needs.of", documents=m.count(effect.documents), customers=m.count(effect.customers))
    if effect.estimate is None:
        return m("needs.reason_few"), of
    low, high = sorted((effect.low or 0.0, effect.high or 0.0))
    interval = m("format.range", low=amount(effect.outcome, low, m), high=amount(effect.outcome, high, m))
    return m("format.reason", name=amount(effect.outcome, effect.estimate, m), count=interval), of


def _marks(penalty: Effect | None, reward: Effect | None, place: Callable[[float], float]) -> Iterator[Mark]:
    for side, effect in (("penalty", penalty), ("reward", reward)):
        if effect is None or effect.estimate is None or effect.low is None or effect.high is None:
            continue
        ends = sorted((place(effect.low), place(effect.high)))
        yield Mark(side, place(effect.estimate), ends[0], ends[1], effect.finding in (FOUND, CONTRARY))
