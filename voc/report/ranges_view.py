"""A comparison or a month in one language: every text of its page, in order, as plain unescaped strings."""

from __future__ import annotations

from datetime import date
from typing import Final

from voc.ranges import NOTHING, Difference, Level, Range, ThemeMove
from voc.report.messages import Messages
from voc.report.monthly import month_sections
from voc.report.names import driver_name, side_name, subject
from voc.report.page import Table
from voc.report.ranges import MONTH, RangeReport
from voc.report.ranges_page import RangeView, Section, range_messages, range_name
from voc.results import Part
from voc.taxonomy import PRAISE

_MAX_WHERE: Final = 3
_MAX_THEMES: Final = 12
_MIX_NAMED: Final = 0.5
_LIKELY: Final = 0.05
_MOST: Final = 10_000


def build_range_view(report: RangeReport, language: str, zone: str) -> RangeView:
    """The view in ``language``; ``zone``: the company's time zone. UsageError for a language that is not known."""
    m = range_messages(language)
    c = report.comparison
    before, after = range_name(c.before.range, m), range_name(c.after.range, m)
    heading = after if report.kind == MONTH else m("ranges.compare", after=after, before=before)
    parts = [m("format.named", name=m(f"changes.{a}"), value=m.get(a, v)) for a, v in report.segment]
    segment = m("ranges.segment", parts=m.joined(parts)) if parts else ""
    company = report.company or ""
    verdict, details = _verdict(report, m)
    part = [segment] if segment else []
    partial = [m("ranges.partial", name=range_name(s.range, m)) for s in (c.before, c.after) if s.partial]
    return RangeView(
        language=language,
        title=" · ".join(filter(None, (company, m("ranges.product"), heading, segment))),
        company=company,
        product=m("ranges.product"),
        heading=" · ".join([heading, *part]),
        days=m("ranges.days", after=_days(c.after.range, m), before=_days(c.before.range, m)),
        meta=_meta(report, m),
        moved=any(d.sure for d in c.series),
        verdict=verdict,
        details=(*details, *partial),
        sections=tuple(_sections(report, m)),
        notes=tuple((m(f"ranges.note_{k}"), m(f"ranges.note_{k}_text", zone=zone)) for k in ("like", "sure", "days")),
        made=m("notes.made", model=report.model, taxonomy=report.taxonomy),
    )


def _days(span: Range, m: Messages) -> str:
    return m.days(date.fromisoformat(span.first), date.fromisoformat(span.last))


def _meta(report: RangeReport, m: Messages) -> tuple[str, ...]:
    c = report.comparison
    parts = [m("ranges.feedback", after=m.count(c.after.documents), before=m.count(c.before.documents))]
    if c.after.customers is not None:
        parts.append(m("head.customers", customers=m.count(c.after.customers)))
    if report.as_of:
        parts.append(m("head.as_of", date=m.day(report.as_of)))
    return tuple(parts)


def _verdict(report: RangeReport, m: Messages) -> tuple[str, list[str]]:
    c = report.comparison
    sure = sorted((d for d in c.series if d.sure), key=lambda d: d.p or 0.0)
    if not c.before.heard:
        return m("ranges.first", name=range_name(c.after.range, m)), []
    if not c.tests:
        return m("ranges.untested"), []
    if not sure:
        compared = [d for d in c.series if d.p is not None]
        largest = max(compared, key=lambda d: abs(d.change or 0.0))
        lines = [m("ranges.largest", subject=subject(report, largest.series, m), **_numbers(largest, m))]
        return m("ranges.none", tests=c.tests), [*lines, *_mix(largest, m)]
    top = sure[0]
    way = "up" if top.rose else "down"
    key = way if (top.change or 0.0) * (1 if top.rose else -1) > 0 else f"behind_{way}"
    text = m(f"ranges.{key}", subject=subject(report, top.series, m), **_numbers(top, m))
    count = m("ranges.one" if len(sure) == 1 else "ranges.several", signals=len(sure), tests=c.tests)
    lines = [m("ranges.size", odds=_odds(top.p, m), count=count, **_numbers(top, m)), *_mix(top, m)]
    others = [m("verdict.rose" if d.rose else "verdict.fell", series=side_name(report, d.series, m)) for d in sure[1:]]
    lines += [m("ranges.also", series=m.joined(others))] if others else []
    lines += [m("ranges.chosen")] if report.kind != MONTH else []
    return text[:1].upper() + text[1:], lines


def _numbers(d: Difference, m: Messages) -> dict[str, str]:
    return {
        "before": m.percent(d.before.share), "after": m.percent(d.after.share), "change": m.points(d.change),
        "low": m.points(d.low), "high": m.points(d.high),
    }  # fmt: skip


def _odds(p: float | None, m: Messages) -> str:
    times = _MOST if not p or p * _MOST < 1 else round(1 / p)
    digits = len(str(times)) - (1 if times < 100 else 2)
    return m("ranges.odds", times=m.count(max(round(times, -digits), 1)))


def _mix(d: Difference, m: Messages) -> list[str]:
    if d.mix is None or d.change is None or d.mix * d.change <= 0 or abs(d.mix) < _MIX_NAMED * abs(d.change):
        return []
    return [m("ranges.mix", mix=m.points(d.mix), change=m.points(d.change))]


