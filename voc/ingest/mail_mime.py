"""One message as bytes to its headers and its body as text: MIME, character sets, what was sent along.

The tree is parsed with the compat32 policy: the newer policies parse every header into a structure while reading, and
malformed headers end there in errors of many kinds. Headers are decoded here, one by one, and never fail.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_tz
from typing import BinaryIO, Final
from urllib.parse import unquote_to_bytes

from voc.ingest.encodings import ERRORS, guess
from voc.ingest.mail_html import html_to_text
from voc.ingest.values import TEXT_LIMIT, clean

MAIL_LIMIT: Final = 64 << 20  # bytes of a message without its large attachments
_PARTS: Final = 1000
_DEPTH: Final = 60
_PIECE: Final = 1 << 20  # bytes of one line that are held at once
_HEAD_END: Final = re.compile(rb"(\r\n|\n|\r(?!\n))(?:\r\n|[\r\n])")
_OF_HEADER: Final = re.compile(r"[!-9;-~]+:|[ \t]")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/=\s]{40,}")
_BASE64_KEPT: Final = 8 << 20  # bytes of one encoded part: far more than a text has, and attachments are only named
_HEADER: Final = 20_000  # characters of one header that are decoded
_ATTACHMENTS: Final = 50
_ENOUGH: Final = frozenset({"from", "to", "date", "subject", "message-id", "received", "content-type", "mime-version"})
_UNREAD: Final = frozenset(
    [
        "received",
        "dkim-signature",
        "arc-seal",
        "arc-message-signature",
        "arc-authentication-results",
        "authentication-results",
        "received-spf",
        "x-google-dkim-signature",
        "x-gm-message-state",
        "x-google-smtp-source",
        "x-received",
        "references",
        "in-reply-to",
        "content-type",
        "mime-version",
        "date",
        "reply-to",
        "user-agent",
        "x-mailer",
    ]
)
_STUB: Final = re.compile(
    r"(?:html[- ](?:e-?mail|message|format|version|capable)|"
    r"view (?:this|it) in (?:a|your) browser|"
    r"does not support html|不支持 ?html)",
    re.IGNORECASE,
)
# "Ann Lee <ann@lee.example>", which needs no parser: it takes thirty times as long.
_PLAIN_ADDRESS: Final = re.compile(
    r"(?:(\w+(?: \w+)*) )?<([\w+-]+(?:\.[\w+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>", re.ASCII
)
_ANY_ADDRESS: Final = re.compile(r"[^\s<>\"'(),;:@]{1,64}@[^\s<>\"'(),;:@\[\]]{1,255}")
# Names that say less than the bytes: what is labelled with the first is often in the second, which holds it.
_WIDER: Final = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs", "x-big5": "big5hkscs", "cn-big5": "big5hkscs", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-9": "cp1254", "iso-8859-8-i": "iso-8859-8",
    "shift_jis": "cp932",
    "shift-jis": "cp932", "x-sjis": "cp932", "unicode-1-1-utf-7": "utf-7", "utf8": "utf-8", "utf-8mb4": "utf-8",
}  # fmt: skip
_UNTOLD: Final = frozenset(
    {
        "",
        "us-ascii",
        "ascii",
        "unknown-8bit",
        "x-unknown",
        "unknown",
        "default",
        "binary",
        "iso-8859-1",
        "cp1252",
        "windows-1252",
        "latin1",
    }
)


class MailError(Exception):
    """A message that cannot be read: the ``reason`` and ``detail`` of its reject."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Mail:
    """A message. Addresses are lower case, identifiers without angle brackets, ``date`` is ISO 8601 with an offset.

    ``headers`` maps the name of each header in lower case to its first value, decoded; those that only servers and
    programs read are left out.
    """

    id: str | None
    sender: str
    name: str
    address: str | None
    reply_to: str | None
    to: str
    subject: str
    date: str | None
    parent: str | None
    references: tuple[str, ...]
    body: str
    attachments: tuple[str, ...]
    content_type: str
    report_type: str
    headers: dict[str, str]

    @property
    def root(self) -> str | None:
        """The first message of its thread, as far as its own headers tell."""
        return (self.references or (self.parent,))[0] or self.id


def collect(lines: Iterable[bytes]) -> bytes:
    """The bytes of one message, large encoded attachments cut short. Raises MailError where it is over the limit all
    the same."""
    head: list[bytes] = []
    size = 0
    for line in (lines := iter(lines)):
        head.append(line)
        size += len(line)
        if size > _BASE64_KEPT:
            break
    else:
        return b"".join(head)  # nothing in it can be too large
    kept: list[bytes] = []
    size = run = 0
    for line in itertools.chain(head, lines):
        encoded = len(line) >= 40 and b" " not in line and _BASE64.fullmatch(line) is not None
        run = run + len(line) if encoded else 0
        if run > _BASE64_KEPT:
            continue
        size += len(line)
        if size > MAIL_LIMIT:
            raise MailError("too_long", f"the message has more than {MAIL_LIMIT >> 20} MiB without its attachments")
        kept.append(line)
    return b"".join(kept)


