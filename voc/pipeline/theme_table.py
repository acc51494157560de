"""What ``voc themes list`` and ``show`` tell of the themes of the registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.errors import UsageError
from voc.pipeline.context import Context, reading
from voc.pipeline.quoting import segment_quotes
from voc.report.messages import LANGUAGES, load_messages
from voc.results import OTHER, KnownTheme, Theme, ThemeEvent
from voc.text import display

if TYPE_CHECKING:
    from voc.report import Quote
    from voc.themes.lineage import Registry

LATEST = 5
Ref = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A theme as the latest report that shows it has it; ``weeks``: those of ``theme.weekly``."""

    scope: str
    weeks: tuple[str, ...]
    theme: Theme


def list_themes(workspace: Path) -> list[dict[str, Any]]:
    """The themes of the registry with their sizes over all weeks, the largest first; merged ones last."""
    with reading(workspace) as context:
        rows = _rows(context, [t.id for t in context.store.known_themes()])
    return sorted(rows, key=lambda r: (r["state"] == "merged", -r["documents"], r["id"]))


def show_theme(workspace: Path, identity: str) -> dict[str, Any]:
    """One theme with its events and its latest members, redacted. UsageError where there is none."""
    with reading(workspace) as context:
        store = context.store
        if identity not in {t.id for t in store.known_themes()}:
            raise UsageError(f"there is no theme {identity!r}", "voc themes list names them.")
        [found] = _rows(context, [identity])
        found["events"] = [event_row(e) for e in store.theme_events() if identity in e.involved]
        latest = [s.ref for s in store.latest_members(identity, LATEST)]
        quotes = segment_quotes(context, latest)
        found["latest"] = [_quoted(ref, quotes) for ref in latest if ref in quotes]
        return found


def _rows(context: Context, wanted: Iterable[str]) -> list[dict[str, Any]]:
    from voc.themes.lineage import Registry

    store = context.store
    registry = Registry(store.known_themes(), {}, store.theme_events())
    seen, sizes = _seen(context), store.theme_sizes()
    chosen = [registry.themes[identity] for identity in wanted]
    refs = {r for t in chosen if t.id in seen for r in (*seen[t.id].theme.quotes[:1], seen[t.id].theme.counter) if r}
    quotes = segment_quotes(context, refs)
    return [_row(context, t, registry, seen, sizes.get(t.id, (0, 0)), quotes) for t in chosen]


def _seen(context: Context) -> dict[str, _Seen]:
    """Each theme in the latest report that shows it."""
    found = dict[str, _Seen]()
    for scope in context.store.theme_scopes():
        result = context.store.themes(scope)
        found.update({t.id: _Seen(scope, result.weeks, t) for t in result.themes} if result else {})
    return found


def _row(
    context: Context,
    theme: KnownTheme,
    registry: Registry,
    seen: Mapping[str, _Seen],
    size: tuple[int, int],
    quotes: Mapping[Ref, Quote],
) -> dict[str, Any]:
    shown = seen.get(theme.id)
    others = registry.themes.values()
    nested = registry.sub_driver(theme.id)
    return {
        "id": theme.id,
        "labels": _labels(theme, seen),
        "driver": theme.driver,
        "driver_names": _driver_names(context, theme.driver),
        "sub_driver": nested or None,
        "sub_driver_names": _sub_names(context, theme.driver, nested),
        "side": theme.side,
        "state": theme.state,
        "born": theme.born,
        "pinned": theme.pinned,
        "parent": theme.parent,
        "into": theme.into,
        "parts": sorted(t.id for t in others if t.parent == theme.id),
        "merged": sorted(t.id for t in others if t.into == theme.id),
        "documents": size[0],
        "segments": size[1],
        "report": _report(shown) if shown else None,
        "quote": _quoted(shown.theme.quotes[0], quotes) if shown and shown.theme.quotes else None,
        "counter_example": _quoted(shown.theme.counter, quotes) if shown and shown.theme.counter else None,
        "nearest": _nearest(shown.theme, registry, seen) if shown else None,
    }


def _labels(theme: KnownTheme, seen: Mapping[str, _Seen]) -> dict[str, str]:
    return {**(seen[theme.id].theme.labels if theme.id in seen else {}), **theme.names}


def _report(shown: _Seen) -> dict[str, Any]:
    """What the latest report that shows a theme says of it; ``weeks``: documents by week of its window."""
    theme = shown.theme
    return {
        "week": shown.weeks[-1] if shown.weeks else shown.scope,
        "state": theme.state,
        "documents": theme.documents,
        "customers": theme.customers,
        "weeks": dict(zip(shown.weeks, theme.weekly, strict=False)),
    }


def _nearest(theme: Theme, registry: Registry, seen: Mapping[str, _Seen]) -> dict[str, Any] | None:
    """The most alike theme of that report, and the cosine to it."""
    if theme.nearest is None or (other := registry.themes.get(theme.nearest[0])) is None:
        return None
    return {"theme": other.id, "labels": _labels(other, seen), "similarity": theme.nearest[1]}


def _quoted(ref: Ref, quotes: Mapping[Ref, Quote]) -> dict[str, Any] | None:
    found = quotes.get(ref)
    return None if found is None else {"document": ref[0], "segment": ref[1], "text": display(found.text)}


def _driver_names(context: Context, key: str) -> dict[str, str]:
    if key == OTHER:
        return {language: load_messages(language)("themes.other") for language in LANGUAGES}
    return {language: name for d in context.taxonomy.drivers if d.key == key for language, name in d.name.items()}


def _sub_names(context: Context, key: str, nested: str) -> dict[str, str]:
    from voc.themes.nesting import sub_drivers

    if key != OTHER and key not in {d.key for d in context.taxonomy.drivers}:
        return {}  # a theme of drivers that are no more
    return dict(sub_drivers(key, context.taxonomy).get(nested, {}))


def event_row(event: ThemeEvent) -> dict[str, Any]:
    """An event of the registry as answers have it."""
    return {
        "number": event.number,
        "day": event.day,
        "kind": event.kind,
        "theme": event.theme,
        "other": event.other,
        "moved": len(event.moved),
        "sub_driver": event.before.get("sub_driver"),
        "undone": event.undone,
        "undoes": event.undoes,
    }
