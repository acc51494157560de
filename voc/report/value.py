"""The report of one week as a value: numbers, facts and redacted quotes; no wording, no layout, no clock.

Every renderer reads this and nothing else, so the same ``Report`` always gives the same bytes. ``json_out`` writes it
as report.json and reads it back without loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from voc.results import LEAVE, NEW, STANDS, Alarm, Cell, Correction, Emergence, Trend, WeekRow, Where
from voc.taxonomy import COMPLAINT, PRAISE

if TYPE_CHECKING:
    from voc.needs import NeedsAxis
    from voc.ranges import Filling
    from voc.report.costs_value import Costs
    from voc.report.health_value import Health
    from voc.report.loop_value import Loop

SCHEMA: Final = 1
ALL: Final = "all"
MIN_BASELINE: Final = 8  # earlier weeks from which voc.trends tests; a test holds the two together

# Kinds of verdict.
EMPTY, WHOLE, PARTIAL, FEW, SHORT_BASELINE, STEADY, STANDING, MOVED = (
    "empty",
    "whole",
    "partial",
    "few",
    "short_baseline",
    "steady",
    "standing",
    "moved",
)
# Signals of a series in the week of the report.
UP, DOWN, NONE, UNTESTED = "up", "down", "none", "untested"


@dataclass(frozen=True, slots=True)
class DriverName:
    """How a driver and its praise side are called; both map a language to a name and hold at least ``en``."""

    key: str
    name: Mapping[str, str]
    praise_name: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a customer, already redacted, cleaned for display and cut to a length that can be read in passing.

    ``key`` is the content key of the document, ``id`` its id as given; ``day`` is an ISO date or None; ``product`` is
    empty where none is stated.
    """

    key: str
    id: str
    text: str
    channel: str
    language: str
    day: str | None
    product: str = ""


