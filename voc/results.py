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
    """

    key: str
    model: str
    status: str
    probabilities: tuple[float, ...]
    labels: tuple[str, ...]
    abstained: tuple[str, ...]
    evidence: tuple[Evidence, ...]


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
    """A segment that shows a driver, with what themes need to know of its document."""

    key: str
    segment: int
    driver: str
    side: str
    language: str
    customer: str | None
    text: str
    vector: NDArray[np.float32]

    @property
    def ref(self) -> tuple[str, int]:
        """(document key, segment index): the identity of the unit."""
        return (self.key, self.segment)


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme is its member segments. ``labels`` maps a language (en, zh-Hans) to the label; ``quotes`` are members,
    the most central first; ``state`` is one of new, known (more come with the lineage)."""

    id: str
    labels: Mapping[str, str]
    driver: str
    side: str
    state: str
    members: tuple[tuple[str, int], ...]
    documents: int
    customers: int | None
    quotes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ThemeResult:
    """All themes of a window. ``units`` were looked at, ``unassigned`` of them belong to no theme."""

    themes: tuple[Theme, ...]
    units: int
    unassigned: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """One classified document as the trends see it. ``time`` is as in Document; ``heard`` is False where there was no
    customer's text to classify (status empty or no_customer_turns): it counts as a document, not in any share."""

    key: str
    time: str | None
    customer: str | None
    labels: frozenset[str]
    heard: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """One series in one week: ``k`` of ``n`` documents. Shares and the interval are in 0..1, ``change`` is the share
    minus the mean share of the baseline weeks (in -1..1); None where it cannot be estimated."""

    n: int
    k: int
    raw_share: float | None
    share: float | None
    low: float | None
    high: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One ISO week (or "all"): ``cells`` maps each label to its cell; ``customers`` counts distinct known customers,
    None where no document of the week names one; ``baseline`` counts the weeks the changes refer to."""

    week: str
    documents: int
    customers: int | None
    partial: bool
    baseline: int
    cells: Mapping[str, Cell] = field(default_factory=dict)
