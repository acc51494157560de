"""Ranges of days by their names on the command line."""

from __future__ import annotations

import datetime as dt

from voc.ranges import Range
from voc.weeks import Week


def range_of(text: str) -> Range:
    """``2026-W46`` or ``2026-W40..2026-W43`` as days; ValueError for anything else, or an end before its begin."""
    first, dots, last = text.partition("..")
    begin = Week.parse(first)
    end = Week.parse(last) if dots else begin
    if end < begin:
        raise ValueError(f"{text!r} ends before it begins")
    name = str(begin) if begin == end else f"{begin}..{end}"
    return Range(name, begin.start.isoformat(), end.end.isoformat())


def month_of(text: str) -> Range:
    """``2026-10`` as days; ValueError for anything else."""
    first = dt.date.fromisoformat(f"{text}-01")
    last = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return Range(f"{first:%Y-%m}", first.isoformat(), last.isoformat())
