"""Who a theme is: a registry of themes and their member segments, and the dated events that changed them.

A segment is in one theme at most and stays there: a week that is added assigns what is new and moves nothing. What
moves members (birth, merge, split) is an event that says which, so that it can be undone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from voc.errors import UsageError
from voc.results import KnownTheme, ThemeEvent

Ref = tuple[str, int]  # document key, segment index

ACTIVE, MERGED, RETIRED = "active", "merged", "retired"
BORN, MERGE, SPLIT, RENAME, PIN, RETIRE, UNDO = "born", "merge", "split", "rename", "pin", "retire", "undo"
NEST = "nest"
REVERSIBLE: Final = (MERGE, SPLIT, RENAME, PIN, RETIRE, NEST)
SUB_DRIVER: Final = "sub_driver"  # in what a birth and a nesting tell


class Registry:
    """Themes, members and events; each method that changes something appends one event and returns it.

    UsageError where a theme is unknown, or not in a state in which this can be done.
    """

    def __init__(
        self,
        themes: Iterable[KnownTheme] = (),
        members: Mapping[Ref, str] | None = None,
        events: Iterable[ThemeEvent] = (),
    ) -> None:
        self.themes: dict[str, KnownTheme] = {t.id: t for t in themes}
        self.members: dict[Ref, str] = dict(members or {})
        self.events: list[ThemeEvent] = list(events)
        self._last = max((e.number for e in self.events), default=0)

    @property
    def happened(self) -> list[ThemeEvent]:
        """The events since the registry was made, and earlier ones that they undid."""
        new = [e for e in self.events if e.number > self._last]
        undone = {e.undoes for e in new}
        return [e for e in self.events if e.number > self._last or e.number in undone]

    def theme(self, identity: str) -> KnownTheme:
        """The theme of that id."""
        if identity not in self.themes:
            raise UsageError(f"there is no theme {identity!r}", "voc themes list names them.")
        return self.themes[identity]

    def active(self, identity: str) -> KnownTheme:
        """The theme of that id, where it is active."""
        theme = self.theme(identity)
        if theme.state != ACTIVE:
            where = f" into {theme.into}" if theme.into else ""
            raise UsageError(f"theme {identity} is {theme.state}{where}", "voc themes undo takes that back.")
        return theme

    def members_of(self, identity: str) -> tuple[Ref, ...]:
        """The members of a theme, in order."""
        return tuple(sorted(ref for ref, theme in self.members.items() if theme == identity))

    def assign(self, refs: Mapping[Ref, str]) -> None:
        """Puts segments that are in no theme yet into themes. ValueError for one that is in a theme."""
        for ref, identity in refs.items():
            if ref in self.members:
                raise ValueError(f"{ref} is in {self.members[ref]} already")
            self.theme(identity)
            self.members[ref] = identity

    def release(self, refs: Iterable[Ref]) -> None:
        """Takes segments out of their themes again, while they are being assigned."""
        for ref in refs:
            self.members.pop(ref, None)

    def bear(
        self, day: str, identity: str, driver: str, side: str, refs: Collection[Ref], sub_driver: str = ""
    ) -> ThemeEvent:
        """A new theme of segments that are in none, under ``sub_driver`` ("": none)."""
        if identity in self.themes:
            raise ValueError(f"there is a theme {identity} already")
        self.themes[identity] = KnownTheme(identity, driver, side, day)
        self.assign(dict.fromkeys(refs, identity))
        told = {SUB_DRIVER: sub_driver} if sub_driver else {}
        return self._happened(day, BORN, identity, moved=tuple(sorted(refs)), before=told)

    def merge(self, day: str, gone: str, into: str) -> ThemeEvent:
        """``gone`` and its members become part of ``into``."""
        one, other = self.active(gone), self.active(into)
        if gone == into or one.side != other.side:
            raise UsageError(
                f"{gone} cannot be merged into {into}", "Name two themes, both of complaints or of praise."
            )
        moved = self.members_of(gone)
        self.members.update(dict.fromkeys(moved, into))
        self.themes[gone] = replace(one, state=MERGED, into=into)
        return self._happened(day, MERGE, gone, other=into, moved=moved)

    def split(self, day: str, identity: str, new: str, refs: Collection[Ref]) -> ThemeEvent:
        """``refs``, some members of a theme but not all, become the theme ``new``."""
        theme, own = self.active(identity), set(self.members_of(identity))
        if not refs or not set(refs) < own:
            raise UsageError(f"theme {identity} cannot be split", "Its members do not fall into two groups.")
        if new in self.themes:
            raise ValueError(f"there is a theme {new} already")
        self.themes[new] = KnownTheme(new, theme.driver, theme.side, day, parent=identity)
        self.members.update(dict.fromkeys(refs, new))
        return self._happened(day, SPLIT, identity, other=new, moved=tuple(sorted(refs)))

    def rename(self, day: str, identity: str, names: Mapping[str, str]) -> ThemeEvent:
        """Labels in one or more languages; "" gives a label back to the program."""
        theme = self.active(identity)
        kept = {language: name for language, name in {**theme.names, **names}.items() if name}
        self.themes[identity] = replace(theme, names=kept)
        return self._happened(day, RENAME, identity, before=theme.names)

    def nest(self, day: str, identity: str, sub_driver: str) -> ThemeEvent:
        """The theme stands under another sub-driver of its driver; "" for none."""
        self.active(identity)
        return self._happened(day, NEST, identity, before={SUB_DRIVER: sub_driver})

    def sub_driver(self, identity: str) -> str:
        """The sub-driver that a theme stands under: what it was given last, at first by its birth, or that of the
        theme that it was split from; "" for none."""
        for event in reversed(self.events):
            if event.theme == identity and event.kind in (BORN, NEST) and not event.undone:
                return event.before.get(SUB_DRIVER, "")
        parent = self.themes[identity].parent
        return self.sub_driver(parent) if parent is not None else ""

    def pin(self, day: str, identity: str) -> ThemeEvent:
        """The theme is shown in every report; a second time: no more."""
        theme = self.active(identity)
        self.themes[identity] = replace(theme, pinned=not theme.pinned)
        return self._happened(day, PIN, identity)

    def retire(self, day: str, identity: str) -> ThemeEvent:
        """The theme is shown no more."""
        self.themes[identity] = replace(self.active(identity), state=RETIRED)
        return self._happened(day, RETIRE, identity)

    def undo(self, day: str, number: int) -> ThemeEvent:
        """Takes an event back: members that it moved, and that are still where it put them, go back.

        UsageError for a birth, for what is undone already, and where a later event about the same themes stands.
        """
        event = next((e for e in self.events if e.number == number), None)
        if event is None or event.kind not in REVERSIBLE or event.undone:
            known = ", ".join(str(e.number) for e in self.events if e.kind in REVERSIBLE and not e.undone) or "none"
            raise UsageError(f"there is no event {number} that can be undone", f"These can be: {known}.")
        later = [e for e in self.events if e.number > number and not e.undone and e.kind in REVERSIBLE]
        if blocking := next((e for e in reversed(later) if e.involved & event.involved), None):
            raise UsageError(f"event {blocking.number} came after event {number}", f"Undo {blocking.number} first.")
        self._take_back(event)
        self.events[self.events.index(event)] = replace(event, undone=True)
        return self._happened(day, UNDO, event.theme, other=event.other, undoes=number)

    def _take_back(self, event: ThemeEvent) -> None:
        theme = self.themes[event.theme]
        if event.kind == MERGE:
            self._back(event.moved, event.other, event.theme)
            theme = replace(theme, state=ACTIVE, into=None)
        elif event.kind == SPLIT and event.other is not None:
            # What was assigned to the new theme since then goes where it came from, too.
            self._back(self.members_of(event.other), event.other, event.theme)
            self.themes[event.other] = replace(self.themes[event.other], state=MERGED, into=event.theme)
        elif event.kind == RENAME:
            theme = replace(theme, names=event.before)
        elif event.kind == PIN:
            theme = replace(theme, pinned=not theme.pinned)
        elif event.kind == RETIRE:
            theme = replace(theme, state=ACTIVE)
        self.themes[event.theme] = theme

    def _back(self, refs: Sequence[Ref], now: str | None, then: str) -> None:
        self.members.update({ref: then for ref in refs if self.members.get(ref) == now})

    def _happened(
        self,
        day: str,
        kind: str,
        theme: str,
        *,
        other: str | None = None,
        moved: tuple[Ref, ...] = (),
        before: Mapping[str, str] | None = None,
        undoes: int | None = None,
    ) -> ThemeEvent:
        number = max((e.number for e in self.events), default=0) + 1
        event = ThemeEvent(number, day, kind, theme, other, moved, dict(before or {}), undoes=undoes)
        self.events.append(event)
        return event
