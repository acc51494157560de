"""Dates as files write them: to ISO 8601, without a clock.

Absolute forms (ISO, slashes, month names, Chinese, Minguo years, epochs) come out as ``YYYY-MM-DD`` or
``YYYY-MM-DDTHH:MM:SS[+HH:MM]``. Relative forms ("3 weeks ago", "2 个月前") need an as-of date.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from typing import Final

_FIRST_YEAR, _LAST_YEAR = 1990, 2100  # feedback from outside is a misread number
_MINGUO: Final = 1911  # year 0 of the calendar in use in Taiwan
_LONGEST: Final = 64  # characters; no date is longer


class DayOrder(Enum):
    """Which of the first two numbers in 03/04/2026 is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


_CLOCK: Final = (
    r"(?:(?:[T,]|\s|\bat\b)*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?)?"
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            *("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august"),
            *("sep sept september", "oct october", "nov november", "dec december"),
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH: Final = rf"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_WEEKDAY: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + _CLOCK + r"\s*(?:\([a-z ]+\))?", re.IGNORECASE | re.ASCII)


_YEAR_FIRST: Final = _form(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})")
_NUMBERS: Final = _form(r"(?P<first>\d{1,2})[-/.](?P<second_number>\d{1,2})[-/.](?P<year>\d{4}|\d{2})")
_NAMED: Final = (
    _form(rf"{_WEEKDAY}{_MONTH}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"),
    _form(rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_MONTH}[\s,-]+(?P<year>\d{{4}}|\d{{2}})"),
    _form(rf"(?P<year>\d{{4}})[\s-]+{_MONTH}[\s-]+(?P<day>\d{{1,2}})"),
    re.compile(  # "Tue Mar 05 15:20:15 +0800 2024"
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d{{1,2}})\s+(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?"
        r"\s*(?P<half>[ap]m)?\s*(?P<zone>utc|gmt|[+-]\d{2}:?\d{2})?\s+(?P<year>\d{4})",
        re.IGNORECASE | re.ASCII,
    ),
)
_CHINESE: Final = re.compile(
    r"(?P<era>(?:中華|中华)?民[國国])?\s*(?P<year>\d{2,4})\s*(?P<mark>[年/.-])\s*(?P<month>\d{1,2})\s*[月/.-]\s*"
    r"(?P<day>\d{1,2})\s*[日号號]?\s*(?:[(（]?(?:星期|周|週|礼拜|禮拜)[一二三四五六日天][)）]?|[(（][一二三四五六日][)）])?"
    r"\s*(?P<noon>上午|下午|晚上|凌晨|早上|中午)?\s*"
    r"(?:(?P<hour>\d{1,2})[:时時点點](?P<minute>\d{2})?(?:[:分](?P<second>\d{2})?秒?)?)?"
)
_COMPACT: Final = re.compile(r"(?P<year>\d{3,4})(?P<month>\d{2})(?P<day>\d{2})")
_EPOCH: Final = re.compile(r"(\d{9,10}|\d{12,13})(?:\.\d{1,6})?", re.ASCII)

_ENGLISH_NUMBERS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMERALS: Final = {
    **{word: number for number, word in enumerate(_ENGLISH_NUMBERS, start=1)},
    **{word: number for number, word in enumerate("一二三四五六七八九十", start=1)},
    **{"a": 1, "an": 1, "两": 2, "兩": 2},
}
_AGO: Final = re.compile(
    r"(?P<count>\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten)\s+"
    r"(?P<unit>second|sec|minute|min|hour|hr|day|week|month|year)s?\s+ago",
    re.IGNORECASE | re.ASCII,
)
_AGO_CHINESE: Final = re.compile(
    r"(?P<count>\d{1,4}|[一二两兩三四五六七八九十])\s*(?:个|個)?\s*"
    r"(?P<unit>秒鐘|秒钟|秒|分鐘|分钟|分|小時|小时|鐘頭|钟头|天|日|週|周|星期|禮拜|礼拜|月|年)\s*(?:以)?前"
)
_UNITS: Final = {
    **dict.fromkeys(("day", "天", "日"), "days"),
    **dict.fromkeys(("week", "週", "周", "星期", "禮拜", "礼拜"), "weeks"),
    **dict.fromkeys(("month", "月"), "months"),
    **dict.fromkeys(("year", "年"), "years"),
}  # the others are shorter than a day
_DAYS_BACK: Final = {
    **dict.fromkeys(("just now", "now", "today", "刚刚", "剛剛", "今天"), 0),
    **dict.fromkeys(("yesterday", "昨天", "昨日"), 1),
    "前天": 2,
}
_EDITED: Final = re.compile(r"^(?:edited|updated|last edited|上次編輯|上次编辑|编辑于|編輯於)\s*:?\s*", re.IGNORECASE)


def _clean(value: str) -> str:
    value = value.strip()
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value).strip()
    return value


@functools.lru_cache(maxsize=65_536)
def parse_time(value: str, order: DayOrder = DayOrder.DAY_FIRST, *, numbers: bool = False) -> str | None:
    """Return ``value`` as ISO 8601, or None where it is no absolute date of the years 1990 to 2100.

    ``order`` settles 03/04/2026; a number that cannot be a month overrules nothing: 25/04/2026 read month first is
    None. ``numbers`` also takes 20260304 and epochs in seconds or milliseconds (UTC).
    """
    if len(value) > _LONGEST:
        return None
    value = _clean(value)
    try:
        return _parse(value, order, numbers)
    except (ValueError, OverflowError):
        return None  # a day, hour or offset that does not exist


