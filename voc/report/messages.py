"""The words of the report in its three languages, and numbers, days and names as each language writes them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

from voc.errors import UsageError

LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")
# Where a name is not given in the language of the report, it is taken from the next of these.
_FALLBACKS: Final = {
    "en": ("en", "zh-Hans", "zh-Hant"),
    "zh-Hans": ("zh-Hans", "zh-Hant", "en"),
    "zh-Hant": ("zh-Hant", "zh-Hans", "en"),
}
_MINUS: Final = "\u2212"
_MISSING: Final = "–"
_SMALLEST: Final = 0.0005  # half of the last digit shown
_SMALLEST_P: Final = 0.0001


@dataclass(frozen=True, slots=True)
class Messages:
    """The texts of one language: dotted key to text with ``{placeholders}``."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with ``values`` in its placeholders; KeyError where either is missing."""
        return self.texts[key].format(**values)

    def get(self, table: str, key: str) -> str:
        """The text of ``table.key``, or ``key`` itself where there is none: for codes that come from data."""
        return self.texts.get(f"{table}.{key}", key)

    def name(self, names: Mapping[str, str]) -> str:
        """Of names by language the one nearest to the report's language."""
        for language in _FALLBACKS[self.language]:
            if language in names:
                return names[language]
        return next(iter(names.values()), "")

    def inline(self, names: Mapping[str, str]) -> str:
        """The name as it stands inside a sentence: in English without its capital, unless it is an abbreviation."""
        name = self.name(names)
        if self.language == "en" and name[1:2].islower():
            return name[0].lower() + name[1:]
        return name

    def count(self, value: int | None) -> str:
        """12345 -> ``12,345``; a dash for None."""
        return _MISSING if value is None else f"{value:,}"

    def percent(self, share: float | None) -> str:
        """0.1234 -> ``12.3%``; a share above 0 never reads 0.0%."""
        if share is None:
            return _MISSING
        return "<0.1%" if 0 < share < _SMALLEST else f"{share * 100:.1f}%"

    def points(self, change: float | None) -> str:
        """0.041 -> ``+4.1 pp``, with a true minus sign; a dash for None."""
        if change is None:
            return _MISSING
        text = f"{abs(change) * 100:.1f}"
        sign = "±" if text == "0.0" else "+" if change > 0 else _MINUS
        return self("format.points", value=f"{sign}{text}")

    def more(self, documents: float) -> str:
        """Documents beyond what was expected, or short of it: 12.4 -> ``12 more``."""
        return self("format.more" if documents >= 0 else "format.fewer", count=self.count(round(abs(documents))))

    def probability(self, p: float | None) -> str:
        """0.0123 -> ``1.2%``, with two significant digits and no smaller than it can be told."""
        if p is None:
            return _MISSING
        return "<0.01%" if p < _SMALLEST_P else f"{p * 100:.2g}%"

    def day(self, iso: str | None) -> str:
        """``2026-11-09`` -> ``9 Nov 2026`` / ``2026年11月9日``; a dash for None, other texts as they are."""
        if iso is None:
            return _MISSING
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return iso
        return self("format.day", year=day.year, month=self._month(day), day=day.day)

    def days(self, first: date, last: date) -> str:
        """A span of days, naming year and month once where they are the same."""
        key = "span.years" if first.year != last.year else "span.months" if first.month != last.month else "span.days"
        return self(
            key,
            year=first.year,
            month=self._month(first),
            day=first.day,
            year2=last.year,
            month2=self._month(last),
            day2=last.day,
        )

    def joined(self, parts: list[str]) -> str:
        """``a, b, c`` with the language's comma."""
        return self("format.comma").join(parts)

    def _month(self, day: date) -> str:
        return self("format.months").split()[day.month - 1]


@cache
def load_messages(language: str) -> Messages:
    """The messages of ``language``; UsageError names the known ones."""
    if language not in LANGUAGES:
        raise UsageError(f"there is no report in {language!r}", f"Known: {', '.join(LANGUAGES)}.")
    text = resources.files("voc.report").joinpath("messages", f"{language}.toml").read_text("utf-8")
    return Messages(language, dict(_flat("", tomllib.loads(text))))


def _flat(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        found += _flat(f"{name}.", value) if isinstance(value, dict) else [(name, str(value))]
    return found
