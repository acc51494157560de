"""What the parts of the store share: the database, the vectors, and the order in which documents are walked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from voc.store.connection import Database
from voc.store.vectors import Vectors

PAGE = 500
"""Documents read in one query: a walk holds that many at a time, and no read transaction stays open between them."""

LONG_PAGE = 5000
"""The same of light rows."""


class Part:
    """Base of the store's parts; `Store` joins them over one connection."""

    workspace: Path
    _db: Database
    _vectors: Vectors
    _frontiers: dict[int, int]
    """For each model, a document number up to which it has classified everything: walks need not start at 1."""

    def _pages(self, keys: Iterable[str] | None = None) -> Iterator[str]:
        """Pages of document numbers in ingest order, each as a JSON array for ``json_each``.

        All documents, or those with one of ``keys`` (each once; unknown ones are passed over).
        """
        if keys is None:
            last = 0
            while page := self._db.rows("SELECT seq FROM documents WHERE seq > ? ORDER BY seq LIMIT ?", (last, PAGE)):
                last = page[-1][0]
                yield json.dumps([seq for (seq,) in page])
            return
        wanted = list(keys)
        numbers: set[int] = set()
        for start in range(0, len(wanted), PAGE):
            some = json.dumps(wanted[start : start + PAGE])
            sql = "SELECT seq FROM documents WHERE key IN (SELECT value FROM json_each(?))"
            numbers.update(seq for (seq,) in self._db.rows(sql, (some,)))
        yield from self._numbered(numbers, PAGE)

    def _numbered(self, numbers: Iterable[int], page: int = LONG_PAGE) -> Iterator[str]:
        """Pages of ``numbers`` of documents in ingest order, each as a JSON array for ``json_each``."""
        ordered = sorted(numbers)
        for start in range(0, len(ordered), page):
            yield json.dumps(ordered[start : start + page])

    def document_count(self) -> int:
        """Number of documents, duplicates and rejects left out."""
        return self._db.integer("SELECT count(*) FROM documents")

    def _model(self, name: str) -> int:
        """The number of a model; 0, which no row has, where nothing of it was stored."""
        return self._db.integer("SELECT id FROM models WHERE name = ?", (name,))
