"""The Report in one language: every text that a page shows, in order, as plain unescaped strings.

HTML and Markdown are two layouts of this one view, so they cannot say different things. Escaping is the renderer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voc.report import headline
from voc.report.build import MIN_BASELINE
from voc.report.messages import Messages, load_messages
from voc.report.names import driver_name, series_name
from voc.report.page import CallBackView, QuoteGroup, QuoteView, Table, ThemeView, View
from voc.report.value import ALL, Quote, Report, Restated
from voc.results import LEAVE, OK, WeekRow
from voc.taxonomy import COMPLAINT, PRAISE
from voc.text import TESTED_LANGUAGES

MAX_THEMES: Final = 12
MAX_TABLE_WEEKS: Final = 26
MAX_RESTATED: Final = 8


def build_view(report: Report, language: str) -> View:
    """The view of ``report`` in ``language``; UsageError for a language that is not known."""
    m = load_messages(language)
    heading, days = headline.heading(report, m)
    company = report.company or ""
    table, weeks_note = _weeks(report, m)
    return View(
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
        weeks=table,
        weeks_note=weeks_note,
        themes=tuple(_theme(report, i, m) for i in range(min(MAX_THEMES, len(report.themes.themes)))),
        themes_note=_themes_note(report, m),
        quotes=tuple(
            QuoteGroup(d.key, m.name(d.name), tuple(_quote(q, m) for q in report.quotes.get(d.key, ())))
            for d in report.drivers
        ),
        callbacks=tuple(
            CallBackView(
                day=m.day(c.quote.day),
                channel=m.get("channel", c.quote.channel),
                reason=m.joined([driver_name(report, d, m) for d in c.drivers]) or m("callbacks.no_driver"),
                quote=_quote(c.quote, m),
            )
            for c in report.callbacks
        ),
        callbacks_note=_callbacks_note(report, m),
        channels=_heard(report, m, "channel", report.coverage.channels, report.coverage.week_channels),
        languages=_heard(report, m, "language", report.coverage.languages, report.coverage.week_languages),
        untested=m("heard.untested_note") if set(report.coverage.languages) - TESTED_LANGUAGES - {"und"} else "",
        facts=_facts(report, m),
        notes=_notes(report, m),
        made=m("notes.made", model=report.model, taxonomy=report.taxonomy),
    )


def _weeks(report: Report, m: Messages) -> tuple[Table | None, str]:
    if report.week == ALL or not report.weeks:
        return None, ""
    names = [m.name(d.name) for d in report.drivers]
    head = (m("trends.week"), m("trends.documents"), *names, m.name(report.leave_name))
    labels = [*(f"{d.key}.{COMPLAINT}" for d in report.drivers), LEAVE]
    shown = report.weeks[-MAX_TABLE_WEEKS:]
    rows = tuple(_week(row, labels, m) for row in reversed(shown))
    cut = m("trends.cut", weeks=len(shown), all=len(report.weeks)) if len(shown) < len(report.weeks) else ""
    return Table(head, rows), cut


def _week(row: WeekRow, labels: list[str], m: Messages) -> tuple[str, ...]:
    name = m("trends.incomplete", week=row.week) if row.partial else row.week
    return (name, m.count(row.documents), *(m.percent(row.cells[label].share) for label in labels))


def _theme(report: Report, index: int, m: Messages) -> ThemeView:
    theme = report.themes.themes[index]
    driver = driver_name(report, theme.driver, m)
    return ThemeView(
        label=m.name(theme.labels),
        driver=m("themes.praise", driver=driver) if theme.side == PRAISE else driver,
        key=theme.driver,
        documents=m.count(theme.documents),
        state=m.get("state", theme.state),
        quotes=tuple(_quote(q, m) for q in theme.quotes),
    )


def _themes_note(report: Report, m: Messages) -> str:
    table, notes = report.themes, []
    if table.units:
        share = m.percent(table.unassigned / table.units)
        notes.append(m("themes.intro", unassigned=m.count(table.unassigned), units=m.count(table.units), share=share))
    if table.start and table.end:
        notes.append(m("themes.window", start=m.day(table.start), end=m.day(table.end)))
    if len(table.themes) > MAX_THEMES:
        notes.append(m("themes.cut", shown=MAX_THEMES, all=len(table.themes)))
    return m("format.gap").join(notes)


def _callbacks_note(report: Report, m: Messages) -> str:
    if not report.callbacks:
        return m("callbacks.none_all" if report.week == ALL else "callbacks.none")
    cell, shown = report.cell(LEAVE), len(report.callbacks)
    cut = m("callbacks.cut", shown=shown, all=cell.k) if cell and cell.k > shown else ""
    return m("format.gap").join(part for part in (m("callbacks.intro"), cut) if part)


def _quote(quote: Quote, m: Messages) -> QuoteView:
    parts = [m.get("channel", quote.channel), m.get("language", quote.language)]
    if quote.day:
        parts.append(m.day(quote.day))
    return QuoteView(quote.text, " · ".join(parts), quote.id, quote.language)


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
    reasons = _reasons("reject", rejects.reasons, m)
    rejected = m.count(rejects.count)
    facts.append((m("heard.rejects"), m("format.named", name=rejected, value=reasons) if reasons else rejected))
    statuses = _reasons("status", {k: v for k, v in c.statuses.items() if k != OK}, m)
    facts.append((m("heard.status"), statuses or "0"))
    if c.sources:
        facts.append((m("heard.sources"), _reasons("", c.sources, m)))
    return tuple(facts)


def _reasons(table: str, counts: Mapping[str, int], m: Messages) -> str:
    return m.joined([m("format.reason", name=m.get(table, k), count=m.count(v)) for k, v in counts.items()])


def _restated(report: Report, m: Messages) -> tuple[str, ...]:
    r = report.restates
    if r is None:
        return ()
    part = {"weeks": "figures", "verdict": "figures", "signals": "figures"}
    part |= {"drivers": "taxonomy", "leave_name": "taxonomy"}
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
    keys = ["share", "interval"]
    keys += [] if report.week == ALL else ["change", "incomplete"]
    series = len(report.drivers) + 1
    # Each series leaves a 95% interval by chance in one week of twenty.
    odds = round(1 / (1 - 0.95**series))
    values = {"minimum": MIN_BASELINE, "series": series, "odds": odds}
    return tuple((m(f"notes.{k}"), m(f"notes.{k}_text", **values)) for k in [*keys, "machine", "privacy"])
