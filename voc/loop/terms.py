"""Words that name a matter, and what of an answer is more than courtesy."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

LEAST_COLUMNS: Final = 60
"""Columns (a CJK character takes two) below which an answer is not compared: "Your refund is on its way." is said to
many for good reason. The shortest stock paragraph of the sample company is 96 columns wide (2026-11)."""

_STEM: Final = 6  # letters: activation and activate, charge and charged are one word
_SHORTEST: Final = 3
_WIDE: Final = "\u2e80"
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d{3,}")
_HAN: Final = re.compile(r"[\u3400-\u9fff]{2,}")
_SENTENCE_END: Final = re.compile(r"(?<=[。！？!?])|\n+|(?<=\.)\s+")


def terms(text: str) -> frozenset[str]:
    """What ``text`` may be about: words of an alphabet cut to six letters, numbers of three digits and more, pairs of
    Chinese characters; words that name nothing are left out."""
    plain = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    words, characters = _stop()
    found = set[str]()
    for whole in set(_WORD.findall(plain)):
        if whole[0] >= _WIDE:
            continue
        word = whole.partition("'")[0].partition("’")[0]
        if len(word) >= _SHORTEST and word not in words:
            found.add(word if word[0].isdigit() else word[:_STEM])
    for run in () if plain.isascii() else _HAN.findall(plain):
        found.update(a + b for a, b in pairwise(run) if a not in characters and b not in characters)
    return frozenset(found)


def substance(text: str) -> str:
    """The sentences of ``text`` that are no greeting, question back, or leave-taking, joined by spaces."""
    kept = []
    for sentence in map(str.strip, _SENTENCE_END.split(text)):
        if sentence and not sentence.endswith(("?", "？")) and not _courtesy().search(sentence):
            kept.append(sentence)
    return " ".join(kept)


def columns(text: str) -> int:
    """Width of ``text``: a CJK character takes two columns."""
    return len(text) if text.isascii() else sum(2 if char >= _WIDE else 1 for char in text)


@cache
def _stop() -> tuple[frozenset[str], frozenset[str]]:
    stop = _words()["stop"]
    return frozenset(stop["words"].split()), frozenset(stop["characters"])


@cache
def _courtesy() -> re.Pattern[str]:
    patterns = _words()["courtesy"]
    return re.compile("|".join(f"(?:{one})" for one in (*patterns["en"], *patterns["zh"])), re.IGNORECASE)


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(resources.files("voc.loop").joinpath("words.toml").read_text("utf-8"))
