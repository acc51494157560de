"""What all tables share, whatever file they come in: columns are chosen from a sample, then rows are streamed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from voc.documents import Reject
from voc.errors import InputError
from voc.ingest import headers
from voc.ingest.columns import Plan, infer
from voc.ingest.dates import parse_time, settle_order, tell_order
from voc.ingest.record import Builder, IngestOptions, Stats
from voc.ingest.source import Opened, Rows
from voc.ingest.turn_table import find_turns, read_turns
from voc.ingest.values import is_number

SAMPLE_ROWS: Final = 5000  # rows that decide about the columns
SAMPLE_SIZE: Final = 16 * 1024 * 1024  # characters of them at most
_SAMPLE_CELLS: Final = 2_000_000
COLUMN_LIMIT: Final = 16_384  # as in a workbook; a table with more is no table of feedback

Row = tuple[int, Sequence[str] | Reject]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text cells. ``rows`` streams (number from 1, cells as many as ``names``, or a reject), the same each
    time; ``notes`` are choices that were made on the way to it."""

    file: str
    names: Sequence[str]
    rows: Callable[[], Iterator[Row]]
    notes: tuple[str, ...] = ()


def open_table(table: Table, options: IngestOptions) -> Opened:
    """Choose the columns of ``table``. Raises InputError, AmbiguousColumns or UsageError where that cannot be done."""
    if len(table.names) > COLUMN_LIMIT:
        raise InputError(
            f"{table.file} has {len(table.names):,} columns; at most {COLUMN_LIMIT:,} are read",
            "check its delimiter, or export only the columns that matter",
        )
    sample = list(_bounded(table.rows()))
    found = None if "text" in options.mapping else find_turns(table.names, sample)
    if found is not None:
        plan = infer(table.file, *found.without_role(table.names, sample), found.mapping(table.names, options.mapping))
        plan.choices = [choice for choice in plan.choices if not choice.startswith("id <- ")]
    else:
        plan = infer(table.file, table.names, sample, options.mapping)
    _settle_days(table, plan)
    mapping = {name: table.names[index] for name, index in plan.columns.items()}
    choices = (*table.notes, *plan.choices)
    if found is not None:
        mapping |= found.names(table.names)
        choices = (*table.notes, *found.choices(table.names), *plan.choices)
    numbers = "time" in mapping and headers.says_date(headers.normalise(mapping["time"]))

    def read(stats: Stats) -> Rows:
        builder = Builder(table.file, options, plan.order, numbers=numbers, stats=stats)
        if found is not None:
            yield from read_turns(table.rows(), table.names, found, plan.columns, builder)
        else:
            yield from _read(table, plan, builder)

    return Opened(mapping, choices, read)


def _bounded(rows: Iterator[Row]) -> Iterator[Sequence[str]]:
    size = cells = 0
    for _, row in itertools.islice(rows, SAMPLE_ROWS):
        if isinstance(row, Reject):
            continue
        yield row
        size += sum(map(len, row))
        cells += len(row)
        if size > SAMPLE_SIZE or cells > _SAMPLE_CELLS:
            return


def _settle_days(table: Table, plan: Plan) -> None:
    """Day and month are settled over the whole column, in a pass of its own, where the sample has such dates."""
    used = [plan.columns[name] for name in ("time", "reply_time") if name in plan.columns]
    if plan.slashed is None:
        return
    good = (row for _, row in table.rows() if not isinstance(row, Reject))
    plan.order, plan.decided = settle_order(row[index].strip() for row in good for index in used)
    plan.choices.append(tell_order(plan.slashed, plan.order, decided=plan.decided))


def _read(table: Table, plan: Plan, builder: Builder) -> Rows:
    fields = list(plan.columns.items())
    others = [(index, name) for index, name in enumerate(table.names) if index not in plan.columns.values()]
    for number, cells in table.rows():
        if isinstance(cells, Reject):
            yield number, cells
            continue
        values = {name: cells[index] for name, index in fields}
        yield number, builder.build(number, values, {name: cells[index] for index, name in others if cells[index]})


def column_names(cells: Sequence[str]) -> tuple[list[str], bool]:
    """Unique names of the columns, and whether the row is data rather than a header (then the names are numbers)."""
    trimmed = [cell.strip().strip("\ufeff") for cell in cells]
    filled = [cell for cell in trimmed[:COLUMN_LIMIT] if cell]
    if not any(headers.known(headers.normalise(cell)) for cell in filled) and any(
        len(cell) > 80 or is_number(cell) or parse_time(cell) for cell in filled
    ):
        return [f"column {number}" for number in range(1, len(cells) + 1)], True
    names: list[str] = []
    taken: dict[str, int] = {}
    for number, cell in enumerate(trimmed, start=1):
        plain = cell or f"column {number}"
        name, copy = plain, taken.get(plain, 1)
        while name in taken:
            copy += 1
            name = f"{plain} ({copy})"
        taken[plain] = copy
        taken.setdefault(name, 1)
        names.append(name)
    return names, False
