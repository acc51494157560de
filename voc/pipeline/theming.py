"""The stage of themes: what is new is assigned to known themes, what is left is clustered, the registry is kept."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from voc.pipeline.context import UNHEARD, Context
from voc.pipeline.families import repeats
from voc.results import OTHER, KnownSegment, ThemeResult, ThemeUnit
from voc.store import LineageChange
from voc.taxonomy import COMPLAINT, PRAISE
from voc.weeks import Week, weeks_between

if TYPE_CHECKING:
    from voc.themes.emerging import Calendar
    from voc.themes.fit import Birth
    from voc.themes.lineage import Registry

REMEMBERED: Final = 50  # members of a theme that place it, where the window holds fewer
LOW_RATING: Final = 2.0  # of five; on a longer scale it is low, too


def themes(context: Context) -> None:
    """Brings the themes up to the week, over the window that ends with it.

    The report of an earlier week keeps its themes: late documents are added to them, and nothing else changes.
    """
    settings = context.config.themes
    fingerprint = context.fingerprint(
        "themes",
        window_weeks=settings.window_weeks,
        min_documents=settings.min_documents,
        max_themes=settings.max_themes,
        clusterer=settings.clusterer,
        company=context.config.general.company,
        curated=context.store.curations(),
        settled=is_settled(context),
    )
    with context.clock.stage("themes") as row:
        if context.store.stage_fingerprint("themes", context.scope) != fingerprint:
            context.progress.start("themes", None)
            _bring_up(context, fingerprint)
            context.progress.finish()
        found = context.store.themes(context.scope)
        row["documents"] = len({key for t in found.themes for key, _ in t.members}) if found else 0
    if found is not None:
        _tell(context, found)


def _tell(context: Context, found: ThemeResult) -> None:
    context.result.summary["themes"] = {
        "week": context.week_name,
        "themes": [
            {"id": t.id, "driver": t.driver, "labels": dict(t.labels), "documents": t.documents, "state": t.state}
            for t in found.themes
        ],
        "units": found.units,
        "unassigned": found.unassigned,
    }
    context.result.say(f"{len(found.themes)} themes in {found.units:,} segments, {found.unassigned:,} belong to none")
    for theme in found.themes:
        if theme.emergence:
            told = theme.emergence
            span = "the last week" if told.weeks == 1 else f"the last {told.weeks} weeks"
            found_in = f"{told.found} documents in {span}, {told.expected:.1f} expected"
            context.result.say(f"  emerging: {theme.labels['en']} ({theme.id}), {found_in}")


def is_settled(context: Context) -> bool:
    """Whether the week's themes were saved and a later week's were, too: then they stay."""
    scopes = context.store.theme_scopes()
    name, period = context.week_name, context.scope.removeprefix(context.week_name)
    later = (s for s in scopes if s.removesuffix(period) > name and s.endswith(period))
    return context.scope in scopes and any(len(s) == len(context.scope) for s in later)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The units of a window and what is needed to place them. ``fresh``: references that were not looked at before;
    ``known``: segments of the window that were."""

    keys: Sequence[str]
    units: list[ThemeUnit]
    fresh: frozenset[tuple[str, int]]
    known: dict[tuple[str, int], KnownSegment]
    calendar: Calendar


def _bring_up(context: Context, fingerprint: str) -> None:
    from voc.themes.describe import describe, with_late
    from voc.themes.fit import advance

    gathered = gather(context)
    registry, older = registry_of(context, gathered)
    birth = birth_of(context, gathered.calendar)
    window = advance(registry, gathered.units, fresh=gathered.fresh, birth=birth, older=older)
    if is_settled(context):
        before = context.store.themes(context.scope) or ThemeResult((), 0, 0)
        late = context.store.came_after_themes(context.scope, gathered.keys)
        result = with_late(before, registry, [u for u in window.units if u.key in late], gathered.calendar)
    else:
        blank = sum(not u.vector.any() for u in gathered.units)
        result = describe(registry, window, birth, blank=blank)
    placed = [KnownSegment(u.key, u.segment, u.driver, u.side, registry.members.get(u.ref)) for u in gathered.units]
    context.store.save_themes(
        context.scope,
        fingerprint,
        result,
        LineageChange(
            themes=list(registry.themes.values()),
            segments=[s for s in placed if gathered.known.get(s.ref) != s],
            events=registry.happened,
            model=context.model,
            looked=gathered.keys,
        ),
    )


