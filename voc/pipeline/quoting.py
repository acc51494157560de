"""Words of a document for people: here text leaves the store."""

from __future__ import annotations

from voc.documents import Document
from voc.pipeline.context import Context
from voc.privacy import redact, shown_id
from voc.report import Quote


def quote(context: Context, document: Document, start: int, end: int) -> Quote:
    """Words of a document, redacted."""
    day = context.day(document.time)
    return Quote(
        key=document.key,
        id=shown_id(document.id, document.key),
        text=redact(document.text[start:end]),
        channel=document.channel,
        language=document.language,
        day=day.isoformat() if day else None,
    )
