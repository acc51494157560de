"""The four costs of the complaints of the last weeks, counted by driver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from voc.documents import Document
from voc.loop.costs import COSTS, costs_of
from voc.pipeline.context import UNHEARD, Context
from voc.pipeline.loop import WEEKS
from voc.pipeline.quoting import quote
from voc.report import CostRow, Costs, Quote
from voc.results import Evidence
from voc.store import Counted, Span
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
    week, again, labels = context.week, context.said_again, frozenset(context.taxonomy.complaint_labels)
    complaining = {
        c.key: c
        for c, _ in context.recent(WEEKS)
        if not labels.isdisjoint(c.labels) and c.status not in UNHEARD and c.key not in again
    }
    read = {c.number: c for c in (complaining[key] for key in sorted(complaining)[:MAX_DOCUMENTS])}
    rows = _rows(context, read)
    return Costs(
        week.plus(1 - WEEKS).start.isoformat() if week else None,
        week.end.isoformat() if week else None,
        tuple(rows),
        len(complaining) - len(read),
    )


def _rows(context: Context, read: dict[int, Counted]) -> list[CostRow]:
    """The rows of all complaints, then of each driver that any complains of."""
    drivers = {f"{d.key}.{COMPLAINT}": d.key for d in context.taxonomy.drivers}
    size = {driver: sum(label in c.labels for c in read.values()) for label, driver in drivers.items()}
    size |= {"": len(read)}
    cells = {(driver, cost): _Cell() for driver in ("", *drivers.values()) for cost in COSTS}
    spans = context.store.spans(context.model, read, drivers)
    for number, some in groupby(spans, lambda span: span.number):
        found = _found(some, drivers)
        for cost in {cost for _, cost in found}:
            cells["", cost].add(read[number], None)
        for (driver, cost), evidence in found.items():
            cells[driver, cost].add(read[number], evidence)
    best = {cell.best for cell in cells.values() if cell.best}
    documents = {d.key: d for d in context.store.documents(sorted({key for _, _, key, *_ in best}))}
    return [
        _row(context, driver, cost, cells[driver, cost], size[driver], documents)
        for driver in ("", *drivers.values())
        for cost in COSTS
        if size[driver]
    ]


def _found(spans: Iterable[Span], drivers: Mapping[str, str]) -> dict[tuple[str, str], Evidence]:
    """The surest evidence of a document's complaints that states a cost, by driver and cost."""
    from voc.themes.tokens import to_simplified

    found: dict[tuple[str, str], Evidence] = {}
    for span in spans:
        for cost in costs_of(span.words if span.words.isascii() else to_simplified(span.words)):
            found.setdefault((drivers[span.evidence.label], cost), span.evidence)
    return found


def _row(context: Context, driver: str, cost: str, cell: _Cell, n: int, documents: dict[str, Document]) -> CostRow:
    low, high = wilson(cell.k, n)
    words: Quote | None = None
    if cell.best is not None:
        _, _, key, start, end = cell.best
        words = quote(context, documents[key], start, end)
    return CostRow(driver, cost, n, cell.k, round(low, _DIGITS), round(high, _DIGITS), len(cell.who), words)
