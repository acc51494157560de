"""Secrets: read from the environment when they are needed, and out of every word that is kept or shown."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from voc.errors import UsageError
from voc.text import display

_SHORTEST: Final = 8  # characters: a shorter piece of a URL is a word, not a token
_MOST: Final = 200  # characters of a server's answer that are kept
_MARK: Final = "[secret]"


def secrets_of(names: Iterable[str], channel: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variable -> value. UsageError names those that are not set; a value is never part of a message."""
    given = os.environ if environment is None else environment
    wanted = list(names)
    missing = [name for name in wanted if not given.get(name, "").strip()]
    if missing:
        raise UsageError(
            f"{channel}: the environment lacks {', '.join(missing)}",
            "Set it where voc runs (for cron and systemd in the file that voc schedule names), not in voc.toml.",
        )
    return {name: given[name].strip() for name in wanted}


def masked(text: str, secrets: Iterable[str]) -> str:
    """``text`` as one clean, short line in which no secret and no piece of one stands: a server may say back what it
    was sent."""
    line = display(text)
    for piece in sorted(_pieces(secrets), key=len, reverse=True):
        line = re.sub(re.escape(piece), _MARK, line, flags=re.IGNORECASE)
    return line if len(line) <= _MOST else line[: _MOST - 1] + "…"


def _pieces(secrets: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for secret in secrets:
        found |= {secret, base64.b64encode(secret.encode("utf-8", "replace")).decode("ascii")}
        if "://" in secret:
            parts = urlsplit(secret)
            pieces = {parts.path, parts.query, *parts.path.split("/"), *re.split(r"[&=]", parts.query)}
            pieces |= {unquote(piece) for piece in pieces}
            found |= {piece for piece in pieces if len(piece) >= _SHORTEST}
    return {display(piece) for piece in found} - {""}
