"""Zip and gzip: members are unpacked one at a time into private temporary files, within limits.

A name inside an archive is only shown, never a path that is written to, so no member can leave its place.
"""

from __future__ import annotations

import gzip
import lzma
import shutil
import stat
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple

from voc.errors import InputError

TOTAL_LIMIT: Final = 4 * 1024**3  # bytes that one input may unpack to
RATIO_LIMIT: Final = 200  # of unpacked to packed; text is packed to a tenth, rarely to a fiftieth
_RATIO_FROM: Final = 32 * 1024 * 1024  # bytes from which on the ratio counts: small files may be repetitive
MEMBER_LIMIT: Final = 100_000
_LIST_LIMIT: Final = 16 << 20  # bytes of the list of members, which is held in memory
_END: Final = struct.Struct("<4s4H2LH")  # of a zip file, and of one with 64-bit numbers
_END64: Final = struct.Struct("<4sQ2H2L4Q")
DEPTH_LIMIT: Final = 3  # archives in archives
WORKBOOK_LIMIT: Final = 1024**3  # bytes of XML: a sheet is held in memory
_CHUNK: Final = 1 << 20
_DAMAGED: Final = (
    zipfile.BadZipFile,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
_HINT: Final = "pack it again, or unpack it and name the files"


class TempFolder:
    """A private folder that goes when nobody refers to it any more, or when the program ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="voc-"))
        self._clean = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def file(self, name: str) -> Path:
        """A path in it for a file that is shown as ``name``; only its last part counts, made harmless."""
        last = PurePosixPath(name.replace("\\", "/")).name
        safe = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in last).strip(". ")
        stem, dot, suffix = safe.rpartition(".")
        return self.path / (f"{stem[:60]}{dot}{suffix[:12]}" if dot else safe[:60] or "member")


@dataclass(slots=True)
class Budget:
    """Bytes that one input has unpacked so far; ``recent`` are those of the file in hand, which is ``packed`` bytes
    long: small members can make a bomb together."""

    used: int = 0
    limit: int = TOTAL_LIMIT
    members: int = 0
    packed: int = 0
    recent: int = 0

    def begin(self, packed: int) -> None:
        """Goes on to the next file that the user gave, of ``packed`` bytes."""
        self.packed, self.recent = packed, 0

    def expect(self, size: int, name: str) -> None:
        """InputError where ``size`` more bytes would be a bomb: then none of them need be unpacked and read first."""
        if self.recent + size > max(_RATIO_FROM, RATIO_LIMIT * self.packed):
            raise _bomb(name)

    def take(self, size: int, name: str) -> None:
        """Counts ``size`` more bytes. InputError over the limit."""
        self.used += size
        self.recent += size
        if self.used > self.limit:
            size_text = f"{self.limit / 1024**3:.3g} GB"
            raise InputError(f"{name} unpacks to more than {size_text}", "unpack it and name the files")
        self.expect(0, name)


def _bomb(name: str) -> InputError:
    return InputError(
        f"{name} unpacks to more than {RATIO_LIMIT} times its size: it looks like a zip bomb",
        "unpack it yourself if you trust it, and name the files",
    )


class Member(NamedTuple):
    """An unpacked file; ``name`` is its path in the archive; ``refused`` says why it was not unpacked."""

    name: str
    path: Path
    keep: object
    refused: tuple[str, str] | None = None


@dataclass(slots=True)
class _Meter:
    """Watches one member while it is unpacked."""

    name: str
    packed: int
    budget: Budget
    size: int = field(default=0)

    def copy(self, source: IO[bytes] | gzip.GzipFile, target: Path) -> None:
        """Unpack in pieces; InputError where it grows beyond the limits."""
        with target.open("xb") as out:
            while chunk := source.read(_CHUNK):
                self.size += len(chunk)
                self.budget.take(len(chunk), self.name)
                if self.size > _RATIO_FROM and self.size > RATIO_LIMIT * max(1, self.packed):
                    raise _bomb(self.name)
                out.write(chunk)


def _check_list(path: Path) -> None:
    """InputError where the list of members of a zip file is too long to be held. Reads nothing but its end, as the
    library does, which then reads as many bytes as that says."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - _END.size - _END64.size - 20))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06", 0, len(tail) - _END.size + 4)
    if at < 0:
        return  # the library says what is wrong
    listed = _END.unpack_from(tail, at)[5]
    at64 = tail.rfind(b"PK\x06\x06", 0, at)
    if at64 >= 0 and at64 + _END64.size <= len(tail):
        listed = _END64.unpack_from(tail, at64)[8]
    if listed > _LIST_LIMIT:
        raise InputError(f"{path.name} holds more than {MEMBER_LIMIT:,} files", "unpack it and name the folder")


