"""The file of cases that comes back from people: .csv, .xlsx or .jsonl, with the columns that were exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voc.casework import NOTE, OWNER, STATE
from voc.errors import InputError

CASE: Final = "case"
_TAKEN: Final = (STATE, OWNER, NOTE)
_HINT: Final = "Give a file that voc cases export wrote (.csv, .xlsx or .jsonl), with its column case."
_LONGEST: Final = 2_000  # characters of a note or an owner


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A row of the file (the first below the header is 2, in .jsonl 1): the id of a case, and what it says of state,
    owner, note; columns that the file lacks and cells that are blank are left out (but a blank owner is none)."""

    number: int
    case: str
    changes: Mapping[str, str]


def read_case_rows(path: Path) -> list[CaseRow]:
    """The rows of ``path``; InputError where it cannot be read or lacks the column of cases."""
    readers = {".csv": _csv, ".xlsx": _xlsx, ".jsonl": _jsonl}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"cannot read cases from {path.name}", _HINT)
    return [_row(path, number, values) for number, values in reader(path) if any(map(_text, values.values()))]


def _row(path: Path, number: int, values: Mapping[str, Any]) -> CaseRow:
    if CASE not in values:
        raise InputError(f"{path} lacks the column case", _HINT)
    given = {name: _text(values[name]) for name in _TAKEN if name in values}
    changes = {name: text for name, text in given.items() if text or name == OWNER}
    if STATE in changes:
        changes[STATE] = changes[STATE].lower().replace(" ", "_").replace("-", "_")
    for name, text in changes.items():
        if len(text) > _LONGEST:
            raise InputError(
                f"{path}, row {number}: {name} has {len(text):,} characters", f"Keep it under {_LONGEST:,}."
            )
    return CaseRow(number, _text(values[CASE]), changes)


def _text(cell: object) -> str:
    """A cell as text. What export put before a formula (an apostrophe) is taken off again."""
    text = "" if cell is None else str(cell).strip()
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text


def _csv(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}", "Save it as CSV in UTF-8.") from error
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        yield from enumerate(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval=""), start=2)
    except csv.Error as error:
        raise InputError(f"{path} is no CSV: {error}", _HINT) from error


def _xlsx(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}", _HINT) from error
    names = [str(cell).strip() for cell in rows[0]] if rows else []
    for number, cells in enumerate(rows[1:], start=2):
        yield number, {name: cell for name, cell in zip(names, cells, strict=False) if name}


def _jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}", _HINT) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number} is no JSON: {error}", _HINT) from error
        if not isinstance(values, dict):
            raise InputError(f"{path}, line {number} is no JSON object", _HINT)
        yield number, values
