"""Outlook's .msg: a message in a compound file, read by python-oxmsg."""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import replace
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voc.ingest.mail_headers import decode
from voc.ingest.mail_html import html_to_text
from voc.ingest.mail_mime import Mail, MailError, read_mail
from voc.ingest.values import TEXT_LIMIT, clean

if TYPE_CHECKING:
    from oxmsg import Message

_LIMIT: Final = 100 << 20  # bytes of a file; the library holds it whole
# What olefile and python-oxmsg raise on damaged files; neither has an error of its own for them.
_DAMAGE: Final = (
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    StopIteration,
    LookupError,
    struct.error,
    RecursionError,
    OverflowError,
    MemoryError,
)


def read_msg(path: Path) -> Mail:
    """The message in ``path``. Raises MailError where it is damaged, too large or no message."""
    from oxmsg import Message

    try:
        if path.stat().st_size > _LIMIT:
            raise MailError("too_long", f"the file has more than {_LIMIT >> 20} MiB")
        message = Message.load(str(path))
        headers, body, names = _headers(message), _body(message), _attachments(message)
    except _DAMAGE as error:
        raise MailError("not_a_mail", f"it cannot be read as a message of Outlook ({type(error).__name__})") from None
    mail = read_mail(headers.encode("utf-8", "surrogateescape") + b"\r\n\r\n", body=False)
    if len(body) > TEXT_LIMIT:
        raise MailError("too_long", f"its text has {len(body):,} characters; at most {TEXT_LIMIT:,} are read")
    return replace(mail, body=body, attachments=names)


def _headers(message: Message) -> str:
    """Headers as they came over the net, else those of the message's own properties."""
    known = {name.lower(): value for name, value in message.message_headers.items()}
    for name, value in (("from", message.sender), ("subject", message.subject), ("date", _sent(message))):
        if value and name not in known:
            known[name] = value
    if "to" not in known:
        known["to"] = ", ".join(formataddr((one.name or "", one.email_address or "")) for one in message.recipients)
    return "\r\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in known.items())


def _sent(message: Message) -> str:
    sent = message.sent_date
    return format_datetime(sent if sent.tzinfo else sent.replace(tzinfo=dt.UTC)) if sent else ""


def _body(message: Message) -> str:
    text = message.body or ""
    if text.strip():
        return clean(text.replace("\r\n", "\n"))
    html = message.html_body or ""
    return html_to_text(html if isinstance(html, str) else decode(html)) if html else ""


def _attachments(message: Message) -> tuple[str, ...]:
    return tuple(clean(one.file_name or "?")[:200] for one in message.attachments)[:50]
