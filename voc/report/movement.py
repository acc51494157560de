"""What moved, in words: the changes that passed, the alarms of the last weeks, and the numbers behind the charts."""

from __future__ import annotations

from typing import Final

from voc.documents import NOTICE
from voc.report.headline import odds, season_line
from voc.report.messages import Messages
from voc.report.names import series_name, side_name, week_short
from voc.report.page import ChangeView, Facets, QuoteView, SeriesTable, Table
from voc.report.season import SHOWN_WEEKS, recent_days
from voc.report.value import ALL, DOWN, UP, Change, Quote, Report
from voc.report.verdict import signal_of
from voc.results import LEAVE, NO_SIGNAL, Alarm, Part, Trend, WeekRow, Where
from voc.taxonomy import COMPLAINT, PRAISE
from voc.weeks import Week

MAX_TABLE_WEEKS: Final = 26
_NO_MIX: Final = 0.1  # of a change: what who was heard explains is no more than noise of the standardised share
_CLEAR: Final = 2.0  # standard deviations by which a part has to move to be named
_ARROWS: Final = {UP: "▲", DOWN: "▼"}


def change_views(report: Report, m: Messages) -> tuple[ChangeView, ...]:
    """The changes that passed, the surest first."""
    return tuple(_change(report, change, m) for change in report.changes)


def _change(report: Report, change: Change, m: Messages) -> ChangeView:
    where, signal = change.where, report.signals[change.where.series]
    attributes = dict.fromkeys(part.attribute for part in where.parts)
    return ChangeView(
        label=where.series,
        name=side_name(report, where.series, m),
        signal=signal,
        arrow=_ARROWS.get(signal, ""),
        lines=_lines(report, change, m),
        tables=tuple(_parts(where, a, m) for a in attributes),
        quotes=tuple(quote_view(q, m, _drivers(where.series)) for q in change.quotes),
    )


def _lines(report: Report, change: Change, m: Messages) -> tuple[str, ...]:
    where = change.where
    cell, trend, alarm = report.cell(where.series), report.trend(where.series), report.alarm(where.series)
    if cell is None or trend is None:
        return ()
    values = {"share": m.percent(cell.share), "low": m.percent(cell.low), "high": m.percent(cell.high)}
    lines = [m("changes.level", baseline=m.percent(trend.baseline), change=m.points(cell.change), **values)]
    weeks = [week_short(week, m) for week in where.weeks]
    size = {"k": m.count(where.k), "n": m.count(where.n), "more": m.more(where.more)}
    lines.append(m("changes.size", span=weeks[0] if len(weeks) == 1 else f"{weeks[0]}–{weeks[-1]}", **size))
    if where.customers is not None:
        lines.append(m("changes.customers", customers=m.count(where.customers)))
    lines.append(_most(where, m))
    rest = where.change - where.mix
    key = "changes.mix" if abs(where.mix) > _NO_MIX * abs(where.change) else "changes.no_mix"
    lines.append(m(key, mix=m.points(where.mix), change=m.points(where.change), rest=m.points(rest)))
    lines.append(season_line(trend, m))
    begins = "" if trend.begins is None else m("changes.begins", week=week_short(trend.begins, m))
    tested = m("changes.test", q=m.probability(trend.q), weeks=trend.weeks, odds=odds(trend.p, m))
    since = m("changes.since", week=week_short(alarm.since, m)) if alarm and alarm.since != report.week else ""
    lines.append(m("format.gap").join(part for part in (tested, begins, since) if part))
    lines.append(_action(report, where.series, m))
    return tuple(line for line in lines if line)


def _most(where: Where, m: Messages) -> str:
    """Of each attribute the part that moved most clearly, on the side of the change: a handful of pieces moves far by
    chance alone."""
    best: dict[str, tuple[float, Part]] = {}
    share = where.k / where.n if where.n else 0.0
    for part in where.parts:
        if part.k is None or part.change is None or part.change * where.change <= 0 or not part.value:
            continue
        clear = abs(part.change) * part.n**0.5
        if clear >= _CLEAR * (share * (1 - share)) ** 0.5 and clear > best.get(part.attribute, (0.0, part))[0]:
            best[part.attribute] = (clear, part)
    named = [
        m("format.named", name=m.get(p.attribute, p.value), value=m("changes.part", **_counted(p, m)))
        for _, p in best.values()
    ]
    return m("changes.most", parts=m("changes.then").join(named)) if named else ""


def _counted(part: Part, m: Messages) -> dict[str, str]:
    return {"change": m.points(part.change), "k": m.count(part.k), "n": m.count(part.n)}


def _action(report: Report, series: str, m: Messages) -> str:
    """Who does what about the driver, and until when."""
    drivers = _drivers(series)
    found = [a for a in (report.loop.actions if report.loop else ()) if a.driver in drivers and not a.done]
    if not drivers or series.endswith(PRAISE):
        return ""
    if not found:
        return m("changes.no_action", driver=drivers[0])
    named = [
        m("changes.action" if a.due else "changes.action_open", text=a.text, owner=a.owner or m("loop.nobody"),
          due=m.day(a.due))
        for a in found
    ]  # fmt: skip
    return m("changes.actions", actions=m("changes.then").join(named))


def _drivers(series: str) -> tuple[str, ...]:
    return () if series == LEAVE else (series.partition(".")[0],)


def _parts(where: Where, attribute: str, m: Messages) -> Table:
    head = (m(f"changes.{attribute}"), m("changes.counted"), m("changes.change"), m("changes.known"))
    parts = [part for part in where.parts if part.attribute == attribute]
    drivers = _drivers(where.series)
    facets = tuple(_facets(part, drivers) for part in parts)
    return Table(head, tuple(_part(part, m) for part in parts), facets)


