"""Tables as text: CSV with comma, semicolon, tab or bar. Rows are streamed and stay separate whatever a stray quote
does."""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Final, NamedTuple

from voc.documents import Reject
from voc.errors import InputError
from voc.ingest import headers
from voc.ingest.encodings import HINT, Encoding, detect
from voc.ingest.lines import UNDECODED, Line, read_lines
from voc.ingest.record import IngestOptions
from voc.ingest.source import Opened
from voc.ingest.table import COLUMN_LIMIT, SAMPLE_SIZE, Row, Table, column_names, open_table
from voc.ingest.values import TEXT_LIMIT, excerpt

_DELIMITERS: Final = ",;\t|"
_FIELD_LIMIT: Final = 2**31 - 1  # the limits are ours, not the csv module's 131,072 characters
_TOP: Final = 20  # lines among which the header is looked for
# Characters of one row; a quote that closes later than this is a stray one. What is read again because of such quotes
# is bounded, too, or a file of them would be read as often as it has lines: beyond so much, and as much as was read, a
# quote closes within the last but one of these or not at all. A line costs as much as so many characters.
_BLANK: Final = frozenset(("\n", "\r", "\r\n"))
_RECORD_LIMIT: Final = 32 << 20
_READ_AGAIN: Final = 40 << 20
_LEAST_RECORD: Final = 400
_LINE_COST: Final = 100


class Record(NamedTuple):
    """A row as it stands in the file: ``line`` is its first physical line; ``problem`` says why it cannot be split."""

    line: int
    cells: list[str]
    problem: str | None = None


