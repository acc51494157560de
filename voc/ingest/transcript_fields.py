"""What a transcript tells beside its words: fields in the head of a file, in its JSON, in its name."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from voc.ingest import headers
from voc.ingest.columns import FIELDS
from voc.ingest.dates import parse_time
from voc.ingest.transcript_json import Recording

_FILE_DATE: Final = re.compile(r"(?<!\d)(20\d\d)([-_.]?)([01]\d)\2([0-3]\d)(?!\d)")
_HEAD_LINE: Final = re.compile(r"[ \t\ufeff]*([^\W\d_][^:：]{0,30})[:：][ \t]*(\S.{0,300})")
_NAMES: Final[Mapping[str, str]] = {
    name: field
    for field, names in {
        "id": "call id|conversation id|contact id|session id|chat id|transcript id|recording id|ticket id|case id"
        "|通话编号|通話編號|会话编号|會話編號|通话id|通話id|录音编号|錄音編號",
        "time": "date|datetime|call date|call time|started|started at|start time|created at|recorded at|recorded"
        "|日期|时间|時間|通话时间|通話時間|通话日期|通話日期|开始时间|開始時間",
        "customer": "customer id|customer number|client id|user id|account id|account number|member id"
        "|客户编号|客戶編號|客户号|客戶號|会员号|會員號|用户编号|用戶編號|账号|帳號",
        "channel": "channel|渠道|管道",
        "language": "language|language code|lang|语言|語言",
        "product": "product|产品|產品",
        "region": "region|地区|地區",
    }.items()
    for name in names.split("|")
}
_LONGEST_KEY: Final = 100  # characters of one that is remembered
_LEAST_EPOCH: Final = 100_000_000  # smaller numbers are offsets in a recording


def head_fields(text: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Fields that stand in lines of their own above the conversation, and the rest of the text."""
    lines = text.split("\n")
    at = 0
    while at < len(lines) and (not lines[at].strip() or _field_line(lines[at])):
        at += 1
    values, metadata = known_fields(lines[:at])
    return values, metadata, "\n".join(lines[at:])


@functools.lru_cache(maxsize=4096)  # files share their keys
def _field(key: str) -> str:
    """``headers.normalise`` of a key of at most a line."""
    return headers.normalise(key)


def _field_line(line: str) -> tuple[str, str] | None:
    """(field, value) of ``Call ID: 123``."""
    match = _HEAD_LINE.match(line)
    field = _NAMES.get(_field(match[1])) if match else None
    return (field, match[2].strip()) if match and field else None


def known_fields(lines: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values of canonical fields, and the other lines ``Key: value`` as metadata."""
    values: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for line in lines:
        match = _HEAD_LINE.match(line)
        if match is None:
            continue
        name, value = _field(match[1]), match[2].strip()
        field = _NAMES.get(name) or (name if name in FIELDS and name != "text" else None)
        if field and field not in values:
            values[field] = value
        elif not field:
            metadata[match[1].strip()] = value
    return values, metadata


def recording_fields(found: Recording) -> tuple[dict[str, Any], dict[str, Any]]:
    """Canonical values of a recording, and what else is plain enough for metadata."""
    values = {name: value for name, value in found.values.items() if _is_plain(value)}
    metadata: dict[str, Any] = {}
    for key, value in found.metadata.items():
        name = _field(key) if len(key) <= _LONGEST_KEY else headers.normalise(key)
        field = _NAMES.get(name) or (name.replace(" ", "_") if name.replace(" ", "_") in FIELDS else None)
        offset = field == "time" and isinstance(value, int | float) and value < _LEAST_EPOCH
        if field and field != "text" and field not in values and _is_plain(value) and not offset:
            values[field] = value
        elif _is_plain(value) or _is_small(value):
            metadata[key] = value
    return values, metadata


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _is_small(value: object) -> bool:
    """Lists and objects of a few plain values: labels, not words with their times."""
    if isinstance(value, bool):
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and 0 < len(inner) <= 50 and all(_is_plain(one) for one in inner)


def date_of(stem: str) -> str | None:
    """The date in a file's name (``call-2026-11-02-17``), None where there is none or several."""
    found = {parse_time(f"{m[1]}-{m[3]}-{m[4]}") for m in _FILE_DATE.finditer(stem)} - {None}
    return found.pop() if len(found) == 1 else None
