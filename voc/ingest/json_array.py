"""JSON files: an array of objects, alone or under a key of an object, streamed; or one object."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from voc.documents import Reject
from voc.errors import InputError
from voc.ingest.encodings import ERRORS, Encoding, detect
from voc.ingest.jsonl import JsonlReader
from voc.ingest.lines import LINE_LIMIT
from voc.ingest.objects import open_objects
from voc.ingest.record import IngestOptions
from voc.ingest.source import Opened
from voc.ingest.values import excerpt

_EVENTS: Final = 100_000  # of the parser, within which the array has to begin
_DEPTH: Final = 3  # keys above it
_LINE: Final = 1 << 20
_DEEPEST: Final = 200  # levels of brackets
_WIDEST: Final = 128 << 20  # levels times the bytes of the longest string
_LONG_NUMBER: Final = re.compile(rb"(?<![0-9])[0-9]{1000}")
# By byte: how it changes the depth.
_STEPS: Final = np.zeros(256, np.int8)
_STEPS[[*b"[{"]], _STEPS[[*b"]}"]] = 1, -1


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


class _TooMuchError(ValueError):
    """One object is longer or deeper than any document: the ``reason`` of its reject."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason


class _Nesting:
    """How deep the brackets of JSON are that comes in pieces, how long its longest string is, and its numbers. The
    parser keeps the keys above a value joined for each level, so that depth and length cost memory by their product; a
    whole number of more digits than Python converts (4,300) ends its process (ijson 3.6)."""

    def __init__(self) -> None:
        self.depth = self.longest = 0
        self._inside = False  # of a string
        self._string = 0  # its length so far
        self._carry = b""
        self._digits = b""  # with which the piece before ended

    def take(self, piece: bytes) -> None:
        """Counts the next piece. _TooMuchError beyond the limits."""
        piece = self._carry + piece
        self._carry = b"\\" if (len(piece) - len(piece.rstrip(b"\\"))) % 2 else b""
        parts = piece.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        inside = [len(part) for part in parts[not self._inside :: 2]]
        if self._inside:
            inside[0] += self._string
        outside = b"".join(parts[self._inside :: 2])
        self._inside ^= len(parts) % 2 == 0
        self._string = inside[-1] if self._inside else 0
        self.longest = max(self.longest, *inside, 0)
        opened = outside.count(b"[") + outside.count(b"{")
        highest = self.depth + opened
        if highest > _DEEPEST or highest * self.longest > _WIDEST:
            highest = self._highest(outside)
        self.depth += opened - outside.count(b"]") - outside.count(b"}")
        if highest > _DEEPEST:
            raise _TooMuchError("too_deep", f"it is nested deeper than {_DEEPEST:,} levels")
        if _LONG_NUMBER.search(self._digits + outside):
            raise _TooMuchError("not_json", "a number in it has too many digits")
        self._digits = outside[len(outside.rstrip(b"0123456789")) :]
        if highest * self.longest > _WIDEST:
            raise _TooMuchError("too_long", "a name or text in it is too long for how deep it is nested")

    def _highest(self, outside: bytes) -> int:
        steps = _STEPS[np.frombuffer(outside, np.uint8)]
        return self.depth + max(int(steps.cumsum(dtype=np.int64).max(initial=0)), 0)


class _Utf8:
    """A text file as UTF-8 bytes, which the parser takes. ``since`` counts the bytes since somebody set it to 0."""

    def __init__(self, file: IO[bytes], encoding: Encoding, limit: int | None = None) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding.codec)(ERRORS)
        self._limit = limit
        self._nesting = _Nesting()
        self.since = 0

    def begin(self) -> None:
        """An object was read; the next one begins."""
        self.since = self._nesting.longest = 0

    def read(self, size: int) -> bytes:
        """At least one byte until the end; what does not decode becomes U+FFFD. _TooMuchError where ``since`` exceeds
        the limit, or the object is nested too deeply."""
        if not size:
            return b""
        if self._limit is not None and self.since > self._limit:
            raise _TooMuchError("too_long", "one object is too long to be one document")
        while True:
            chunk = self._file.read(size)
            self.since += len(chunk)
            text = self._decoder.decode(chunk, final=not chunk)
            if text or not chunk:
                piece = text.encode("utf-8", "surrogatepass").replace(b"\xed\xb2\x80", b"\xef\xbf\xbd")
                self._nesting.take(piece)
                return piece


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
            source = _Utf8(file, encoding, LINE_LIMIT)
            for value in ijson.items(source, place):
                source.begin()
                number += 1
                if isinstance(value, dict):
                    yield number, {key: _plain(one) for key, one in value.items()}
                else:
                    shown = excerpt(value)
                    yield number, Reject(number, "not_an_object", "it is JSON but no object in braces", shown)
    except _TooMuchError as error:
        yield number + 1, Reject(number + 1, error.reason, f"{error}; what follows cannot be read")
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
