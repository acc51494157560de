"""What the recognisers hand over, and the plain form of a text that they look at."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

START: Final = r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9][-./])"  # not inside a word, number or code
END: Final = r"(?![A-Za-z0-9_])(?![-.]\d)"

# Full-width letters, digits and marks, dashes and odd spaces to their plain forms, one for one: offsets stay.
_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，：；！？（）"}
_PLAIN: Final = (
    _WIDE
    | str.maketrans("（）‐‑‒–—―’\u00a0\u2002\u2003\u2009\u202f\u3000", "()------'      ")
    | str.maketrans("①②③④⑤⑥⑦⑧⑨", "123456789")
)
# Digits in words: only where so many stand together that they can be no amount.
_SPOKEN: Final = re.compile(r"[〇零○一二三四五六七八九幺]{7,19}")
_SPOKEN_DIGITS: Final = str.maketrans("〇零○一二三四五六七八九幺", "0001234567891")


def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """``pattern``, in which a Chinese character is no part of a word: a word ends between it and a letter."""
    return re.compile(pattern, flags | re.ASCII)


class Found(NamedTuple):
    """A part of a text that tells of a person: ``mark`` takes its place."""

    start: int
    end: int
    mark: str


class Spans:
    """Spans that are taken already."""

    def __init__(self, taken: Iterable[Found]) -> None:
        self.taken = sorted(taken)

    def is_free(self, found: Found) -> bool:
        """Whether ``found`` overlaps none of them."""
        at = bisect.bisect_left(self.taken, found.end, key=lambda other: other.start)
        return at == 0 or self.taken[at - 1].end <= found.start


def plain(text: str) -> str:
    """``text`` with full-width and spoken digits, dashes and spaces in their plain forms; every offset stays."""
    if text.isascii():
        return text
    folded = text.translate(_PLAIN)
    return _SPOKEN.sub(lambda match: match[0].translate(_SPOKEN_DIGITS), folded)
