"""The four costs of the complaints of the last weeks, counted by driver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from voc.documents import Document
from voc.loop.costs import COSTS, costs_of
from voc.pipeline.context import UNHEARD, Context
from voc.pipeline.loop import WEEKS
from voc.pipeline.quoting import quote
from voc.report import CostRow, Costs, Quote
from voc.results import Evidence, Prediction
from voc.store import Counted
from voc.taxonomy import COMPLAINT
from voc.trends import wilson

MAX_DOCUMENTS: Final = 20_000  # complaining documents that are read; beyond, those first by key, which is by chance
_DIGITS: Final = 6
_LONG: Final = 140  # characters of a quote from which the words that state the cost may be cut off


@dataclass
class _Cell:
    """What was found of one cost in one driver's complaints; ``best``: the surest span that states it, a short
    one before a long one."""

    k: int = 0
    who: set[str] = field(default_factory=set)
    best: tuple[bool, float, str, int, int] | None = None

    def add(self, counted: Counted, evidence: Evidence | None) -> None:
        """One document that states it."""
        self.k += 1
        if counted.customer is not None:
            self.who.add(counted.customer)
        if evidence is not None:
            long = evidence.end - evidence.start > _LONG
            found = (long, -evidence.score, counted.key, evidence.start, evidence.end)
            self.best = min(found, self.best or found)


def costs(context: Context) -> Costs:
    """The costs of the ``WEEKS`` weeks up to the report's; no rows where nobody complained."""
    week = context.week
    start = week.plus(1 - WEEKS).start if week else None
    complaining: dict[str, Counted] = {}
    for c in context.counted(days=(start, week.end) if week and start else None):
        day = context.day(c.time)
        if week and start and (day is None or not start <= day <= week.end):
            continue
        heard = c.status not in UNHEARD and c.key not in context.said_again
        if heard and c.labels.intersection(context.taxonomy.complaint_labels):
            complaining[c.key] = c
    read = {key: complaining[key] for key in sorted(complaining)[:MAX_DOCUMENTS]}
    rows = _rows(context, read)
    return Costs(
        start.isoformat() if start else None,
        week.end.isoformat() if week else None,
        tuple(rows),
        len(complaining) - len(read),
    )


def _rows(context: Context, read: dict[str, Counted]) -> list[CostRow]:
    """The rows of all complaints, then of each driver that any complains of."""
    drivers = [d.key for d in context.taxonomy.drivers]
    size = {d: sum(f"{d}.{COMPLAINT}" in c.labels for c in read.values()) for d in drivers} | {"": len(read)}
    cells = {(driver, cost): _Cell() for driver in ("", *drivers) for cost in COSTS}
    for detail in context.store.details(context.model, read):
        found = _found(detail.prediction, detail.document, drivers)
        for cost in {cost for _, cost in found}:
            cells["", cost].add(read[detail.prediction.key], None)
        for (driver, cost), evidence in found.items():
            cells[driver, cost].add(read[detail.prediction.key], evidence)
    spans = {cell.best for cell in cells.values() if cell.best}
    documents = {d.key: d for d in context.store.documents(sorted({key for _, _, key, *_ in spans}))}
    return [
        _row(context, driver, cost, cells[driver, cost], size[driver], documents)
        for driver in ("", *drivers)
        for cost in COSTS
        if size[driver]
    ]


def _found(prediction: Prediction, document: Document, drivers: list[str]) -> dict[tuple[str, str], Evidence]:
    """The surest evidence of a decided complaint that states a cost, by driver and cost."""
    from voc.themes.tokens import to_simplified

    found: dict[tuple[str, str], Evidence] = {}
    for evidence in prediction.evidence:
        driver, _, side = evidence.label.rpartition(".")
        if side != COMPLAINT or driver not in drivers or evidence.label not in prediction.labels:
            continue
        for cost in costs_of(to_simplified(document.text[evidence.start : evidence.end])):
            found.setdefault((driver, cost), evidence)
    return found


def _row(context: Context, driver: str, cost: str, cell: _Cell, n: int, documents: dict[str, Document]) -> CostRow:
    low, high = wilson(cell.k, n)
    words: Quote | None = None
    if cell.best is not None:
        _, _, key, start, end = cell.best
        words = quote(context, documents[key], start, end)
    return CostRow(driver, cost, n, cell.k, round(low, _DIGITS), round(high, _DIGITS), len(cell.who), words)
