"""report.xlsx: the numbers of the Report as typed cells, one sheet a part. A text is never a formula, a link or a
number, and one that begins like a formula is marked as text for programs that read it again; shares, p and q are
numbers in 0..1, changes in -1..1, whatever their format shows; days are dates."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from voc.report.headline import verdict
from voc.report.messages import Messages, load_messages
from voc.report.movement import quote_view
from voc.report.names import Named, driver_name, side_name
from voc.report.value import Quote, Report
from voc.report.xlsx_health import health_sheets
from voc.report.xlsx_loop import COUNT, DATE, POINTS, SHARE, Columns, P, Sheet, loop_sheets
from voc.report.xlsx_needs import needs_sheets
from voc.results import Alarm, Part

if TYPE_CHECKING:
    from xlsxwriter import Workbook

# XML 1.0 has no place for these, not even escaped.
_NOT_XML: Final = re.compile("[\ud800-\udfff\ufffe\uffff]")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SETTINGS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# Of each sheet: column -> format of its numbers, None for texts; the column's key is that of its name in [xlsx].
_SERIES: Final[Columns] = {
    "week": None, "series": None, "id": None, "k": COUNT, "n": COUNT, "raw_share": SHARE, "share": SHARE,
    "low": SHARE, "high": SHARE, "change": POINTS, "baseline": SHARE, "raw_baseline": SHARE, "weeks": COUNT,
    "begins": None, "usual_low": SHARE, "usual_high": SHARE, "p": P, "q": P, "signal": None, "reason": None,
    "customers": COUNT,
}  # fmt: skip
_TREND: Final = (
    "baseline",
    "raw_baseline",
    "weeks",
    "begins",
    "low",
    "high",
    "p",
    "q",
    "signal",
    "reason",
    "customers",
)
ALARMS: Final[Columns] = {
    "series": None, "id": None, "signal": None, "since": None, "last": None, "weeks": COUNT, "state": None,
    "share": SHARE, "baseline": SHARE, "p": P, "q": P, "begins": None,
}  # fmt: skip
PARTS: Final[Columns] = {
    "series": None, "id": None, "attribute": None, "value": None, "k": COUNT, "n": COUNT, "change": POINTS,
    "customers": COUNT,
}  # fmt: skip
_THEMES: Final[Columns] = {
    "id": None, "theme": None, "driver": None, "side": None, "state": None, "n": COUNT, "customers": COUNT,
}  # fmt: skip
_QUOTES: Final[Columns] = {
    "for": None, "id": None, "document": None, "channel": None, "language": None, "product": None, "day": DATE,
    "text": None,
}  # fmt: skip


def render_xlsx(report: Report, language: str) -> bytes:
    """The workbook in ``language`` (en, zh-Hans, zh-Hant); UsageError for any other. Same report, same bytes."""
    m, row = load_messages(language), report.current
    facts: list[tuple[str, object]] = [
        ("verdict", verdict(report, m)),
        ("company", report.company),
        ("week", report.week),
        ("revision", report.revision),
        ("as_of", report.as_of),
        ("documents", row.documents if row else 0),
        ("customers", row.customers if row else None),
        ("tests", row.tests if row else 0),
        ("model", report.model),
        ("taxonomy", report.taxonomy),
    ]
    parts = (
        Sheet("week_sheet", _SERIES, _series(report, [report.current] if report.current else [], m)),
        Sheet("weeks_sheet", _SERIES, _series(report, reversed(report.weeks), m)),
        Sheet("alarms_sheet", ALARMS, alarm_rows(report, report.alarms, m)),
        Sheet("parts_sheet", PARTS, _parts(report, m)),
        Sheet("themes_sheet", _THEMES, _themes(report, m)),
        Sheet("quotes_sheet", _QUOTES, _quotes(report, m)),
    )
    return workbook(facts, (*parts, *loop_sheets(report, m), *needs_sheets(report, m), *health_sheets(report, m)), m)


def workbook(facts: Sequence[tuple[str, object]], sheets: Iterable[Sheet], m: Messages) -> bytes:
    """A first sheet of ``facts`` (key in [xlsx], value), then the others, as the bytes of a file."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _SETTINGS)
    # Without it the file holds the time of writing.
    book.set_properties({"created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)})
    _facts(book, facts, m)
    for sheet in sheets:
        _sheet(book, m, *sheet)
    book.close()
    return out.getvalue()


def _facts(book: Workbook, facts: Sequence[tuple[str, object]], m: Messages) -> None:
    sheet = book.add_worksheet(m("xlsx.facts_sheet"))
    bold, wrapped = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True})
    marked = book.add_format({"text_wrap": True, "quote_prefix": True})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90, wrapped)
    for number, (key, value) in enumerate(facts):
        sheet.write_string(number, 0, m(f"xlsx.{key}"), bold)
        _cell(sheet, number, 1, value, marked if isinstance(value, str) else None)