def read_mail(data: bytes, *, body: bool = True) -> Mail:
    """Read one message. ``body`` False leaves its text out, for a look at the headers.

    Raises MailError: no mail at all, nested too deeply, too many parts, a text over the limit.
    """
    message = _parsed(data, body=body)
    raw: dict[str, str] = {}
    for name, value in message.raw_items():
        raw.setdefault(name.lower(), str(value)[:_HEADER])
    if not _ENOUGH & raw.keys():
        raise MailError("not_a_mail", "it has none of the headers of a mail (From, Date, Subject ...)")
    headers = {name: unfold(value) for name, value in raw.items() if name not in _UNREAD}
    sender = _addresses(raw.get("from", ""))[:1] or [("", "")]
    references = tuple(re.findall(r"<([^<>\s]{1,998})>", raw.get("references", "")))
    parents = re.findall(r"<([^<>\s]{1,998})>", raw.get("in-reply-to", ""))
    text, attachments = _content(message) if body else ("", ())
    return Mail(
        id=_identifier(headers.get("message-id", "")),
        sender=headers.get("from", ""),
        name=sender[0][0],
        address=sender[0][1] or None,
        reply_to=next((address for _, address in _addresses(raw.get("reply-to", "")) if address), None),
        to=headers.get("to", ""),
        subject=headers.get("subject", ""),
        date=_date(raw.get("date", "")) or _date(raw.get("received", "").rpartition(";")[2]),
        parent=parents[0] if parents else (references[-1] if references else None),
        references=references,
        body=text,
        attachments=attachments,
        content_type=message.get_content_type(),
        report_type=_parameter(str(message.get("content-type", "")), "report-type"),
        headers=headers,
    )


def _parsed(data: bytes, *, body: bool) -> Message:
    """The tree of ``data``. The parser goes through a message line by line, so that it gets the body only where there
    are parts to find in it; a plain body becomes the payload as it is, which is what the parser makes of it."""
    end = _HEAD_END.search(data)
    message = _headed(data[: end.end(1)] if end else data)
    if message is not None and (not body or message.get_content_maintype() not in ("multipart", "message")):
        message.set_payload(data[end.end() :].decode("ascii", "surrogateescape") if end and body else "")
        return message
    try:
        return BytesParser(policy=compat32).parsebytes(data, headersonly=not body)
    except RecursionError:
        raise MailError("too_deep", "its parts are nested too deeply") from None


def _headed(head: bytes) -> Message | None:
    """A message of the headers in ``head``; None where a line is none of a header, which the parser has rules for."""
    lines = io.StringIO(head.decode("ascii", "surrogateescape"), newline="").readlines()
    if not lines or not all(map(_OF_HEADER.match, lines)) or lines[0][0] in " \t":
        return None
    message = Message(policy=compat32)
    starts = [number for number, line in enumerate(lines) if line[0] not in " \t"]
    for start, stop in itertools.pairwise([*starts, len(lines)]):
        message.set_raw(*compat32.header_source_parse(lines[start:stop]))
    return message


def decode(data: bytes, charset: str = "") -> str:
    """``data`` as text: in its charset where that fits, else in the likeliest. Bytes that fit nowhere become U+FFFD."""
    charset = charset.strip().strip("\"'").lower()
    if charset not in _UNTOLD or data.isascii():
        try:
            return clean(data.decode(_WIDER.get(charset, charset) or "ascii"))
        except (LookupError, UnicodeError, ValueError):  # ValueError: a charset with a null in its name
            pass
    return clean(data.decode(guess(data).codec, ERRORS))


def unfold(value: str) -> str:
    """A raw header as people read it: encoded words decoded, 8-bit characters too, on one line."""
    value = value[:_HEADER]
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    if "=?" in value:
        value = re.sub(r"(\?=)\s+(=\?)", r"\1\2", value)
        with suppress(HeaderParseError, ValueError):  # broken base64 in an encoded word: it stays as it was written
            value = "".join(_word(part, charset) for part, charset in decode_header(value))
    return clean(" ".join(value.split()))


def _word(part: str | bytes, charset: str | None) -> str:
    return part if isinstance(part, str) else decode(part, charset or "")


def _addresses(value: str) -> list[tuple[str, str]]:
    """(name, address in lower case) of an address header, malformed ones included."""
    if not value:
        return []
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    elif plain := _PLAIN_ADDRESS.fullmatch(value):
        return [(plain[1] or "", plain[2].lower())]
    try:
        parsed = getaddresses([" ".join(value.split())])
    except RecursionError:  # comments in comments
        parsed = []
    found = [(unfold(name), clean(address).strip().lower()) for name, address in parsed]
    if any("@" in address for _, address in found):
        return [(name, address) for name, address in found if "@" in address]
    return [("", clean(match[0]).lower()) for match in _ANY_ADDRESS.finditer(value)]