def _sections(report: RangeReport, m: Messages) -> list[Section]:
    c = report.comparison
    intro = [m("ranges.series_intro"), *([] if report.corrected else [m("ranges.series_raw")])]
    found = [Section("series", m("ranges.series_heading"), tuple(intro), (_series(report, m),), numeric=True)]
    sure = sorted((d for d in c.series if d.sure and d.parts), key=lambda d: d.p or 0.0)[:_MAX_WHERE]
    for d in sure:
        attributes = dict.fromkeys(part.attribute for part in d.parts)
        tables = tuple(_parts([p for p in d.parts if p.attribute == a], a, m) for a in attributes)
        name = m("ranges.where_heading", series=side_name(report, d.series, m))
        found.append(Section(f"where-{d.series}", name, (m("ranges.where_intro"),), tables, numeric=True))
    found += month_sections(report, m)
    found.append(_themes(report, m))
    found.append(_heard(report, m))
    return found


def _series(report: RangeReport, m: Messages) -> Table:
    c = report.comparison
    names = [range_name(side.range, m) for side in (c.before, c.after)]
    rest = (m(f"ranges.{key}") for key in ("change", "interval", "heard", "customers", "result"))
    return Table((m("ranges.series"), *names, *rest), tuple(_row(report, d, m) for d in c.series))


def _row(report: RangeReport, d: Difference, m: Messages) -> tuple[str, ...]:
    interval = (
        m("format.range", low=m.points(d.low), high=m.points(d.high)) if d.change is not None else m.percent(None)
    )
    customers = m("format.arrow", before=m.count(d.before.customers), after=m.count(d.after.customers))
    return (
        side_name(report, d.series, m), _level(d.before, m), _level(d.after, m), m.points(d.change), interval,
        m.points(d.mix), customers, result(d, m),
    )  # fmt: skip


def result(d: Difference, m: Messages) -> str:
    """What the test said, or why there was none."""
    if d.p is None:
        return m(f"ranges.{d.reason or NOTHING}")
    return m(f"ranges.{('rose' if d.rose else 'fell') if d.sure else 'same'}", q=m.probability(d.q))


def _level(level: Level, m: Messages) -> str:
    if not level.n:
        return m.percent(None)
    share = m("ranges.share", share=m.percent(level.share), low=m.percent(level.low), high=m.percent(level.high))
    return m("format.named", name=m("format.of", k=m.count(level.k), n=m.count(level.n)), value=share)


def _parts(parts: list[Part], attribute: str, m: Messages) -> Table:
    head = (m(f"changes.{attribute}"), m("changes.counted"), m("changes.change"), m("changes.known"))
    rows = []
    for p in parts:
        name = m.get(attribute, p.value) if p.value else m("changes.unnamed")
        counted = m("changes.suppressed") if p.k is None else m("format.of", k=m.count(p.k), n=m.count(p.n))
        rows.append((name, counted, m.points(p.change), m.count(p.customers)))
    return Table(head, tuple(rows))


def _themes(report: RangeReport, m: Messages) -> Section:
    c = report.comparison
    name = m("ranges.themes_heading")
    if not c.themes:
        return Section("themes", name, (m("ranges.themes_none"),))
    names = [range_name(side.range, m) for side in (c.before, c.after)]
    head = (m("ranges.theme"), m("columns.driver"), *names, m("ranges.fate"))
    rows = []
    for t in c.themes[:_MAX_THEMES]:
        driver = driver_name(report, t.driver, m)
        driver = m("ranges.praise", name=driver) if t.side == PRAISE else driver
        rows.append((m.name(t.labels), driver, m.count(t.before), m.count(t.after), _fate(t, m)))
    return Section("themes", name, (m("ranges.themes_intro", tests=len(c.themes)),), (Table(head, tuple(rows)),))


def _fate(t: ThemeMove, m: Messages) -> str:
    if t.q > _LIKELY:
        return m("ranges.new" if not t.before else "ranges.gone" if not t.after else "ranges.even")
    if not t.before or not t.after:
        return m("ranges.came" if not t.before else "ranges.went", q=m.probability(t.q))
    return m("ranges.more" if t.rose else "ranges.less", q=m.probability(t.q))


def _heard(report: RangeReport, m: Messages) -> Section:
    c = report.comparison
    head = [range_name(side.range, m) for side in (c.before, c.after)]
    rows = [
        (m(f"ranges.{key}"), m.count(a), m.count(b))
        for key, a, b in (
            ("all", c.before.documents, c.after.documents),
            ("voiced", c.before.heard, c.after.heard),
            ("known", c.before.customers, c.after.customers),
        )
    ]
    tables = [Table((m("ranges.heard_heading"), *head), tuple(rows))]
    for attribute, old, new in (
        ("channel", c.before.channels, c.after.channels),
        ("language", c.before.languages, c.after.languages),
    ):
        values = sorted(old.keys() | new.keys(), key=lambda v: (-new.get(v, 0), -old.get(v, 0), v))
        lines = [
            (m.get(attribute, v), _of(old.get(v), c.before.heard, m), _of(new.get(v), c.after.heard, m)) for v in values
        ]
        if lines:
            tables.append(Table((m(f"changes.{attribute}"), *head), tuple(lines)))
    return Section("heard", m("ranges.heard_heading"), (m("ranges.heard_intro"),), tuple(tables), numeric=True)


def _of(count: int | None, all_: int, m: Messages) -> str:
    if not count:
        return m.count(count)
    return m("format.reason", name=m.count(count), count=m.percent(count / all_))
