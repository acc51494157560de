"""The sheets of the workbook about the health of the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from voc.report.health_value import LENGTH
from voc.report.messages import Messages
from voc.report.names import side_name
from voc.report.value import Report
from voc.report.xlsx_loop import COUNT, DATE, SHARE, Columns, Sheet

_INDEX: Final = "0.000"
_VALUE: Final = "#,##0.0000"
_HEALTH: Final[Columns] = {
    "language": None, "n": COUNT, "figure": None, "k": COUNT, "read": COUNT, "share": SHARE, "weeks": COUNT,
    "usual_low": SHARE, "usual_high": SHARE, "now": _VALUE, "before": _VALUE, "index": _INDEX, "limit": _INDEX,
    "signal": None,
}  # fmt: skip
_AUDIT: Final[Columns] = {
    "language": None, "audited": COUNT, "first": DATE, "last_day": DATE, "series": None, "label_id": None,
    "right": COUNT, "missed": COUNT, "wrong": COUNT, "left": COUNT,
}  # fmt: skip


def health_sheets(report: Report, m: Messages) -> tuple[Sheet, ...]:
    """Both, or none where the report tells nothing of it."""
    if report.health is None:
        return ()
    return (Sheet("health_sheet", _HEALTH, _health(report, m)), Sheet("audit_sheet", _AUDIT, _audit(report, m)))


def _health(report: Report, m: Messages) -> Iterator[Sequence[object]]:
    """For each language a row of what is too close to call, and one for each figure that is compared."""
    for one in report.health.languages if report.health else ():
        name, none = m.get("language", one.language), (None,) * 4
        share = one.unclear / one.read if one.read else None
        head = (name, one.n, m("xlsx.unclear"), one.unclear, one.read, share, one.weeks, one.low, one.high)
        yield (*head, *none, one.signal)
        for d in one.drifts:
            # The index says how far; a length is a number of characters, the others are shares in 0..1.
            now, before = (round(v) if d.figure == LENGTH else v for v in (d.now, d.before))
            moved = m("health.drifted" if d.moved else "health.like")
            figure = m(f"health.{d.figure}")
            yield name, one.n, figure, None, one.read, None, one.weeks, None, None, now, before, d.index, d.limit, moved


def _audit(report: Report, m: Messages) -> Iterator[Sequence[object]]:
    for audit in report.health.audits if report.health else ():
        head = (m.get("language", audit.language), audit.documents, audit.first, audit.last)
        for label, (tp, fn, fp, tn) in audit.counts.items():
            yield (*head, side_name(report, label, m), label, tp, fn, fp, tn)
