"""Redaction of personal data, where text leaves the store, and pseudonyms for customers.

Names, mail addresses, telephone numbers, cards, identity numbers, bank accounts and passports, postal addresses, number
plates, IP addresses and handles give way to ``[name]``, ``[email]``, ``[phone]``, ``[card]``, ``[id]``, ``[address]``,
``[plate]``, ``[ip]`` and ``[handle]``. Numbers with a check digit are tested for it; others must look like nothing
else, so that order numbers (HL-20393), flights (BA2490), dates, times and prices stay. Nothing of this is a promise:
PRIVACY.md says how much is found. What the store holds stays as it is, and so do all offsets in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from voc.privacy import addresses, contacts, identities, names_en, names_zh, phones
from voc.privacy.found import Found, Spans, plain
from voc.privacy.keys import pseudonym

__all__ = ["Found", "find", "pseudonym", "redact", "shown_id"]

_MOST_PASSES: Final = 8
_DIGITS: Final = re.compile(r"\d(?:[^\w\n]{0,3}\d){4}")  # five digits that may be one number
_SOME_DIGIT: Final = re.compile(r"\d")
_LETTERS: Final = re.compile(r"[A-Za-zÀ-ÿ]{2}|[A-Z][.-]")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_SIGN: Final = re.compile(r"@|[\[(]\s?at\s?[\])]| dot ", re.IGNORECASE)
# The first that takes a part of the text keeps it: what is surest comes first.
_NUMBERS: Final[tuple[Callable[[str], Iterator[Found]], ...]] = (
    identities.ids,
    identities.cards,
    phones.phones,
)


def redact(text: str) -> str:
    """``text`` with what tells of a person replaced by marks; everything else, order numbers and dates included, is as
    it was. Redacting twice changes nothing more."""
    for _ in range(_MOST_PASSES):  # what was replaced may have hidden the start of what stood right behind it
        found = find(text)
        if not found:
            break
        pieces: list[str] = []
        last = 0
        for one in found:
            pieces += (text[last : one.start], one.mark)
            last = one.end
        text = "".join([*pieces, text[last:]])
    return text


def find(text: str) -> list[Found]:
    """What ``redact`` replaces in its first pass: spans of ``text`` that do not overlap, in order."""
    folded = plain(text)
    taken: list[Found] = []
    for finder in _finders(folded):
        before = Spans(taken)
        new: list[Found] = []
        for one in sorted(finder(folded), key=lambda one: (one.start, -one.end)):
            if before.is_free(one) and (not new or new[-1].end <= one.start):
                new.append(one)
        taken += new
    return sorted(taken)


def _finders(text: str) -> Iterator[Callable[[str], Iterator[Found]]]:
    """Those recognisers that can find anything in ``text``."""
    if _SIGN.search(text):
        yield contacts.emails
    some = _SOME_DIGIT.search(text) is not None
    if some and _DIGITS.search(text):
        yield from _NUMBERS
    if some or ":" in text:
        yield contacts.addresses
    if some:
        yield identities.plates
    if some or "@" in text or "_" in text:
        yield contacts.handles
    if some or "loor" in text or not text.isascii():
        yield addresses.addresses
    if _LETTERS.search(text):
        yield names_en.names
    if _HAN.search(text):
        yield names_zh.names


def shown_id(identity: str, key: str) -> str:
    """What a document is called where text leaves the store: its id, or its content ``key`` where the id itself could
    tell of a person, as a Message-ID does, which looks like an address. ``voc explain`` knows both."""
    return identity if redact(identity) == identity else key
