"""Physical lines of a text file, bounded in length, and the first look at a file."""

from __future__ import annotations

import codecs
import functools
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from voc.errors import InputError
from voc.ingest.encodings import ERRORS, UTF8, Encoding

# Characters; longer lines are rejected without being held. A text of the greatest length, each character escaped, has
# six million; JSON of empty lists takes thirty times as much memory as it has characters.
LINE_LIMIT: Final = 8 << 20
_SAMPLE: Final = 1 << 20
UNDECODED: Final = re.compile("[\udc80-\udcff]")  # bytes that do not decode, as the error handlers leave them


class Line(NamedTuple):
    """A physical line with its end; ``number`` counts from 1. ``cut`` marks one over the limit: only its start is
    here."""

    number: int
    text: str
    cut: bool = False


class Fingerprint(NamedTuple):
    """What identifies the bytes of a file."""

    sha256: str
    size: int


def fingerprint(path: Path, *, maybe_empty: bool = False) -> Fingerprint:
    """SHA-256 (hex) and size of the file, or of names and contents below a folder. Raises InputError where it cannot be
    read, or is empty and may not be."""
    digest, size, blank = hashlib.sha256(), 0, True
    folder = path.is_dir()
    try:
        for one in sorted(path.rglob("*")) if folder else [path]:
            if folder and not one.is_file():
                continue
            if folder:
                # flags follow the comma of a name in a Maildir; they change when a message is read
                digest.update(one.name.partition(":2,")[0].encode("utf-8", "surrogateescape") + b"\0")
            with one.open("rb", buffering=0) as file:
                while chunk := file.read(_SAMPLE):
                    blank = blank and not chunk.removeprefix(codecs.BOM_UTF8).strip()
                    digest.update(chunk)
                    size += len(chunk)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror or error}", "check the name and the permissions"
        ) from error
    if blank and not maybe_empty:
        raise InputError(f"{path.name} is empty", "name a file with at least one document")
    return Fingerprint(digest.hexdigest(), size)


def read_lines(path: Path, encoding: Encoding = UTF8, limit: int = LINE_LIMIT) -> Iterator[Line]:
    """Lines of a text file (a byte order mark is dropped), ending as they end in the file. Bytes that do not decode
    become lone surrogates (see ``UNDECODED``)."""
    try:
        with path.open("r", encoding=encoding.codec, errors=ERRORS, newline="") as file:
            for number, text in enumerate(iter(functools.partial(file.readline, limit), ""), start=1):
                if len(text) < limit or text.endswith(("\n", "\r")):
                    yield Line(number, text)
                    continue
                rest = text
                while rest and not rest.endswith(("\n", "\r")):
                    rest = file.readline(limit)
                yield Line(number, text, True)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror or error}", "check the disk and the permissions"
        ) from error
