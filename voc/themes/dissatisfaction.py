"""Dissatisfaction where no driver is: price, product, policy. There is no model of sentiment; words and ratings say it.

A text is dissatisfied where a word of dissatisfaction stands in it un-negated, or a word of satisfaction negated, and
no more words say the contrary. Where the writer rated low, two weaker words are enough. What that misses is not seen.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from voc.themes.tokens import CHINESE, ENGLISH, group_of, to_simplified

_REACH_ENGLISH: Final = 3  # words over which a negation reaches: "not at all good"
_REACH_CHINESE: Final = 1  # characters between a negation and the word: 不太好, 没有很好
_DEGREES: Final = "太很是怎么算大能够"
_TOKEN: Final = re.compile(r"[a-z]+(?:['-][a-z]+)*|[^\w\s]|\d+")
_STOP: Final = frozenset(".,;:!?")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
LOW: Final = 0.4
"""Place of a rating on its scale (0 lowest, 1 highest) up to which it is low: two stars of five are 0.25, three 0.5."""

WEAK: Final = 2  # weaker words that are enough where the rating is low


@dataclass(frozen=True, slots=True)
class Tone:
    """How many words of a text say dissatisfaction (``strong``, ``weak``) and satisfaction (``good``)."""

    strong: int
    weak: int
    good: int

    def dissatisfied(self, *, low: bool) -> bool:
        """Whether the text says dissatisfaction; ``low``: the writer rated low."""
        if self.strong > self.good:
            return True
        return low and self.strong + self.weak >= WEAK and self.strong >= self.good


def tone(text: str, language: str) -> Tone:
    """The tone of ``text``; of a language without a list, the words of English and Chinese in it."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    group = group_of(language)
    counts = dict.fromkeys(("strong", "weak", "good"), 0)
    found = list[str]()
    if group == CHINESE or _HAN.search(folded):
        found += _chinese(to_simplified(folded))
    if group == ENGLISH or not found:
        found += _english(folded)
    for kind in found:
        counts[kind] += 1
    return Tone(**counts)


def _english(text: str) -> Iterator[str]:
    words, prefixes = _english_words()
    negation = _lists()[ENGLISH]["negation"]
    tokens = _TOKEN.findall(text)
    last = -10  # where the last negation stood
    for at, word in enumerate(tokens):
        if word in _STOP or word == "but":
            last = -10
        pair = f"{word} {tokens[at + 1]}" if at + 1 < len(tokens) else ""
        kind = words.get(pair) or words.get(word) or next((k for p, k in prefixes if word.startswith(p)), None)
        negated = at - last <= _REACH_ENGLISH
        if kind:
            yield _turned(kind, negated=negated)
        if word in negation or word.endswith("n't"):
            last = at


def _chinese(text: str) -> Iterator[str]:
    kinds, negations, pattern = _chinese_words()
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - 4) : match.start()]
        gap = before[-_REACH_CHINESE:]
        apart = gap in _DEGREES and before[: -len(gap)].endswith(negations)
        negated = before.endswith(negations) or apart
        yield _turned(kinds[match.group()], negated=negated)


def _turned(kind: str, *, negated: bool) -> str:
    """What a word of ``kind`` says: negated satisfaction is dissatisfaction, and the other way round."""
    if not negated or kind == "weak":
        return kind
    return "strong" if kind == "good" else "good"


@cache
def _english_words() -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    """Kind of each word (or pair of words), and the kinds of beginnings."""
    words, prefixes = dict[str, str](), list[tuple[str, str]]()
    for kind in ("weak", "strong", "good"):
        for entry in _lists()[ENGLISH][kind]:
            word = entry.replace("_", " ")
            if word.endswith("*") and " " not in word:
                prefixes.append((word[:-1], kind))
            else:
                words[word.rstrip("*")] = kind
    return words, tuple(prefixes)


@cache
def _chinese_words() -> tuple[Mapping[str, str], tuple[str, ...], re.Pattern[str]]:
    """Kind of each word, the negations, and a pattern that finds the longest words first."""
    lists = _lists()[CHINESE]
    kinds = {word: kind for kind in ("weak", "strong", "good") for word in lists[kind]}
    longest = sorted(kinds, key=lambda word: (-len(word), word))
    return kinds, tuple(lists["negation"]), re.compile("|".join(map(re.escape, longest)))


@cache
def _lists() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    file = resources.files("voc.themes").joinpath("words", "dissatisfaction.toml")
    return {
        group: {kind: tuple(words.split()) for kind, words in lists.items()}
        for group, lists in tomllib.loads(file.read_text("utf-8")).items()
    }
