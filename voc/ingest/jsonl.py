"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from voc.documents import Reject
from voc.ingest.encodings import Encoding, detect
from voc.ingest.lines import UNDECODED, Line, read_lines
from voc.ingest.objects import open_objects
from voc.ingest.record import IngestOptions
from voc.ingest.source import Opened
from voc.ingest.values import excerpt


class JsonlReader:
    """Reads ``.jsonl`` and ``.ndjson``."""

    kind: Final = "jsonl"
    suffixes: Final = (".jsonl", ".ndjson")

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Decide which key is what, see ``open_objects``; rows are counted by line."""
        encoding = detect(path)
        notes = (encoding.choice,) if encoding.choice else ()
        return open_objects(path.name, lambda: _objects(path, encoding), options, notes)


def _objects(path: Path, encoding: Encoding) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    for line in read_lines(path, encoding):
        value = _load(line, encoding.name)
        if value is not None:
            yield line.number, value


def _load(line: Line, encoding: str) -> dict[str, Any] | Reject | None:
    """The object of a line, the reject that says why there is none, or None for a blank line."""
    text = line.text.strip(" \t\r\n\ufeff")
    if not text:
        return None
    shown = excerpt(text[:200])
    if line.cut:
        return Reject(line.number, "too_long", "the line is too long to be one document", shown)
    if not text.isascii() and UNDECODED.search(text):
        return Reject(line.number, "encoding", f"the line is not {encoding}; save the file as UTF-8", shown)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        detail = f"the line is not JSON: {error.msg} at character {error.colno}"
        return Reject(line.number, "not_json", detail, shown)
    except RecursionError:
        return Reject(line.number, "too_deep", "the line is nested too deeply; flatten it", shown)
    except ValueError as error:  # an integer of thousands of digits
        return Reject(line.number, "not_json", f"the line holds a number that cannot be read: {error}", shown)
    if not isinstance(value, dict):
        return Reject(line.number, "not_an_object", "the line is JSON but no object in braces", shown)
    return value
