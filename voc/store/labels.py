"""Labels set by hand: a log of who set what and why, and their effect on stored predictions.

They belong to the document, not to a prediction: each prediction that is stored later, of any model, is settled by them
again. What is counted, searched and reported is therefore read from predictions alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.store.base import Part
from voc.store.connection import Database
from voc.store.rows import unpack_segments
from voc.store.vectors import Place


@dataclass(frozen=True, slots=True)
class HandLabel:
    """One decision of a person on the document ``key``: ``value`` is True, False, or None where the label is left to
    the model again. ``quote``: the words that show it, if any; ``day``: ISO date of --as-of; ``sample``: "random" or
    "chosen" where an export picked the document, else ""."""

    key: str
    label: str
    value: bool | None
    quote: str = ""
    reason: str = ""
    who: str = ""
    day: str | None = None
    sample: str = ""


class HandLabels(Part):
    """The part of the store that keeps labels set by hand."""

    def set_labels(self, given: Sequence[HandLabel]) -> None:
        """Log ``given`` and settle the stored predictions of their documents, at once.

        Where a label is left to the model again, the document's predictions are dropped: they are made anew.
        ValueError for a document that is not stored.
        """
        with self._db.transaction():
            numbers: dict[str, int] = {}
            for one in given:
                row = self._db.row("SELECT seq FROM documents WHERE key = ?", (one.key,))
                if row is None:
                    raise ValueError(f"there is no document {one.key} in the store")
                numbers[one.key] = int(row[0])
                value = None if one.value is None else int(one.value)
                self._db.execute(
                    """INSERT INTO hand_labels (document, label, value, quote, reason, who, day, sample)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                    (numbers[one.key], one.label, value, one.quote, one.reason, one.who, one.day, one.sample),
                )
            for key, number in numbers.items():
                if any(one.key == key and one.value is None for one in given):
                    self._db.execute("DELETE FROM predictions WHERE document = ?", (number,))
                    self._frontiers.clear()
                else:
                    settle(self._db, number)

    def label_log(self) -> Iterator[HandLabel]:
        """Every decision, in the order in which they were made."""
        last = 0
        sql = """SELECT h.id, d.key, h.label, h.value, h.quote, h.reason, h.who, h.day, h.sample
            FROM hand_labels h JOIN documents d ON d.seq = h.document WHERE h.id > ? ORDER BY h.id LIMIT 1000"""
        while page := self._db.rows(sql, (last,)):
            last = page[-1][0]
            for _, key, label, value, *rest in page:
                yield HandLabel(key, label, None if value is None else bool(value), *rest)

    def labels_by_hand(self) -> dict[str, dict[str, HandLabel]]:
        """What stands: the last decision on each label of each document, those left to the model again left out."""
        found: dict[str, dict[str, HandLabel]] = {}
        for one in self.label_log():
            found.setdefault(one.key, {})[one.label] = one
        kept = {key: {n: one for n, one in some.items() if one.value is not None} for key, some in found.items()}
        return {key: some for key, some in kept.items() if some}

    def label_revision(self) -> int:
        """Number of the last decision; 0 where there is none. It grows with each, so that results know of them."""
        return self._db.integer("SELECT max(id) FROM hand_labels")

    def document_vectors(self, model: str, keys: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """For each document of ``keys`` that ``model`` classified, the mean (dim,) of its segments' vectors; documents
        without segments are left out."""
        sql = """SELECT d.key, s.path, p.shard_row, p.pieces FROM predictions p JOIN shards s ON s.id = p.shard
            JOIN documents d ON d.seq = p.document
            WHERE p.model = ? AND p.pieces > 0 AND p.document IN (SELECT value FROM json_each(?)) ORDER BY p.document"""
        number = self._model(model)
        found: dict[str, NDArray[np.float32]] = {}
        for page in self._pages(keys):
            rows = self._db.rows(sql, (number, page))
            places = [Place(path, first + i) for _, path, first, pieces in rows for i in range(pieces)]
            vectors = self._vectors.read(places)
            at = 0
            for key, _, _, pieces in rows:
                found[key] = vectors[at : at + pieces].mean(axis=0)
                at += pieces
        return found


def settle(db: Database, document: int, prediction: int | None = None) -> None:
    """Bring the predictions of ``document`` (or the one numbered ``prediction``) to what was set by hand.

    A label that a person added shows by its quote, or else by the first segment. Doing it twice changes nothing more.
    """
    standing = _standing(db, document)
    if not standing:
        return
    rows = db.rows(
        """SELECT p.id, p.labels, o.abstained, o.segments FROM predictions p JOIN outputs o ON o.prediction = p.id
        WHERE p.document = ? AND (? IS NULL OR p.id = ?)""",
        (document, prediction, prediction),
    )
    text = str((db.row("SELECT text FROM contents WHERE document = ?", (document,)) or ("",))[0])
    for number, labels, abstained, segments in rows:
        kept = [label for label in json.loads(labels) if standing.get(label, (True, ""))[0]]
        added = [label for label, (value, _) in standing.items() if value and label not in kept]
        unclear = [label for label in json.loads(abstained) if label not in standing]
        shown = json.dumps([*kept, *added])
        sql = "UPDATE predictions SET labels = ?, by_hand = ? WHERE id = ?"
        db.execute(sql, (shown, json.dumps(sorted(standing)), number))
        db.execute("UPDATE outputs SET abstained = ? WHERE prediction = ?", (json.dumps(unclear), number))
        removed = json.dumps([label for label, (value, _) in standing.items() if not value])
        sql = "DELETE FROM evidence WHERE prediction = ? AND label IN (SELECT value FROM json_each(?))"
        db.execute(sql, (number, removed))
        for label in added:
            _show(db, number, label, *_span(text, standing[label][1], segments))


def _standing(db: Database, document: int) -> Mapping[str, tuple[bool, str]]:
    """Label -> (value, quote) of what stands, by label."""
    sql = "SELECT label, value, quote FROM hand_labels WHERE document = ? ORDER BY id"
    last = {label: (value, quote) for label, value, quote in db.rows(sql, (document,))}
    return {label: (bool(last[label][0]), str(last[label][1])) for label in sorted(last) if last[label][0] is not None}


def _span(text: str, quote: str, packed: bytes) -> tuple[int, int, int]:
    """(segment, start, end) of the quote, or of the first segment where the quote is not in the text."""
    segments = unpack_segments(packed)
    start = text.find(quote) if quote else -1
    if start < 0 or not segments:
        return (segments[0].index, segments[0].start, segments[0].end) if segments else (0, 0, len(text))
    end = start + len(quote)
    best = max(segments, key=lambda s: min(s.end, end) - max(s.start, start))
    return best.index, start, end


def _show(db: Database, prediction: int, label: str, segment: int, start: int, end: int) -> None:
    position = 1 + db.integer("SELECT coalesce(max(position), -1) FROM evidence WHERE prediction = ?", (prediction,))
    db.execute(
        """INSERT INTO evidence (prediction, position, label, segment, start, "end", score)
        VALUES (?, ?, ?, ?, ?, ?, 1.0)""",
        (prediction, position, label, segment, start, end),
    )
