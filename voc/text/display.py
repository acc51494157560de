"""The form of a text that people read."""

from __future__ import annotations

import re
from typing import Final

# Controls, bidirectional overrides and isolates (they can make a quote read backwards), soft hyphen, zero-width space
# and byte order mark. Zero-width joiners stay: emoji and Indic scripts need them.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_SPACE: Final = re.compile(r"\s+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def display(text: str) -> str:
    """Return ``text`` for people: white space folded to single spaces and trimmed, control and bidirectional characters
    removed, lone surrogates shown as U+FFFD. The result is shorter or equal in length; it is not escaped for HTML."""
    text = _UNSEEN.sub("", text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return _SPACE.sub(" ", text).strip()
