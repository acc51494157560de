"""Labels that a manager understands: the words that set a theme apart, without a language model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from voc.themes.dissatisfaction import tone
from voc.themes.distinct import PHRASES, Sayings, repeats
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
)

# Share of relevance in the choice of the next phrase; the rest is its distance to those chosen (MMR).
RELEVANCE: Final = 0.7
# From here to COMMON: first guesses, not swept; their labels were read on 1,500 reviews of telephone companies
# and 1,500 of hospitals, 2026-11-22.
# A phrase of two words says more than one word and is rarer by nature.
PHRASE_BONUS: Final = 1.5
SHARED: Final = 2  # documents of a theme that a term stands in, at least ...
COVERAGE: Final = 0.05  # ... and this share of them, in whatever language they say it
LIFT: Final = 1.5  # times the share of other documents: below, it is a word of every theme
KNOWN: Final = 1.5  # for words of customer service: each is a matter by itself, and known in both languages
CENTRAL: Final = 3  # units whose words may stand alone ...
USUAL: Final = 3  # ... where so many documents of the window use them ...
ALONE: Final = 0.3  # ... for so much of their weight
NO_NOUN: Final = 0.5  # for what nothing shows to be a noun: verbs and adjectives say too little by themselves
FULLER: Final = 0.25  # share of the documents with a word that say it in one phrase: below, the word stands alone
FEW: Final = 5  # documents added to a theme's size where themes are compared: a share of three says little
# Words of Latin letters that Chinese readers know; others stand in no Chinese label.
_FOREIGN: Final = frozenset(
    {"app", "wifi", "sim", "esim", "vip", "pdf", "email", "atm", "gps", "usb", "ok", "kpi", "qq"}
)
_NONE: Final = frozenset({"no", "without", "没", "无", "没有", "没人", "无人"})  # negations of things, not of deeds
COMMON: Final = 0.12  # share of a theme's documents below which a term counts for less
MINORITY: Final = 0.15  # share of a theme's units below which a language borrows its label
_STEM: Final = 4  # letters at which two English words count as one: hang, hanging; clue, clueless
# Phrases that a translation may come from: what ranks lower is beside the point of the theme.
TRANSLATED: Final = 6
_POOL: Final = 40
BESIDE: Final = 6  # words of any part of speech, for themes that phrases do not tell apart: a first guess, not swept


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
    of each. No label names the ``company`` or one of ``names`` (`tokens.proper_names`). ``nouns``: see
    `tokens.nounlike`."""

    def __init__(
        self,
        weights: Weights,
        units: Sequence[UnitTerms],
        documents: Sequence[str],
        company: str = "",
        nouns: Mapping[str, int] | None = None,
        names: Set[str] = frozenset(),
    ) -> None:
        self._weights = weights
        self._nouns = nouns or {}
        self._names = names | {
            word for tag in (ENGLISH, CHINESE) for term in terms(company, tag) for word in term.words
        }
        self._chinese_names = tuple(sorted(name for name in self._names if not name.isascii()))
        self._units = units
        self._documents = documents
        self._column = {key: i for i, key in enumerate(weights.columns)}
        pairs = {(key, document) for unit, document in zip(units, documents, strict=True) for key in unit.counted()}
        self._everywhere = Counter(key for key, _ in pairs)
        self._sizes = Counter(group for group, _ in {(u.group, d) for u, d in zip(units, documents, strict=True)})
        self._most: dict[str, list[tuple[float, int]]] = {}

    def compare(self, rows: Mapping[int, Sequence[int]]) -> None:
        """Tells the themes, ``rows`` by topic, apart from each other: what one says more than this one names that."""
        found = defaultdict[str, list[tuple[float, int]]](list)
        for topic, mine in rows.items():
            sizes = Counter(group for group, _ in {(self._units[r].group, self._documents[r]) for r in mine})
            said = Counter(key for key, _ in {(k, self._documents[r]) for r in mine for k in self._units[r].counted()})
            for key, n in said.items():
                found[key].append((n / (sizes[key.partition(":")[0]] + FEW), topic))
        self._most = {key: sorted(shares, reverse=True)[:2] for key, shares in found.items()}

    def sayings(
        self,
        topic: int,
        closest: Sequence[int],
        name: Mapping[str, str],
        driver: Iterable[str] = (),
        own: Mapping[str, str] | None = None,
    ) -> Sayings:
        """What a label of ``topic`` may be made of. ``closest``: its rows, the most central first; ``name`` (by
        language, with at least en) and ``own``: see `Sayings`; ``driver``: names that no phrase repeats.

        Where its documents share too few words in a language, those of the other stand in, in translation.
        """
        shared = self._shared(closest)
        (english, some, thing), (chinese, several, things), (other, rest, _) = (
            self._phrases(topic, closest, group, shared) for group in (ENGLISH, CHINESE, OTHER)
        )
        present = Counter(self._units[r].group for r in closest)
        to_english, to_chinese = _translated(chinese, _to_english), _translated(english, _to_chinese)
        phrases = {
            "en": _filled(english, to_english, present[ENGLISH] / len(closest)),
            "zh-Hans": _filled(chinese, to_chinese, present[CHINESE] / len(closest)),
        }
        names = list(driver)
        words = [t.surface for t in chinese or english or other if not repeats(t.surface, names)]
        return Sayings(
            {tag: [phrase for phrase in found if not repeats(phrase, names)] for tag, found in phrases.items()},
            {tag: [] if found else words for tag, found in phrases.items()},
            {"en": some or rest, "zh-Hans": several},
            name,
            own or {},
            thing | things,
        )

    def _phrases(
        self, topic: int, closest: Sequence[int], group: str, shared: Set[str]
    ) -> tuple[list[Term], list[str], Set[str]]:
        """Terms for a label, the most telling first: more than a label needs, for those that cannot be translated; what
        there is beside, of whatever part of speech; and the things that the first terms are about."""
        mine = [r for r in closest if self._units[r].group == group]
        if not mine:
            return [], [], frozenset()
        holders = self._holders(mine)
        scores = self._scores(topic, mine, holders, shared)
        spelt = _spelt(self._units[r].terms for r in mine)
        beside = [spelt[key].surface for key in sorted(scores, key=lambda key: (-scores[key], key))[:BESIDE]]
        scores = {key: score * _part_of_speech(spelt[key], group, self._nouns) for key, score in scores.items()}
        scores = {key: score for key, score in scores.items() if score > 0}
        pool = sorted(scores, key=lambda key: (-scores[key], key))[:_POOL]
        chosen: list[Term] = []
        while pool:
            key = max(pool, key=lambda key: _marginal(key, [c.key for c in chosen], scores, holders))
            apart = [spelt[k] for k in scores if not any(_overlap(spelt[k], c) for c in chosen)]
            fuller = _fuller(spelt[key], apart, holders)
            chosen.append(fuller)
            pool = [k for k in pool if not _overlap(spelt[k], spelt[key]) and not _overlap(spelt[k], fuller)]
        about = {key for term in chosen[:PHRASES] for key in _things(term, group, self._nouns) if key in scores}
        return chosen, beside, {concept(group, key) for key in about}

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
        scores, alone = dict[str, float](), dict[str, float]()
        for key, documents in holders.items():
            everywhere = self._everywhere[f"{group}:{key}"]
            inside, outside = len(documents) / size, (everywhere - len(documents)) / others
            foreign = group == CHINESE and key.isascii() and key not in _FOREIGN
            if foreign or inside <= LIFT * outside or self._is_name(key):
                continue
            phrase = " " in key or (group == CHINESE and len(key) > 2)
            factor = (PHRASE_BONUS if phrase else 1.0) * min(1.0, inside / COMMON) * self._own(f"{group}:{key}", topic)
            score = float(row[self._column[f"{group}:{key}"]]) * (1 - outside / inside) * factor
            if concept(group, key) in shared:
                scores[key] = score
            elif key in heart and everywhere >= USUAL:
                alone[key] = score
        return scores or alone

    def _own(self, counted: str, topic: int) -> float:
        """How far a term is this topic's own: 1 where no other theme says it more, less where one does."""
        shares = self._most.get(counted, [])
        mine = next((share for share, other in shares if other == topic), None)
        if mine is None:  # two others say it more
            return shares[1][0] / shares[0][0] * NO_NOUN if len(shares) > 1 else 1.0
        return mine / shares[0][0]

    def _is_name(self, key: str) -> bool:
        # A Chinese key is one run of characters; the words of an English one are told by blanks.
        return not self._names.isdisjoint(key.split()) or any(name in key for name in self._chinese_names)

    def _shared(self, rows: Iterable[int]) -> Set[str]:
        """What enough of the documents in ``rows`` say, in whatever language each says it."""
        rows = list(rows)
        least = max(SHARED, COVERAGE * len({self._documents[r] for r in rows}))
        held = defaultdict[str, set[str]](set)
        for r in rows:
            for term in self._units[r].terms:
                held[concept(self._units[r].group, term.key)].add(self._documents[r])
        return {said for said, documents in held.items() if len(documents) >= least}

    def _holders(self, rows: Iterable[int]) -> dict[str, frozenset[str]]:
        held = defaultdict[str, set[str]](set)
        for r in rows:
            for term in self._units[r].terms:
                held[term.key].add(self._documents[r])
        return {key: frozenset(documents) for key, documents in held.items()}


