"""The stages before the report: ingest, classify, themes, trends. Each does only what is not yet done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from voc.documents import SET_ASIDE, Document, Reject
from voc.ingest import IngestOptions, Source, open_sources, resolve_relative
from voc.pipeline.context import Context, log
from voc.pipeline.families import link_documents, repeats
from voc.results import Classified, WeekRow
from voc.store import BatchResult

if TYPE_CHECKING:
    from voc.themes import ThemeSettings

# Rows in one transaction: large enough that fsync does not count, small enough that a kill loses little.
INGEST_BATCH: Final = 1000
# Documents between two commits of predictions; the encoder sorts this many by length.
CLASSIFY_BATCH: Final = 1024


def ingest(context: Context) -> None:
    """Reads the inputs into the store; a file that was read to its end before is not read again."""
    with context.clock.stage("ingest") as row:
        inputs = [
            _ingest_one(context, source)
            for path in context.options.inputs
            for source in open_sources(path, lambda: reading_options(context))
        ]
        if context.options.as_of:
            _date_open(context, dt.date.fromisoformat(context.options.as_of))
        link_documents(context.store)
        row["documents"] = sum(i["added"] for i in inputs)
    totals = {key: sum(i[key] for i in inputs) for key in ("rows", "added", "duplicates", "rejects", "set_aside")}
    context.result.summary["ingest"] = {**totals, "inputs": inputs}


def _date_open(context: Context, as_of: dt.date) -> None:
    """Files with relative dates alone are undated until --as-of says which day they count from."""
    dated = context.store.date_open(lambda text: resolve_relative(text, as_of))
    if dated:
        context.result.say(f"{dated:,} documents with relative dates are dated now, as of {as_of}")


def _ingest_one(context: Context, source: Source) -> dict[str, Any]:
    state = context.store.begin_input(source.name, source.sha256, source.kind, source.mapping, source.choices)
    known = {"name": source.name, "kind": source.kind, "sha256": source.sha256, "choices": list(source.choices)}
    if state.done:
        context.result.say(f"{source.name}: unchanged, {state.documents:,} documents, {state.rejects:,} rejects")
        done = BatchResult(0, 0, state.rejects)
    else:
        done = _read(context, source, state.id)
    reasons = context.store.reject_reasons(state.id)
    return {
        **known,
        "rows": state.rows if state.done else done.added + done.duplicates + done.rejects,
        "added": done.added,
        "duplicates": done.duplicates,
        "rejects": done.rejects,
        "set_aside": sum(count for reason, count in reasons.items() if reason in SET_ASIDE),
        "unchanged": state.done,
    }


def _read(context: Context, source: Source, number: int) -> BatchResult:
    """Reads a source to its end into the store."""
    context.progress.start(f"reading {source.name}", None)
    added = duplicates = rejects = 0
    rows = source.rows()
    while batch := list(islice(rows, INGEST_BATCH)):
        done = context.store.add_batch(
            number,
            [(row, item) for row, item in batch if isinstance(item, Document)],
            [item for _, item in batch if isinstance(item, Reject)],
        )
        added, duplicates, rejects = added + done.added, duplicates + done.duplicates, rejects + done.rejects
        context.progress.advance(len(batch))
    context.store.finish_input(number)
    context.progress.finish()
    for choice in source.choices:
        context.result.say(f"{source.name}: {choice}")
    context.result.say(
        f"{source.name}: {added:,} documents added, {duplicates:,} exact duplicates, {rejects:,} rows rejected"
    )
    for warning in source.warnings():
        log.warning("%s", warning)
    if rejects:
        log.warning("%s: %d rows were rejected; voc rejects lists them", source.name, rejects)
    return BatchResult(added, duplicates, rejects)


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
    """Classifies what the model has not seen yet; commits after every batch, so that a kill costs one batch."""
    with context.clock.stage("classify") as row:
        link_documents(context.store)  # where ingest was killed before it did so, or was done by an older voc
        total = context.store.count_unclassified(context.model)
        if total:
            from voc.encoders import load_encoder
            from voc.engines import LocalEngine

            encoder = load_encoder(context.config.general.model, threads=context.config.general.threads)
            engine = LocalEngine(encoder, context.classifier)
            context.progress.start("classifying", total)
            while batch := context.store.unclassified(context.model, CLASSIFY_BATCH):
                context.store.add_classified(list(_advancing(context, engine.classify(batch))))
            context.progress.finish()
        row["documents"] = total
    context.result.summary["classify"] = {"classified": total, "model": context.model}
    context.result.say(f"{total:,} documents classified with {context.model}")


def _advancing(context: Context, items: Iterable[Classified]) -> Iterator[Classified]:
    for item in items:
        yield item
        context.progress.advance(1)


def themes(context: Context) -> None:
    """Clusters the complaint segments of the window that ends with the week."""
    settings = context.config.themes
    fingerprint = context.fingerprint(
        "themes",
        window_weeks=settings.window_weeks,
        min_documents=settings.min_documents,
        max_themes=settings.max_themes,
    )
    with context.clock.stage("themes") as row:
        if context.store.stage_fingerprint("themes", context.scope) != fingerprint:
            from voc.themes import fit_themes

            context.progress.start("themes", None)
            keys, new_keys = _theme_window(context)
            units = context.store.theme_units(context.model, keys)
            result = fit_themes(units, taxonomy=context.taxonomy, settings=_theme_settings(context, new_keys))
            context.store.save_themes(context.scope, fingerprint, result)
            context.progress.finish()
        found = context.store.themes(context.scope)
        row["documents"] = len({key for t in found.themes for key, _ in t.members}) if found else 0
    if found is None:
        return
    context.result.summary["themes"] = {
        "week": context.week_name,
        "themes": [
            {"id": t.id, "driver": t.driver, "labels": dict(t.labels), "documents": t.documents, "state": t.state}
            for t in found.themes
        ],
        "units": found.units,
        "unassigned": found.unassigned,
    }
    context.result.say(
        f"{len(found.themes)} themes in {found.units:,} complaint segments, {found.unassigned:,} belong to none"
    )


def theme_window(context: Context) -> tuple[dt.date, dt.date] | None:
    """First and last day of the weeks that themes are built from; None for a store without dates."""
    if context.week is None:
        return None
    return context.week.plus(1 - context.config.themes.window_weeks).start, context.week.end


def _theme_window(context: Context) -> tuple[list[str], frozenset[str]]:
    """Keys of the documents in the window and of the undated ones, without what a customer says again among them, and
    of those in the report's own week."""
    window, week = theme_window(context), context.week
    keys, new = list[str](), set[str]()
    for c in context.counted():
        day = context.day(c.time)
        if window is None or week is None:
            keys.append(c.key)
        elif day is None or window[0] <= day <= window[1]:
            keys.append(c.key)
            if day is not None and day >= week.start:
                new.add(c.key)
    inside = frozenset(keys)
    again = repeats((t for t in context.store.twins() if t.key in inside), context.day, lambda _: None)
    return [key for key in keys if key not in again], frozenset(new)


