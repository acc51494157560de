"""Speakers named in the text itself: ``Maria Lopez: ...``, ``[00:12] 客服小美：...``, ``Speaker 2  0:03`` above a line.

Whether a colon names a speaker is decided over the whole file, since "One thing: it broke" looks the same.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from voc.ingest.turns import role_of

_STAMP: Final = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[ T,]{1,2})?\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:[ ]?[AaPp][Mm])?"
)
_BRACKETED: Final = rf"[\[(【（<]?\s?(?P<stamp>{_STAMP})\s?[\])】）>]?"
_NAME: Final = r"[^\W\d_][\w .'’()（）#&/@·-]{0,40}?"
_PREFIX: Final = re.compile(
    rf"[ \t\u3000\ufeff>-]*(?:{_BRACKETED}[ \t\u3000-]*)?(?:\*\*|__)?(?P<name>{_NAME})(?:\*\*|__)?[ \t]*"
    rf"(?:[\[(（]\s?(?P<later>{_STAMP})\s?[\])）][ \t]*)?[:：](?!//)(?:\*\*|__)?[ \t\u3000]*(?=\S|$)"
)
_ABOVE: Final = re.compile(rf"[ \t\ufeff]*(?P<name>{_NAME})[ \t,-]+[\[(（]?(?P<stamp>{_STAMP})[\])）]?[ \t]*")
_STAMP_LINE: Final = re.compile(rf"[ \t\ufeff]*{_BRACKETED}[ \t]*")
_NOT_NAMES: Final = (
    "http https ftp mailto note ps nb re fw fwd subject date time from to cc warning update edit example tip "
    "注意 备注 備註 附 日期 时间 時間 主题 主題 标题 標題 例如 比如 优点 優點 缺点 缺點 总结 總結 电话 電話 地址"
)
_NO_NAME: Final = frozenset(_NOT_NAMES.split())
_CALENDAR: Final = re.compile(r"\d{4}[-/.]")
_LAST_START: Final = 600.0  # seconds; a first stamp after it is the time of day
_LONGEST: Final = 400  # characters of a line that are looked at for a name


class Said(NamedTuple):
    """Words of a speaker (None: nobody is named) and the stamp beside the name, as written."""

    speaker: str | None
    text: str
    stamp: str | None = None


class _Lines:
    """Turns as they are read line by line. A text that grew with each line would be copied with each."""

    def __init__(self) -> None:
        self._turns: list[tuple[str | None, list[str], str | None]] = []

    def begin(self, speaker: str | None, line: str, stamp: str | None = None) -> None:
        """A turn begins with ``line``."""
        self._turns.append((speaker, [line], stamp))

    def go_on(self, line: str) -> None:
        """A line without a name continues the turn before it; where there is none, it is nobody's."""
        if self._turns:
            self._turns[-1][1].append(line)
        elif line.strip():
            self.begin(None, line)

    def said(self) -> list[Said]:
        """The turns."""
        return [Said(speaker, "\n".join(lines), stamp) for speaker, lines, stamp in self._turns]


def name_of(line: str) -> str | None:
    """The name before the colon of ``line``, None where there is none that could be a speaker's."""
    match = _PREFIX.match(line[:_LONGEST])
    return _as_name(match["name"]) if match else None


@functools.lru_cache(maxsize=1024)  # the same few come back at every line
def _as_name(name: str) -> str | None:
    name = name.strip(" -/&")
    if not name or name.casefold() in _NO_NAME or len(name.split()) > 4 or (not name.isascii() and len(name) > 20):
        return None
    return name


def speakers_of(lines: Sequence[str]) -> frozenset[str]:
    """The names that stand for speakers in ``lines`` (cues, or lines of a text), empty where they are no speakers.

    They are where one of them is a known role (Customer, 客服), or where half of the lines begin with a name and names
    come back: at most half as many as prefixed lines, or every line has one.
    """
    return _speakers([name_of(line) for line in lines], sum(1 for line in lines if line.strip()))


