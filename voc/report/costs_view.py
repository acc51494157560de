"""The four costs in words: one table of shares, and one quote for each cost of each driver."""

from __future__ import annotations

from voc.report.costs_value import CostRow, Costs
from voc.report.messages import Messages
from voc.report.movement import quote_view
from voc.report.names import driver_name
from voc.report.page import Block, QuoteGroup, Table
from voc.report.value import Report


def costs_block(report: Report, m: Messages) -> Block | None:
    """What complaints say that it cost the customer; None where there is no complaint, or none was looked at."""
    costs = report.costs
    if costs is None or not costs.rows:
        return None
    kinds = list(dict.fromkeys(row.cost for row in costs.rows))
    drivers = list(dict.fromkeys(row.driver for row in costs.rows))
    found = {(row.driver, row.cost): row for row in costs.rows}
    head = (m("costs.complaint"), m("costs.documents"), *(m(f"costs.{kind}") for kind in kinds))
    rows = tuple(
        (
            driver_name(report, driver, m) if driver else m("costs.all"),
            m.count(found[driver, kinds[0]].n),
            *(_share(found[driver, kind], m) for kind in kinds),
        )
        for driver in drivers
    )
    lines = [_window(costs, m), m("costs.intro")]
    if costs.left_out:
        lines.append(m("costs.left_out", count=m.count(costs.left_out)))
    return Block("costs", m("costs.heading"), tuple(lines), (Table(head, rows),), _quotes(costs, m), numeric=True)


def _share(row: CostRow, m: Messages) -> str:
    interval = m("format.range", low=m.percent(row.low), high=m.percent(row.high))
    return m("costs.share", k=m.count(row.k), share=m.percent(row.k / row.n), interval=interval)


def _window(costs: Costs, m: Messages) -> str:
    if costs.start is None or costs.end is None:
        return m("costs.window_all")
    return m("costs.window", start=m.day(costs.start), end=m.day(costs.end))


def _quotes(costs: Costs, m: Messages) -> tuple[QuoteGroup, ...]:
    """The quotes, grouped by cost; each says its driver."""
    groups = []
    for kind in dict.fromkeys(row.cost for row in costs.rows):
        rows = [row for row in costs.rows if row.cost == kind and row.quote is not None]
        quotes = tuple(quote_view(row.quote, m, (row.driver,)) for row in rows if row.quote is not None)
        if quotes:
            groups.append(QuoteGroup(kind, m(f"costs.{kind}"), quotes))
    return tuple(groups)
