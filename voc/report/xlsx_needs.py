"""The sheets of the workbook about the needs axis and the four costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from voc.needs import LEAVING
from voc.report.messages import Messages
from voc.report.movement import quote_view
from voc.report.names import driver_name
from voc.report.needs_view import need_name
from voc.report.value import Report
from voc.report.xlsx_loop import COUNT, SHARE, Columns, Sheet

_EFFECT: Final = "0.00"
_NEEDS: Final[Columns] = {
    "kind": None, "need": None, "id": None, "placing": None, "outcome": None, "side": None, "effect": _EFFECT,
    "low": _EFFECT, "high": _EFFECT, "odds": _EFFECT, "n": COUNT, "of_customers": COUNT, "finding": None,
    "why_open": None,
}  # fmt: skip
_COSTS: Final[Columns] = {
    "complaint": None, "id": None, "cost": None, "k": COUNT, "n": COUNT, "share": SHARE, "low": SHARE, "high": SHARE,
    "customers": COUNT, "document": None, "text": None,
}  # fmt: skip


def needs_sheets(report: Report, m: Messages) -> tuple[Sheet, ...]:
    """Those of which the report tells: one of before they were counted has none."""
    needs = (Sheet("needs_sheet", _NEEDS, _needs(report, m)),) if report.needs else ()
    return (*needs, Sheet("costs_sheet", _COSTS, _costs(report, m))) if report.costs else needs


def _needs(report: Report, m: Messages) -> Iterator[Sequence[object]]:
    """One row an effect; the effect on leaving is a difference of log-odds, with the ratio of the odds beside it."""
    for need in report.needs.needs if report.needs else ():
        head = (need.kind, need_name(report, need, m), need.key, m(f"needs.placing_{need.placing}"))
        for side, effects in (("complaint", need.penalty), ("praise", need.reward)):
            for e in effects:
                odds = math.exp(e.estimate) if e.outcome == LEAVING and e.estimate is not None else None
                told = (e.estimate, e.low, e.high, odds, e.documents, e.customers, e.finding, e.reason)
                yield (*head, e.outcome, side, *told)


def _costs(report: Report, m: Messages) -> Iterator[Sequence[object]]:
    for row in report.costs.rows if report.costs else ():
        name = driver_name(report, row.driver, m) if row.driver else m("costs.all")
        share = (row.k, row.n, row.k / row.n, row.low, row.high, row.customers)
        words = (row.quote.key, quote_view(row.quote, m).text) if row.quote else (None, None)
        yield name, row.driver, m(f"costs.{row.cost}"), *share, *words
