"""compare.xlsx and month.xlsx: the numbers of two ranges as typed cells, by the rules of report.xlsx."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from voc.report.messages import Messages
from voc.report.names import driver_name, side_name
from voc.report.ranges import RangeReport
from voc.report.ranges_page import range_messages, range_name
from voc.report.ranges_view import build_range_view
from voc.report.xlsx import ALARMS, PARTS, alarm_rows, part_rows, workbook
from voc.report.xlsx_loop import ACTIONS, COUNT, DATE, POINTS, SHARE, Columns, P, Sheet, action_rows, drivers_told

_LEVELS: Final[Columns] = {
    "series": None, "id": None, "span": None, "k": COUNT, "n": COUNT, "share": SHARE, "low": SHARE, "high": SHARE,
    "customers": COUNT,
}  # fmt: skip
_CHANGES: Final[Columns] = {
    "series": None, "id": None, "change": POINTS, "low": POINTS, "high": POINTS, "mix": POINTS, "p": P, "q": P,
    "signal": None, "reason": None,
}  # fmt: skip
_THEMES: Final[Columns] = {
    "id": None, "theme": None, "driver": None, "side": None, "n_before": COUNT, "n_now": COUNT, "p": P, "q": P,
}  # fmt: skip
_HEARD: Final[Columns] = {"attribute": None, "value": None, "n_before": COUNT, "n_now": COUNT}
# Without the id of the document and the value of the customer, as month.json: see voc.report.ranges.
_CASES: Final[Columns] = {
    "case": None, "drivers": None, "driver_ids": None, "channel": None, "owner": None, "state": None, "opened": DATE,
    "state_since": DATE,
}  # fmt: skip


def render_ranges_xlsx(report: RangeReport, language: str, zone: str) -> bytes:
    """The workbook in ``language`` (en, zh-Hans, zh-Hant); ``zone``: the company's time zone. UsageError for any other
    language. Same report, same bytes."""
    m, c = range_messages(language), report.comparison
    facts: list[tuple[str, object]] = [
        ("verdict", build_range_view(report, language, zone).verdict),
        ("company", report.company),
        ("span", range_name(c.after.range, m)),
        ("against", range_name(c.before.range, m)),
        ("as_of", report.as_of),
        ("n_now", c.after.documents),
        ("n_before", c.before.documents),
        ("customers", c.after.customers),
        ("tests", c.tests),
        *((key, m.get(key, value)) for key, value in report.segment),
        ("model", report.model),
        ("taxonomy", report.taxonomy),
    ]
    sheets = [
        Sheet("levels_sheet", _LEVELS, _levels(report, m)),
        Sheet("changes_sheet", _CHANGES, _changes(report, m)),
        Sheet("parts_sheet", PARTS, _parts(report, m)),
        Sheet("themes_sheet", _THEMES, _themes(report, m)),
        Sheet("heard_sheet", _HEARD, _heard(report, m)),
    ]
    if report.month:
        sheets += [
            Sheet("alarms_sheet", ALARMS, alarm_rows(report, report.month.alarms, m)),
            Sheet("actions_sheet", ACTIONS, action_rows(report, report.month.actions, m)),
            Sheet("cases_sheet", _CASES, _cases(report, m)),
        ]
    return workbook(facts, sheets, m)


def _levels(report: RangeReport, m: Messages) -> Iterator[Sequence[object]]:
    c = report.comparison
    for d in c.series:
        for side, level in ((c.after, d.after), (c.before, d.before)):
            told = (level.k, level.n, level.share, level.low, level.high, level.customers)
            yield side_name(report, d.series, m), d.series, range_name(side.range, m), *told


def _changes(report: RangeReport, m: Messages) -> Iterator[Sequence[object]]:
    for d in report.comparison.series:
        signal = None if d.p is None else "none" if not d.sure else "up" if d.rose else "down"
        yield side_name(report, d.series, m), d.series, d.change, d.low, d.high, d.mix, d.p, d.q, signal, d.reason


def _parts(report: RangeReport, m: Messages) -> Iterator[Sequence[object]]:
    for d in report.comparison.series:
        if d.sure:
            yield from part_rows(side_name(report, d.series, m), d.series, d.parts, m)


def _themes(report: RangeReport, m: Messages) -> Iterator[Sequence[object]]:
    for t in report.comparison.themes:
        yield t.id, m.name(t.labels), driver_name(report, t.driver, m), t.side, t.before, t.after, t.p, t.q


def _heard(report: RangeReport, m: Messages) -> Iterator[Sequence[object]]:
    """Counts under five are left out of the report, so that there is none here."""
    before, after = report.comparison.before, report.comparison.after
    for attribute, old, new in (
        ("channel", before.channels, after.channels),
        ("language", before.languages, after.languages),
    ):
        for value in sorted(old.keys() | new.keys(), key=lambda v: (-new.get(v, 0), -old.get(v, 0), v)):
            yield m(f"xlsx.{attribute}"), m.get(attribute, value), old.get(value), new.get(value)


def _cases(report: RangeReport, m: Messages) -> Iterator[Sequence[object]]:
    for c in report.month.cases if report.month else ():
        state = m.get("case_state", c.state)
        yield c.id, *drivers_told(report, c.drivers, m), m.get("channel", c.channel), c.owner, state, c.opened, c.since
