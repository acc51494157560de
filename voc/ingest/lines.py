"""Physical lines of a text file, bounded in length, and the first look at a file."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from voc.errors import InputError

LINE_LIMIT: Final = 32 * 1024 * 1024  # characters; longer lines are rejected without being held
_SAMPLE: Final = 1 << 20
_BINARY: Final = (
    (b"PK\x03\x04", "a workbook or archive"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "a database"),
    (b"\xd0\xcf\x11\xe0", "an old office file"),
)
UNDECODED: Final = re.compile("[\udc80-\udcff]")  # bytes that are no UTF-8, as the surrogateescape handler leaves them
UTF8_HINT: Final = "voc reads UTF-8; save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8') and run again"


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


def fingerprint(path: Path) -> Fingerprint:
    """SHA-256 (hex) and size of the file. Raises InputError where it cannot be read, is empty or is not UTF-8 text."""
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_SAMPLE):
                head = head or chunk
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror or error}", "check the name and the permissions"
        ) from error
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(f"{path.name} is empty", "name a file with at least one document")
    _check_text(path.name, head)
    return Fingerprint(digest.hexdigest(), size)


def _check_text(name: str, head: bytes) -> None:
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise InputError(f"{name} is {what}, not text", "export it as CSV or JSONL in UTF-8")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head.count(0) * 4 > len(head):
        raise InputError(f"{name} is not UTF-8 (it looks like UTF-16)", UTF8_HINT)
    lines = [line for line in head.split(b"\n") if line.strip()]
    if len(head) == _SAMPLE and len(lines) > 1:
        lines.pop()  # the sample may end inside a character
    bad = [number for number, line in enumerate(lines) if not _is_utf8(line)]
    if len(bad) * 2 > len(lines):
        raise InputError(f"{name} is not UTF-8 (line {bad[0] + 1} does not decode)", UTF8_HINT)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end >= len(line) >= _SAMPLE - 4  # one line that fills the sample: cut inside a character
    return True


def read_lines(path: Path, limit: int = LINE_LIMIT) -> Iterator[Line]:
    """Lines of a UTF-8 file (a byte order mark is dropped), ending as they end in the file. Bytes that do not decode
    become lone surrogates (see ``UNDECODED``)."""
    try:
        with path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            number = 0
            while text := file.readline(limit):
                number += 1
                cut = len(text) == limit and not text.endswith(("\n", "\r"))
                if cut:
                    rest = text
                    while rest and not rest.endswith(("\n", "\r")):
                        rest = file.readline(limit)
                yield Line(number, text, cut)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror or error}", "check the disk and the permissions"
        ) from error
