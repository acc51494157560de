"""``voc ingest --dry-run``: what each source is taken for, with its first documents; no workspace is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from voc.config import Config
from voc.documents import Document, Reject
from voc.ingest import IngestOptions, Source, open_sources
from voc.pipeline.context import log, settings_of
from voc.pipeline.options import RunOptions
from voc.privacy import redact, shown_id

SHOWN: Final = 10  # documents of each source
_LOOKED_AT: Final = 1000  # rows, where most are rejects
_MARK: Final = "[customer]"


def preview(options: RunOptions) -> Iterator[dict[str, Any]]:
    """One entry for each source of ``options.inputs``: name, kind, choices, mapping, ten documents, rejects among the
    rows before the tenth, warnings. Texts are redacted. Errors as of ``open_sources``."""
    reading = reading_of(options, settings_of(options))
    for path in options.inputs:
        for source in open_sources(path, reading):
            yield _previewed(source)


def reading_of(options: RunOptions, config: Config) -> IngestOptions:
    """How inputs are read where there is no store: as-of is what the options say."""
    return IngestOptions(
        mapping=options.mapping,
        as_of=dt.date.fromisoformat(options.as_of) if options.as_of else None,
        agents=config.ingest.agents,
        customers=config.ingest.customers,
        company_domains=config.ingest.company_domains,
    )


def _previewed(source: Source) -> dict[str, Any]:
    documents: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for row, item in islice(source.rows(), _LOOKED_AT):
        if isinstance(item, Reject):
            rejects.append({"row": item.row, "reason": item.reason, "detail": item.detail, "value": redact(item.value)})
            continue
        documents.append(_document(row, item))
        if len(documents) == SHOWN:
            break
    for warning in source.warnings():
        log.warning("%s", warning)
    return {
        "name": source.name,
        "kind": source.kind,
        "size": source.size,
        "choices": list(source.choices),
        "mapping": dict(source.mapping),
        "documents": documents,
        "rejects": rejects[:SHOWN],
    }


def _document(row: int, d: Document) -> dict[str, Any]:
    return {
        "row": row,
        "id": shown_id(d.id, d.key),
        "channel": d.channel,
        "time": d.time or (redact(d.time_text) if d.time_text else None),
        "language": d.language,
        "customer": _MARK if d.customer else None,
        "rating": d.rating,
        "product": d.product and redact(d.product),
        "thread": d.thread and redact(d.thread),
        "text": redact(d.text),
        "turns": [{"role": t.role, "text": redact(d.text[t.start : t.end])} for t in d.turns],
        "reply": d.reply and redact(d.reply),
        "metadata": {redact(name): redact(value) for name, value in d.metadata.items()},
    }