def _series(report: Report, rows: Iterable[Any], m: Messages) -> Iterable[Sequence[object]]:
    for row in rows:
        # In the report's order: that of a mapping is another one once the report was saved and read again.
        for label, cell in ((label, row.cells[label]) for label in report.labels if label in row.cells):
            trend = row.trends.get(label)
            yield (
                row.week, side_name(report, label, m), label, cell.k, cell.n, cell.raw_share, cell.share, cell.low,
                cell.high, cell.change, *(getattr(trend, name, None) for name in _TREND),
            )  # fmt: skip


def alarm_rows(report: Named, alarms: Iterable[Alarm], m: Messages) -> Iterator[Sequence[object]]:
    """A row of ``ALARMS`` for each."""
    for a in alarms:
        name = side_name(report, a.series, m)
        yield name, a.series, a.signal, a.since, a.last, a.weeks, a.state, a.share, a.baseline, a.p, a.q, a.begins


def _parts(report: Report, m: Messages) -> Iterable[Sequence[object]]:
    for where in (change.where for change in report.changes):
        name = side_name(report, where.series, m)
        yield name, where.series, "", "", where.k, where.n, where.change, where.customers
        yield name, where.series, m("xlsx.mix"), "", None, None, where.mix, None
        yield from part_rows(name, where.series, where.parts, m)


def part_rows(name: str, series: str, parts: Iterable[Part], m: Messages) -> Iterator[Sequence[object]]:
    """A row of ``PARTS`` for each part of the series, which is called ``name``."""
    for part in parts:
        value = m.get(part.attribute, part.value)
        yield name, series, part.attribute, value, part.k, part.n, part.change, part.customers


def _themes(report: Report, m: Messages) -> Iterable[Sequence[object]]:
    for t in report.themes.themes:
        yield t.id, m.name(t.labels), t.driver, t.side, t.state, t.documents, t.customers


def _quotes(report: Report, m: Messages) -> Iterable[Sequence[object]]:
    def row(what: str, q: Quote) -> Sequence[object]:
        return what, q.id, q.key, q.channel, q.language, q.product, q.day, quote_view(q, m).text

    for change in report.changes:
        yield from (row(side_name(report, change.where.series, m), q) for q in change.quotes)
    for driver in report.drivers:
        yield from (row(driver_name(report, driver.key, m), q) for q in report.quotes.get(driver.key, ()))
    for theme in report.themes.themes:
        yield from (row(m.name(theme.labels), q) for q in theme.quotes)
    yield from (row(m("callbacks.heading"), c.quote) for c in report.callbacks)


def _sheet(book: Workbook, m: Messages, name: str, columns: Columns, rows: Iterable[Sequence[object]]) -> None:
    sheet = book.add_worksheet(m(f"xlsx.{name}"))
    bold = book.add_format({"bold": True})
    formats = [book.add_format({"num_format": form} if form else {"quote_prefix": True}) for form in columns.values()]
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 14)
    for column, key in enumerate(columns):
        sheet.write_string(0, column, m(f"xlsx.{key}"), bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, (value, form) in enumerate(zip(row, formats, strict=True)):
            _cell(sheet, last, column, value, form)
    sheet.autofilter(0, 0, last, len(columns) - 1)


def _cell(sheet: Any, row: int, column: int, value: object, form: Any) -> None:
    """``form``: of the column; that of texts marks what begins like a formula as a text."""
    if isinstance(value, int | float):
        sheet.write_number(row, column, value, form)
    elif isinstance(value, str) and _DAY.fullmatch(value) and form is not None and form.num_format == DATE:
        sheet.write_datetime(row, column, dt.datetime.fromisoformat(value), form)
    elif isinstance(value, str) and value:
        text = _NOT_XML.sub("\ufffd", value)
        sheet.write_string(row, column, text, form if value.startswith(_FORMULA) else None)
