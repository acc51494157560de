"""Trends of any weekly counts: a CSV of counts, and one of error tables, into one JSON document."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from voc.errors import InputError, VocError
from voc.exports import to_json
from voc.trends.change import MIN_BASELINE
from voc.trends.correct import ErrorTable, Shares, corrected, sampled
from voc.trends.series import SIGNALS, Changes, changes
from voc.weeks import Week

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]
T = TypeVar("T")

SCHEMA: Final = 1
COUNTS: Final = ("series", "week", "n", "k")
ERRORS: Final = ("series", "tp", "fn", "fp", "tn")
_SHOWN: Final = 5  # bad rows that are named
_MOST: Final = 10**12  # documents of a week; sums of it are exact in a double
_MOST_CELLS: Final = 20_000_000  # series times weeks: what some GB of memory hold
_DIGITS: Final = 12  # significant ones in the output: the last bits differ between machines
_WHOLE: Final = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CountRow:
    """One row of the counts: ``k`` of ``n`` documents of ``week`` carry what ``series`` stands for."""

    series: str
    week: Week
    n: int
    k: int


def trends_of_file(counts: Path, errors: Path | None) -> Json:
    """The document that ``voc trends --from`` writes: schema, number of tests by week, and every row of ``counts``.

    ``share``, ``low``, ``high`` are corrected where ``errors`` is given and null with a ``reason`` where its table
    does not allow it; else they are ``raw_share`` and its sampling interval. ``baseline`` is the mean raw share, each
    week weighted by what it says, of the up to 26 weeks before that had no signal of late, and from the 53rd week on
    what the time of year made of it in the weeks so far; ``p`` and ``q`` are
    two-sided and compare raw counts with it. Series stand in the order of their first row, rows in that of the file.
    InputError names the rows that cannot be used.
    """
    rows = read_counts(counts)
    return trends_of_rows(rows, None if errors is None else read_errors(errors), counts.name)


def trends_of_rows(rows: list[CountRow], errors: Mapping[str, ErrorTable] | None, name: str = "counts") -> Json:
    """As ``trends_of_file``, of rows that were read; no series has a week twice."""
    series: dict[str, list[CountRow]] = {}
    for row in rows:
        series.setdefault(row.series, []).append(row)
    first = min(row.week for row in rows).start
    # Whole weeks lie between Mondays, whatever a year's last week is called.
    span = (max(row.week for row in rows).start - first).days // 7 + 1
    if span * len(series) > _MOST_CELLS:
        raise InputError(
            f"{name}: {len(series):,} series over {span:,} weeks are too many at once",
            "Check the first and the last week, or split the file.",
        )
    column = {week: (week.start - first).days // 7 for week in {row.week for row in rows}}
    n, k = np.zeros((2, len(series), span))
    for i, own in enumerate(series.values()):
        at = [column[row.week] for row in own]
        n[i, at], k[i, at] = [row.n for row in own], [row.k for row in own]
    found, answers = changes(k, n, first=Week.of(first)), []
    for i, (label, own) in enumerate(series.items()):
        shares, why = _shares(k[i], n[i], errors, label)
        triples = list(zip(*(part.tolist() for part in shares), strict=True))
        weeks = [_week(r, triples[column[r.week]], found, (i, column[r.week]), why or "") for r in own]
        answers.append({"series": label, "weeks": weeks})
    tests = {str(week): int(found.tests[column[week]]) for week in sorted(column)}
    return {"schema": SCHEMA, "tests": tests, "series": answers}


def write_json(path: Path, value: Json) -> None:
    """Writes ``value`` to ``path`` (mode 0600, parents are made), whole or not at all; VocError where that fails."""
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(to_json(value) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(made).replace(target)
        finally:
            with suppress(FileNotFoundError):
                Path(made).unlink()
    except OSError as error:
        raise VocError(
            f"cannot write {path}: {error.strerror}", "Choose another file, or check the rights of its folder."
        ) from error


def read_counts(path: Path) -> list[CountRow]:
    """The rows of a CSV with the columns series, week, n, k; InputError names the first bad ones and their lines."""
    seen: dict[tuple[str, Week], int] = {}

    def row(cells: Mapping[str, str], line: int) -> CountRow:
        name, week = _named(cells["series"]), Week.parse(cells["week"])
        n, k = _whole("n", cells["n"]), _whole("k", cells["k"])
        if k > n:
            raise ValueError(f"k is {k}, more than n, which is {n}")
        before = seen.setdefault((name, week), line)
        if before != line:
            raise ValueError(f"{week} of {name!r} stands in line {before} already")
        return CountRow(name, week, n, k)

    return _read(path, COUNTS, row)


def read_errors(path: Path) -> dict[str, ErrorTable]:
    """The error table of each series, from a CSV with the columns series, tp, fn, fp, tn; raises as read_counts."""
    seen: set[str] = set()

    def row(cells: Mapping[str, str], _: int) -> tuple[str, ErrorTable]:
        name = _named(cells["series"])
        if name in seen:
            raise ValueError(f"series {name!r} stands there twice")
        seen.add(name)
        return name, ErrorTable(*(_whole(column, cells[column]) for column in ERRORS[1:]))

    return dict(_read(path, ERRORS, row))


def _read(path: Path, columns: tuple[str, ...], row: Callable[[Mapping[str, str], int], T]) -> list[T]:
    name, good, bad = path.name, list[T](), list[str]()
    try:
        reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip().lower() for cell in next(reader, [])]
        if missing := [column for column in columns if header.count(column) != 1]:
            raise InputError(
                f"{name}: its first line does not have the column {missing[0]!r} once",
                f"A CSV with the columns {','.join(columns)} is read.",
            )
        at = [header.index(column) for column in columns]
        for cells in filter(None, reader):
            try:
                if len(cells) != len(header):
                    raise ValueError(f"{len(cells)} cells under {len(header)} columns")
                good.append(row(dict(zip(columns, (cells[i] for i in at), strict=True)), reader.line_num))
            except ValueError as error:
                bad.append(f"line {reader.line_num}: {error}")
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}", "Check the name and the permissions.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{name} is no CSV in UTF-8: {error}", "Export it again as CSV in UTF-8.") from error
    if bad:
        shown = "\n".join(bad[:_SHOWN] + ([f"and {len(bad) - _SHOWN:,} more"] if len(bad) > _SHOWN else []))
        raise InputError(
            f"{name}: {len(bad):,} bad {'rows' if len(bad) > 1 else 'row'}\n{shown}", "Nothing was written."
        )
    if not good:
        raise InputError(f"{name} holds no row", f"A CSV with the columns {','.join(columns)} is read.")
    return good


def _named(text: str) -> str:
    if not text.strip():
        raise ValueError("the series has no name")
    return text


def _whole(column: str, text: str) -> int:
    if not _WHOLE.fullmatch(text.strip()) or int(text) > _MOST:
        raise ValueError(f"{column} is {text!r}, not a whole number from 0 to {_MOST:,}")
    return int(text)


def _shares(k: Floats, n: Floats, errors: Mapping[str, ErrorTable] | None, label: str) -> tuple[Shares, str | None]:
    """Shares of one series over its weeks, and why they are not there."""
    if errors is None:
        return sampled(k, n), None
    if (table := errors.get(label)) is None:
        return Shares(*np.full((3, len(k)), np.nan)), "not corrected: the errors have no table of this series"
    return corrected(k, n, table), table.problem


def _week(row: CountRow, shares: tuple[float, float, float], found: Changes, at: tuple[int, int], why: str) -> Json:
    reasons = [why] if why else []
    if not row.n:
        reasons = ["no documents"]
    elif np.isnan(found.baseline[at]):
        reasons.append(f"no baseline: {found.weeks[at]} of at least {MIN_BASELINE} earlier weeks")
    elif found.few[at]:
        reasons.append("no test: too few documents")
    share, low, high = shares
    return {
        "week": str(row.week),
        "n": row.n,
        "k": row.k,
        "raw_share": _number(row.k / row.n if row.n else np.nan),
        "share": _number(share),
        "low": _number(low),
        "high": _number(high),
        "baseline": _number(found.baseline[at]),
        "p": _number(found.p[at]),
        "q": _number(found.q[at]),
        "signal": SIGNALS[found.signal[at]],
        "reason": "; ".join(reasons) or None,
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{_DIGITS}g}")
