"""Sends one mail to all recipients of a channel or to none: where the server refuses one address, nobody gets it.

The dialogue is led step by step, so that it is known at each point whether the server can have taken the mail: only
after the final dot is there a moment in which nobody knows.
"""

from __future__ import annotations

import email.utils
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from voc.channels import PLAIN, STARTTLS, TLS, SmtpChannel, address
from voc.deliver.outcome import NotSent, Refused, TryLater, Uncertain, time_limit
from voc.deliver.secrets import masked

_OK, _GO_ON, _TEMPORARY, _PERMANENT = 250, 354, 400, 500


def send_mail(
    channel: SmtpChannel, message: EmailMessage, secrets: Mapping[str, str], *, timeout: float, now: float
) -> str:
    """Sends ``message`` once, dated ``now`` (seconds since 1970); what the server answered. NotSent otherwise."""
    password = secrets.get(channel.password_env, "")
    message = _dated(message, now)
    data = message.as_bytes(policy=SMTP)
    with _explained(channel, password, TryLater):
        server = _connect(channel, timeout)
    try:
        with time_limit(lambda: server.sock, timeout):
            with _explained(channel, password, TryLater):
                _login(server, channel, password)
                _check_size(server, len(data), channel)
                _envelope(server, channel, password)
                _expect(server.docmd("DATA"), _GO_ON, channel, password)
                server.send(_dotted(data))
            with _explained(channel, password, Uncertain):
                code, said = server.getreply()
            _expect((code, said), _OK, channel, password)
            with suppress(smtplib.SMTPException, OSError):  # it has the mail; how it says good-bye does not matter
                server.quit()
    finally:
        server.close()
    return _said(code, said, channel, password)


def _dated(message: EmailMessage, now: float) -> EmailMessage:
    if "Date" not in message:
        message["Date"] = email.utils.formatdate(now, localtime=False)
    else:
        message.replace_header("Date", email.utils.formatdate(now, localtime=False))
    return message


def _connect(channel: SmtpChannel, timeout: float) -> smtplib.SMTP:
    named = address(channel.sender, "from")[1].rpartition("@")[2]  # this machine's own name is nobody's business
    if channel.security == TLS:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(channel.host, channel.port, local_hostname=named, timeout=timeout, context=context)
    return smtplib.SMTP(channel.host, channel.port, local_hostname=named, timeout=timeout)


def _login(server: smtplib.SMTP, channel: SmtpChannel, password: str) -> None:
    server.ehlo_or_helo_if_needed()
    if channel.security == STARTTLS:
        if not server.has_extn("starttls"):
            raise Refused(f"{channel.host} offers no STARTTLS, so that nothing was sent")
        server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
    if channel.user and channel.security != PLAIN:
        if not (channel.user + password).isascii():
            raise Refused(f"user or password of deliver.{channel.name} holds letters that SMTP cannot carry")
        server.login(channel.user, password)


def _check_size(server: smtplib.SMTP, size: int, channel: SmtpChannel) -> None:
    most = server.esmtp_features.get("size", "")
    if most.isdecimal() and 0 < int(most) < size:
        raise Refused(
            f"{channel.host} takes mails of up to {int(most):,} bytes, this one has {size:,}: attach fewer files"
        )


def _envelope(server: smtplib.SMTP, channel: SmtpChannel, password: str) -> None:
    _expect(server.mail(address(channel.sender, "from")[1]), _OK, channel, password)
    for number, one in enumerate(channel.to, start=1):
        code, said = server.rcpt(address(one, "to")[1])
        if code not in (250, 251):
            server.rset()
            where = f"recipient {number} of {len(channel.to)}"
            raise _failure(code, f"{where} was refused: {_said(code, said, channel, password)}")


def _expect(reply: tuple[int, bytes], wanted: int, channel: SmtpChannel, password: str) -> None:
    code, said = reply
    if code != wanted:
        raise _failure(code, _said(code, said, channel, password))


def _failure(code: int, detail: str) -> NotSent:
    if _TEMPORARY <= code < _PERMANENT:
        return TryLater(detail)
    return Refused(detail) if code >= _PERMANENT else Uncertain(f"the answer is not understood: {detail}")


def _said(code: int, said: object, channel: SmtpChannel, password: str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"answered {code}: {masked(text, _hidden(channel, password))}"


def _hidden(channel: SmtpChannel, password: str) -> tuple[str, ...]:
    return (password, f"\0{channel.user}\0{password}") if password else ()


_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_DOT: Final = re.compile(rb"^\.", re.MULTILINE)


def _dotted(data: bytes) -> bytes:
    """``data`` as RFC 5321 sends it: lines end with CR LF, one that starts with a dot gets another, a dot ends it."""
    lines = _DOT.sub(b"..", _LINE_END.sub(b"\n", data)).replace(b"\n", b"\r\n")
    return (lines if lines.endswith(b"\r\n") else lines + b"\r\n") + b".\r\n"


@contextmanager
def _explained(channel: SmtpChannel, password: str, otherwise: Callable[[str], NotSent]) -> Iterator[None]:
    """What went wrong, as a NotSent: ``otherwise`` where the connection broke."""
    host = channel.host
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Refused(f"the certificate of {host} is not valid: {error.verify_message}") from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, smtplib.SMTPServerDisconnected) as error:
        raise otherwise(f"{host} closed the connection or did not answer in time") from error
    except ssl.SSLError as error:
        raise Refused(f"{host} makes no secure connection: {error.reason}") from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, _said(error.smtp_code, error.smtp_error, channel, password)) from None
    except smtplib.SMTPException as error:
        raise Refused(f"{host}: {masked(str(error), _hidden(channel, password))}") from None
    except OSError as error:
        why = "time ran out" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
        raise otherwise(f"{host} cannot be reached: {why}") from error