def birth_of(context: Context, calendar: Calendar) -> Birth:
    """What themes that are born now are given."""
    from voc.themes import ThemeSettings
    from voc.themes.fit import Birth

    chosen, as_of = context.config.themes, context.as_of()
    settings = ThemeSettings(
        min_documents=chosen.min_documents,
        max_themes=chosen.max_themes,
        clusterer=chosen.clusterer,
        company=context.config.general.company,
    )
    day = context.week.end if context.week else as_of
    return Birth(day.isoformat() if day else "", calendar, context.taxonomy, settings)


def registry_of(context: Context, gathered: Gathered) -> tuple[Registry, list[tuple[ThemeUnit, str]]]:
    """The registry with its members in the window, and the last members of themes that have few of them there."""
    from voc.themes.lineage import Registry

    store = context.store
    members = {s.ref: s.theme for s in gathered.known.values() if s.theme is not None}
    registry = Registry(store.known_themes(), members, store.theme_events())
    sizes = Counter(members.values())
    few = [t for t in registry.themes if sizes[t] < REMEMBERED]
    past = {s.ref: s for t in few for s in store.latest_members(t, REMEMBERED) if s.ref not in gathered.known}
    units = store.segment_units(context.model, {ref: (s.driver, s.side) for ref, s in past.items()})
    return registry, [(u, str(past[u.ref].theme)) for u in units]


def gather(context: Context) -> Gathered:
    """The units of the window: segments with a driver, members of themes, and what is dissatisfied without a driver."""
    store, model = context.store, context.model
    days, calendar = _window(context)
    keys = list(days)
    looked = store.looked_at(model, keys)
    fresh_keys = [key for key in keys if key not in looked]
    known = {s.ref: s for s in store.known_segments(keys)}
    units = store.theme_units(model, keys, sides=(COMPLAINT, PRAISE))
    shown = {u.ref for u in units}
    # A member stays one though another model sees nothing in it.
    wanted = {ref: (s.driver, s.side) for ref, s in known.items() if ref not in shown and (s.theme or s.key in looked)}
    for ref in _dissatisfied(context, fresh_keys, shown):
        wanted.setdefault(ref, (OTHER, COMPLAINT))
    units += store.segment_units(model, wanted)
    dated = [replace(u, day=days[u.key][0], channel=days[u.key][1]) for u in units]
    fresh = set(fresh_keys)
    return Gathered(keys, dated, frozenset(u.ref for u in units if u.key in fresh), known, calendar)


def _dissatisfied(
    context: Context, keys: Sequence[str], shown: Collection[tuple[str, int]]
) -> Iterable[tuple[str, int]]:
    """Segments of dissatisfaction that show no driver."""
    from voc.themes.dissatisfaction import tone

    for detail in context.store.details(context.model, keys):
        document, status = detail.document, detail.prediction.status
        if status in UNHEARD:
            continue
        low = document.rating is not None and document.rating <= LOW_RATING
        for s in detail.segments:
            ref = (document.key, s.index)
            if ref not in shown and tone(document.text[s.start : s.end], document.language).dissatisfied(low=low):
                yield ref


def theme_window(context: Context) -> tuple[dt.date, dt.date] | None:
    """First and last day of the weeks that themes are built from; None for a store without dates."""
    if context.week is None:
        return None
    return context.week.plus(1 - context.config.themes.window_weeks).start, context.week.end


def _window(context: Context) -> tuple[dict[str, tuple[str | None, str]], Calendar]:
    """Day and channel of the documents in the window and of the undated ones, without what a customer says again among
    them; and how many were heard in each of its weeks."""
    from voc.themes.emerging import Calendar

    window = theme_window(context)
    found = dict[str, tuple[str | None, str]]()
    heard = Counter[str]()
    for c in context.counted():
        day = context.day(c.time)
        if window is None or day is None or window[0] <= day <= window[1]:
            found[c.key] = (day.isoformat() if day else None, c.channel)
    again = repeats((t for t in context.store.twins() if t.key in found), context.day, lambda _: None)
    found = {key: value for key, value in found.items() if key not in again}
    if window is None or context.week is None:
        return found, Calendar()
    for c in context.counted():
        if c.key in found and c.status not in UNHEARD and (told := found[c.key][0]) is not None:
            heard[_week_of(told) or ""] += 1
    weeks = weeks_between(Week.of(window[0]), context.week)
    return found, Calendar({str(w): heard[str(w)] for w in weeks}, _week_of)


@lru_cache(maxsize=16384)
def _week_of(day: str | None) -> str | None:
    return str(Week.of(dt.date.fromisoformat(day))) if day else None
