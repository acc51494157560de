"""Turns that a source gives as a list: to one text with offsets."""

from __future__ import annotations

from typing import Any, Final

from voc.documents import ROLES, Turn
from voc.ingest.values import clean
from voc.text import parse_turns

_PREFIXES: Final = {"customer": "Customer", "agent": "Agent", "other": "Other"}


def role_of(name: str) -> str:
    """``customer``, ``agent`` or ``other`` for a role as sources write it ("Client", "客服", "bot")."""
    known = name.strip().lower()
    if known in ROLES:
        return known
    turns = parse_turns(f"{name.strip()}: x")
    return turns[0].role if turns else "other"


def _parts(turns: Any) -> list[tuple[str, str, str]]:
    """(role, speaker, text) of each turn; raises ValueError where ``turns`` is not a list of objects with role and
    text."""
    if not isinstance(turns, list):
        raise ValueError("turns is not a list")
    parts = []
    for number, turn in enumerate(turns, start=1):
        if not isinstance(turn, dict):
            raise ValueError(f"turn {number} is not an object")
        speaker = turn.get("role", turn.get("speaker"))
        text = turn.get("text")
        if not isinstance(speaker, str) or not isinstance(text, str):
            raise ValueError(f"turn {number} lacks a role or a text")
        parts.append((role_of(speaker), clean(speaker.strip()), clean(text).strip()))
    return parts


def compose(turns: Any) -> tuple[str, tuple[Turn, ...]]:
    """One text of lines ``Customer: ...`` and the turns with their offsets in it. Raises ValueError for malformed
    turns."""
    pieces: list[str] = []
    found: list[Turn] = []
    length = 0
    for role, speaker, text in _parts(turns):
        prefix = f"{_PREFIXES[role]}: "
        pieces.append(prefix + text)
        if text:
            found.append(Turn(role, length + len(prefix), length + len(prefix) + len(text), speaker or None))
        length += len(prefix) + len(text) + 1
    return "\n".join(pieces), tuple(found)


def locate(text: str, turns: Any) -> tuple[Turn, ...]:
    """Offsets of given turns in a given text. Raises ValueError where they do not occur in it in order."""
    found: list[Turn] = []
    at = 0
    for number, (role, speaker, part) in enumerate(_parts(turns), start=1):
        if not part:
            continue
        start = text.find(part, at)
        if start < 0:
            raise ValueError(f"turn {number} does not occur in the text after the turn before it")
        at = start + len(part)
        found.append(Turn(role, start, at, speaker or None))
    return tuple(found)
