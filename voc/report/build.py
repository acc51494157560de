"""From what the stages found to the one Report value: numbers, facts and redacted quotes only."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from voc.needs import NeedsAxis
from voc.ranges import Filling
from voc.report.costs_value import Costs, cleaned_costs
from voc.report.health_value import Health, cleaned_health
from voc.report.loop_value import Loop, cleaned
from voc.report.value import (
    CallBack,
    Change,
    Coverage,
    DriverName,
    ModelChange,
    Quote,
    Rejects,
    Report,
    Restated,
    Restates,
    ThemeEntry,
    ThemeTable,
)
from voc.report.verdict import signal_of, verdict_of
from voc.results import Alarm, Cell, Correction, Theme, ThemeResult, Trend, WeekRow, Where
from voc.taxonomy import Taxonomy
from voc.text import display

MAX_WEEKS: Final = 104
MAX_CALLBACKS: Final = 20
_DIGITS: Final = 6
_SIGNIFICANT: Final = 4  # digits of p and q
CHANGE_QUOTES: Final = 2
_QUOTE_WIDTH: Final = 280  # display columns; a CJK character takes two
_NAME_WIDTH: Final = 80
_WIDE: Final = "\u2e80"


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """What the report of one week is built from; all texts are redacted already.

    - ``week``: ``2026-W46`` or ``all``; ``as_of``: ISO date, None where nothing is dated.
    - ``rows``: all weeks up to ``week`` in order (for ``all`` the one row of that name).
    - ``themes``, and ``theme_quotes`` for the references in them (a missing one is left out); ``theme_start`` and
      ``theme_end`` are the first and last day of the themes' window, where known.
    - ``quotes``: driver key -> quotes of this week’s complaints, in the order in which to show them.
    - ``callbacks``: documents of this week that state leaving, in the order in which to call.
    - ``quotes_shown``: quotes shown at most for a driver or a theme.
    - ``previous``: the latest stored revision of this week, None for the first.
    - ``alarms``: of the last 26 weeks, the latest first; ``places``: where the surest signals of this week lie, with
      ``change_quotes`` for each of their labels; ``errors``: by label, as far as shares are corrected by them.
    """

    week: str
    as_of: str | None
    model: str
    taxonomy: Taxonomy
    rows: Sequence[WeekRow]
    themes: ThemeResult
    theme_quotes: Mapping[tuple[str, int], Quote]
    quotes: Mapping[str, Sequence[Quote]]
    callbacks: Sequence[CallBack]
    coverage: Coverage
    rejects: Rejects
    company: str | None = None
    theme_start: str | None = None
    theme_end: str | None = None
    quotes_shown: int = 3
    previous: Report | None = None
    alarms: Sequence[Alarm] = ()
    places: Sequence[Where] = ()
    change_quotes: Mapping[str, Sequence[Quote]] = field(default_factory=dict)
    errors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    loop: Loop | None = None
    model_change: ModelChange | None = None
    by_hand: int = 0
    segment: tuple[tuple[str, str], ...] = ()
    filling: Filling | None = None
    needs: NeedsAxis | None = None
    costs: Costs | None = None
    health: Health | None = None


def build_report(inputs: ReportInputs) -> Report:
    """The report of ``inputs.week``.

    Without a previous revision it is revision 1. Where nothing differs from the previous one, that one is returned
    unchanged; else the next revision, which says what it restates.
    """
    rows = tuple(_row(r) for r in inputs.rows)[-MAX_WEEKS:]
    drivers = tuple(DriverName(d.key, d.name, d.praise_name) for d in inputs.taxonomy.drivers)
    current = rows[-1] if rows and rows[-1].week == inputs.week else None
    alarms = tuple(map(_alarm, inputs.alarms))
    themes = _themes(inputs)
    shown = {q.text for t in themes.themes for q in t.quotes}
    report = Report(
        week=inputs.week,
        as_of=inputs.as_of,
        company=_name(inputs.company) if inputs.company else None,
        model=_name(inputs.model),
        taxonomy=inputs.taxonomy.version,
        drivers=drivers,
        leave_name=dict(inputs.taxonomy.leave_name),
        weeks=rows,
        verdict=verdict_of(inputs.week, current, inputs.taxonomy.complaint_labels, alarms),
        signals={label: signal_of(current, label) for label in inputs.taxonomy.labels},
        themes=themes,
        quotes={d.key: _quotes(inputs.quotes.get(d.key, ()), inputs.quotes_shown, shown) for d in drivers},
        callbacks=tuple(
            CallBack(_quote(c.quote), tuple(map(_name, c.drivers))) for c in inputs.callbacks[:MAX_CALLBACKS]
        ),
        coverage=_coverage(inputs.coverage),
        rejects=Rejects(inputs.rejects.count, _counts(inputs.rejects.reasons)),
        revision=1,
        restates=None,
        changes=tuple(
            Change(_where(w), _quotes(inputs.change_quotes.get(w.series, ()), CHANGE_QUOTES)) for w in inputs.places
        ),
        alarms=alarms,
        errors={label: tuple(map(_rounded, counts)) for label, counts in inputs.errors.items()},
        loop=cleaned(inputs.loop, _quote, _name, _words) if inputs.loop else None,
        model_change=inputs.model_change,
        by_hand=inputs.by_hand,
        segment=tuple((attribute, _name(value)) for attribute, value in inputs.segment),
        filling=_filling(inputs.filling),
        needs=inputs.needs,
        costs=cleaned_costs(inputs.costs, _quote) if inputs.costs else None,
        health=cleaned_health(inputs.health, _name, _rounded) if inputs.health else None,
        corrections={label: _correction(c) for label, c in inputs.rows[-1].corrections.items()} if current else {},
    )
    return _revise(report, inputs.previous)


def _filling(filling: Filling | None) -> Filling | None:
    if filling is None:
        return None
    return dataclasses.replace(
        filling, later=_rounded(filling.later), low=_rounded(filling.low), high=_rounded(filling.high)
    )


def _themes(inputs: ReportInputs) -> ThemeTable:
    found = sorted(inputs.themes.themes, key=lambda t: (-t.documents, t.id))
    return ThemeTable(
        themes=tuple(_theme(t, inputs) for t in found),
        units=inputs.themes.units,
        unassigned=inputs.themes.unassigned,
        start=inputs.theme_start,
        end=inputs.theme_end,
        weeks=inputs.themes.weeks,
    )


def _theme(theme: Theme, inputs: ReportInputs) -> ThemeEntry:
    quotes = inputs.theme_quotes
    return ThemeEntry(
        id=_name(theme.id),
        labels=_labels(theme),
        driver=_name(theme.driver),
        side=theme.side,
        state=_name(theme.state),
        documents=theme.documents,
        customers=theme.customers,
        quotes=_quotes([quotes[ref] for ref in theme.quotes if ref in quotes], inputs.quotes_shown),
        drivers={_name(driver): count for driver, count in theme.drivers.items()},
        weekly=theme.weekly,
        pinned=theme.pinned,
        counter=_quote(quotes[theme.counter]) if theme.counter is not None and theme.counter in quotes else None,
        emergence=theme.emergence,
        place=theme.place,
        sub_driver=_name(theme.sub_driver),
        sub_names={language: _name(name) for language, name in sorted(theme.sub_names.items())},
    )


def _labels(theme: Theme) -> dict[str, str]:
    """Cleaned labels by language; where there is no English one the first stands in, at worst the id."""
    labels = {language: _name(label) for language, label in sorted(theme.labels.items())}
    return {"en": next(iter(labels.values()), _name(theme.id)), **labels}


def _quotes(quotes: Sequence[Quote], limit: int, shown: Collection[str] = ()) -> tuple[Quote, ...]:
    """The first ``limit`` quotes of different documents that say different things; those whose text is ``shown``
    elsewhere on the page come last."""
    cleaned = sorted(map(_quote, quotes), key=lambda q: q.text in shown)
    kept: list[Quote] = []
    for quote in cleaned:
        if quote.text and not any(q.key == quote.key or q.text.casefold() == quote.text.casefold() for q in kept):
            kept.append(quote)
        if len(kept) == limit:
            break
    return tuple(kept)


def _quote(quote: Quote) -> Quote:
    return Quote(
        key=quote.key,
        id=_name(quote.id),
        text=shorten(display(quote.text), _QUOTE_WIDTH),
        channel=_name(quote.channel),
        language=_name(quote.language),
        day=quote.day,
        product=_name(quote.product),
    )


def _words(text: str) -> str:
    return shorten(display(text), _QUOTE_WIDTH)


def _name(text: str) -> str:
    return shorten(display(text), _NAME_WIDTH)


def shorten(text: str, width: int) -> str:
    """``text`` cut to ``width`` columns (a CJK character takes two), at a word's end where one is near, with an
    ellipsis where anything was cut."""
    columns = 0
    for index, char in enumerate(text):
        columns += 2 if char >= _WIDE else 1
        if columns > width:
            cut = text[:index]
            space = cut.rfind(" ")
            return (cut[:space] if space > index * 3 // 4 else cut).rstrip(" ,;:，；：、") + "…"
    return text


def _coverage(coverage: Coverage) -> Coverage:
    return dataclasses.replace(
        coverage,
        channels=_counts(coverage.channels),
        languages=_counts(coverage.languages),
        statuses=_counts(coverage.statuses),
        sources=_counts(coverage.sources),
        week_channels=_counts(coverage.week_channels),
        week_languages=_counts(coverage.week_languages),
        stale=coverage.stale
        and tuple(dataclasses.replace(f, name=_name(f.name), weeks=_rounded(f.weeks)) for f in coverage.stale),
    )


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Cleaned names, the largest count first; names that are equal once cleaned are added up."""
    merged: dict[str, int] = {}
    for name, count in counts.items():
        merged[_name(name)] = merged.get(_name(name), 0) + count
    return dict(sorted(merged.items(), key=lambda item: (-item[1], item[0])))


