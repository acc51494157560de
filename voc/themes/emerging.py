"""Which themes are emerging: more than before, in share and in count, with a stated false-alarm rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.results import ThemeUnit

Counts = NDArray[np.int64]

ALARM_RATE: Final = 0.005
"""Chance that a week in which nothing emerges calls any theme emerging, over all themes, words and spans (Bonferroni):
one theme in two hundred quiet weeks if nothing but chance moved them. Real ones move more, and themes are formed of the
very weeks that are tested: at 0.02 there were 1.1 in twenty (scripts/evaluate_themes.py, 2026-11-22, two corpora)."""
SOURCES: Final = 2  # of alarms: themes, and words (word_bursts.py); each has the same part of ALARM_RATE
SPANS: Final = (1, 2, 4)  # weeks, the last one included, that are scanned
MIN_BASELINE: Final = 4  # weeks before a span with anything heard
MIN_FOUND: Final = 5  # documents of a theme in a span
MIN_RATIO: Final = 2.0  # times what is expected


@dataclass(frozen=True, slots=True)
class Calendar:
    """The weeks of a window: ``heard`` maps each to its number of documents, oldest first (empty where nothing is
    dated); ``week_of``: the week of a day."""

    heard: Mapping[str, int] = field(default_factory=dict)
    week_of: Callable[[str | None], str | None] = lambda _: None

    def count(self, units: Iterable[ThemeUnit]) -> list[int]:
        """Documents of ``units`` by week."""
        found = Counter(week for _, week in {(u.key, self.week_of(u.day)) for u in units})
        return [found[week] for week in self.heard]

    def within(self, units: Iterable[ThemeUnit], weeks: int) -> list[ThemeUnit]:
        """The ``units`` of the last ``weeks`` weeks."""
        last = set(list(self.heard)[-weeks:])
        return [u for u in units if self.week_of(u.day) in last]


@dataclass(frozen=True, slots=True)
class Scan:
    """The span in which a theme stands out most: the last ``weeks`` weeks, ``found`` where ``expected`` were expected
    from ``baseline`` weeks. ``p``: the larger one of the tests on share and on count."""

    weeks: int
    found: int
    documents: int
    expected: float
    baseline: int
    p: float


def scan(counts: Mapping[str, Sequence[int]], heard: Sequence[int]) -> tuple[dict[str, Scan], int]:
    """The most telling span of each theme that is tested, and how many tests that took.

    ``counts``: documents of each theme by week, oldest first; ``heard``: documents of all, the same weeks; weeks in
    which nothing was heard are passed over. Tests are one-sided and conditional on the total (exact for two Poisson
    rates; Przyborowski and Wilenski 1940), over the spans of a scan (Naus 1965), with counts divided by their
    over-dispersion between the weeks before.
    """
    documents = np.asarray(heard, dtype=np.int64)
    table = {name: np.asarray(row, dtype=np.int64) for name, row in counts.items()}
    spans = [span for span in SPANS if np.count_nonzero(documents[: len(documents) - span]) >= MIN_BASELINE]
    if not table or not spans or not documents[-1]:
        return {}, 0
    phi = dispersion(np.stack(list(table.values())), documents)
    found = dict[str, Scan]()
    for name, row in table.items():
        scans = [scan_span(row, documents, span, phi) for span in spans]
        found[name] = min(scans, key=lambda s: (s.p, s.weeks))
    return found, len(table) * len(spans)


def emerges(found: Scan, tests: int, customers: int) -> bool:
    """Whether a scan stands out among ``tests``; ``customers``: those of the documents found (a document is one where
    the customer is unknown)."""
    enough = min(found.found, customers) >= MIN_FOUND and found.found >= MIN_RATIO * found.expected
    return enough and found.p <= limit(tests)


def limit(tests: int) -> float:
    """The p up to which one of ``tests`` of a source (themes, or words) passes."""
    return ALARM_RATE / SOURCES / max(tests, 1)


def scan_span(row: Counts, documents: Counts, span: int, phi: float) -> Scan:
    """The scan of one theme or word, ``row``: documents by week, in the last ``span`` weeks, with counts divided by
    ``phi``; see `scan`."""
    from scipy.special import betainc

    heard = documents > 0
    before, inside = heard.copy(), heard.copy()
    before[-span:], inside[:-span] = False, False
    k, k_before = int(row[inside].sum()), int(row[before].sum())
    n, n_before = int(documents[inside].sum()), int(documents[before].sum())
    shares = (n / (n + n_before), np.count_nonzero(inside) / np.count_nonzero(heard))
    # P(Binomial(total, share) >= k), which goes on between whole numbers.
    tails = [float(betainc(k / phi, k_before / phi + 1, share)) if k else 1.0 for share in shares]
    return Scan(span, k, n, k_before * n / n_before, int(np.count_nonzero(before)), max(tails))


def dispersion(table: Counts, documents: Counts) -> float:
    """Variance over mean of weekly counts (themes, weeks) around each theme's share, the last four weeks left out (they
    may hold what emerges) where enough remain; 1 where the counts vary no more than those of chance."""
    weeks = np.flatnonzero(documents > 0)
    early = weeks[weeks < len(documents) - max(SPANS)]
    weeks = early if len(early) >= MIN_BASELINE else weeks[:-1]
    rows, n = table[:, weeks].astype(np.float64), documents[weeks].astype(np.float64)
    expected = rows.sum(axis=1, keepdims=True) * n / n.sum()
    some = expected.mean(axis=1) >= 1.0
    if not some.any() or len(weeks) < 2:
        return 1.0
    deviations = (rows[some] - expected[some]) ** 2 / expected[some]
    return max(1.0, float(deviations.sum() / (some.sum() * (len(weeks) - 1))))