class CsvReader:
    """Reads ``.csv`` and ``.tsv`` in any of the encodings of ``voc.ingest.encodings``."""

    kind: Final = "csv"
    suffixes: Final = (".csv", ".tsv", ".tab")

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Find encoding, delimiter, header and columns."""
        csv.field_size_limit(_FIELD_LIMIT)
        encoding = detect(path)
        lines = _first_lines(path, encoding)
        title = _title_lines(lines)
        delimiter = find_delimiter(lines[title:])
        body = itertools.islice(read_lines(path, encoding), title, None)
        sample = list(itertools.islice(records(body, delimiter), _TOP))
        header = next((record for record in sample if not record.problem), None)
        if header is None:
            raise InputError(f"{path.name}: no row can be read", "check the quotes of its first line")
        if any(map(UNDECODED.search, header.cells)):
            raise InputError(f"{path.name} is not {encoding.name} (its header does not decode)", HINT)
        names, headless = column_names(header.cells)
        notes = [encoding.choice] if encoding.choice else []
        if headless:
            notes.append("there is no header row: the columns are numbered")
        if any(line.strip(f"{_DELIMITERS} \r\n") for line in lines[:title]):
            notes.append(f"the header is line {header.line}; what stands above it is left out")
        after = _survey_rows(sample[sample.index(header) + 1 :])
        if after:
            notes.append("the two rows below the header describe the questions of a survey and are left out")
        file = _File(path, encoding, delimiter, len(names), title, {*after, *([] if headless else [header.line])})
        return open_table(Table(path.name, names, file.rows, tuple(notes)), options)


class _File(NamedTuple):
    """A CSV file of which is known how to read it; ``width`` in columns. Its first ``title`` lines and the rows that
    begin on one of ``left_out`` are no data."""

    path: Path
    encoding: Encoding
    delimiter: str
    width: int
    title: int
    left_out: Set[int]

    def rows(self) -> Iterator[Row]:
        """All rows after the header, numbered from 1."""
        csv.field_size_limit(_FIELD_LIMIT)
        row = 0
        lines = read_lines(self.path, self.encoding)
        for _ in itertools.islice(lines, self.title):
            pass
        for record in records(lines, self.delimiter):
            if record.line in self.left_out:
                continue
            row += 1
            cells = None if record.problem else fit(record.cells, self.width, self.delimiter)
            if cells is None or any(UNDECODED.search(cell) for cell in cells if not cell.isascii()):
                yield row, self._refused(row, record, cells)
            else:
                yield row, cells

    def _refused(self, row: int, record: Record, cells: list[str] | None) -> Reject:
        where = "" if record.line == row + max(self.left_out, default=0) else f" (line {record.line})"
        shown = excerpt(self.delimiter.join(cell[:200] for cell in record.cells[:20]))
        if record.problem:
            return Reject(row, record.problem, _PROBLEMS[record.problem].format(where=where), shown)
        if cells is None:
            counted = f"the row has {len(record.cells)} cells, the header {self.width}{where}"
            return Reject(row, "column_count", f"{counted}; check its quotes and delimiters", shown)
        return Reject(row, "encoding", f"the row is not {self.encoding.name}{where}; save the file as UTF-8", shown)


def _title_lines(lines: Sequence[str]) -> int:
    """How many lines stand above the header: a title, a note, blank lines. Only a line of known names, with nothing
    but single cells above it, is taken for a header that is not the first line."""
    for number, line in enumerate(lines[:_TOP]):
        rows = (next(csv.reader([line.rstrip("\r\n")], delimiter=one), []) for one in _DELIMITERS)
        cells = max(([cell for cell in row if cell.strip()] for row in rows), key=len)[:COLUMN_LIMIT]
        known = sum(headers.known(headers.normalise(cell)) for cell in cells)
        if len(cells) >= 2:
            return number if known * 2 >= len(cells) else 0
        if number == 0 and known:
            return 0
    return 0


def _survey_rows(rows: Sequence[Record]) -> list[int]:
    """Lines of the two rows that Qualtrics writes below its header: the questions, and ids as JSON."""
    ids = rows[1].cells if len(rows) > 1 else []
    found = ids and all(cell.startswith('{"ImportId"') for cell in ids if cell)
    return [rows[0].line, rows[1].line] if found and any(ids) else []


def _first_lines(path: Path, encoding: Encoding) -> list[str]:
    lines: list[str] = []
    size = 0
    for line in itertools.islice(read_lines(path, encoding), 200):
        lines.append(line.text)
        size += len(line.text)
        if size > SAMPLE_SIZE:
            break
    return lines


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
                source.done()
                if any(cells) or len(cells) == 1:
                    yield Record(first, cells)
            if not source.taken:
                return
        except csv.Error:
            pass
        except _TooLongError:
            yield Record(source.taken[0].number, [source.taken[0].text[:200]], "too_long")
            source.done()
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
        self.spare = _READ_AGAIN
        self.limit = _RECORD_LIMIT

    def __iter__(self) -> _Feed:
        return self

    def done(self) -> None:
        """The row in hand was read; the next one begins."""
        self.spare += self.size
        self.taken.clear()
        self.size = 0
        self.limit = min(_RECORD_LIMIT, max(_LEAST_RECORD, self.spare))

    def give_back(self) -> Line:
        """The first line of the row in hand; the others will be read again."""
        first, *rest = self.taken
        self.waiting.extendleft(reversed(rest))
        self.spare -= self.size
        self.size = len(first.text) + _LINE_COST
        self.done()
        return first

    def __next__(self) -> str:
        taken = self.taken
        if taken and self.size > self.limit:
            raise csv.Error("a row without end")
        skipped = 0
        while True:
            line = self.waiting.popleft() if self.waiting else next(self.lines)
            _, text, cut = line
            if taken or text not in _BLANK:
                break
            skipped += len(text) + _LINE_COST
        if skipped:
            self.size = skipped
            self.done()
        if cut and not taken:
            taken.append(line)
            raise _TooLongError
        if cut:
            self.waiting.appendleft(line)
            raise csv.Error("a line too long inside a row")
        taken.append(line)
        self.size += len(text) + _LINE_COST
        return text


def _salvage(source: _Feed, delimiter: str) -> Record:
    """The row of the first line taken, read leniently if it stands alone; the lines after it are given back."""
    alone = len(source.taken) == 1
    first = source.give_back()
    cells: list[str] = []
    if alone:
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
