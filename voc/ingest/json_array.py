"""JSON files: an array of objects, alone or under a key of an object, streamed; or one object."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

from voc.documents import Reject
from voc.errors import InputError
from voc.ingest.encodings import ERRORS, Encoding, detect
from voc.ingest.jsonl import JsonlReader
from voc.ingest.objects import open_objects
from voc.ingest.record import IngestOptions
from voc.ingest.source import Opened
from voc.ingest.values import excerpt

_EVENTS: Final = 100_000  # of the parser, within which the array has to begin
_DEPTH: Final = 3  # keys above it
_LINE: Final = 1 << 20


class JsonReader:
    """Reads ``.json``."""

    kind: Final = "json"
    suffixes: Final = (".json",)

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Find the array of objects and decide which key is what. JSON Lines under this name are read as such."""
        encoding = detect(path)
        if _is_lines(path, encoding):
            return JsonlReader().open(path, options)
        place = _place(path, encoding)
        notes = [encoding.choice] if encoding.choice else []
        if place not in ("", "item"):
            notes.append(f"the documents are the objects under {place.removesuffix('.item')}")
        return open_objects(path.name, lambda: _objects(path, encoding, place), options, tuple(notes))


class _Utf8:
    """A text file as UTF-8 bytes, which the parser takes."""

    def __init__(self, file: IO[bytes], encoding: Encoding) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding.codec)(ERRORS)

    def read(self, size: int) -> bytes:
        """At least one byte until the end; what does not decode becomes U+FFFD."""
        if not size:
            return b""
        while True:
            chunk = self._file.read(size)
            text = self._decoder.decode(chunk, final=not chunk)
            if text or not chunk:
                return text.encode("utf-8", "surrogatepass").replace(b"\xed\xb2\x80", b"\xef\xbf\xbd")


def _is_lines(path: Path, encoding: Encoding) -> bool:
    """Whether the first line is an object of its own and another begins after it."""
    with path.open("r", encoding=encoding.codec, errors=ERRORS) as file:
        first, second = "", ""
        while (line := file.readline(_LINE)) and not second:
            first, second = (first, line.strip()) if first else (line.strip(), "")
    if not (first.startswith("{") and second.startswith("{")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _place(path: Path, encoding: Encoding) -> str:
    """Where the objects are, in the words of the parser: ``item`` for an array, ``data.reviews.item`` below keys, an
    empty text for one object. InputError where there is none."""
    import ijson

    before = ""
    try:
        with path.open("rb") as file:
            for number, (prefix, event, _) in enumerate(ijson.parse(_Utf8(file, encoding))):
                if number == 0 and event not in ("start_array", "start_map"):
                    raise InputError(f"{path.name} is JSON but holds no objects", "write an array of objects")
                if number == 0 and event == "start_array":
                    return "item"
                if event == "start_map" and before and prefix == f"{before}.item":
                    return str(prefix)
                array = event == "start_array" and prefix.count(".") < _DEPTH
                if array and prefix == "turns":
                    return ""  # one conversation
                before = prefix if array else ""
                if number > _EVENTS:
                    break
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{path.name} is not JSON ({_said(error)})", "check that it is complete") from error
    return ""


def _objects(path: Path, encoding: Encoding, place: str) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    import ijson

    number = 0
    try:
        with path.open("rb") as file:
            for value in ijson.items(_Utf8(file, encoding), place):
                number += 1
                if isinstance(value, dict):
                    yield number, {key: _plain(one) for key, one in value.items()}
                else:
                    shown = excerpt(value)
                    yield number, Reject(number, "not_an_object", "it is JSON but no object in braces", shown)
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        detail = f"the file is no JSON from here on ({_said(error)}); what follows cannot be read"
        yield number + 1, Reject(number + 1, "not_json", detail)
    except RecursionError:
        yield number + 1, Reject(number + 1, "too_deep", "it is nested too deeply; what follows cannot be read")


def _said(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip()[:200]


def _plain(value: Any) -> Any:
    """Numbers with a fraction as floats."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value
