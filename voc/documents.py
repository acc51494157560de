"""The canonical document and its parts: frozen dataclasses that import nothing of voc."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

CHANNELS: Final = ("review", "email", "letter", "call", "chat", "survey", "post")
CONVERSATIONS: Final = frozenset({"call", "chat"})
ROLES: Final = ("customer", "agent", "other")
NOTICE: Final = "[forgotten]"
"""Stands where words of a customer were who asked to be forgotten; a report says it in its language."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation; ``start`` and ``end`` are code-point offsets into the document's text
    and leave out the speaker prefix. ``begins`` and ``ends`` are seconds from the start of a recording (>= 0), None
    where they are not known."""

    role: str
    start: int
    end: int
    speaker: str | None = None
    begins: float | None = None
    ends: float | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence-like piece of a document: the unit of evidence and of themes.

    ``start`` and ``end`` are code-point offsets into the document's text as given; ``index`` counts from 0
    within the document; ``turn`` is the index of the turn it stands in, None outside conversations.
    """

    index: int
    start: int
    end: int
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of feedback as a customer left it.

    ``time`` is ISO 8601: a date (``2026-11-02``), a naive date-time (read in the configured zone) or one with an
    offset; None where unknown. ``time_text`` keeps a relative date ("3 weeks ago") as it was written; then ``time``
    is its value against as-of, or None while there is no as-of. ``original`` is the text as it was given, where
    ``text`` is a repaired form of it; offsets of turns, segments and evidence refer to ``text``. ``given_id`` is False
    where the source named no id and ``id`` was made from the content. ``language`` is a BCP 47 tag (en, zh-Hans,
    zh-Hant, ...) or "und".
    """

    id: str
    text: str
    source: str
    channel: str = "review"
    customer: str | None = None
    time: str | None = None
    language: str = "und"
    turns: tuple[Turn, ...] = ()
    rating: float | None = None
    reply: str | None = None
    reply_time: str | None = None
    thread: str | None = None
    product: str | None = None
    region: str | None = None
    segment: str | None = None
    value: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    time_text: str | None = None
    given_id: bool = True
    original: str | None = None

    @property
    def key(self) -> str:
        """Content key (32 hex digits): equal for exact duplicates, whatever file they came in.

        It covers what the customer left (id where the source gave one, channel, customer, time, original text, roles
        of the turns, thread, rating, product) and not what we derive (repaired text and offsets in it, language,
        source, as-of).
        """
        return content_key(
            id=self.id if self.given_id else None,
            channel=self.channel,
            customer=self.customer,
            time=self.time_text or self.time,
            text=self.text if self.original is None else self.original,
            turns=[t.role for t in self.turns],
            thread=self.thread,
            rating=self.rating,
            product=self.product,
        )


def content_key(**parts: object) -> str:
    """SHA-256 over canonical JSON, the first 32 hex digits. Lone surrogates are kept apart, not refused."""
    canonical = json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]


# Rejects that are no fault of the feed: mail that is not a customer's. They are stored and shown like all others, but
# do not count towards --max-reject-share.
SET_ASIDE: Final = frozenset({"auto_reply", "bounce", "company_message"})


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that did not become a document: where it stood, why, and an excerpt of its value (<= 200 characters)."""

    row: int
    reason: str
    detail: str
    value: str = ""