def _identifier(value: str) -> str | None:
    found = re.search(r"<([^<>]{1,998})>", value)
    return (found[1] if found else value).strip()[:998] or None


def _date(value: str) -> str | None:
    """A Date header as ISO 8601 with its offset; None where it is no date."""
    if len(value) > 200:
        return None
    try:
        parts = parsedate_tz(value)
        if parts is None or not 1980 <= parts[0] <= 2200:
            return None
        offset = dt.timezone(dt.timedelta(seconds=parts[9] or 0))
        return dt.datetime(*parts[:5], min(parts[5], 59), tzinfo=offset).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):  # parsedate_tz fails in each of these ways on some text
        return None


def _content(message: Message) -> tuple[str, tuple[str, ...]]:
    names: list[str] = []
    texts = list(_texts(message, 0, [0], names))
    text = "\n\n".join(text.strip("\r\n") for text in texts if text.strip())
    if len(text) > TEXT_LIMIT:
        raise MailError("too_long", f"its text has {len(text):,} characters; at most {TEXT_LIMIT:,} are read")
    return text, tuple(names[:_ATTACHMENTS])


def _texts(part: Message, depth: int, seen: list[int], names: list[str]) -> Iterator[str]:
    """Texts of ``part`` in order; names of attachments go to ``names``."""
    seen[0] += 1
    if depth > _DEPTH:
        raise MailError("too_deep", "its parts are nested too deeply")
    if seen[0] > _PARTS:
        raise MailError("too_many_parts", f"it has more than {_PARTS:,} parts")
    kind = part.get_content_type()
    main = kind.partition("/")[0]
    declared, disposition = str(part.get("content-type", "")), str(part.get("content-disposition", ""))
    name = _filename(disposition, declared)
    attached = disposition.strip().lower().startswith("attachment")
    children = part.get_payload()
    if main == "message" or attached or (name and kind not in ("text/plain", "text/html")):
        names.append(name or kind)
        return
    if isinstance(children, list):
        kept = [child for child in children if isinstance(child, Message)]
        if kind == "multipart/alternative":
            yield _best(kept, depth, seen, names)
        else:
            for child in kept[:1] if kind == "multipart/report" else kept:
                yield from _texts(child, depth + 1, seen, names)
    elif kind == "text/html":
        yield html_to_text(_payload(part, declared))
    elif kind == "text/plain" or (main != "text" and depth == 0 and main == "multipart"):
        yield _payload(part, declared)
    elif name or depth:
        names.append(name or kind)


def _best(parts: list[Message], depth: int, seen: list[int], names: list[str]) -> str:
    """The plain alternative, unless it is empty or only says that there is another."""
    plain: list[str] = []
    rich: list[str] = []
    for part in parts:
        text = "\n\n".join(_texts(part, depth + 1, seen, names))
        (plain if part.get_content_type() == "text/plain" else rich).append(text)
    best, other = "\n\n".join(plain).strip("\r\n"), "\n\n".join(rich).strip("\n")
    stub = not best.strip() or (len(best) < 300 and _STUB.search(best) is not None)
    return other if stub and other.strip() else best


def _payload(part: Message, declared: str) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    if len(data) > 4 * TEXT_LIMIT:
        raise MailError("too_long", f"a text of it has {len(data):,} bytes; at most {TEXT_LIMIT:,} characters are read")
    return decode(data, _parameter(declared, "charset"))


def _parameter(declared: str, name: str) -> str:
    """A parameter of a Content-Type, "" where it is missing or malformed."""
    found = re.search(
        rf";\s*{name}\s*\*?=\s*(?:\"([^\"]{{1,100}})\"|([^\s;\"]{{1,100}}))",
        declared[:_HEADER],
        re.IGNORECASE,
    )
    return (found[1] or found[2]).rpartition("'")[2].lower() if found else ""


def _filename(disposition: str, declared: str) -> str:
    for header, key in ((disposition, "filename"), (declared, "name")):
        if key not in header.lower():
            continue
        value = header[:_HEADER]
        found = re.search(
            rf";\s*{key}\s*(?:\*\d*\*?)?\s*=\s*(?:\"([^\"]{{1,500}})\"|([^\s;\"]{{1,500}}))", value, re.IGNORECASE
        )
        if found:
            name = found[1] or found[2]
            if encoded := re.fullmatch(r"([\w-]{0,40})'[^']{0,40}'(.*)", name):  # RFC 2231
                name = decode(unquote_to_bytes(encoded[2]), encoded[1])
            return unfold(name)[:200] or "?"
    return ""


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Lines of a binary file, at most 1 MiB each: a longer one comes in parts."""
    return iter(functools.partial(file.readline, _PIECE), b"")
