"""Values of mail headers, decoded: text, addresses, dates, parameters. None of these fails."""

from __future__ import annotations

import binascii
import datetime as dt
import itertools
import operator
import re
from collections.abc import Iterator
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header
from email.quoprimime import header_decode
from email.utils import getaddresses, parsedate_tz
from typing import Final

from voc.ingest.encodings import ERRORS, guess
from voc.ingest.values import clean

HEADER_LIMIT: Final = 20_000  # characters of one header that are decoded
# "Ann Lee <ann@lee.example>", which needs no parser: it takes thirty times as long.
_PLAIN_ADDRESS: Final = re.compile(
    r"(?:(?:([^\s()<>@,:;.\\\"\[\]]+(?: [^\s()<>@,:;.\\\"\[\]]+)*)|\"([^\"\\\s]+(?: [^\"\\\s]+)*)\") )?"
    r"<([\w+-]+(?:\.[\w+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>",
    re.ASCII,
)
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, start=1)}
# A date as nearly every program writes it, which needs no parser either.
_PLAIN_DATE: Final = re.compile(
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{{1,2}}) ({'|'.join(_MONTHS)}) ([12]\d{{3}}) (\d\d):(\d\d):(\d\d) "
    r"([+-])(\d\d)(\d\d)(?: \([A-Z]{2,5}\))?",
    re.ASCII,
)
_BETWEEN_WORDS: Final = re.compile(r"(\?=)\s+(=\?)")
_ENCODED_WORD: Final = re.compile(r"=\?([\w.:-]+)\?([bBqQ])\?([!->@-~]*)\?=", re.ASCII)
_ENCODED_WORDS: Final = re.compile(rf"(?:{_ENCODED_WORD.pattern})+", re.ASCII)
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
        *("", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "unknown", "default", "binary"),
        *("iso-8859-1", "cp1252", "windows-1252", "latin1"),
    }
)


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
    value = value[:HEADER_LIMIT]
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    if "=?" in value:
        value = _BETWEEN_WORDS.sub(r"\1\2", value)
        with suppress(HeaderParseError, ValueError):  # broken base64 in an encoded word: it stays as it was written
            parts = _encoded_words(value) if _ENCODED_WORDS.fullmatch(value) else decode_header(value)
            value = "".join(_word(part, charset) for part, charset in parts)
    return clean(" ".join(value.split()))


def _encoded_words(value: str) -> Iterator[tuple[bytes, str]]:
    """What ``decode_header`` makes of encoded words and nothing else, in a tenth of the time: (bytes, charset), those
    of neighbours of one charset joined, since a character may be cut in two."""
    words = [(charset.lower(), _word_bytes(encoding, text)) for charset, encoding, text in _ENCODED_WORD.findall(value)]
    for charset, group in itertools.groupby(words, key=operator.itemgetter(0)):
        yield b"".join(data for _, data in group), charset


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return header_decode(text).encode("latin-1")
    return binascii.a2b_base64(text + "==="[: -len(text) % 4])


def _word(part: str | bytes, charset: str | None) -> str:
    return part if isinstance(part, str) else decode(part, charset or "")


def addresses(value: str) -> list[tuple[str, str]]:
    """(name, address in lower case) of an address header, malformed ones included."""
    if not value:
        return []
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    elif plain := _PLAIN_ADDRESS.fullmatch(value):
        return [(unfold(plain[1] or plain[2] or ""), plain[3].lower())]
    try:
        parsed = getaddresses([" ".join(value.split())])
    except RecursionError:  # comments in comments
        parsed = []
    found = [(unfold(name), clean(address).strip().lower()) for name, address in parsed]
    if any("@" in address for _, address in found):
        return [(name, address) for name, address in found if "@" in address]
    return [("", clean(match[0]).lower()) for match in _ANY_ADDRESS.finditer(value)]


def identifier(value: str) -> str | None:
    """A Message-ID without its brackets."""
    found = re.search(r"<([^<>]{1,998})>", value)
    return (found[1] if found else value).strip()[:998] or None


def iso_date(value: str) -> str | None:
    """A Date header as ISO 8601 with its offset; None where it is no date."""
    if len(value) > 200:
        return None
    try:
        if (plain := _PLAIN_DATE.fullmatch(value)) and plain[8] < "24" and plain[9] < "60":
            day, name, year, hour, minute, second, sign, hours, minutes = plain.groups()
            found = dt.datetime(int(year), _MONTHS[name], int(day), int(hour), int(minute), min(int(second), 59))
            sign = "+" if hours == minutes == "00" else sign
            return f"{found.isoformat()}{sign}{hours}:{minutes}" if 1980 <= found.year <= 2200 else None
        parts = parsedate_tz(value)
        if parts is None or not 1980 <= parts[0] <= 2200:
            return None
        offset = dt.timezone(dt.timedelta(seconds=parts[9] or 0))
        return dt.datetime(*parts[:5], min(parts[5], 59), tzinfo=offset).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):  # parsedate_tz fails in each of these ways on some text
        return None


def parameter(declared: str, name: str) -> str:
    """A parameter of a Content-Type, "" where it is missing or malformed."""
    found = re.search(
        rf";\s*{name}\s*\*?=\s*(?:\"([^\"]{{1,100}})\"|([^\s;\"]{{1,100}}))",
        declared[:HEADER_LIMIT],
        re.IGNORECASE,
    )
    return (found[1] or found[2]).rpartition("'")[2].lower() if found else ""
