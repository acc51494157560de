"""Whether the database is whole and means something: what `voc doctor --store` asks of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from voc.errors import StoreError
from voc.store.subjects import Subjects

_RESTORE: Final = (
    "Restore a backup: voc restore FILE -w NEW. Without one, run voc on the same inputs in a new workspace."
)
_AGAIN: Final = "voc run on any input, or voc classify: what is missing is computed anew"
# Each finds nothing in a sound store, whatever moment a run was killed at.
_ORPHANS: Final = (
    (
        "documents without contents",
        "SELECT count(*) FROM documents d LEFT JOIN contents c ON c.document = d.seq WHERE c.document IS NULL",
        _RESTORE,
    ),
    (
        "predictions without outputs",
        "SELECT count(*) FROM predictions p LEFT JOIN outputs o ON o.prediction = p.id WHERE o.prediction IS NULL",
        _RESTORE,
    ),
    (
        "predictions whose segments are not those of their vectors",
        """SELECT count(*) FROM predictions p JOIN outputs o ON o.prediction = p.id
        WHERE length(o.segments) != 16 * p.pieces""",
        _RESTORE,
    ),
    (
        "predictions that lost their vectors",
        "SELECT count(*) FROM predictions WHERE pieces > 0 AND shard IS NULL",
        _AGAIN,
    ),
    (
        "evidence that points outside its document",
        """SELECT count(*) FROM evidence e JOIN predictions p ON p.id = e.prediction
        JOIN contents c ON c.document = p.document
        WHERE e.start < 0 OR e.start > e."end" OR e."end" > length(c.text)""",
        _RESTORE,
    ),
    (
        "themes without the run that they belong to",
        "SELECT count(*) FROM themes t LEFT JOIN theme_runs r ON r.id = t.run WHERE r.id IS NULL",
        _RESTORE,
    ),
    (
        "erased documents that still hold words",
        """SELECT count(*) FROM documents d JOIN contents c ON c.document = d.seq
        WHERE d.erased IS NOT NULL AND c.text != ''""",
        _RESTORE,
    ),
    (
        "erased documents with signatures of their words",
        """SELECT count(*) FROM documents d JOIN signatures s ON s.document = d.seq
        WHERE d.erased IS NOT NULL AND length(s.bands)""",
        _RESTORE,
    ),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and the command or step that mends it."""

    what: str
    mend: str


class Health(Subjects):
    """The part of the store that looks at itself. Everything reads; nothing is changed."""

    def page_faults(self) -> list[Fault]:
        """Damaged pages, indexes and references."""
        lines = [str(line) for (line,) in self._db.rows("PRAGMA integrity_check") if line != "ok"]
        found = [f"{self._db.path.name}: {' '.join(line.split())}" for line in lines]
        broken: dict[str, int] = {}
        for table, *_ in self._db.rows("PRAGMA foreign_key_check"):
            broken[str(table)] = broken.get(str(table), 0) + 1
        found += [f"{count:,} rows of {table} point at nothing" for table, count in broken.items()]
        return [Fault(line, _RESTORE) for line in found]

    def orphans(self) -> list[Fault]:
        """Rows that lack what belongs to them."""
        counts = ((self._db.integer(sql), what, mend) for what, sql, mend in _ORPHANS)
        return [Fault(f"{count:,} {what}", mend) for count, what, mend in counts if count]

    def count_faults(self) -> list[Fault]:
        """Sources whose counts are not those of their rows."""
        sql = """SELECT i.name, i.documents, i.rows, i.documents + i.duplicates + i.rejects + i.forgotten,
            coalesce(d.there, 0) FROM inputs i
            LEFT JOIN (SELECT input, count(*) AS there FROM documents GROUP BY input) d ON d.input = i.id
            WHERE i.done ORDER BY i.id"""
        found = []
        for name, documents, rows, parts, there in self._db.rows(sql):
            if documents != there:
                found.append(Fault(f"{name} gave {documents:,} documents, {there:,} are there", _RESTORE))
            if rows != parts:
                found.append(Fault(f"{name} had {rows:,} rows, {parts:,} are accounted for", _RESTORE))
        return found

    def report_faults(self) -> list[Fault]:
        """Saved reports that are not what was told."""
        sql = "SELECT week, revision, digest, value FROM reports ORDER BY week, revision"
        return [
            Fault(f"revision {revision} of the report of {week} is not what was told", _RESTORE)
            for week, revision, digest, value in self._db.rows(sql)
            if hashlib.sha256(value.encode()).hexdigest() != digest
        ]

    def key_faults(self) -> list[Fault]:
        """Whether who was forgotten can be known again."""
        if not self.tombstones():
            return []
        try:
            self.mark("anybody")
        except StoreError as error:
            return [Fault(error.message, error.hint or _RESTORE)]
        return []
