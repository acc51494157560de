"""ISO weeks as half-open intervals of local days; the time zone is always given, the machine's clock never read."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

_WEEK: Final = re.compile(r"(\d{4})-?W(\d{2})", re.ASCII)
_DATE_ONLY: Final = 10  # len("2026-11-02")


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """An ISO 8601 week: ``year`` is the ISO year (1..9998), ``number`` is 1..53 and exists in that year."""

    year: int
    number: int

    def __post_init__(self) -> None:
        """Raise ValueError where the week does not exist."""
        dt.date.fromisocalendar(self.year, self.number, 7)

    @classmethod
    def parse(cls, text: str) -> Week:
        """``2026-W46`` -> Week(2026, 46). Raises ValueError for anything else or a week that does not exist."""
        match = _WEEK.fullmatch(text.strip().upper())
        if match is None:
            raise ValueError(f"not an ISO week: {text!r} (expected the form 2026-W46)")
        try:
            return cls(int(match[1]), int(match[2]))
        except ValueError as error:
            raise ValueError(f"no such ISO week: {text!r}") from error

    @classmethod
    def of(cls, day: dt.date) -> Week:
        """The week that ``day`` lies in."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def start(self) -> dt.date:
        """Its Monday."""
        return dt.date.fromisocalendar(self.year, self.number, 1)

    @property
    def end(self) -> dt.date:
        """Its Sunday."""
        return dt.date.fromisocalendar(self.year, self.number, 7)

    def plus(self, weeks: int) -> Week:
        """The week ``weeks`` later (earlier where negative)."""
        return Week.of(self.start + dt.timedelta(weeks=weeks))

    def next(self) -> Week:
        """The week after."""
        return self.plus(1)

    def previous(self) -> Week:
        """The week before."""
        return self.plus(-1)


def local_date(time: str, zone: ZoneInfo) -> dt.date:
    """The day of an ISO 8601 ``time`` in ``zone``: a date stays as it is, a naive date-time is read in the zone, one
    with an offset is converted. Raises ValueError where ``time`` is not ISO 8601."""
    if len(time) == _DATE_ONLY:
        return dt.date.fromisoformat(time)
    moment = dt.datetime.fromisoformat(time)
    if moment.tzinfo is None:
        return moment.date()
    try:
        return moment.astimezone(zone).date()
    except OverflowError as error:
        raise ValueError(f"out of range: {time!r}") from error


def week_of(time: str, zone: ZoneInfo) -> Week:
    """The ISO week of ``time`` in ``zone`` (see :func:`local_date`)."""
    return Week.of(local_date(time, zone))


def is_complete(week: Week, as_of: dt.date) -> bool:
    """A week is complete when as-of is on or after its Sunday."""
    return as_of >= week.end


def weeks_between(first: Week, last: Week) -> list[Week]:
    """All weeks from ``first`` to ``last``, both included, in order; [] where ``last`` is earlier."""
    count = (last.start - first.start).days // 7 + 1
    return [first.plus(offset) for offset in range(max(count, 0))]
