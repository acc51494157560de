"""Connections over https: to allowed hosts only, with the certificate verified.

The name of a host is resolved once, its addresses are looked at, and the connection goes to one of those: a name that
points into the own network (or does so a moment later) leads nowhere.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from voc.deliver.outcome import Refused, TryLater, time_limit

_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
_URL: Final = re.compile(r"https://[!-~]{1,4000}", re.ASCII | re.IGNORECASE)
_HTTPS: Final = 443


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads."""

    host: str
    port: int
    path: str


def target_of(url: str, where: str, hosts: Iterable[str], *, private: bool) -> Target:
    """The parts of ``url``, which is called ``where`` in errors and never shown.

    ``hosts``: names that it may lead to; ``*.`` at the start stands for everything below. Refused where it is no https
    URL, where its host is none of these, or an address although ``private`` (addresses that are not public) is off.
    """
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
    if not any(_fits(host, pattern.lower()) for pattern in hosts):
        raise Refused(f"{where} leads to {host}, which is not allowed: add it to deliver.allowed_hosts if it is yours")
    return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _is_address(host: str) -> bool:
    return bool(re.fullmatch(r"[0-9.]+|0x[0-9a-f]+", host))


def _fits(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]) and len(host) >= len(pattern))


def connect(target: Target, *, private: bool, timeout: float) -> http.client.HTTPSConnection:
    """A connection to one of the addresses of the host, each of which has to be a public one unless ``private``.

    ``timeout`` in seconds. TryLater where none answers, Refused where the address or the certificate is not good.
    """
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
    raise TryLater(f"{target.host} cannot be reached: {why(failure)}")


def _addresses(target: Target, *, private: bool) -> list[str]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TryLater(f"the name {target.host} cannot be resolved: {why(error)}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private and not all(map(is_public, addresses)):
        raise Refused(f"{target.host} leads to an address that is not public (deliver.private_addresses allows it)")
    return addresses


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet."""
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
            raise TryLater(f"{host} closed the connection: {why(error)}") from error
        undo.pop_all()  # all is well: it stays open
    return secure


def why(error: Exception | None) -> str:
    """The kind of an error in words that hold nothing of what was sent."""
    if isinstance(error, TimeoutError):
        return "time ran out"
    return (getattr(error, "strerror", None) or type(error).__name__) if error else "no address"
