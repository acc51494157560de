"""Tables with a row for each turn of a conversation: the rows of one session become one document."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from voc.documents import Reject
from voc.ingest import headers
from voc.ingest.record import Builder
from voc.ingest.source import Rows
from voc.ingest.turns import role_of
from voc.ingest.values import TEXT_LIMIT, excerpt

_ROLES: Final = frozenset(
    {"role", "speaker", "speaker role", "sender role", "角色", "说话人", "說話人", "发言人", "發言人"}
)
_SENDERS: Final = frozenset(
    {"sender", "sender type", "from", "author", "author type", "author role", "participant", "participant type", "who"}
    | {"发送者", "發送者", "发送方", "發送方", "发送人", "發送人", "身份", "说话者", "說話者"}
)
_SESSIONS: Final = frozenset(
    {"session", "session id", "conversation", "conversation id", "chat", "chat id", "call", "call id", "dialog"}
    | {"dialog id", "dialogue", "dialogue id", "thread", "thread id", "ticket", "ticket id", "case", "case id"}
    | {"contact id", "会话", "會話", "会话id", "會話id", "会话编号", "會話編號", "对话", "對話", "对话id", "對話id"}
    | {"通话id", "通話id", "工单号", "工單號"}
)
_MOST_ROLES: Final = 12
_OPEN: Final = 10_000  # a session ends when so many rows went by without it
_REMEMBERED: Final = 1_000_000  # ended sessions that a straggler is noticed of


@dataclass(frozen=True, slots=True)
class TurnColumns:
    """Which columns make a table one of turns."""

    session: int
    role: int

    def mapping(self, names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
        """What is settled for the choice of the other columns."""
        return {**given, "id": names[self.session]}

    def without_role(
        self, names: Sequence[str], rows: Sequence[Sequence[str]]
    ) -> tuple[list[str], list[Sequence[str]]]:
        """The table with the role column emptied, since it is no field of a document."""
        left = [*rows]
        for number, row in enumerate(left):
            left[number] = [*row[: self.role], "", *row[self.role + 1 :]]
        return [name if index != self.role else " " for index, name in enumerate(names)], left

    def names(self, names: Sequence[str]) -> dict[str, str]:
        """The two columns by field."""
        return {"id": names[self.session], "role": names[self.role]}

    def choices(self, names: Sequence[str]) -> tuple[str, ...]:
        """What to tell of them."""
        session, role = names[self.session], names[self.role]
        return (f"one row a turn: the rows of one {session} are one conversation, {role} says who speaks",)


def find_turns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> TurnColumns | None:
    """The session and role columns of a table of turns; None for a table of documents."""
    normal = [headers.normalise(name) for name in names]
    session = next((i for i, name in enumerate(normal) if name in _SESSIONS and _repeats(rows, i)), None)
    if session is None:
        session = next((i for i, name in enumerate(normal) if name == "id" and _repeats(rows, i)), None)
    if session is None:
        return None
    for index, name in enumerate(normal):
        values = {row[index].strip() for row in rows} - {""}
        if index == session or not 1 <= len(values) <= _MOST_ROLES or name not in _ROLES | _SENDERS:
            continue
        known = {role_of(value) for value in values}
        if name in _ROLES or known & {"customer", "agent"}:
            return TurnColumns(session, index)
    return None


def _repeats(rows: Sequence[Sequence[str]], index: int) -> bool:
    values = [value for row in rows if (value := row[index].strip())]
    return len(set(values)) < len(values)


@dataclass(slots=True)
class _Session:
    """A conversation in hand."""

    row: int
    seen: int
    values: dict[str, str]
    metadata: dict[str, str]
    turns: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0


def read_turns(
    rows: Iterator[tuple[int, Sequence[str] | Reject]],
    names: Sequence[str],
    found: TurnColumns,
    columns: Mapping[str, int],
    builder: Builder,
) -> Rows:
    """Conversations as documents, each under the row of its first turn.

    Sessions may be interleaved: one ends when 10,000 rows went by without it. Rows that come later still make a
    document of their own, which the Stats tell.
    """
    used = {found.session, found.role, columns["text"]}
    fields = [(name, index) for name, index in columns.items() if index not in used]
    others = [(index, name) for index, name in enumerate(names) if index not in used | set(columns.values())]
    open_: OrderedDict[str, _Session] = OrderedDict()
    ended: set[bytes] = set()
    late = 0
    for number, cells in rows:
        if isinstance(cells, Reject):
            yield number, cells
            continue
        name = cells[found.session].strip()
        if not name:
            detail = f"the row has no {names[found.session]}"
            yield number, Reject(number, "missing_session", detail, excerpt(cells[columns["text"]]))
            continue
        session = open_.get(name)
        if session is None:
            late += _mark(name) in ended
            session = _Session(number, number, {n: cells[i] for n, i in fields}, {n: cells[i] for i, n in others})
            open_[name] = session
        _add(session, number, cells, found, columns["text"], fields, others)
        open_.move_to_end(name)
        while (oldest := next(iter(open_))) != name and number - open_[oldest].seen >= _OPEN:
            yield _close(oldest, open_.pop(oldest), builder, ended)
    for name, session in open_.items():
        yield _close(name, session, builder, ended)
    if late:
        builder.stats.notes.append(
            f"{late:,} sessions go on more than {_OPEN:,} rows after they stopped; each piece is a document of its own "
            "(sort the table by session)"
        )


def _add(
    session: _Session,
    number: int,
    cells: Sequence[str],
    found: TurnColumns,
    text: int,
    fields: list[tuple[str, int]],
    others: list[tuple[int, str]],
) -> None:
    """One more turn. The first value of a field counts; metadata that differs between turns belongs to none."""
    session.seen = number
    session.size += len(cells[text])
    if session.size <= 2 * TEXT_LIMIT:  # over that the document is refused anyway
        session.turns.append({"role": cells[found.role].strip() or "other", "text": cells[text]})
    for name, index in fields:
        if not session.values[name].strip():
            session.values[name] = cells[index]
    for index, name in others:
        if name in session.metadata and session.metadata[name] != cells[index]:
            del session.metadata[name]


def _close(name: str, session: _Session, builder: Builder, ended: set[bytes]) -> tuple[int, Any]:
    if len(ended) < _REMEMBERED:
        ended.add(_mark(name))
    values = {**session.values, "id": name, "turns": session.turns}
    return session.row, builder.build(session.row, values, session.metadata)


def _mark(name: str) -> bytes:
    """Eight bytes for a session that has ended: names may be long."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
