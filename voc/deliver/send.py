"""One parcel for each channel: made first, recorded by the caller, then sent."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from voc.channels import Channel, SmtpChannel
from voc.config import DeliverConfig
from voc.deliver.chat import Payload, encoded, payload
from voc.deliver.letter import Letter, without_quotes
from voc.deliver.mail import Attachment, build_mail
from voc.deliver.outcome import attempt
from voc.deliver.smtp import send_mail
from voc.deliver.webhooks import post


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to ``channel``: a mail without its Date, or a message without its signature. ``data`` are its bytes,
    ``digest`` their sha256; ``key`` names the delivery."""

    channel: Channel
    content: EmailMessage | Payload
    data: bytes
    digest: str
    key: str

    @property
    def file_name(self) -> str:
        """How a file of it is called."""
        return f"{self.channel.name}.{'eml' if isinstance(self.channel, SmtpChannel) else 'json'}"


def pack(channel: Channel, letter: Letter, attachments: Sequence[Attachment] = (), again: int = 0) -> Parcel:
    """The parcel of ``letter`` for ``channel``; a mail takes those ``attachments`` that the channel wants. ``again``:
    how often this revision went there before."""
    if not channel.quotes:
        letter = without_quotes(letter)
    content: EmailMessage | Payload
    if isinstance(channel, SmtpChannel):
        content = build_mail(letter, channel, [a for a in attachments if a.kind in channel.attach], again)
        data = content.as_bytes(policy=SMTP)
    else:
        content = payload(channel.kind, letter)
        data = encoded(content)
    digest = hashlib.sha256(data).hexdigest()
    name = f"{channel.name}\n{letter.week}\n{letter.revision}\n{again}\n{digest}"
    return Parcel(channel, content, data, digest, hashlib.sha256(name.encode()).hexdigest()[:32])


def readable(parcel: Parcel) -> str:
    """A parcel for people: the text of a mail and the names of its files, or the JSON of a message."""
    content = parcel.content
    if not isinstance(content, EmailMessage):
        return json.dumps(content, ensure_ascii=False, indent=2)
    body = content.get_body(("plain",))
    sizes = {part.get_filename(): len(part.get_payload(decode=True) or b"") for part in content.iter_attachments()}
    files = [f"[{name}, {size:,} bytes]" for name, size in sizes.items()]
    heads = [f"{name}: {content[name]}" for name in ("From", "To", "Subject")]
    return "\n".join([*heads, "", body.get_content() if body else "", *files])


def send(
    parcel: Parcel, secrets: Mapping[str, str], limits: DeliverConfig,
    *, clock: Callable[[], float] = time.time, pause: Callable[[float], object] = time.sleep,
) -> tuple[str, int]:  # fmt: skip
    """Sends a parcel; (what the server answered, number of attempts). NotSent otherwise."""

    def once() -> str:
        if isinstance(parcel.channel, SmtpChannel) and isinstance(parcel.content, EmailMessage):
            message = deepcopy(parcel.content)
            return send_mail(parcel.channel, message, secrets, timeout=limits.timeout, now=clock())
        if isinstance(parcel.channel, SmtpChannel) or isinstance(parcel.content, EmailMessage):
            raise TypeError("a mail goes to a mail server, a message to a webhook")
        return post(
            parcel.channel, parcel.content, parcel.key, secrets, limits.allowed_hosts,
            private=limits.private_addresses, timeout=limits.timeout, now=clock(),
        )  # fmt: skip

    return attempt(once, attempts=limits.attempts, backoff=limits.backoff, seed=parcel.key, pause=pause)
