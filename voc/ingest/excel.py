"""Workbooks (XLSX, XLSM, XLS, XLSB, ODS): every sheet with data is a table of its own.

The library holds one sheet in memory (a gigabyte of XML at most); what we make of it is streamed.
"""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voc.errors import AmbiguousColumns, InputError, UsageError
from voc.ingest.archives import check_workbook
from voc.ingest.record import IngestOptions
from voc.ingest.source import Opened
from voc.ingest.table import Row, Table, column_names, open_table

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

log = logging.getLogger("voc.ingest")

# What a process that loads a workbook may take: bytes and seconds of processor time, so much and more with its size.
# Ordinary workbooks take 5 to 30 times their size (100,000 rows of 3 to 20 columns, 2026-11).
_MEMORY: Final = 256 << 20
_MEMORY_SHARE: Final = 60
_MOST_MEMORY: Final = 4 * 1024**3
_SECONDS: Final = 5
_SECONDS_PER_MB: Final = 2
_WAIT: Final = 60  # times as long by the clock: the machine may be busy
_LOAD: Final = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from python_calamine import CalamineWorkbook, SheetTypeEnum
with open(sys.argv[1], "rb") as file:
    book = CalamineWorkbook.from_filelike(file)
for sheet in book.sheets_metadata:
    if sheet.typ == SheetTypeEnum.WorkSheet:
        for row in book.get_sheet_by_name(sheet.name).iter_rows():
            pass
"""
_TOP: Final = 100  # rows among which the header is looked for
_WIDE: Final = 0.6  # of the widest row's filled cells; a title or a note above the header fills fewer
_LARGEST_WHOLE: Final = 1e15


class ExcelReader:
    """Reads workbooks."""

    kind: Final = "workbook"
    suffixes: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """The first sheet with data."""
        return self.open_parts(path, options)[0]

    def open_parts(self, path: Path, options: IngestOptions) -> Sequence[Opened]:
        """Every sheet with data. A sheet without a column of text is left out with a warning where another has one."""
        found: list[tuple[str, Opened]] = []
        errors: list[tuple[str, InputError | UsageError]] = []
        for sheet in _sheets(path):
            try:
                opened = _open_sheet(path, sheet, options)
            except AmbiguousColumns:
                raise
            except (InputError, UsageError) as error:
                errors.append((sheet, error))
                continue
            if opened is not None:
                found.append((sheet, opened))
        if not found and errors:
            raise errors[0][1]
        if not found:
            raise InputError(f"{path.name} is empty", "name a workbook with at least one document")
        for sheet, why in errors:
            log.warning("%s: sheet %s is left out: %s", path.name, sheet, why.message)
        if len(found) == 1:
            return [found[0][1]]
        return [Opened(o.mapping, o.choices, o.read, part=sheet) for sheet, o in found]


def _probe(path: Path) -> None:
    """Load every sheet in a process of its own, with a limit on memory and time: the library makes room for all cells
    between the first and the last, so that one stray cell in the last corner of a sheet ends the process that loads it.

    InputError where that happens; a workbook that is only unreadable is left to say so itself.
    """
    size = path.stat().st_size
    memory = min(_MOST_MEMORY, _MEMORY + _MEMORY_SHARE * size)
    seconds = _SECONDS + size * _SECONDS_PER_MB // 1_000_000
    command = [sys.executable, "-c", _LOAD, str(path), str(memory), str(seconds)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_WAIT * seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{path.name} takes too long to open", "save its sheets as CSV UTF-8") from error
    if done.returncode < 0 or b"PanicException" in done.stderr or b"MemoryError" in done.stderr:
        raise InputError(
            f"{path.name} is damaged, or needs more than {memory >> 20:,} MB of memory or {seconds:,} seconds to open",
            "look for stray cells far from the table, or save its sheets as CSV UTF-8",
        )


@contextmanager
def _workbook(path: Path) -> Iterator[CalamineWorkbook]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
    except PasswordError as error:
        raise InputError(f"{path.name} is protected by a password", "save it without one") from error
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(f"{path.name} is no workbook that can be read ({error})", "save it as CSV UTF-8") from error
    try:
        yield book
    finally:
        book.close()


def _sheets(path: Path) -> list[str]:
    from python_calamine import SheetTypeEnum

    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    if zipped:
        check_workbook(path)
    _probe(path)
    with _workbook(path) as book:
        return [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]


def _cells(path: Path, sheet: str) -> Iterator[list[Any]]:
    from python_calamine import CalamineError

    with _workbook(path) as book:
        try:
            for row in book.get_sheet_by_name(sheet).iter_rows():
                yield list(row)
        except (CalamineError, ValueError, OverflowError) as error:
            raise InputError(f"{path.name}: sheet {sheet} cannot be read ({error})", "save it as CSV UTF-8") from error


def _rows(path: Path, sheet: str) -> Iterator[list[str]]:
    """All rows as text, empty cells at the right end left out."""
    for cells in _cells(path, sheet):
        if cells.count("") == len(cells):  # there may be millions of them before a stray cell
            yield []
            continue
        row = [_text(cell) for cell in cells]
        while row and not row[-1].strip():
            row.pop()
        yield row


def _text(cell: object) -> str:
    """A cell as a person reads it: 17.0 is 17, a date without a time is a date."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _LARGEST_WHOLE else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.replace(microsecond=0).isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _open_sheet(path: Path, sheet: str, options: IngestOptions) -> Opened | None:
    """The sheet as a table; None for an empty one."""
    top, widest = [], 0
    for number, row in enumerate(_rows(path, sheet)):
        widest = max(widest, len(row))
        if number < _TOP:
            top.append(row)
    header = _header(top)
    if header is None:
        return None
    cells = top[header] + [""] * (widest - len(top[header]))
    names, headless = column_names(cells)
    notes = []
    if headless:
        notes.append("there is no header row: the columns are numbered")
    elif any(any(row) for row in top[:header]):
        notes.append(f"the header is row {header + 1}; what stands above it is left out")
    first = header if headless else header + 1

    def rows() -> Iterator[Row]:
        number = 0
        for index, row in enumerate(_rows(path, sheet)):
            if index >= first and row:
                number += 1
                yield number, row + [""] * (len(names) - len(row))

    return open_table(Table(path.name, names, rows, tuple(notes)), options)


def _header(top: Sequence[Sequence[str]]) -> int | None:
    """The first row that fills most of the columns; None where there is no row."""
    filled = [sum(1 for cell in row if cell.strip()) for row in top]
    most = max(filled, default=0)
    return next((i for i, count in enumerate(filled) if count >= _WIDE * most), None) if most else None
