"""Tables as text: CSV with comma, semicolon, tab or bar. Rows are streamed and stay separate whatever a stray quote
does."""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from voc.documents import Reject
from voc.errors import InputError
from voc.ingest import headers
from voc.ingest.columns import infer
from voc.ingest.dates import parse_time
from voc.ingest.encodings import HINT, detect
from voc.ingest.lines import UNDECODED, Line, read_lines
from voc.ingest.record import Builder, IngestOptions, Stats
from voc.ingest.source import Opened, Rows
from voc.ingest.values import TEXT_LIMIT, excerpt, is_number

_DELIMITERS: Final = ",;\t|"
_SAMPLE_ROWS: Final = 5000  # rows that decide about the columns
_SAMPLE_SIZE: Final = 16 * 1024 * 1024  # characters of them at most
_FIELD_LIMIT: Final = 2**31 - 1  # the limits are ours, not the csv module's 131,072 characters
_RECORD_LIMIT: Final = 32 * 1024 * 1024  # characters of one row; a quote that closes later than this is a stray one
_ROLE_HEADERS: Final = frozenset(
    {"role", "speaker", "speaker role", "sender role", "角色", "说话人", "說話人", "发言人", "發言人"}
)


class Record(NamedTuple):
    """A row as it stands in the file: ``line`` is its first physical line; ``problem`` says why it cannot be split."""

    line: int
    cells: list[str]
    problem: str | None = None