@dataclass(frozen=True, slots=True)
class ThemeEntry:
    """A theme as the report shows it; ``labels`` maps a language to the label and holds at least ``en``. ``drivers``
    counts its documents by driver, ``weekly`` by week of the window; ``counter`` is praise about the same matter;
    ``emergence`` says why it is called emerging, None where it is not; ``place``: on the map, about -1..1;
    ``sub_driver``: a key, "" for none, and ``sub_names``, its name by language."""

    id: str
    labels: Mapping[str, str]
    driver: str
    side: str
    state: str
    documents: int
    customers: int | None
    quotes: tuple[Quote, ...]
    drivers: Mapping[str, int] = field(default_factory=dict)
    weekly: tuple[int, ...] = ()
    pinned: bool = False
    counter: Quote | None = None
    emergence: Emergence | None = None
    place: tuple[float, float] | None = None
    sub_driver: str = ""
    sub_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThemeTable:
    """All themes of the window ``start``..``end`` (ISO dates, None where unknown), the largest first;
    ``unassigned`` of ``units`` segments belong to none; ``weeks``: those of ThemeEntry.weekly."""

    themes: tuple[ThemeEntry, ...]
    units: int
    unassigned: int
    start: str | None
    end: str | None
    weeks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallBack:
    """A customer who states in this week that they leave; ``drivers`` are the complaints of the same document."""

    quote: Quote
    drivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaleFeed:
    """A source that stopped: ``last`` is the day of its last document (ISO), which usually come every ``weeks``."""

    name: str
    last: str
    weeks: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who was heard. ``documents`` counts everything ingested (duplicates left out), ``start`` and ``end`` are the
    first and last day with a document; the mappings count documents, the largest first. ``near_duplicates`` of them say
    almost the same as an earlier one, in so many ``families``. ``stale``: None where it is not known."""

    documents: int
    start: str | None
    end: str | None
    channels: Mapping[str, int]
    languages: Mapping[str, int]
    undated: int
    duplicates: int
    statuses: Mapping[str, int]
    sources: Mapping[str, int]
    week_documents: int
    week_channels: Mapping[str, int]
    week_languages: Mapping[str, int]
    near_duplicates: int = 0
    families: int = 0
    stale: tuple[StaleFeed, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rejects:
    """Rows that did not become documents, by reason."""

    count: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the first sentence says. ``series`` (a label; ``driver`` is its first part) is the surest signal, a new one
    before a known one (kinds moved, standing), or the complaint with the largest difference where there is none (kind
    steady), or the most frequent complaint where nothing is tested (whole, partial, few, short_baseline); shares are in
    0..1. ``tests`` series were tested, ``also`` are the labels of the other signals. ``since``: first week of the
    signal, ``p``, ``q``: of its test. ``baseline_weeks`` counts the weeks compared with."""

    kind: str
    driver: str | None = None
    direction: str | None = None
    share: float | None = None
    baseline: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    also: tuple[str, ...] = ()
    baseline_weeks: int = 0
    series: str | None = None
    since: str | None = None
    p: float | None = None
    q: float | None = None
    tests: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A change that passed its test, where it lies, and words of customers that show it."""

    where: Where
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Restated:
    """A count that the previous revision stated differently. ``series`` is a label or ``documents``; ``before`` and
    ``after`` are (k, n) for a label and (n, n) for ``documents``; None where that revision lacked the week."""

    week: str
    series: str
    before: tuple[int, int] | None
    after: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Restates:
    """What a later revision changes: the revision it replaces, the counts, and the names of the parts that differ."""

    revision: int
    parts: tuple[str, ...]
    figures: tuple[Restated, ...]


@dataclass(frozen=True, slots=True)
class ModelStep:
    """One series on the same documents: how many the old model found, the new one, and both."""

    series: str
    before: int
    after: int
    both: int


@dataclass(frozen=True, slots=True)
class ModelChange:
    """The model is another one than in the report before: ``before`` is its id. The steps count the ``documents`` (> 0)
    of ``weeks`` (none: of all time) that both models classified."""

    before: str
    weeks: tuple[str, ...]
    documents: int
    steps: tuple[ModelStep, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The report of ``week`` (``2026-W46`` or ``all``): see the module's text.

    ``weeks`` are in order, the last one is ``week`` itself; ``signals`` maps each label to up, down, none or untested;
    ``quotes`` maps each driver to words from this week's complaints. ``changes`` are the surest signals of the week,
    ``alarms`` those of the last 26 weeks, the latest first. ``errors`` maps each label whose shares are corrected to
    what is known of the classifier from before: found, missed, wrongly found, rightly left; ``corrections`` to how they
    are. ``model_change`` is there where the
    report before was of another model; ``by_hand`` counts the week's documents with labels that a person has set.
    ``segment``: (attribute, value) of the part of the feedback that it is about, empty for all; ``filling``: how full
    the week is, None where that is not known.
    """

    week: str
    as_of: str | None
    company: str | None
    model: str
    taxonomy: str
    drivers: tuple[DriverName, ...]
    leave_name: Mapping[str, str]
    weeks: tuple[WeekRow, ...]
    verdict: Verdict
    signals: Mapping[str, str]
    themes: ThemeTable
    quotes: Mapping[str, tuple[Quote, ...]]
    callbacks: tuple[CallBack, ...]
    coverage: Coverage
    rejects: Rejects
    revision: int
    restates: Restates | None
    changes: tuple[Change, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    errors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    loop: Loop | None = None
    model_change: ModelChange | None = None
    by_hand: int = 0
    segment: tuple[tuple[str, str], ...] = ()
    filling: Filling | None = None
    needs: NeedsAxis | None = None
    costs: Costs | None = None
    health: Health | None = None
    corrections: Mapping[str, Correction] = field(default_factory=dict)

    @property
    def current(self) -> WeekRow | None:
        """The row of the report's own week; None where there is not even an empty one."""
        return self.weeks[-1] if self.weeks and self.weeks[-1].week == self.week else None

    @property
    def labels(self) -> tuple[str, ...]:
        """All series of the report, in order: complaints, praises, leave."""
        keys = [d.key for d in self.drivers]
        return (*(f"{k}.{COMPLAINT}" for k in keys), *(f"{k}.{PRAISE}" for k in keys), LEAVE)

    def cell(self, label: str) -> Cell | None:
        """The cell of ``label`` in the report's week; None where either is missing."""
        row = self.current
        return row.cells.get(label) if row else None

    def trend(self, label: str) -> Trend | None:
        """What was tested of ``label`` in the report's week; None where nothing is compared."""
        row = self.current
        return row.trends.get(label) if row else None

    def alarm(self, label: str) -> Alarm | None:
        """The alarm of ``label`` that stands in the report's week; None where there is none."""
        return next((a for a in self.alarms if a.series == label and a.state in (NEW, STANDS)), None)
