"""The four costs: what a complaint says that the matter cost the customer beside its price.

Money, time, effort (of the mind: chasing, explaining again, worry) and physical (of the body: trips, standing, pain),
as Kotler counts what a customer gives for what they get (Marketing Management, "total customer cost": monetary, time,
psychological and energy cost). Found by the words of costs.toml and nothing else, so that every finding can be looked
up; what is said in other words is missed, so shares are lower bounds.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

COSTS: Final = ("money", "time", "effort", "physical")
_REACH: Final = 3  # words over which a negation reaches in English: "did not have to wait"
_REACH_HAN: Final = 4  # characters before a Chinese word that are searched for a negation
_CLAUSE_END: Final = re.compile(r"[.,;:!?，。；：！？、\n]|\b(?:but|and|because|so|until|then)\b")
_LATIN: Final = re.compile(r"[a-z0-9£$€]")  # what every English pattern holds
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Stated:
    """A cost and the words that state it, at ``start``..``end`` of the text as it was searched."""

    cost: str
    start: int
    end: int
    words: str


def costs_of(text: str) -> frozenset[str]:
    """The costs that ``text`` states (of COSTS); Chinese in simplified characters."""
    return frozenset(s.cost for s in stated(text))


def stated(text: str) -> Iterator[Stated]:
    """Every statement of a cost in ``text``, by cost, in no other order than that of the words' lists."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    plain = _hidden().sub(lambda match: "\u2400" * len(match[0]), plain)
    english, han = bool(_LATIN.search(plain)), not plain.isascii()
    for cost in COSTS:
        for pattern, negatable in _patterns(cost, english=english, han=han):
            for match in pattern.finditer(plain):
                if not (negatable and _negated(plain, match.start())):
                    yield Stated(cost, match.start(), match.end(), match[0])


def _negated(text: str, at: int) -> bool:
    """Whether a negation stands shortly before ``at`` in the same clause."""
    before = text[max(0, at - 60) : at]
    ends = [m.end() for m in _CLAUSE_END.finditer(before)]
    clause = before[ends[-1] :] if ends else before
    english, han = _negations()
    if any(word in english for word in clause.split()[-_REACH:]):
        return True
    near = clause[-_REACH_HAN:]
    return bool(_HAN.search(near)) and any(word in near for word in han)


@cache
def _patterns(cost: str, *, english: bool, han: bool) -> tuple[tuple[re.Pattern[str], bool], ...]:
    """The patterns of a cost that can be found in a text with English or with other than ASCII characters, and whether
    a negation before them takes them back."""
    lists = _words()[cost]
    return tuple(
        (_english(words) if language == "en" else re.compile("|".join(words)), kind == "negated")
        for kind in ("negated", "stated")
        for language, words in lists[kind].items()
        if (english if language == "en" else han)
    )


@cache
def _hidden() -> re.Pattern[str]:
    lists = _words()["hidden"]
    return re.compile(f"{_english(lists['en']).pattern}|{'|'.join(lists['zh'])}")


def _english(parts: Sequence[str]) -> re.Pattern[str]:
    """Whole words; a blank stands for any white space. At an end that is no letter nothing more is asked."""
    joined = "|".join(parts).replace(" ?", r"\s*").replace(" ", r"\s+")
    return re.compile(rf"(?<![a-z0-9])(?:{joined})(?![a-z])")


@cache
def _negations() -> tuple[frozenset[str], tuple[str, ...]]:
    negation = _words()["negation"]
    return frozenset(negation["en"].split()), tuple(negation["zh"].split())


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(resources.files("voc.loop").joinpath("costs.toml").read_text("utf-8"))
