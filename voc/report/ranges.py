"""A small report of two ranges of days, or of a month, as a value; report.json's little brother."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from voc.ranges import Comparison, Difference, Level, Side
from voc.report.build import shorten
from voc.report.loop_value import ActionRow, CaseRow
from voc.report.value import DriverName
from voc.results import Alarm
from voc.text import display

SCHEMA: Final = 1
COMPARE, MONTH = "compare", "month"
_DIGITS: Final = 6
_SIGNIFICANT: Final = 4
_WIDTH: Final = 280
_NAME_WIDTH: Final = 80


@dataclass(frozen=True, slots=True)
class Month:
    """What a month has beside its shares: signals that stood in it, actions that were open in it, and cases opened or
    closed in it; ``states`` counts those opened by their state at its end."""

    alarms: tuple[Alarm, ...]
    actions: tuple[ActionRow, ...]
    cases: tuple[CaseRow, ...]
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RangeReport:
    """``kind`` is compare or month (then ``month`` holds what a comparison alone has not). ``segment``: (attribute,
    value) of the part of the feedback that it is about, empty for all; ``corrected``: labels whose shares are."""

    kind: str
    company: str | None
    as_of: str | None
    model: str
    taxonomy: str
    drivers: tuple[DriverName, ...]
    leave_name: Mapping[str, str]
    comparison: Comparison
    segment: tuple[tuple[str, str], ...] = ()
    corrected: tuple[str, ...] = ()
    month: Month | None = None


def cleaned_ranges(report: RangeReport) -> RangeReport:
    """``report`` with numbers rounded and every text that came from data fit to be shown."""
    month = report.month
    return dataclasses.replace(
        report,
        company=_name(report.company) if report.company else None,
        segment=tuple((attribute, _name(value)) for attribute, value in report.segment),
        comparison=_comparison(report.comparison),
        month=None if month is None else _month(month),
    )


def _comparison(c: Comparison) -> Comparison:
    themes = [
        dataclasses.replace(t, labels={k: _name(v) for k, v in sorted(t.labels.items())}, p=_sig(t.p), q=_sig(t.q))
        for t in c.themes
    ]
    return Comparison(_side(c.before), _side(c.after), tuple(map(_difference, c.series)), tuple(themes))


def _side(side: Side) -> Side:
    channels, languages = ({_name(k): v for k, v in some.items()} for some in (side.channels, side.languages))
    return dataclasses.replace(side, channels=channels, languages=languages)


def _difference(d: Difference) -> Difference:
    parts = tuple(dataclasses.replace(p, value=_name(p.value), change=_round(p.change)) for p in d.parts)
    return dataclasses.replace(
        d, before=_level(d.before), after=_level(d.after), change=_round(d.change), low=_round(d.low),
        high=_round(d.high), mix=_round(d.mix), p=_maybe(d.p), q=_maybe(d.q), parts=parts,
    )  # fmt: skip


def _level(level: Level) -> Level:
    return dataclasses.replace(level, share=_round(level.share), low=_round(level.low), high=_round(level.high))


def _month(month: Month) -> Month:
    actions = [
        dataclasses.replace(
            a, owner=_name(a.owner), text=shorten(display(a.text), _WIDTH), before=_round(a.before), now=_round(a.now)
        )
        for a in month.actions
    ]
    cases = [dataclasses.replace(c, owner=_name(c.owner)) for c in month.cases]
    return Month(tuple(map(_alarm, month.alarms)), tuple(actions), tuple(cases), month.states)


def _alarm(alarm: Alarm) -> Alarm:
    return dataclasses.replace(
        alarm, share=_round(alarm.share), baseline=_round(alarm.baseline), p=_maybe(alarm.p), q=_maybe(alarm.q)
    )


def _name(text: str) -> str:
    return shorten(display(text), _NAME_WIDTH)


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), _DIGITS) + 0.0


def _maybe(value: float | None) -> float | None:
    return None if value is None else _sig(value)


def _sig(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT}g}")


def render_ranges_json(report: RangeReport) -> str:
    """The report as JSON: two-space indent, a fixed order of keys, a newline at the end."""
    c, month = report.comparison, report.month
    told: dict[str, object] = {
        "schema": SCHEMA,
        "kind": report.kind,
        "company": report.company,
        "as_of": report.as_of,
        "segment": dict(report.segment),
        "before": _told_side(c.before),
        "after": _told_side(c.after),
        "tests": c.tests,
        "series": [dataclasses.asdict(d) | {"sure": d.sure} for d in c.series],
        "themes": [dataclasses.asdict(t) for t in c.themes],
        "corrected": list(report.corrected),
    }
    if month is not None:
        told["month"] = dataclasses.asdict(month) | {"cases": [_told_case(case) for case in month.cases]}
    told |= {"model": report.model, "taxonomy": report.taxonomy}
    return json.dumps(told, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _told_case(case: CaseRow) -> dict[str, object]:
    """Without the id of its document and its value: no file of a month is looked through when a customer is
    forgotten."""
    told = dataclasses.asdict(case)
    return {key: told[key] for key in ("id", "drivers", "channel", "owner", "state", "opened", "since")}


def _told_side(side: Side) -> dict[str, object]:
    told: dict[str, object] = dataclasses.asdict(side)
    span: dict[str, object] = dataclasses.asdict(side.range)
    return span | {key: value for key, value in told.items() if key != "range"}