def _row(row: WeekRow) -> WeekRow:
    return dataclasses.replace(
        row,
        cells={label: _cell(cell) for label, cell in row.cells.items()},
        trends={label: _trend(trend) for label, trend in row.trends.items()},
        corrections={},
    )


def _correction(known: Correction) -> Correction:
    return Correction(
        _rounded(known.counted), _rounded(known.share), _rounded(known.low), _rounded(known.high), _rounded(known.gap),
        _rounded(known.least), _rounded(known.most), known.documents, known.audited,
    )  # fmt: skip


def _cell(cell: Cell) -> Cell:
    return Cell(
        n=cell.n,
        k=cell.k,
        raw_share=_round(cell.raw_share),
        share=_round(cell.share),
        low=_round(cell.low),
        high=_round(cell.high),
        change=_round(cell.change),
    )


def _trend(trend: Trend) -> Trend:
    """``like`` is left out: it serves to find where a change lies, and would grow every report."""
    return dataclasses.replace(
        trend,
        baseline=_round(trend.baseline),
        raw_baseline=_round(trend.raw_baseline),
        low=_round(trend.low),
        high=_round(trend.high),
        p=_significant(trend.p),
        q=_significant(trend.q),
        mix=_round(trend.mix),
        season=_round(trend.season),
        like=(),
    )


