"""Threads of a mailbox, which way each message went, what the company answered: a light first pass over headers."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from voc.ingest.mail_aside import set_aside
from voc.ingest.mail_mime import Mail, MailError, Seen, read_mail

_CHAIN = 100  # messages that a thread is followed back through; real ones are shorter, forged ones may be circles
_SEEN = 4 << 20  # bytes of headers that are kept from the first pass to the second, what is made of them not counted
_LONGEST = 1 << 16  # bytes of those of one message
_LEAST = 1000  # bytes that one costs beside them
_REFERS = re.compile(rb"^(?:references|in-reply-to):", re.IGNORECASE | re.MULTILINE)


class Mailbox(Protocol):
    """Messages that can be read twice. A ``place`` is whatever finds a message again."""

    def heads(self) -> Iterator[tuple[int, int, bytes]]:
        """(row, place, headers) of each message."""

    def messages(self) -> Iterator[tuple[int, bytes | MailError]]:
        """(row, message) of each, in the same order; the error where it is too large."""

    def at(self, place: int) -> bytes:
        """The message at ``place``. Raises MailError where it is too large."""


class Answer(NamedTuple):
    """A message of the company: where it is and when it was sent (seconds since 1970, infinity where unknown)."""

    sent: float
    row: int
    place: int


@dataclass(slots=True)
class Threads:
    """``parents``: message -> the oldest message that its headers name. ``answers``: customer's message -> the first
    answer. ``attached``: rows of those answers. ``seen``: the first messages by row, so that their headers are not read
    again."""

    parents: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    attached: frozenset[int] = frozenset()
    seen: dict[int, Seen] = field(default_factory=dict)

    def root(self, mail: Mail) -> str | None:
        """Identifier of the first message of the thread that ``mail`` is in; None where it has none itself."""
        root = mail.root
        for _ in range(_CHAIN):
            if root is None or root not in self.parents:
                break
            root = self.parents[root]
        return root


def is_company(mail: Mail, domains: Sequence[str]) -> bool:
    """Whether the company sent ``mail``. What a form on its website sends for a customer
    (Reply-To) is the customer's."""
    if not _inside(mail.address, domains):
        return False
    return mail.reply_to is None or _inside(mail.reply_to, domains)


def customer_of(mail: Mail, domains: Sequence[str]) -> str | None:
    """Address of the customer who wrote ``mail``."""
    return mail.reply_to if mail.reply_to and _inside(mail.address, domains) else mail.address


def _inside(address: str | None, domains: Sequence[str]) -> bool:
    domain = (address or "").rpartition("@")[2]
    if not domain:
        return False
    whole, ends = _bare(tuple(domains))
    return domain in whole or domain.endswith(ends)


@functools.lru_cache(maxsize=8)  # every message of a mailbox asks
def _bare(domains: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Domains without what people write before them, and the endings of those below them."""
    bare = frozenset(one.strip().lower().lstrip("@*.") for one in domains)
    return bare, tuple(f".{one}" for one in bare)


def survey(box: Mailbox, domains: Sequence[str]) -> Threads:
    """Read the headers of ``box`` once. Memory grows with the number of answers and of identifiers, not with texts."""
    threads = Threads()
    spare = _SEEN
    company: dict[str, str | None] = {}  # messages of the company and what each answers
    customers: set[str] = set()
    answers: list[tuple[str, Answer]] = []
    for row, place, head in box.heads():
        if not domains and not _REFERS.search(head):
            continue
        try:
            mail = read_mail(head, body=False)
        except MailError:
            continue
        if len(head) <= min(spare, _LONGEST):
            spare -= len(head) + _LEAST
            threads.seen[row] = Seen(head, mail)
        if mail.id and mail.root and mail.root != mail.id:
            threads.parents[mail.id] = mail.root
        if not domains or set_aside(mail) is not None:
            continue
        if not is_company(mail, domains):
            if mail.id:
                customers.add(mail.id)
            continue
        if mail.id:
            company[mail.id] = mail.parent
        if mail.parent:
            answers.append((mail.parent, Answer(_seconds(mail.date), row, place)))
    threads.answers = _first_answers(answers, company, customers)
    threads.attached = frozenset(answer.row for answer in threads.answers.values())
    return threads


def _first_answers(
    answers: list[tuple[str, Answer]], company: dict[str, str | None], customers: set[str]
) -> dict[str, Answer]:
    """The earliest answer to each customer's message. A second answer, which refers to the first, is none."""
    first: dict[str, Answer] = {}
    for target, answer in answers:
        asked: str | None = target
        for _ in range(_CHAIN):
            if asked is None or asked not in company:
                break
            asked = company[asked]
        if asked in customers and (asked not in first or answer < first[asked]):
            first[asked] = answer
    return first


def _seconds(date: str | None) -> float:
    return dt.datetime.fromisoformat(date).timestamp() if date else float("inf")
