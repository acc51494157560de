"""Is a week full? Judged by when the documents of earlier weeks were read in, never by how many the week has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median
from typing import Final

from voc.ranges import STILL_FILLING, Filling
from voc.weeks import Week

LEAST_WEEKS: Final = 4
"""Earlier weeks that were watched while they filled, from which something is said."""

SETTLED_DAYS: Final = 28
"""Days after which an earlier week counts as full: what comes still later is passed over, on both sides."""

_WEEKS: Final = 26
_USUAL_WEEKS: Final = 8
_DROP: Final = 0.6  # of the usual number; a week at 0.6 of a Poisson mean of 60 is seen once in 1,000 weeks


def filling(
    arrivals: Iterable[tuple[date, date, int]], week: Week, as_of: date, volumes: Sequence[int] = ()
) -> Filling | None:
    """How full ``week`` is on ``as_of``.

    ``arrivals``: (local day of a document, day on which it was read in, how many); ``volumes``: documents of the weeks
    up to ``week``, which is the last. Only weeks that were watched at this age count: something had been read in by
    then, so that what came later shows. None where fewer than ``LEAST_WEEKS`` were.
    """
    age = (as_of - week.end).days
    came: dict[Week, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    first: date | None = None
    for day, arrived, count in arrivals:
        first = arrived if first is None else min(first, arrived)
        own = Week.of(day)
        came[own][(arrived - own.end).days] += count
    if first is None or age < 0:
        return None
    shares: list[float] = []
    for earlier in sorted(came, reverse=True):
        settled = (as_of - earlier.end).days >= age + SETTLED_DAYS
        if earlier < week and settled and (first - earlier.end).days <= age and len(shares) < _WEEKS:
            inside = {late: n for late, n in came[earlier].items() if late <= age + SETTLED_DAYS}
            if total := sum(inside.values()):
                shares.append(sum(n for late, n in inside.items() if late > age) / total)
    if len(shares) < LEAST_WEEKS:
        return None
    later = median(shares)
    before = [n for n in volumes[:-1] if n][-_WEEKS:]
    if len(before) < _USUAL_WEEKS or not volumes:
        return Filling(age, len(shares), later, min(shares), max(shares))
    usual, least, most = round(median(before)), min(before), max(before)
    drop = later < STILL_FILLING and volumes[-1] < min(least, _DROP * usual)
    return Filling(age, len(shares), later, min(shares), max(shares), usual, least, most, drop)