def _alarm(alarm: Alarm) -> Alarm:
    return dataclasses.replace(
        alarm,
        share=_round(alarm.share),
        baseline=_round(alarm.baseline),
        p=_significant(alarm.p),
        q=_significant(alarm.q),
    )


def _where(where: Where) -> Where:
    parts = [dataclasses.replace(p, value=_name(p.value), change=_round(p.change)) for p in where.parts]
    return dataclasses.replace(
        where,
        change=_rounded(where.change),
        mix=_rounded(where.mix),
        more=round(where.more, 1) + 0.0,
        parts=tuple(parts),
    )


def _significant(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_SIGNIFICANT}g}")


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS) + 0.0


def _round(value: float | None) -> float | None:
    """Six decimals: what the counts can carry, and no last-digit noise between machines. + 0.0 turns -0.0 into 0.0."""
    return None if value is None else _rounded(value)


def _revise(report: Report, previous: Report | None) -> Report:
    if previous is None:
        return report
    report = dataclasses.replace(report, revision=previous.revision, restates=previous.restates)
    if report == previous:
        return previous
    parts = tuple(
        field.name
        for field in dataclasses.fields(Report)
        if getattr(report, field.name) != getattr(previous, field.name)
    )
    restates = Restates(previous.revision, parts, _restated(previous, report))
    return dataclasses.replace(report, revision=previous.revision + 1, restates=restates)


def _restated(previous: Report, report: Report) -> tuple[Restated, ...]:
    """Every count of a week that both revisions could state and state differently, the latest week first."""
    before = {row.week: row for row in previous.weeks}
    after = {row.week: row for row in report.weeks}
    figures = []
    for week in sorted(before.keys() | after.keys(), reverse=True):
        for series in ("documents", *report.labels):
            old, new = _figure(before.get(week), series), _figure(after.get(week), series)
            if old != new:
                figures.append(Restated(week, series, old, new))
    return tuple(figures)


def _figure(row: WeekRow | None, series: str) -> tuple[int, int] | None:
    if row is None:
        return None
    if series == "documents":
        return (row.documents, row.documents)
    cell = row.cells.get(series)
    return (cell.k, cell.n) if cell else None
