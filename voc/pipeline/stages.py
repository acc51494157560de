"""The stages before the themes: ingest and classify. Each does only what is not yet done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from voc.documents import SET_ASIDE, Document, Reject
from voc.ingest import IngestOptions, Source, open_sources, resolve_relative
from voc.pipeline.context import Context, log, make_engine
from voc.pipeline.families import link_documents
from voc.pipeline.telling import FileTold, Telling
from voc.results import Classified
from voc.store import BatchResult

# Rows in one transaction: large enough that fsync does not count, small enough that a kill loses little.
INGEST_BATCH: Final = 1000
# Documents between two commits of predictions; the encoder sorts this many by length.
CLASSIFY_BATCH: Final = 1024


def ingest(context: Context) -> None:
    """Reads the inputs into the store; a file that was read to its end before is not read again."""
    with context.clock.stage("ingest") as row:
        telling = Telling(context.result.say)
        try:
            inputs = [
                _ingest_one(context, source, telling)
                for path in context.options.inputs
                for source in open_sources(path, lambda: reading_options(context))
            ]
        finally:
            telling.done()
        if context.options.as_of:
            _date_open(context, dt.date.fromisoformat(context.options.as_of))
        if arrived := context.as_of():
            context.store.note_arrivals(arrived.isoformat())
        link_documents(context.store)
        row["documents"] = sum(i["added"] for i in inputs)
    counted = ("rows", "added", "duplicates", "rejects", "set_aside", "forgotten")
    totals = {key: sum(i[key] for i in inputs) for key in counted}
    context.result.summary["ingest"] = {**totals, "inputs": inputs}


def _date_open(context: Context, as_of: dt.date) -> None:
    """Files with relative dates alone are undated until --as-of says which day they count from."""
    dated = context.store.date_open(lambda text: resolve_relative(text, as_of))
    if dated:
        context.result.say(f"{dated:,} documents with relative dates are dated now, as of {as_of}")


def _ingest_one(context: Context, source: Source, telling: Telling) -> dict[str, Any]:
    state = context.store.begin_input(source.name, source.sha256, source.kind, source.mapping, source.choices)
    known = {"name": source.name, "kind": source.kind, "sha256": source.sha256, "choices": list(source.choices)}
    done = BatchResult(0, 0, state.rejects, state.forgotten) if state.done else _read(context, source, state.id)
    added = state.documents if state.done else done.added
    told = FileTold(
        source.name, tuple(source.choices), added, done.duplicates, done.rejects, state.done, done.forgotten
    )
    telling.add(told)
    reasons = context.store.reject_reasons(state.id)
    return {
        **known,
        "rows": state.rows if state.done else done.added + done.duplicates + done.rejects + done.forgotten,
        "added": done.added,
        "duplicates": done.duplicates,
        "rejects": done.rejects,
        "forgotten": done.forgotten,
        "set_aside": sum(count for reason, count in reasons.items() if reason in SET_ASIDE),
        "unchanged": state.done,
    }


def _read(context: Context, source: Source, number: int) -> BatchResult:
    """Reads a source to its end into the store."""
    context.progress.start(f"reading {source.name}", None)
    added = duplicates = rejects = forgotten = 0
    rows = source.rows()
    while batch := list(islice(rows, INGEST_BATCH)):
        done = context.store.add_batch(
            number,
            [(row, item) for row, item in batch if isinstance(item, Document)],
            [item for _, item in batch if isinstance(item, Reject)],
        )
        added, duplicates, rejects = added + done.added, duplicates + done.duplicates, rejects + done.rejects
        forgotten += done.forgotten
        context.progress.advance(len(batch))
    context.store.finish_input(number)
    context.progress.finish()
    for warning in source.warnings():
        log.warning("%s", warning)
    if rejects:
        log.warning("%s: %d rows were rejected; voc rejects lists them", source.name, rejects)
    return BatchResult(added, duplicates, rejects, forgotten)


def reading_options(context: Context) -> IngestOptions:
    """How the next input is read. Relative dates count from as-of as it is before that input."""
    reading = context.config.ingest
    return IngestOptions(
        mapping=context.options.mapping,
        as_of=context.as_of(),
        agents=reading.agents,
        customers=reading.customers,
        company_domains=reading.company_domains,
    )


def classify(context: Context) -> None:
    """Classifies what the model has not seen yet; commits after every batch, so that a kill costs no more than what
    the encoder has read ahead."""
    with context.clock.stage("classify") as row:
        link_documents(context.store)  # where ingest was killed before it did so, or was done by an older voc
        total = context.store.count_unclassified(context.model)
        if total:
            engine = make_engine(context.config, context.classifier, context.taxonomy)
            context.progress.start("classifying", total)
            documents = context.store.unclassified_stream(context.model, CLASSIFY_BATCH)
            results = _advancing(context, engine.classify(documents))
            while batch := list(islice(results, CLASSIFY_BATCH)):
                context.store.add_classified(batch)
            context.progress.finish()
        row["documents"] = total
    context.result.summary["classify"] = {"classified": total, "model": context.model}
    context.result.say(f"{total:,} documents classified with {context.model}")


def _advancing(context: Context, items: Iterable[Classified]) -> Iterator[Classified]:
    for item in items:
        yield item
        context.progress.advance(1)