def _theme_settings(context: Context, week_keys: frozenset[str]) -> ThemeSettings:
    from voc.themes import ThemeSettings

    settings = context.config.themes
    return ThemeSettings(min_documents=settings.min_documents, max_themes=settings.max_themes, week_keys=week_keys)


def trends(context: Context) -> None:
    """Counts by ISO week and label, with intervals and changes."""
    from voc.trends import weekly, whole

    fingerprint = context.fingerprint("trends")
    with context.clock.stage("trends") as row:
        if context.store.stage_fingerprint("trends", context.scope) != fingerprint:
            labels, as_of = context.taxonomy.labels, context.as_of()
            rows = (
                [whole(context.day_counts(), labels=labels)]
                if context.week is None or as_of is None
                else weekly(
                    context.day_counts(), labels=labels, zone=context.config.zone, as_of=as_of, week=context.week
                )
            )
            context.store.save_trends(context.scope, fingerprint, rows)
        saved = context.store.trends(context.scope) or []
        row["documents"] = sum(r.documents for r in saved)
    context.result.summary["trends"] = {"week": context.week_name, "weeks": len(saved), "rows": _trend_rows(saved)}
    for line in _trend_lines(context, saved):
        context.result.say(line)


def _trend_rows(rows: list[WeekRow]) -> list[dict[str, object]]:
    return [
        {"week": r.week, "documents": r.documents, "customers": r.customers, "partial": r.partial}
        | {label: {"n": c.n, "k": c.k, "share": c.share, "change": c.change} for label, c in r.cells.items()}
        for r in rows
    ]


def _trend_lines(context: Context, rows: list[WeekRow]) -> Iterator[str]:
    if not rows:
        yield f"{context.week_name}: no documents"
        return
    row = rows[-1]
    yield f"{row.week}: {row.documents:,} documents" + (", the week is not complete" if row.partial else "")
    for label in (*context.taxonomy.complaint_labels, "leave"):
        cell = row.cells[label]
        if cell.share is not None and cell.low is not None and cell.high is not None:
            change = "" if cell.change is None else f", {cell.change * 100:+.1f} points"
            yield f"  {label}: {cell.share:.1%} ({cell.low:.1%} to {cell.high:.1%}), {cell.k} of {cell.n}{change}"
