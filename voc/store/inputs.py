"""Sources: what was read of them, which rows became documents, and which were rejected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from voc.documents import Document, Reject
from voc.store.rows import (
    BatchResult,
    InputState,
    StoredReject,
    document_rest,
    dumps,
    instant,
    storable,
    time_form,
)
from voc.store.subjects import Subjects

_STATE = "id, name, sha256, kind, mapping, choices, done, rows, documents, duplicates, rejects, forgotten"


class Inputs(Subjects):
    """The part of the store that takes documents in."""

    def begin_input(
        self, name: str, sha256: str, kind: str, mapping: Mapping[str, str], choices: Sequence[str] = ()
    ) -> InputState:
        """Start (or look up) a source; name, content and column mapping identify it. One that is ``done`` need not be
        read again. One that a killed run left is counted afresh: it has to be read again from its first row.
        """
        identity = (name, sha256, dumps(dict(mapping)))
        find = f"SELECT {_STATE} FROM inputs WHERE name = ? AND sha256 = ? AND mapping = ?"  # noqa: S608
        row = self._db.row(find, identity)
        if row and row[6]:
            return _state(row)
        with self._db.transaction():
            self._db.execute(
                """INSERT INTO inputs (name, sha256, mapping, kind, choices) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name, sha256, mapping) DO UPDATE SET kind = excluded.kind, choices = excluded.choices,
                rows = 0, documents = 0, duplicates = 0, rejects = 0, forgotten = 0""",
                (*identity, kind, dumps(list(choices))),
            )
            row = self._db.rows(find, identity)[0]
            self._db.execute("DELETE FROM rejects WHERE input = ?", (row[0],))
        return _state(row)

    def add_batch(
        self, input_id: int, documents: Sequence[tuple[int, Document]], rejects: Sequence[Reject] = ()
    ) -> BatchResult:
        """Store the documents (with their rows) and rejects of one batch of a source, in one transaction.

        A row whose content is stored already is a duplicate, unless it is this very row, stored by a run that was
        killed before it finished the source: that one counts as added. What a forgotten customer left is not stored,
        only counted. KeyError where the input is unknown.
        """
        with self._db.transaction():
            if not self._db.row("SELECT 1 FROM inputs WHERE id = ?", (input_id,)):
                raise KeyError(f"no input {input_id}")
            gone = self._forgotten([document for _, document in documents])
            kept = [(row, document) for row, document in documents if document.customer not in gone]
            forgotten = len(documents) - len(kept)
            added = sum(self._add(input_id, row, document) for row, document in kept)
            duplicates = len(kept) - added
            self._db.execute_many(
                "INSERT OR REPLACE INTO rejects (input, row, reason, detail, value) VALUES (?, ?, ?, ?, ?)",
                [(input_id, r.row, _text(r.reason), _text(r.detail), _text(r.value)) for r in rejects],
            )
            self._db.execute(
                """UPDATE inputs SET rows = rows + ?, documents = documents + ?, duplicates = duplicates + ?,
                rejects = rejects + ?, forgotten = forgotten + ? WHERE id = ?""",
                (len(documents) + len(rejects), added, duplicates, len(rejects), forgotten, input_id),
            )
        return BatchResult(added, duplicates, len(rejects), forgotten)

    def finish_input(self, input_id: int) -> None:
        """The source was read to its end."""
        with self._db.transaction():
            self._db.execute("UPDATE inputs SET done = 1 WHERE id = ?", (input_id,))

    def note_arrivals(self, day: str) -> None:
        """The sources that were read to their end since the last call arrived on ``day`` (an ISO date)."""
        with self._db.transaction():
            self._db.execute("UPDATE inputs SET arrived = ? WHERE done AND arrived IS NULL", (day,))

    def arrivals(self) -> Iterator[tuple[str, str, int]]:
        """(time as it was given, day of arrival, documents) of all dated documents whose day of arrival is known."""
        sql = """SELECT d.time, i.arrived, count(*) FROM documents d JOIN inputs i ON i.id = d.input
            WHERE d.time IS NOT NULL AND i.arrived != '' GROUP BY i.arrived, d.time ORDER BY 2, 1"""
        yield from self._db.rows(sql)

    def sources(self) -> list[InputState]:
        """All sources in the order in which they were begun."""
        return [_state(row) for row in self._db.rows(f"SELECT {_STATE} FROM inputs ORDER BY id")]  # noqa: S608

    def source_times(self) -> Iterator[tuple[str, str]]:
        """Source and latest time, as it was given, for each day on which a source has documents; sources in the order
        in which they were begun."""
        # In one pass: there may be as many sources as calls or chats.
        sql = """SELECT i.name, d.time FROM (
                SELECT input, time, max(instant) FROM documents WHERE time IS NOT NULL
                GROUP BY input, substr(time, 1, 10)) d
            JOIN inputs i ON i.id = d.input ORDER BY d.input, d.time"""
        yield from self._db.rows(sql)

    def rejects(self) -> Iterator[StoredReject]:
        """All rejected rows, by source, then row."""
        last = (0, -1)
        sql = """SELECT r.input, r.row, i.name, r.reason, r.detail, r.value
            FROM rejects r JOIN inputs i ON i.id = r.input
            WHERE (r.input, r.row) > (?, ?) ORDER BY r.input, r.row LIMIT 500"""
        while page := self._db.rows(sql, last):
            for number, row, name, reason, detail, value in page:
                last = (number, row)
                yield StoredReject(name, row, reason, detail, value)

    def reject_reasons(self, input_id: int | None = None) -> dict[str, int]:
        """How many rows were rejected for each reason, by reason; of all sources or of one."""
        return dict(
            self._db.rows(
                "SELECT reason, count(*) FROM rejects WHERE input = coalesce(?, input) GROUP BY reason ORDER BY reason",
                (input_id,),
            )
        )

    def _add(self, input_id: int, row: int, given: Document) -> bool:
        """True where the document is new, or is what this row gave before."""
        document = storable(given)
        key = document.key
        spent = self._db.row(
            "SELECT d.input, d.row FROM spent_keys s JOIN documents d ON d.seq = s.document WHERE s.key = ?", (key,)
        )
        if spent is not None:
            return spent == (input_id, row)
        changed = self._db.execute(
            """INSERT INTO documents
            (key, id, input, row, source, channel, customer, time, time_form, instant, language, product, region)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING""",
            (key, document.id, input_id, row, document.source, document.channel, document.customer, document.time,
             time_form(document.time), instant(document.time), document.language, document.product, document.region),
        )  # fmt: skip
        if not changed:
            stored = self._db.row("SELECT input, row FROM documents WHERE key = ?", (key,))
            return stored == (input_id, row)
        self._db.execute(
            "INSERT INTO contents (document, text, rest) VALUES ((SELECT seq FROM documents WHERE key = ?), ?, ?)",
            (key, document.text, document_rest(document)),
        )
        return True


def _text(text: str) -> str:
    """A reject shows raw input, which may hold what UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _state(row: Sequence[object]) -> InputState:
    number, name, sha256, kind, mapping, choices, done, *counts = row
    rows, documents, duplicates, rejects, forgotten = (int(str(c)) for c in counts)
    return InputState(
        int(str(number)), str(name), str(sha256), str(kind), json.loads(str(mapping)), tuple(json.loads(str(choices))),
        bool(done), rows, documents, duplicates, rejects, forgotten,
    )  # fmt: skip
