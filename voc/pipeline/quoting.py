"""Words of a document for people: here text leaves the store. Which words stand for all that were said of a matter."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from voc.documents import Document
from voc.pipeline.context import Context
from voc.privacy import redact, shown_id
from voc.report import Quote
from voc.results import Evidence

# Documents of a label from which quotes are chosen: a uniform sample of the week. More changes no choice of three.
SAMPLE: Final = 120
_READABLE: Final = (24, 280)  # characters: shorter says too little, longer would be cut
_ALIKE: Final = 0.5  # share of common triples of characters from which two quotes say the same


def quote(context: Context, document: Document, start: int, end: int) -> Quote:
    """Words of a document, redacted."""
    day = context.day(document.time)
    return Quote(
        key=document.key,
        id=shown_id(document.id, document.key),
        text=redact(document.text[start:end]),
        channel=document.channel,
        language=document.language,
        day=day.isoformat() if day else None,
        product=redact(document.product or ""),
    )


def segment_quotes(context: Context, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Quote]:
    """The words of the segments ``wanted`` (document key, index), redacted; those that are gone are missing."""
    quotes = {}
    for detail in context.store.details(context.model, sorted({key for key, _ in wanted})):
        key = detail.prediction.key
        for segment in detail.segments:
            if (key, segment.index) in wanted:
                quotes[key, segment.index] = quote(context, detail.document, segment.start, segment.end)
    return quotes


@dataclass
class Sample:
    """Keeps the spans of at most ``SAMPLE`` documents, those with the smallest content keys: as these are digests, that
    is a uniform sample, whatever the order of adding."""

    rows: list[tuple[int, str, Evidence]] = field(default_factory=list)

    def add(self, key: str, evidence: Evidence) -> None:
        """Offers the strongest span of the document ``key`` (32 hex digits)."""
        row = (-int(key, 16), key, evidence)
        if len(self.rows) < SAMPLE:
            heapq.heappush(self.rows, row)
        elif row > self.rows[0]:
            heapq.heappushpop(self.rows, row)

    @property
    def keys(self) -> Iterable[str]:
        """The documents that are kept."""
        return (key for _, key, _ in self.rows)


@dataclass(frozen=True, slots=True)
class Words:
    """A span that may be quoted: ``stratum`` is who said it (channel, language), ``score`` (0..1) how surely it shows
    its label."""

    key: str
    text: str
    start: int
    end: int
    score: float
    stratum: tuple[str, str]


def words_of(sample: Sample, documents: dict[str, Document]) -> list[Words]:
    """The spans of ``sample`` with their texts."""
    found = []
    for _, key, e in sample.rows:
        d = documents[key]
        found.append(Words(key, d.text[e.start : e.end], e.start, e.end, e.score, (d.channel, d.language)))
    return found


def representative(words: Sequence[Words], count: int) -> list[Words]:
    """``count`` of ``words`` (fewer where there are fewer), in the order in which to show them; any order of ``words``
    gives the same.

    Channels and languages take turns in proportion to how often they speak (D'Hondt's method), so that two quotes are
    of the two largest groups where these are near in size. Within a group come first what can be read whole and the
    half that shows the matter more surely; beyond that the strongest words have no precedence: the key, a digest,
    decides. What says nearly the same as a quote before it comes last.
    """
    if not words:
        return []
    middle = median(w.score for w in words)
    shortest, longest = _READABLE

    def rank(w: Words) -> tuple[bool, bool, str]:
        return (not shortest <= len(w.text) <= longest, w.score < middle, w.key)

    groups: dict[tuple[str, str], list[Words]] = {}
    for w in sorted(words, key=rank):
        groups.setdefault(w.stratum, []).append(w)
    sizes, taken = {name: len(group) for name, group in groups.items()}, Counter[tuple[str, str]]()
    chosen: list[Words] = []
    repeated: list[Words] = []
    while len(chosen) < count and groups:
        name = min(groups, key=lambda n: (-sizes[n] / (taken[n] + 1), n))
        w = groups[name].pop(0)
        if not groups[name]:
            del groups[name]
        if any(_alike(w.text, other.text) for other in chosen):
            repeated.append(w)
            continue
        taken[name] += 1
        chosen.append(w)
    return [*chosen, *repeated][:count]


def _alike(one: str, other: str) -> bool:
    a, b = _triples(one), _triples(other)
    return len(a & b) >= _ALIKE * max(len(a | b), 1)


def _triples(text: str) -> set[str]:
    plain = "".join(text.casefold().split())
    return {plain[i : i + 3] for i in range(max(len(plain) - 2, 1))}
