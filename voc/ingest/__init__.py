"""From files to documents: one reader per family, each bad row a reject with its reason.

A further family is a module with a ``Reader`` and a line in ``READERS``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from voc.errors import InputError
from voc.ingest.csv_table import CsvReader
from voc.ingest.jsonl import JsonlReader
from voc.ingest.lines import fingerprint
from voc.ingest.record import IngestOptions
from voc.ingest.source import Reader, Source, make_source

__all__ = ["READERS", "IngestOptions", "Source", "open_source"]

READERS: Final[tuple[Reader, ...]] = (CsvReader(), JsonlReader())


def open_source(path: str, options: IngestOptions | None = None) -> Source:
    """Look at the file ``path`` and decide how to read it; nothing is read to its end but for the hash.

    Raises InputError (not a file, unknown kind, empty, not UTF-8, no text column), AmbiguousColumns (several columns
    could be the text) and UsageError (the mapping names a field or column that is not there).
    """
    file = Path(path)
    if file.is_dir():
        raise InputError(f"{path} is a folder", "name the files in it")
    if not file.exists():
        raise InputError(f"{path} does not exist", "check the name")
    if not file.is_file():
        raise InputError(f"{path} is not a regular file", "write its content to a file first")
    suffix = file.suffix.lower()
    for reader in READERS:
        if suffix in reader.suffixes:
            modified = file.stat().st_mtime_ns
            return make_source(
                file, reader.kind, fingerprint(file), modified, reader.open(file, options or IngestOptions())
            )
    kinds = ", ".join(suffix for reader in READERS for suffix in reader.suffixes)
    raise InputError(f"{file.name}: unknown kind of file {suffix or '(no ending)'}", f"voc reads {kinds}")