class CsvReader:
    """Reads ``.csv`` and ``.tsv``."""

    kind: Final = "csv"
    suffixes: Final = (".csv", ".tsv")

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Find delimiter, header and columns from the first rows."""
        csv.field_size_limit(_FIELD_LIMIT)
        delimiter = find_delimiter(_first_lines(path))
        sample = list(_bounded(records(read_lines(path), delimiter)))
        header = next((record for record in sample if not record.problem), None)
        if header is None:
            raise InputError(f"{path.name}: no row can be read", "check the quotes of its first line")
        if any(map(UNDECODED.search, header.cells)):
            raise InputError(f"{path.name} is not UTF-8 (its header does not decode)", HINT)
        names, headless = column_names(header.cells)
        body = [r for r in sample if r is not header or headless]
        rows = [cells for r in body if not r.problem and (cells := fit(r.cells, len(names), delimiter)) is not None]
        _refuse_turn_table(path.name, names, rows, options)
        plan = infer(path.name, names, rows, options.mapping)
        choices = list(plan.choices)
        if headless:
            choices.insert(0, "there is no header row: the columns are numbered")
        mapping = {name: names[index] for name, index in plan.columns.items()}
        numbers = "time" in mapping and headers.says_date(headers.normalise(mapping["time"]))

        def read(stats: Stats) -> Rows:
            csv.field_size_limit(_FIELD_LIMIT)
            builder = Builder(path.name, options, plan.order, numbers=numbers, stats=stats)
            yield from _read(path, delimiter, names, plan.columns, None if headless else header.line, builder)

        return Opened(mapping, tuple(choices), read)


def _first_lines(path: Path) -> list[str]:
    lines: list[str] = []
    for line in itertools.islice(read_lines(path), 200):
        lines.append(line.text)
        if sum(map(len, lines)) > _SAMPLE_SIZE:
            break
    return lines


def _bounded(found: Iterator[Record]) -> Iterator[Record]:
    size = 0
    for record in itertools.islice(found, _SAMPLE_ROWS + 1):
        yield record
        size += sum(map(len, record.cells))
        if size > _SAMPLE_SIZE:
            return


def _read(
    path: Path, delimiter: str, names: Sequence[str], columns: dict[str, int], header_line: int | None, builder: Builder
) -> Rows:
    """All rows after the header, numbered from 1."""
    fields = list(columns.items())
    others = [(index, name) for index, name in enumerate(names) if index not in columns.values()]
    row = 0
    for record in records(read_lines(path), delimiter):
        if record.line == header_line:
            continue
        row += 1
        where = "" if record.line == row + (header_line or 0) else f" (line {record.line})"
        shown = excerpt(delimiter.join(cell[:200] for cell in record.cells[:20]))
        if record.problem:
            yield row, Reject(row, record.problem, _PROBLEMS[record.problem].format(where=where), shown)
            continue
        cells = fit(record.cells, len(names), delimiter)
        if cells is None:
            counted = f"the row has {len(record.cells)} cells, the header {len(names)}{where}"
            detail = f"{counted}; check its quotes and delimiters"
            yield row, Reject(row, "column_count", detail, shown)
        elif any(UNDECODED.search(cell) for cell in cells if not cell.isascii()):
            yield row, Reject(row, "encoding", f"the row is not UTF-8{where}; save the file as UTF-8", shown)
        else:
            values = {name: cells[index] for name, index in fields}
            yield row, builder.build(row, values, {name: cells[index] for index, name in others if cells[index]})


_PROBLEMS: Final = {
    "unbalanced_quote": "a quote is opened or closed in the wrong place{where}; double it inside a cell",
    "too_long": f"the line is longer than any document{{where}}; a cell holds at most {TEXT_LIMIT:,} characters",
}


def records(lines: Iterator[Line], delimiter: str) -> Iterator[Record]:
    """Split lines into rows; blank rows are left out.

    A row whose quotes do not come out right (never closed, or closed inside a cell) ends at its first line, and
    reading goes on with the next line, so that one stray quote costs one row instead of the rest of the file.
    """
    waiting: deque[Line] = deque()
    source = _Feed(lines, waiting)
    while True:
        try:
            for cells in csv.reader(source, delimiter=delimiter, strict=True):
                first = source.taken[0].number
                source.taken.clear()
                source.size = 0
                if any(cells) or len(cells) == 1:
                    yield Record(first, cells)
            if not source.taken:
                return
        except csv.Error:
            pass
        except _TooLongError:
            yield Record(source.taken[0].number, [source.taken[0].text[:200]], "too_long")
            source.taken.clear()
            source.size = 0
            continue
        yield _salvage(source, delimiter)


class _TooLongError(Exception):
    """A physical line over the limit."""


class _Feed:
    """Lines for csv.reader that remembers those of the row in hand, to give them back."""

    def __init__(self, lines: Iterator[Line], waiting: deque[Line]) -> None:
        self.lines, self.waiting = lines, waiting
        self.taken: list[Line] = []
        self.size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.size > _RECORD_LIMIT:
            raise csv.Error("a row without end")
        line = self.waiting.popleft() if self.waiting else next(self.lines)
        if line.cut and not self.taken:
            self.taken.append(line)
            raise _TooLongError
        if line.cut:
            self.waiting.appendleft(line)
            raise csv.Error("a line too long inside a row")
        self.taken.append(line)
        self.size += len(line.text)
        return line.text


def _salvage(source: _Feed, delimiter: str) -> Record:
    """The row of the first line taken, read leniently if it stands alone; the lines after it are given back."""
    first, *rest = source.taken
    source.waiting.extendleft(reversed(rest))
    source.taken.clear()
    source.size = 0
    cells: list[str] = []
    if not rest:
        cells = next(csv.reader([first.text.rstrip("\r\n")], delimiter=delimiter), [])
        if first.text.count('"') % 2 == 0:
            return Record(first.number, cells)
    return Record(first.number, cells or [first.text[:200]], "unbalanced_quote")


def fit(cells: list[str], width: int, delimiter: str) -> list[str] | None:
    """``cells`` as a row of ``width``: empty ones too many are dropped, a table of one column takes its commas as text;
    None where the count is wrong."""
    if len(cells) == width:
        return cells
    if width == 1:
        return [delimiter.join(cells)]
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    return None


def find_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that cuts the most of the first rows into as many cells as the header, at least two; comma where
    none does. Between equals the one with more cells wins, then the order comma, semicolon, tab, bar."""
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        numbered = (Line(number, text) for number, text in enumerate(lines, start=1))
        found = [len(record.cells) for record in records(numbered, delimiter) if not record.problem][:100]
        width = found[0] if found else 0
        if width < 2:
            continue
        score = (round(found.count(width) / len(found), 1), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def column_names(cells: list[str]) -> tuple[list[str], bool]:
    """Unique names of the columns, and whether the row is data rather than a header (then the names are numbers)."""
    trimmed = [cell.strip().strip("\ufeff") for cell in cells]
    filled = [cell for cell in trimmed if cell]
    if not any(headers.known(headers.normalise(cell)) for cell in filled) and any(
        len(cell) > 80 or is_number(cell) or parse_time(cell) for cell in filled
    ):
        return [f"column {number}" for number in range(1, len(cells) + 1)], True
    names: list[str] = []
    for number, cell in enumerate(trimmed, start=1):
        name = cell or f"column {number}"
        copy = 2
        while name in names:
            name, copy = f"{cell or f'column {number}'} ({copy})", copy + 1
        names.append(name)
    return names, False


def _refuse_turn_table(name: str, names: Sequence[str], rows: Sequence[Sequence[str]], options: IngestOptions) -> None:
    """A table with a row for each turn is not a table of documents."""
    if options.mapping:
        return
    for index, header in enumerate(map(headers.normalise, names)):
        if header in _ROLE_HEADERS and 1 < len({row[index] for row in rows}) <= 12:
            raise InputError(
                f"{name} has a row for each turn of a conversation (column {names[index]})",
                "write each conversation as one line of JSONL with turns: [{role, text}, ...]; "
                "or name the columns with --map",
            )
