"""Response times in conversations and mail threads: the first answer, the longest silence, and who got none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from voc.documents import Document

_DATE_ONLY = 10  # len("2026-11-02")
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one conversation or thread waited, in seconds (>= 0). ``first``: until the first answer; ``longest``:
    the longest silence while the customer waited for one; both None where times are not known. ``answered`` is False
    where the company never spoke after the customer. ``key``: of the document that began it."""

    key: str
    channel: str
    answered: bool
    first: float | None
    longest: float | None


def waits(documents: Iterable[Document], zone: ZoneInfo) -> list[Wait]:
    """One for each conversation, and for each thread (a document without one is its own) of the other channels in which
    an answer is known at all: where none is, nobody can tell whether there was any. By key."""
    found, threads = list[Wait](), dict[tuple[str, str], list[Document]]()
    for document in documents:
        if document.turns:
            if any(t.role == "customer" for t in document.turns):
                found.append(conversation(document))
        else:
            threads.setdefault((document.channel, document.thread or f"key {document.key}"), []).append(document)
    answering = {channel for (channel, _), some in threads.items() if any(d.reply for d in some)}
    found += [thread(some, zone) for (channel, _), some in threads.items() if channel in answering]
    return sorted(found, key=lambda w: w.key)


def conversation(document: Document) -> Wait:
    """Of a conversation with a customer's turn: silences run from the end of a customer's turn (its begin, where the
    end is not known) to the begin of the agent's next one."""
    asked: float | None = None  # since when the customer has been waiting
    silences = list[float]()
    spoken = answered = False
    for turn in document.turns:
        if turn.role == "customer":
            spoken, asked = True, turn.begins if turn.ends is None else turn.ends
        elif turn.role == "agent" and spoken:
            answered = True
            if asked is not None and turn.begins is not None:
                silences.append(max(0.0, turn.begins - asked))
            asked = None
    return Wait(
        document.key, document.channel, answered, silences[0] if silences else None, max(silences, default=None)
    )


def thread(documents: Sequence[Document], zone: ZoneInfo) -> Wait:
    """Of messages of one thread with the company's answers to them: a silence runs from a message to the next answer in
    the thread, whichever message that one answers. Where a time is a mere day, whole days are counted."""
    ordered = sorted(documents, key=lambda d: (d.time is None, _moment(d.time, zone) if d.time else 0.0, d.key))
    answers = sorted((_moment(d.reply_time, zone), _is_day(d.reply_time)) for d in ordered if d.reply and d.reply_time)
    silences = list[float]()
    for document in ordered:
        if document.time is None:
            continue
        asked, vague = _moment(document.time, zone), _is_day(document.time)
        found = (_between(asked, vague, at, day, zone) for at, day in answers)
        following = [seconds for seconds in found if seconds is not None]
        if following:
            silences.append(min(following))
    answered = any(d.reply for d in ordered)
    first = ordered[0]
    return Wait(first.key, first.channel, answered, silences[0] if silences else None, max(silences, default=None))


def _between(asked: float, vague: bool, answered: float, day: bool, zone: ZoneInfo) -> float | None:
    if vague or day:
        days = dt.datetime.fromtimestamp(answered, zone).date() - dt.datetime.fromtimestamp(asked, zone).date()
        return days.days * DAY if days.days >= 0 else None
    return answered - asked if answered >= asked else None


def _is_day(time: str | None) -> bool:
    return time is not None and len(time) == _DATE_ONLY


def _moment(time: str | None, zone: ZoneInfo) -> float:
    moment = dt.datetime.fromisoformat(time or "")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