def _speakers(found: Iterable[str | None], filled: int) -> frozenset[str]:
    """See ``speakers_of``: names before colons and the number of lines that are not blank."""
    names = Counter(name for name in found if name)
    prefixed = sum(names.values())
    often = prefixed * 2 >= filled and prefixed >= 2 and (len(names) * 2 <= prefixed or prefixed == filled)
    if often:
        return frozenset(names)
    known = {name for name in names if role_of(name) != "other"}
    if not known:
        return frozenset()
    return frozenset(name for name, count in names.items() if name in known or count > 1)


def split_lines(text: str, speakers: frozenset[str]) -> list[Said]:
    """``text`` cut where a line begins with one of ``speakers``; a line without a name continues the one before."""
    lines = text.split("\n")
    return _split(lines, [_PREFIX.match(line[:_LONGEST]) for line in lines], speakers)


def _split(lines: Sequence[str], heads: Sequence[re.Match[str] | None], speakers: frozenset[str]) -> list[Said]:
    """See ``split_lines``: lines and what stands at their beginnings."""
    found = _Lines()
    for line, match in zip(lines, heads, strict=True):
        name = _as_name(match["name"]) if match else None
        if match and name in speakers:
            found.begin(name, line[match.end() :], match["stamp"] or match["later"])
        else:
            found.go_on(line)
    return found.said()


def split_text(text: str) -> list[Said]:
    """Turns of a whole text: names before a colon, or names with a stamp on the line above the words; [] where nobody
    is named. Words before the first name belong to nobody."""
    lines = text.split("\n")
    above = [_above(line) if _ends_like_stamp(line) else None for line in lines]
    named = [name for name, _ in filter(None, above)]
    if len(named) >= 2 and len(named) * 4 >= sum(1 for line in lines if line.strip()):
        return _from_above(lines, above)
    heads = [_PREFIX.match(line[:_LONGEST]) for line in lines]
    counted = [
        head for line, head in zip(lines, heads, strict=True)
        if line.strip() and not _STAMP_LINE.fullmatch(line[:_LONGEST])
    ]  # fmt: skip
    speakers = _speakers((_as_name(head["name"]) if head else None for head in counted), len(counted))
    if not speakers:
        return []
    said = _split(lines, heads, speakers)
    return said if any(one.speaker for one in said) else []


def _ends_like_stamp(line: str) -> bool:
    last = line.rstrip(" \t")[-1:]
    return last.isdigit() or last in ("]", ")", "）", "m", "M")


def _above(line: str) -> tuple[str, str] | None:
    match = _ABOVE.fullmatch(line) if len(line) < 100 else None
    name = _as_name(match["name"]) if match else None
    return (name, match["stamp"]) if match and name else None


def _from_above(lines: list[str], above: list[tuple[str, str] | None]) -> list[Said]:
    found = _Lines()
    for line, head in zip(lines, above, strict=True):
        if head:
            found.begin(head[0], "", head[1])
        else:
            found.go_on(line)
    return found.said()


def offsets(stamps: Iterable[str | None]) -> list[float | None]:
    """Stamps as seconds from the start of the recording: ``0:03``, ``01:02:03.5``. All None where they are times of
    day: with a date or am/pm, falling, or beginning later than ten minutes."""
    written = list(stamps)
    seconds = [_offset(stamp) if stamp else None for stamp in written]
    found = [one for one in seconds if one is not None]
    clock = any(stamp and (_CALENDAR.match(stamp) or stamp[-1] in "mM") for stamp in written)
    if clock or not found or found[0] > _LAST_START or found != sorted(found):
        return [None] * len(written)
    return seconds


def _offset(stamp: str) -> float | None:
    stamp = stamp.replace(",", ".")
    if _CALENDAR.match(stamp) or stamp[-1] in "mM":
        return None
    whole, _, fraction = stamp.partition(".")
    total = 0
    for part in whole.split(":"):
        total = total * 60 + int(part)
    return total + int((fraction or "0").ljust(3, "0")) / 1000
