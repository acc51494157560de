"""One label for each theme: of what could be said of it, the first that says it of no other theme of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import count
from typing import Final

from voc.themes.tokens import to_traditional

PHRASES: Final = 3
LANGUAGES: Final = ("en", "zh-Hans")  # the third, zh-Hant, is the second in traditional script
_JOINTS: Final = {"en": ", ", "zh-Hans": "、"}
_BRACKETS: Final = {"en": "{} ({})", "zh-Hans": "{}（{}）"}
# The beginning of a word that its other forms share (incompetence, incompetent): first guesses, not swept.
_BEGINNING: Final = 6  # letters, at least ...
_BEGINNING_SHARE: Final = 2 / 3  # ... and this share of them


@dataclass(frozen=True, slots=True)
class Sayings:
    """What a label of a theme may be made of, by language (en, zh-Hans), each list the most telling first: ``phrases``
    that say what it is about; ``words`` as its customers wrote them, for where there is no phrase; and any other
    ``rest``. ``name``: what it is filed under (a sub-driver, a driver); ``own``: what it is called already, by hand.
    ``things``: what the first phrases are about, as `tokens.concept` has it."""

    phrases: Mapping[str, Sequence[str]]
    words: Mapping[str, Sequence[str]]
    rest: Mapping[str, Sequence[str]]
    name: Mapping[str, str]
    own: Mapping[str, str]
    things: Set[str] = frozenset()


def distinct(themes: Mapping[str, Sayings]) -> dict[str, dict[str, str]]:
    """Theme -> label for en, zh-Hans and zh-Hant; no two are equal in a language or script, not in another order of the
    words either. The first of ``themes`` has the first choice; names given by hand are nobody else's, and stay as they
    are even where two are equal."""
    labels: dict[str, dict[str, str]] = {identity: {} for identity in themes}
    for tag in LANGUAGES:
        taken = {_said([said.own[tag]], tag) for said in themes.values() if tag in said.own}
        for identity, said in themes.items():
            if tag in said.own:
                continue
            parts = next(parts for parts in _choices(said, tag) if _said(parts, tag) not in taken)
            taken.add(_said(parts, tag))
            labels[identity][tag] = _JOINTS[tag].join(parts)
    for identity, found in labels.items():
        found.update(themes[identity].own)
        found.setdefault("zh-Hant", to_traditional(found["zh-Hans"]))
    return labels


def _said(parts: Iterable[str], tag: str) -> frozenset[str]:
    """What two labels must not share. Two Chinese words may be one in the other script (质量 and 品质: 品質)."""
    said = (part.casefold() for text in parts for part in text.split(_JOINTS[tag]))
    return frozenset(said if tag == "en" else map(to_traditional, said))


def _choices(said: Sayings, tag: str) -> Iterator[Sequence[str]]:
    """Labels as their parts, the best first: the phrases, then with another last one, then the name with words."""
    phrases = said.phrases[tag]
    if phrases:
        yield phrases[:PHRASES]
        yield from ([*phrases[: PHRASES - 1], other] for other in phrases[PHRASES:])
    name = said.name.get(tag, said.name["en"])
    words = list(phrases or said.words[tag])
    yield [_named(name, words[:PHRASES], tag)]
    more = [word for word in said.rest[tag] if word not in words]
    yield from ([_named(name, [*words[: PHRASES - 1], word], tag)] for word in more)
    yield from ([_named(name, [str(number)], tag)] for number in count(2))


def _named(name: str, words: Sequence[str], tag: str) -> str:
    return _BRACKETS[tag].format(name, _JOINTS[tag].join(words)) if words else name


def repeats(phrase: str, names: Iterable[str]) -> bool:
    """Whether ``phrase`` only says again what its driver is called: a form of a long word of one of ``names``, words of
    one, or a part of a Chinese one."""
    words = phrase.casefold().split()
    for name in names:
        called = name.casefold().split()
        if not name.isascii():
            if name in phrase or phrase in name:
                return True
        elif set(words) <= set(called):
            return True
        else:
            starts = tuple(w[: max(_BEGINNING, int(len(w) * _BEGINNING_SHARE))] for w in called if len(w) > _BEGINNING)
            if starts and any(word.startswith(starts) for word in words):
                return True
    return False
