"""Redaction of personal data by pattern, where text leaves the store.

Mail addresses, phone numbers, payment cards and identity numbers are replaced by ``[email]``, ``[phone]``, ``[card]``
and ``[id]``. Numbers with a check digit are tested for it; others must look like nothing else, so that order numbers
(HL-20393), flights (BA2490), dates, times and prices stay. Patterns are not a promise: names and addresses pass.
"""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

# Full-width digits and marks, dashes and odd spaces to their plain forms, one for one: offsets stay.
_PLAIN: Final = str.maketrans(
    "０１２３４５６７８９＋－（）＠．Ｘｘ‐‑‒–—\u00a0\u2009\u202f\u3000", "0123456789+-()@.Xx-----    "
)

_START: Final = r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9][-./])"  # not inside a word, number or code
_END: Final = r"(?![A-Za-z0-9_])(?![-.]\d)"

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}(?:@|\s?[\[(]\s?at\s?[\])]\s?)[A-Za-z0-9-]{1,63}(?:(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)[A-Za-z0-9-]{1,63}){1,8}",
    re.IGNORECASE,
)
_CARD: Final = re.compile(rf"{_START}\d(?:[ -]?\d){{12,18}}(?!\d)")
_IBAN: Final = re.compile(rf"{_START}[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?(?![A-Za-z0-9])")
_CHINA_ID: Final = re.compile(rf"{_START}[1-9]\d{{16}}[\dXx](?![A-Za-z0-9])")
_TAIWAN_ID: Final = re.compile(rf"{_START}[A-Z][1289]\d{{8}}(?![A-Za-z0-9])", re.IGNORECASE)
_OTHER_IDS: Final = (
    re.compile(rf"{_START}[A-Z]{{1,2}}\d{{6}}\s?\([0-9A]\)"),  # Hong Kong, with its check digit in brackets
    re.compile(rf"{_START}(?!000|666|9)\d{{3}}[- ](?!00)\d{{2}}[- ](?!0000)\d{{4}}{_END}"),  # United States
    re.compile(  # United Kingdom
        rf"{_START}(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z]{{2}} ?\d{{2}} ?\d{{2}} ?\d{{2}} ?[A-D](?![A-Za-z0-9])"
    ),
)
_CALL_ME: Final = (
    r"(?:\b(?:tel|telephone|phone|mobile|cell|call|ring|dial|whatsapp|wechat|fax|text|contact (?:number|no))\b"
    r"|电话|電話|手机|手機|微信|致电|致電|联系我|聯絡我|回电|回電)"
    r"(?:\s|[:：#.,，是为為]|\b(?:number|no|is|me|us|on|at|back|my|the)\b){0,8}"
)
_PHONES: Final = (
    re.compile(
        rf"(?<![A-Za-z0-9])(?:\+|{_START}00)[1-9]\d{{0,2}}"  # with a country's number
        r"[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d(?:[ .-]{0,2}\d){5,12}(?!\d)"
    ),
    re.compile(rf"{_START}(?:86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}{_END}"),  # mainland mobile
    re.compile(rf"{_START}(?:400|800)-?\d{{3}}-?\d{{4}}{_END}"),  # mainland service lines
    re.compile(
        rf"{_START}(?:\(0[1-9]\d{{0,3}}\)|0[1-9]\d{{0,3}})[ -]{{0,2}}\d{{3,4}}[ -]?\d{{3,4}}(?:[ -]?\d{{1,2}})?{_END}"
    ),  # leading 0
    re.compile(
        rf"{_START}(?:1[ .-])?(?:\([2-9]\d{{2}}\) ?|[2-9]\d{{2}}[-. ])\d{{3}}[-. ]\d{{4}}{_END}"
    ),  # North America
)
_CALLED: Final = re.compile(rf"{_CALL_ME}(?P<number>\d(?:[ ()-]{{0,2}}\d){{6,13}}){_END}", re.IGNORECASE)
_EIGHT: Final = re.compile(  # Hong Kong's, which a range of years or prices resembles
    rf"(?<![$¥€£\d.,])(?<![$¥€£] ){_START}(?P<left>[235-9]\d{{3}})[ -](?P<right>\d{{4}}){_END}"
    r"(?!\s?(?:元|块|塊|dollars|bucks|usd|hkd))",
    re.IGNORECASE,
)
_DATE: Final = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}")
_YEAR: Final = re.compile(r"(?:19|20)\d{2}")

_TAIWAN_LETTERS: Final = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}
_CHINA_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class _Found(NamedTuple):
    start: int
    end: int
    mark: str


_MOST_PASSES: Final = 8


def redact(text: str) -> str:
    """``text`` with mail addresses, phone, card and identity numbers replaced; everything else, order numbers and dates
    included, is as it was. Redacting twice changes nothing more."""
    for _ in range(_MOST_PASSES):  # what was replaced may have hidden the start of what stood right behind it
        redacted = _redact_once(text)
        if redacted == text:
            break
        text = redacted
    return text


