"""What the first sentence of a report says: a signal or none."""

from __future__ import annotations

from collections.abc import Sequence

from voc.report.value import (
    ALL,
    DOWN,
    EMPTY,
    FEW,
    MOVED,
    NONE,
    PARTIAL,
    SHORT_BASELINE,
    STANDING,
    STEADY,
    UNTESTED,
    UP,
    WHOLE,
    Verdict,
)
from voc.results import FEW_DOCUMENTS, NEW, NO_SIGNAL, NOTHING_HEARD, STANDS, Alarm, Cell, WeekRow


def verdict_of(week: str, row: WeekRow | None, complaints: Sequence[str], alarms: Sequence[Alarm]) -> Verdict:
    """The verdict on ``row``, the report's own week; ``complaints``: the labels of complaints, in order; ``alarms``:
    those that the report shows."""
    if row is None or row.documents == 0:
        return Verdict(EMPTY)
    cells = [(label, cell) for label in complaints if (cell := row.cells.get(label))]
    if week == ALL:
        return _most_frequent(WHOLE, cells, row)
    if row.partial:
        return _most_frequent(PARTIAL, cells, row)
    if not row.tests:
        too_few = any(t.reason in (FEW_DOCUMENTS, NOTHING_HEARD) for t in row.trends.values())
        return _most_frequent(FEW if too_few else SHORT_BASELINE, cells, row)
    known = {a.series: a for a in alarms if a.state in (NEW, STANDS)}
    moved = [label for label, trend in row.trends.items() if trend.signal != NO_SIGNAL and label in known]
    # The surest first, a new one before a known one; sort() keeps the order of the series where two are equal.
    moved.sort(key=lambda label: (known[label].state != NEW, row.trends[label].p or 0.0))
    if moved:
        kind = MOVED if known[moved[0]].state == NEW else STANDING
        return _on(kind, row, moved[0], known[moved[0]].since, moved[1:])
    compared = [(label, cell) for label, cell in cells if cell.change is not None]
    largest, _ = max(compared, key=lambda pair: abs(pair[1].change or 0.0), default=("", None))
    return _on(STEADY, row, largest, None, []) if largest else Verdict(STEADY, tests=row.tests)


def signal_of(row: WeekRow | None, label: str) -> str:
    """Up, down, none or untested."""
    trend = row.trends.get(label) if row else None
    if trend is None or trend.p is None:
        return UNTESTED
    return NONE if trend.signal == NO_SIGNAL else UP if trend.signal.endswith("_up") else DOWN


def heard(row: WeekRow) -> int:
    """How many documents of the week have words of a customer: the n of every share."""
    return max((cell.n for cell in row.cells.values()), default=0)


def _on(kind: str, row: WeekRow, label: str, since: str | None, also: Sequence[str]) -> Verdict:
    cell, trend = row.cells[label], row.trends[label]
    return Verdict(
        kind=kind,
        driver=_driver(label),
        direction=NONE if kind == STEADY else signal_of(row, label),
        share=cell.share,
        baseline=trend.baseline,
        change=cell.change,
        low=cell.low,
        high=cell.high,
        also=tuple(also),
        baseline_weeks=trend.weeks,
        series=label,
        since=since,
        p=trend.p,
        q=trend.q,
        tests=row.tests,
    )


def _most_frequent(kind: str, cells: Sequence[tuple[str, Cell]], row: WeekRow) -> Verdict:
    """Where nothing is tested: the driver that is complained of most, none if no complaint was found."""
    # By what the page shows: a corrected share can be larger though fewer were counted.
    label, cell = max(cells, key=lambda pair: (pair[1].share or 0.0, pair[1].k), default=("", None))
    if cell is None or cell.k == 0:
        return Verdict(kind, baseline_weeks=row.baseline)
    return Verdict(
        kind,
        _driver(label),
        share=cell.share,
        low=cell.low,
        high=cell.high,
        baseline_weeks=row.baseline,
        series=label,
    )


def _driver(label: str) -> str:
    return label.partition(".")[0]
