"""What people do to themes: each act is one dated event of the registry, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from voc.errors import UsageError
from voc.pipeline.context import Context, writing
from voc.pipeline.options import Progress, RunOptions, RunResult
from voc.pipeline.theme_table import event_row
from voc.pipeline.theming import birth_of, gather, registry_of
from voc.results import KnownSegment, ThemeEvent
from voc.store import LineageChange
from voc.taxonomy import Taxonomy

if TYPE_CHECKING:
    from voc.themes.lineage import Registry

Act = Callable[["Registry", str, Taxonomy], ThemeEvent]


def rename_theme(identity: str, names: Mapping[str, str]) -> Act:
    """Labels by language; "" gives one back to the program."""
    return lambda registry, day, _: registry.rename(day, identity, names)


def chosen_names(english: str | None, chinese: str | None) -> dict[str, str]:
    """Labels by language of the texts given; Chinese in both scripts, whichever it was given in."""
    from voc.themes.tokens import to_simplified, to_traditional

    names = {} if english is None else {"en": english}
    if chinese is not None:
        names |= {"zh-Hans": to_simplified(chinese), "zh-Hant": to_traditional(to_simplified(chinese))}
    return names


def merge_themes(gone: str, into: str) -> Act:
    """The first becomes part of the second."""
    return lambda registry, day, _: registry.merge(day, gone, into)


def pin_theme(identity: str) -> Act:
    """Shown in every report; a second time: no more."""
    return lambda registry, day, _: registry.pin(day, identity)


def retire_theme(identity: str) -> Act:
    """Shown no more."""
    return lambda registry, day, _: registry.retire(day, identity)


def nest_theme(identity: str, sub_driver: str) -> Act:
    """Stands under another sub-driver of its driver; "-" for none."""
    from voc.themes.nesting import known_sub_driver

    def act(registry: Registry, day: str, taxonomy: Taxonomy) -> ThemeEvent:
        return registry.nest(day, identity, known_sub_driver(registry.active(identity).driver, sub_driver, taxonomy))

    return act


def undo_event(number: int) -> Act:
    """Takes an event back."""
    return lambda registry, day, _: registry.undo(day, number)


def curate(options: RunOptions, progress: Progress, act: Act) -> RunResult:
    """Does ``act`` to the registry; reports of weeks that are over keep their themes."""
    from voc.themes.lineage import Registry

    with writing("themes", options, progress) as context:
        store = context.store
        segments = {s.ref: s for s in store.known_segments()}
        members = {ref: s.theme for ref, s in segments.items() if s.theme is not None}
        registry = Registry(store.known_themes(), members, store.theme_events())
        event = act(registry, _day(context), context.taxonomy)
        _save(context, registry, segments)
        _tell(context, event)
    return context.result


def split_theme(options: RunOptions, progress: Progress, identity: str) -> RunResult:
    """Divides a theme in two by what its members in the window say; the larger part keeps the id."""
    from voc.themes.fit import advance, halves, theme_id

    with writing("themes", options, progress) as context:
        gathered = gather(context)
        registry, older = registry_of(context, gathered)
        registry.active(identity)
        birth = birth_of(context, gathered.calendar)
        # Nothing is fresh and nothing is born: the stage does that.
        window = advance(registry, gathered.units, fresh=(), birth=None, older=older)
        _, smaller = halves(window, identity)
        new = theme_id(registry, context.taxonomy, registry.theme(identity).driver, smaller[0]) if smaller else ""
        event = registry.split(birth.day or _day(context), identity, new, [u.ref for u in smaller])
        _save(context, registry, gathered.known)
        _tell(context, event)
    return context.result


def reencode(options: RunOptions, progress: Progress) -> RunResult:
    """Rebuilds the middles of all themes under the model that is set now, and says how far the rule then agrees with
    the registry. Ids and members stay: a theme is its members."""
    from voc.themes.fit import advance, continuity

    with writing("themes", options, progress) as context:
        gathered = gather(context)
        if not gathered.units and context.store.theme_sizes():
            raise UsageError(f"{context.model} has classified nothing yet", "Run voc classify first.")
        registry, older = registry_of(context, gathered)
        window = advance(registry, gathered.units, fresh=(), birth=None, older=older)
        kept = sum(theme is not None for theme in window.theme)
        members = sum(s.theme is not None for s in gathered.known.values())
        agreement = continuity(registry, window)
        context.result.summary["reencode"] = {
            "model": context.model,
            "members": members,
            "kept": kept,
            "continuity": kept / members if members else None,
            "agreement": agreement,
        }
        told = "-" if agreement is None else f"{agreement:.1%}"
        context.result.say(
            f"{kept:,} of {members:,} members of the window keep their theme under {context.model}; "
            f"the rule alone would put {told} of them there again"
        )
    return context.result


def _day(context: Context) -> str:
    as_of = context.as_of()
    return as_of.isoformat() if as_of else ""


def _save(context: Context, registry: Registry, segments: Mapping[tuple[str, int], KnownSegment]) -> None:
    moved = [
        KnownSegment(s.key, s.segment, s.driver, s.side, registry.members.get(s.ref))
        for s in segments.values()
        if registry.members.get(s.ref) != s.theme
    ]
    themes = list(registry.themes.values())
    context.store.save_lineage(LineageChange(themes=themes, segments=moved, events=registry.happened))


def _tell(context: Context, event: ThemeEvent) -> None:
    context.result.summary["event"] = event_row(event)
    other = f" and {event.other}" if event.other else ""
    moved = f", {len(event.moved):,} segments moved" if event.moved else ""
    context.result.say(
        f"event {event.number}: {event.kind} {event.theme}{other}{moved}; voc report shows it, voc themes undo "
        f"{event.number} takes it back"
    )
