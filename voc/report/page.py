"""What a page shows, in its order, as plain unescaped texts of one language; the layouts read this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voc.report.needs_view import NeedsView


@dataclass(frozen=True, slots=True)
class Strip:
    """Where the share, its interval and the baseline mean lie on a scale of 0..100 that all tiles have in common."""

    share: float
    low: float
    high: float
    mean: float | None
    title: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the first screen. ``change`` is empty where nothing is compared; ``signal`` as in the Report;
    ``range`` is the bare interval, ``interval`` says so in words."""

    label: str
    name: str
    share: str
    range: str
    interval: str
    of: str
    customers: str
    begins: str
    signal: str
    arrow: str
    change: str
    note: str
    extra: str
    strip: Strip | None


@dataclass(frozen=True, slots=True)
class Facets:
    """By what an entry can be filtered, as codes; None where an entry of its kind does not tell, so that a filter by it
    leaves the entry alone."""

    channel: str | None = None
    language: str | None = None
    product: str | None = None
    drivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A list of ``options`` (code, name) to filter by; ``key`` is c, l, p or d: channel, language, product, driver."""

    key: str
    name: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """A line of the first page, about the section with the id ``anchor``."""

    anchor: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A quote; ``source`` names channel, language and day, ``language`` is its BCP 47 tag, ``day`` an ISO date or
    empty."""

    text: str
    source: str
    id: str
    language: str
    facets: Facets = Facets()
    day: str = ""


@dataclass(frozen=True, slots=True)
class QuoteGroup:
    """The quotes of one driver."""

    key: str
    name: str
    quotes: tuple[QuoteView, ...]


@dataclass(frozen=True, slots=True)
class ThemeView:
    """A row of the theme table."""

    label: str
    driver: str
    key: str
    documents: str
    state: str
    quotes: tuple[QuoteView, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class CallBackView:
    """A row of the call-back list."""

    day: str
    channel: str
    reason: str
    quote: QuoteView
    case: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the loop section: what it says, its tables, and stories of two quotes each; ``numeric`` tables are set
    flush right."""

    key: str
    name: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    stories: tuple[QuoteGroup, ...] = ()
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts; ``numeric`` columns (all but the first) are set flush right. ``facets``: of each row, or none;
    ``sort``: text, num or empty for each column that can be sorted by what it shows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    facets: tuple[Facets, ...] = ()
    sort: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change that passed: what moved, how large it is, where it lies (one table an attribute), who says so."""

    label: str
    name: str
    signal: str
    arrow: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...]
    quotes: tuple[QuoteView, ...]


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """The numbers of one chart."""

    label: str
    name: str
    table: Table


@dataclass(frozen=True, slots=True)
class View:
    """All texts of the page, in its order."""

    language: str
    title: str
    company: str
    product: str
    heading: str
    days: str
    meta: tuple[str, ...]
    restated: tuple[str, ...]
    verdict_kind: str
    verdict: str
    details: tuple[str, ...]
    tiles: tuple[Tile, ...]
    tile_key: str
    changes: tuple[ChangeView, ...]
    alarms: Table | None
    alarms_note: str
    overview: Table | None
    weeks: tuple[SeriesTable, ...]
    weeks_note: str
    themes: tuple[ThemeView, ...]
    themes_note: str
    quotes: tuple[QuoteGroup, ...]
    callbacks: tuple[CallBackView, ...]
    callbacks_note: str
    loop: tuple[Block, ...]
    loop_note: str
    channels: Table
    languages: Table
    untested: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    made: str
    model_step: Table | None = None
    model_note: str = ""
    glance: tuple[Glance, ...] = ()
    numbers: Table | None = None
    filters: tuple[Filter, ...] = ()
    needs: NeedsView | None = None
    costs: Block | None = None
    health: Block | None = None
