"""SubRip captions (``.srt``): no standard, so everything that players read is read.

A cue begins at its line of times; the number above it may be missing, milliseconds follow a comma, a point or a colon,
blank lines may be missing or stand inside a cue. What has words and no readable times is a reject with its line.
"""

from __future__ import annotations

import re
from typing import Final

from voc.documents import Reject
from voc.ingest.values import excerpt
from voc.ingest.webvtt import Captions, Cue, Piece, cue_text

_TIME: Final = r"(-?)(\d{1,10})\s*:\s*(\d{1,2})\s*:\s*(\d{1,2})(?:\s*[,.:]\s*(\d{1,9}))?"
_TIMING: Final = re.compile(rf"\s*{_TIME}\s*-+>\s*{_TIME}", re.ASCII)
_SHORT_TIME: Final = r"(-?)(?:(\d{1,10}):)?(\d{1,4}):(\d{1,2})(?:[,.](\d{1,9}))?"
_SHORT: Final = re.compile(rf"\s*{_SHORT_TIME}\s*-->\s*{_SHORT_TIME}", re.ASCII)
_STYLE: Final = re.compile(r"\{\\[^{}]{0,200}\}|\{/?[biu]\}", re.IGNORECASE)  # {\an8} of SubStation, {b} of MicroDVD
_LETTER: Final = re.compile(r"[^\W\d_]")
_DASH: Final = re.compile(r"\s*[-–—‐]\s*(?=\S)")


def is_srt(text: str) -> bool:
    """Whether one of the first ten lines that are not blank holds times as SubRip writes them."""
    if "->" not in text[:4000]:
        return False
    lines = [line for line in re.split(r"\r\n|[\r\n]", text[:4000].lstrip("\ufeff")) if line.strip()]
    return any(_TIMING.match(line) for line in lines[:10])


def parse_srt(text: str) -> Captions:
    """Parse a whole file; without any line of times it has no cues, and one reject where it has words."""
    text = text.removeprefix("\ufeff").replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if "->" in line and ("-->" in line or _TIMING.match(line))]
    found = Captions()
    head = lines[: starts[0]] if starts else lines
    _drop_number(head)
    _lost(head, 0, found)
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(lines)
        body = lines[start + 1 : end]
        if end < len(lines):
            _drop_number(body)
        times = _times(lines[start])
        if times is None:
            detail = f"its times cannot be read: {lines[start].strip()[:60]!r}"
            if _LETTER.search("".join(body)):
                found.rejects.append(Reject(start + 1, "bad_timing", detail, excerpt("\n".join(body).strip())))
            continue
        kept = _paragraphs(body, start + 1, found)
        found.cues.append(Cue(*times, _pieces(kept), start + 1))
    return found


def _times(line: str) -> tuple[float, float] | None:
    match = _TIMING.match(line) or _SHORT.match(line)
    if match is None:
        return None
    return _seconds(*match.groups()[:5]), _seconds(*match.groups()[5:])


def _seconds(sign: str, hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    """Seconds to the millisecond, at least 0: a negative time is the start."""
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    milliseconds = whole * 1000 + round(int((fraction or "0").ljust(9, "0")) / 1_000_000)
    return 0.0 if sign else milliseconds / 1000


def _drop_number(body: list[str]) -> None:
    """The number of the next cue stands directly above its times, after a blank line or as the only line."""
    if body and body[-1].strip().isdigit() and (len(body) == 1 or not body[-2].strip()):
        body.pop()


def _paragraphs(body: list[str], first: int, found: Captions) -> list[str]:
    """Lines of a cue. A later paragraph that begins with a number is a cue without times: a reject."""
    kept: list[str] = []
    paragraph: list[str] = []
    for number, line in enumerate([*body, ""]):
        if line.strip():
            paragraph.append(line)
            continue
        numbered = bool(paragraph) and paragraph[0].strip().isdigit()
        if kept and numbered:
            _lost(paragraph, first + number - len(paragraph), found)
        else:
            kept.extend(paragraph)
        paragraph = []
    return kept


def _lost(lines: list[str], first: int, found: Captions) -> None:
    """A reject for lines that belong to no cue; ``first`` is the number (from 0) of the first of them."""
    if _LETTER.search("".join(lines)):
        first += next(n for n, line in enumerate(lines) if line.strip())
        value = excerpt("\n".join(lines).strip())
        found.rejects.append(Reject(first + 1, "no_timing", "a block of text without times is no cue", value))


def _pieces(lines: list[str]) -> tuple[Piece, ...]:
    """Text of a cue; two or more lines that begin with a dash are as many speakers."""
    lines = [_STYLE.sub("", line).rstrip() for line in lines]
    dashed = [line for line in lines if _DASH.match(line)]
    if len(dashed) < 2 or not _DASH.match(lines[0]):
        return cue_text("\n".join(lines))
    spoken: list[list[str]] = []
    for line in lines:
        mark = _DASH.match(line)
        if mark:
            spoken.append([line[mark.end() :]])
        else:
            spoken[-1].append(line)
    return tuple(piece for one in spoken for piece in cue_text("\n".join(one)))
