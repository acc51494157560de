"""Days of the year that move feedback by themselves: sales and holidays of the markets that voc reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

# The first day of the lunar year (month, day) in China, 2015 to 2036, as published by the Hong Kong Observatory
# (Gregorian-Lunar calendar conversion table). Outside these years the day is left out.
_SPRING: Final = {
    2015: (2, 19), 2016: (2, 8), 2017: (1, 28), 2018: (2, 16), 2019: (2, 5), 2020: (1, 25), 2021: (2, 12),
    2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26),
    2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
    2036: (1, 28),
}  # fmt: skip


def seasonal_days(year: int) -> Iterator[tuple[dt.date, str]]:
    """(day, code) of each such day of ``year`` (1..9999); the codes are spring, 618, 1111, black_friday, christmas."""
    if year in _SPRING:
        yield dt.date(year, *_SPRING[year]), "spring"
    yield dt.date(year, 6, 18), "618"
    yield dt.date(year, 11, 11), "1111"
    # The day after the fourth Thursday of November.
    first = dt.date(year, 11, 1)
    yield first + dt.timedelta(days=(3 - first.weekday()) % 7 + 22), "black_friday"
    yield dt.date(year, 12, 25), "christmas"
