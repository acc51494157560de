"""One question to an https service, and its answer: with the care that webhooks are sent with (see https.py)."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from voc import __version__
from voc.deliver.https import Target, connect, target_of, why
from voc.deliver.outcome import NotSent, Refused, TryLater, time_limit
from voc.errors import DeliveryError

_MOST: Final = 65_536  # bytes of an answer that are read; a longer one is no answer


def ask(
    url: str, question: Mapping[str, Any], secret: str, allowed: Iterable[str], *, option: str, private: bool,
    timeout: float,
) -> object:  # fmt: skip
    """What the service at ``url`` answers to ``question``, both JSON; ``secret`` is a bearer token, "" for none.

    https to one of the hosts ``allowed`` only, no redirect, at most 64 KiB. DeliveryError otherwise; it names
    ``option``, neither the URL's path nor the secret.
    """
    target = asked_host(url, allowed, option=option, private=private)
    try:
        return _asked(target, question, secret, private=private, timeout=timeout)
    except NotSent as error:
        raise _unasked(option, error) from error


def asked_host(url: str, allowed: Iterable[str], *, option: str, private: bool) -> Target:
    """Where ``url`` leads; DeliveryError as of `ask` where that is not allowed."""
    try:
        return target_of(url, f"the URL in {option}", allowed, private=private)
    except NotSent as error:
        raise _unasked(option, error) from error


def _unasked(option: str, error: NotSent) -> DeliveryError:
    return DeliveryError(f"{option}: {error.detail}", "Nothing was changed. Labels of voc's own stay.")


def _asked(target: Target, question: Mapping[str, Any], secret: str, *, private: bool, timeout: float) -> object:
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"voc/{__version__}"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    connection = connect(target, private=private, timeout=timeout)
    try:
        with time_limit(lambda: connection.sock, timeout):
            connection.request("POST", target.path, body=json.dumps(question).encode(), headers=headers)
            response = connection.getresponse()
            body = response.read(_MOST + 1)
    except (OSError, http.client.HTTPException) as error:  # their messages may hold the URL
        raise TryLater(f"no answer from {target.host}: {why(error)}") from None
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise Refused(f"{target.host} answered {response.status}")
    try:
        return json.loads(body) if len(body) <= _MOST else None
    except (ValueError, RecursionError):
        raise Refused(f"the answer of {target.host} is no JSON") from None
