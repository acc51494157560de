"""JSON Lines: one object a line, with the names of the canonical document."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from voc.documents import Reject
from voc.errors import UsageError
from voc.ingest.columns import FIELDS, check_fields
from voc.ingest.dates import DayOrder, needs_order, settle_order, tell_order
from voc.ingest.lines import UNDECODED, Line, read_lines
from voc.ingest.record import Builder, IngestOptions, Stats
from voc.ingest.source import Opened, Rows
from voc.ingest.values import excerpt

_SAMPLE: Final = 500  # lines that are looked at before reading
_CANONICAL: Final = frozenset((*FIELDS, "turns"))


class JsonlReader:
    """Reads ``.jsonl`` and ``.ndjson``."""

    kind: Final = "jsonl"
    suffixes: Final = (".jsonl", ".ndjson")

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Check the mapping against a sample; raises UsageError where it names a key that no line of it has."""
        check_fields(options.mapping)
        objects = [
            value for line in itertools.islice(read_lines(path), _SAMPLE) if isinstance(value := _load(line), dict)
        ]
        keys = {key for value in objects for key in value}
        choices = []
        for name, key in options.mapping.items():
            if key and objects and key not in keys:
                listed = ", ".join(sorted(keys)[:40])
                raise UsageError(f"--map {name}={key}: {path.name} has no key {key!r}", f"its keys are {listed}")
            choices.append(f"{name} <- {key or 'none'} (--map)")
        mapping = {name: options.mapping.get(name, name) for name in sorted(_CANONICAL)}
        mapping = {name: key for name, key in mapping.items() if key in keys}
        order = _day_order(objects, mapping, choices)

        def read(stats: Stats) -> Rows:
            builder = Builder(path.name, options, order, numbers=True, stats=stats)
            for line in read_lines(path):
                value = _load(line)
                if value is None:
                    continue
                if isinstance(value, dict):
                    yield line.number, builder.build(line.number, *_split(value, options.mapping))
                else:
                    yield line.number, value

        return Opened(mapping, tuple(choices), read)


def _load(line: Line) -> dict[str, Any] | Reject | None:
    """The object of a line, the reject that says why there is none, or None for a blank line."""
    text = line.text.strip(" \t\r\n\ufeff")
    if not text:
        return None
    shown = excerpt(text[:200])
    if line.cut:
        return Reject(line.number, "too_long", "the line is too long to be one document", shown)
    if not text.isascii() and UNDECODED.search(text):
        return Reject(line.number, "encoding", "the line is not UTF-8; save the file as UTF-8", shown)
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


def _split(value: dict[str, Any], mapping: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Canonical values and the rest. ``metadata`` of the object joins the rest; ``source`` names where a document comes
    from and is metadata, since here a document's source is its file."""
    taken = {key for key in mapping.values() if key}
    fields = {name: value[key] for name, key in mapping.items() if key and key in value}
    rest: dict[str, Any] = {}
    for key, content in value.items():
        if key in taken:
            continue
        if key in _CANONICAL and key not in mapping:
            fields[key] = content
        elif key == "metadata" and isinstance(content, dict):
            rest.update({inner: one for inner, one in content.items() if inner not in rest})
        else:
            rest[key] = content
    return fields, rest


def _day_order(objects: list[dict[str, Any]], mapping: Mapping[str, str], choices: list[str]) -> DayOrder:
    written = [
        str(value[mapping[name]]) for value in objects for name in ("time", "reply_time") if mapping.get(name) in value
    ]
    order, decided = settle_order(written)
    slashed = [one for one in written if needs_order(one)]
    if slashed:
        choices.append(tell_order(slashed[0], order, decided=decided))
    return order
