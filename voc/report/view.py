"""The Report in one language: every text that a page shows, in order, as plain unescaped strings.

HTML and Markdown are two layouts of this one view, so they cannot say different things. Escaping is the renderer's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

from voc.report import annex, headline, loop_view, movement
from voc.report.costs_view import costs_block
from voc.report.glance import glance
from voc.report.health_view import health_block
from voc.report.messages import Messages, load_messages
from voc.report.model_step import model_step
from voc.report.movement import quote_view
from voc.report.names import driver_name, series_name
from voc.report.needs_view import needs_view
from voc.report.page import CallBackView, QuoteGroup, Table, ThemeView, View
from voc.report.value import ALL, MIN_BASELINE, Report, Restated, StaleFeed, ThemeEntry
from voc.results import LEAVE, OK, OTHER
from voc.taxonomy import PRAISE
from voc.text import TESTED_LANGUAGES

MAX_THEMES: Final = 12
MAX_BESIDE: Final = 4  # themes of what no driver covers, and of praise
MAX_RESTATED: Final = 8
MAX_SOURCES: Final = 12


def build_view(report: Report, language: str) -> View:
    """The view of ``report`` in ``language``; UsageError for a language that is not known."""
    m = load_messages(language)
    heading, days = headline.heading(report, m)
    company = report.company or ""
    tables, weeks_note = movement.series_tables(report, m)
    alarms, alarms_note = movement.alarm_table(report, m)
    step, step_note = model_step(report, m)
    view = View(
        language=language,
        title=" · ".join(part for part in (company, m("head.title"), heading) if part),
        company=company,
        product=m("head.title"),
        heading=heading,
        days=days,
        meta=headline.meta(report, m),
        restated=_restated(report, m),
        verdict_kind=report.verdict.kind,
        verdict=headline.verdict(report, m),
        details=headline.details(report, m),
        tiles=headline.tiles(report, m),
        tile_key=headline.tile_key(report, m),
        changes=movement.change_views(report, m),
        alarms=alarms,
        alarms_note=alarms_note,
        overview=movement.overview(report, m),
        weeks=tables,
        weeks_note=weeks_note,
        themes=tuple(_theme(report, theme, m) for theme in shown_themes(report)),
        themes_note=_themes_note(report, m),
        quotes=_quotes(report, m),
        callbacks=_callbacks(report, m),
        callbacks_note=_callbacks_note(report, m),
        loop=loop_view.blocks(report, m),
        loop_note=loop_view.window(report, m),
        channels=_heard(report, m, "channel", report.coverage.channels, report.coverage.week_channels),
        languages=_heard(report, m, "language", report.coverage.languages, report.coverage.week_languages),
        untested=m("heard.untested_note") if set(report.coverage.languages) - TESTED_LANGUAGES - {"und"} else "",
        facts=_facts(report, m),
        notes=_notes(report, m),
        made=m("notes.made", model=report.model, taxonomy=report.taxonomy),
        model_step=step,
        model_note=step_note,
        glance=glance(report, m),
        numbers=annex.numbers(report, m),
    )
    return dataclasses.replace(_more(report, view, m), filters=annex.filters(report, view, m))


def _quotes(report: Report, m: Messages) -> tuple[QuoteGroup, ...]:
    return tuple(
        QuoteGroup(d.key, m.name(d.name), tuple(quote_view(q, m, (d.key,)) for q in report.quotes.get(d.key, ())))
        for d in report.drivers
    )


def _callbacks(report: Report, m: Messages) -> tuple[CallBackView, ...]:
    return tuple(
        CallBackView(
            day=m.day(c.quote.day),
            channel=m.get("channel", c.quote.channel),
            reason=m.joined([driver_name(report, d, m) for d in c.drivers]) or m("callbacks.no_driver"),
            quote=quote_view(c.quote, m, c.drivers),
            case=loop_view.case_text(report, c.quote.key, m),
        )
        for c in report.callbacks
    )


def _more(report: Report, view: View, m: Messages) -> View:
    return dataclasses.replace(
        view, needs=needs_view(report, m), costs=costs_block(report, m), health=health_block(report, m)
    )


def shown_themes(report: Report) -> list[ThemeEntry]:
    """What is emerging and what was pinned; then themes of drivers, of what no driver covers, and of praise."""
    themes = report.themes.themes
    first = [t for t in themes if t.emergence or t.pinned]
    first.sort(key=lambda t: t.emergence is None)
    rest = [t for t in themes if t not in first]
    praise = [t for t in rest if t.side == PRAISE]
    other = [t for t in rest if t.side != PRAISE and t.driver == OTHER]
    drivers = [t for t in rest if t.side != PRAISE and t.driver != OTHER]
    return [*first, *drivers[:MAX_THEMES], *other[:MAX_BESIDE], *praise[:MAX_BESIDE]]


def _emerging(theme: ThemeEntry, m: Messages) -> str:
    told = theme.emergence
    if told is None:
        return ""
    return m(
        "themes.emerging",
        found=m.count(told.found),
        documents=m.count(told.documents),
        weeks=told.weeks,
        expected=m.count(round(told.expected)),
        customers=m.count(told.customers),
        first=m.day(told.first) if told.first else "–",
    )


def _theme(report: Report, theme: ThemeEntry, m: Messages) -> ThemeView:
    driver = driver_name(report, theme.driver, m)
    nested = f" › {m.name(theme.sub_names)}" if theme.sub_names else ""
    return ThemeView(
        label=m.name(theme.labels),
        driver=m("themes.praise", driver=driver) if theme.side == PRAISE else driver + nested,
        key=theme.driver,
        documents=m.count(theme.documents),
        state=m.get("state", theme.state),
        quotes=tuple(quote_view(q, m, (theme.driver,)) for q in theme.quotes),
        note=_emerging(theme, m),
    )


def _themes_note(report: Report, m: Messages) -> str:
    table, notes = report.themes, []
    if table.units:
        share = m.percent(table.unassigned / table.units)
        notes.append(m("themes.intro", unassigned=m.count(table.unassigned), units=m.count(table.units), share=share))
    if table.start and table.end:
        notes.append(m("themes.window", start=m.day(table.start), end=m.day(table.end)))
    shown = len(shown_themes(report))
    if len(table.themes) > shown:
        notes.append(m("themes.cut", shown=shown, all=len(table.themes)))
    return m("format.gap").join(notes)


def _callbacks_note(report: Report, m: Messages) -> str:
    if not report.callbacks:
        return m("callbacks.none_all" if report.week == ALL else "callbacks.none")
    cell, shown = report.cell(LEAVE), len(report.callbacks)
    cut = m("callbacks.cut", shown=shown, all=cell.k) if cell and cell.k > shown else ""
    return m("format.gap").join(part for part in (m("callbacks.intro"), cut) if part)


def _heard(report: Report, m: Messages, table: str, counts: Mapping[str, int], week: Mapping[str, int]) -> Table:
    def name(key: str) -> str:
        text = m.get(table, key)
        tested = table != "language" or key in TESTED_LANGUAGES or key == "und"
        return text if tested else m("heard.untested", language=text)

    if report.week == ALL:
        return Table((m(f"heard.{table}"), m("heard.all")), tuple((name(k), m.count(v)) for k, v in counts.items()))
    rows = tuple((name(k), m.count(week.get(k, 0)), m.count(v)) for k, v in counts.items())
    return Table((m(f"heard.{table}"), m("heard.week"), m("heard.all")), rows)


def _facts(report: Report, m: Messages) -> tuple[tuple[str, str], ...]:
    c, rejects = report.coverage, report.rejects
    count = m.count(c.documents)
    span = (
        m("heard.span_value", count=count, start=m.day(c.start), end=m.day(c.end))
        if c.start and c.end
        else m("heard.span_undated", count=count)
    )
    facts = [(m("heard.span"), span)]
    facts.append((m("heard.undated"), m("heard.undated_value", count=m.count(c.undated)) if c.undated else "0"))
    facts.append((m("heard.duplicates"), m.count(c.duplicates)))
    alike = {"count": m.count(c.near_duplicates), "families": m.count(c.families)}
    facts.append((m("heard.alike"), m("heard.alike_value", **alike) if c.families else "0"))
    reasons = _reasons("reject", rejects.reasons, m)
    rejected = m.count(rejects.count)
    facts.append((m("heard.rejects"), m("format.named", name=rejected, value=reasons) if reasons else rejected))
    statuses = _reasons("status", {k: v for k, v in c.statuses.items() if k != OK}, m)
    facts.append((m("heard.status"), statuses or "0"))
    if c.sources:
        named = _reasons("", dict(list(c.sources.items())[:MAX_SOURCES]), m)
        more = [m("glance.more", count=m.count(len(c.sources) - MAX_SOURCES))] if len(c.sources) > MAX_SOURCES else []
        facts.append((m("heard.sources"), m.joined([named, *more])))
    if c.stale is not None:
        facts.append((m("heard.stale"), _stale(c.stale, m) or m("heard.stale_none")))
    if report.by_hand:
        facts.append((m("heard.by_hand"), m.count(report.by_hand)))
    return tuple(facts)


def _stale(feeds: tuple[StaleFeed, ...], m: Messages) -> str:
    return m.joined(
        [m("heard.stale_value", name=f.name, last=m.day(f.last), weeks=m.count(round(f.weeks))) for f in feeds]
    )


def _reasons(table: str, counts: Mapping[str, int], m: Messages) -> str:
    return m.joined([m("format.reason", name=m.get(table, k), count=m.count(v)) for k, v in counts.items()])


def _restated(report: Report, m: Messages) -> tuple[str, ...]:
    r = report.restates
    if r is None:
        return ()
    part = dict.fromkeys(("weeks", "verdict", "signals", "changes", "alarms", "errors", "corrections"), "figures")
    part |= {"drivers": "taxonomy", "leave_name": "taxonomy", "model_change": "model", "by_hand": "figures"}
    parts = list(dict.fromkeys(m.get("part", part.get(p, p)) for p in r.parts))
    lines = [m("restates.intro", revision=report.revision, previous=r.revision, parts=m.joined(parts))]
    lines += [_figure(report, f, m) for f in r.figures[:MAX_RESTATED]]
    if len(r.figures) > MAX_RESTATED:
        lines.append(m("restates.more", count=len(r.figures) - MAX_RESTATED))
    return tuple(lines)


def _figure(report: Report, figure: Restated, m: Messages) -> str:
    def value(pair: tuple[int, int] | None) -> str:
        if pair is None:
            return m("restates.absent")
        if figure.series == "documents":
            return m.count(pair[1])
        return m("format.of", k=m.count(pair[0]), n=m.count(pair[1]))

    name = m("restates.documents") if figure.series == "documents" else series_name(report, figure.series, m)
    change = m("format.arrow", before=value(figure.before), after=value(figure.after))
    return m("format.named", name=f"{figure.week} · {name}", value=change)


def _notes(report: Report, m: Messages) -> tuple[tuple[str, str], ...]:
    keys = ["share", "corrected" if report.errors else "uncorrected", "interval"]
    row = report.current
    seasonal = row is not None and any(trend.season is not None for trend in row.trends.values())
    keys += [] if report.week == ALL else ["change", *(["season"] if seasonal else []), "sure", "memory", "incomplete"]
    keys += ["where"] if report.changes else []
    values = {"minimum": MIN_BASELINE}
    return tuple((m(f"notes.{k}"), m(f"notes.{k}_text", **values)) for k in [*keys, "machine", "quotes", "privacy"])
