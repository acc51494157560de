"""Which days of the last weeks move feedback by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from voc.seasons import seasonal_days
from voc.weeks import Week

SHOWN_WEEKS: Final = 13


def recent_days(last: Week) -> Iterator[tuple[str, Week]]:
    """(code, week) of each such day in the ``SHOWN_WEEKS`` weeks up to ``last``, in order; the codes are those of
    ``voc.seasons``."""
    first = last.plus(1 - SHOWN_WEEKS)
    years = range(first.start.year, last.end.year + 1)
    for day, code in sorted(found for year in years for found in seasonal_days(year)):
        if first.start <= day <= last.end:
            yield code, Week.of(day)
