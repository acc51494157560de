"""Words that are suddenly said by many: what begins inside a theme that is said every week, and hides there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from voc.results import ThemeUnit
from voc.taxonomy import COMPLAINT
from voc.themes.cluster import MIN_COSINE
from voc.themes.emerging import (
    ALARM_RATE,
    MIN_BASELINE,
    MIN_FOUND,
    Calendar,
    Counts,
    Scan,
    dispersion,
    limit,
    scan_span,
)
from voc.themes.lineage import Ref
from voc.themes.tokens import group_of, terms
from voc.themes.vectors import Matrix, unit_rows

SPANS: Final = (1, 2)  # weeks, the last one included, that are scanned
MIN_RATIO: Final = 3.0  # times what is expected: words vary more than themes
OVERLAP: Final = 0.5  # of a word's recent documents that are a group's, too
FAR_BELOW: Final = 0.01  # of the limit: a p up to which one word alone is enough


@dataclass(frozen=True, slots=True)
class Burst:
    """``terms`` that are said far more than before, the most telling first; ``units``: the recent ones that say any,
    in order; ``found``: their scan, with the p of the first term where that is larger; ``tests``: what it took."""

    terms: tuple[str, ...]
    units: tuple[Ref, ...]
    found: Scan
    tests: int


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """A term that is said more than before: its scan, and rows of the units that say it, all and the recent ones."""

    key: str
    words: frozenset[str]
    found: Scan
    said: tuple[int, ...]
    recent: tuple[int, ...]


def word_bursts(units: Sequence[ThemeUnit], vectors: Matrix, calendar: Calendar) -> tuple[Burst, ...]:
    """The bursts among the complaints of ``units``, whose places in the window's space are ``vectors`` (n, axes).

    A term is tested as a theme is (`emerging.scan_span`), a customer counts once a week, and the limit is divided by
    all terms that are said often enough to be found and all spans, whenever they are said: which terms are frequent of
    late is the question, so it chooses no tests. A term below it starts a group; terms below the limit of a single
    test join it where they are said in the same documents, or in another language of alike matters. The first alone
    decides on the rate of false alarms. None where nothing is dated; blind to the order of units.
    """
    heard = np.array(list(calendar.heard.values()), dtype=np.int64)
    spans = [span for span in SPANS if np.count_nonzero(heard[: len(heard) - span]) >= MIN_BASELINE]
    if not spans or not heard[-1]:
        return ()
    order = sorted(range(len(units)), key=lambda at: (units[at].ref, units[at].driver, units[at].side))
    units, vectors = [units[at] for at in order], vectors[order]
    risen, tests = _risen(units, calendar, heard, spans)
    places = _Places(units, vectors)
    found, taken = list[Burst](), set[str]()
    for seed in risen:
        if seed.key in taken or seed.found.p > limit(tests):
            continue
        group = _grown(seed, [term for term in risen if term.key not in taken], places)
        taken |= {term.key for term in group}
        alone = all(term is seed or term.words & seed.words for term in group)
        burst = _burst(group, units, calendar, heard, tests)
        if burst is not None and (not alone or seed.found.p <= FAR_BELOW * limit(tests)):
            found.append(burst)
    return tuple(found)


def _risen(
    units: Sequence[ThemeUnit], calendar: Calendar, heard: Counts, spans: Sequence[int]
) -> tuple[list[_Term], int]:
    """Terms that pass the limit of a single test, the most telling first; and the number of tests."""
    weeks = [calendar.week_of(u.day) for u in units]
    said: dict[str, list[int]] = {}
    words: dict[str, frozenset[str]] = {}
    for row, unit in enumerate(units):
        if unit.side == COMPLAINT and weeks[row] in calendar.heard:
            for term in terms(unit.text, unit.language):
                words.setdefault(term.key, frozenset(term.words))
                if not (rows := said.setdefault(term.key, [])) or rows[-1] != row:
                    rows.append(row)
    frequent = sorted(key for key, rows in said.items() if len(rows) >= MIN_FOUND)  # most are said once
    counts = {key: _weekly([units[row] for row in said[key]], calendar) for key in frequent}
    counts = {key: weekly for key, weekly in counts.items() if sum(weekly) >= MIN_FOUND}
    if not counts:
        return [], 0
    phi, risen = dispersion(np.array(list(counts.values()), dtype=np.int64), heard), list[_Term]()
    for key, weekly in counts.items():
        scans = [scan_span(np.array(weekly, dtype=np.int64), heard, span, phi) for span in spans]
        best = min(scans, key=lambda s: (s.p, s.weeks))
        late = set(list(calendar.heard)[-best.weeks :])
        recent = tuple(at for at in said[key] if weeks[at] in late)
        if _stands_out(best, [units[at] for at in recent]) and best.p <= ALARM_RATE:
            risen.append(_Term(key, words[key], best, tuple(said[key]), recent))
    return sorted(risen, key=lambda term: (term.found.p, term.key)), len(counts) * len(spans)


def _weekly(units: Iterable[ThemeUnit], calendar: Calendar) -> list[int]:
    """Customers of ``units`` by week: a document each where the customer is unknown."""
    found = Counter(week for _, week in {(u.who, calendar.week_of(u.day)) for u in units})
    return [found[week] for week in calendar.heard]


def _stands_out(found: Scan, recent: Sequence[ThemeUnit]) -> bool:
    people, documents = len({u.who for u in recent}), len({u.key for u in recent})
    return min(people, documents, found.found) >= MIN_FOUND and found.found >= MIN_RATIO * found.expected


class _Places:
    """Documents, languages and places of units."""

    def __init__(self, units: Sequence[ThemeUnit], vectors: Matrix) -> None:
        self.units, self.vectors = units, vectors

    def documents(self, rows: Iterable[int]) -> set[str]:
        """Keys of the documents of ``rows``."""
        return {self.units[row].key for row in rows}

    def linked(self, term: _Term, rows: set[int]) -> bool:
        """Whether a term is said in the documents of ``rows``, or of alike matters in another language."""
        own, others = self.documents(term.recent), self.documents(rows)
        if len(own & others) >= OVERLAP * len(own):
            return True
        apart = {group_of(self.units[row].language) for row in term.recent}.isdisjoint(
            group_of(self.units[row].language) for row in rows
        )
        return apart and float(self._middle(term.recent) @ self._middle(sorted(rows))) >= MIN_COSINE

    def _middle(self, rows: Sequence[int]) -> Matrix:
        middle: Matrix = unit_rows(self.vectors[list(rows)].mean(axis=0, dtype=np.float64)[None])[0]
        return middle


def _grown(seed: _Term, risen: Sequence[_Term], places: _Places) -> list[_Term]:
    """``seed`` and the terms that are linked to it, directly or by others, the most telling first."""
    group, rows, before = {seed.key}, set(seed.recent), 0
    while before < len(group):
        before = len(group)
        for term in risen:
            if term.key not in group and places.linked(term, rows):
                group.add(term.key)
                rows |= set(term.recent)
    return [seed, *(term for term in risen if term.key in group and term is not seed)]


def _burst(
    group: Sequence[_Term],
    units: Sequence[ThemeUnit],
    calendar: Calendar,
    heard: Counts,
    tests: int,
) -> Burst | None:
    """What the terms come to together, over the longest of their spans; None where that does not stand out."""
    weeks = max(term.found.weeks for term in group)
    said = [units[row] for row in sorted({row for term in group for row in term.said})]
    found = scan_span(np.array(_weekly(said, calendar), dtype=np.int64), heard, weeks, 1.0)
    p = max(found.p, group[0].found.p)
    recent = calendar.within(said, weeks)
    if p > limit(tests) or not _stands_out(found, recent):
        return None
    told = Scan(weeks, found.found, found.documents, found.expected, found.baseline, p)
    return Burst(tuple(term.key for term in group), tuple(sorted(u.ref for u in recent)), told, tests)
