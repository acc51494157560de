"""Cards, bank accounts, identity papers, passports, number plates. What has a check digit is tested for it, by the
library python-stdnum where it knows the number."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Final

from voc.privacy.found import END, START, Found, compiled
from voc.privacy.phones import is_of_a_thing

CARD, ID, PLATE = "[card]", "[id]", "[plate]"
_CARD: Final = compiled(rf"{START}\d(?:[ -]?\d){{11,18}}(?!\d)")
_CARD_WORD: Final = compiled(
    r"(?:\bcards?\b|visa|master|amex|maestro|卡号|卡號|信用卡|银行卡|銀行卡|卡)[^\n]{0,24}$", re.IGNORECASE
)
_IBAN: Final = compiled(rf"{START}[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?(?![A-Za-z0-9])")
_CHINA_ID: Final = compiled(rf"{START}[1-9](?:[ -]?\d){{16}}[ -]?[\dXx](?![A-Za-z0-9])")
_TAIWAN_ID: Final = compiled(rf"{START}[A-Z][1289]\d{{8}}(?![A-Za-z0-9])", re.IGNORECASE)
_OTHER_IDS: Final = (
    compiled(rf"{START}[A-Z]{{1,2}}\d{{6}}\s?\([0-9A]\)"),  # Hong Kong, with its check digit in brackets
    compiled(rf"{START}(?!000|666|9)\d{{3}}[- ](?!00)\d{{2}}[- ](?!0000)\d{{4}}{END}"),  # United States
    compiled(  # United Kingdom
        rf"{START}(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z]{{2}} ?\d{{2}} ?\d{{2}} ?\d{{2}} ?[A-D](?![A-Za-z0-9])"
    ),
)
# Numbers that only the word before them tells: passports, permits, identity cards without a check digit.
_NAMED_ID: Final = compiled(
    r"(?:passport|护照|護照|\bSSN\b|social security|身份证|身分證|证件|證件|通行证|通行證|居留证|居留證"
    r"|\bHKID\b|driving licen[cs]e|driver'?s licen[cs]e|驾驶证|駕照)"
    r"(?:\s|[#:：.,，(（]|号|號|码|碼|为|為|是|\b(?:no|nr|number|is|my|card)\b){0,8}"
    rf"(?P<number>[A-Z]{{0,2}}[ -]?\d(?:[ -]?\d){{5,10}}[ -]?[A-Z]?(?:\s?\([0-9A]\))?){END}",
    re.IGNORECASE,
)
_CHINA_PLATE: Final = compiled(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-Z][ ·•.-]?(?=[A-HJ-NP-Z0-9]{0,5}\d)[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
)
_UK_PLATE: Final = compiled(
    rf"{START}[A-HJ-PR-Y][A-HJ-PR-Y]\d\d [A-HJ-PR-Z]{{3}}{END}"
)  # two letters, two digits, three
_PLATE_WORD: Final = (
    r"(?:\b(?i:plates?|registration|licen[cs]e plate|number plate|reg no|reg number|vrm)\b"
    r"|车牌|車牌|牌照|车号|車號|牌号|牌號)"
)
_NAMED_PLATE: Final = compiled(
    rf"{_PLATE_WORD}(?:\s|[#:：.,，(（\"“']|号|號|码|碼|为|為|是|\b(?i:no|number|is|was|of|my|the|reads?|car|taxi|van)\b){{0,8}}"
    rf"(?P<plate>(?=[A-Z •-]{{0,5}}\d)[A-Z0-9]{{1,4}}[ •-]?[A-Z0-9]{{2,5}}){END}"
)
_TAIWAN_LETTERS: Final = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}
_CHINA_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def ids(text: str) -> Iterator[Found]:
    """Identity numbers, bank accounts and passports of ``text`` (plain form)."""
    yield from _checked(_CHINA_ID, text, _is_china_id)
    yield from _checked(_TAIWAN_ID, text, _is_taiwan_id)
    for match in _IBAN.finditer(text):
        end = _longest(match[0], 15, 34, _is_iban)
        if end:
            yield Found(match.start(), match.start() + end, ID)
    for pattern in _OTHER_IDS:
        yield from _checked(pattern, text, lambda _: True)
    for match in _NAMED_ID.finditer(text):
        yield Found(match.start("number"), match.end("number"), ID)


def cards(text: str) -> Iterator[Found]:
    """Payment cards of ``text`` (plain form): 13 to 19 digits that pass Luhn's check, 12 where a card is spoken of."""
    for match in _CARD.finditer(text):
        named = _CARD_WORD.search(text[max(0, match.start() - 32) : match.start()]) is not None
        end = _longest(match[0], 12 if named else 13, 19, _is_card if not named else _passes_luhn)
        if end and (named or not is_of_a_thing(text, match.start())):
            yield Found(match.start(), match.start() + end, CARD)


def plates(text: str) -> Iterator[Found]:
    """Number plates of ``text`` (plain form); but for China's and Britain's only beside a word that says so."""
    for pattern in (_CHINA_PLATE, _UK_PLATE):
        for match in pattern.finditer(text):
            yield Found(match.start(), match.end(), PLATE)
    for match in _NAMED_PLATE.finditer(text):
        if len(match["plate"]) >= 5:
            yield Found(match.start("plate"), match.end("plate"), PLATE)


def _checked(pattern: re.Pattern[str], text: str, valid: Callable[[str], bool]) -> Iterator[Found]:
    for match in pattern.finditer(text):
        if valid(match[0].replace(" ", "").replace("-", "")):
            yield Found(match.start(), match.end(), ID)


def _longest(found: str, least: int, most: int, valid: Callable[[str], bool]) -> int:
    """Length of the longest start of ``found`` that ends at a group's end and is valid; 0 if there is none. What
    follows a card or account number ("... 1111 123") may look like a part of it."""
    ends = [at for at in range(1, len(found) + 1) if at == len(found) or found[at] in " -"]
    for end in reversed(ends):
        core = found[:end].replace(" ", "").replace("-", "")
        if least <= len(core) <= most and valid(core):
            return end
    return 0


def _passes_luhn(digits: str) -> bool:
    from stdnum import luhn

    return len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def _is_card(digits: str) -> bool:
    """Luhn's check over digits that do not all agree and start like a card's."""
    return digits[0] in "23456" and _passes_luhn(digits)


def _is_china_id(number: str) -> bool:
    """ISO 7064 check over 17 digits, and a date of birth that exists. Not stdnum.cn.ric: it refuses numbers of counties
    that were renamed."""
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
    from stdnum import iban

    return bool(iban.is_valid(number, check_country=False))