def is_workbook(path: Path) -> bool:
    """Whether the zip file ``path`` is a workbook (Excel or OpenDocument). InputError where it is damaged."""
    try:
        _check_list(path)
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except _DAMAGED as error:
        raise InputError(f"{path.name} is a workbook or archive that is damaged ({error})", _HINT) from error
    return bool({"[Content_Types].xml", "content.xml"} & names)


def check_workbook(path: Path) -> None:
    """InputError where the workbook would unpack to more than memory should hold. Its own sizes are not believed:
    what exceeds them does not decode."""
    try:
        _check_list(path)
        with zipfile.ZipFile(path) as archive:
            total = sum(info.file_size for info in archive.infolist())
    except _DAMAGED as error:
        raise InputError(f"{path.name} is a workbook that is damaged ({error})", "save it again, or as CSV") from error
    if total > WORKBOOK_LIMIT:
        raise InputError(
            f"{path.name} unpacks to {total / 1024**3:.1f} GB; a workbook of more than {WORKBOOK_LIMIT // 1024**3} GB "
            "is not read",
            "save its sheets as CSV, which is read in a stream",
        )
    if total > _RATIO_FROM and total > RATIO_LIMIT * path.stat().st_size:
        raise _bomb(path.name)


def unpack_gzip(path: Path, name: str, budget: Budget) -> Member:
    """The content of a gzip file, named without its ending."""
    inner = name[:-3] if name.lower().endswith(".gz") else f"{name}"
    keep = TempFolder()
    target = keep.file(inner)
    try:
        with gzip.open(path) as source:
            _Meter(name, path.stat().st_size, budget).copy(source, target)
    except _DAMAGED as error:
        raise InputError(f"{name} is a gzip archive that is damaged ({error})", _HINT) from error
    return Member(name, target, keep)


def unpack_zip(path: Path, name: str, budget: Budget) -> Iterator[Member]:
    """The members of a zip file in the order of their names, one at a time; hidden ones are left out. One that is
    encrypted, damaged, a link or named to leave its folder comes ``refused``. InputError where the archive cannot be
    opened or exceeds the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(((_name(info), info) for info in archive.infolist()), key=lambda item: item[0])
            budget.members += len(members)
            if budget.members > MEMBER_LIMIT:
                raise InputError(f"{name} holds more than {MEMBER_LIMIT:,} files", "unpack it and name the folder")
            wanted = [(inner, info) for inner, info in members if not inner.endswith("/") and not _hidden(inner)]
            budget.expect(sum(info.file_size for _, info in wanted), name)
            for inner, info in wanted:
                yield _unpack(archive, info, f"{name}/{inner}", inner, budget)
    except _DAMAGED as error:
        raise InputError(f"{name} is an archive that is damaged ({error})", _HINT) from error


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, inner: str, budget: Budget) -> Member:
    def refuse(reason: str, detail: str) -> Member:
        return Member(shown, Path(), None, (reason, detail))

    if not inner or inner.startswith(("/", "\\")) or ":" in inner[:3] or ".." in inner.replace("\\", "/").split("/"):
        return refuse("unsafe_name", "its name points out of the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        return refuse("link", "it is a link, not a file")
    if info.flag_bits & 1:
        return refuse("encrypted", "it is encrypted; unpack it with its password and name the file")
    keep = TempFolder()
    target = keep.file(inner)
    try:
        with archive.open(info) as source:
            _Meter(shown, info.compress_size, budget).copy(source, target)
    except _DAMAGED as error:
        return refuse("damaged", f"it does not unpack ({error})")
    return Member(shown, target, keep)


def _hidden(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in parts)


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; those that old programs wrote without saying in which encoding are tried as UTF-8 and GBK."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
