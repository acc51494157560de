"""Cases of customers who leave, and actions: frozen dataclasses that import nothing of voc. Days are ISO dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OPEN, CONTACTED, WON_BACK, LOST = "open", "contacted", "won_back", "lost"
STATES: Final = (OPEN, CONTACTED, WON_BACK, LOST)
CLOSED: Final = frozenset({WON_BACK, LOST})
STATE, OWNER, NOTE = "state", "owner", "note"


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What was done about a case on ``day``: ``kind`` is state, owner or note; ``who``: who said so, "" for unknown."""

    case: str
    day: str
    kind: str
    value: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A customer who said that they leave. ``id``: c and ten digits of the opening document's key; ``keys``: of its
    documents, the opening one first; ``opened``: its day, "" where it has none; ``routed``: the owner that the rules
    named; ``events``: in order."""

    id: str
    keys: tuple[str, ...]
    opened: str
    routed: str
    events: tuple[CaseEvent, ...] = ()

    @property
    def state(self) -> str:
        """One of ``STATES``."""
        return next((e.value for e in reversed(self.events) if e.kind == STATE), OPEN)

    @property
    def owner(self) -> str:
        """Who calls; "" where nobody is named."""
        return next((e.value for e in reversed(self.events) if e.kind == OWNER), self.routed)

    @property
    def since(self) -> str:
        """The day on which it came to its state."""
        return next((e.day for e in reversed(self.events) if e.kind == STATE), self.opened)

    def at(self, day: str | None) -> Case:
        """The case as it stood at the end of ``day``; as it stands for None."""
        if day is None:
            return self
        return Case(self.id, self.keys, self.opened, self.routed, tuple(e for e in self.events if e.day <= day))


@dataclass(frozen=True, slots=True)
class Action:
    """What a company does about a driver. ``due`` and ``done`` are None where they are not set."""

    number: int
    driver: str
    owner: str
    due: str | None
    text: str
    added: str
    done: str | None = None
