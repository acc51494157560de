"""Labels that a manager understands: the words that set a theme apart, without a language model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from voc.themes.engine import Weights
from voc.themes.tokens import (
    CHINESE,
    ENGLISH,
    NEGATIONS,
    OTHER,
    Term,
    chinese_dictionary,
    chinese_of_english,
    concept,
    english_of_chinese,
    terms,
    to_traditional,
)

PHRASES: Final = 3
# Share of relevance in the choice of the next phrase; the rest is its distance to those chosen (MMR).
RELEVANCE: Final = 0.7
# A phrase of two words says more than one word and is rarer by nature.
PHRASE_BONUS: Final = 1.5
SHARED: Final = 2  # documents of a theme that a term stands in, at least
CENTRAL: Final = 3  # units whose words may stand alone ...
USUAL: Final = 3  # ... where so many documents of the window use them ...
ALONE: Final = 0.3  # ... for so much of their weight
NO_NOUN: Final = 0.5  # for what is no noun: verbs and adjectives say too little by themselves
# Words of Latin letters that Chinese readers know; others stand in no Chinese label.
_FOREIGN: Final = frozenset(
    {"app", "wifi", "sim", "esim", "vip", "pdf", "email", "atm", "gps", "usb", "ok", "kpi", "qq"}
)
COMMON: Final = 0.12  # share of a theme's documents below which a term counts for less
MINORITY: Final = 0.15  # share of a theme's units below which a language borrows its label
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
    """Labels for topics. ``units`` in the order of the topics that ``weights`` were made of, ``documents`` the document
    of each. No label names the ``company``. ``nouns``: see `tokens.nounlike`."""

    def __init__(
        self,
        weights: Weights,
        units: Sequence[UnitTerms],
        documents: Sequence[str],
        company: str = "",
        nouns: Mapping[str, int] | None = None,
    ) -> None:
        self._weights = weights
        self._nouns = nouns or {}
        self._company = frozenset(
            word for tag in (ENGLISH, CHINESE) for term in terms(company, tag) for word in term.words
        )
        self._units = units
        self._documents = documents
        self._column = {key: i for i, key in enumerate(weights.columns)}
        pairs = {(key, document) for unit, document in zip(units, documents, strict=True) for key in unit.counted()}
        self._everywhere = Counter(key for key, _ in pairs)
        self._sizes = Counter(group for group, _ in {(u.group, d) for u, d in zip(units, documents, strict=True)})

    def labels(self, topic: int, closest: Sequence[int], fallback: Mapping[str, str]) -> dict[str, str]:
        """Label of ``topic`` for en, zh-Hans and zh-Hant. ``closest``: its rows, the most central first.

        Where its documents share too few words in a language, those of the other stand in: words of customer service
        in translation, and the words as they are where none of them is known. Where they share none at all,
        ``fallback`` (language -> text, with at least en) does.
        """
        shared = self._shared(closest)
        english, chinese, other = (self._phrases(topic, closest, g, shared) for g in (ENGLISH, CHINESE, OTHER))
        present = Counter(self._units[r].group for r in closest)
        to_english, to_chinese = _translated(chinese, _to_english), _translated(english, _to_chinese)
        in_english = _filled(english, to_english, present[ENGLISH] / len(closest))
        in_chinese = _filled(chinese, to_chinese, present[CHINESE] / len(closest))
        spare = in_english or [term.surface for term in (chinese or other)][:PHRASES]
        if not spare:
            return {tag: fallback.get(tag, fallback["en"]) for tag in ("en", "zh-Hans", "zh-Hant")}
        simplified = "、".join(in_chinese or spare)
        return {"en": ", ".join(spare), "zh-Hans": simplified, "zh-Hant": to_traditional(simplified)}

    def _phrases(self, topic: int, closest: Sequence[int], group: str, shared: Set[str]) -> list[Term]:
        """Terms for a label, the most telling first: more than a label needs, for those that cannot be translated."""
        mine = [r for r in closest if self._units[r].group == group]
        if not mine:
            return []
        holders = self._holders(mine)
        scores = self._scores(topic, mine, holders, shared)
        spelt = _spelt(self._units[r].terms for r in mine)
        scores = {key: score * _part_of_speech(spelt[key], group, self._nouns) for key, score in scores.items()}
        pool = sorted(scores, key=lambda key: (-scores[key], key))[:_POOL]
        chosen: list[Term] = []
        while pool:
            key = max(pool, key=lambda key: _marginal(key, [c.key for c in chosen], scores, holders))
            chosen.append(spelt[key])
            pool = [k for k in pool if not _overlap(spelt[k], spelt[key])]
        return chosen

    def _scores(
        self, topic: int, mine: Sequence[int], holders: Mapping[str, frozenset[str]], shared: Set[str]
    ) -> dict[str, float]:
        """Relevance of each term: c-TF-IDF, times how much more of the theme's documents than of the others hold it.

        A term that no other document of the theme shares says what one customer wrote; it counts, for little, where
        the unit is central and the word a usual one.
        """
        group = self._units[mine[0]].group
        row = self._weights.matrix[self._weights.rows.index(topic)].toarray()[0]
        size = len({self._documents[r] for r in mine})
        others = max(self._sizes[group] - size, 1)
        heart = {term.key for r in mine[:CENTRAL] for term in self._units[r].terms}
        scores = {}
        for key, documents in holders.items():
            everywhere = self._everywhere[f"{group}:{key}"]
            inside, outside = len(documents) / size, (everywhere - len(documents)) / others
            if group == CHINESE and key.isascii() and key not in _FOREIGN:
                continue
            alone = concept(group, key) not in shared
            if inside <= outside or (alone and (key not in heart or everywhere < USUAL)) or self._names(key):
                continue
            phrase = " " in key or (group == CHINESE and len(key) > 2)
            factor = (PHRASE_BONUS if phrase else 1.0) * (ALONE if alone else 1.0) * min(1.0, inside / COMMON)
            scores[key] = float(row[self._column[f"{group}:{key}"]]) * (1 - outside / inside) * factor
        return scores

    def _names(self, key: str) -> bool:
        # A Chinese key is one run of characters; the words of an English one are told by blanks.
        return any(name in (key.split() if name.isascii() else key) for name in self._company)

    def _shared(self, rows: Iterable[int]) -> Set[str]:
        """What at least two of the documents in ``rows`` say, in whatever language each says it."""
        held = defaultdict[str, set[str]](set)
        for r in rows:
            for term in self._units[r].terms:
                held[concept(self._units[r].group, term.key)].add(self._documents[r])
        return {said for said, documents in held.items() if len(documents) >= SHARED}

    def _holders(self, rows: Iterable[int]) -> dict[str, frozenset[str]]:
        held = defaultdict[str, set[str]](set)
        for r in rows:
            for term in self._units[r].terms:
                held[term.key].add(self._documents[r])
        return {key: frozenset(documents) for key, documents in held.items()}


def _part_of_speech(term: Term, group: str, nouns: Mapping[str, int]) -> float:
    """How much like a noun phrase a term is. A single English word counts for less where it looks like a verb's form or
    an adverb, or stands where verbs and adjectives do; a single Chinese one where the dictionary says so."""
    last = term.words[-1]
    if group == CHINESE:
        return 1.0 if len(term.words) > 1 or chinese_dictionary().is_noun(last) else NO_NOUN
    if len(term.words) > 1:
        return 1.0 if nouns.get(last, 0) >= 0 else NO_NOUN
    form = len(term.surface) > 4 and term.surface.endswith(("ing", "ed", "ly"))
    return NO_NOUN if form or nouns.get(last, 0) < 0 else 1.0


def _marginal(
    key: str, chosen: Sequence[str], scores: Mapping[str, float], holders: Mapping[str, frozenset[str]]
) -> tuple[float, str]:
    """Maximal marginal relevance, likeness being the share of documents two terms have in common."""
    best = max(scores.values())
    near = max((len(holders[key] & holders[c]) / len(holders[key] | holders[c]) for c in chosen), default=0.0)
    return RELEVANCE * scores[key] / best - (1 - RELEVANCE) * near, key


def _overlap(one: Term, other: Term) -> bool:
    """Whether two phrases would say the same word twice: a common stem, or two Chinese characters in common."""
    return bool(_pieces(one.words) & _pieces(other.words))


def _pieces(words: Iterable[str]) -> set[str]:
    pieces = set[str]()
    for word in words:
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


def _filled(own: Sequence[Term], borrowed: Sequence[str], share: float) -> list[str]:
    """The phrases of a language, filled up with translations; no word twice. Translations alone where the language
    has so small a ``share`` of the units that its few words would speak for all."""
    spoken = [(term.surface, _pieces(term.words)) for term in own]
    lent = [(phrase, _pieces(phrase.split())) for phrase in borrowed]
    phrases, taken = list[str](), set[str]()
    for phrase, pieces in lent if lent and share < MINORITY else [*spoken, *lent]:
        if len(phrases) < PHRASES and not pieces & taken:
            phrases.append(phrase)
            taken |= pieces
    return phrases


def _translated(terms: Sequence[Term], translate: Callable[[Term], str | None]) -> list[str]:
    return [found for term in terms[:TRANSLATED] if (found := translate(term))]


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
