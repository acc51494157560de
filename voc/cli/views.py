"""Answers as lines for people. Customer text is shown on one line and without control characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from voc.text import display

_SNIPPET: Final = 160


def outline(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A nested answer as indented lines ``name: value``; what is empty is left out."""
    indent = "  " * depth
    for name, entry in value.items():
        title = name.replace("_", " ")
        if entry is None or entry in ("", [], {}):
            continue
        if isinstance(entry, Mapping):
            yield f"{indent}{title}:"
            yield from outline(entry, depth + 1)
        elif isinstance(entry, list | tuple) and any(isinstance(item, Mapping) for item in entry):
            yield f"{indent}{title}:"
            for item in entry:
                yield f"{indent}  - {_flat(item)}"
        else:
            yield f"{indent}{title}: {_scalar(entry)}"


def reject(row: Mapping[str, Any]) -> str:
    """One rejected row: ``reviews.csv, row 17: missing_text (no text in the row): value``."""
    detail = f" ({display(str(row['detail']))})" if row.get("detail") else ""
    value = f": {shorten(str(row['value']))}" if row.get("value") else ""
    return f"{display(str(row['file']))}, row {row['row']}: {row['reason']}{detail}{value}"


def hit(row: Mapping[str, Any]) -> str:
    """One found document: ``r-17  2026-11-03  review  neglect.complaint: Nobody came ...``."""
    labels = ", ".join(row.get("labels") or []) or "no label"
    head = "  ".join(display(str(row[name])) for name in ("id", "time", "channel") if row.get(name))
    return f"{head}  {labels}: {shorten(str(row['text']))}"


def shorten(text: str, length: int = _SNIPPET) -> str:
    """``text`` on one line, at most ``length`` characters of it."""
    line = display(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def _flat(item: object) -> str:
    if not isinstance(item, Mapping):
        return _scalar(item)
    parts = (f"{name.replace('_', ' ')}: {_scalar(entry)}" for name, entry in item.items() if entry not in (None, "", [], {}))
    return ", ".join(parts)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return "{" + _flat(value) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_scalar(entry) for entry in value)
    return display(str(value))
