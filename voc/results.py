"""What the stages hand to one another: frozen dataclasses that import nothing of voc but documents.

A *label* is the name of one output of the classifier: ``<driver>.complaint``, ``<driver>.praise`` or ``leave``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from voc.documents import Segment

LEAVE = "leave"
OK, EMPTY, NO_CUSTOMER_TURNS, UNTESTED_LANGUAGE = "ok", "empty", "no_customer_turns", "untested_language"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span that shows a label; offsets are code points of the document's text; ``score`` is in 0..1."""

    label: str
    segment: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one model says of one document.

    ``probabilities``: one calibrated probability per label, in the order of the model's labels, always numbers.
    ``labels``: those at or over the tuned threshold. ``abstained``: labels too near their threshold to be sure of.
    ``evidence``: sorted by label order, then strongest first; at least one span for each of ``labels``.
    ``by_hand``: labels that a person has set, to be there or not; where ``labels`` has one that the model did not find,
    it and its span stand last. Probabilities are always the model's.
    """

    key: str
    model: str
    status: str
    probabilities: tuple[float, ...]
    labels: tuple[str, ...]
    abstained: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    by_hand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """One document after the one pass of the trunk.

    ``scores``: (n_segments, n_labels) float32 in 0..1; ``vectors``: (n_segments, dim) float32 of the encoder
    ``encoder``; both have a row for each of ``segments``.
    """

    prediction: Prediction
    segments: tuple[Segment, ...]
    scores: NDArray[np.float32]
    vectors: NDArray[np.float32]
    encoder: str


@dataclass(frozen=True, slots=True, eq=False)
class ThemeUnit:
    """A segment that themes are made of, with what they need to know of its document: it shows a driver (``side`` is
    complaint or praise), or dissatisfaction without one (``driver`` is "other"). ``day`` is a local ISO date."""

    key: str
    segment: int
    driver: str
    side: str
    language: str
    customer: str | None
    text: str
    vector: NDArray[np.float32]
    day: str | None = None
    channel: str = ""

    @property
    def ref(self) -> tuple[str, int]:
        """(document key, segment index): the identity of the unit."""
        return (self.key, self.segment)

    @property
    def who(self) -> str:
        """Who speaks; where the customer is unknown, a document is one customer."""
        return f"key {self.key}" if self.customer is None else f"customer {self.customer}"


OTHER = "other"
KNOWN, EMERGING = "known", "emerging"


@dataclass(frozen=True, slots=True)
class Emergence:
    """Why a theme is called emerging. ``found`` of the ``documents`` of the last ``weeks`` weeks, ``expected`` by the
    ``baseline`` weeks before. ``p``: the larger of the two tests' (on the share, on the count), to be held against
    ``limit``. ``customers`` of the ``found``, ``channels`` and ``languages`` they came in. ``first``: the first day of
    any member. ``cohesion``: mean cosine of the members to their middle; ``nearest``: the id of the most alike other
    theme, and ``likeness`` the cosine to it (None where there is none)."""

    weeks: int
    found: int
    documents: int
    expected: float
    baseline: int
    p: float
    limit: float
    customers: int
    channels: tuple[str, ...]
    languages: tuple[str, ...]
    first: str | None
    cohesion: float
    nearest: str | None
    likeness: float | None


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme is its member segments (those of the window here). ``labels`` maps a language (en, zh-Hans, zh-Hant) to
    the label; ``quotes`` are members, the most central first; ``state`` is new (all members are of the last week or
    two), emerging or known. ``drivers`` counts the documents of its members by driver; ``weekly`` counts documents by
    week of the window, in order; ``counter`` is a segment of praise about the same matter. ``place``: its middle on
    the map of themes, about -1..1. ``sub_driver``: the key of the sub-driver that it stands under, "" for none, and
    ``sub_names``, the name of that by language. ``nearest``: the id of the most alike other theme of its side and the
    cosine to it, None where there is no other."""

    id: str
    labels: Mapping[str, str]
    driver: str
    side: str
    state: str
    members: tuple[tuple[str, int], ...]
    documents: int
    customers: int | None
    quotes: tuple[tuple[str, int], ...]
    drivers: Mapping[str, int] = field(default_factory=dict)
    weekly: tuple[int, ...] = ()
    pinned: bool = False
    counter: tuple[str, int] | None = None
    place: tuple[float, float] | None = None
    emergence: Emergence | None = None
    sub_driver: str = ""
    sub_names: Mapping[str, str] = field(default_factory=dict)
    nearest: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class ThemeResult:
    """All themes of a window. ``units`` were looked at, ``unassigned`` of them belong to no theme that is shown.
    ``weeks``: the weeks of Theme.weekly; ``tests``: how many themes and spans were tested for emerging."""

    themes: tuple[Theme, ...]
    units: int
    unassigned: int
    weeks: tuple[str, ...] = ()
    tests: int = 0


