"""A file of feedback that can be read: what every reader gives back."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from voc.documents import Document, Reject
from voc.errors import InputError
from voc.ingest.lines import Fingerprint
from voc.ingest.record import IngestOptions, Stats

Rows = Iterator[tuple[int, Document | Reject]]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a reader found out about a file: ``mapping`` (canonical field -> column or key), ``choices`` (lines for
    people) and ``read``, which streams (row number, document or reject) and counts into the given Stats. ``part``
    names a part of the file (a sheet) where it has several."""

    mapping: Mapping[str, str]
    choices: tuple[str, ...]
    read: Callable[[Stats], Rows]
    part: str = ""


class Reader(Protocol):
    """A family of files. ``suffixes`` are lower case, with the point."""

    @property
    def kind(self) -> str:
        """The family's name."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of its files."""

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Look at a sample and decide. Raises InputError, AmbiguousColumns or UsageError where the file cannot be read
        with these options."""


@dataclass(slots=True)
class Source:
    """A file of feedback. Iterating streams its documents and rejects in file order, the same each time.

    ``name`` is the file's name without folders; below a folder or archive the path in it. ``sha256`` (hex) and ``size``
    (bytes) are of its content, ``mapping`` and ``choices`` say how its columns are read. ``stats`` counts what the last
    reading kept but could not use. ``keep`` holds a private copy of the content on disk as long as the source lives.
    """

    name: str
    kind: str
    sha256: str
    size: int
    mapping: dict[str, str]
    choices: tuple[str, ...]
    path: Path = field(repr=False)
    opened: Opened = field(repr=False)
    modified: int = field(repr=False)
    stats: Stats = field(default_factory=Stats)
    keep: object = field(default=None, repr=False)

    def rows(self) -> Rows:
        """(row, document or reject): data rows of a table and lines of JSONL, both counted from 1. A source that
        changed since it was opened raises InputError, since its hash is no longer true."""
        self.stats = Stats(self.name)
        self._check_unchanged()
        for row, item in self.opened.read(self.stats):
            if isinstance(item, Document) and item.source != self.name:
                yield row, replace(item, source=self.name)
            else:
                yield row, item
        self._check_unchanged()

    def __iter__(self) -> Iterator[Document | Reject]:
        return (item for _, item in self.rows())

    def warnings(self) -> tuple[str, ...]:
        """What the last reading has to say, for people."""
        return self.stats.lines(self.name)

    def _check_unchanged(self) -> None:
        try:
            now = self.path.stat()
        except OSError as error:
            raise InputError(
                f"{self.name} cannot be read: {error.strerror or error}", "it was there before; run again"
            ) from error
        if stat.S_ISDIR(now.st_mode):
            return  # mail is delivered and moved in a Maildir all the time
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified):
            raise InputError(f"{self.name} changed while it was read", "wait until it is complete and run again")


def make_source(
    path: Path, kind: str, print_: Fingerprint, modified: int, opened: Opened, *, name: str = "", keep: object = None
) -> Source:
    """Join what is known of the file and of its content; ``name`` where it is shown under another name than its own."""
    shown = name or path.name
    return Source(
        name=f"{shown} [{opened.part}]" if opened.part else shown,
        kind=kind,
        sha256=print_.sha256,
        size=print_.size,
        mapping=dict(opened.mapping),
        choices=opened.choices,
        path=path,
        opened=opened,
        modified=modified,
        keep=keep,
    )


def refused_source(name: str, reason: str, detail: str, print_: Fingerprint, mapping: Mapping[str, str]) -> Source:
    """A file in a folder or archive that cannot be read: it gives one reject (row 0), and the others are read."""

    def read(stats: Stats) -> Rows:  # noqa: ARG001
        yield 0, Reject(0, reason, detail)

    here = Path()  # nothing is read again, so nothing can change
    opened = Opened(mapping, (f"it cannot be read: {detail}",), read)
    return Source(name, "refused", print_.sha256, print_.size, dict(mapping), opened.choices, here, opened, 0)
