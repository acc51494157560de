"""Families of near duplicates: the signatures of documents, and which documents belong together."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.documents import Document
from voc.store.base import PAGE, Part
from voc.store.rows import DOCUMENT_COLUMNS, document_of

STAGE = "families"


@dataclass(frozen=True, slots=True, eq=False)
class Signed:
    """All signed documents that can be linked, in ingest order: their numbers (n,) int64, band keys (n, bands) uint32,
    and the number of the first document of the family of each (n,) int64, -1 where it was not yet linked."""

    numbers: NDArray[np.int64]
    bands: NDArray[np.uint32]
    first: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Twin:
    """A document in a family of several, without its text. ``family`` is a number that its members share in this
    store; it means nothing beyond it."""

    family: int
    key: str
    time: str | None
    customer: str | None


class Families(Part):
    """The part of the store that keeps near duplicates together."""

    def unsigned(self) -> Iterator[list[tuple[int, Document]]]:
        """Documents without a signature, with their numbers, a page at a time, in ingest order."""
        last = 0
        sql = f"""SELECT d.seq, {DOCUMENT_COLUMNS} FROM documents d JOIN contents c ON c.document = d.seq
            LEFT JOIN signatures s ON s.document = d.seq
            WHERE d.seq > ? AND s.document IS NULL ORDER BY d.seq LIMIT ?"""  # noqa: S608
        while page := self._db.rows(sql, (last, PAGE)):
            last = page[-1][0]
            yield [(seq, document_of(columns)) for seq, *columns in page]

    def count_unlinked(self) -> int:
        """How many documents were not yet signed and linked."""
        return self.document_count() - self._db.integer("SELECT count(*) FROM families")

    def use_scheme(self, scheme: str) -> None:
        """Say how signatures are made; those that were made otherwise are forgotten, and the families with them."""
        if self._db.row("SELECT 1 FROM stages WHERE stage = ? AND fingerprint = ?", (STAGE, scheme)):
            return
        with self._db.transaction():
            self._db.execute("DELETE FROM families")
            self._db.execute("DELETE FROM signatures")
            self._db.execute("INSERT OR REPLACE INTO stages VALUES (?, '', ?)", (STAGE, scheme))

    def add_signatures(self, signatures: Sequence[tuple[int, bytes, bytes]]) -> None:
        """Store (number of the document, band keys, hashes) in one transaction. Empty bytes: it cannot be linked, and
        is a family of its own."""
        with self._db.transaction():
            self._db.execute_many(
                "INSERT OR REPLACE INTO signatures (document, bands, hashes) VALUES (?, ?, ?)", signatures
            )
            self._save([(number, number) for number, bands, _ in signatures if not bands])

    def signed(self) -> Signed:
        """What linking works on. Memory: 100 bytes a document or so."""
        numbers, firsts, bands, last = array("q"), array("q"), bytearray(), 0
        sql = """SELECT s.document, s.bands, coalesce(f.first, -1) FROM signatures s LEFT JOIN families f
            USING (document) WHERE s.document > ? AND length(s.bands) ORDER BY s.document LIMIT 20000"""
        while page := self._db.rows(sql, (last,)):
            last = page[-1][0]
            for number, blob, first in page:
                numbers.append(number)
                firsts.append(first)
                bands += blob
        keys = np.frombuffer(bytes(bands), dtype="<u4").astype(np.uint32)
        return Signed(
            np.array(numbers, dtype=np.int64),
            keys.reshape(len(numbers), -1) if numbers else keys.reshape(0, 0),
            np.array(firsts, dtype=np.int64),
        )

    def hashes(self, numbers: Sequence[int]) -> NDArray[np.uint16]:
        """The hashes (n, permutations) of signed documents, in the order asked."""
        found: dict[int, bytes] = {}
        for start in range(0, len(numbers), PAGE):
            some = json.dumps([int(n) for n in numbers[start : start + PAGE]])
            sql = "SELECT document, hashes FROM signatures WHERE document IN (SELECT value FROM json_each(?))"
            found.update(self._db.rows(sql, (some,)))
        values = np.frombuffer(b"".join(found[int(n)] for n in numbers), dtype="<u2").astype(np.uint16)
        return values.reshape(len(numbers), -1)

    def save_families(self, families: Iterable[tuple[int, int]]) -> None:
        """Store (number, number of its family's first document) in one transaction; the rest stays as it is."""
        with self._db.transaction():
            self._save(families)

    def _save(self, families: Iterable[tuple[int, int]]) -> None:
        self._db.execute_many("INSERT OR REPLACE INTO families (document, first) VALUES (?, ?)", families)

    def family_counts(self) -> tuple[int, int]:
        """How many documents are near duplicates of an earlier one, and how many families of several there are."""
        sizes = "SELECT count(*) AS n FROM families GROUP BY first HAVING n > 1"
        linked, families = self._db.rows(f"SELECT coalesce(sum(n - 1), 0), count(*) FROM ({sizes})")[0]  # noqa: S608
        return int(linked), int(families)

    def twins(self) -> Iterator[Twin]:
        """The documents of all families of several, family by family."""
        sql = """SELECT f.first, d.key, d.time, d.customer FROM families f JOIN documents d ON d.seq = f.document
            WHERE f.first IN (SELECT value FROM json_each(?)) ORDER BY f.first, d.seq"""
        last = 0
        several = "SELECT first FROM families WHERE first > ? GROUP BY first HAVING count(*) > 1 ORDER BY first LIMIT ?"
        while page := [first for (first,) in self._db.rows(several, (last, PAGE))]:
            last = page[-1]
            for row in self._db.rows(sql, (json.dumps(page),)):
                yield Twin(*row)
