"""The tree of a message: its headers as they stand and the bytes of its parts, by the standard library's rules.

The library's parser goes through a message line by line and compiles a pattern for every boundary, which takes longer
than all the rest of a mail. Here the headers are cut by lines and the parts by searching for the boundary; whatever is
out of the ordinary (a line in the head that is no header, a boundary that is missing, a message in a message) is left
to the library. The compat32 policy is used: the newer ones parse every header into a structure while reading, and
malformed headers end there in errors of many kinds.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final, NamedTuple

_HEADER: Final = 20_000  # characters of one header that are kept
_DEPTH: Final = 8  # of parts in parts; deeper ones are left to the library
_HEAD_END: Final = re.compile(rb"[\r\n](?:(?<=\n)(?:\r\n|[\r\n])|(?<=\r)\r\n?)")  # the end of a line, an empty line
_BOUNDARY_END: Final = re.compile(rb"(--)?[ \t]*(?:\r\n|[\r\n]|\Z)")
# A boundary that needs no parser: the library takes thirty times as long to find it.
_PLAIN_BOUNDARY: Final = re.compile(
    r'multipart/[\w.+-]+(?:\s*;\s*(?!boundary\b)[\w-]+=(?:"[^"\\]*"|[^\s;"\\]+))*\s*;\s*'
    r'boundary=(?:"([^"\\<][^"\\]*)"|([^\s;"\\<]+))\s*(?:;[^"\\]*)?',
    re.IGNORECASE | re.ASCII,
)
_NAMED: Final = re.compile(r"[!-9;-~]+:")
_NO_HEADER: Final = re.compile(r"\n(?![!-9;-~]+:|[ \t])")
_BETWEEN: Final = re.compile(r"\n(?![ \t])")
_AS_IT_IS: Final = frozenset({"", "7bit", "8bit", "binary"})


class Part(NamedTuple):
    """A message or a part of one. ``headers`` maps names in lower case to first values, raw: bytes outside ASCII are
    lone surrogates. ``content`` is what stands below the headers, still encoded; ``parts`` is None where it is one.
    ``ordinary``: the library was not needed."""

    headers: dict[str, str]
    content: bytes
    parts: tuple[Part, ...] | None = None
    ordinary: bool = True

    @property
    def type(self) -> str:
        """``text/plain`` and the like, in lower case; what is malformed is that, too."""
        declared = self.headers.get("content-type")
        if declared is None:
            return "text/plain"
        kind = declared.partition(";")[0].strip().lower()
        return kind if kind.count("/") == 1 else "text/plain"

    def decoded(self) -> bytes:
        """The content without its transfer encoding; as it is where that is broken or unknown."""
        encoding = self.headers.get("content-transfer-encoding", "").strip().lower()
        if encoding in _AS_IT_IS:
            return self.content
        if encoding == "quoted-printable":
            return quopri.decodestring(self.content)
        if encoding == "base64":
            try:
                return base64.b64decode(b"".join(self.content.splitlines()), validate=True)
            except binascii.Error:
                pass
        message = Message(policy=compat32)
        message.set_raw("content-transfer-encoding", encoding)
        message.set_payload(self.content.decode("ascii", "surrogateescape"))
        data = message.get_payload(decode=True)
        return data if isinstance(data, bytes) else b""


def parse(data: bytes, *, body: bool = True, headers: dict[str, str] | None = None) -> Part:
    """The tree of ``data``; without ``body`` its headers alone. ``headers`` are those of an ordinary message where they
    were read before. Raises RecursionError where messages in messages are nested too deeply."""
    found = _plain(data, body=body, headers=headers)
    return found or _converted(BytesParser(policy=compat32).parsebytes(data, headersonly=not body), body=body)


def _plain(
    data: bytes,
    start: int = 0,
    stop: int | None = None,
    depth: int = 0,
    *,
    body: bool = True,
    headers: dict[str, str] | None = None,
) -> Part | None:
    """The tree of an ordinary message, or of the part of one between two offsets; None for all others."""
    stop = len(data) if stop is None else stop
    end, below = _head_end(data, start, stop)
    if headers is None and (headers := _headers(data[start:end])) is None:
        return None
    whole = Part(headers, b"")
    if not body:
        return whole
    kind = whole.type
    main = kind.partition("/")[0]
    if main not in ("multipart", "message"):
        return Part(headers, data[below : _before_line_end(data, below, stop) if depth else stop])
    boundary = _boundary(headers["content-type"]) if main == "multipart" and depth < _DEPTH else b""
    if not boundary or kind == "multipart/digest":
        return None
    parts: list[Part] = []
    for first, last in _ranges(data, below, stop, b"--" + boundary):
        part = _plain(data, first, last, depth + 1)
        if part is None:
            return None
        parts.append(part)
    return Part(headers, b"", tuple(parts)) if parts else None


def _before_line_end(data: bytes, start: int, stop: int) -> int:
    """``stop`` less the line break before it."""
    if data.endswith(b"\r\n", start, stop):
        return stop - 2
    return stop - 1 if data.endswith((b"\n", b"\r"), start, stop) else stop


def _head_end(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """Where the headers end, the end of their last line included, and where the body begins."""
    if data.startswith((b"\n", b"\r"), start, stop):
        return start, start + (2 if data.startswith(b"\r\n", start, stop) else 1)
    at = data.find(b"\n\n", start, stop)
    if data.find(b"\r", start, at + 1 if at >= 0 else stop) < 0:
        return (at + 1, at + 2) if at >= 0 else (stop, stop)
    found = _HEAD_END.search(data, start, stop)
    return (found.start() + 1, found.end()) if found else (stop, stop)


def _headers(head: bytes) -> dict[str, str] | None:
    """First values by name; None where a line is none of a header, which the library has rules for."""
    text = head.decode("ascii", "surrogateescape")
    if not text:
        return {}
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.removesuffix("\n")
    if not _NAMED.match(text) or _NO_HEADER.search(text):
        return None
    found: dict[str, str] = {}
    for field in reversed(_BETWEEN.split(text)):  # the first of a name is to win
        name, _, value = field.partition(":")
        found[name.lower()] = value.lstrip(" \t")[:_HEADER]
    return found


def _boundary(declared: str) -> bytes:
    """The boundary that a Content-Type names, b"" where there is none."""
    if plain := _PLAIN_BOUNDARY.fullmatch(declared):
        return (plain[1] or plain[2]).rstrip().encode("ascii", "surrogateescape")
    message = Message(policy=compat32)
    message.set_raw("content-type", declared)
    try:
        return (message.get_boundary() or "").encode("ascii", "surrogateescape")
    except UnicodeEncodeError:  # declared in another charset (RFC 2231): no line of the mail can be it
        return b""


def _ranges(data: bytes, start: int, stop: int, separator: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of what stands between the lines of a boundary; the last line break of each is the boundary's."""
    lines = [*_boundary_lines(data, start, stop, separator)]
    at = 0
    while at < len(lines) and not lines[at][2]:
        while at + 1 < len(lines) and lines[at + 1][0] == lines[at][1]:
            at += 1  # nothing stands between the two
        yield lines[at][1], lines[at + 1][0] if at + 1 < len(lines) else stop
        at += 1


def _boundary_lines(data: bytes, start: int, stop: int, separator: bytes) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether it is the last one) of each line that is a boundary."""
    at = data.find(separator, start, stop)
    while at >= 0:
        if at == start or data[at - 1] in b"\r\n":
            found = _BOUNDARY_END.match(data, at + len(separator), stop)
            if found:
                yield at, found.end(), found[1] is not None
        at = data.find(separator, at + 1, stop)


def _converted(message: Message, *, body: bool) -> Part:
    """What the library found, of any depth; contents come decoded."""
    headers: dict[str, str] = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), str(value)[:_HEADER])
    if message.get_default_type() != "text/plain":  # of the parts of a digest
        headers.setdefault("content-type", message.get_default_type())
    payload = message.get_payload() if body else ""
    if isinstance(payload, list) and message.get_content_maintype() != "message":  # such a one is only named
        parts = tuple(_converted(child, body=body) for child in payload if isinstance(child, Message))
        return Part(headers, b"", parts, ordinary=False)
    headers.pop("content-transfer-encoding", None)
    content = message.get_payload(decode=True) if body else b""
    return Part(headers, content if isinstance(content, bytes) else b"", ordinary=False)