def _part_of_speech(term: Term, group: str, nouns: Mapping[str, int]) -> float:
    """How much like a noun phrase a term is, 0 for what is none. Words of customer service are, whatever their form;
    others where the last one is a noun: of Chinese as the dictionary says, of English where it stands as nouns do."""
    last = term.words[-1]
    known = chinese_of_english() if group != CHINESE else english_of_chinese()
    if term.key in known or term.key in _FOREIGN:
        return KNOWN
    if term.words[0] in NEGATIONS - _NONE:
        return 0.0
    if group == CHINESE:
        return 1.0 if chinese_dictionary().is_noun(last) else NO_NOUN if len(term.words) > 1 else 0.0
    form = len(term.surface) > 4 and term.surface.endswith(("ing", "ed", "ly"))
    seen = nouns.get(last, 0)
    return 0.0 if seen < 0 else NO_NOUN if form or (not seen and len(term.words) == 1) else 1.0


def _things(term: Term, group: str, nouns: Mapping[str, int]) -> Iterator[str]:
    """Keys of the things that a phrase names, which can be praised, too: the phrase itself and, of English, its last
    word, of Chinese, each word; where they are nouns and say nothing bad (`_part_of_speech` takes all words of customer
    service for nouns: rude)."""
    for key in dict.fromkeys((term.key, *(term.words[-1:] if group != CHINESE else term.words))):
        if group != CHINESE:
            noun = nouns.get(term.words[-1], 0) > 0 and term.words[0] not in NEGATIONS
        else:
            noun = len(key) > 1 and not key.startswith(tuple(NEGATIONS)) and chinese_dictionary().is_noun(key)
        if noun and not tone(key, group).strong:
            yield key


