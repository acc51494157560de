"""What is sent: the first page of a report in one language, as plain texts of one line each, already redacted.

Every form of message escapes them for itself. A letter can be made smaller step by step, for services that take little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

_SHORT: Final = 160  # characters of a text in the smallest letter: its five texts then fit into 4,096 bytes


@dataclass(frozen=True, slots=True)
class Saying:
    """Words of a customer, redacted; ``source`` names channel, language and day, ``language`` is its BCP 47 tag."""

    text: str
    source: str
    id: str
    language: str


@dataclass(frozen=True, slots=True)
class Row:
    """One driver, or leaving: ``label`` is its key, ``signal`` up, down, none or untested; ``values`` holds the same as
    numbers (share, low, high, change as shares of 1, k, n), None where there is none."""

    label: str
    name: str
    share: str
    range: str
    change: str
    counted: str
    signal: str
    values: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A change that passed its test, in sentences, with words of customers."""

    label: str
    name: str
    signal: str
    lines: tuple[str, ...]
    quotes: tuple[Saying, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """The message: ``subject`` is its title in one line, ``notes`` close it, ``cut`` is said where it was shortened.
    ``headings`` are those of rows, changes and quotes; ``head`` are the columns of rows."""

    week: str
    revision: int
    language: str
    subject: str
    company: str
    title: str
    days: str
    kind: str
    verdict: str
    details: tuple[str, ...] = ()
    revised: tuple[str, ...] = ()
    headings: tuple[str, str, str] = ("", "", "")
    head: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    changes: tuple[Change, ...] = ()
    quotes: tuple[Saying, ...] = ()
    notes: tuple[str, ...] = ()
    cut: str = ""
    is_cut: bool = False

    @property
    def closing(self) -> tuple[str, ...]:
        """The last lines."""
        return (self.cut, *self.notes) if self.is_cut and self.cut else self.notes


def without_quotes(letter: Letter) -> Letter:
    """The letter without any words of customers."""
    bare = tuple(replace(change, quotes=()) for change in letter.changes)
    return replace(letter, changes=bare, quotes=())


def smaller(letter: Letter) -> Iterator[Letter]:
    """The letter, then ever smaller ones: what a reader misses least goes first, the verdict stays."""
    yield letter
    cut = replace(letter, is_cut=True)
    one = tuple(replace(change, quotes=change.quotes[:1]) for change in cut.changes)
    yield (cut := replace(cut, changes=one, quotes=cut.quotes[:1]))
    yield (cut := replace(cut, quotes=(), revised=cut.revised[:1]))
    yield (cut := without_quotes(cut))
    yield (cut := replace(cut, changes=tuple(replace(change, lines=change.lines[:1]) for change in cut.changes)))
    yield (cut := replace(cut, rows=tuple(replace(row, counted="", range="") for row in cut.rows)))
    yield (cut := replace(cut, notes=cut.notes[:1], details=cut.details[:1]))
    yield (cut := replace(cut, changes=(), details=()))
    yield (cut := replace(cut, rows=(), revised=()))
    verdict, subject = shortened(cut.verdict, _SHORT), shortened(cut.subject, _SHORT)
    yield replace(
        cut, verdict=verdict, subject=subject, company="", title=shortened(cut.title, _SHORT),
        days=shortened(cut.days, _SHORT), notes=tuple(shortened(note, _SHORT) for note in cut.notes),
    )  # fmt: skip


def shortened(text: str, length: int) -> str:
    """At most ``length`` characters of ``text``, with an ellipsis where it was longer."""
    return text if len(text) <= length else text[: length - 1] + "…"
