"""Cases of customers who leave, with the log of what was done about them, and actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from voc.casework import Action, Case, CaseEvent
from voc.documents import Document
from voc.store.base import Part
from voc.store.rows import DOCUMENT_COLUMNS, document_of


class Cases(Part):
    """The part of the store that keeps cases and actions."""

    def cases(self) -> list[Case]:
        """All cases with their events, by the day that opened them, then id."""
        keys: dict[str, list[str]] = {}
        sql = """SELECT c.case_id, d.key FROM case_documents c JOIN documents d ON d.seq = c.document
            JOIN cases k ON k.id = c.case_id ORDER BY c.case_id, d.seq != k.document, d.key"""
        for case, key in self._db.rows(sql):
            keys.setdefault(case, []).append(key)
        events: dict[str, list[CaseEvent]] = {}
        for row in self._db.rows("SELECT case_id, day, kind, value, who FROM case_events ORDER BY day, number"):
            events.setdefault(row[0], []).append(CaseEvent(*row))
        return [
            Case(identity, tuple(keys.get(identity, ())), opened, owner, tuple(events.get(identity, ())))
            for identity, opened, owner in self._db.rows("SELECT id, opened, owner FROM cases ORDER BY opened, id")
        ]

    def save_cases(self, cases: Sequence[Case], dropped: Iterable[str] = ()) -> None:
        """Add ``cases`` and documents that joined known ones; forget those with an id of ``dropped``. In one
        transaction; doing it twice changes nothing more. ValueError for a document that is not stored."""
        with self._db.transaction():
            for identity in dropped:
                self._db.execute("DELETE FROM cases WHERE id = ?", (identity,))
            for case in cases:
                numbers = [self._document(key) for key in case.keys]
                self._db.execute(
                    "INSERT OR IGNORE INTO cases (id, document, opened, owner) VALUES (?, ?, ?, ?)",
                    (case.id, numbers[0], case.opened, case.routed),
                )
                self._db.execute_many(
                    "INSERT OR IGNORE INTO case_documents (document, case_id) VALUES (?, ?)",
                    [(number, case.id) for number in numbers],
                )

    def log_cases(self, events: Iterable[CaseEvent]) -> None:
        """Note what was done, all of it at once."""
        with self._db.transaction():
            self._db.execute_many(
                "INSERT INTO case_events (case_id, day, kind, value, who) VALUES (?, ?, ?, ?, ?)",
                [(e.case, e.day, e.kind, e.value, e.who) for e in events],
            )

    def actions(self) -> list[Action]:
        """All actions, in the order in which they were added."""
        sql = "SELECT number, driver, owner, due, text, added, done FROM actions ORDER BY number"
        return [Action(*row) for row in self._db.rows(sql)]

    def add_action(self, driver: str, owner: str, due: str | None, text: str, added: str) -> int:
        """Note an action; its number."""
        with self._db.transaction():
            return self._db.insert(
                "INSERT INTO actions (driver, owner, due, text, added) VALUES (?, ?, ?, ?, ?)",
                (driver, owner, due, text, added),
            )

    def finish_action(self, number: int, day: str) -> None:
        """Note that an action was done; the first day stands."""
        with self._db.transaction():
            self._db.execute("UPDATE actions SET done = ? WHERE number = ? AND done IS NULL", (day, number))

    def loop_revision(self) -> tuple[int, ...]:
        """Grows with each case, event and action, so that results know of them."""
        row = self._db.row(
            """SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM case_documents),
            (SELECT coalesce(max(number), 0) FROM case_events), (SELECT count(*) FROM actions),
            (SELECT count(*) FROM actions WHERE done IS NOT NULL)"""
        )
        return tuple(map(int, row or ()))

    def exchanges(self, numbers: Iterable[int]) -> Iterator[Document]:
        """Of the documents with one of ``numbers`` those that can hold an answer: with turns, a reply or a thread."""
        sql = f"""SELECT {DOCUMENT_COLUMNS} FROM documents d JOIN contents c ON c.document = d.seq
            WHERE d.seq IN (SELECT value FROM json_each(?)) AND (instr(c.rest, '"turns":') > 0
            OR instr(c.rest, '"reply":') > 0 OR instr(c.rest, '"thread":') > 0) ORDER BY d.seq"""  # noqa: S608
        for page in self._numbered(numbers):
            yield from map(document_of, self._db.rows(sql, (page,)))

    def values(self, keys: Iterable[str]) -> dict[str, float]:
        """What the customer of each document with one of ``keys`` is worth, where it is given."""
        sql = """SELECT d.key, json_extract(c.rest, '$.value') AS value FROM documents d
            JOIN contents c ON c.document = d.seq
            WHERE d.seq IN (SELECT value FROM json_each(?)) AND value IS NOT NULL"""
        return {key: float(value) for page in self._pages(keys) for key, value in self._db.rows(sql, (page,))}

    def _document(self, key: str) -> int:
        row = self._db.row("SELECT seq FROM documents WHERE key = ?", (key,))
        if row is None:
            raise ValueError(f"there is no document {key} in the store")
        return int(row[0])
