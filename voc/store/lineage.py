"""The registry of themes: which there are, which segments belong to them, and the events that changed them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voc.results import KnownSegment, KnownTheme, ThemeEvent, ThemeUnit
from voc.store.base import PAGE, Part
from voc.store.rows import dumps, unpack_segments
from voc.store.vectors import Place


@dataclass(frozen=True, slots=True)
class LineageChange:
    """What a stage or a command changed in the registry: themes and events are put in the place of those of the same id
    and number, segments in the place of those of the same document and index; ``looked``: keys of documents whose
    segments ``model`` has been asked for."""

    themes: Sequence[KnownTheme] = ()
    segments: Sequence[KnownSegment] = ()
    events: Sequence[ThemeEvent] = ()
    model: str = ""
    looked: Sequence[str] = ()


class Lineage(Part):
    """The part of the store that keeps the identity of themes."""

    def known_themes(self) -> list[KnownTheme]:
        """The themes of the registry, by id."""
        rows = self._db.rows(
            "SELECT id, driver, side, born, state, pinned, names, parent, merged_into FROM known_themes ORDER BY id"
        )
        return [
            KnownTheme(identity, driver, side, born, state, bool(pinned), json.loads(names), parent, into)
            for identity, driver, side, born, state, pinned, names, parent, into in rows
        ]

    def theme_events(self) -> list[ThemeEvent]:
        """The events of the registry, in order."""
        rows = self._db.rows(
            "SELECT number, day, kind, theme, other, moved, before, undone, undoes FROM theme_events ORDER BY number"
        )
        return [
            ThemeEvent(
                number, day, kind, theme, other, tuple((key, segment) for key, segment in json.loads(moved)),
                json.loads(before), bool(undone), undoes,
            )
            for number, day, kind, theme, other, moved, before, undone, undoes in rows
        ]  # fmt: skip

    def curations(self) -> int:
        """How many events people caused."""
        return self._db.integer("SELECT count(*) FROM theme_events WHERE kind != 'born'")

    def known_segments(self, keys: Iterable[str] | None = None) -> list[KnownSegment]:
        """The segments that were looked at, of all documents or those with one of ``keys``, in ingest order."""
        sql = """SELECT d.key, s.segment, s.driver, s.side, s.theme FROM known_segments s
            JOIN documents d ON d.seq = s.document WHERE s.document IN (SELECT value FROM json_each(?))
            ORDER BY s.document, s.segment"""
        return [KnownSegment(*row) for page in self._pages(keys) for row in self._db.rows(sql, (page,))]

    def looked_at(self, model: str, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` whose segments ``model`` has been asked for."""
        sql = """SELECT d.key FROM looked l JOIN documents d ON d.seq = l.document
            WHERE l.model = ? AND l.document IN (SELECT value FROM json_each(?))"""
        number = self._model(model)
        return {key for page in self._pages(keys) for (key,) in self._db.rows(sql, (number, page))}

    def latest_members(self, theme: str, limit: int) -> list[KnownSegment]:
        """The members of a theme whose documents came last, ``limit`` at most."""
        sql = """SELECT d.key, s.segment, s.driver, s.side, s.theme FROM known_segments s
            JOIN documents d ON d.seq = s.document WHERE s.theme = ? ORDER BY s.document DESC, s.segment LIMIT ?"""
        return [KnownSegment(*row) for row in self._db.rows(sql, (theme, limit))]

    def theme_sizes(self) -> dict[str, tuple[int, int]]:
        """Documents and segments of each theme that has any, over all weeks."""
        sql = """SELECT theme, count(DISTINCT document), count(*) FROM known_segments
            WHERE theme IS NOT NULL GROUP BY theme"""
        return {theme: (documents, segments) for theme, documents, segments in self._db.rows(sql)}

    def segment_units(self, model: str, wanted: Mapping[tuple[str, int], tuple[str, str]]) -> list[ThemeUnit]:
        """Units of segments by reference, with the driver and side given for each, in ingest order; references that
        ``model`` does not know are passed over. Memory: the units and one shard."""
        number = self._model(model)
        sql = """SELECT d.key, d.language, d.customer, c.text, s.path, p.shard_row, o.segments
            FROM predictions p JOIN outputs o ON o.prediction = p.id JOIN shards s ON s.id = p.shard
            JOIN documents d ON d.seq = p.document JOIN contents c ON c.document = d.seq
            WHERE p.model = ? AND p.document IN (SELECT value FROM json_each(?)) ORDER BY p.document"""
        by_key: dict[str, list[int]] = {}
        for key, segment in wanted:
            by_key.setdefault(key, []).append(segment)
        found = list[tuple[tuple[str, int], str, str | None, str, Place]]()
        for page in self._pages(by_key):
            for key, language, customer, text, path, first, packed in self._db.rows(sql, (number, page)):
                for row, piece in enumerate(unpack_segments(packed)):
                    if piece.index in by_key[key]:
                        words = text[piece.start : piece.end]
                        found.append(((key, piece.index), language, customer, words, Place(path, first + row)))
        vectors = self._vectors.read([place for *_, place in found])
        return [
            ThemeUnit(*ref, *wanted[ref], language, customer, text, vector)
            for (ref, language, customer, text, _), vector in zip(found, vectors, strict=True)
        ]

    def save_lineage(self, change: LineageChange) -> None:
        """Write a change of the registry in one transaction."""
        with self._db.transaction():
            self._save_lineage(change)

    def _save_lineage(self, change: LineageChange) -> None:
        self._db.execute_many(
            """INSERT OR REPLACE INTO known_themes
            (id, driver, side, born, state, pinned, names, parent, merged_into) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (t.id, t.driver, t.side, t.born, t.state, int(t.pinned), dumps(dict(t.names)), t.parent, t.into)
                for t in change.themes
            ],
        )
        self._db.execute_many(
            """INSERT OR REPLACE INTO theme_events
            (number, day, kind, theme, other, moved, before, undone, undoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (
                    e.number,
                    e.day,
                    e.kind,
                    e.theme,
                    e.other,
                    dumps(e.moved),
                    dumps(dict(e.before)),
                    int(e.undone),
                    e.undoes,
                )
                for e in change.events
            ],
        )
        self._db.execute_many(
            """INSERT OR REPLACE INTO known_segments (document, segment, driver, side, theme)
            VALUES ((SELECT seq FROM documents WHERE key = ?), ?, ?, ?, ?)""",
            [(s.key, s.segment, s.driver, s.side, s.theme) for s in change.segments],
        )
        if change.looked:
            model = self._model(change.model)
            keys = list(change.looked)
            for start in range(0, len(keys), PAGE):
                sql = """INSERT OR REPLACE INTO looked (document, model)
                    SELECT seq, ? FROM documents WHERE key IN (SELECT value FROM json_each(?))"""
                self._db.execute(sql, (model, json.dumps(keys[start : start + PAGE])))