def _facets(part: Part, drivers: tuple[str, ...]) -> Facets:
    def of(attribute: str) -> str | None:
        return part.value if part.attribute == attribute else None

    return Facets(of("channel"), of("language"), of("product"), drivers)


def _part(part: Part, m: Messages) -> tuple[str, ...]:
    name = m.get(part.attribute, part.value) if part.value else m("changes.unnamed")
    if part.k is None:
        return (name, m("changes.suppressed"), m.points(None), m.count(None))
    return (name, m("format.of", k=m.count(part.k), n=m.count(part.n)), m.points(part.change), m.count(part.customers))


def alarm_table(report: Report, m: Messages) -> tuple[Table | None, str]:
    """The alarms of the last 26 weeks, and what to say where there is none."""
    if report.week == ALL or not report.weeks:
        return None, ""
    if not report.alarms:
        return None, m("alarms.none")
    head = tuple(m(f"alarms.{key}") for key in ("series", "since", "last", "then", "fate"))
    return Table(head, tuple(_alarm(report, alarm, m) for alarm in report.alarms)), m("alarms.intro")


def _alarm(report: Report, alarm: Alarm, m: Messages) -> tuple[str, ...]:
    name = m("format.reason", name=side_name(report, alarm.series, m), count=m(f"signal.{alarm.signal}"))
    then = m("format.arrow", before=m.percent(alarm.baseline), after=m.percent(alarm.share))
    fate = m(f"fate.{alarm.state}", weeks=alarm.weeks, week=week_short(alarm.begins or alarm.since, m))
    return (name, alarm.since, alarm.last, then, fate)


def overview(report: Report, m: Messages) -> Table | None:
    """All series of the charts in one table, the latest week first, marked where there is a signal."""
    if report.week == ALL or not report.weeks:
        return None
    labels = _charted(report)
    head = (m("trends.week"), m("trends.documents"), *(series_name(report, label, m) for label in labels))
    rows = []
    for row in reversed(report.weeks[-MAX_TABLE_WEEKS:]):
        marks = [_ARROWS.get(signal_of(row, label), "") for label in labels]
        shares = [m.percent(row.cells[label].share) for label in labels]
        cells = (f"{mark} {share}".strip() for mark, share in zip(marks, shares, strict=True))
        rows.append((_named_week(row, m), m.count(row.documents), *cells))
    return Table(head, tuple(rows))


def series_tables(report: Report, m: Messages) -> tuple[tuple[SeriesTable, ...], str]:
    """The numbers of each chart, the latest week first, and what to say under them: seasonal days, what is left out."""
    if report.week == ALL or not report.weeks:
        return (), ""
    shown = report.weeks[-MAX_TABLE_WEEKS:]
    tables = []
    for label in _charted(report):
        praise = label.removesuffix(COMPLAINT) + PRAISE if label != LEAVE else None
        keys = ("week", "counted", "share", "interval", "usual", "signal_column")
        head = (*(m(f"trends.{key}") for key in keys), *([m("trends.praise_share")] if praise else []))
        rows = tuple(_week(row, label, praise, m) for row in reversed(shown))
        tables.append(SeriesTable(label, series_name(report, label, m), Table(head, rows)))
    cut = m("trends.cut", weeks=len(shown), all=len(report.weeks)) if len(shown) < len(report.weeks) else ""
    return tuple(tables), m("format.gap").join(part for part in (_season(report, m), cut) if part)


def _season(report: Report, m: Messages) -> str:
    found = recent_days(Week.parse(report.week))
    days = [m("format.reason", name=m(f"season.{code}"), count=week_short(str(week), m)) for code, week in found]
    return m("trends.season", weeks=SHOWN_WEEKS, days=m.joined(days)) if days else ""


def _charted(report: Report) -> list[str]:
    return [*(f"{d.key}.{COMPLAINT}" for d in report.drivers), LEAVE]


def _named_week(row: WeekRow, m: Messages) -> str:
    return m("trends.incomplete", week=row.week) if row.partial else row.week


def _week(row: WeekRow, label: str, praise: str | None, m: Messages) -> tuple[str, ...]:
    cell, trend = row.cells[label], row.trends.get(label)
    interval = m("format.range", low=m.percent(cell.low), high=m.percent(cell.high)) if cell.n else m.percent(None)
    counted = m("format.of", k=m.count(cell.k), n=m.count(cell.n))
    columns = (_named_week(row, m), counted, m.percent(cell.share), interval, _band(trend, m), _signal(trend, m))
    return (*columns, m.percent(row.cells[praise].share)) if praise else columns


def _band(trend: Trend | None, m: Messages) -> str:
    if trend is None or trend.low is None or trend.high is None:
        return m.percent(None)
    return m("format.range", low=m.percent(trend.low), high=m.percent(trend.high))


def _signal(trend: Trend | None, m: Messages) -> str:
    if trend is None or trend.p is None:
        return m("trends.untested")
    return m("trends.no_signal") if trend.signal == NO_SIGNAL else m(f"signal.{trend.signal}")


def quote_view(quote: Quote, m: Messages, drivers: tuple[str, ...] = ()) -> QuoteView:
    """A quote with where it comes from in words; ``drivers`` are those that it shows."""
    parts = [m.get("channel", quote.channel), m.get("language", quote.language)]
    if quote.day:
        parts.append(m.day(quote.day))
    text = m("quotes.forgotten") if quote.text == NOTICE else quote.text
    facets = Facets(quote.channel, quote.language, quote.product, drivers)
    return QuoteView(text, " · ".join(parts), quote.id, quote.language, facets, quote.day or "")
