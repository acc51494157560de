"""POST to a webhook: https only, to allowed hosts only, no redirect followed, the certificate verified.

The name of a host is resolved once, its addresses are looked at, and the connection goes to one of those: a name that
points into the own network (or does so a moment later) leads nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, urlsplit

from voc import __version__
from voc.channels import DINGTALK, FEISHU, SLACK, TEAMS, WEBHOOK, WECOM, WebhookChannel
from voc.deliver.chat import Payload, encoded
from voc.deliver.outcome import NotSent, Refused, TryLater, Uncertain, time_limit
from voc.deliver.secrets import masked

HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    SLACK: ("hooks.slack.com", "hooks.slack-gov.com"),
    TEAMS: ("*.environment.api.powerplatform.com", "*.logic.azure.com", "*.webhook.office.com"),
    FEISHU: ("open.feishu.cn", "open.larksuite.com"),
    DINGTALK: ("oapi.dingtalk.com",),
    WECOM: ("qyapi.weixin.qq.com",),
    WEBHOOK: (),
}
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
_URL: Final = re.compile(r"https://[!-~]{1,4000}", re.ASCII | re.IGNORECASE)
_MOST: Final = 65_536  # bytes of an answer that are read
_HTTPS: Final = 443
# Taken by nobody: too many at once, or the server says that it cannot. 502 and 504 come from what stands before it,
# which may have passed the message on.
_LATER: Final = frozenset({408, 425, 429, 500, 503})
_MAYBE: Final = frozenset({502, 504})
# Codes in an answer of 200 that say "too many" or "busy": Feishu 9499, 11232; DingTalk -1, 130101; WeCom -1, 45009.
_BUSY: Final = frozenset({-1, 9499, 11232, 130101, 45009})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook's URL leads."""

    host: str
    port: int
    path: str


def target_of(url: str, channel: WebhookChannel, allowed: Iterable[str], *, private: bool) -> Target:
    """The parts of ``url``. Refused where it is no https URL or its host is not allowed; the URL is never shown."""
    where = f"the URL in {channel.url_env}"
    if not _URL.fullmatch(url):
        raise Refused(f"{where} does not begin with https://")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or _HTTPS
    except ValueError:
        raise Refused(f"{where} is no URL") from None
    if not _HOST.fullmatch(host) or "@" in parts.netloc:
        raise Refused(f"{where} names no host by its name")
    if _is_address(host) and not private:
        raise Refused(f"{where} names an address instead of a host")
    if not any(_fits(host, pattern.lower()) for pattern in (*HOSTS[channel.kind], *allowed)):
        raise Refused(f"{where} leads to {host}, which is not allowed: add it to deliver.allowed_hosts if it is yours")
    return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _is_address(host: str) -> bool:
    return bool(re.fullmatch(r"[0-9.]+|0x[0-9a-f]+", host))


def _fits(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]) and len(host) >= len(pattern))


def post(
    channel: WebhookChannel, made: Payload, key: str, secrets: Mapping[str, str], allowed: Iterable[str],
    *, private: bool, timeout: float, now: float,
) -> str:  # fmt: skip
    """Sends ``made`` once; what the service answered. ``key`` names the delivery, ``now`` is the time that signatures
    hold. NotSent otherwise."""
    url, secret = secrets[channel.url_env], secrets.get(channel.secret_env, "")
    target = target_of(url, channel, allowed, private=private)
    path, body, headers = _signed(channel, target.path, made, secret, now)
    headers["Idempotency-Key"] = key
    hidden = (url, secret)
    connection = _connect(target, private=private, timeout=timeout)
    try:
        with time_limit(lambda: connection.sock, timeout):
            return _exchange(connection, channel, path, body, headers, hidden)
    finally:
        connection.close()


