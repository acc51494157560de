"""Taking the words out of documents for good, while everything that was counted stays.

An erased document keeps its place, channel, language, product, labels and probabilities, and a day; gone are text, id,
customer, source row, evidence, scores, segments, vectors, signatures and what people wrote about it. What stands for it
is a `Document` without words, whose content key takes the place of the old one wherever that was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from voc.documents import NOTICE, Document
from voc.store.base import Part
from voc.store.rows import SavedReport, document_rest, dumps, instant, time_form
from voc.store.subjects import EXPIRED, FORGOTTEN

# Each for documents in a JSON array of numbers.
_BLANK = (
    """DELETE FROM evidence WHERE prediction IN
    (SELECT id FROM predictions WHERE document IN (SELECT value FROM json_each(?)))""",
    """UPDATE outputs SET segments = x'', scores = x'' WHERE prediction IN
    (SELECT id FROM predictions WHERE document IN (SELECT value FROM json_each(?)))""",
    """UPDATE predictions SET pieces = 0, shard = NULL, shard_row = 0
    WHERE document IN (SELECT value FROM json_each(?))""",
    "UPDATE signatures SET bands = x'', hashes = x'' WHERE document IN (SELECT value FROM json_each(?))",
    "UPDATE hand_labels SET quote = '', reason = '' WHERE document IN (SELECT value FROM json_each(?))",
)
_KEY = re.compile(r"\b[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Erasure:
    """The document numbered ``number``, with the content key ``key``, becomes ``left``."""

    number: int
    key: str
    left: Document


class Erasing(Part):
    """The part of the store that erases."""

    def erase(
        self,
        why: str,
        erasures: Sequence[Erasure],
        cases: Mapping[str, str] | None = None,
        mentions: Iterable[str] = (),
    ) -> None:
        """Erase documents (``why``: forgotten or expired), in one transaction or as a part of the caller's.

        ``cases``: old to new id of cases that must not be known again; ``mentions``: names of customers that are
        blanked in the excerpts of rejected rows. Shards that are replaced stay in their folder until `sweep`, so
        that nothing is lost where the transaction fails.
        """
        self._db.overwrite_deleted()
        names = {e.key: e.left.key for e in erasures}
        numbers = json.dumps([e.number for e in erasures])
        with self._db.transaction():
            self._blank_vectors(why, erasures)
            self._blank_rows(why, erasures)
            self._blank_results(numbers)
            self._new_heads(numbers)
            self._blank_themes(names)
            for old, new in (cases or {}).items():
                self._rename_case(old, new)
            for name in mentions:
                self._blank_rejects(name)

    def save_erased_reports(self, reports: Sequence[SavedReport]) -> None:
        """Put ``reports``, in which nothing but words of customers was replaced, in the place of their revisions."""
        with self._db.transaction():
            self._db.execute_many(
                "UPDATE reports SET digest = ?, value = ? WHERE week = ? AND revision = ?",
                [(r.digest, r.value, r.week, r.revision) for r in reports],
            )

    def _blank_rows(self, why: str, erasures: Sequence[Erasure]) -> None:
        for e in erasures:
            left = e.left
            self._db.execute(
                """UPDATE documents SET key = ?, id = ?, customer = ?, time = ?, time_form = ?, instant = ?, erased = ?,
                product = ?, region = ?, row = CASE WHEN ? THEN 0 ELSE row END WHERE seq = ?""",
                (left.key, left.id, left.customer, left.time, time_form(left.time), instant(left.time), why,
                 left.product, left.region, why == FORGOTTEN, e.number),
            )  # fmt: skip
            self._db.execute(
                "UPDATE contents SET text = '', rest = ? WHERE document = ?", (document_rest(left), e.number)
            )
            if why == EXPIRED:
                self._db.execute("INSERT OR IGNORE INTO spent_keys (key, document) VALUES (?, ?)", (e.key, e.number))
            else:
                self._db.execute("DELETE FROM spent_keys WHERE document = ?", (e.number,))

    def _blank_results(self, numbers: str) -> None:
        """``numbers``: of documents, as a JSON array."""
        for sql in _BLANK:
            self._db.execute(sql, (numbers,))
        notes = """UPDATE case_events SET value = ? WHERE kind = 'note' AND case_id IN
            (SELECT case_id FROM case_documents WHERE document IN (SELECT value FROM json_each(?)))"""
        self._db.execute(notes, (NOTICE, numbers))

    def _new_heads(self, numbers: str) -> None:
        """Families that an erased document headed are headed by the first of their members that can still be linked;
        the erased one stays a member, so that what a customer said twice is still counted once."""
        heads = "SELECT DISTINCT first FROM families WHERE first IN (SELECT value FROM json_each(?))"
        for (head,) in self._db.rows(heads, (numbers,)):
            sql = """SELECT min(f.document) FROM families f JOIN signatures s ON s.document = f.document
                WHERE f.first = ? AND length(s.bands)"""
            new = self._db.integer(sql, (head,))
            if new:
                self._db.execute("UPDATE families SET first = ? WHERE first = ?", (new, head))

    def _blank_vectors(self, why: str, erasures: Sequence[Erasure]) -> None:
        """New shards without the vectors of these documents in the place of those that hold them."""
        keys, numbers = {e.key for e in erasures}, json.dumps([e.number for e in erasures])
        named = """SELECT DISTINCT s.id, s.path FROM shards s JOIN predictions p ON p.shard = s.id
            WHERE p.document IN (SELECT value FROM json_each(?)) ORDER BY s.id"""
        # A prediction that was dropped (`set_labels`) leaves rows that nothing names: the forgotten are sought in all.
        shards = (
            self._db.rows("SELECT id, path FROM shards ORDER BY id")
            if why == FORGOTTEN
            else self._db.rows(named, (numbers,))
        )
        for shard, path in shards:
            kept = self._db.row(
                """SELECT 1 FROM predictions WHERE shard = ? AND pieces > 0
                AND document NOT IN (SELECT value FROM json_each(?)) LIMIT 1""",
                (shard, numbers),
            )
            if kept is None:
                self._db.execute("DELETE FROM shards WHERE id = ?", (shard,))
            elif (made := self._vectors.blanked(str(path), keys)) is not None:
                self._db.execute("UPDATE shards SET path = ?, sha256 = ? WHERE id = ?", (made.path, made.sha256, shard))

    def _blank_themes(self, names: Mapping[str, str]) -> None:
        """Themes quote none of them any more; the log of themes names them by their new keys."""
        for run, position, quotes, detail in self._db.rows("SELECT run, position, quotes, detail FROM themes"):
            if not _holds(quotes, names) and not _holds(detail, names):
                continue
            left = [ref for ref in json.loads(quotes) if ref[0] not in names]
            rest = json.loads(detail)
            if rest.get("counter") and rest["counter"][0] in names:
                del rest["counter"]
            self._db.execute(
                "UPDATE themes SET quotes = ?, detail = ? WHERE run = ? AND position = ?",
                (dumps(left), dumps(rest), run, position),
            )
        for number, moved in self._db.rows("SELECT number, moved FROM theme_events"):
            if _holds(moved, names):
                renamed = _KEY.sub(lambda found: names.get(found[0], found[0]), moved)
                self._db.execute("UPDATE theme_events SET moved = ? WHERE number = ?", (renamed, number))

    def _rename_case(self, old: str, new: str) -> None:
        if not self._db.row("SELECT 1 FROM cases WHERE id = ?", (old,)):
            return
        self._db.execute("PRAGMA defer_foreign_keys = ON")  # until this transaction ends
        self._db.execute("UPDATE cases SET id = ? WHERE id = ?", (new, old))
        self._db.execute("UPDATE case_documents SET case_id = ? WHERE case_id = ?", (new, old))
        self._db.execute("UPDATE case_events SET case_id = ? WHERE case_id = ?", (new, old))

    def _blank_rejects(self, customer: str) -> None:
        named = re.compile(rf"(?<!\w){re.escape(customer)}(?!\w)")
        sql = "SELECT input, row, detail, value FROM rejects WHERE instr(value, ?) OR instr(detail, ?)"
        for source, row, detail, value in self._db.rows(sql, (customer, customer)):
            if named.search(value) or named.search(detail):
                self._db.execute(
                    "UPDATE rejects SET value = ?, detail = ? WHERE input = ? AND row = ?",
                    (NOTICE, named.sub(NOTICE, detail), source, row),
                )

    def blank_rejects_of(self, inputs: Collection[int]) -> int:
        """Empty the excerpts of rejected rows of these sources; how many."""
        with self._db.transaction():
            return self._db.execute(
                "UPDATE rejects SET value = '' WHERE value != '' AND input IN (SELECT value FROM json_each(?))",
                (json.dumps(sorted(inputs)),),
            )


def _holds(text: str, names: Mapping[str, str]) -> bool:
    return any(key in names for key in _KEY.findall(text))
