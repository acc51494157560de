"""The first screen in words: heading, verdict, tiles."""

from __future__ import annotations

from datetime import date
from typing import Final

from voc.report.build import MIN_BASELINE, MIN_HEARD, heard
from voc.report.messages import Messages
from voc.report.names import driver_inline, driver_name
from voc.report.page import Strip, Tile
from voc.report.value import ALL, DOWN, EMPTY, FEW, MOVED, NONE, PARTIAL, STEADY, UNTESTED, UP, WHOLE, Report
from voc.results import LEAVE, Cell
from voc.taxonomy import COMPLAINT, PRAISE
from voc.weeks import Week

_ARROWS: Final = {UP: "▲", DOWN: "▼", NONE: "", UNTESTED: ""}


def heading(report: Report, m: Messages) -> tuple[str, str]:
    """The name of the week and its days."""
    if report.week != ALL:
        week = Week.parse(report.week)
        return m("head.week", number=week.number, year=week.year), m.days(week.start, week.end)
    first, last = report.coverage.start, report.coverage.end
    days = m.days(date.fromisoformat(first), date.fromisoformat(last)) if first and last else ""
    return m("head.all"), days


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
    """The one sentence that says what happened."""
    v = report.verdict
    if v.kind == EMPTY:
        return m("verdict.empty")
    if v.kind == STEADY:
        return m("verdict.steady")
    if v.kind == FEW:
        return m("verdict.few")
    if v.driver is None:
        return m("verdict.no_complaint")
    driver, share = driver_inline(report, v.driver, m), m.percent(v.share)
    if v.kind == MOVED:
        key = "verdict.up" if v.direction == UP else "verdict.down"
        return m(key, driver=driver, share=share, baseline=m.percent(v.baseline), weeks=v.baseline_weeks)
    return m("verdict.most_all" if v.kind == WHOLE else "verdict.most", driver=driver, share=share)


def details(report: Report, m: Messages) -> tuple[str, ...]:
    """What the sentence rests on."""
    v = report.verdict
    if v.kind == MOVED:
        return (*_moved(report, m), *_leave(report, m))
    if v.kind == STEADY:
        return (*_steady(report, m), *_leave(report, m))
    if v.kind == FEW and report.current:
        return (m("verdict.few_detail", count=m.count(heard(report.current)), minimum=MIN_HEARD),)
    if v.kind in (EMPTY, WHOLE, PARTIAL):
        return (m(f"verdict.{v.kind}_detail"),)
    return (m("verdict.short_detail", weeks=v.baseline_weeks, minimum=MIN_BASELINE),)


def _moved(report: Report, m: Messages) -> list[str]:
    v = report.verdict
    change, low, high = m.points(v.change), m.percent(v.low), m.percent(v.high)
    found = [m("verdict.moved_detail", change=change, low=low, high=high)]
    others = []
    for key in v.also:
        word = "verdict.rose" if report.signals[f"{key}.{COMPLAINT}"] == UP else "verdict.fell"
        others.append(m(word, driver=driver_name(report, key, m)))
    return [*found, m("verdict.also", drivers=m.joined(others))] if others else found


def _steady(report: Report, m: Messages) -> list[str]:
    v = report.verdict
    values = {
        "share": m.percent(v.share),
        "baseline": m.percent(v.baseline),
        "weeks": v.baseline_weeks,
        "change": m.points(v.change),
        "low": m.percent(v.low),
        "high": m.percent(v.high),
    }
    return [m("verdict.steady_detail", driver=driver_inline(report, v.driver or "", m), **values)]


def _leave(report: Report, m: Messages) -> list[str]:
    """Leaving is no driver, so it is never the sentence itself; but where it moved, that is said."""
    cell, signal = report.cell(LEAVE), report.signals[LEAVE]
    if signal not in (UP, DOWN) or cell is None or cell.share is None or cell.change is None:
        return []
    key = "verdict.leave_up" if signal == UP else "verdict.leave_down"
    return [m(key, share=m.percent(cell.share), baseline=m.percent(cell.share - cell.change))]


def tiles(report: Report, m: Messages) -> tuple[Tile, ...]:
    """One tile for each driver, in order, and one for leaving."""
    series = [(f"{d.key}.{COMPLAINT}", m.name(d.name)) for d in report.drivers] + [(LEAVE, m.name(report.leave_name))]
    cells = [report.cell(label) for label, _ in series]
    top = max([c.high for c in cells if c and c.high is not None], default=1.0)
    tiles = []
    for (label, name), cell in zip(series, cells, strict=True):
        signal = report.signals[label]
        low, high = (m.percent(cell.low), m.percent(cell.high)) if cell else (m.percent(None), m.percent(None))
        compared = cell is not None and cell.change is not None
        tiles.append(
            Tile(
                label=label,
                name=name,
                share=m.percent(cell.share if cell else None),
                range=m("format.range", low=low, high=high) if cell and cell.low is not None else "",
                interval=m("tile.interval", low=low, high=high) if cell and cell.low is not None else "",
                of=m("tile.of", k=m.count(cell.k), n=m.count(cell.n)) if cell and cell.n else "",
                signal=signal,
                arrow=_ARROWS[signal],
                change=m.points(cell.change) if cell and compared else "",
                note=m("tile.few" if signal == UNTESTED and compared else f"tile.{signal}"),
                extra=_tile_extra(report, label, m),
                strip=_strip(cell, top, m("tile.strip", name=name, share=m.percent(cell.share), low=low, high=high))
                if cell
                else None,
            )
        )
    return tuple(tiles)


def _tile_extra(report: Report, label: str, m: Messages) -> str:
    for driver in report.drivers:
        if label == f"{driver.key}.{COMPLAINT}":
            praise = report.cell(f"{driver.key}.{PRAISE}")
            share = m.percent(praise.share if praise else None)
            return m("tile.praise", name=m.name(driver.praise_name), share=share)
    return m("tile.leave_note")


def _strip(cell: Cell, top: float, title: str) -> Strip | None:
    if cell.share is None or cell.low is None or cell.high is None or top <= 0:
        return None
    scale = 100 / top
    mean = None if cell.change is None else min(max(cell.share - cell.change, 0.0) * scale, 100.0)
    return Strip(cell.share * scale, cell.low * scale, cell.high * scale, mean, title)


def tile_key(report: Report, m: Messages) -> str:
    """How to read the strips of the tiles; empty where there are none."""
    row = report.current
    if row is None or row.documents == 0:
        return ""
    return m("tile.key", weeks=row.baseline) if row.baseline else m("tile.key_short")