def _marginal(
    key: str, chosen: Sequence[str], scores: Mapping[str, float], holders: Mapping[str, frozenset[str]]
) -> tuple[float, str]:
    """Maximal marginal relevance, likeness being the share of documents two terms have in common."""
    best = max(scores.values())
    near = max((len(holders[key] & holders[c]) / len(holders[key] | holders[c]) for c in chosen), default=0.0)
    return RELEVANCE * scores[key] / best - (1 - RELEVANCE) * near, key


def _fuller(term: Term, others: Iterable[Term], holders: Mapping[str, frozenset[str]]) -> Term:
    """The phrase in which a word stands most often, where that is often enough: "cancellation fee" says more than
    "cancellation"."""
    if len(term.words) > 1:
        return term
    phrases = [other for other in others if len(other.words) > 1 and term.key in other.words]
    best = max(phrases, key=lambda other: (len(holders[other.key]), other.key), default=term)
    return best if len(holders[best.key]) >= FULLER * len(holders[term.key]) else term


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
    spoken = [(_as_noun(term), _pieces(term.words)) for term in own]
    lent = [(phrase, _pieces(phrase.split())) for phrase in borrowed]
    phrases, taken = list[str](), set[str]()
    for phrase, pieces in lent if lent and share < MINORITY else [*spoken, *lent]:
        if not pieces & taken:
            phrases.append(phrase)
            taken |= pieces
    return phrases


def _as_noun(term: Term) -> str:
    """What is shown: a verb's form of a word of customer service as the noun that it has there (booked: booking)."""
    known = chinese_of_english().get(term.key)
    return english_of_chinese()[known] if known and term.surface.endswith(("ing", "ed")) else term.surface


def _translated(terms: Sequence[Term], translate: Callable[[Term], str | None]) -> list[str]:
    return [found for term in terms[:TRANSLATED] if (found := translate(term))]


def _to_chinese(term: Term) -> str | None:
    return _looked_up(chinese_of_english(), term, "")


def _to_english(term: Term) -> str | None:
    return _looked_up(english_of_chinese(), term, " ")


def _looked_up(known: Mapping[str, str], term: Term, joint: str) -> str | None:
    """The whole phrase, else its words if all are known, else the last one, which says what it is: but never half of a
    negation."""
    if term.key in known:
        return known[term.key]
    parts = [known.get(word, word if word in _FOREIGN else None) for word in term.words]
    if term.words[0] in NEGATIONS:
        return None
    return joint.join(part for part in parts if part) if all(parts) else parts[-1]
