"""What a workspace answers without being changed: status, rejects, exports, search, explanations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

from voc.config import write_config
from voc.documents import Document
from voc.errors import UsageError, VocError
from voc.pipeline.context import Context, log, reading
from voc.pipeline.delivering import last_deliveries
from voc.pipeline.feeds import last_days, stale_feeds
from voc.pipeline.quoting import quote
from voc.privacy import pseudonym, redact, shown_id
from voc.results import LEAVE
from voc.store import SecretHints, Store, secret
from voc.taxonomy import COMPLAINT, PRAISE
from voc.weeks import Week, local_date

_DELIVERIES: Final = 5  # told by status
_KEY_HINTS: Final = SecretHints(
    refused="Set VOC_KEY instead.",
    exposed="Run chmod 600 on it; if others may have read it, make a new key: voc key rotate.",
    empty="Restore it from a backup, or remove the file for a new one.",
)


def init(workspace: Path) -> dict[str, object]:
    """Makes a workspace with a commented voc.toml; what is there stays as it is."""
    with Store.open(workspace):
        written = write_config(workspace)
    return {"workspace": str(workspace), "config_written": written}


def status(workspace: Path) -> dict[str, Any]:
    """What the workspace holds, at one moment."""
    with reading(workspace) as context, context.store.snapshot():
        store = context.store
        reasons, as_of, run = store.reject_reasons(), context.as_of(), store.last_run()
        repeated, families = store.family_counts()
        last, stale = last_days(context), stale_feeds(context)
        for feed in stale:
            log.warning("%s", feed)
        latest: dict[str, int] = {}
        for week, revision, _ in store.reports():
            latest[week] = max(revision, latest.get(week, 0))
        return {
            "workspace": str(workspace),
            "documents": store.document_count(),
            "latest": as_of.isoformat() if as_of else None,
            "near_duplicates": {"documents": repeated, "families": families, "unlinked": store.count_unlinked()},
            "sources": [
                {
                    "name": s.name, "kind": s.kind, "rows": s.rows, "documents": s.documents,
                    "duplicates": s.duplicates, "rejects": s.rejects, "forgotten": s.forgotten,
                    "complete": s.done,
                    "last": last[s.name].isoformat() if s.name in last else None,
                }
                for s in store.sources()
            ],
            "stale_feeds": [
                {"name": f.name, "last": f.last.isoformat(), "usual_weeks": f.interval} for f in stale
            ],
            "rejects": {"count": sum(reasons.values()), "reasons": reasons},
            "without_words": store.erased(),
            "model": context.model,
            "unclassified": store.count_unclassified(context.model),
            "models": store.models(),
            "reports": [{"week": week, "revision": revision} for week, revision in latest.items()],
            "deliveries": last_deliveries(store, _DELIVERIES),
            "last_run": {"command": run.command, "exit_code": run.exit_code} if run else None,
        }  # fmt: skip


def rejects(workspace: Path) -> Iterator[dict[str, object]]:
    """The rows that did not become documents; their values are redacted."""
    with reading(workspace) as context:
        for r in context.store.rejects():
            yield {"file": r.source, "row": r.row, "reason": r.reason, "detail": r.detail, "value": redact(r.value)}


# Columns that an export has whatever it holds; scores and labels by language follow them.
EXPORT_COLUMNS: Final = {
    "documents": ("id", "key", "source", "channel", "customer", "time", "language", "text"),
    "segments": ("document", "key", "index", "start", "end", "turn", "text"),
    "predictions": ("document", "key", "time", "channel", "language", "status", "labels", "abstained", "by_hand"),
    "themes": ("week", "id", "driver", "state", "documents", "customers"),
    "trends": (
        "week",
        "documents",
        "customers",
        "partial",
        "label",
        "n",
        "k",
        "raw_share",
        "share",
        "low",
        "high",
        "change",
        "baseline",
        "p",
        "q",
        "signal",
    ),
}


def export_rows(workspace: Path, what: str, identified: bool) -> Iterator[dict[str, object]]:
    """The rows of ``voc export``; redacted unless ``identified``."""
    rows = {
        "documents": _document_rows,
        "segments": _segment_rows,
        "predictions": _prediction_rows,
        "themes": _theme_rows,
        "trends": _trend_rows,
    }[what]
    with reading(workspace) as context:
        yield from rows(context, _same if identified else redact)


def pseudonym_key(workspace: Path) -> bytes:
    """The key of customers' pseudonyms: the environment's VOC_KEY, else a secret file of the workspace."""
    given = os.environ.get("VOC_KEY")
    return given.encode() if given else secret(workspace / "pseudonym.key", _KEY_HINTS)


def _same(text: str) -> str:
    return text


def _document_rows(context: Context, shown: Any) -> Iterator[dict[str, object]]:
    customer = _same if shown is _same else partial(pseudonym, key=pseudonym_key(context.options.workspace))
    for d in context.store.documents():
        yield {
            "id": shown(d.id),
            "key": d.key,
            "source": shown(d.source),
            "channel": d.channel,
            "customer": customer(d.customer) if d.customer else None,
            "time": d.time,
            "language": d.language,
            "text": shown(d.text),
            **({"original": d.original} if shown is _same and d.original is not None else {}),
            "turns": [
                {
                    "role": t.role, "speaker": t.speaker and shown(t.speaker), "text": shown(d.text[t.start : t.end]),
                    "start": t.begins, "end": t.ends,
                }
                for t in d.turns
            ],
            "rating": d.rating,
            "reply": shown(d.reply) if d.reply else d.reply,
            "reply_time": d.reply_time,
            "thread": d.thread and shown(d.thread),
            "product": d.product and shown(d.product),
            "region": d.region and shown(d.region),
            "segment": d.segment and shown(d.segment),
            "value": d.value,
            "metadata": {shown(name): shown(value) for name, value in d.metadata.items()},
        }  # fmt: skip


def _segment_rows(context: Context, shown: Any) -> Iterator[dict[str, object]]:
    labels = context.classifier.labels
    for detail in context.store.details(context.model):
        for segment, scores in zip(detail.segments, detail.scores.tolist(), strict=True):
            yield {
                "document": shown(detail.document.id),
                "key": detail.prediction.key,
                "index": segment.index,
                "start": segment.start,
                "end": segment.end,
                "turn": segment.turn,
                "text": shown(detail.document.text[segment.start : segment.end]),
                **{f"score {label}": round(score, 4) for label, score in zip(labels, scores, strict=True)},
            }


def _prediction_rows(context: Context, shown: Any) -> Iterator[dict[str, object]]:
    labels = context.classifier.labels
    for detail in context.store.details(context.model):
        document, prediction = detail.document, detail.prediction
        yield {
            "document": shown(document.id),
            "key": prediction.key,
            "time": document.time,
            "channel": document.channel,
            "language": document.language,
            "status": prediction.status,
            "labels": list(prediction.labels),
            "abstained": list(prediction.abstained),
            "by_hand": list(prediction.by_hand),
            **dict(zip(labels, prediction.probabilities, strict=True)),
            "evidence": [
                {"label": e.label, "start": e.start, "end": e.end, "score": e.score,
                 "text": shown(document.text[e.start : e.end])}
                for e in prediction.evidence
            ],
            "model": prediction.model,
        }  # fmt: skip


def _theme_rows(context: Context, shown: Any) -> Iterator[dict[str, object]]:
    del shown  # keys and labels alone: labels are words that many documents share
    found = context.store.themes(context.scope)
    for theme in found.themes if found else ():
        yield {
            "week": context.week_name,
            "id": theme.id,
            "driver": theme.driver,
            "state": theme.state,
            "documents": theme.documents,
            "customers": theme.customers,
            **{f"label {language}": label for language, label in sorted(theme.labels.items())},
            "members": [{"document": key, "segment": segment} for key, segment in theme.members],
        }


def _trend_rows(context: Context, shown: Any) -> Iterator[dict[str, object]]:
    del shown  # counts name nobody
    for row in context.store.trends(context.scope) or ():
        for label, cell in row.cells.items():
            trend = row.trends.get(label)
            yield {
                "week": row.week, "documents": row.documents, "customers": row.customers, "partial": row.partial,
                "label": label, **asdict(cell),
                **{name: getattr(trend, name, None) for name in ("baseline", "p", "q", "signal")},
            }  # fmt: skip


def search(workspace: Path, query: str, driver: str | None, week: str | None, limit: int) -> list[dict[str, object]]:
    """Documents that hold all words of ``query``, newest first; redacted."""
    if not query.strip():
        raise UsageError("the query is empty", "Name a word that the documents hold.")
    with reading(workspace) as context:
        labels = _labels_of(context, driver) if driver else ()
        keys = None
        if week:
            wanted, zone = Week.parse(week), context.config.zone
            keys = [
                c.key
                for c in context.store.counts(context.model)
                if c.time and wanted.start <= local_date(c.time, zone) <= wanted.end
            ]
        found = context.store.search(query, model=context.model, labels=labels, keys=keys, limit=limit)
        said = {p.key: list(p.labels) for p in context.store.predictions(context.model, [d.key for d in found])}
        return [_hit(context, d, said.get(d.key, [])) for d in found]


def _labels_of(context: Context, driver: str) -> tuple[str, ...]:
    if driver == LEAVE or driver in context.taxonomy.labels:
        return (driver,)
    key = context.taxonomy.driver(driver).key
    return (f"{key}.{COMPLAINT}", f"{key}.{PRAISE}")


def _hit(context: Context, document: Document, labels: list[str]) -> dict[str, object]:
    return {
        "id": shown_id(document.id, document.key),
        "key": document.key,
        "time": document.time,
        "channel": document.channel,
        "language": document.language,
        "labels": labels,
        "text": quote(context, document, 0, len(document.text)).text,
    }


def explain(workspace: Path, document_id: str) -> dict[str, Any]:
    """Why one document (by id or key) was classified as it was. Texts are redacted, offsets are those of the store."""
    with reading(workspace) as context:
        found = context.store.document(document_id)
        if not found:
            raise VocError(
                f"there is no document {document_id!r} in {workspace}", "voc search finds documents by their words."
            )
        return {"documents": [_explanation(context, document) for document in found]}


def _explanation(context: Context, document: Document) -> dict[str, Any]:
    labels, thresholds = context.classifier.labels, context.classifier.thresholds
    answer: dict[str, Any] = {
        "id": shown_id(document.id, document.key),
        "key": document.key,
        "source": document.source,
        "channel": document.channel,
        "time": document.time,
        "language": document.language,
        "turns": [{"role": t.role, "text": redact(document.text[t.start : t.end])} for t in document.turns],
        "status": "unclassified",
    }
    for detail in context.store.details(context.model, [document.key]):
        prediction, text = detail.prediction, document.text
        by_segment = {m.segment: m.theme for m in context.store.memberships(document.key) if m.scope == context.scope}
        answer |= {
            "status": prediction.status,
            "model": prediction.model,
            "labels": list(prediction.labels),
            "abstained": list(prediction.abstained),
            "by_hand": list(prediction.by_hand),
            "scores": {
                label: {"probability": p, "threshold": round(float(t), 6), "decided": label in prediction.labels}
                for label, p, t in zip(labels, prediction.probabilities, thresholds, strict=True)
            },
            "segments": [
                {
                    "index": s.index, "start": s.start, "end": s.end, "turn": s.turn,
                    "text": redact(text[s.start : s.end]), "theme": by_segment.get(s.index),
                    "scores": {label: round(v, 4) for label, v in zip(labels, row, strict=True)},
                }
                for s, row in zip(detail.segments, detail.scores.tolist(), strict=True)
            ],
            "spans": [
                {"label": e.label, "start": e.start, "end": e.end, "score": e.score,
                 "text": redact(text[e.start : e.end])}
                for e in prediction.evidence
            ],
        }  # fmt: skip
    return answer