def shown_id(identity: str, key: str) -> str:
    """What a document is called where text leaves the store: its id, or its content ``key`` where the id itself could
    tell of a person, as a Message-ID does, which looks like an address. ``voc explain`` knows both."""
    return identity if redact(identity) == identity else key


def _redact_once(text: str) -> str:
    if not _SIGNS.search(text):
        return text
    plain = text.translate(_PLAIN)
    taken: list[_Found] = []
    for finder in (_emails, _ids, _cards, _phones):
        before = _Spans(taken)
        taken += [found for found in finder(plain) if before.is_free(found)]
    pieces: list[str] = []
    last = 0
    for found in sorted(taken):
        if found.start >= last:
            pieces += (text[last : found.start], found.mark)
            last = found.end
    pieces.append(text[last:])
    return "".join(pieces)


class _Spans:
    """Spans that are taken already."""

    def __init__(self, taken: list[_Found]) -> None:
        self.taken = sorted(taken)

    def is_free(self, found: _Found) -> bool:
        at = bisect.bisect_left(self.taken, found.end, key=lambda other: other.start)
        return at == 0 or self.taken[at - 1].end <= found.start


_SIGNS: Final = re.compile(r"[@＠\[(]|\d[\d\s().－–—-]*\d[\d\s().－–—-]*\d[\d\s().－–—-]*\d")


def _emails(text: str) -> Iterator[_Found]:
    if "@" not in text and "at" not in text.lower():
        return
    for match in _EMAIL.finditer(text):
        yield _Found(match.start(), match.end(), "[email]")


def _checked(pattern: re.Pattern[str], text: str, valid: Callable[[str], bool]) -> Iterator[_Found]:
    for match in pattern.finditer(text):
        if valid(match[0]):
            yield _Found(match.start(), match.end(), "[id]")


def _ids(text: str) -> Iterator[_Found]:
    yield from _checked(_CHINA_ID, text, _is_china_id)
    yield from _checked(_TAIWAN_ID, text, _is_taiwan_id)
    yield from _ibans(text)
    for pattern in _OTHER_IDS:
        yield from _checked(pattern, text, lambda _: True)


def _ibans(text: str) -> Iterator[_Found]:
    for match in _IBAN.finditer(text):
        end = _longest(match[0], 15, 34, _is_iban)
        if end:
            yield _Found(match.start(), match.start() + end, "[id]")


def _cards(text: str) -> Iterator[_Found]:
    for match in _CARD.finditer(text):
        end = _longest(match[0], 13, 19, _is_card)
        if end:
            yield _Found(match.start(), match.start() + end, "[card]")


def _longest(found: str, least: int, most: int, valid: Callable[[str], bool]) -> int:
    """Length of the longest start of ``found`` that ends at a group's end and is valid; 0 if there is none. What
    follows a card or account number ("... 1111 123") may look like a part of it."""
    ends = [at for at in range(1, len(found) + 1) if at == len(found) or found[at] in " -"]
    for end in reversed(ends):
        core = found[:end].replace(" ", "").replace("-", "")
        if least <= len(core) <= most and valid(core):
            return end
    return 0


def _phones(text: str) -> Iterator[_Found]:
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            digits = sum(map(str.isdecimal, match[0]))
            if 8 <= digits <= 15 and not _DATE.fullmatch(match[0]):
                yield _Found(match.start(), match.end(), "[phone]")
    for match in _CALLED.finditer(text):
        if not _DATE.fullmatch(match["number"]):
            yield _Found(match.start("number"), match.end("number"), "[phone]")
    for match in _EIGHT.finditer(text):
        left, right = match["left"], match["right"]
        years = _YEAR.fullmatch(left) and _YEAR.fullmatch(right)
        if not years and not (left.endswith("0") and right.endswith("0")):  # 2019-2020, 5000-6000
            yield _Found(match.start(), match.end(), "[phone]")


def _is_card(digits: str) -> bool:
    """Luhn's check over 13 to 19 digits that do not all agree and start like a card's."""
    if digits[0] not in "23456" or len(set(digits)) == 1:
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def _is_china_id(number: str) -> bool:
    """ISO 7064 check over 17 digits, and a date of birth that exists."""
    try:
        dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_CHINA_WEIGHTS, number[:17], strict=True))
    return "10X98765432"[total % 11] == number[17].upper()


def _is_taiwan_id(number: str) -> bool:
    letter = _TAIWAN_LETTERS[number[0].upper()]
    digits = [letter // 10, letter % 10, *map(int, number[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 10 == 0


def _is_iban(number: str) -> bool:
    moved = number[4:] + number[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def pseudonym(key: bytes, customer: str) -> str:
    """A name for ``customer`` that is the same for the same key and says nothing without it: HMAC-SHA-256 (RFC 2104),
    cut to 64 bits. ``key`` is a secret of the workspace."""
    return "c-" + hmac.new(key, customer.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]
