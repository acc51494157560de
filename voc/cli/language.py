"""The language in which the command line speaks to people: English, Simplified or Traditional Chinese.

Below the command line every text is English, and so are logs, JSON and files: nothing there knows of this. A text is
translated where it is shown (`voc.cli.terminal`), by the catalogue of the language. Its keys are the texts of the
source with {0}, {1} for what is filled in (``cannot read {0}: {1}``), and the key that fits a text says what was filled
in. So no message of the source can be forgotten (`scripts/translate.py --check` finds them all), and what a program
reads stays as it is. A text without a key is shown in English.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter
from typing import Final

ENGLISH, AUTO = "en", "auto"
CATALOGUES: Final = {"zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant"}
CHOICES: Final = (ENGLISH, *CATALOGUES, AUTO)
VARIABLE: Final = "VOC_UI_LANGUAGE"
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts, as everywhere
_TRADITIONAL: Final = re.compile(r"zh[-_](?:(?:TW|HK|MO)\b|Hant)", re.IGNORECASE)
_NESTED: Final = 2  # a cause in a message may itself have one


def settled(chosen: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The language of a choice: "auto" and None are that of the system's locale; what is no choice is English."""
    if chosen in (None, AUTO):
        locale = next((environment[name] for name in _LOCALE if environment.get(name)), "")
        if not re.match(r"zh(?:[-_.@]|$)", locale, re.IGNORECASE):
            return ENGLISH
        return "zh-Hant" if _TRADITIONAL.match(locale) else "zh-Hans"
    return str(chosen) if chosen in CATALOGUES else ENGLISH


def language_of(workspace: Path) -> str | None:
    """What the voc.toml of a workspace says, None where it says nothing. What is wrong with that file is told by the
    command that reads all of it."""
    import tomllib

    from voc.config import CONFIG_NAME

    try:
        found = tomllib.loads((workspace / CONFIG_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    section = found.get("general")
    chosen = section.get("ui_language") if isinstance(section, dict) else found.get("ui_language")
    return chosen if isinstance(chosen, str) else None


@dataclass(frozen=True, slots=True)
class Template:
    """A key of a catalogue that has gaps: what stands before, between and after them."""

    key: str
    words: tuple[str, ...]

    @property
    def ends_with_cause(self) -> bool:
        """Whether its last gap can hold a text that has gaps itself. The others hold what people named: files, themes,
        which may read like one."""
        return self.words[-2].endswith((": ", "("))

    def values(self, text: str) -> tuple[str, ...] | None:
        """What is filled in, as short as it can be from the left; None where ``text`` is another one. Takes time in
        proportion to ``text``, whatever it holds."""
        first, *middle, last = self.words
        at, end = len(first), len(text) - len(last)
        if not text.startswith(first) or not text.endswith(last):
            return None
        found = []
        for word in middle:
            place = text.find(word, at, end)
            if place < 0:
                return None
            found.append(text[at:place])
            at = place + len(word)
        return (*found, text[at:end]) if at <= end else None


def words_of(key: str) -> tuple[str, ...]:
    """The words of a key between its gaps, in order; one gap fewer than words."""
    words, rest = list[str](), ""
    for literal, name, _, _ in Formatter().parse(key):
        rest += literal
        if name is not None:
            words.append(rest)
            rest = ""
    return (*words, rest)


class Speech:
    """Translates texts into ``language``: one of ``CATALOGUES``, or English, which leaves them as they are."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: str) -> str:
        """``text`` in the language; as it is where the catalogue does not have it."""
        return self._told(text, _NESTED) if self.language in CATALOGUES else text

    def _told(self, text: str, depth: int) -> str:
        if text in self._whole:
            return self._whole[text]
        for template in self._templates:
            values = template.values(text)
            if values is not None:
                *names, last = (self._whole.get(v, v) if " " in v else v for v in values)
                if depth and template.ends_with_cause and " " in last:
                    last = self._told(last, depth - 1)
                return self._catalogue[template.key].format(*names, last)
        return text

    @cached_property
    def _catalogue(self) -> Mapping[str, str]:
        from importlib import resources

        folder = resources.files("voc.cli") / "locale" / CATALOGUES[self.language] / "LC_MESSAGES"
        with (folder / "voc.mo").open("rb") as file:
            return _Catalogue(file).texts()

    @cached_property
    def _whole(self) -> Mapping[str, str]:
        """Texts without a gap."""
        return {words_of(key)[0]: told.format() for key, told in self._catalogue.items() if len(words_of(key)) == 1}

    @cached_property
    def _templates(self) -> list[Template]:
        """The most words first: "there is no case {0}" before "there is no {0}"."""
        found = (Template(key, words_of(key)) for key in self._catalogue)
        return sorted((t for t in found if len(t.words) > 1), key=lambda t: (-sum(map(len, t.words)), t.key))


class _Catalogue(GNUTranslations):
    _catalog: dict[str, str]

    def texts(self) -> dict[str, str]:
        """Translations by key."""
        return {key: told for key, told in self._catalog.items() if key}
