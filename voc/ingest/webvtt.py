"""WebVTT: the parser and cue text tokeniser of the W3C standard (https://www.w3.org/TR/webvtt1/, sections 6.1 to 6.5).

Kept to the letter: signature, header, blocks, arrows, identifiers, comments, styles and regions, voice spans and
character references. Two departures keep words of a customer that a browser would drop: a cue whose times are written
out of form (``0:0:3.54``, ``00:01,500``, ``75:10.000``, a minus) is read all the same, and a ``<`` that opens no tag
("waited < 5 minutes") stays text. Both are counted. A block that cannot be read at all is skipped as the standard says,
and named in ``rejects`` where words are lost with it.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from voc.documents import Reject
from voc.ingest.values import excerpt

SIGNATURE: Final = "WEBVTT"
_SPACE: Final = " \t\n\f\r"
_STRICT: Final = r"(?:(\d{1,10}):)?(\d\d):(\d\d)\.(\d{3})(?!\d)"
_TIMING: Final = re.compile(rf"[ \t\f]*{_STRICT}[ \t\f]*-->[ \t\f]*{_STRICT}", re.ASCII)
_LOOSE: Final = r"(-?)(?:(\d{1,10}):)?(\d{1,4}):(\d{1,2})(?:[.,](\d{1,9}))?(?=\s|-->|$)"
_LOOSE_TIMING: Final = re.compile(rf"\s*{_LOOSE}\s*-->\s*{_LOOSE}", re.ASCII)
_TAG: Final = re.compile(r"(?P<name>[^.\s]*)(?:\.[^\s]*)?(?:\s(?P<annotation>.*))?", re.DOTALL)
_ONE_VOICE: Final = re.compile(r"<v[ \t]([^<>&]*)>([^<]*)(?:</v>)?")  # the usual cue
_STAMP_TAG: Final = re.compile(r"[\d:.,]+", re.ASCII)
_NO_TAG: Final = re.compile(r"[\s\d=-]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_BLOCKS: Final = re.compile(r"(?:NOTE(?:[ \t]|$)|(?:STYLE|REGION)[ \t\f]*$)")
_PLAIN: Final = frozenset({"c", "i", "b", "u", "ruby"})  # tags that need nothing above them and say nothing
_OPEN: Final = _PLAIN | {"rt", "v", "lang"}


class NotWebVttError(ValueError):
    """The text does not begin with the signature."""


class Piece(NamedTuple):
    """Plain text of one voice; ``voice`` is None outside voice spans."""

    voice: str | None
    text: str


class Cue(NamedTuple):
    """One cue: times in seconds (>= 0), its text by voice (one piece where there is at most one voice; the text of a
    cue may be empty), and the line (from 1) of its times. ``loose`` marks times that are written out of form."""

    begins: float
    ends: float
    pieces: tuple[Piece, ...]
    line: int
    loose: bool = False


@dataclass(slots=True)
class Captions:
    """What a file of captions holds: its cues in file order, what was lost, and the lines of its header."""

    cues: list[Cue] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    header: tuple[str, ...] = ()


def parse_webvtt(text: str) -> Captions:
    """Parse a whole file (a byte order mark may stand before it). Raises NotWebVttError without the signature."""
    text = text.removeprefix("\ufeff").replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    if not text.startswith(SIGNATURE) or text[len(SIGNATURE) : len(SIGNATURE) + 1] not in ("", " ", "\t", "\n"):
        raise NotWebVttError("the file does not begin with WEBVTT")
    lines = text.split("\n")
    found = Captions()
    at = 1
    if len(lines) > 1 and lines[1]:
        while at < len(lines) and lines[at] and "-->" not in lines[at]:
            at += 1
        found.header = tuple(lines[1:at])
    while at < len(lines):
        at = _block(lines, at, found) if lines[at] else at + 1
    return found


def _block(lines: list[str], start: int, found: Captions) -> int:
    """Collect the block that begins at line ``start`` (from 0); the line at which the next one begins."""
    buffer: list[str] = []
    timing: tuple[float, float, bool] | None = None
    arrow = -1
    at = start
    while at < len(lines) and lines[at]:
        line = lines[at]
        if "-->" in line:
            if at > start + 1 or arrow >= 0:
                break
            arrow = at
            timing = read_timing(line)
            if timing:
                buffer = []
        else:
            buffer.append(line)
        at += 1
    if timing:
        found.cues.append(Cue(timing[0], timing[1], cue_text("\n".join(buffer)), arrow + 1, timing[2]))
    elif _has_words(buffer) and not _BLOCKS.match(buffer[0]):
        where, reason, detail = start, "no_timing", "a block of text without times is no cue"
        if arrow >= 0:
            where, reason, detail = arrow, "bad_timing", f"its times cannot be read: {lines[arrow].strip()[:60]!r}"
        found.rejects.append(Reject(where + 1, reason, detail, excerpt("\n".join(buffer))))
    return at


def _has_words(lines: list[str]) -> bool:
    return any(_LETTER.search(line) for line in lines)


def read_timing(line: str) -> tuple[float, float, bool] | None:
    """(begins, ends, loose) of a line with an arrow, in seconds; None where there are no times to read."""
    match = _TIMING.match(line)
    if match:
        first, second = match.groups()[:4], match.groups()[4:]
        if max(first[1], second[1], first[2], second[2]) < "60":  # two digits each
            return _seconds(*first), _seconds(*second), False
    match = _LOOSE_TIMING.match(line)
    if not match:
        return None
    first, second = match.groups()[1:5], match.groups()[6:]
    if any(int(times[2]) > 59 or (times[0] and int(times[1]) > 59) for times in (first, second)):
        return None
    begins = 0.0 if match[1] else _seconds(*first)
    ends = 0.0 if match[6] else _seconds(*second)
    return begins, ends, True


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    """Seconds to the millisecond; added as integers, so that equal times are equal numbers."""
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    if fraction and len(fraction) == 3:
        return (whole * 1000 + int(fraction)) / 1000
    return (whole * 1000 + round(int((fraction or "0").ljust(9, "0")) / 1_000_000)) / 1000


def cue_text(raw: str) -> tuple[Piece, ...]:
    """Plain text of a cue by voice: tags gone, character references decoded. One piece where there is at most one
    voice, whatever stands outside of its span; else the pieces in order."""
    if "<" not in raw:
        return (Piece(None, html.unescape(raw)),)
    if usual := _ONE_VOICE.fullmatch(raw):
        return (Piece(" ".join(usual[1].split()) or None, html.unescape(usual[2])),)
    pieces: list[Piece] = []
    nodes: list[tuple[str, str | None]] = []  # open tags with the voice inside of them
    voices: set[str] = set()
    decoded = html.unescape if "&" in raw else str
    at = 0
    while at < len(raw):
        left = raw.find("<", at)
        right = raw.find(">", left) if left >= 0 else -1
        if left < 0 or (right < 0 and _LETTER.search(raw, left + 1)):
            pieces.append(Piece(_voice(nodes), decoded(raw[at:])))
            break
        if left > at:
            pieces.append(Piece(_voice(nodes), decoded(raw[at:left])))
        if right < 0:
            break  # an unfinished tag without words
        content = raw[left + 1 : right]
        if content in _PLAIN:
            nodes.append((content, _voice(nodes)))
        elif _NO_TAG.match(content) and not _STAMP_TAG.fullmatch(content) and _LETTER.search(content):
            pieces.append(Piece(_voice(nodes), decoded(raw[left : right + 1])))
        else:
            _tag(content, nodes, voices)
        at = right + 1
    return _merged(pieces, voices)


def _tag(content: str, nodes: list[tuple[str, str | None]], voices: set[str]) -> None:
    """Open or close a node as the standard's tree construction does."""
    if content.startswith("/"):
        name = content[1:]
        if nodes and nodes[-1][0] == name:
            nodes.pop()
        elif name == "ruby" and len(nodes) > 1 and nodes[-1][0] == "rt":
            del nodes[-2:]
        return
    match = _TAG.fullmatch(content)
    if match is None or match["name"] not in _OPEN:
        return
    if match["name"] == "rt" and not (nodes and nodes[-1][0] == "ruby"):
        return
    voice = _voice(nodes)
    if match["name"] == "v":
        voice = " ".join(html.unescape(match["annotation"] or "").split()) or None
        if voice:
            voices.add(voice)
    nodes.append((match["name"], voice))


def _voice(nodes: list[tuple[str, str | None]]) -> str | None:
    return nodes[-1][1] if nodes else None


def _merged(pieces: list[Piece], voices: set[str]) -> tuple[Piece, ...]:
    if len(voices) < 2:
        return (Piece(next(iter(voices), None), "".join(piece.text for piece in pieces)),)
    joined: list[tuple[str | None, list[str], bool]] = []  # voice, texts, whether there are words in them
    for piece in pieces:
        worded = _LETTER.search(piece.text) is not None
        if not joined:
            joined.append((piece.voice, [piece.text], worded))
            continue
        voice, texts, before = joined[-1]
        if piece.voice == voice or not worded or not before:
            texts.append(piece.text)
            joined[-1] = (voice if piece.voice == voice or not worded else piece.voice, texts, before or worded)
        else:
            joined.append((piece.voice, [piece.text], worded))
    return tuple(Piece(voice, "".join(texts)) for voice, texts, _ in joined) or (Piece(None, ""),)
