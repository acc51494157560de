"""Answers as lines for people. Customer text is shown on one line and without control characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from voc.text import display

_SNIPPET: Final = 160
_HEAD: Final = ("id", "key", "source", "channel", "time", "language", "status", "model")
_STRONGEST: Final = 3  # scores of a segment; --json has all
_WORTH_TELLING: Final = 0.05


def outline(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A nested answer as indented lines ``name: value``; what is empty is left out."""
    indent = "  " * depth
    for name, entry in value.items():
        if _is_empty(entry):
            continue
        if isinstance(entry, Mapping):
            yield f"{indent}{name}:"
            yield from outline(entry, depth + 1)
        elif isinstance(entry, list | tuple) and any(isinstance(item, Mapping) for item in entry):
            yield f"{indent}{name}:"
            for item in entry:
                yield f"{indent}  - {_flat(item)}"
        else:
            yield f"{indent}{name}: {_scalar(entry)}"


def reject(row: Mapping[str, Any]) -> str:
    """One rejected row: ``reviews.csv, row 17: missing_text (no text in the row): value``."""
    detail = f" ({display(str(row['detail']))})" if row.get("detail") else ""
    value = f": {shorten(str(row['value']))}" if row.get("value") else ""
    return f"{display(str(row['file']))}, row {row['row']}: {row['reason']}{detail}{value}"


def previewed(source: Mapping[str, Any]) -> Iterator[str]:
    """What a source was taken for, with its first documents and rejects."""
    yield f"{display(str(source['name']))}: {source['kind']}, {source['size']:,} bytes"
    for choice in source["choices"]:
        yield f"  {display(str(choice))}"
    for row in source["documents"]:
        head = [f"row {row['row']}", *(str(row[n]) for n in ("id", "time", "channel", "language") if row.get(n))]
        head += [f"{name} {row[name]}" for name in ("rating", "product", "customer") if row.get(name) is not None]
        said = f"{len(row['turns'])} turns: " if row["turns"] else ""
        yield f"  {display('  '.join(head))}"
        yield f"    {said}{shorten(str(row['text']))}"
        if row.get("reply"):
            yield f"    answered: {shorten(str(row['reply']))}"
    for row in source["rejects"]:
        yield f"  rejected: {reject({**row, 'file': source['name']})}"


def hit(row: Mapping[str, Any]) -> str:
    """One found document: ``r-17  2026-11-03  review  neglect.complaint: Nobody came ...``."""
    labels = ", ".join(row.get("labels") or []) or "no label"
    head = "  ".join(display(str(row[name])) for name in ("id", "time", "channel") if row.get(name))
    return f"{head}  {labels}: {shorten(str(row['text']))}"


def explanation(document: Mapping[str, Any]) -> Iterator[str]:
    """Why one document got its labels: what it is, each label with its threshold, each segment with its scores."""
    yield from outline({name: document.get(name) for name in _HEAD})
    for turn in document.get("turns") or []:
        yield f"  {turn['role']}: {shorten(turn['text'])}"
    scores = document.get("scores") or {}
    width = max(map(len, scores), default=0)
    for label, score in scores.items():
        decided = "decided" if score["decided"] else "unclear" if label in document["abstained"] else ""
        if label in document["by_hand"]:
            decided = "yes, set by hand" if score["decided"] else "no, set by hand"
        yield f"  {label:<{width}}  {score['probability']:.3f}  threshold {score['threshold']:.3f}  {decided}".rstrip()
    for span in document.get("spans") or []:
        yield f"  because of {span['label']} ({span['score']:.2f}): {shorten(span['text'])}"
    for segment in document.get("segments") or []:
        strongest = sorted(segment["scores"].items(), key=lambda item: (-item[1], item[0]))[:_STRONGEST]
        told = ", ".join(f"{label} {score:.2f}" for label, score in strongest if score >= _WORTH_TELLING)
        theme = f"  theme {segment['theme']}" if segment.get("theme") else ""
        yield f"  segment {segment['index']} [{segment['start']}:{segment['end']}]{theme}  {told}".rstrip()
        yield f"    {shorten(segment['text'])}"


def shorten(text: str, length: int = _SNIPPET) -> str:
    """``text`` on one line, at most ``length`` characters of it."""
    line = display(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {}, ())


def _flat(item: object) -> str:
    if not isinstance(item, Mapping):
        return _scalar(item)
    return ", ".join(f"{name}: {_scalar(entry)}" for name, entry in item.items() if not _is_empty(entry))


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