@dataclass(frozen=True, slots=True)
class KnownTheme:
    """A theme of the registry. ``born``: an ISO day, "" where nothing is dated. ``state``: active, merged ``into``
    another, or retired: that one goes on taking its segments in, so that they form no new one, and is shown no more.
    ``names``: labels that people gave, by language. ``parent``: the theme that it was split from."""

    id: str
    driver: str
    side: str
    born: str
    state: str = "active"
    pinned: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    into: str | None = None


@dataclass(frozen=True, slots=True)
class ThemeEvent:
    """What happened to ``theme`` on ``day``. ``other``: the second theme of a merge (the one that goes on) or a split
    (the new one). ``moved``: the members that changed theme, (document key, segment). ``before``: the names that a
    rename replaced; of a birth or a nesting the sub-driver that it gave. ``undone``: by a later event;
    ``undoes``: the number of the event that this one undid."""

    number: int
    day: str
    kind: str
    theme: str
    other: str | None = None
    moved: tuple[tuple[str, int], ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    undone: bool = False
    undoes: int | None = None

    @property
    def involved(self) -> frozenset[str]:
        """The themes it is about."""
        return frozenset(t for t in (self.theme, self.other) if t is not None)


@dataclass(frozen=True, slots=True)
class KnownSegment:
    """A segment that themes are made of: what it shows, and its theme, None for none."""

    key: str
    segment: int
    driver: str
    side: str
    theme: str | None

    @property
    def ref(self) -> tuple[str, int]:
        """(document key, segment index)."""
        return (self.key, self.segment)


@dataclass(frozen=True, slots=True)
class DayCount:
    """One classified document as the trends see it. ``time`` is as in Document; ``heard`` is False where there was no
    customer's text to classify (status empty or no_customer_turns): it counts as a document, not in any share.
    ``probabilities``: of each label in the order of the taxonomy, () where nobody asked for them; ``by_hand``: labels
    that a person has set."""

    key: str
    time: str | None
    customer: str | None
    labels: frozenset[str]
    heard: bool = True
    channel: str = ""
    language: str = ""
    product: str = ""
    region: str = ""
    probabilities: tuple[float, ...] = ()
    by_hand: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cell:
    """One series in one week: ``k`` of ``n`` documents. ``raw_share`` is k / n, ``share`` is corrected for the
    classifier's error where its error rates are known, else the same; with its 95% interval in 0..1. ``change`` is the
    share minus its baseline (in -1..1). None where it cannot be estimated."""

    n: int
    k: int
    raw_share: float | None
    share: float | None
    low: float | None
    high: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class Correction:
    """How the counts of one label become shares: where the share ``counted`` of a stream was found, the share ``share``
    carries the label (0..1; 95% interval ``low`` to ``high``), judged by the probabilities of its ``documents`` and by
    ``audited`` ones that people labelled at random; and a difference of ``gap`` (0..1, ``least`` to ``most``) in
    counts is one of 1 in shares."""

    counted: float
    share: float
    low: float
    high: float
    gap: float
    least: float
    most: float
    documents: int
    audited: int


NO_SIGNAL = "none"
SHIFTS, DRIFTS = ("shift_up", "shift_down"), ("drift_up", "drift_down")
# Why a series was not tested in a week.
PARTIAL_WEEK, NOTHING_HEARD, FEW_WEEKS, FEW_DOCUMENTS = "partial", "empty", "few_weeks", "few_documents"


@dataclass(frozen=True, slots=True)
class Trend:
    """What is said of one series in one week, against the ``weeks`` weeks before it.

    ``baseline``: their mean, on the scale of Cell.share, and ``raw_baseline`` on that of the counts; ``low`` and
    ``high``: between them, on the former scale, 99% of weeks lie that are like those before. ``begins``: the first week
    of a baseline that is counted anew since a confirmed shift. ``p``, ``q``, ``signal``: of the test (raw counts),
    None and "none" where ``reason`` says why there was none. ``customers``: known ones that carry the label. ``like``:
    the weeks compared with, for the last row alone. A signal is on the side of the week's own share. ``mix``: the part
    of the change that comes from who was heard (channels, languages, products), on the scale of Cell.share; ``low`` and
    ``high`` lie around ``baseline`` and ``mix``, and the test is of what is left. ``season``: what the time of year
    added to the mean of the weeks before, which ``baseline`` holds; None where less than a year was known.
    """

    baseline: float | None
    raw_baseline: float | None
    low: float | None
    high: float | None
    weeks: int
    begins: str | None
    p: float | None
    q: float | None
    signal: str
    reason: str | None
    customers: int | None
    like: tuple[str, ...] = ()
    mix: float | None = None
    season: float | None = None


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One ISO week (or "all"): ``cells`` maps each label to its cell; ``customers`` counts distinct known customers,
    None where no document of the week names one; ``baseline`` counts the weeks the changes refer to, at most;
    ``trends`` maps each label to what was tested; ``corrections``, of the last row alone, how the shares of all rows
    were corrected, by label."""

    week: str
    documents: int
    customers: int | None
    partial: bool
    baseline: int
    cells: Mapping[str, Cell] = field(default_factory=dict)
    trends: Mapping[str, Trend] = field(default_factory=dict)
    corrections: Mapping[str, Correction] = field(default_factory=dict)

    @property
    def tests(self) -> int:
        """How many series were tested in this week."""
        return sum(t.p is not None for t in self.trends.values())


NEW, STANDS, STOOD, FADED, WITHDRAWN = "new", "stands", "stood", "faded", "withdrawn"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A signal from its first week ``since`` to its last one ``last`` (``weeks`` of them have it), told once as new.

    ``signal``: what it was at first; ``state``: new, stands, stood (confirmed: ``begins`` is the first week of the new
    baseline), faded, or withdrawn (told by an earlier report, but the counts as restated do not give it). ``share``,
    ``baseline``, ``p``, ``q``: of its first week.
    """

    series: str
    signal: str
    since: str
    last: str
    weeks: int
    state: str
    share: float | None
    baseline: float | None
    p: float | None
    q: float | None
    begins: str | None = None

    @property
    def up(self) -> bool:
        """Whether the share rose."""
        return self.signal.endswith("_up")


@dataclass(frozen=True, slots=True)
class Part:
    """Documents with ``value`` of an ``attribute`` (channel, language, product, region): ``k`` of ``n`` in the weeks of
    a change, ``change`` in -1..1 against the weeks before, ``customers`` known ones among the k. What fewer than five
    documents stand behind is None."""

    attribute: str
    value: str
    n: int
    k: int | None
    change: float | None
    customers: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """Where a change lies: in ``weeks`` against the weeks of its baseline. ``change`` is the raw difference on the
    scale of Cell.share, ``mix`` the part of it that comes from who was heard (channels and languages, by direct
    standardisation to the baseline's), ``more`` the documents beyond what the baseline would give, ``customers`` the
    known ones that carry the label."""

    series: str
    weeks: tuple[str, ...]
    n: int
    k: int
    change: float
    mix: float
    more: float
    customers: int | None
    parts: tuple[Part, ...]
