"""Reports on ranges: two of them beside each other, a month, and the weeks from one on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from voc.casework import CLOSED
from voc.errors import UsageError
from voc.pipeline import loop, parts, reporting, theming, trending
from voc.pipeline.context import Context
from voc.pipeline.report_files import are_written, write_forms
from voc.pipeline.segments import folder_part
from voc.pipeline.spans import month_of
from voc.ranges import Comparison, Range, ThemeMove
from voc.report import CaseRow
from voc.report.ranges import COMPARE, MONTH, Month, RangeReport, cleaned_ranges, render_ranges_json
from voc.report.ranges_out import render_ranges_html, render_ranges_markdown, render_ranges_pdf
from voc.report.value import DriverName
from voc.report.xlsx_ranges import render_ranges_xlsx
from voc.results import WITHDRAWN, Alarm
from voc.trends import compare, theme_tests
from voc.weeks import Week, is_complete, weeks_between

_LEAST_THEME: Final = 3  # documents in one of the ranges
_STAGE: Final = "backfill"


def compare_ranges(context: Context, before: Range, after: Range) -> None:
    """Writes what differs ``after`` ``before`` as compare.html, .pdf, .xlsx, .md and .json, from what is stored."""
    with context.clock.stage("compare") as row:
        comparison = _compared(context, before, after)
        for side in (comparison.before, comparison.after):
            if not side.heard:
                raise UsageError(f"{side.range.name} has no feedback to compare", "voc status shows what there is.")
            row["documents"] += side.documents
        value = _value(context, COMPARE, comparison)
        _write(context, f"compare-{before.name}-{after.name}".replace("..", "_"), "compare", value)


def monthly(context: Context, month: Range) -> None:
    """Writes the report of a month, beside the month before it, as month.html, .pdf, .xlsx, .md and .json."""
    with context.clock.stage("month") as row:
        before = month_of(str(dt.date.fromisoformat(month.first) - dt.timedelta(days=1))[:7])
        comparison = _compared(context, before, month)
        if not comparison.after.documents:
            raise UsageError(f"{month.name} has no feedback", "voc status shows what there is.")
        row["documents"] = comparison.after.documents
        value = replace(_value(context, MONTH, comparison), month=_month(context, month))
        _write(context, month.name, "month", value)


def _compared(context: Context, before: Range, after: Range) -> Comparison:
    if context.options.segment:
        parts.check_segment(context)
    found = compare(
        context.day_counts(probabilities=True), before, after, labels=context.taxonomy.labels,
        zone=context.config.zone, as_of=context.as_of(), errors=trending.errors_of(context),
        audit=trending.audited(context),
    )  # fmt: skip
    return replace(found, themes=_themes(context, found))


def _themes(context: Context, found: Comparison) -> tuple[ThemeMove, ...]:
    """Documents by theme as the registry knows them now; first the sure moves, then what came or went."""
    if not found.before.heard or not found.after.heard:
        return ()
    sides: list[list[str]] = [[], []]
    for c in context.counted():
        day = context.day(c.time)
        if day is not None and c.key not in context.said_again:
            for keys, side in zip(sides, (found.before, found.after), strict=True):
                if side.range.first <= day.isoformat() <= side.range.last:
                    keys.append(c.key)
    before, after = (_by_theme(context, keys) for keys in sides)
    known = {t.id: t for t in context.store.known_themes() if t.state == "active"}
    labels = _theme_labels(context)
    shown = {i for i in before.keys() | after.keys() if i in known and i in labels}
    shown = {i for i in shown if max(before[i], after[i]) >= _LEAST_THEME}
    n = (found.before.heard, found.after.heard)
    tests = theme_tests({i: before[i] for i in shown}, {i: after[i] for i in shown}, n)
    moves = [
        ThemeMove(
            i, labels[i], known[i].driver, known[i].side, before[i], after[i], after[i] * n[0] > before[i] * n[1],
            *tests[i],
        )
        for i in shown
    ]  # fmt: skip
    return tuple(sorted(moves, key=lambda t: (t.p, -t.before - t.after, t.id)))


def _by_theme(context: Context, keys: list[str]) -> Counter[str]:
    members = {(s.key, s.theme) for s in context.store.known_segments(keys) if s.theme is not None}
    return Counter(theme for _, theme in members if theme is not None)


def _theme_labels(context: Context) -> dict[str, dict[str, str]]:
    """Labels of themes by language, as the latest report has them, and as people named them."""
    found: dict[str, dict[str, str]] = {}
    for scope in context.store.theme_scopes():
        if " " not in scope and (result := context.store.themes(scope)) is not None:
            found |= {theme.id: dict(theme.labels) for theme in result.themes}
    return found


def _value(context: Context, kind: str, comparison: Comparison) -> RangeReport:
    as_of = context.as_of()
    return RangeReport(
        kind=kind,
        company=context.config.general.company or None,
        as_of=as_of.isoformat() if as_of else None,
        model=context.model,
        taxonomy=context.taxonomy.version,
        drivers=tuple(DriverName(d.key, d.name, d.praise_name) for d in context.taxonomy.drivers),
        leave_name=dict(context.taxonomy.leave_name),
        comparison=comparison,
        segment=context.options.segment,
        corrected=tuple(trending.corrected_by(context)),
    )


def _month(context: Context, month: Range) -> Month:
    """What stood in the month, was done and was opened in it, as it was at its end (or at as-of, where that is
    earlier)."""
    as_of = context.as_of()
    end = min(dt.date.fromisoformat(month.last), as_of or dt.date.max)
    week = Week.of(end) if is_complete(Week.of(end), end) else Week.of(end).previous()
    own = Context(
        replace(context.options, week=str(week), as_of=end.isoformat()), context.config, context.store, context.progress
    )
    rows = trending.counted_rows(own)
    found = trending.remembered(own, rows)
    first = str(Week.of(dt.date.fromisoformat(month.first)))
    standing = [a for a in found if a.last >= first and a.state != WITHDRAWN]
    actions = [a for a in loop.actions(own, rows, found) if a.done is None or a.done >= month.first]
    cases, states = _cases(own, month, end)
    return Month(tuple(_in_order(standing)), tuple(actions), tuple(cases), states)


def _in_order(alarms: Iterable[Alarm]) -> list[Alarm]:
    return sorted(alarms, key=lambda a: (a.since, a.series))


def _cases(own: Context, month: Range, end: dt.date) -> tuple[list[CaseRow], dict[str, int]]:
    part = {c.key for c in own.counted()} if own.options.segment else None
    cases = [c.at(end.isoformat()) for c in own.store.cases() if part is None or part & set(c.keys)]
    opened = [c for c in cases if month.first <= c.opened <= end.isoformat()]
    closed = [c for c in cases if c.state in CLOSED and month.first <= c.since <= end.isoformat() and c not in opened]
    states = Counter(c.state for c in opened)
    ordered = sorted([*opened, *closed], key=lambda c: (c.since, c.id), reverse=True)
    return loop.case_rows(own, ordered), dict(sorted(states.items()))


def _write(context: Context, name: str, stem: str, value: RangeReport) -> None:
    folder = _reports(context) / (name + folder_part(context.options.segment))
    settings, language, zone = context.config.report, context.config.report.language, context.config.general.timezone
    value = cleaned_ranges(value)
    contents = {
        f"{stem}.html": render_ranges_html(value, language, zone).encode("utf-8"),
        f"{stem}.md": render_ranges_markdown(value, language, zone).encode("utf-8"),
        f"{stem}.xlsx": render_ranges_xlsx(value, language, zone),
        f"{stem}.json": render_ranges_json(value).encode("utf-8"),
    }
    written = write_forms(
        folder, contents, f"{stem}.pdf", lambda: render_ranges_pdf(value, language, zone), language, paper=settings.pdf
    )
    c = value.comparison
    context.result.summary[stem] = {
        "before": c.before.range.name, "after": c.after.range.name, "tests": c.tests,
        "sure": [d.series for d in c.series if d.sure], "folder": str(folder),
        "files": [str(folder / file) for file in sorted(written)],
    }  # fmt: skip
    for d in c.series:
        if d.sure:
            context.result.say(f"  {d.series}: {d.before.share:.1%} to {d.after.share:.1%} (q {d.q:.2g})")
    context.result.report_dir, context.result.page = folder, f"{stem}.html"


def backfill(context: Context, first: Week) -> None:
    """Makes the reports of all weeks from ``first`` to the report's week, in order, each as of its own Sunday: nothing
    later is looked at. A week that is done stays done, so that a killed backfill goes on where it was."""
    last = context.week
    if last is None or first > last:
        raise UsageError(
            f"there is no week with feedback from {first} on" if last is None else f"{first} is after {last}",
            "voc status shows what there is; --week names the last week.",
        )
    made = []
    for week in weeks_between(first, last):
        own = as_it_was(context, week)
        if not any(True for _ in own.counted()):
            continue
        if not _is_done(own):
            if own.options.segment:
                parts.prepare(own)
            else:
                theming.themes(own)
            trending.trends(own)
            reporting.report(own)
            done = own.result.summary["report"]
            files = {Path(f).name: hashlib.sha256(Path(f).read_bytes()).hexdigest() for f in done["files"]}
            word = {"fingerprint": own.fingerprint(_STAGE), "files": files}
            own.store.set_stage(_stage(own), own.scope, json.dumps(word))
            context.result.say(f"{week}: revision {done['revision']}")
            made.append(str(week))
        context.result.report_dir = _folder(own)
    context.result.summary["backfill"] = {"from": str(first), "to": str(last), "made": made}


def as_it_was(context: Context, week: Week) -> Context:
    """The command as it would have been on the Sunday of ``week``, or on as-of where that is earlier."""
    as_of = context.as_of()
    day = min(week.end, as_of) if as_of else week.end
    options = replace(context.options, week=str(week), as_of=day.isoformat())
    return Context(options, context.config, context.store, context.progress, context.clock, horizon=day)


def _stage(own: Context) -> str:
    return f"{_STAGE} {own.config.report.language}"


def _folder(own: Context) -> Path:
    return _reports(own) / own.folder_name


def _reports(context: Context) -> Path:
    return context.options.out or context.options.workspace / "reports"


def _is_done(own: Context) -> bool:
    word = own.store.stage_fingerprint(_stage(own), own.scope)
    if word is None:
        return False
    before = json.loads(word)
    return bool(before["fingerprint"] == own.fingerprint(_STAGE)) and are_written(
        _folder(own), before["files"], paper=own.config.report.pdf
    )
