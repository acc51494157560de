"""Rows into one file: JSONL, CSV, Parquet or XLSX by its ending. Memory is bounded, a file appears whole or not at all.

Rows are mappings with text, numbers, booleans, None, or lists and mappings of these. JSONL keeps them as they are;
tables have a column for each key of any row, and hold nested values as JSON text. Because a column is known only when
its last row is, tables are written in two passes: rows wait in a folder that nobody else can read, beside the target.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from voc.errors import UsageError, VocError

Row = Mapping[str, object]
ENDINGS: Final = (".jsonl", ".csv", ".parquet", ".xlsx")
EXCEL_ROWS: Final = 1_048_576  # of a sheet, its header included (Excel specifications and limits)
EXCEL_CELL: Final = 32_767  # UTF-16 units of a cell
_EXACT_INTEGER: Final = 2**53  # Excel and many CSV readers hold numbers as doubles
_INT64: Final = 2**63
_BATCH: Final = 10_000  # rows of a Parquet batch: some megabytes of feedback
# What a spreadsheet takes for the start of a formula (OWASP "CSV injection"; the wide forms act in East Asian locales).
_FORMULA: Final = re.compile("[=+\\-@\t\r\n＝＋－＠]")
# XML 1.0 has no place for these, not even escaped; the other control characters xlsxwriter escapes itself.
_NOT_XML: Final = re.compile("[\ud800-\udfff\ufffe\uffff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BOOL, _INT, _FLOAT, _TEXT = "bool", "int", "float", "text"
_log = logging.getLogger(__name__)


def check_ending(path: Path) -> str:
    """The ending of ``path`` in lower case; UsageError, which lists the endings, if no writer has it."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(f"no format has the ending of {path.name!r}", f"Use one of {', '.join(ENDINGS)}.")
    return ending


def write_rows(path: Path, rows: Iterable[Row], columns: Sequence[str] = ()) -> int:
    """Writes ``rows`` to ``path`` (mode 0600, parents are made, an older file is replaced) and returns their number.

    ``columns`` come first, also where no row has them; further ones follow in the order of their first row. An error
    of ``rows`` leaves an older file as it was. VocError where the file cannot be written.
    """
    ending = check_ending(path)
    try:
        target = path.resolve()  # what a link points at is replaced, not the link
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    with scratch as folder:
        made = Path(folder) / f"rows{ending}"
        count = _write_jsonl(made, rows) if ending == ".jsonl" else _write_table(made, ending, rows, columns)
        try:
            made.chmod(0o600)
            with made.open("rb") as file:
                os.fsync(file.fileno())
            made.replace(target)
        except OSError as error:
            raise _unwritable(path, error) from error
    return count


def _unwritable(path: Path, error: OSError) -> VocError:
    return VocError(f"cannot write {path}: {error.strerror}", "Choose another file, or check the rights of its folder.")


