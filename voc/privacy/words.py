"""The word lists behind names and addresses; read at first use. Where they come from: data/README.md."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final, NamedTuple

# Of first names: rarer ones (Tijuana, Adria) are as often places and firms, and need the words around them.
_SURE: Final = 2800
_FREQUENT: Final = 1500  # of family names: these follow a first name even where they are words ("Mark Brown")


class English(NamedTuple):
    """Lower-case words: first names; those of them that are no other word; family names that are no other word; all
    family names; the frequent ones; ordinary words; places and brands; first names that are words and become names by a
    family name; first names that are never names by themselves."""

    first: frozenset[str]
    sure: frozenset[str]
    last: frozenset[str]
    every_last: frozenset[str]
    frequent: frozenset[str]
    words: frozenset[str]
    others: frozenset[str]
    personal: frozenset[str]
    never: frozenset[str]


class Chinese(NamedTuple):
    """Simplified characters: what family and given names cost (natural logs, below zero), and words with theirs."""

    families: dict[str, float]
    given: dict[str, float]
    words: dict[str, float]


@cache
def english() -> English:
    """The English lists."""
    words, others = frozenset(_lines("en_words.txt")), frozenset(_lines("en_not_names.txt"))
    by_share, more = _lines("en_first_census.txt"), _lines("en_first_more.txt")
    first = frozenset(by_share) | frozenset(more)
    sure = frozenset(n for n in (*by_share[:_SURE], *more) if n not in words and n not in others and len(n) > 2)
    by_rank = _lines("en_last_census.txt")
    last, frequent = frozenset(by_rank), frozenset(by_rank[:_FREQUENT])
    personal, never = frozenset(_lines("en_personal.txt")), frozenset(_lines("en_never.txt"))
    return English(first, sure, last - words, last, frequent, words, others, personal, never)


# Set by hand on the annotated sample and on four draws of redactions from twelve real corpora, 2026-11-22
# (scripts/evaluate_redaction.py sample, draw).
_COMMON, _RARE, _ALSO_A_WORD = -2.0, -3.5, -11.0
_SELDOM, _EVERYDAY = -1.5, -3.5


@cache
def chinese() -> Chinese:
    """The Chinese lists; the words are those of jieba's dictionary, of which only the file is used."""
    import math

    common, rare, also, double = (line.split() for line in _lines("zh_surnames.txt"))
    families = dict.fromkeys(also[0], _ALSO_A_WORD) | dict.fromkeys(rare[0], _RARE) | dict.fromkeys(common[0], _COMMON)
    families |= dict.fromkeys(double, _COMMON)
    seldom, everyday = _lines("zh_given.txt")
    given = dict.fromkeys(everyday, _EVERYDAY) | dict.fromkeys(seldom, _SELDOM)
    counts: dict[str, int] = {}
    total = 0
    for line in resources.files("jieba").joinpath("dict.txt").read_text("utf-8").splitlines():
        word, count, tag = line.split(" ")
        total += int(count)
        if len(word) <= 6 and not (tag.startswith("nr") and _is_name(word, families, given)):
            counts[word] = int(count)
    scale = math.log(total)
    return Chinese(families, given, {word: math.log(count or 1) - scale for word, count in counts.items()})


def _is_name(word: str, families: dict[str, float], given: dict[str, float]) -> bool:
    """Whether a word that the dictionary calls a name is built like one (it calls 明白 and 文明 so, too)."""
    family = families.get(word[0], _ALSO_A_WORD)
    if len(word) == 2:  # 温馨, 岳阳 and 安宁 are called names, too
        return family == _COMMON and given.get(word[1]) == _SELDOM
    return len(word) == 3 and family != _ALSO_A_WORD and all(char in given for char in word[1:])


def _lines(name: str) -> list[str]:
    text = resources.files("voc.privacy").joinpath("data").joinpath(name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