def _parse(value: str, order: DayOrder, numbers: bool) -> str | None:
    if match := _YEAR_FIRST.fullmatch(value):
        return _iso(match, int(match["month"]), int(match["day"]))
    if match := _NUMBERS.fullmatch(value):
        first, second = int(match["first"]), int(match["second_number"])
        day, month = (first, second) if order is DayOrder.DAY_FIRST else (second, first)
        return _iso(match, month, day)
    for form in _NAMED:
        if match := form.fullmatch(value):
            return _iso(match, _MONTHS[match["name"].lower()], int(match["day"]))
    if match := _CHINESE.fullmatch(value):
        return _iso_chinese(match)
    if numbers and (match := _COMPACT.fullmatch(value)):
        year = int(match["year"]) + (_MINGUO if len(match["year"]) == 3 else 0)
        found = dt.date(year, int(match["month"]), int(match["day"]))
        return found.isoformat() if _FIRST_YEAR <= found.year <= _LAST_YEAR else None
    if numbers and (match := _EPOCH.fullmatch(value)):
        seconds = int(match[1]) // (1 if len(match[1]) <= 10 else 1000)
        moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
        return moment.isoformat() if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        year += 2000 if year < 70 else 1900
    return year


def _iso(match: re.Match[str], month: int, day: int) -> str | None:
    date = dt.date(_year(match["year"]), month, day)
    if not _FIRST_YEAR <= date.year <= _LAST_YEAR:
        return None
    if match["hour"] is None:
        return date.isoformat()
    hour = int(match["hour"])
    half = (match["half"] or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    moment = dt.datetime.combine(date, dt.time(hour, int(match["minute"]), int(match["second"] or 0)))
    return moment.isoformat() + _offset(match["zone"])


def _offset(zone: str | None) -> str:
    if not zone:
        return ""
    if zone[0] not in "+-":
        return "+00:00"
    digits = zone.replace(":", "")
    if int(digits[1:3]) > 14 or int(digits[3:5]) > 59:
        raise ValueError(f"no such offset: {zone}")
    return f"{digits[:3]}:{digits[3:5]}"


def _iso_chinese(match: re.Match[str]) -> str | None:
    year = int(match["year"])
    if len(match["year"]) == 2 and match["mark"] != "年" and not match["era"]:
        return None  # 25/12/24 下午 3:20 may begin with its day
    if match["era"]:
        year += _MINGUO
    elif len(match["year"]) < 4:
        year = _year(match["year"]) if len(match["year"]) == 2 else year + _MINGUO
    date = dt.date(year, int(match["month"]), int(match["day"]))
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    if match["hour"] is None:
        return date.isoformat()
    hour = int(match["hour"])
    if (match["noon"] in ("下午", "晚上") and hour < 12) or (match["noon"] == "中午" and hour < 6):
        hour += 12
    elif match["noon"] in ("上午", "凌晨", "早上") and hour == 12:
        hour = 0
    return dt.datetime.combine(date, dt.time(hour, int(match["minute"] or 0), int(match["second"] or 0))).isoformat()


def is_relative(value: str) -> bool:
    """Whether ``value`` is a date that needs an as-of ("3 weeks ago", "昨天")."""
    return len(value) <= _LONGEST and _relative(value) is not None


def resolve_relative(value: str, as_of: dt.date) -> str | None:
    """The day that a relative date means on ``as_of``, ``YYYY-MM-DD``; None where ``value`` is none or falls out of
    range. Months and years keep the day of the month where it exists (31 March less a month is 28 or 29 February)."""
    found = _relative(value) if len(value) <= _LONGEST else None
    if found is None:
        return None
    from dateutil.relativedelta import relativedelta

    unit, count = found
    try:
        if unit == "half year":
            day = as_of - relativedelta(months=6)
        elif unit == "none":
            day = as_of
        elif unit in ("days", "weeks"):
            day = as_of - dt.timedelta(**{unit: count})
        else:
            day = as_of - (relativedelta(months=count) if unit == "months" else relativedelta(years=count))
    except (ValueError, OverflowError):
        return None
    return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


@functools.lru_cache(maxsize=8192)
def _relative(value: str) -> tuple[str, int] | None:
    text = _EDITED.sub("", _clean(value)).strip()
    if text.lower() in _DAYS_BACK:
        return "days", _DAYS_BACK[text.lower()]
    if text == "半年前":
        return "half year", 1
    match = _AGO.fullmatch(text) or _AGO_CHINESE.fullmatch(text)
    if match is None:
        return None
    count = match["count"].lower()
    number = int(count) if count.isdecimal() else _NUMERALS[count]
    return _UNITS.get(match["unit"].lower(), "none"), number


def settle_order(samples: Iterable[str]) -> tuple[DayOrder, bool]:
    """The order of day and month in a whole column, and whether anything in it decides.

    One number over 12 decides; where values contradict one another the larger side wins; without any such value the day
    comes first.
    """
    day_first = month_first = ambiguous = 0
    for sample in samples:
        match = _NUMBERS.fullmatch(_clean(sample)) if len(sample) <= _LONGEST else None
        if match is None:
            continue
        first, second = int(match["first"]), int(match["second_number"])
        day_first += first > 12 >= second
        month_first += second > 12 >= first
        ambiguous += 1
    order = DayOrder.MONTH_FIRST if month_first > day_first else DayOrder.DAY_FIRST
    return order, not ambiguous or day_first != month_first


def needs_order(value: str) -> bool:
    """Whether the date depends on which of its numbers is the day."""
    return parse_time(value) != parse_time(value, DayOrder.MONTH_FIRST)


def tell_order(example: str, order: DayOrder, *, decided: bool) -> str:
    """The choice of ``order`` as a line for people."""
    sure = "as its values show" if decided else "assumed, as no value decides; write dates as 2026-03-04 to be sure"
    return f"dates like {example} are read {order.value} ({sure})"
