"""POST to a webhook: signed as its service wants it, no redirect followed; what each kind of service answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote_plus

from voc import __version__
from voc.channels import DINGTALK, FEISHU, SLACK, TEAMS, WEBHOOK, WECOM, WebhookChannel
from voc.deliver.chat import Payload, encoded
from voc.deliver.https import connect, target_of, why
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
_MOST: Final = 65_536  # bytes of an answer that are read
# Taken by nobody: too many at once, or the server says that it cannot. 502 and 504 come from what stands before it,
# which may have passed the message on.
_LATER: Final = frozenset({408, 425, 429, 500, 503})
_MAYBE: Final = frozenset({502, 504})
# Codes in an answer of 200 that say "too many" or "busy": Feishu 9499, 11232; DingTalk -1, 130101; WeCom -1, 45009.
_BUSY: Final = frozenset({-1, 9499, 11232, 130101, 45009})


def post(
    channel: WebhookChannel, made: Payload, key: str, secrets: Mapping[str, str], allowed: Iterable[str],
    *, private: bool, timeout: float, now: float,
) -> str:  # fmt: skip
    """Sends ``made`` once; what the service answered. ``key`` names the delivery, ``now`` is the time that signatures
    hold. NotSent otherwise."""
    url, secret = secrets[channel.url_env], secrets.get(channel.secret_env, "")
    hosts = (*HOSTS[channel.kind], *allowed)
    target = target_of(url, f"the URL in {channel.url_env}", hosts, private=private)
    path, body, headers = _signed(channel, target.path, made, secret, now)
    headers["Idempotency-Key"] = key
    hidden = (url, secret)
    connection = connect(target, private=private, timeout=timeout)
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


def _exchange(
    connection: http.client.HTTPSConnection, channel: WebhookChannel, path: str, body: bytes,
    headers: Mapping[str, str], hidden: tuple[str, ...],
) -> str:  # fmt: skip
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
    except OSError as error:  # not all was handed over, so that nothing can have been taken
        raise TryLater(f"the connection broke while sending: {why(error)}") from None
    try:
        response = connection.getresponse()
        answer = response.read(_MOST).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:  # their messages may hold the URL
        raise Uncertain(f"no answer came after all was sent: {why(error)}") from None
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
