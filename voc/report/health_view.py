"""The health of the model in words: what to do first, then one table by language, the drift, and the audits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from voc.report.health_value import LENGTH, Audit, Drift, Health, LanguageHealth, Rate
from voc.report.messages import Messages
from voc.report.page import Block, Table
from voc.report.value import ALL, DOWN, UP, Report

# Documents at random that an audit should hold: as many as `voc label export` draws, were nothing else said. A share
# of 0.8 of as many labels is then known to within 0.11.
AUDIT_LEAST: Final = 50
AUDIT_WEEKS: Final = 26  # as long as a baseline: customers, products and channels change
_LEAST_PART: Final = 0.05  # of the week's documents, from which a language needs an audit of its own


def health_block(report: Report, m: Messages) -> Block | None:
    """What is to be done, and the numbers behind it; None where the report tells nothing of it (a segment)."""
    health = report.health
    if health is None:
        return None
    heading = m("health.heading")
    if not health.languages:
        return Block("health", heading, (m("health.empty"), *_todo(report, health, m)), _audits(health, m))
    last = {audit.language: audit for audit in health.audits}
    keys = ("judged_all" if report.week == ALL else "judged", "unclear", "usual", "drift", "audit")
    head = (m("heard.language"), *(m(f"health.{key}") for key in keys))
    rows = tuple(_row(one, last.get(one.language), m) for one in health.languages)
    drifts = tuple(_drift(one, d, m) for one in health.languages for d in one.drifts)
    tables = [Table(head, rows)]
    lines = [*(_todo(report, health, m) or [m("health.fine")]), m("health.how")]
    if drifts:
        names = ("figure", "now", "before", "index", "limit", "result")
        tables.append(Table((m("heard.language"), *(m(f"health.{name}") for name in names)), drifts))
        lines.append(m("health.drift_how"))
    audits = _audits(health, m)
    lines += [m("health.audit_how")] if audits else []
    return Block("health", heading, tuple(lines), (*tables, *audits))


def glance_health(report: Report, m: Messages) -> str:
    """What stands out, in a line; empty where the report tells nothing of it."""
    if report.health is None or not report.health.languages:
        return ""
    found = [m("health.glance_drift", language=_name(one, m)) for one in report.health.languages if _moved(one)]
    found += [m("health.glance_unclear", language=_name(one, m)) for one in _harder(report.health)]
    needed = _unaudited(report, report.health)
    found += [m("health.glance_audit", languages=m.joined([_name(one, m) for one in needed]))] if needed else []
    return m("format.gap").join(found or [m("health.glance_fine")])


def _row(one: LanguageHealth, audit: Audit | None, m: Messages) -> tuple[str, ...]:
    unclear = m("health.of", k=m.count(one.unclear), n=m.count(one.read), share=_percent(one.unclear, one.read, m))
    if one.read < one.n:
        unclear = m("format.reason", name=unclear, count=m("health.drawn"))
    usual = m("health.few") if one.low is None else m("format.range", low=m.percent(one.low), high=m.percent(one.high))
    if one.signal in (UP, DOWN):
        usual = m("format.reason", name=usual, count=m(f"health.{one.signal}"))
    drift = m("health.untested")
    if one.drifts:
        drift = m.joined([m(f"health.{d.figure}") for d in _moved(one)]) or m("health.none")
    checked = m("health.never") if audit is None else _checked(audit, m)
    return (_name(one, m), m.count(one.n), unclear, usual, drift, checked)


def _checked(audit: Audit, m: Messages) -> str:
    return m("health.checked", day=m.day(audit.last), count=m.count(audit.documents))


def _drift(one: LanguageHealth, d: Drift, m: Messages) -> tuple[str, ...]:
    now, before = (m.count(round(v)) if d.figure == LENGTH else m.percent(v) for v in (d.now, d.before))
    result = m("health.drifted" if d.moved else "health.like")
    return (_name(one, m), m(f"health.{d.figure}"), now, before, f"{d.index:.2f}", f"{d.limit:.2f}", result)


def _audits(health: Health, m: Messages) -> tuple[Table, ...]:
    if not health.audits:
        return ()
    head = (m("heard.language"), *(m(f"health.{key}") for key in ("audited", "found", "flagged", "days")))
    rows = []
    for audit in health.audits:
        days = m("format.range", low=m.day(audit.first), high=m.day(audit.last))
        rows.append(
            (
                m.get("language", audit.language), m.count(audit.documents), _rate(audit.found, m),
                _rate(audit.flagged, m), m.day(audit.last) if audit.first == audit.last else days,
            )
        )  # fmt: skip
    return (Table(head, tuple(rows)),)


def _rate(rate: Rate | None, m: Messages) -> str:
    if rate is None:
        return m.percent(None)
    interval = m("format.range", low=m.percent(rate.low), high=m.percent(rate.high))
    share = m("health.share", share=m.percent(rate.k / rate.n), interval=interval)
    told = m("health.of", k=m.count(rate.k), n=m.count(rate.n), share=share)
    return told if rate.assumed is None else m("health.assumed", rate=told, assumed=m.percent(rate.assumed))


def _todo(report: Report, health: Health, m: Messages) -> list[str]:
    """What to do, the most urgent first."""
    lines = []
    for one in health.languages:
        if moved := _moved(one):
            figures = m.joined([m(f"health.{d.figure}") for d in moved])
            lines.append(m("health.todo_drift", language=_name(one, m), figures=figures))
    for one in _harder(health):
        lines.append(m("health.todo_unclear", language=_name(one, m), share=_percent(one.unclear, one.read, m)))
    for audit in health.audits:
        lines += _wrong(audit, m)
    if needed := _unaudited(report, health):
        names = m.joined([_name(one, m) for one in needed])
        lines.append(m("health.todo_audit", languages=names, least=AUDIT_LEAST, weeks=AUDIT_WEEKS))
    return lines


def _wrong(audit: Audit, m: Messages) -> Iterator[str]:
    """Where the audit is surely worse than what the correction of shares assumes of the same labels."""
    for key, rate in (("missed", audit.found), ("false", audit.flagged)):
        if rate is None or rate.assumed is None:
            continue
        if rate.high < rate.assumed if key == "missed" else rate.low > rate.assumed:
            yield m(
                f"health.todo_{key}", language=m.get("language", audit.language), share=m.percent(rate.k / rate.n),
                low=m.percent(rate.low), high=m.percent(rate.high), assumed=m.percent(rate.assumed),
            )  # fmt: skip


def _unaudited(report: Report, health: Health) -> list[LanguageHealth]:
    """Languages that the week's numbers rest on, and of which no audit tells, or an old or a small one."""
    audits = {audit.language: audit for audit in health.audits}
    total = sum(one.n for one in health.languages)
    return [
        one
        for one in health.languages
        if one.n >= _LEAST_PART * total and not _recent(audits.get(one.language), report.as_of)
    ]


def _recent(audit: Audit | None, as_of: str | None) -> bool:
    if audit is None or audit.documents < AUDIT_LEAST:
        return False
    if audit.last is None or as_of is None:  # labelled on a day that nobody named
        return True
    return dt.date.fromisoformat(audit.last) + dt.timedelta(weeks=AUDIT_WEEKS) >= dt.date.fromisoformat(as_of)


def _moved(one: LanguageHealth) -> list[Drift]:
    return [d for d in one.drifts if d.moved]


def _harder(health: Health) -> list[LanguageHealth]:
    return [one for one in health.languages if one.signal == UP]


def _name(one: LanguageHealth, m: Messages) -> str:
    return m.get("language", one.language)


def _percent(k: int, n: int, m: Messages) -> str:
    return m.percent(k / n if n else None)
