"""Themes and trends: what they are made from, and what they came to, by scope (a window, named by the pipeline)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any, NamedTuple

from voc.results import Cell, Correction, Emergence, Theme, ThemeResult, ThemeUnit, Trend, WeekRow
from voc.store.lineage import Lineage, LineageChange
from voc.store.rows import Membership, dumps, unpack_segments
from voc.store.vectors import Place

THEMES, TRENDS = "themes", "trends"
SURE = 0.5
"""Score from which a further span of a label is a unit of themes, too: below it, on the sample corpus (2026-11), spans
were mostly context of the strongest one. With the first heads 0.0 left 39% of the units in no theme, 0.5 left 22%."""


class _Unit(NamedTuple):
    label: str
    score: float
    language: str
    customer: str | None
    text: str
    place: Place


class Themes(Lineage):
    """The part of the store that keeps themes, trends and the fingerprints of finished stages."""

    def theme_units(
        self, model: str, keys: Iterable[str] | None = None, sides: Collection[str] = ("complaint",)
    ) -> list[ThemeUnit]:
        """The evidence of ``model`` for decided labels of ``sides``, with text and stored vector, in ingest order.

        A unit is the strongest span of a label, or a further one that scores ``SURE`` or more; a segment that shows
        several drivers is a unit of the one that it shows best. A label is ``<driver>.<side>``. Memory: the units
        (n x dim float32) and one shard.
        """
        number = self._model(model)
        sql = """SELECT d.key, e.segment, e.label, d.language, d.customer, c.text, e.start, e."end", p.labels,
                s.path, p.shard_row, o.segments, e.score
            FROM predictions p JOIN evidence e ON e.prediction = p.id JOIN outputs o ON o.prediction = p.id
            JOIN shards s ON s.id = p.shard JOIN documents d ON d.seq = p.document JOIN contents c ON c.document = d.seq
            WHERE p.model = ? AND p.document IN (SELECT value FROM json_each(?)) ORDER BY p.document, e.position"""
        found: dict[tuple[str, int, str], _Unit] = {}
        strongest: set[tuple[str, str]] = set()
        for page in self._pages(keys):
            for row in self._db.rows(sql, (number, page)):
                key, segment, label, language, customer, text, start, end, labels, path, first, packed, score = row
                side = label.rpartition(".")[2]
                if side not in sides or label not in json.loads(labels):
                    continue
                if (key, label) in strongest and score < SURE:
                    continue
                strongest.add((key, label))
                known = found.get((key, segment, side))
                if known is not None and known.score >= score:
                    continue
                offset = [s.index for s in unpack_segments(packed)].index(segment)
                found[key, segment, side] = _Unit(
                    label, score, language, customer, text[start:end], Place(path, first + offset)
                )
        vectors = self._vectors.read([unit.place for unit in found.values()])
        return [
            ThemeUnit(key, segment, u.label.rpartition(".")[0], side, u.language, u.customer, u.text, vector)
            for ((key, segment, side), u), vector in zip(found.items(), vectors, strict=True)
        ]

    def save_themes(
        self, scope: str, fingerprint: str, result: ThemeResult, change: LineageChange | None = None
    ) -> None:
        """Put ``result`` in the place of the themes of ``scope``, write what changed in the registry, and set the
        fingerprint of the stage, at once."""
        with self._db.transaction():
            if change is not None:
                self._save_lineage(change)
            self._db.execute("DELETE FROM theme_runs WHERE scope = ?", (scope,))
            newest = self._db.integer("SELECT max(seq) FROM documents")
            detail = {"weeks": result.weeks, "tests": result.tests, "newest": newest}
            run = self._db.insert(
                "INSERT INTO theme_runs (scope, units, unassigned, detail) VALUES (?, ?, ?, ?)",
                (scope, result.units, result.unassigned, dumps(detail)),
            )
            for position, theme in enumerate(result.themes):
                self._save_theme(run, position, theme)
            self._set_stage(THEMES, scope, fingerprint)

    def themes(self, scope: str) -> ThemeResult | None:
        """The themes of ``scope`` as they were saved; None where there are none."""
        with self._db.snapshot():
            return self._themes(scope)

    def _themes(self, scope: str) -> ThemeResult | None:
        run = self._db.row("SELECT id, units, unassigned, detail FROM theme_runs WHERE scope = ?", (scope,))
        if run is None:
            return None
        members: dict[int, list[tuple[str, int]]] = {}
        sql = """SELECT m.theme, d.key, m.segment FROM theme_members m JOIN documents d ON d.seq = m.document
            WHERE m.run = ? ORDER BY m.theme, m.position"""
        for position, key, segment in self._db.rows(sql, (run[0],)):
            members.setdefault(position, []).append((key, segment))
        rows = self._db.rows(
            """SELECT position, id, labels, driver, side, state, documents, customers, quotes, detail FROM themes
            WHERE run = ? ORDER BY position""",
            (run[0],),
        )
        themes = tuple(
            Theme(
                id=identity, labels=json.loads(labels), driver=driver, side=side, state=state,
                members=tuple(members.get(position, ())), documents=documents, customers=customers,
                quotes=tuple((key, segment) for key, segment in json.loads(quotes)), **_detail(json.loads(detail)),
            )
            for position, identity, labels, driver, side, state, documents, customers, quotes, detail in rows
        )  # fmt: skip
        detail = json.loads(run[3])
        return ThemeResult(themes, run[1], run[2], tuple(detail.get("weeks", ())), detail.get("tests", 0))

    def came_after_themes(self, scope: str, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` whose documents came after the themes of ``scope`` were saved."""
        row = self._db.row("SELECT detail FROM theme_runs WHERE scope = ?", (scope,))
        newest = json.loads(row[0]).get("newest", 0) if row else 0
        sql = "SELECT key FROM documents WHERE seq > ? AND seq IN (SELECT value FROM json_each(?))"
        return {key for page in self._pages(keys) for (key,) in self._db.rows(sql, (newest, page))}

    def theme_scopes(self) -> list[str]:
        """The scopes that themes are saved of."""
        return [str(scope) for (scope,) in self._db.rows("SELECT scope FROM theme_runs ORDER BY scope")]

    def memberships(self, key: str) -> list[Membership]:
        """The themes that segments of a document belong to, by scope, theme and segment."""
        rows = self._db.rows(
            """SELECT r.scope, t.id, m.segment FROM theme_members m JOIN documents d ON d.seq = m.document
            JOIN theme_runs r ON r.id = m.run JOIN themes t ON t.run = m.run AND t.position = m.theme
            WHERE d.key = ? ORDER BY r.scope, t.position, m.segment""",
            (key,),
        )
        return [Membership(*row) for row in rows]

    def save_trends(self, scope: str, fingerprint: str, rows: Iterable[WeekRow]) -> None:
        """Put ``rows`` in the place of the trends of ``scope`` and set the fingerprint of the stage, at once."""
        with self._db.transaction():
            self._db.execute("DELETE FROM trends WHERE scope = ?", (scope,))
            self._db.execute_many(
                "INSERT INTO trends (scope, position, value) VALUES (?, ?, ?)",
                [(scope, i, dumps(asdict(row))) for i, row in enumerate(rows)],
            )
            self._set_stage(TRENDS, scope, fingerprint)

    def trends(self, scope: str) -> list[WeekRow] | None:
        """The trends of ``scope`` as they were saved; None where the stage was not done."""
        with self._db.snapshot():
            done = self.stage_fingerprint(TRENDS, scope) is not None
            rows = self._db.rows("SELECT value FROM trends WHERE scope = ? ORDER BY position", (scope,))
        if not done:
            return None
        values = [json.loads(value) for (value,) in rows]
        return [_row(value) for value in values]

    def stage_fingerprint(self, stage: str, scope: str) -> str | None:
        """What the results of ``stage`` for ``scope`` were made of; None where it was not done."""
        row = self._db.row("SELECT fingerprint FROM stages WHERE stage = ? AND scope = ?", (stage, scope))
        return None if row is None else str(row[0])

    def set_stage(self, stage: str, scope: str, fingerprint: str) -> None:
        """Note that ``stage`` was done for ``scope``. Themes and trends do so themselves when they are saved."""
        with self._db.transaction():
            self._set_stage(stage, scope, fingerprint)

    def _set_stage(self, stage: str, scope: str, fingerprint: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO stages (stage, scope, fingerprint) VALUES (?, ?, ?)", (stage, scope, fingerprint)
        )

    def _save_theme(self, run: int, position: int, theme: Theme) -> None:
        self._db.execute(
            """INSERT INTO themes (run, position, id, labels, driver, side, state, documents, customers, quotes, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (run, position, theme.id, dumps(dict(theme.labels)), theme.driver, theme.side, theme.state,
             theme.documents, theme.customers, dumps(theme.quotes),
             dumps({name: value for name in _DETAIL if (value := _plain(getattr(theme, name)))})),
        )  # fmt: skip
        self._db.execute_many(
            """INSERT INTO theme_members (run, theme, position, document, segment)
            VALUES (?, ?, ?, (SELECT seq FROM documents WHERE key = ?), ?)""",
            [(run, position, i, key, int(segment)) for i, (key, segment) in enumerate(theme.members)],
        )


_DETAIL = ("drivers", "weekly", "pinned", "counter", "place", "emergence", "sub_driver", "sub_names", "nearest")

_TUPLES = ("weekly", "counter", "place", "nearest")


def _plain(value: Any) -> Any:
    return asdict(value) if isinstance(value, Emergence) else value


def _detail(saved: dict[str, Any]) -> dict[str, Any]:
    """The later fields of a theme, as they were."""
    lists: dict[str, Any] = {name: tuple(saved[name]) for name in _TUPLES if name in saved}
    if "emergence" in saved:
        told = saved["emergence"]
        lists["emergence"] = Emergence(
            **{**told, "channels": tuple(told["channels"]), "languages": tuple(told["languages"])}
        )
    return {**saved, **lists}


def _row(value: dict[str, Any]) -> WeekRow:
    cells = {label: Cell(**cell) for label, cell in value["cells"].items()}
    # Rows of an older voc have no trends; the stage is done anew before a report is built from them.
    trends = {label: Trend(**{**t, "like": tuple(t["like"])}) for label, t in value.get("trends", {}).items()}
    corrections = {label: Correction(**c) for label, c in value.get("corrections", {}).items()}
    return WeekRow(**{**value, "cells": cells, "trends": trends, "corrections": corrections})