def _signed(
    channel: WebhookChannel, path: str, made: Payload, secret: str, now: float
) -> tuple[str, bytes, dict[str, str]]:
    """Path, body and headers, signed as the service wants it."""
    headers = {
        "Content-Type": "application/json; charset=utf-8", "Accept": "application/json",
        "User-Agent": f"voc/{__version__}",
    }  # fmt: skip
    if not secret:
        return path, encoded(made), headers
    if channel.kind == FEISHU:  # the text to sign is the key, and nothing is signed with it
        stamp = str(int(now))
        sign = base64.b64encode(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
        return path, encoded({"timestamp": stamp, "sign": sign, **made}), headers
    if channel.kind == DINGTALK:
        stamp = str(int(now * 1000))
        digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        joined = "&" if "?" in path else "?"
        return f"{path}{joined}timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}", encoded(made), headers
    body, stamp = encoded(made), str(int(now))
    signature = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return path, body, headers | {"X-Voc-Timestamp": stamp, "X-Voc-Signature": f"v1={signature}"}


def _connect(target: Target, *, private: bool, timeout: float) -> http.client.HTTPSConnection:
    """A connection to one of the addresses of the host, each of which has to be a public one."""
    context = ssl.create_default_context()
    connection = http.client.HTTPSConnection(target.host, target.port, timeout=timeout, context=context)
    failure: OSError | None = None
    for address in _addresses(target, private=private):
        try:
            plain = socket.create_connection((address, target.port), timeout)
        except OSError as error:
            failure = error
            continue
        connection.sock = _secured(plain, context, target.host, timeout)
        return connection
    raise TryLater(f"{target.host} cannot be reached: {_why(failure)}")


def _addresses(target: Target, *, private: bool) -> list[str]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TryLater(f"the name {target.host} cannot be resolved: {_why(error)}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private and not all(map(_is_public, addresses)):
        raise Refused(f"{target.host} leads to an address that is not public (deliver.private_addresses allows it)")
    return addresses


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast


def _secured(plain: socket.socket, context: ssl.SSLContext, host: str, timeout: float) -> ssl.SSLSocket:
    secure = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    with ExitStack() as undo:
        undo.callback(secure.close)
        try:
            with time_limit(lambda: secure, timeout):
                secure.do_handshake()
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"the certificate of {host} is not valid: {error.verify_message}") from error
        except ssl.SSLError as error:
            if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
                raise TryLater(f"{host} closed the connection") from error
            raise Refused(f"{host} makes no secure connection: {error.reason}") from error
        except OSError as error:
            raise TryLater(f"{host} closed the connection: {_why(error)}") from error
        undo.pop_all()  # all is well: it stays open
    return secure


def _exchange(
    connection: http.client.HTTPSConnection, channel: WebhookChannel, path: str, body: bytes,
    headers: Mapping[str, str], hidden: tuple[str, ...],
) -> str:  # fmt: skip
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
    except OSError as error:  # not all was handed over, so that nothing can have been taken
        raise TryLater(f"the connection broke while sending: {_why(error)}") from None
    try:
        response = connection.getresponse()
        answer = response.read(_MOST).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:  # their messages may hold the URL
        raise Uncertain(f"no answer came after all was sent: {_why(error)}") from None
    problem = _judged(channel.kind, response.status, answer, hidden)
    if problem:
        problem.after = _seconds(response.getheader("Retry-After"))
        raise problem
    return f"{response.status}"


def _judged(kind: str, status: int, answer: str, hidden: tuple[str, ...]) -> NotSent | None:
    """What an answer says; None where the message was taken."""
    said = masked(answer, hidden)
    detail = f"answered {status}" + (f": {said}" if said else "")
    if 300 <= status < 400:
        return Refused(f"answered {status}: a redirect, which is not followed")
    if status in _LATER:
        return TryLater(detail)
    if status in _MAYBE:
        return Uncertain(detail)
    if not 200 <= status < 300:
        return Refused(detail)
    return _judged_body(answer, detail) if kind in (FEISHU, DINGTALK, WECOM) else None


def _judged_body(answer: str, detail: str) -> NotSent | None:
    """These services answer 200 to everything and say in the body how it went."""
    try:
        value = json.loads(answer)
        codes = [value[key] for key in ("errcode", "code", "StatusCode") if key in value]
    except (ValueError, TypeError, RecursionError):
        codes = []
    if not codes or not isinstance(codes[0], int):
        return Uncertain(f"the answer is not understood: {detail}")
    if codes[0] == 0:
        return None
    return TryLater(detail) if codes[0] in _BUSY else Refused(detail)


def _seconds(header: str | None) -> float | None:
    """Of a Retry-After header; None for a date, which needs a clock that both agree on."""
    return float(header) if header and re.fullmatch(r"\d{1,6}", header.strip(), re.ASCII) else None


def _why(error: Exception | None) -> str:
    """The kind of an error in words that hold nothing of what was sent."""
    if isinstance(error, TimeoutError):
        return "time ran out"
    return (getattr(error, "strerror", None) or type(error).__name__) if error else "no address"
