"""What models said of documents: predictions with evidence, segments, scores, and the vectors' places."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cache

import numpy as np

from voc.documents import Document
from voc.results import Classified, Evidence, Prediction
from voc.store.base import LONG_PAGE, Part
from voc.store.connection import Row, Value
from voc.store.labels import settle
from voc.store.rows import (
    DOCUMENT_COLUMNS,
    Counted,
    Detail,
    Figure,
    Group,
    Span,
    document_of,
    instant,
    pack_segments,
    unpack_scores,
    unpack_segments,
)
from voc.store.subjects import LAST_DAYS
from voc.store.vectors import FOLDER

# A prediction whose vectors were lost counts as not made: it is made again, the same, and its vectors with it.
_WHOLE = "NOT (p.pieces > 0 AND p.shard IS NULL)"


class Predictions(Part):
    """The part of the store that keeps classified documents. Models never mix: each call names one."""

    def unclassified(self, model: str, limit: int) -> list[Document]:
        """The first ``limit`` documents, in ingest order, of which ``model`` has said nothing yet."""
        return [document for document, _ in self._unclassified(model, 0, limit)]

    def unclassified_stream(self, model: str, page: int) -> Iterator[Document]:
        """All that `unclassified` would give, read ``page`` documents at a time, while results may lag behind."""
        last = 0
        while found := self._unclassified(model, last, page):
            yield from (document for document, _ in found)
            last = found[-1][1]

    def _unclassified(self, model: str, after: int, limit: int) -> list[tuple[Document, int]]:
        """Documents whose numbers are greater than ``after``, with these."""
        number = self._model(model)
        frontier = self._frontiers.get(number, 0) if number else 0
        rows = self._db.rows(
            f"""SELECT {DOCUMENT_COLUMNS}, d.seq FROM documents d JOIN contents c ON c.document = d.seq
            LEFT JOIN predictions p ON p.model = ? AND p.document = d.seq AND {_WHOLE}
            WHERE d.seq > ? AND p.id IS NULL AND d.erased IS NULL ORDER BY d.seq LIMIT ?""",  # noqa: S608
            (number, max(frontier, after), limit),
        )
        if number and rows and not after:
            self._frontiers[number] = rows[0][-1] - 1
        return [(document_of(row[:-1]), row[-1]) for row in rows]

    def count_unclassified(self, model: str) -> int:
        """How many documents `unclassified` has still to give."""
        number = self._model(model)
        classified = f"SELECT count(*) FROM predictions p WHERE p.model = ? AND {_WHOLE}"  # noqa: S608
        # Erased documents are never classified: what a model said of them before stands, what another would is unknown.
        unknown = """SELECT count(*) FROM documents d WHERE d.erased IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM predictions p WHERE p.model = ? AND p.document = d.seq)"""
        return self.document_count() - self._db.integer(classified, (number,)) - self._db.integer(unknown, (number,))

    def add_classified(self, batch: Sequence[Classified]) -> None:
        """Store a batch of one model in one transaction, after its new vectors are durable in one shard.

        Documents that the model has classified are passed over; vectors that another model of the same encoder left
        for the same segments are used again. ValueError for a document that is not stored, or several models.
        """
        if len({(c.prediction.model, c.encoder) for c in batch}) > 1:
            raise ValueError("a batch holds the results of one model and encoder")
        if not batch:
            return
        # The shard is written under the write lock: no other process can take it for a left-over and sweep it.
        with self._db.transaction():
            model = self._number_of_model(batch[0].prediction.model)
            todo = [(d, c) for c in batch if not self._has(model, d := self._number(c.prediction.key))]
            places = {d: place for d, c in todo if (place := self._vectors_of(d, c)) is not None}
            places |= self._write_shard([(d, c) for d, c in todo if d not in places and c.segments])
            for document, classified in todo:
                self._insert(model, document, classified, places.get(document, (None, 0)))

    def predictions(self, model: str, keys: Iterable[str] | None = None) -> Iterator[Prediction]:
        """Predictions of ``model``, of all documents or those with one of ``keys``, in ingest order."""
        number = self._model(model)
        for page in self._pages(keys):
            with self._db.snapshot():
                spans = self._evidence(number, page)
                rows = self._db.rows(f"{_SELECT_PREDICTIONS} ORDER BY p.document", (number, page))
            for row in rows:
                yield _prediction(row, model, spans.get(row[0], ()))

    def counts(
        self, model: str, keys: Iterable[str] | None = None, *, probabilities: bool = False, label: str | None = None,
        days: tuple[date, date] | None = None,
    ) -> Iterator[Counted]:  # fmt: skip
        """One light row for each document that ``model`` classified, in ingest order; no text is read. With its
        ``probabilities`` and the labels set by hand where they are asked for.

        Fewer, so that they need not be read: those with ``label``, or those of ``days`` (both included), give or take
        two days: the local day decides, and is the caller's to tell."""
        number = self._model(model)
        labels_of = cache(lambda text: frozenset(json.loads(text)))
        by_hand_of = cache(lambda text: tuple(json.loads(text)))
        more, joined = (", o.probabilities, p.by_hand", _OUTPUTS) if probabilities else ("", "")
        asked: list[Value] = []
        narrow = ""
        if label is not None:
            narrow, asked = " AND instr(p.labels, ?)", [json.dumps(label)]
        if days is not None:
            first, last = (instant(day.isoformat()) or 0.0 for day in days)
            narrow, asked = f"{narrow} AND +d.instant BETWEEN ? AND ?", [*asked, first - LAST_DAYS, last + LAST_DAYS]
        sql = f"""SELECT d.seq, d.key, d.time, d.customer, p.labels, p.status, d.channel, d.language,
            coalesce(d.product, ''), coalesce(d.region, ''), d.source{more}
            FROM documents d CROSS JOIN predictions p ON p.model = ? AND p.document = d.seq {joined}
            WHERE %s{narrow} ORDER BY d.seq"""  # noqa: S608
        for row in self._walk(sql, number, asked, keys):
            seq, key, time, customer, labels, status, channel, language, product, region, source, *judged = row
            chances, by_hand = (_unpacked(judged[0]), by_hand_of(judged[1])) if judged else ((), ())
            yield Counted(
                key, time, customer, labels_of(labels), status, channel, language, product, region, chances, by_hand,
                source, seq,
            )  # fmt: skip

    def _walk(self, sql: str, model: int, asked: Sequence[Value], keys: Iterable[str] | None) -> Iterator[Row]:
        """Rows of ``sql``, whose first column is the document's number, page by page. CROSS JOIN and the plus keep
        SQLite from other orders of its loops, in which it would sort all that is left for each page."""
        if keys is not None:
            for some in self._pages(keys):
                chosen = sql % "d.seq IN (SELECT value FROM json_each(?))"
                yield from self._db.rows(chosen, (model, some, *asked))
            return
        # By number, without asking first which there are.
        last, every = 0, sql % "d.seq > ?" + " LIMIT ?"
        while page := self._db.rows(every, (model, last, *asked, LONG_PAGE)):
            last = page[-1][0]
            yield from page

    def groups(self, model: str) -> Iterator[Group]:
        """The documents that ``model`` classified, counted by what coverage tells of them, in no order. Of a time
        without an offset only the day is given, so that there are few groups."""
        sql = """SELECT CASE WHEN d.time GLOB '*[Zz+]*' OR instr(substr(d.time, 11), '-') THEN d.time
                ELSE substr(d.time, 1, 10) END, d.channel, d.language, coalesce(d.product, ''), coalesce(d.region, ''),
                p.status, count(*)
            FROM documents d JOIN predictions p ON p.model = ? AND p.document = d.seq GROUP BY 1, 2, 3, 4, 5, 6"""
        for row in self._db.rows(sql, (self._model(model),)):
            yield Group(*row)

    def details(self, model: str, keys: Iterable[str] | None = None) -> Iterator[Detail]:
        """Documents that ``model`` classified, with prediction, segments and scores, in ingest order."""
        number = self._model(model)
        sql = f"""SELECT p.id, d.key, p.status, p.labels, o.abstained, o.probabilities, p.by_hand, o.segments, o.scores,
            {DOCUMENT_COLUMNS} FROM predictions p JOIN outputs o ON o.prediction = p.id
            JOIN documents d ON d.seq = p.document JOIN contents c ON c.document = d.seq
            WHERE p.model = ? AND p.document IN (SELECT value FROM json_each(?)) ORDER BY p.document"""  # noqa: S608
        for page in self._pages(keys):
            with self._db.snapshot():
                spans = self._evidence(number, page)
                rows = self._db.rows(sql, (number, page))
            for row in rows:
                segments = unpack_segments(row[7])
                prediction = _prediction(row, model, spans.get(row[0], ()))
                yield Detail(document_of(row[9:]), prediction, segments, unpack_scores(row[8], len(segments)))

    def figures(self, model: str, numbers: Iterable[int]) -> Iterator[Figure]:
        """What `Figure` tells of each document with one of ``numbers`` that ``model`` classified, in ingest order."""
        sql = """SELECT d.key, c.text, o.segments, o.probabilities, o.abstained != '[]'
            FROM predictions p JOIN outputs o ON o.prediction = p.id
            JOIN documents d ON d.seq = p.document JOIN contents c ON c.document = d.seq
            WHERE p.model = ? AND p.document IN (SELECT value FROM json_each(?)) ORDER BY p.document"""
        for page in self._numbered(numbers):
            for key, text, segments, chances, unclear in self._db.rows(sql, (self._model(model), page)):
                places = np.frombuffer(segments, dtype="<i4").reshape(-1, 4)[:, 1:3].tolist()
                words = "\n".join([text[start:end] for start, end in places])
                yield Figure(key, words, float(np.mean(np.frombuffer(chances, dtype="<f8"))), bool(unclear))

    def spans(self, model: str, numbers: Iterable[int], labels: Collection[str]) -> Iterator[Span]:
        """The evidence of ``labels`` where the document was given that label, of the documents with one of ``numbers``,
        in ingest order, the surest of a document first."""
        sql = """SELECT p.document, p.labels, e.label, e.segment, e.start, e."end", e.score, c.text
            FROM predictions p JOIN evidence e ON e.prediction = p.id JOIN contents c ON c.document = p.document
            WHERE p.model = ? AND p.document IN (SELECT value FROM json_each(?))
            AND e.label IN (SELECT value FROM json_each(?)) ORDER BY p.document, e.position"""
        given_of, wanted = cache(lambda text: frozenset(json.loads(text))), json.dumps(sorted(labels))
        for page in self._numbered(numbers):
            for number, given, label, *place, text in self._db.rows(sql, (self._model(model), page, wanted)):
                if label in given_of(given):
                    evidence = Evidence(label, *place)
                    yield Span(number, evidence, text[evidence.start : evidence.end])

    def models(self) -> dict[str, int]:
        """How many documents each model classified, in the order in which the models were first used."""
        return dict(
            self._db.rows(
                """SELECT m.name, count(p.id) FROM models m LEFT JOIN predictions p ON p.model = m.id
                GROUP BY m.id ORDER BY m.id"""
            )
        )

    def problems(self) -> list[str]:
        """What is damaged, for people, one line each: pages of the database, shards of vectors (by SHA-256). Reads
        everything; [] where all is well."""
        found = [str(line) for (line,) in self._db.rows("PRAGMA quick_check") if line != "ok"]
        shards = self._db.rows("SELECT path, sha256 FROM shards ORDER BY path")
        return found + [
            f"{FOLDER}/{path}: {what}" for path, sha in shards if (what := self._vectors.problem(path, sha))
        ]

    def shards(self) -> dict[str, str]:
        """The sha256 of each file of vectors that counts, by its path below the folder of vectors."""
        return dict(self._db.rows("SELECT path, sha256 FROM shards ORDER BY path"))

    def sweep(self) -> None:
        """Forget lost shards and delete those that a killed run left or that no row names any more: a writer does so on
        opening and after erasing."""
        if dict(self._db.rows("SELECT path, id FROM shards")).keys() == self._vectors.present():
            return
        with self._db.transaction():  # asked again: under the write lock nobody is between a shard and its commit
            known: dict[str, int] = dict(self._db.rows("SELECT path, id FROM shards"))
            present = self._vectors.present()
            for path in sorted(known.keys() - present):
                self._db.execute("DELETE FROM shards WHERE id = ?", (known[path],))
            self._vectors.remove(present - known.keys())

    def _evidence(self, model: int, page: str) -> dict[int, tuple[Evidence, ...]]:
        """The evidence of a page of documents, by prediction."""
        rows = self._db.rows(
            """SELECT e.prediction, e.label, e.segment, e.start, e."end", e.score FROM evidence e
            JOIN predictions p ON p.id = e.prediction
            WHERE p.model = ? AND p.document IN (SELECT value FROM json_each(?)) ORDER BY e.prediction, e.position""",
            (model, page),
        )
        spans: dict[int, tuple[Evidence, ...]] = {}
        for prediction, *fields in rows:
            spans[prediction] = (*spans.get(prediction, ()), Evidence(*fields))
        return spans

    def _number_of_model(self, name: str) -> int:
        self._db.execute("INSERT INTO models (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
        return self._model(name)

    def _number(self, key: str) -> int:
        row = self._db.row("SELECT seq FROM documents WHERE key = ?", (key,))
        if row is None:
            raise ValueError(f"there is no document {key} in the store")
        return int(row[0])

    def _has(self, model: int, document: int) -> bool:
        """Whether the prediction is stored and whole; one that lost its vectors makes way for the new one."""
        lost = f"DELETE FROM predictions AS p WHERE p.model = ? AND p.document = ? AND NOT ({_WHOLE})"  # noqa: S608
        self._db.execute(lost, (model, document))
        return self._db.row("SELECT 1 FROM predictions WHERE model = ? AND document = ?", (model, document)) is not None

    def _vectors_of(self, document: int, classified: Classified) -> tuple[int, int] | None:
        """Where this encoder's vectors of these very segments lie already: (shard, row of the first)."""
        row = self._db.row(
            """SELECT p.shard, p.shard_row FROM predictions p JOIN shards s ON s.id = p.shard
            JOIN outputs o ON o.prediction = p.id WHERE p.document = ? AND s.encoder = ? AND o.segments = ?
            ORDER BY p.id LIMIT 1""",
            (document, classified.encoder, pack_segments(classified.segments)),
        )
        return None if row is None else (row[0], row[1])

    def _write_shard(self, items: Sequence[tuple[int, Classified]]) -> dict[int, tuple[int, int]]:
        """Store the vectors of ``items``; for each document (shard, row of its first vector)."""
        if not items:
            return {}
        encoder = items[0][1].encoder
        refs = [(c.prediction.key, s.index) for _, c in items for s in c.segments]
        shard = self._vectors.write(encoder, refs, np.concatenate([c.vectors for _, c in items]))
        # The same vectors make the same shard: it is there where a prediction was dropped and is made anew.
        number = self._db.integer("SELECT id FROM shards WHERE path = ?", (shard.path,)) or self._db.insert(
            "INSERT INTO shards (encoder, path, rows, sha256) VALUES (?, ?, ?, ?)",
            (encoder, shard.path, shard.rows, shard.sha256),
        )
        places, row = {}, 0
        for document, classified in items:
            places[document] = (number, row)
            row += len(classified.segments)
        return places

    def _insert(self, model: int, document: int, classified: Classified, place: tuple[int | None, int]) -> None:
        prediction, segments = classified.prediction, classified.segments
        if not len(segments) == len(classified.scores) == len(classified.vectors):
            raise ValueError(f"document {prediction.key}: segments, scores and vectors differ in number")
        number = self._db.insert(
            """INSERT INTO predictions (document, model, status, labels, pieces, shard, shard_row)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (document, model, prediction.status, json.dumps(prediction.labels), len(segments), *place),
        )
        self._db.execute(
            "INSERT INTO outputs (prediction, abstained, probabilities, segments, scores) VALUES (?, ?, ?, ?, ?)",
            (
                number,
                json.dumps(prediction.abstained),
                np.asarray(prediction.probabilities, dtype="<f8").tobytes(),
                pack_segments(segments),
                np.asarray(classified.scores, dtype="<f4").tobytes(),
            ),
        )
        self._db.execute_many(
            """INSERT INTO evidence (prediction, position, label, segment, start, "end", score)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            [
                (number, i, e.label, int(e.segment), int(e.start), int(e.end), float(e.score))
                for i, e in enumerate(prediction.evidence)
            ],
        )
        settle(self._db, document, number)


_OUTPUTS = "JOIN outputs o ON o.prediction = p.id"
_SELECT_PREDICTIONS = """SELECT p.id, d.key, p.status, p.labels, o.abstained, o.probabilities, p.by_hand
    FROM predictions p JOIN outputs o ON o.prediction = p.id JOIN documents d ON d.seq = p.document
    WHERE p.model = ? AND p.document IN (SELECT value FROM json_each(?))"""


def _unpacked(blob: bytes) -> tuple[float, ...]:
    return tuple(np.frombuffer(blob, dtype="<f8").tolist())


def _prediction(row: Row, model: str, evidence: tuple[Evidence, ...]) -> Prediction:
    """From columns that begin like those of ``_SELECT_PREDICTIONS``."""
    return Prediction(
        key=row[1],
        model=model,
        status=row[2],
        probabilities=_unpacked(row[5]),
        labels=tuple(json.loads(row[3])),
        abstained=tuple(json.loads(row[4])),
        evidence=evidence,
        by_hand=tuple(json.loads(row[6])),
    )
