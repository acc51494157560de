"""What travels between the command and the workers of a cluster: documents there, results back, as bytes.

JSON for what has names, raw little-endian float32 for matrices: every number and character comes back as it was, and
nothing that is read can run code. Of a document only what a classifier reads leaves the command: its text, turns,
channel and language, no id, customer, time, place or metadata.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from voc.documents import Document, Segment, Turn
from voc.errors import VocError
from voc.results import Classified, Evidence, Prediction

_LENGTH = struct.Struct("<Q")


def pack_documents(documents: Iterable[Document]) -> bytes:
    """Documents without all that a classifier does not read. Lone surrogates of a text are kept (as escapes)."""
    rows = [[d.text, d.channel, d.language, [(t.role, t.start, t.end) for t in d.turns]] for d in documents]
    return json.dumps(rows, separators=(",", ":")).encode("ascii")


def unpack_documents(data: bytes) -> list[Document]:
    """The inverse, as far as it goes: ids and sources are empty."""
    return [
        Document("", text, "", channel=channel, language=language, turns=tuple(Turn(*turn) for turn in turns))
        for text, channel, language, turns in json.loads(data)
    ]


def pack_results(results: Sequence[Classified]) -> bytes:
    """Results of one model. ValueError where their matrices differ in width."""
    rows = []
    for one in results:
        said = one.prediction
        spans = [(e.label, e.segment, e.start, e.end, e.score) for e in said.evidence]
        segments = [(s.index, s.start, s.end, s.turn) for s in one.segments]
        rows.append((said.status, said.probabilities, said.labels, said.abstained, spans, said.by_hand, segments))
    widths = {(one.scores.shape[1], one.vectors.shape[1]) for one in results}
    names = {(one.prediction.model, one.encoder) for one in results}
    if len(widths) > 1 or len(names) > 1:
        raise ValueError(f"results of several models: {sorted(names)}, {sorted(widths)}")
    head = {"names": next(iter(names), ("", "")), "widths": next(iter(widths), (0, 0)), "rows": rows}
    header = json.dumps(head, separators=(",", ":")).encode("ascii")
    parts = [np.ascontiguousarray(m, "<f4").tobytes() for one in results for m in (one.scores, one.vectors)]
    return b"".join((_LENGTH.pack(len(header)), header, *parts))


def unpack_results(data: bytes, keys: Sequence[str]) -> Iterator[Classified]:
    """The inverse; ``keys`` are those of the documents, in order. ValueError for another number of them."""
    (size,) = _LENGTH.unpack_from(data)
    head = json.loads(data[_LENGTH.size : _LENGTH.size + size])
    (model, encoder), (labels, dim) = head["names"], head["widths"]
    at = _LENGTH.size + size

    def matrix(rows: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        nonlocal at
        found = np.frombuffer(data, "<f4", rows * width, at).astype(np.float32).reshape(rows, width)
        at += found.nbytes
        return found

    for key, row in zip(keys, head["rows"], strict=True):
        status, probabilities, shown, abstained, spans, by_hand, pieces = row
        segments = tuple(Segment(*piece) for piece in pieces)
        evidence = tuple(Evidence(*span) for span in spans)
        said = Prediction(
            key, model, status, tuple(probabilities), tuple(shown), tuple(abstained), evidence, tuple(by_hand)
        )
        scores = matrix(len(segments), labels)
        yield Classified(said, segments, scores, matrix(len(segments), dim), encoder)


def pack_refusal(error: VocError) -> bytes:
    """Why a worker cannot work: the name of the error's class, its message and its hint."""
    return json.dumps([type(error).__name__, error.message, error.hint]).encode("ascii")


def unpack_refusal(data: bytes) -> VocError:
    """The error of `pack_refusal`, of the same class."""
    import voc.errors

    name, message, hint = json.loads(data)
    error: VocError = getattr(voc.errors, name, VocError)(f"on a worker: {message}", hint)
    return error
