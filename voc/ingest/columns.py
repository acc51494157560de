"""Which column of a table is what: decided by header and content of a sample, told to the user, overruled by --map."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from voc.errors import AmbiguousColumns, InputError, UsageError
from voc.ingest import headers
from voc.ingest.dates import DayOrder, is_relative, needs_order, parse_time, settle_order
from voc.ingest.values import is_number, parse_channel, parse_language, parse_money, parse_rating

FIELDS: Final = (
    *("id", "text", "time", "rating", "customer", "channel", "language", "reply", "reply_time", "thread", "product"),
    *("region", "segment", "value"),
)
_MOSTLY: Final = 0.8
_PROSE_SHARE: Final = 0.5  # of a text column's values
_PROSE_DISTINCT: Final = 0.2  # under it a column repeats itself like a category
_AMBIGUOUS_FACTOR: Final = 2
_LONGEST_COUNTED: Final = 20_000  # characters; one runaway cell must not decide
_MOST_RATINGS: Final = 21  # 0 to 10 in halves
_CUSTOMER_LENGTH: Final = 100
_HAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_YES_NO: Final = frozenset({"true", "false", "yes", "no", "y", "n", "0", "1", "是", "否"})
_NEVER_TEXT: Final = re.compile(
    r"\b(?:address|url|link|website|image|photo|file|path|user agent|name|email)\b"
    "|地址|链接|連結|网址|網址|图片|圖片|姓名"
)
_NEVER_TIME: Final = re.compile(r"\b(?:birth|birthday|dob|due|expiry|expires|expiration)\b|出生|生日|到期")


@dataclass(slots=True)
class Column:
    """A column of the sample. ``values`` are its non-empty cells, trimmed; ``header`` is its normalised name."""

    index: int
    name: str
    values: list[str]
    header: str = ""
    characters: int = 0
    distinct: int = 0
    prose: bool = False
    dates: float = 0.0

    def __post_init__(self) -> None:
        """Derives everything but the dates from the values."""
        self.header = headers.normalise(self.name)
        self.characters = sum(min(len(value), _LONGEST_COUNTED) for value in self.values)
        self.distinct = len(set(self.values))
        filled = len(self.values)
        self.prose = (
            filled > 0
            and self.distinct >= _PROSE_DISTINCT * filled
            and sum(map(_is_prose, self.values)) >= _PROSE_SHARE * filled
        )

    @property
    def average(self) -> int:
        """Characters of a filled cell, on average."""
        return round(self.characters / len(self.values)) if self.values else 0

    def share(self, test: Callable[[str], object]) -> float:
        """Share of the filled cells that pass, 0..1; 0 where none is filled."""
        return sum(1 for value in self.values if test(value)) / len(self.values) if self.values else 0.0


@dataclass(slots=True)
class Plan:
    """What was decided: ``columns`` maps a canonical field to the index of its column, ``choices`` tells why.

    ``order`` of day and month is that of the sample and ``decided`` by it; ``slashed`` is a date that needs it.
    """

    columns: dict[str, int] = field(default_factory=dict)
    choices: list[str] = field(default_factory=list)
    order: DayOrder = DayOrder.DAY_FIRST
    decided: bool = True
    slashed: str | None = None

    def take(self, name: str, column: Column, why: str) -> None:
        """Give the field ``name`` its column."""
        self.columns[name] = column.index
        self.choices.append(f"{name} <- {column.name} ({why})")


def _is_prose(value: str) -> bool:
    return (value.count(" ") >= 2 or len(_HAN.findall(value[:40])) >= 4) and _LETTER.search(value) is not None


def check_fields(mapping: Mapping[str, str]) -> None:
    """Raise UsageError where ``mapping`` names a field that documents do not have."""
    for name in mapping:
        if name not in FIELDS:
            raise UsageError(f"--map {name}=...: there is no field {name!r}", f"the fields are {', '.join(FIELDS)}")


def infer(file: str, names: Sequence[str], rows: Iterable[Sequence[str]], mapping: Mapping[str, str]) -> Plan:
    """Decide the columns of ``file`` from a sample of its ``rows`` (each as long as ``names``).

    ``mapping`` (field -> column name, "" for none) comes before everything else. Raises AmbiguousColumns where several
    columns could be the text, InputError where none could, UsageError where the mapping names what is not there.
    """
    check_fields(mapping)
    cells: list[list[str]] = [[] for _ in names]
    for row in rows:
        for place, cell in zip(cells, row, strict=True):
            if value := cell.strip():
                place.append(value)
    columns = [Column(index, name, values) for index, (name, values) in enumerate(zip(names, cells, strict=True))]
    plan = Plan()
    given = _given(file, columns, mapping, plan)
    free = [column for column in columns if column.index not in given]
    wanted = [name for name in FIELDS if name not in mapping]
    plan.order = _settle_dates(columns)
    if "text" in wanted:
        _choose_text(file, free, plan)
    for choose in (_choose_dates, _choose_rating, _choose_id, _choose_reply, _choose_named):
        choose([column for column in free if column.index not in plan.columns.values()], wanted, plan)
    _find_slashed(columns, plan)
    plan.columns = {name: plan.columns[name] for name in FIELDS if name in plan.columns}
    return plan


def _given(file: str, columns: list[Column], mapping: Mapping[str, str], plan: Plan) -> set[int]:
    """Apply --map."""
    used: set[int] = set()
    for name in FIELDS:
        if name not in mapping:
            continue
        wanted = mapping[name].strip()
        if not wanted:
            if name == "text":
                raise UsageError("--map text= names no column", "a document needs a text: --map text=COLUMN")
            plan.choices.append(f"{name} <- none (--map)")
            continue
        found = [c for c in columns if c.name == wanted]
        found = found or [c for c in columns if c.header == headers.normalise(wanted)]
        if not found:
            listed = ", ".join(c.name for c in columns)
            raise UsageError(f"--map {name}={wanted}: {file} has no column {wanted!r}", f"its columns are {listed}")
        plan.take(name, found[0], "--map")
        used.add(found[0].index)
    return used


def _names_other_field(column: Column) -> bool:
    other = any(headers.name_rank(name, column.header) is not None for name in headers.NAMES if name != "text")
    return other or headers.says_reply(column.header) or _NEVER_TEXT.search(column.header) is not None


def _choose_text(file: str, columns: list[Column], plan: Plan) -> None:
    lettered = [c for c in columns if c.dates < _MOSTLY and c.share(_LETTER.search) >= _PROSE_SHARE]
    named = [c for c in lettered if headers.name_rank("text", c.header) is not None]
    prose = [c for c in lettered if c.prose]
    candidates = [c for c in prose if not _names_other_field(c)] or named or prose
    if not candidates and len(columns) == 1 and not columns[0].share(is_number):
        candidates = columns
    if not candidates:
        candidates = [c for c in columns if headers.name_rank("text", c.header) is not None][:1]
    if not candidates:
        listed = ", ".join(c.name for c in columns)
        hint = f"name it with --map text=COLUMN; the columns are {listed}"
        raise InputError(f"{file}: no column is mostly free text", hint)
    candidates.sort(key=lambda c: (-c.characters, c.index))
    best = candidates[0]
    rivals = [c for c in candidates[1:] if c.characters * _AMBIGUOUS_FACTOR >= best.characters and c.characters]
    if rivals:
        listed = ", ".join(f"{c.name} ({c.average} characters on average)" for c in (best, *rivals))
        options = " or ".join(f'--map "text={c.name}"' for c in (best, *rivals))
        raise AmbiguousColumns(f"{file}: several columns could be the text: {listed}", f"say which with {options}")
    plan.take("text", best, f"free text, {best.average} characters on average" if best.prose else "by its name")


def _settle_dates(columns: list[Column]) -> DayOrder:
    """Settle day and month over all columns of the file together and note the share of dates in each column."""
    order, _ = settle_order(value for column in columns for value in column.values if len(value) < 30)
    for column in columns:
        numbers = headers.says_date(column.header)
        read = functools.partial(parse_time, order=order, numbers=numbers)
        column.dates = column.share(lambda value, read=read: read(value) or is_relative(value))  # type: ignore[misc]
    return order


def _least_dates(header: str) -> float:
    """Share of dates that makes a column one of dates: a header that says so forgives more gaps."""
    if _NEVER_TIME.search(header):
        return 2.0
    return 0.3 if headers.date_rank(header) > 1 else _MOSTLY


def _choose_dates(columns: list[Column], wanted: list[str], plan: Plan) -> None:
    dated = [column for column in columns if column.dates >= _least_dates(column.header)]
    replies = [column for column in dated if headers.says_reply(column.header)]
    own = sorted((c for c in dated if c not in replies), key=lambda c: (-headers.date_rank(c.header), c.index))
    if own and "time" in wanted:
        others = f"; not {', '.join(c.name for c in own[1:])}" if own[1:] else ""
        plan.take("time", own[0], f"{own[0].dates:.0%} of its values are dates{others}")
    elif "time" in wanted:
        plan.choices.append("time <- none (no column holds dates: the documents are undated)")
    if replies and "reply_time" in wanted:
        plan.take("reply_time", replies[0], "dates of replies")


def _find_slashed(columns: list[Column], plan: Plan) -> None:
    used = [columns[plan.columns[name]] for name in ("time", "reply_time") if name in plan.columns]
    slashed = [value for column in used for value in column.values if needs_order(value)]
    if slashed:
        plan.slashed = slashed[0]
        _, plan.decided = settle_order(slashed)


def _choose_rating(columns: list[Column], wanted: list[str], plan: Plan) -> None:
    if "rating" not in wanted:
        return
    found: list[tuple[int, Column, list[float]]] = []
    for column in columns:
        rank = headers.rating_rank(column.header)
        numbers = [n for n in map(parse_rating, column.values) if n is not None]
        small = [n for n in numbers if 0 <= n <= 10]
        least = _PROSE_SHARE if rank > 1 else _MOSTLY  # a header that says rating forgives "N/A"
        if not rank or not small or len(small) < least * len(column.values) or len(set(small)) > _MOST_RATINGS:
            continue
        if rank > 1 or (len(set(small)) > 2 and column.distinct < len(column.values)):
            found.append((rank, column, small))
    if found:
        _, column, small = min(found, key=lambda item: (-item[0], item[1].index))
        plan.take("rating", column, f"numbers from {min(small):g} to {max(small):g}")


def _choose_id(columns: list[Column], wanted: list[str], plan: Plan) -> None:
    if "id" not in wanted:
        return
    best: tuple[int, int, Column] | None = None
    for column in columns:
        rank = headers.name_rank("id", column.header)
        other = any(headers.name_rank(name, column.header) is not None for name in ("customer", "thread", "product"))
        ends = column.header.endswith((" id", "编号", "編號")) and not other
        least = 0.5 if rank == 0 else 0.95
        if (rank is None and not ends) or not column.values or column.distinct < least * len(column.values):
            continue
        key = (rank if rank is not None else 1000, column.index, column)
        best = key if best is None or key[:2] < best[:2] else best
    if best is not None:
        plan.take("id", best[2], "by its name, values differ")


def _choose_reply(columns: list[Column], wanted: list[str], plan: Plan) -> None:
    replies = [c for c in columns if headers.says_reply(c.header) and c.share(_LETTER.search) >= _PROSE_SHARE]
    replies = [c for c in replies if c.dates < _MOSTLY and not _NEVER_TEXT.search(c.header)]
    if replies and "reply" in wanted:
        best = min(replies, key=lambda c: (not c.prose, -c.characters, c.index))
        plan.take("reply", best, "by its name")


_CONTENT: Final[dict[str, Callable[[Column], bool]]] = {
    "customer": lambda c: c.average <= _CUSTOMER_LENGTH and c.share(lambda v: v.lower() in _YES_NO) < 1.0,
    "thread": lambda c: c.average <= _CUSTOMER_LENGTH,
    "channel": lambda c: c.share(parse_channel) >= _PROSE_SHARE,
    "language": lambda c: c.share(lambda v: parse_language(v) or v.lower().startswith("zh")) >= _PROSE_SHARE,
    "value": lambda c: c.share(lambda v: parse_money(v) is not None) >= _MOSTLY,
    "product": lambda c: c.average <= 2 * _CUSTOMER_LENGTH and c.share(is_number) < 1.0,
    "region": lambda c: c.average <= _CUSTOMER_LENGTH and c.share(is_number) < 1.0,
    "segment": lambda c: c.average <= _CUSTOMER_LENGTH,
}


def _choose_named(columns: list[Column], wanted: list[str], plan: Plan) -> None:
    """Fields that are known by the header alone, if the content does not speak against it."""
    for name, fits in _CONTENT.items():
        if name not in wanted:
            continue
        free = [c for c in columns if c.values and c.index not in plan.columns.values()]
        ranked = [(headers.name_rank(name, c.header), c) for c in free]
        named = [(rank, c.index, c) for rank, c in ranked if rank is not None and fits(c)]
        if named:
            plan.take(name, min(named, key=lambda item: item[:2])[2], "by its name")
