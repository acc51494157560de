"""Documents as they were given: walking, finding and searching them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, tzinfo

from voc.documents import Document
from voc.store.base import Part
from voc.store.connection import Value
from voc.store.rows import (
    AWARE,
    DATE,
    DOCUMENT_COLUMNS,
    NAIVE,
    UNDATED,
    document_of,
    instant,
    moment,
    time_form,
)


class Documents(Part):
    """The part of the store that hands documents out."""

    def latest_time(self, zone: tzinfo = UTC) -> str | None:
        """The latest time of any document, as it was given; dates and naive times are read in ``zone``. None where
        no document has a time.
        """
        times: list[str] = []
        for form in (DATE, NAIVE, AWARE):  # within a form the stored order is that of every zone
            row = self._db.row(
                "SELECT time FROM documents WHERE time_form = ? ORDER BY instant DESC, time DESC LIMIT 1", (form,)
            )
            if row:
                times.append(row[0])
        return max(times, key=lambda time: (moment(time, zone), time), default=None)

    def date_open(self, resolve: Callable[[str], str | None]) -> int:
        """Date the documents whose relative time ("3 weeks ago") had no day to count from, in one transaction.

        ``resolve`` gives the time of such a text, or None. The number of documents that are dated now.
        """
        rows = self._db.rows(
            """SELECT d.seq, json_extract(c.rest, '$.time_text') FROM documents d JOIN contents c ON c.document = d.seq
            WHERE d.time_form = ? AND json_extract(c.rest, '$.time_text') IS NOT NULL""",
            (UNDATED,),
        )
        dated = [(time, time_form(time), instant(time), seq) for seq, text in rows if (time := resolve(text))]
        if dated:
            with self._db.transaction():
                self._db.execute_many("UPDATE documents SET time = ?, time_form = ?, instant = ? WHERE seq = ?", dated)
        return len(dated)

    def documents(self, keys: Iterable[str] | None = None) -> Iterator[Document]:
        """All documents, or those with one of ``keys``, in the order in which they were ingested."""
        sql = f"""SELECT {DOCUMENT_COLUMNS} FROM documents d JOIN contents c ON c.document = d.seq
            WHERE d.seq IN (SELECT value FROM json_each(?)) ORDER BY d.seq"""  # noqa: S608
        for page in self._pages(keys):
            yield from map(document_of, self._db.rows(sql, (page,)))

    def ratings(self, numbers: Iterable[int]) -> dict[int, float]:
        """The rating as given of each document with one of ``numbers`` that is rated, by its number."""
        sql = """SELECT document, json_extract(rest, '$.rating') AS rating FROM contents
            WHERE document IN (SELECT value FROM json_each(?)) AND rating IS NOT NULL"""
        return {
            number: float(rating) for page in self._numbered(numbers) for number, rating in self._db.rows(sql, (page,))
        }

    def document(self, id_or_key: str) -> list[Document]:
        """The documents with this id (several sources may use the same one) or this content key."""
        sql = f"""SELECT {DOCUMENT_COLUMNS} FROM documents d JOIN contents c ON c.document = d.seq
            WHERE d.id = ? OR d.key = ? ORDER BY d.seq"""  # noqa: S608
        return [document_of(row) for row in self._db.rows(sql, (id_or_key, id_or_key))]

    def search(
        self,
        query: str,
        *,
        model: str | None = None,
        labels: Collection[str] = (),
        keys: Iterable[str] | None = None,
        limit: int = 20,
    ) -> list[Document]:
        """Documents whose text holds every word of ``query``, newest first, undated ones last; at most ``limit``.

        Words are separated by white space and found anywhere (Chinese has no spaces), whatever their case or width.
        ``labels`` keeps documents that ``model`` gave at least one of them; ``keys`` keeps those documents.
        """
        words = _fold(query).split()
        self._db.define("holds_words", lambda text: all(word in _fold(text) for word in words))
        conditions, values = list[str](), list[Value]()
        if keys is not None:
            conditions.append("d.key IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(keys)))
        if labels:
            conditions.append(
                """EXISTS (SELECT 1 FROM predictions p, json_each(?) l
                WHERE p.model = ? AND p.document = d.seq AND instr(p.labels, json_quote(l.value)))"""
            )
            values += [json.dumps(sorted(labels)), self._model(model or "")]
        conditions.append("holds_words(c.text)")  # the dearest test comes last
        sql = f"""SELECT {DOCUMENT_COLUMNS} FROM documents d JOIN contents c ON c.document = d.seq
            WHERE {" AND ".join(conditions)} ORDER BY d.instant DESC, d.seq LIMIT ?"""  # noqa: S608
        return [document_of(row) for row in self._db.rows(sql, (*values, limit))]


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
