"""The report stage: gathers what the Report is built from, keeps revisions, writes the files."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voc.documents import Document
from voc.errors import UsageError
from voc.pipeline import loop
from voc.pipeline.context import ALL, Context
from voc.pipeline.costs import costs
from voc.pipeline.feeds import stale_feeds
from voc.pipeline.model_change import model_change
from voc.pipeline.model_health import model_health
from voc.pipeline.needs import needs
from voc.pipeline.parts import themes_told, told_of_a_part
from voc.pipeline.quoting import Sample, quote, representative, segment_quotes, words_of
from voc.pipeline.report_files import are_written, write_files
from voc.pipeline.theming import theme_window
from voc.pipeline.trending import corrected_by, filled, places, remembered
from voc.report import (
    MAX_CALLBACKS,
    CallBack,
    Coverage,
    Quote,
    Rejects,
    Report,
    ReportInputs,
    StaleFeed,
    build_report,
    parse_report,
    render_json,
)
from voc.results import LEAVE, Evidence, Prediction, ThemeResult, WeekRow
from voc.taxonomy import COMPLAINT

# Candidates fetched for one quote that is shown: some say the same and are left out.
_SPARE: Final = 4


def report(context: Context) -> None:
    """Builds the report of the week, saves it as a revision where it differs from the last, and writes its files.

    With ``--revision`` a saved revision is written again, unchanged.
    """
    with context.clock.stage("report") as row:
        folder = (context.options.out or context.options.workspace / "reports") / context.folder_name
        if context.options.revision is None and not context.options.segment:
            loop.open_new_cases(context)
        fingerprint = _fingerprint(context)
        stage = f"report {context.config.report.language}"
        if context.options.revision or not _is_written(context, stage, fingerprint, folder):
            value, text = (
                _saved(context, context.scope, context.options.revision)
                if context.options.revision
                else _next_revision(context)
            )
            written = write_files(folder, value, text, context.config.report.language, paper=context.config.report.pdf)
            context.store.note_folder(folder, context.scope, value.revision, context.config.report.language, written)
            if not context.options.revision:
                word = json.dumps({"fingerprint": fingerprint, "revision": value.revision, "files": written})
                context.store.set_stage(stage, context.scope, word)
            revision = value.revision
        else:
            before = json.loads(context.store.stage_fingerprint(stage, context.scope) or "{}")
            revision, written = before["revision"], before["files"]
        row["documents"] = context.store.document_count()
    context.result.summary["report"] = {
        "week": context.week_name,
        "revision": revision,
        "folder": str(folder),
        "files": [str(folder / name) for name in sorted(written)],
    }
    context.result.report_dir = folder


def restated_weeks(context: Context) -> list[str]:
    """Earlier weeks whose last report states other counts than the store holds now, because documents came late.

    What an earlier model told stays as it was told: no report mixes models.
    """
    now = {row.week: row for row in context.store.trends(context.scope) or ()}
    latest = {week: revision for week, revision, _ in context.store.reports()}
    found = []
    for week, revision in latest.items():
        if week == context.scope or week not in now:
            continue
        saved = _saved(context, week, revision)[0]
        told = saved.current
        if saved.model != context.model:
            continue
        if told is None or _counts(told) != _counts(now[week]):
            found.append(week)
    return found


def _counts(row: WeekRow) -> tuple[object, ...]:
    return (row.documents, row.customers, {label: (cell.n, cell.k) for label, cell in row.cells.items()})


def _fingerprint(context: Context) -> str:
    return context.fingerprint(
        "report",
        company=context.config.general.company,
        quotes=context.config.report.quotes,
        themes=context.store.stage_fingerprint("themes", context.whole_scope),
        trends=context.store.stage_fingerprint("trends", context.scope),
        loop=context.store.loop_revision(),
    )


def _is_written(context: Context, stage: str, fingerprint: str, folder: Path) -> bool:
    """Whether the files in ``folder`` are what this report would be."""
    word = context.store.stage_fingerprint(stage, context.scope)
    if word is None:
        return False
    before = json.loads(word)
    if before["fingerprint"] != fingerprint:
        return False
    return are_written(folder, before["files"], paper=context.config.report.pdf)


def _saved(context: Context, scope: str, revision: int) -> tuple[Report, str]:
    """A saved revision and the report.json that it was told with."""
    saved = context.store.report(scope, revision)
    if saved is None:
        known = [r for week, r, _ in context.store.reports() if week == scope]
        hint = f"There are revisions {', '.join(map(str, known))}." if known else "No report of it was written yet."
        raise UsageError(f"there is no revision {revision} of {scope}", hint)
    return parse_report(saved.value), saved.value


def _next_revision(context: Context) -> tuple[Report, str]:
    before = context.store.latest_revision(context.scope)
    value = build_report(_inputs(context, parse_report(before.value) if before else None))
    context.forget_recent()  # files are drawn and set next, which takes memory, too
    text = render_json(value)
    if before and value.revision == before.revision:
        return value, before.value
    context.store.save_report(context.scope, value.revision, hashlib.sha256(text.encode("utf-8")).hexdigest(), text)
    return value, text


def _inputs(context: Context, previous: Report | None) -> ReportInputs:
    heard = _hear(context)
    themes = themes_told(context)
    window, as_of = theme_window(context), context.as_of()
    rows = context.store.trends(context.scope) or []
    alarms = remembered(context, rows)
    located = places(context, rows, alarms)
    quotes, callbacks = _words(context, heard.week_keys, [w.series for w in located])
    reasons = {} if context.options.segment else context.store.reject_reasons()
    return ReportInputs(
        week=context.week_name,
        as_of=as_of.isoformat() if as_of else None,
        model=context.model,
        taxonomy=context.taxonomy,
        rows=rows,
        themes=themes,
        theme_quotes=_theme_quotes(context, themes),
        quotes={d.key: quotes[f"{d.key}.{COMPLAINT}"] for d in context.taxonomy.drivers},
        callbacks=callbacks,
        coverage=heard.coverage(context),
        rejects=Rejects(sum(reasons.values()), reasons),
        company=context.config.general.company or None,
        theme_start=window[0].isoformat() if window else None,
        theme_end=window[1].isoformat() if window else None,
        quotes_shown=context.config.report.quotes,
        previous=previous,
        alarms=alarms,
        places=located,
        change_quotes=quotes,
        errors=corrected_by(context),
        loop=loop.section(context, rows, alarms, [c.quote.key for c in callbacks[:MAX_CALLBACKS]]),
        model_change=model_change(context, previous),
        segment=context.options.segment,
        filling=filled(context, rows),
        by_hand=len(context.store.labels_by_hand().keys() & set(heard.week_keys)),
        needs=needs(context, themes),
        costs=costs(context),
        health=model_health(context),
    )


@dataclass
class _Heard:
    """Who was heard, counted in one pass."""

    channels: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    week_channels: Counter[str] = field(default_factory=Counter)
    week_languages: Counter[str] = field(default_factory=Counter)
    week_keys: list[str] = field(default_factory=list)
    documents: int = 0
    undated: int = 0
    first: dt.date | None = None
    last: dt.date | None = None

    def coverage(self, context: Context) -> Coverage:
        sources, part = Counter[str](), bool(context.options.segment)
        for source in context.store.sources():
            sources[source.name] += 0 if part else source.documents
        near_duplicates, families = (0, 0) if part else context.store.family_counts()
        if part:
            for counts in (self.channels, self.languages, self.statuses, self.week_channels, self.week_languages):
                told_of_a_part(counts)
        return Coverage(
            documents=self.documents if part or context.horizon else context.store.document_count(),
            start=self.first.isoformat() if self.first else None,
            end=self.last.isoformat() if self.last else None,
            channels=self.channels,
            languages=self.languages,
            undated=self.undated,
            duplicates=0 if part else sum(s.duplicates for s in context.store.sources()),
            statuses=self.statuses,
            sources=+sources,
            week_documents=len(self.week_keys),
            week_channels=self.week_channels,
            week_languages=self.week_languages,
            near_duplicates=near_duplicates,
            families=families,
            stale=None if part or context.week is None else _stale(context),
        )


def _stale(context: Context) -> tuple[StaleFeed, ...]:
    return tuple(StaleFeed(f.name, f.last.isoformat(), f.interval or 0.0) for f in stale_feeds(context))


def _hear(context: Context) -> _Heard:
    heard = _Heard()
    for g in context.groups:
        day = context.day(g.time)
        heard.documents += g.documents
        heard.channels[g.channel] += g.documents
        heard.languages[g.language] += g.documents
        heard.statuses[g.status] += g.documents
        if day is None:
            heard.undated += g.documents
        else:
            heard.first = min(heard.first or day, day)
            heard.last = max(heard.last or day, day)
    for c, _ in context.recent(1):
        heard.week_keys.append(c.key)
        heard.week_channels[c.channel] += 1
        heard.week_languages[c.language] += 1
    return heard


def _words(context: Context, keys: list[str], changed: Iterable[str]) -> tuple[dict[str, list[Quote]], list[CallBack]]:
    """Quotes of the week for each complaint and each label that ``changed``, and whom to call back."""
    wanted = context.config.report.quotes * _SPARE
    samples = {label: Sample() for label in (*context.taxonomy.complaint_labels, *changed)}
    leaving: list[tuple[Prediction, Evidence, tuple[str, ...]]] = []
    for prediction in context.store.predictions(context.model, None if context.week_name == ALL else keys):
        if prediction.key in context.said_again:  # no share counts it, so it is neither quoted nor called back
            continue
        first: dict[str, Evidence] = {}
        for evidence in prediction.evidence:
            first.setdefault(evidence.label, evidence)
        for label in prediction.labels:
            if label in samples and label in first:
                samples[label].add(prediction.key, first[label])
        drivers = tuple(d.key for d in context.taxonomy.drivers if f"{d.key}.{COMPLAINT}" in prediction.labels)
        if drivers and LEAVE in prediction.labels and LEAVE in first:
            leaving.append((prediction, first[LEAVE], drivers))
    keyed = {key for sample in samples.values() for key in sample.keys} | {p.key for p, _, _ in leaving}
    documents = _documents(context, keyed)
    quotes = {}
    for label, sample in samples.items():
        chosen = representative(words_of(sample, documents), wanted)
        quotes[label] = [quote(context, documents[w.key], w.start, w.end) for w in chosen]
    return quotes, list(_callbacks(context, leaving, documents))


def _callbacks(
    context: Context, leaving: list[tuple[Prediction, Evidence, tuple[str, ...]]], documents: Mapping[str, Document]
) -> Iterator[CallBack]:
    """The dearest customers first, then the latest to write."""

    def order(item: tuple[Prediction, Evidence, tuple[str, ...]]) -> tuple[float, int, str]:
        document = documents[item[0].key]
        day = context.day(document.time)
        return (-(document.value or 0.0), -(day.toordinal() if day else 0), document.key)

    for prediction, evidence, drivers in sorted(leaving, key=order):
        yield CallBack(quote(context, documents[prediction.key], evidence.start, evidence.end), drivers)


def _theme_quotes(context: Context, themes: ThemeResult) -> dict[tuple[str, int], Quote]:
    wanted = {ref for theme in themes.themes for ref in (*theme.quotes, theme.counter) if ref is not None}
    return segment_quotes(context, wanted)


def _documents(context: Context, keys: Iterable[str]) -> dict[str, Document]:
    return {d.key: d for d in context.store.documents(sorted(keys))}
