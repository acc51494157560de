"""Two ranges of days beside each other, and how full a week is: frozen dataclasses. Days are ISO dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voc.results import Part

SURE = 0.05
"""Share of false ones among the differences of a comparison that are called so."""

STILL_FILLING = 0.05
"""Share of a week's documents that usually arrive later, from which a week counts as still filling."""

FEW, NOTHING = "few", "empty"
"""Why two ranges were not tested on a series."""


@dataclass(frozen=True, slots=True)
class Range:
    """A range of days by its name: ``2026-W40``, ``2026-W40..2026-W43`` or ``2026-10``, ``first`` to ``last``."""

    name: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Side:
    """Who was heard in a range. ``heard``: documents with words of a customer; ``customers``: known ones, None where
    nobody is named; ``partial``: the as-of date lies before its last day; ``channels`` and ``languages`` of the heard,
    those with fewer than five left out."""

    range: Range
    documents: int
    heard: int
    customers: int | None
    partial: bool
    channels: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Level:
    """One series in one range: ``k`` of ``n``, corrected ``share`` with its 95% interval, None where n is 0."""

    n: int
    k: int
    share: float | None
    low: float | None
    high: float | None
    customers: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One series in both ranges. ``change``: after less before (-1..1) with its 95% interval, which allows for weeks
    that vary more than chance; ``mix``: the part of it that comes from who was heard; ``p``, ``q``: two-sided, of what
    is left, None where ``reason`` says why there is no test; ``parts``: where it lies, of sure ones."""

    series: str
    before: Level
    after: Level
    change: float | None
    low: float | None
    high: float | None
    mix: float | None
    p: float | None
    q: float | None
    reason: str | None
    parts: tuple[Part, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the test says that the ranges differ."""
        return self.q is not None and self.q <= SURE

    @property
    def rose(self) -> bool:
        """The side of what the test is of: the change without ``mix``."""
        return (self.change or 0.0) - (self.mix or 0.0) > 0


@dataclass(frozen=True, slots=True)
class ThemeMove:
    """Documents of a theme in both ranges, and whether its share ``rose``; ``p``, ``q``: of the share, over all themes
    compared."""

    id: str
    labels: Mapping[str, str]
    driver: str
    side: str
    before: int
    after: int
    rose: bool
    p: float
    q: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs ``after`` ``before``: all series in the order of the labels, and the themes of both."""

    before: Side
    after: Side
    series: tuple[Difference, ...]
    themes: tuple[ThemeMove, ...] = ()

    @property
    def tests(self) -> int:
        """How many series were tested."""
        return sum(d.p is not None for d in self.series)


@dataclass(frozen=True, slots=True)
class Filling:
    """How full a week is at its age, ``days`` after its Sunday, by when the documents of ``weeks`` earlier weeks were
    read in: of theirs the share ``later`` (0..1, the median) came after that age, between ``low`` and ``high``.
    ``usual``: documents of the weeks before the week, the median, None with fewer than eight; ``least`` and ``most`` of
    them. ``drop``: the week is full, and yet has far fewer than usual."""

    days: int
    weeks: int
    later: float
    low: float
    high: float
    usual: int | None = None
    least: int | None = None
    most: int | None = None
    drop: bool = False
