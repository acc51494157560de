"""Runs `python -m voc` where any use of a socket fails: python tests/no_network.py run FILE ..."""

from __future__ import annotations

import runpy
import sys

FORBIDDEN = (
    "socket.__new__",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
)


def refuse(event: str, args: tuple[object, ...]) -> None:
    if event in FORBIDDEN:
        raise PermissionError(f"the network was used: {event} {args[1:]!r}")


def forbid() -> None:
    """From now on, for good."""
    sys.addaudithook(refuse)


if __name__ == "__main__":
    forbid()
    runpy.run_module("voc", run_name="__main__")
