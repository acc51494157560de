"""What the page of a comparison or a month shows, its words, and how ranges are called."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from voc.ranges import Range
from voc.report.messages import Messages, load_messages
from voc.report.page import Table
from voc.weeks import Week


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; ``numeric`` tables are set flush right."""

    key: str
    name: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class RangeView:
    """All texts of the page, in its order."""

    language: str
    title: str
    company: str
    product: str
    heading: str
    days: str
    meta: tuple[str, ...]
    moved: bool
    verdict: str
    details: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[tuple[str, str], ...]
    made: str


@cache
def range_messages(language: str) -> Messages:
    """The words of the report and those of ranges; UsageError for a language that is not known."""
    known = load_messages(language)
    text = resources.files("voc.report").joinpath("messages", f"ranges.{language}.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    own = {f"{table}.{key}": str(value) for table, texts in tables.items() for key, value in texts.items()}
    return Messages(language, {**known.texts, **own})


def range_name(span: Range, m: Messages) -> str:
    """How a week, a span of weeks or a month is called."""
    first, _, last = span.name.partition("..")
    if last:
        return m("ranges.span", first=first, last=last)
    if "W" in first:
        week = Week.parse(first)
        return m("head.week", number=week.number, year=week.year)
    day = date.fromisoformat(span.first)
    return m("ranges.month", month=m("format.months").split()[day.month - 1], year=day.year)
