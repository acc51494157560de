"""What the store hands out beyond the stages' own results, and how their fields become columns and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.documents import Document, Segment, Turn
from voc.results import Evidence, Prediction


@dataclass(frozen=True, slots=True)
class InputState:
    """One source as far as it was read. ``rows`` = ``documents`` + ``duplicates`` + ``rejects`` + ``forgotten`` (rows
    of customers who were forgotten, which are not taken in); ``done`` once it was read to its end. ``choices``: what
    ingest decided about its columns, for people.
    """

    id: int
    name: str
    sha256: str
    kind: str
    mapping: Mapping[str, str]
    choices: tuple[str, ...]
    done: bool
    rows: int
    documents: int
    duplicates: int
    rejects: int
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of the rows of a batch."""

    added: int
    duplicates: int
    rejects: int
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class StoredReject:
    """A rejected row and the name of the source it stands in."""

    source: str
    row: int
    reason: str
    detail: str
    value: str


@dataclass(frozen=True, slots=True)
class Counted:
    """One classified document, without its text: what trends, coverage and journeys count. ``probabilities`` and
    ``by_hand`` are () unless they were asked for; ``number`` means nothing beyond its store."""

    key: str
    time: str | None
    customer: str | None
    labels: frozenset[str]
    status: str
    channel: str
    language: str
    product: str = ""
    region: str = ""
    probabilities: tuple[float, ...] = ()
    by_hand: tuple[str, ...] = ()
    source: str = field(default="", compare=False)
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """What one model made of one document, without what it rests on. ``words``: those that were read; ``mean``
    (0..1): of its probabilities; ``unclear``: whether a label was too close to call."""

    key: str
    words: str
    mean: float
    unclear: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a document that show a label which the document was given, and how surely (0..1)."""

    number: int
    evidence: Evidence
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """How many classified ``documents`` share all of this; see `Store.groups` for ``time``."""

    time: str | None
    channel: str
    language: str
    product: str
    region: str
    status: str
    documents: int


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """One document with all that one model said of it; ``scores``: (n_segments, n_labels) float32 in 0..1."""

    document: Document
    prediction: Prediction
    segments: tuple[Segment, ...]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Membership:
    """A segment's place in the themes of one scope."""

    scope: str
    theme: str
    segment: int


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A revision of a week (counted from 1): ``value`` is the report as JSON, ``digest`` names what it was made of."""

    week: str
    revision: int
    digest: str
    value: str


@dataclass(frozen=True, slots=True)
class ReportFolder:
    """A folder and the revision of ``scope`` (a week, perhaps with a period) that was written there last; ``files``:
    sha256 by name."""

    folder: Path
    scope: str
    revision: int
    language: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """One command that wrote to the store; ``exit_code`` is None for one that is running or was killed."""

    id: int
    command: str
    inputs: tuple[Mapping[str, object], ...]
    versions: Mapping[str, str]
    counts: Mapping[str, object]
    stages: Mapping[str, object]
    exit_code: int | None


def dumps(value: object) -> str:
    """Canonical JSON; ASCII, so that any string survives."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


# Times come in three forms that only a time zone makes comparable: dates, naive date-times, ones with an offset.
UNDATED, DATE, NAIVE, AWARE = 0, 1, 2, 3


def time_form(time: str | None) -> int:
    """Which form of ISO 8601 ``time`` has; ValueError on what is none."""
    if time is None:
        return UNDATED
    parsed = datetime.fromisoformat(time)
    if "T" not in time and " " not in time:
        return DATE
    return AWARE if parsed.tzinfo else NAIVE


def moment(time: str, zone: tzinfo) -> datetime:
    """``time`` as an aware date-time: a date is its first moment in ``zone``, a naive one is read in ``zone``."""
    parsed = datetime.fromisoformat(time)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)


def instant(time: str | None) -> float | None:
    """Seconds since 1970 for ordering: dates and naive times are read as UTC."""
    return None if time is None else (moment(time, UTC) - _EPOCH).total_seconds()


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = (
    "id", "text", "source", "channel", "customer", "language", "reply", "thread", "product", "region", "segment",
    "time_text", "original",
)  # fmt: skip
_REST = (
    "rating", "reply", "reply_time", "thread", "product", "region", "segment", "value", "time_text", "given_id",
    "original",
)  # fmt: skip


def document_rest(document: Document) -> str:
    """The fields without a column of their own, as JSON; those at their default are left out."""
    rest: dict[str, object] = {
        name: value
        for name in _REST
        if (value := getattr(document, name)) != Document.__dataclass_fields__[name].default
    }
    if document.turns:
        rest["turns"] = [[t.role, t.start, t.end, t.speaker, t.begins, t.ends] for t in document.turns]
    if document.metadata:
        rest["metadata"] = dict(document.metadata)
    return dumps(rest)


DOCUMENT_COLUMNS = "d.id, c.text, d.source, d.channel, d.customer, d.time, d.language, c.rest"


def document_of(columns: Sequence[str | None]) -> Document:
    """The document of a row of ``DOCUMENT_COLUMNS``."""
    identity, text, source, channel, customer, time, language, rest = columns
    fields = json.loads(rest or "{}")
    fields["turns"] = tuple(Turn(*turn) for turn in fields.get("turns", ()))
    return Document(
        id=identity or "", text=text or "", source=source or "", channel=channel or "", customer=customer, time=time,
        language=language or "", **fields,
    )  # fmt: skip


def storable(document: Document) -> Document:
    """``document`` with lone surrogates, which no UTF-8 column holds, replaced one for one: offsets stay right."""
    texts = {name: text for name in _TEXTS if (text := getattr(document, name))}
    try:
        "".join((*texts.values(), *document.metadata.keys(), *document.metadata.values())).encode()
    except UnicodeEncodeError:
        whole: dict[str, Any] = {name: _whole(text) for name, text in texts.items()}
        metadata = {_whole(name): _whole(text) for name, text in document.metadata.items()}
        return replace(document, **whole, metadata=metadata)
    return document


def _whole(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def pack_segments(segments: Iterable[Segment]) -> bytes:
    """(index, start, end, turn or -1) as little-endian int32 for each segment."""
    numbers = [[s.index, s.start, s.end, -1 if s.turn is None else s.turn] for s in segments]
    return np.asarray(numbers, dtype="<i4").tobytes()


def unpack_segments(data: bytes) -> tuple[Segment, ...]:
    """The inverse of `pack_segments`."""
    numbers = np.frombuffer(data, dtype="<i4").reshape(-1, 4).tolist()
    return tuple(Segment(i, start, end, None if turn < 0 else turn) for i, start, end, turn in numbers)


def unpack_scores(data: bytes, segments: int) -> NDArray[np.float32]:
    """(segments, labels) float32; (0, 0) where there are no segments."""
    scores = np.frombuffer(data, dtype="<f4").astype(np.float32)
    return scores.reshape(segments, -1) if segments else scores.reshape(0, 0)
