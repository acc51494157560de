"""Every number of the week with its test, and by what the entries of the page can be filtered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from voc.report.messages import Messages
from voc.report.names import driver_name, side_name
from voc.report.page import Facets, Filter, Table, View
from voc.report.value import Report
from voc.results import NO_SIGNAL, Trend


def numbers(report: Report, m: Messages) -> Table | None:
    """One row for each series of the week, tested or not; None where nothing was counted."""
    row = report.current
    if row is None or not row.cells:
        return None
    keys = ("series", "counted", "share", "interval", "baseline", "change", "p", "q", "result")
    rows = []
    for label in (label for label in report.labels if label in row.cells):
        cell, trend = row.cells[label], row.trends.get(label)
        interval = m("format.range", low=m.percent(cell.low), high=m.percent(cell.high)) if cell.n else m.percent(None)
        rows.append(
            (
                side_name(report, label, m),
                m("format.of", k=m.count(cell.k), n=m.count(cell.n)),
                m.percent(cell.share),
                interval,
                m.percent(trend.baseline if trend else None),
                m.points(cell.change),
                _plain(trend.p if trend else None, m),
                _plain(trend.q if trend else None, m),
                _result(trend, m),
            )
        )
    sort = ("text", "", "num", "", "num", "num", "num", "num", "text")
    return Table(tuple(m(f"numbers.{key}") for key in keys), tuple(rows), sort=sort)


def _plain(p: float | None, m: Messages) -> str:
    """A p or q as a decimal number without an exponent; a dash for None."""
    return m.percent(None) if p is None else "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _result(trend: Trend | None, m: Messages) -> str:
    if trend is None or trend.p is None:
        return m(f"tile.{trend.reason}" if trend and trend.reason else "tile.untested")
    return m("tile.none") if trend.signal == NO_SIGNAL else m(f"signal.{trend.signal}")


def filters(report: Report, view: View, m: Messages) -> tuple[Filter, ...]:
    """The lists to filter by: what the entries of ``view`` hold, the drivers in their order, the rest by name. A list
    of one would change nothing and is left out."""
    found = list(_facets(view))
    drivers = {driver for f in found for driver in f.drivers}
    known = [d.key for d in report.drivers if d.key in drivers]
    rest = sorted(drivers.difference(known))
    lists = (
        ("d", "driver", [(key, driver_name(report, key, m)) for key in (*known, *rest)]),
        ("c", "channel", _named((f.channel for f in found), "channel", m)),
        ("l", "language", _named((f.language for f in found), "language", m)),
        ("p", "product", _named((f.product for f in found), "", m)),
    )
    return tuple(Filter(key, m(f"filter.{name}"), tuple(options)) for key, name, options in lists if len(options) > 1)


def _named(codes: Iterable[str | None], table: str, m: Messages) -> list[tuple[str, str]]:
    return sorted(((code, m.get(table, code)) for code in {c for c in codes if c}), key=lambda pair: pair[::-1])


def _facets(view: View) -> Iterator[Facets]:
    groups = [*view.quotes, *(story for block in view.loop for story in block.stories)]
    quotes = [q for group in groups for q in group.quotes]
    quotes += [q for change in view.changes for q in change.quotes] + [q for theme in view.themes for q in theme.quotes]
    yield from (q.facets for q in quotes)
    yield from (row.quote.facets for row in view.callbacks)
    yield from (facets for block in view.loop for table in block.tables for facets in table.facets)
    yield from (Facets(drivers=(theme.key,)) for theme in view.themes)
