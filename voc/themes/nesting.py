"""The small, stable level between driver and theme: which sub-driver of the taxonomy a theme is about."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from math import fsum
from typing import Final

from voc.errors import UsageError
from voc.results import OTHER, ThemeUnit
from voc.taxonomy import COMPLAINT, Taxonomy
from voc.themes.tokens import to_simplified, to_traditional

# A theme is nested where this share of what its documents say of it names the sub-driver, in so many documents: below,
# what is said is of many kinds. And where other segments of the driver name it so much less: what all say tells nothing
# of one theme. Read on 31 themes of telephone companies and hospitals, 2026-11-22: where any segment of 15% of the
# documents was enough, 25 had a sub-driver ("price" over "an awful experience"); so 10 have one, 9 of them rightly.
NESTED_SHARE: Final = 0.12
NESTED_LEAST: Final = 2
NESTED_LIFT: Final = 1.25
AMONG: Final = 2000  # segments of others that a theme is compared with
_LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")


def sub_drivers(driver: str, taxonomy: Taxonomy) -> dict[str, dict[str, str]]:
    """The sub-drivers of a driver by key, with their names by language; of "other": price, product, policy."""
    if driver == OTHER:
        lists = _lists().get(OTHER, {})
        return {key: _names(entry["name_en"], entry["name_zh"]) for key, entry in lists.items()}
    return {sub.key: dict(sub.name) for sub in taxonomy.driver(driver).subdrivers}


def sub_driver(members: Iterable[ThemeUnit], driver: str, taxonomy: Taxonomy, among: Iterable[ThemeUnit] = ()) -> str:
    """The sub-driver that the documents of a theme name most in their own words, of equals the first of the taxonomy;
    "" where too few do or what else of the driver is ``among`` says it as much, and for praise. It is asked at birth
    only: what is given then stays."""
    patterns = {key: _pattern(driver, key, tuple(sorted(names.items()))) for key, names in
                sub_drivers(driver, taxonomy).items()}  # fmt: skip
    members = [u for u in members if u.side == COMPLAINT]
    mine = {u.ref for u in members}
    others = [u for u in among if u.side == COMPLAINT and u.driver == driver and u.ref not in mine]
    said, documents = _said(members, patterns)
    usual, rest = _said(others[:: -(-len(others) // AMONG) or 1], patterns)
    order = list(patterns)
    found = [
        sub
        for sub, parts in said.items()
        if len(parts) >= NESTED_LEAST
        and fsum(parts) >= NESTED_SHARE * documents
        and fsum(parts) * rest >= NESTED_LIFT * fsum(usual.get(sub, ())) * documents
    ]
    return min(found, key=lambda sub: (-fsum(said[sub]), order.index(sub)), default="")


def _said(units: Iterable[ThemeUnit], patterns: Mapping[str, re.Pattern[str]]) -> tuple[dict[str, list[float]], int]:
    """Of each sub-driver, for each document that names it, the share of its segments that do; how many documents."""
    texts = dict[str, set[str]]()
    for unit in units:
        texts.setdefault(unit.key, set()).add(_folded(unit.text))
    found = dict[str, list[float]]()
    for some in texts.values():
        for sub, pattern in patterns.items():
            if hits := sum(bool(pattern.search(text)) for text in some):
                found.setdefault(sub, []).append(hits / len(some))
    return found, len(texts)


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
