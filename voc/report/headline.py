"""The first screen in words: heading, verdict, tiles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from voc.ranges import STILL_FILLING
from voc.report.messages import Messages
from voc.report.names import driver_inline, series_name, side_name, subject, week_short
from voc.report.page import Strip, Tile
from voc.report.value import (
    ALL,
    DOWN,
    EMPTY,
    FEW,
    MIN_BASELINE,
    MOVED,
    NONE,
    PARTIAL,
    STANDING,
    STEADY,
    UNTESTED,
    UP,
    WHOLE,
    Report,
)
from voc.report.verdict import heard
from voc.results import LEAVE, STANDS, Cell, Trend
from voc.taxonomy import COMPLAINT, PRAISE
from voc.weeks import Week

_ARROWS: Final = {UP: "▲", DOWN: "▼", NONE: "", UNTESTED: ""}
_MOST_WEEKS: Final = 10_000  # rarer than once in so many weeks is no more than said so
_FAR: Final = 0.03  # a share differs a lot from the count by so much, or by _SOME that is such a part of it
_SOME: Final = 0.01
_PART: Final = 0.25
_PIECES: Final = 3  # ... and where it is so many pieces of feedback: of one or two nobody can tell what they are about
_NO_SEASON: Final = 0.001  # what the time of year adds to a baseline, from which it is told
_MIX_NAMED: Final = 0.5  # of a change: from there on who was heard is named beside it


def heading(report: Report, m: Messages) -> tuple[str, str]:
    """The name of the week (and of the segment), and its days."""
    part = f" · {segment_name(report.segment, m)}" if report.segment else ""
    if report.week != ALL:
        week = Week.parse(report.week)
        return m("head.week", number=week.number, year=week.year) + part, m.days(week.start, week.end)
    first, last = report.coverage.start, report.coverage.end
    days = m.days(date.fromisoformat(first), date.fromisoformat(last)) if first and last else ""
    return m("head.all") + part, days


def segment_name(segment: Sequence[tuple[str, str]], m: Messages) -> str:
    """What part of the feedback it is: ``Channel: call``."""
    named = ((m(f"segment.{attribute}"), m.get(attribute, value)) for attribute, value in segment)
    names = [m("format.named", name=name, value=value) for name, value in named]
    return m.joined(names)


def meta(report: Report, m: Messages) -> tuple[str, ...]:
    """The line under the heading: how much was heard, as of when, which revision."""
    row = report.current
    key = "head.documents_all" if report.week == ALL else "head.documents"
    parts = [m(key, documents=m.count(row.documents if row else 0))]
    if row and row.customers is not None:
        parts.append(m("head.customers", customers=m.count(row.customers)))
    if row and row.partial:
        parts.append(m("head.incomplete"))
    if report.as_of:
        parts.append(m("head.as_of", date=m.day(report.as_of)))
    return (*parts, m("head.revision", revision=report.revision))


def verdict(report: Report, m: Messages) -> str:
    """The one sentence that says what happened: signal or none, of how many tests, how sure."""
    v = report.verdict
    if v.kind in (EMPTY, FEW, STEADY):
        return m(f"verdict.{v.kind}", tests=v.tests)
    if v.series is None:
        return m("verdict.no_complaint")
    share = m.percent(v.share)
    if v.kind in (MOVED, STANDING):
        key = f"verdict.{'new' if v.kind == MOVED else 'standing'}_{v.direction}"
        signals = 1 + len(v.also)
        text = m(
            key,
            subject=subject(report, v.series, m),
            share=share,
            baseline=m.percent(v.baseline),
            since=week_short(v.since or report.week, m),
            count=m("verdict.one" if signals == 1 else "verdict.several", signals=signals, tests=v.tests),
            tests=v.tests,
            odds=odds(v.p, m),
        )
        return text[:1].upper() + text[1:]
    driver = driver_inline(report, v.driver or "", m)
    return m("verdict.most_all" if v.kind == WHOLE else "verdict.most", driver=driver, share=share)


def odds(p: float | None, m: Messages) -> str:
    """How often chance alone would give it: one week of so many, to one significant digit, two from a hundred on."""
    if p is None or p <= 0 or p * _MOST_WEEKS < 1:
        return m("verdict.rarely", weeks=m.count(_MOST_WEEKS))
    weeks = round(1 / p)
    digits = len(str(weeks)) - (1 if weeks < 100 else 2)
    return m("verdict.odds", weeks=m.count(max(round(weeks, -digits), 1)))


def details(report: Report, m: Messages) -> tuple[str, ...]:
    """What the sentence rests on, whether the week is full, and what part of the feedback it is about."""
    part = m("segment.detail", part=segment_name(report.segment, m)) if report.segment else ""
    return tuple(line for line in (*_grounds(report, m), _filling(report, m), part) if line)


def _filling(report: Report, m: Messages) -> str:
    f, row = report.filling, report.current
    if f is None or row is None or row.partial:
        return ""
    values = {"documents": m.count(row.documents), "usual": m.count(f.usual)}
    if f.drop:
        return m("filling.drop", least=m.count(f.least), most=m.count(f.most), **values)
    if f.later < STILL_FILLING:
        return ""
    spread = {"later": m.percent(f.later), "low": m.percent(f.low), "high": m.percent(f.high)}
    key = "filling.late" if f.usual is None else "filling.late_usual"
    return m(key, days=f.days, weeks=f.weeks, **spread, **values)


def _grounds(report: Report, m: Messages) -> tuple[str, ...]:
    v = report.verdict
    if v.kind in (MOVED, STANDING):
        return (*_moved(report, m), *_silent(report, m))
    if v.kind == STEADY:
        return (*_steady(report, m), *_silent(report, m))
    if v.kind == FEW and report.current:
        return (m("verdict.few_detail", count=m.count(heard(report.current))),)
    if v.kind in (EMPTY, WHOLE, PARTIAL):
        return (m(f"verdict.{v.kind}_detail"),)
    return (m("verdict.short_detail", weeks=v.baseline_weeks, minimum=MIN_BASELINE),)


def _moved(report: Report, m: Messages) -> list[str]:
    v = report.verdict
    values = {"change": m.points(v.change), "low": m.percent(v.low), "high": m.percent(v.high)}
    found = [m("verdict.moved_detail", weeks=v.baseline_weeks, **values)]
    for change in report.changes:
        w = change.where
        if w.series == v.series and abs(w.mix) >= _MIX_NAMED * abs(w.change) and w.mix * w.change > 0:
            found.append(m("verdict.mix", mix=m.points(w.mix), change=m.points(w.change)))
    found += filter(None, [season_line(report.trend(v.series or ""), m)])
    others = []
    for label in v.also:
        word = "verdict.rose" if report.signals[label] == UP else "verdict.fell"
        others.append(m(word, series=side_name(report, label, m)))
    return [*found, m("verdict.also", series=m.joined(others))] if others else found


def _silent(report: Report, m: Messages) -> list[str]:
    """Alarms that stand although this week alone does not show them."""
    quiet = [a for a in report.alarms if a.state == STANDS and report.signals.get(a.series) == NONE]
    if not quiet:
        return []
    names = []
    for alarm in quiet:
        word = "verdict.open_up" if alarm.up else "verdict.open_down"
        names.append(m(word, series=side_name(report, alarm.series, m), week=week_short(alarm.since, m)))
    return [m("verdict.silent", series=m.joined(names))]


def _steady(report: Report, m: Messages) -> list[str]:
    v = report.verdict
    trend = report.trend(v.series) if v.series else None
    if v.series is None or trend is None:
        return []
    values = {"share": m.percent(v.share), "baseline": m.percent(v.baseline), "change": m.points(v.change)}
    found = [m("verdict.steady_detail", driver=driver_inline(report, v.driver or "", m), weeks=trend.weeks, **values)]
    mix, change = trend.mix or 0.0, v.change or 0.0
    if mix * change > 0 and abs(mix) >= _MIX_NAMED * abs(change):
        found.append(m("verdict.mix", mix=m.points(mix), change=m.points(v.change)))
    found += filter(None, [season_line(trend, m)])
    if trend.low is not None and trend.high is not None:
        found.append(m("verdict.band", low=m.percent(trend.low), high=m.percent(trend.high)))
    return found


def season_line(trend: Trend | None, m: Messages) -> str:
    """What the baseline holds of the time of year; empty where that is nothing to speak of."""
    if trend is None or trend.season is None or abs(trend.season) < _NO_SEASON:
        return ""
    return m("changes.season", season=m.points(trend.season))


def tiles(report: Report, m: Messages) -> tuple[Tile, ...]:
    """One tile for each driver, in order, and one for leaving."""
    series = [(f"{d.key}.{COMPLAINT}", m.name(d.name)) for d in report.drivers] + [(LEAVE, m.name(report.leave_name))]
    cells = [report.cell(label) for label, _ in series]
    top = max([c.high for c in cells if c and c.high is not None], default=1.0)
    return tuple(_tile(report, label, name, top, m) for label, name in series)


def _tile(report: Report, label: str, name: str, top: float, m: Messages) -> Tile:
    cell, trend, signal = report.cell(label), report.trend(label), report.signals[label]
    low, high = (m.percent(cell.low), m.percent(cell.high)) if cell else (m.percent(None), m.percent(None))
    compared = cell is not None and cell.change is not None
    customers = trend.customers if trend else None
    return Tile(
        label=label,
        name=name,
        share=m.percent(cell.share if cell else None),
        range=m("format.range", low=low, high=high) if cell and cell.low is not None else "",
        interval=m("tile.interval", low=low, high=high) if cell and cell.low is not None else "",
        of=_counted(report, label, cell, m) if cell and cell.n else "",
        customers=m("tile.customers", customers=m.count(customers)) if customers is not None else "",
        begins=m("tile.begins", week=week_short(trend.begins, m)) if trend and trend.begins else "",
        signal=signal,
        arrow=_ARROWS[signal],
        change=m.points(cell.change) if cell and compared else "",
        note=_note(report, label, m),
        extra=_tile_extra(report, label, m),
        strip=_strip(cell, trend, top, m("tile.strip", name=name, share=m.percent(cell.share), low=low, high=high))
        if cell
        else None,
    )


def _counted(report: Report, label: str, cell: Cell, m: Messages) -> str:
    of = m("tile.of", k=m.count(cell.k), n=m.count(cell.n))
    if label not in report.errors:
        return of
    counted = m("tile.of_raw", of=of, raw=m.percent(cell.raw_share))
    why = _difference(report.errors[label], cell, m)
    return m("tile.of_why", counted=counted, why=why) if why else counted


def _difference(errors: tuple[float, ...], cell: Cell, m: Messages) -> str:
    """Why the share is another than what was counted; empty where the two are much the same."""
    if cell.share is None or cell.raw_share is None:
        return ""
    right = cell.share * errors[0] / (errors[0] + errors[1])  # found and carrying it, of all
    apart = abs(cell.share - cell.raw_share)
    if apart * cell.n < _PIECES or (
        apart < _FAR and (apart < _SOME or apart < _PART * max(cell.share, cell.raw_share))
    ):
        return ""
    if cell.share < cell.raw_share:
        return m("tile.lower", share=m.percent(1 - right / cell.raw_share))
    missed = (cell.share - right) / (1 - cell.raw_share) if cell.raw_share < 1 else 0.0
    return m("tile.higher", share=m.percent(min(max(missed, 0.0), 1.0)))


def _note(report: Report, label: str, m: Messages) -> str:
    """What the test said of a series, or why there was none."""
    trend, alarm, signal = report.trend(label), report.alarm(label), report.signals[label]
    if signal in (UP, DOWN):
        since = alarm.since if alarm else report.week
        return m(f"tile.{signal}" if since == report.week else f"tile.{signal}_since", week=week_short(since, m))
    if signal == UNTESTED:
        return m("tile.untested" if trend is None or trend.reason is None else f"tile.{trend.reason}")
    return m("tile.none")


def _tile_extra(report: Report, label: str, m: Messages) -> str:
    for driver in report.drivers:
        if label == f"{driver.key}.{COMPLAINT}":
            praise = report.cell(f"{driver.key}.{PRAISE}")
            share = m.percent(praise.share if praise else None)
            return m("tile.praise", name=m.name(driver.praise_name), share=share)
    return m("tile.leave_note")


def _strip(cell: Cell, trend: Trend | None, top: float, title: str) -> Strip | None:
    if cell.share is None or cell.low is None or cell.high is None or top <= 0:
        return None
    scale = 100 / top
    baseline = trend.baseline if trend else None if cell.change is None else cell.share - cell.change
    mean = None if baseline is None else min(max(baseline, 0.0) * scale, 100.0)
    return Strip(cell.share * scale, cell.low * scale, cell.high * scale, mean, title)


def tile_key(report: Report, m: Messages) -> str:
    """How to read the tiles; empty where there are none."""
    row = report.current
    if row is None or row.documents == 0:
        return ""
    shown = (*(f"{d.key}.{COMPLAINT}" for d in report.drivers), LEAVE)
    raw = [series_name(report, label, m) for label in shown if label not in report.errors]
    how = (
        m("tile.corrected")
        if not raw
        else m("tile.raw")
        if len(raw) == len(shown)
        else m("tile.partly", series=m.joined(raw))
    )
    return m("format.gap").join((m("tile.key") if row.baseline else m("tile.key_short"), how))
