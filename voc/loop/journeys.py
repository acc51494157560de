"""Journeys: what one customer said, in time order and across channels; who comes back after an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 56
"""Days after an answer in which a complaint about the same driver counts as a return. The sample company's customers
come back after 1 to 3 weeks; eight leave room for bills that come monthly. After that it may be another matter."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One document of a known customer. ``day``: a proleptic ordinal of the local day; ``drivers``: what it complains
    of; ``answered``: the day of the answer (that of the document, where the answer has no date), None where there was
    none."""

    key: str
    customer: str
    day: int
    channel: str
    drivers: frozenset[str]
    answered: int | None


@dataclass(frozen=True, slots=True)
class Return:
    """A customer who complains of ``drivers`` again: ``before`` was answered, ``days`` (>= 0) before ``after`` came."""

    before: Touch
    after: Touch
    drivers: tuple[str, ...]
    days: int


def journeys(touches: Iterable[Touch]) -> dict[str, tuple[Touch, ...]]:
    """The touches of each customer in time order (those of one day by key)."""
    found: dict[str, list[Touch]] = {}
    for touch in sorted(touches, key=lambda t: (t.day, t.key)):
        found.setdefault(touch.customer, []).append(touch)
    return {customer: tuple(found[customer]) for customer in sorted(found)}


def returns(walked: Mapping[str, Sequence[Touch]]) -> list[Return]:
    """Each touch that complains again of what an earlier one was answered for, with the latest such one; by day.

    An answer of the very day counts only where it came with an earlier day's touch, or where the earlier touch has
    another channel: two documents of one day and channel are one matter told in two pieces.
    """
    found = [back for touches in walked.values() for i, t in enumerate(touches) if (back := _back(t, touches[:i]))]
    return sorted(found, key=lambda r: (r.after.day, r.after.key))


def _back(touch: Touch, earlier: Sequence[Touch]) -> Return | None:
    for before in reversed(earlier):
        shared = before.drivers & touch.drivers
        if not shared or before.answered is None:
            continue
        days = touch.day - before.answered
        apart = before.day < touch.day or before.channel != touch.channel
        if 0 <= days <= LONGEST and apart:
            return Return(before, touch, tuple(sorted(shared)), days)
    return None
