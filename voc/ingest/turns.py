"""Turns that a source gives as a list: to one text with offsets."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from voc.documents import ROLES, Turn
from voc.ingest.values import clean
from voc.text import parse_turns

_PREFIXES: Final = {"customer": "Customer", "agent": "Agent", "other": "Other"}


class Spoken(NamedTuple):
    """A turn of a recording that has no place in a text yet. ``begins`` and ``ends`` are seconds, None where they are
    not known; ``text`` may be empty."""

    role: str
    speaker: str | None
    text: str
    begins: float | None = None
    ends: float | None = None


def compose_spoken(turns: Sequence[Spoken]) -> tuple[str, tuple[Turn, ...]]:
    """One text of lines ``Speaker: words`` (a turn without a speaker is its words alone) and the turns with their
    offsets in it, prefixes left out. Every turn is kept, one without words as an empty range."""
    pieces: list[str] = []
    found: list[Turn] = []
    length = 0
    for turn in turns:
        prefix = f"{turn.speaker}: " if turn.speaker else ""
        start, end = length + len(prefix), length + len(prefix) + len(turn.text)
        pieces.append(prefix + turn.text)
        found.append(Turn(turn.role, start, end, turn.speaker, turn.begins, turn.ends))
        length = end + 1
    return "\n".join(pieces), tuple(found)


def seconds_of(value: object) -> float | None:
    """A number of seconds from 0 on, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


@functools.lru_cache(maxsize=1024)  # every turn of a table asks
def role_of(name: str) -> str:
    """``customer``, ``agent`` or ``other`` for a role as sources write it ("Client", "客服", "bot")."""
    known = name.strip().lower()
    if known in ROLES:
        return known
    turns = parse_turns(f"{name.strip()}: x")
    return turns[0].role if turns else "other"


def _parts(turns: Any) -> list[Spoken]:
    """The turns without outer white space; raises ValueError where ``turns`` is not a list of objects with role and
    text. ``start`` and ``end`` are seconds."""
    if not isinstance(turns, list):
        raise ValueError("turns is not a list")
    parts = []
    for number, turn in enumerate(turns, start=1):
        if not isinstance(turn, dict):
            raise ValueError(f"turn {number} is not an object")
        role, text = turn.get("role", turn.get("speaker")), turn.get("text")
        if not isinstance(role, str) or not isinstance(text, str):
            raise ValueError(f"turn {number} lacks a role or a text")
        speaker = turn.get("speaker")
        speaker = clean(speaker if isinstance(speaker, str) else role).strip() or None
        begins, ends = seconds_of(turn.get("start")), seconds_of(turn.get("end"))
        parts.append(Spoken(role_of(role), speaker, clean(text).strip(), begins, ends))
    return parts


def compose(turns: Any) -> tuple[str, tuple[Turn, ...]]:
    """One text of lines ``Customer: ...`` and the turns with their offsets in it. Raises ValueError for malformed
    turns."""
    pieces: list[str] = []
    found: list[Turn] = []
    length = 0
    for part in _parts(turns):
        prefix = f"{_PREFIXES[part.role]}: "
        pieces.append(prefix + part.text)
        if part.text:
            start = length + len(prefix)
            found.append(Turn(part.role, start, start + len(part.text), part.speaker, part.begins, part.ends))
        length += len(prefix) + len(part.text) + 1
    return "\n".join(pieces), tuple(found)


def locate(text: str, turns: Any) -> tuple[Turn, ...]:
    """Offsets of given turns in a given text. Raises ValueError where they do not occur in it in order."""
    found: list[Turn] = []
    at = 0
    for number, part in enumerate(_parts(turns), start=1):
        if not part.text:
            continue
        start = text.find(part.text, at)
        if start < 0:
            raise ValueError(f"turn {number} does not occur in the text after the turn before it")
        at = start + len(part.text)
        found.append(Turn(part.role, start, at, part.speaker, part.begins, part.ends))
    return tuple(found)
