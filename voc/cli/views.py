"""Answers as lines for people. Customer text is shown on one line and without control characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from unicodedata import east_asian_width

from voc.text import display

_SNIPPET: Final = 160
_HEAD: Final = ("id", "key", "source", "channel", "time", "language", "status", "model")
_STRONGEST: Final = 3  # scores of a segment; --json has all
_WORTH_TELLING: Final = 0.05
_ROUND: Final = 1000  # from here on a number is told without decimals
Tell = Callable[[str], str]  # puts a text of the source into the language of the terminal


def outline(value: Mapping[str, Any], tell: Tell = str, depth: int = 0) -> Iterator[str]:
    """A nested answer as indented lines ``name: value``; what is empty is left out. ``tell`` translates the names."""
    indent = "  " * depth
    for name, entry in value.items():
        if _is_empty(entry):
            continue
        head = f"{indent}{tell(name)}{tell(': ')}"
        if isinstance(entry, Mapping):
            yield head.rstrip()
            yield from outline(entry, tell, depth + 1)
        elif isinstance(entry, list | tuple) and any(isinstance(item, Mapping) for item in entry):
            yield head.rstrip()
            for item in entry:
                yield f"{indent}  - {_flat(item, tell)}"
        else:
            yield f"{head}{_scalar(entry, tell)}"


def reject(row: Mapping[str, Any], tell: Tell = str) -> str:
    """One rejected row: ``reviews.csv, row 17: missing_text (no text in the row): value``."""
    detail = f" ({display(str(row['detail']))})" if row.get("detail") else ""
    value = f": {shorten(str(row['value']))}" if row.get("value") else ""
    place = tell(f"row {row['row']}")
    return f"{display(str(row['file']))}, {place}: {row['reason']}{detail}{value}"


def previewed(source: Mapping[str, Any], tell: Tell = str) -> Iterator[str]:
    """What a source was taken for, with its first documents and rejects."""
    size = tell(f"{source['size']:,} bytes")
    yield f"{display(str(source['name']))}: {source['kind']}, {size}"
    for choice in source["choices"]:
        yield f"  {tell(display(str(choice)))}"
    for row in source["documents"]:
        head = [tell(f"row {row['row']}"), *(str(row[n]) for n in ("id", "time", "channel", "language") if row.get(n))]
        head += [f"{tell(name)} {row[name]}" for name in ("rating", "product", "customer") if row.get(name) is not None]
        said = tell(f"{len(row['turns'])} turns") + ": " if row["turns"] else ""
        yield f"  {display('  '.join(head))}"
        yield f"    {said}{shorten(str(row['text']))}"
        if row.get("reply"):
            yield f"    {tell('answered')}: {shorten(str(row['reply']))}"
    for row in source["rejects"]:
        yield f"  {tell('rejected')}: {reject({**row, 'file': source['name']}, tell)}"


def hit(row: Mapping[str, Any], tell: Tell = str) -> str:
    """One found document: ``r-17  2026-11-03  review  neglect.complaint: Nobody came ...``."""
    labels = ", ".join(row.get("labels") or []) or tell("no label")
    head = "  ".join(display(str(row[name])) for name in ("id", "time", "channel") if row.get(name))
    return f"{head}  {labels}: {shorten(str(row['text']))}"


def explanation(document: Mapping[str, Any], tell: Tell = str) -> Iterator[str]:
    """Why one document got its labels: what it is, each label with its threshold, each segment with its scores."""
    yield from outline({name: document.get(name) for name in _HEAD}, tell)
    for turn in document.get("turns") or []:
        yield f"  {turn['role']}: {shorten(turn['text'])}"
    scores = document.get("scores") or {}
    width = max(map(len, scores), default=0)
    for label, score in scores.items():
        decided = tell("decided") if score["decided"] else tell("unclear") if label in document["abstained"] else ""
        if label in document["by_hand"]:
            decided = tell("yes, set by hand") if score["decided"] else tell("no, set by hand")
        threshold = tell(f"threshold {score['threshold']:.3f}")
        yield f"  {label:<{width}}  {score['probability']:.3f}  {threshold}  {decided}".rstrip()
    for span in document.get("spans") or []:
        because = tell(f"because of {span['label']} ({span['score']:.2f})")
        yield f"  {because}: {shorten(span['text'])}"
    for segment in document.get("segments") or []:
        strongest = sorted(segment["scores"].items(), key=lambda item: (-item[1], item[0]))[:_STRONGEST]
        told = ", ".join(f"{label} {score:.2f}" for label, score in strongest if score >= _WORTH_TELLING)
        theme = f"  {tell('theme')} {segment['theme']}" if segment.get("theme") else ""
        place = f"{tell('segment')} {segment['index']} [{segment['start']}:{segment['end']}]"
        yield f"  {place}{theme}  {told}".rstrip()
        yield f"    {shorten(segment['text'])}"


def padded(text: str, width: int) -> str:
    """``text`` filled up to ``width`` columns; a Chinese character takes two."""
    return text + " " * max(0, width - len(text) - sum(east_asian_width(char) in "WF" for char in text))


def shorten(text: str, length: int = _SNIPPET) -> str:
    """``text`` on one line, at most ``length`` characters of it."""
    line = display(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {}, ())


def _flat(item: object, tell: Tell) -> str:
    if not isinstance(item, Mapping):
        return _scalar(item, tell)
    told = (f"{tell(name)}{tell(': ')}{_scalar(entry, tell)}" for name, entry in item.items() if not _is_empty(entry))
    return ", ".join(told)


def _scalar(value: object, tell: Tell) -> str:
    if isinstance(value, bool):
        return tell("yes" if value else "no")
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < _ROUND else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return "{" + _flat(value, tell) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_scalar(entry, tell) for entry in value)
    return display(str(value))
