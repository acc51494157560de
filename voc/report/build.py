"""From what the stages found to the one Report value: numbers, facts and redacted quotes only."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from voc.report.value import (
    ALL,
    DOWN,
    EMPTY,
    FEW,
    MOVED,
    NONE,
    PARTIAL,
    SHORT_BASELINE,
    STEADY,
    UNTESTED,
    UP,
    WHOLE,
    CallBack,
    Coverage,
    DriverName,
    Quote,
    Rejects,
    Report,
    Restated,
    Restates,
    ThemeEntry,
    ThemeTable,
    Verdict,
)
from voc.results import Cell, Theme, ThemeResult, WeekRow
from voc.taxonomy import Taxonomy
from voc.text import display

MAX_WEEKS: Final = 104
MAX_CALLBACKS: Final = 20
# With fewer complete weeks the baseline mean is itself so uncertain that the comparison would cry wolf.
MIN_BASELINE: Final = 4
# Below ten pieces of feedback the 95% interval of any share is over 30 points wide: nothing can be told apart.
MIN_HEARD: Final = 10
_DIGITS: Final = 6
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
    - ``quotes``: driver key -> quotes of this week's complaints, the strongest first.
    - ``callbacks``: documents of this week that state leaving, in the order in which to call.
    - ``quotes_shown``: quotes shown at most for a driver or a theme.
    - ``previous``: the latest stored revision of this week, None for the first.
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


def build_report(inputs: ReportInputs) -> Report:
    """The report of ``inputs.week``.

    Without a previous revision it is revision 1. Where nothing differs from the previous one, that one is returned
    unchanged; else the next revision, which says what it restates.
    """
    rows = tuple(_row(r) for r in inputs.rows)[-MAX_WEEKS:]
    drivers = tuple(DriverName(d.key, d.name, d.praise_name) for d in inputs.taxonomy.drivers)
    current = rows[-1] if rows and rows[-1].week == inputs.week else None
    signals = {label: _signal(inputs.week, current, label) for label in inputs.taxonomy.labels}
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
        verdict=_verdict(inputs.week, current, inputs.taxonomy.complaint_labels, signals),
        signals=signals,
        themes=themes,
        quotes={d.key: _quotes(inputs.quotes.get(d.key, ()), inputs.quotes_shown, shown) for d in drivers},
        callbacks=tuple(
            CallBack(_quote(c.quote), tuple(map(_name, c.drivers))) for c in inputs.callbacks[:MAX_CALLBACKS]
        ),
        coverage=_coverage(inputs.coverage),
        rejects=Rejects(inputs.rejects.count, _counts(inputs.rejects.reasons)),
        revision=1,
        restates=None,
    )
    return _revise(report, inputs.previous)


def _verdict(week: str, row: WeekRow | None, labels: Sequence[str], signals: Mapping[str, str]) -> Verdict:
    if row is None or row.documents == 0:
        return Verdict(EMPTY)
    cells = [(label, cell) for label in labels if (cell := row.cells.get(label))]
    changes = [(label, cell) for label, cell in cells if cell.change is not None]
    if week == ALL:
        return _most_frequent(WHOLE, cells, 0)
    if row.partial:
        return _most_frequent(PARTIAL, cells, row.baseline)
    if heard(row) < MIN_HEARD:
        return _most_frequent(FEW, cells, row.baseline)
    if not changes or row.baseline < MIN_BASELINE:
        return _most_frequent(SHORT_BASELINE, cells, row.baseline)
    moved = [(label, cell) for label, cell in changes if signals[label] in (UP, DOWN)]
    # The largest change first; max() keeps the taxonomy's order where two are equal.
    label, cell = max(moved or changes, key=lambda pair: abs(pair[1].change or 0.0))
    return Verdict(
        kind=MOVED if moved else STEADY,
        driver=_driver(label),
        direction=signals[label] if moved else NONE,
        share=cell.share,
        baseline=_round((cell.share or 0.0) - (cell.change or 0.0)),
        change=cell.change,
        low=cell.low,
        high=cell.high,
        also=tuple(_driver(other) for other, _ in moved if other != label),
        baseline_weeks=row.baseline,
    )


def heard(row: WeekRow) -> int:
    """How many documents of the week have words of a customer: the n of every share."""
    return max((cell.n for cell in row.cells.values()), default=0)


def _most_frequent(kind: str, cells: Sequence[tuple[str, Cell]], baseline: int) -> Verdict:
    """Where nothing can be compared: the driver that is complained of most, none if no complaint was found."""
    label, cell = max(cells, key=lambda pair: pair[1].k, default=("", None))
    if cell is None or cell.k == 0:
        return Verdict(kind, baseline_weeks=baseline)
    return Verdict(kind, _driver(label), share=cell.share, low=cell.low, high=cell.high, baseline_weeks=baseline)


def _signal(week: str, row: WeekRow | None, label: str) -> str:
    """Whether this week's interval excludes the mean of the baseline weeks, and on which side."""
    cell = row.cells.get(label) if row else None
    if row is None or cell is None or week == ALL or row.partial or row.baseline < MIN_BASELINE:
        return UNTESTED
    if cell.n < MIN_HEARD:
        return UNTESTED
    if cell.share is None or cell.change is None or cell.low is None or cell.high is None:
        return UNTESTED
    mean = cell.share - cell.change
    if cell.low > mean:
        return UP
    return DOWN if cell.high < mean else NONE


def _themes(inputs: ReportInputs) -> ThemeTable:
    found = sorted(inputs.themes.themes, key=lambda t: (-t.documents, t.id))
    return ThemeTable(
        themes=tuple(_theme(t, inputs) for t in found),
        units=inputs.themes.units,
        unassigned=inputs.themes.unassigned,
        start=inputs.theme_start,
        end=inputs.theme_end,
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
    )


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
    )


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Cleaned names, the largest count first; names that are equal once cleaned are added up."""
    merged: dict[str, int] = {}
    for name, count in counts.items():
        merged[_name(name)] = merged.get(_name(name), 0) + count
    return dict(sorted(merged.items(), key=lambda item: (-item[1], item[0])))


def _row(row: WeekRow) -> WeekRow:
    return dataclasses.replace(row, cells={label: _cell(cell) for label, cell in row.cells.items()})


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


def _round(value: float | None) -> float | None:
    """Six decimals: what the counts can carry, and no last-digit noise between machines. + 0.0 turns -0.0 into 0.0."""
    return None if value is None else round(float(value), _DIGITS) + 0.0


def _driver(label: str) -> str:
    return label.partition(".")[0]


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
