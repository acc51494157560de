"""report.json: the whole Report, written in a fixed order and read back without loss. Its schema is schema.json."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from voc.errors import StoreError
from voc.ranges import Filling
from voc.report.costs_value import costs_json, parse_costs
from voc.report.health_value import health_json, parse_health
from voc.report.loop_json import loop_json, parse_loop
from voc.report.needs_json import needs_json, parse_needs
from voc.report.value import (
    SCHEMA,
    CallBack,
    Change,
    Coverage,
    DriverName,
    ModelChange,
    ModelStep,
    Quote,
    Rejects,
    Report,
    Restated,
    Restates,
    StaleFeed,
    ThemeEntry,
    ThemeTable,
    Verdict,
)
from voc.results import LEAVE, Alarm, Cell, Correction, Emergence, Part, Trend, WeekRow, Where
from voc.taxonomy import COMPLAINT, PRAISE

_CORRECTION = ("counted", "share", "low", "high", "gap", "least", "most", "documents", "audited")
_CELL = ("n", "k", "raw_share", "share", "low", "high", "change")
_VERDICT = (
    *("kind", "driver", "direction", "share", "baseline", "change", "low", "high", "also", "baseline_weeks"),
    *("series", "since", "p", "q", "tests"),
)
_TREND = (
    *("baseline", "raw_baseline", "low", "high", "weeks", "begins", "p", "q", "signal", "reason", "customers"),
    *("mix", "season"),
)
_ALARM = ("series", "signal", "since", "last", "weeks", "state", "share", "baseline", "p", "q", "begins")
_WHERE = ("series", "weeks", "n", "k", "change", "mix", "more", "customers")
_PART = ("attribute", "value", "n", "k", "change", "customers")
_QUOTE = ("key", "id", "text", "channel", "language", "day", "product")


def render_json(report: Report) -> str:
    """report.json as text: two-space indent, a fixed order of keys, shares rounded to 6 decimals when the report was
    built, a newline at the end. Lone surrogates cannot occur: texts were cleaned for display."""
    return json.dumps(_report(report), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def digest(report: Report) -> str:
    """SHA-256 (64 hex digits) of report.json: equal exactly when the reports are equal."""
    return hashlib.sha256(render_json(report).encode("utf-8")).hexdigest()


def parse_report(text: str) -> Report:
    """The Report that ``render_json`` wrote; StoreError where the text is not one."""
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise StoreError(f"report.json has schema {data['schema']!r}, this program reads {SCHEMA}")
        return _parse(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"not a report.json: {error!r}", "Write the report anew with `voc report`.") from error


def alarms_of(data: Iterable[Mapping[str, Any]]) -> list[Alarm]:
    """The alarms of a report.json; StoreError where they are none."""
    try:
        return [Alarm(**alarm) for alarm in data]
    except TypeError as error:
        raise StoreError(f"not the alarms of a report: {error}", "Write the report anew with `voc report`.") from error


def _report(report: Report) -> dict[str, object]:
    table = report.themes
    return {
        "schema": SCHEMA,
        "week": report.week,
        "revision": report.revision,
        "restates": _restates(report.restates),
        "as_of": report.as_of,
        "company": report.company,
        "verdict": _fields(report.verdict, _VERDICT),
        "signals": dict(report.signals),
        "changes": [_change(change) for change in report.changes],
        "alarms": [_fields(alarm, _ALARM) for alarm in report.alarms],
        "weeks": [_week(row, report.drivers) for row in report.weeks],
        "themes": [_theme(theme) for theme in table.themes],
        "themes_window": {
            "from": table.start,
            "to": table.end,
            "segments": table.units,
            "unassigned": table.unassigned,
            "weeks": list(table.weeks),
        },
        "quotes": {key: [_fields(q, _QUOTE) for q in quotes] for key, quotes in report.quotes.items()},
        "callbacks": [{"drivers": list(c.drivers), "quote": _fields(c.quote, _QUOTE)} for c in report.callbacks],
        "coverage": _coverage(report.coverage),
        "rejects": {"count": report.rejects.count, "reasons": dict(report.rejects.reasons)},
        "model": report.model,
        "taxonomy": report.taxonomy,
        "drivers": [{"key": d.key, "name": dict(d.name), "praise": dict(d.praise_name)} for d in report.drivers],
        "leave_name": dict(report.leave_name),
        "errors": {label: list(counts) for label, counts in report.errors.items()},
        "loop": None if report.loop is None else loop_json(report.loop),
        **({"model_change": dataclasses.asdict(report.model_change)} if report.model_change else {}),
        **({"by_hand": report.by_hand} if report.by_hand else {}),
        **({"segment": dict(report.segment)} if report.segment else {}),
        **({"filling": dataclasses.asdict(report.filling)} if report.filling else {}),
        **({"needs": needs_json(report.needs)} if report.needs else {}),
        **({"costs": costs_json(report.costs)} if report.costs else {}),
        **({"health": health_json(report.health)} if report.health else {}),
        **({"corrections": _corrections(report)} if report.corrections else {}),
    }


def _corrections(report: Report) -> dict[str, object]:
    return {label: _fields(one, _CORRECTION) for label, one in report.corrections.items()}


def _change(change: Change) -> dict[str, object]:
    return {
        **_fields(change.where, _WHERE),
        "parts": [_fields(part, _PART) for part in change.where.parts],
        "quotes": [_fields(q, _QUOTE) for q in change.quotes],
    }


def _week(row: WeekRow, drivers: tuple[DriverName, ...]) -> dict[str, object]:
    def cell(label: str) -> dict[str, object]:
        return _fields(row.cells[label], _CELL)

    return {
        "week": row.week,
        "documents": row.documents,
        "customers": row.customers,
        "partial": row.partial,
        "baseline": row.baseline,
        "drivers": {d.key: {side: cell(f"{d.key}.{side}") for side in (COMPLAINT, PRAISE)} for d in drivers},
        "leave": cell(LEAVE),
        "tests": row.tests,
        "series": {label: _fields(trend, _TREND) for label, trend in row.trends.items()},
    }


def _theme(theme: ThemeEntry) -> dict[str, object]:
    return {
        "id": theme.id,
        "label": theme.labels["en"],
        "labels": dict(theme.labels),
        "driver": theme.driver,
        "side": theme.side,
        "state": theme.state,
        "documents": theme.documents,
        "customers": theme.customers,
        "quotes": [_fields(q, _QUOTE) for q in theme.quotes],
        "drivers": dict(theme.drivers),
        "weekly": list(theme.weekly),
        "pinned": theme.pinned,
        "counter_example": _fields(theme.counter, _QUOTE) if theme.counter else None,
        "emerging": dataclasses.asdict(theme.emergence) if theme.emergence else None,
        "place": list(theme.place) if theme.place else None,
        "sub_driver": theme.sub_driver or None,
        "sub_driver_names": dict(theme.sub_names),
    }


def _coverage(coverage: Coverage) -> dict[str, object]:
    return {
        "documents": coverage.documents,
        "from": coverage.start,
        "to": coverage.end,
        "channels": dict(coverage.channels),
        "languages": dict(coverage.languages),
        "undated": coverage.undated,
        "duplicates": coverage.duplicates,
        "near_duplicates": coverage.near_duplicates,
        "families": coverage.families,
        "statuses": dict(coverage.statuses),
        "sources": dict(coverage.sources),
        "week": {
            "documents": coverage.week_documents,
            "channels": dict(coverage.week_channels),
            "languages": dict(coverage.week_languages),
        },
        **({} if coverage.stale is None else {"stale_feeds": [dataclasses.asdict(feed) for feed in coverage.stale]}),
    }


def _restates(restates: Restates | None) -> dict[str, object] | None:
    if restates is None:
        return None
    return {
        "revision": restates.revision,
        "parts": list(restates.parts),
        "figures": [
            {"week": f.week, "series": f.series, "before": _pair(f.before), "after": _pair(f.after)}
            for f in restates.figures
        ],
    }


def _pair(pair: tuple[int, int] | None) -> dict[str, int] | None:
    return None if pair is None else {"k": pair[0], "n": pair[1]}


def _fields(value: object, names: tuple[str, ...]) -> dict[str, object]:
    found = {name: getattr(value, name) for name in names}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}


def _parse(data: Mapping[str, Any]) -> Report:
    return Report(
        week=data["week"],
        as_of=data["as_of"],
        company=data["company"],
        model=data["model"],
        taxonomy=data["taxonomy"],
        drivers=tuple(DriverName(d["key"], d["name"], d["praise"]) for d in data["drivers"]),
        leave_name=data["leave_name"],
        weeks=tuple(_parse_week(week) for week in data["weeks"]),
        verdict=Verdict(**{**data["verdict"], "also": tuple(data["verdict"]["also"])}),
        signals=data["signals"],
        themes=_parse_themes(data),
        quotes={key: tuple(Quote(**q) for q in quotes) for key, quotes in data["quotes"].items()},
        callbacks=tuple(CallBack(Quote(**c["quote"]), tuple(c["drivers"])) for c in data["callbacks"]),
        coverage=_parse_coverage(data["coverage"]),
        rejects=Rejects(data["rejects"]["count"], data["rejects"]["reasons"]),
        revision=data["revision"],
        restates=_parse_restates(data["restates"]),
        # Absent from reports of before the tests of change were made by voc.trends.series.
        changes=tuple(_parse_change(c) for c in data.get("changes", ())),
        alarms=tuple(alarms_of(data.get("alarms", ()))),
        errors={label: tuple(counts) for label, counts in data.get("errors", {}).items()},
        loop=parse_loop(data["loop"]) if data.get("loop") else None,
        model_change=_parse_model_change(data.get("model_change")),
        by_hand=data.get("by_hand", 0),
        segment=tuple(data.get("segment", {}).items()),
        filling=Filling(**data["filling"]) if data.get("filling") else None,
        needs=parse_needs(data["needs"]) if data.get("needs") else None,
        costs=parse_costs(data["costs"]) if data.get("costs") else None,
        health=parse_health(data["health"]) if data.get("health") else None,
        corrections={label: Correction(**one) for label, one in data.get("corrections", {}).items()},
    )


def _parse_model_change(data: Mapping[str, Any] | None) -> ModelChange | None:
    if data is None:
        return None
    steps = tuple(ModelStep(**step) for step in data["steps"])
    return ModelChange(data["before"], tuple(data["weeks"]), data["documents"], steps)


def _parse_change(data: Mapping[str, Any]) -> Change:
    fields = {name: data[name] for name in _WHERE}
    parts = tuple(Part(**part) for part in data["parts"])
    where = Where(**{**fields, "weeks": tuple(data["weeks"])}, parts=parts)
    return Change(where, tuple(Quote(**q) for q in data["quotes"]))


def _parse_week(week: Mapping[str, Any]) -> WeekRow:
    cells = {f"{key}.{side}": Cell(**cell) for key, sides in week["drivers"].items() for side, cell in sides.items()}
    return WeekRow(
        week=week["week"],
        documents=week["documents"],
        customers=week["customers"],
        partial=week["partial"],
        baseline=week["baseline"],
        cells={**cells, LEAVE: Cell(**week["leave"])},
        trends={label: Trend(**trend) for label, trend in week.get("series", {}).items()},
    )


def _parse_themes(data: Mapping[str, Any]) -> ThemeTable:
    window = data["themes_window"]
    themes = tuple(
        ThemeEntry(
            id=t["id"],
            labels=t["labels"],
            driver=t["driver"],
            side=t["side"],
            state=t["state"],
            documents=t["documents"],
            customers=t["customers"],
            quotes=tuple(Quote(**q) for q in t["quotes"]),
            drivers=t.get("drivers", {}),
            weekly=tuple(t.get("weekly", ())),
            pinned=t.get("pinned", False),
            counter=Quote(**t["counter_example"]) if t.get("counter_example") else None,
            emergence=_parse_emergence(t.get("emerging")),
            place=(t["place"][0], t["place"][1]) if t.get("place") else None,
            sub_driver=t.get("sub_driver") or "",
            sub_names=t.get("sub_driver_names", {}),
        )
        for t in data["themes"]
    )
    weeks = tuple(window.get("weeks", ()))
    return ThemeTable(themes, window["segments"], window["unassigned"], window["from"], window["to"], weeks)


def _parse_emergence(told: Mapping[str, Any] | None) -> Emergence | None:
    if told is None:
        return None
    return Emergence(**{**told, "channels": tuple(told["channels"]), "languages": tuple(told["languages"])})


def _parse_coverage(data: Mapping[str, Any]) -> Coverage:
    return Coverage(
        documents=data["documents"],
        start=data["from"],
        end=data["to"],
        channels=data["channels"],
        languages=data["languages"],
        undated=data["undated"],
        duplicates=data["duplicates"],
        statuses=data["statuses"],
        sources=data["sources"],
        week_documents=data["week"]["documents"],
        week_channels=data["week"]["channels"],
        week_languages=data["week"]["languages"],
        near_duplicates=data.get("near_duplicates", 0),  # revisions of before November 2026 have none
        families=data.get("families", 0),
        stale=tuple(StaleFeed(**feed) for feed in data["stale_feeds"]) if "stale_feeds" in data else None,
    )


def _parse_restates(data: Mapping[str, Any] | None) -> Restates | None:
    if data is None:
        return None
    figures = tuple(
        Restated(f["week"], f["series"], _parse_pair(f["before"]), _parse_pair(f["after"])) for f in data["figures"]
    )
    return Restates(data["revision"], tuple(data["parts"]), figures)


def _parse_pair(pair: Mapping[str, int] | None) -> tuple[int, int] | None:
    return None if pair is None else (pair["k"], pair["n"])
