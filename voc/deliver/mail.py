"""The letter as a mail: plain text, HTML with its style in the tags and nothing to load, and the report attached.

Nothing in it depends on the clock or on chance: the same letter gives the same bytes, but for the Date, which is added
as it is sent. The same Message-ID on each attempt lets a mail program show one mail where a server took two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import TYPE_CHECKING, Final

from voc.channels import SmtpChannel, address
from voc.deliver.letter import Letter, Row, Saying, shortened
from voc.text import display

if TYPE_CHECKING:
    from jinja2 import Template

_SUBJECT: Final = 200  # characters
_TYPES: Final = {
    "html": ("text", "html"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": ("application", "pdf"),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the report; ``kind`` is html, xlsx or pdf."""

    kind: str
    name: str
    data: bytes


def build_mail(letter: Letter, channel: SmtpChannel, attachments: Sequence[Attachment], attempt: int) -> EmailMessage:
    """The mail for ``channel``, without a Date; ``attempt``: 0, and one more for each time that it is sent again."""
    message = EmailMessage(policy=SMTP)
    name, plain = address(channel.sender, f"deliver.{channel.name}.from")
    identity = "\n".join((letter.week, str(letter.revision), channel.name, str(attempt), letter.subject, *channel.to))
    mark = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32]
    message["From"] = Address(display(name), addr_spec=plain)
    message["To"] = [Address(display(n), addr_spec=a) for n, a in (address(one, "to") for one in channel.to)]
    message["Subject"] = shortened(display(letter.subject), _SUBJECT)
    message["Message-ID"] = f"<voc.{mark}@{plain.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply
    message.set_content(plain_text(letter), cte="base64")
    message.add_alternative(html_text(letter), subtype="html", cte="base64")
    for attached in attachments:
        maintype, subtype = _TYPES[attached.kind]
        message.add_attachment(attached.data, maintype=maintype, subtype=subtype, filename=attached.name)
    message["Content-Language"] = letter.language  # last: a part that is put inside another takes such headers along
    boundaries = (f"=_voc_{mark[:24]}_{number}" for number in range(9))
    for part in message.walk():
        if part.is_multipart():
            part.set_boundary(next(boundaries))  # else it is drawn by chance
    return message


def plain_text(letter: Letter) -> str:
    """The letter for mail programs that show no HTML, and for people who want none."""
    return "\n".join(_lines(letter)) + "\n"


def _lines(letter: Letter) -> Iterator[str]:
    yield " · ".join(part for part in (letter.company, letter.title, letter.days) if part)
    yield from letter.revised
    yield ""
    yield letter.verdict
    yield from letter.details
    if letter.rows:
        yield from ("", letter.headings[0])
        yield from (f"  {row_text(row)}" for row in letter.rows)
    if letter.changes:
        yield from ("", letter.headings[1])
    for change in letter.changes:
        yield f"  {change.name}"
        yield from (f"    {line}" for line in change.lines)
        yield from (f"    {saying_text(quote)}" for quote in change.quotes)
    if letter.quotes:
        yield from ("", letter.headings[2])
        yield from (f"  {saying_text(quote)}" for quote in letter.quotes)
    if letter.closing:
        yield from ("", *letter.closing)


def row_text(row: Row) -> str:
    """``Neglect: 8.1% (5.9%–11.0%) · +3.2 pp · 35 of 412``."""
    share = f"{row.share} ({row.range})" if row.range else row.share
    return f"{row.name}: " + " · ".join(part for part in (share, row.change, row.counted) if part)


def saying_text(quote: Saying) -> str:
    """The words in quotation marks, and whose they are."""
    return f"“{quote.text}” · {quote.source} · {quote.id}"


def html_text(letter: Letter) -> str:
    """The letter as HTML: no script, no image, nothing to load, tables that old mail programs know."""
    return _template().render(letter=letter)


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("voc.deliver", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("mail.html.j2")