def to_json(value: object, indent: int | None = None) -> bytes:
    """UTF-8 JSON of ``value``. Where a text has lone surrogates, which UTF-8 cannot hold, every character that is not
    ASCII is escaped, and so the text stays whole. ValueError for NaN and infinities, which JSON has not.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, indent=indent).encode("ascii")


def _write_jsonl(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    with path.open("wb") as file:
        for row in rows:
            file.write(to_json(row) + b"\n")
            count += 1
    return count


def _write_table(path: Path, ending: str, rows: Iterable[Row], columns: Sequence[str]) -> int:
    kinds: dict[str, str | None] = dict.fromkeys(columns)

    def seen() -> Iterator[Row]:
        for row in rows:
            for name, value in row.items():
                kinds[name] = _merge(kinds.get(name), value)
            yield row

    spool = path.parent / "spool.jsonl"
    count = _write_jsonl(spool, seen())
    schema = {name: kind or _TEXT for name, kind in kinds.items()}
    writer: Callable[[Path, Mapping[str, str], Iterator[Row]], None] = {
        ".csv": _write_csv,
        ".parquet": _write_parquet,
        ".xlsx": _write_xlsx,
    }[ending]
    if ending == ".xlsx" and count >= EXCEL_ROWS:
        raise UsageError(
            f"{count:,} rows are more than a sheet of Excel holds ({EXCEL_ROWS - 1:,})",
            "Write .csv or .parquet instead.",
        )
    with spool.open("rb") as file:
        writer(path, schema, (json.loads(line) for line in file))
    return count


def _merge(kind: str | None, value: object) -> str | None:
    """The narrowest kind of a column that holds ``value`` beside what it held before."""
    if value is None or kind == _TEXT:
        return kind
    if isinstance(value, bool):
        new = _BOOL
    elif isinstance(value, int):
        new = _INT if -_INT64 <= value < _INT64 else _TEXT
    else:
        new = _FLOAT if isinstance(value, float) else _TEXT
    if kind is None or kind == new:
        return new
    return _FLOAT if {kind, new} == {_INT, _FLOAT} else _TEXT


def _text(value: object) -> str | None:
    """``value`` as the text of a cell: texts as they are, but for lone surrogates; everything else as JSON."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _write_csv(path: Path, schema: Mapping[str, str], rows: Iterator[Row]) -> None:
    def cell(name: str, value: object) -> object:
        if schema[name] != _TEXT:
            return _text(value)  # a number stays one, also where it is negative
        text = _text(value)
        return f"'{text}" if text and _FORMULA.match(text) else text

    # The byte order mark makes Excel read UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        if schema:
            writer.writerow([f"'{name}" if _FORMULA.match(name) else name for name in schema])
        for row in rows:
            writer.writerow([cell(name, row.get(name)) for name in schema])


def _write_parquet(path: Path, schema: Mapping[str, str], rows: Iterator[Row]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {_BOOL: pa.bool_(), _INT: pa.int64(), _FLOAT: pa.float64(), _TEXT: pa.string()}
    arrow = pa.schema([(name, types[kind]) for name, kind in schema.items()])
    with pq.ParquetWriter(path, arrow, compression="zstd") as writer:
        while batch := list(islice(rows, _BATCH)):
            arrays = []
            for name, kind in schema.items():
                values = [row.get(name) for row in batch]
                cells = [_text(value) for value in values] if kind == _TEXT else values
                arrays.append(pa.array(cells, type=types[kind]))
            writer.write_table(pa.Table.from_arrays(arrays, schema=arrow))


def _write_xlsx(path: Path, schema: Mapping[str, str], rows: Iterator[Row]) -> None:
    import xlsxwriter

    settings = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(path), settings)
    # Without it the file holds the time of writing, and the same rows give other bytes.
    book.set_properties({"created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)})
    sheet = book.add_worksheet("rows")
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(schema):
        sheet.write_string(0, column, _NOT_XML.sub("\ufffd", name), bold)
    cut = 0
    for number, row in enumerate(rows, start=1):
        for column, name in enumerate(schema):
            cut += _write_cell(sheet, number, column, row.get(name))
    book.close()
    if cut:
        _log.warning(
            "%d cells were longer than the %d characters of an Excel cell and were cut; .csv and .parquet hold all",
            cut,
            EXCEL_CELL,
        )


def _write_cell(sheet: Any, row: int, column: int, value: object) -> bool:
    """Writes one cell, a text always as a text; True if it had to be cut."""
    if value is None:
        return False
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
        return False
    if isinstance(value, int | float) and abs(value) <= _EXACT_INTEGER:
        sheet.write_number(row, column, value)
        return False
    text = _NOT_XML.sub("\ufffd", _text(value) or "")
    short = _cut(text)
    sheet.write_string(row, column, short)
    return short is not text


def _cut(text: str) -> str:
    """``text``, at most ``EXCEL_CELL`` UTF-16 units of it, never half a character."""
    if len(text) * 2 <= EXCEL_CELL:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * EXCEL_CELL:
        return text
    return units[: 2 * EXCEL_CELL].decode("utf-16-le", "ignore")
