"""From files to documents: one reader per family, each bad row a reject with its reason.

A further family is a module with a ``Reader`` and a line in ``voc.ingest.kinds.READERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from voc.errors import InputError, VocError
from voc.ingest.dates import resolve_relative
from voc.ingest.kinds import READERS
from voc.ingest.lines import Fingerprint, fingerprint
from voc.ingest.record import IngestOptions
from voc.ingest.source import Opened, Reader, Source, make_source, refused_source
from voc.ingest.walk import Found, find_files

__all__ = ["READERS", "IngestOptions", "Source", "open_source", "open_sources", "resolve_relative"]

Options = IngestOptions | Callable[[], IngestOptions]


def open_sources(path: str, options: Options | None = None) -> Iterator[Source]:
    """Look at what ``path`` names and decide how to read it: a file, a folder, an archive, a mailbox, ``-`` or a URL.

    Sources come one at a time, in the order of their names; what was unpacked or fetched for one is deleted when it is
    no longer referred to. ``options`` may be a function, asked anew for each file. In a folder or archive, a file that
    cannot be read is a source of one reject. Raises InputError (nothing to read, unknown kind, no text column),
    AmbiguousColumns, UsageError (the mapping names a field or column that is not there) and ModelError (a package is
    missing).
    """
    for found in find_files(path):
        yield from _open(found, options() if callable(options) else options or IngestOptions())


def open_source(path: str, options: IngestOptions | None = None) -> Source:
    """The one source that ``path`` names; InputError where it names several, else as ``open_sources``."""
    sources = open_sources(path, options)
    first = next(sources)
    if next(sources, None) is not None:
        raise InputError(f"{path} holds several tables or files", "name one")
    return first


def _open(found: Found, options: IngestOptions) -> list[Source]:
    if found.refused is not None or found.reader is None:
        reason, detail = found.refused or ("unknown_kind", "voc does not read this kind of file")
        return [refused_source(found.name, reason, detail, Fingerprint("", 0), options.mapping)]
    try:
        modified = found.path.stat().st_mtime_ns
        print_ = fingerprint(found.path)
        return [
            make_source(found.path, found.reader.kind, print_, modified, one, name=found.name, keep=found.keep)
            for one in _parts(found.reader, found, options)
        ]
    except VocError as error:
        if found.alone:
            raise
        print_ = fingerprint(found.path, maybe_empty=True)
        detail = f"{error.message}; {error.hint}" if error.hint else error.message
        return [refused_source(found.name, "unreadable_file", detail, print_, options.mapping)]


def _parts(reader: Reader, found: Found, options: IngestOptions) -> list[Opened]:
    several = getattr(reader, "open_parts", None)
    return [*several(found.path, options)] if several is not None else [reader.open(found.path, options)]
