"""The small, stable level between driver and theme: which sub-driver of the taxonomy a theme is about."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Final

from voc.errors import UsageError
from voc.results import OTHER, ThemeUnit
from voc.taxonomy import COMPLAINT, Taxonomy
from voc.themes.tokens import to_simplified, to_traditional

# A theme is nested where this share of its documents, and so many, say so: below, what is said is of many kinds.
NESTED_SHARE: Final = 0.15
NESTED_LEAST: Final = 2
_LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")


def sub_drivers(driver: str, taxonomy: Taxonomy) -> dict[str, dict[str, str]]:
    """The sub-drivers of a driver by key, with their names by language; of "other": price, product, policy."""
    if driver == OTHER:
        lists = _lists().get(OTHER, {})
        return {key: _names(entry["name_en"], entry["name_zh"]) for key, entry in lists.items()}
    return {sub.key: dict(sub.name) for sub in taxonomy.driver(driver).subdrivers}


def sub_driver(members: Iterable[ThemeUnit], driver: str, taxonomy: Taxonomy) -> str:
    """The sub-driver that most of the documents of a theme name in their own words, of equals the first of the
    taxonomy; "" where too few do, and for praise. It is asked at birth only: what is given then stays."""
    patterns = {key: _pattern(driver, key, tuple(sorted(names.items()))) for key, names in
                sub_drivers(driver, taxonomy).items()}  # fmt: skip
    said, documents = Counter[str](), set[str]()
    for key, text in {(u.key, _folded(u.text)) for u in members if u.side == COMPLAINT}:
        documents.add(key)
        said.update(sub for sub, pattern in patterns.items() if pattern.search(text))
    if not said:
        return ""
    order = list(patterns)
    best = min(said, key=lambda sub: (-said[sub], order.index(sub)))
    return best if said[best] >= max(NESTED_LEAST, NESTED_SHARE * len(documents)) else ""


def known_sub_driver(driver: str, name: str, taxonomy: Taxonomy) -> str:
    """``name`` if it is the key of a sub-driver of ``driver``, "" for "-". UsageError otherwise."""
    known = sub_drivers(driver, taxonomy)
    if name == "-":
        return ""
    if name not in known:
        raise UsageError(f"{driver} has no sub-driver {name!r}", f"It has: {', '.join(known) or 'none'}; - for none.")
    return name


def _names(english: str, chinese: str) -> dict[str, str]:
    return dict(zip(_LANGUAGES, (english, chinese, to_traditional(chinese)), strict=True))


def _folded(text: str) -> str:
    return to_simplified(unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'"))


@cache
def _pattern(driver: str, key: str, names: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """What finds the words of a sub-driver: English ones where a word begins, Chinese ones anywhere."""
    entry = _lists().get(driver, {}).get(key)
    if entry is None:
        words = [_folded(name) for _, name in names]
    else:
        words = [w.strip() for part in ("en", "zh") for w in entry[part].split(",")]
    starts = [rf"\b{re.escape(w)}" if w[:1].isascii() and w[:1].isalpha() else re.escape(w) for w in words if w]
    return re.compile("|".join(starts) or r"(?!)")


@cache
def _lists() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    text = resources.files("voc.themes").joinpath("words", "subdrivers.toml").read_text("utf-8")
    return tomllib.loads(text)
