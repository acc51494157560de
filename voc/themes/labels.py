"""Labels that a manager understands: the words that set a theme apart, without a language model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.themes.engine import Fitted
from voc.themes.tokens import (
    CHINESE,
    ENGLISH,
    NEGATIONS,
    OTHER,
    Term,
    chinese_of_english,
    english_of_chinese,
    to_traditional,
)

PHRASES: Final = 3
# Share of relevance in the choice of the next phrase; the rest is its distance to those chosen (MMR).
RELEVANCE: Final = 0.7
# A phrase of two words says more than one word and is rarer by nature.
PHRASE_BONUS: Final = 1.5
SHARED: Final = 2  # documents that a term stands in, at least
COMMON: Final = 0.06  # share of a theme's documents below which a term counts for less
_STEM: Final = 4  # letters at which two English words count as one: hang, hanging; clue, clueless
# Phrases that a translation may come from: what ranks lower is beside the point of the theme.
TRANSLATED: Final = 6
_POOL: Final = 40


@dataclass(frozen=True, slots=True)
class UnitTerms:
    """The terms of a unit and the group of its language (en, zh, other)."""

    group: str
    terms: tuple[Term, ...]

    def counted(self) -> list[str]:
        """What is counted: terms are kept apart by group, so that each language has its own words."""
        return [f"{self.group}:{term.key}" for term in self.terms]


class Labeller:
    """Labels for the topics of one fit. ``units`` in the order of the fit, ``documents`` the document of each."""

    def __init__(self, fitted: Fitted, units: Sequence[UnitTerms], documents: Sequence[str]) -> None:
        self._fitted = fitted
        self._units = units
        self._documents = documents
        self._column = {key: i for i, key in enumerate(fitted.columns)}
        self._in_all = self._document_counts(range(len(units)))
        self._total = len(set(documents))

    def labels(self, topic: int, fallback: Mapping[str, str]) -> dict[str, str]:
        """Label of ``topic`` for en, zh-Hans and zh-Hant.

        Where the documents of the theme share no word in a language, the words of the other stand in: those of
        customer service in translation, all of them as they are if none of them is known. Where they share none at
        all, ``fallback`` (language -> text, with at least en) does.
        """
        rows = np.flatnonzero(self._fitted.topics == topic)
        english, chinese, other = (self._phrases(topic, rows, group) for group in (ENGLISH, CHINESE, OTHER))
        in_english = _surfaces(english) or _translated(chinese, _to_english)
        in_chinese = _surfaces(chinese) or _translated(english, _to_chinese)
        spare = in_english or _surfaces(chinese) or _surfaces(other)
        if not spare:
            return {tag: fallback.get(tag, fallback["en"]) for tag in ("en", "zh-Hans", "zh-Hant")}
        simplified = "、".join(in_chinese or spare)
        return {"en": ", ".join(spare), "zh-Hans": simplified, "zh-Hant": to_traditional(simplified)}

    def _phrases(self, topic: int, rows: NDArray[np.int64], group: str) -> list[Term]:
        """Terms for a label, the most telling first: more than a label needs, for those that cannot be translated."""
        mine = [int(r) for r in rows if self._units[r].group == group]
        if not mine:
            return []
        holders = self._holders(mine)
        scores = self._scores(topic, mine, group, holders)
        spelt = _spelt(self._units[r].terms for r in mine)
        pool = sorted(scores, key=lambda key: (-scores[key], key))[:_POOL]
        chosen: list[Term] = []
        while pool:
            key = max(pool, key=lambda key: _marginal(key, [c.key for c in chosen], scores, holders))
            chosen.append(spelt[key])
            pool = [k for k in pool if not _overlap(spelt[k], spelt[key])]
        return chosen

    def _scores(
        self, topic: int, mine: Sequence[int], group: str, holders: Mapping[str, frozenset[str]]
    ) -> dict[str, float]:
        """Relevance of each term: c-TF-IDF, times how much more of the theme's documents than of the others hold it.

        A term of a single document says what one customer wrote, not what the theme is about.
        """
        row = self._fitted.weights[self._fitted.rows.index(topic)].toarray()[0]
        size = len({self._documents[r] for r in mine})
        others = max(self._total - size, 1)
        scores = {}
        for key, documents in holders.items():
            inside = len(documents) / size
            outside = (self._in_all[f"{group}:{key}"] - len(documents)) / others
            bonus = PHRASE_BONUS if " " in key or (group == CHINESE and len(key) > 2) else 1.0
            common = min(1.0, inside / COMMON)
            if len(documents) >= SHARED and inside > outside:
                weight = float(row[self._column[f"{group}:{key}"]])
                scores[key] = weight * (1 - outside / inside) * bonus * common
        return scores

    def _holders(self, rows: Iterable[int]) -> dict[str, frozenset[str]]:
        held = defaultdict[str, set[str]](set)
        for r in rows:
            for term in self._units[r].terms:
                held[term.key].add(self._documents[r])
        return {key: frozenset(documents) for key, documents in held.items()}

    def _document_counts(self, rows: Iterable[int]) -> Counter[str]:
        pairs = {(key, self._documents[r]) for r in rows for key in self._units[r].counted()}
        return Counter(key for key, _ in pairs)


def _marginal(
    key: str, chosen: Sequence[str], scores: Mapping[str, float], holders: Mapping[str, frozenset[str]]
) -> tuple[float, str]:
    """Maximal marginal relevance, likeness being the share of documents two terms have in common."""
    best = max(scores.values())
    near = max((len(holders[key] & holders[c]) / len(holders[key] | holders[c]) for c in chosen), default=0.0)
    return RELEVANCE * scores[key] / best - (1 - RELEVANCE) * near, key


def _overlap(one: Term, other: Term) -> bool:
    """Whether two phrases would say the same word twice: a common stem, or two Chinese characters in common."""
    return bool(_pieces(one) & _pieces(other))


def _pieces(term: Term) -> set[str]:
    pieces = set[str]()
    for word in term.words:
        if word.isascii():
            pieces.add(word[:_STEM])
        else:
            pieces |= {word[i : i + 2] for i in range(max(1, len(word) - 1))}
    return pieces


def _spelt(units: Iterable[Sequence[Term]]) -> dict[str, Term]:
    """Each key as it is written most often (the first by alphabet of equals)."""
    seen = defaultdict[str, Counter[Term]](Counter)
    for unit in units:
        for term in unit:
            seen[term.key][term] += 1
    return {key: min(forms, key=lambda term: (-forms[term], term.surface)) for key, forms in seen.items()}


def _surfaces(terms: Iterable[Term]) -> list[str]:
    return [term.surface for term in terms][:PHRASES]


def _translated(terms: Iterable[Term], translate: Callable[[Term], str | None]) -> list[str]:
    likely = list(terms)[:TRANSLATED]
    return list(dict.fromkeys(found for term in likely if (found := translate(term))))[:PHRASES]


def _to_chinese(term: Term) -> str | None:
    return _looked_up(chinese_of_english(), term.key, term.words)


def _to_english(term: Term) -> str | None:
    known = english_of_chinese()
    parts = [known.get(word) for word in term.words]
    joined = " ".join(part for part in parts if part) if all(parts) else None
    return joined if joined and len(parts) > 1 else _looked_up(known, term.key, term.words)


def _looked_up(known: Mapping[str, str], key: str, words: Sequence[str]) -> str | None:
    """The whole phrase, else the first of its words that is known: but never half of a negation."""
    if key in known:
        return known[key]
    return None if words[0] in NEGATIONS else next((known[word] for word in words if word in known), None)
