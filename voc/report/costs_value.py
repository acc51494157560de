"""The part of a report about the four costs that complaints state: counts and one redacted quote each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from voc.report.value import Quote


@dataclass(frozen=True, slots=True)
class CostRow:
    """``k`` of the ``n`` documents that complain of ``driver`` ("" for any) state ``cost`` in the words of that
    complaint; ``low`` and ``high``: the 95% interval of the share; ``customers``: known ones among the k; ``quote``:
    one that does, where it is of a driver and any does."""

    driver: str
    cost: str
    n: int
    k: int
    low: float
    high: float
    customers: int
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """Over the days ``start``..``end`` (ISO dates, None where nothing is dated); ``left_out``: complaining documents
    beyond the sample that was read. Rows: all complaints first, then by driver; each with every cost, in order."""

    start: str | None
    end: str | None
    rows: tuple[CostRow, ...]
    left_out: int = 0


def cleaned_costs(costs: Costs, quote: Callable[[Quote], Quote]) -> Costs:
    """``costs`` with its quotes cleaned for display."""
    rows = (dataclasses.replace(r, quote=quote(r.quote)) if r.quote else r for r in costs.rows)
    return dataclasses.replace(costs, rows=tuple(rows))


def costs_json(costs: Costs) -> dict[str, object]:
    """``costs`` for report.json, in the order of its fields."""
    return {**dataclasses.asdict(costs), "rows": [dataclasses.asdict(row) for row in costs.rows]}


def parse_costs(data: Mapping[str, Any]) -> Costs:
    """The inverse of `costs_json`; KeyError or TypeError where the data is none."""
    rows = (CostRow(**{**r, "quote": None if r["quote"] is None else Quote(**r["quote"])}) for r in data["rows"])
    return Costs(**{**data, "rows": tuple(rows)})
