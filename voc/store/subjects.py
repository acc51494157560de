"""What the store knows of one customer, and who was forgotten.

A customer is known by a *mark* (m- and hex digits): their pseudonym under ``W/subjects.key``, a secret (0600) that is
made at first use, never leaves the workspace but in its backups, and is not the key of the pseudonyms in exports: those
can be given another key at any time, while a mark must find its customer again after years. Marks stand for the
customers of documents that expired, for those who were forgotten (tombstones), and in the audit log.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from voc.documents import Document
from voc.errors import StoreError
from voc.privacy import pseudonym
from voc.store.base import Part
from voc.store.files import SecretHints, secret
from voc.store.rows import DOCUMENT_COLUMNS, document_of

KEY_FILE = "subjects.key"
MARK = "m-"
FORGOTTEN, EXPIRED = "forgotten", "expired"
_KEY_HINTS: Final = SecretHints(
    refused="Give yourself the right to write in the workspace.",
    exposed="Run chmod 600 on it. It cannot be changed: who has read it can test whether a name that "
    "they know was forgotten, so keep copies of the store from them.",
    empty="Put it back from a backup (voc restore writes it). Remove it only if nobody was ever forgotten.",
)
LAST_DAYS = 2.0 * 86400
"""Seconds by which a local day can lie off the day of ``instant``, rounded up."""


@dataclass(frozen=True, slots=True)
class Held:
    """A document with its number in this store, the row it came from, and why its words are gone (None: they are
    there)."""

    number: int
    key: str
    document: Document
    row: int
    erased: str | None


class Subjects(Part):
    """The part of the store that finds a customer's documents and knows who was forgotten."""

    def mark(self, customer: str) -> str:
        """The mark of a customer. StoreError where the key that made the tombstones is gone or another one."""
        return self.marks([customer])[customer]

    def marks(self, customers: Iterable[str]) -> dict[str, str]:
        """The mark of each of ``customers``; what is a mark already stands for itself."""
        key = self._subjects_key()
        return {c: c if is_mark(c) else MARK + pseudonym(key=key, customer=c).rpartition("-")[2] for c in customers}

    def key_probe(self) -> str:
        """Tells by which key marks are made, which is made where there is none yet: 16 hex digits."""
        return _probe(self._subjects_key())

    def tombstones(self) -> dict[str, str | None]:
        """The marks of all who were forgotten, with the as-of day of that."""
        return dict(self._db.rows("SELECT mark, day FROM tombstones ORDER BY mark"))

    def add_tombstones(self, marks: Mapping[str, str | None]) -> None:
        """Remember that these were forgotten; known ones keep their day."""
        probe = _probe(self._subjects_key())
        with self._db.transaction():
            self._db.execute_many(
                "INSERT OR IGNORE INTO tombstones (mark, probe, day) VALUES (?, ?, ?)",
                [(mark, probe, day) for mark, day in marks.items()],
            )

    def customers(self) -> list[str]:
        """Every customer that a document names, once; those of erased documents by what stands for them."""
        sql = "SELECT DISTINCT customer FROM documents WHERE customer IS NOT NULL ORDER BY customer"
        return [str(customer) for (customer,) in self._db.rows(sql)]

    def held(self, customers: Collection[str]) -> list[Held]:
        """The documents of any of ``customers``, in ingest order."""
        sql = f"""SELECT d.seq, d.key, d.row, d.erased, {DOCUMENT_COLUMNS} FROM documents d
            JOIN contents c ON c.document = d.seq
            WHERE d.customer IN (SELECT value FROM json_each(?)) ORDER BY d.seq"""  # noqa: S608
        return [_held(row) for row in self._db.rows(sql, (json.dumps(sorted(customers)),))]

    def held_by_number(self, numbers: Collection[int]) -> list[Held]:
        """The documents with these numbers, in ingest order."""
        sql = f"""SELECT d.seq, d.key, d.row, d.erased, {DOCUMENT_COLUMNS} FROM documents d
            JOIN contents c ON c.document = d.seq
            WHERE d.seq IN (SELECT value FROM json_each(?)) ORDER BY d.seq"""  # noqa: S608
        return [_held(row) for row in self._db.rows(sql, (json.dumps(sorted(numbers)),))]

    def spent_keys(self, numbers: Collection[int]) -> dict[int, str]:
        """The content keys that expired documents had, by number."""
        sql = "SELECT document, key FROM spent_keys WHERE document IN (SELECT value FROM json_each(?))"
        return dict(self._db.rows(sql, (json.dumps(sorted(numbers)),)))

    def with_words(self, before: float) -> Iterator[tuple[int, int, str | None]]:
        """(number, source, time) of each document whose words are there and that is undated or dated before the instant
        ``before``, give or take two days (the local day decides, and is the caller's to tell), in ingest order."""
        last = 0
        sql = """SELECT seq, input, time FROM documents
            WHERE seq > ? AND erased IS NULL AND (instant IS NULL OR instant < ?) ORDER BY seq LIMIT 20000"""
        while page := self._db.rows(sql, (last, before + LAST_DAYS)):
            last = page[-1][0]
            yield from page

    def latest_by_input(self) -> dict[int, str | None]:
        """For each source, in the order in which they were begun, the as-of of the command that read it, else the
        latest time of its documents; None where neither is known."""
        sql = """SELECT i.id, coalesce(nullif(i.arrived, ''), (SELECT d.time FROM documents d
            WHERE d.input = i.id AND d.instant IS NOT NULL ORDER BY d.instant DESC LIMIT 1))
            FROM inputs i ORDER BY i.id"""
        return dict(self._db.rows(sql))

    def erased(self) -> dict[str, int]:
        """How many documents have lost their words, by why."""
        return dict(
            self._db.rows(
                "SELECT erased, count(*) FROM documents WHERE erased IS NOT NULL GROUP BY erased ORDER BY erased"
            )
        )

    def erased_keys(self) -> set[str]:
        """Keys of the documents that have lost their words."""
        return {str(key) for (key,) in self._db.rows("SELECT key FROM documents WHERE erased IS NOT NULL")}

    def errands(self) -> list[tuple[int, str, str]]:
        """(number, kind, target) of what a forget has still to do outside the database, in order."""
        return [(n, k, t) for n, k, t in self._db.rows("SELECT number, kind, target FROM errands ORDER BY number")]

    def add_errands(self, errands: Sequence[tuple[str, str]]) -> None:
        """Note (kind, target) of what is to be done."""
        with self._db.transaction():
            self._db.execute_many("INSERT INTO errands (kind, target) VALUES (?, ?)", errands)

    def finish_errand(self, number: int) -> None:
        """It was done."""
        with self._db.transaction():
            self._db.execute("DELETE FROM errands WHERE number = ?", (number,))

    def identity(self) -> str:
        """The id of this workspace: 32 hex digits, the same in its backups and what is restored from them."""
        return str((self._db.row("SELECT value FROM workspace WHERE name = 'id'") or ("",))[0])

    def last_number(self) -> int:
        """The number of the document that was stored last; 0 in an empty store."""
        return self._db.integer("SELECT max(seq) FROM documents")

    def _forgotten(self, documents: Sequence[Document]) -> set[str]:
        """The customers of ``documents`` who were forgotten."""
        tombstones = self.tombstones()
        if not tombstones:
            return set()
        marks = self.marks({d.customer for d in documents if d.customer is not None})
        return {name for name, mark in marks.items() if mark in tombstones}

    def _subjects_key(self) -> bytes:
        path = self.workspace / KEY_FILE
        probe = self._db.row("SELECT probe FROM tombstones LIMIT 1")
        if probe is not None and not path.exists():
            raise StoreError(
                f"{path} is missing: customers were forgotten by it, and could come back unnoticed",
                "Put it back from a backup (voc restore writes it) before anything is read.",
            )
        key = secret(path, _KEY_HINTS)
        if probe is not None and probe[0] != _probe(key):
            raise StoreError(
                f"{path} is not the key by which customers were forgotten", "Put the right one back from a backup."
            )
        return key


def is_mark(name: str) -> bool:
    """Whether ``name`` has the form of a mark."""
    return re.fullmatch(rf"{MARK}[0-9a-f]{{16,64}}", name) is not None


def _probe(key: bytes) -> str:
    return hmac.new(key, b"voc subjects", hashlib.sha256).hexdigest()[:16]


def _held(row: Sequence[object]) -> Held:
    number, key, place, erased, *columns = row
    document = document_of([None if c is None else str(c) for c in columns])
    return Held(int(str(number)), str(key), document, int(str(place)), None if erased is None else str(erased))
