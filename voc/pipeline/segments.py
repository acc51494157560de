"""A part of the feedback: which documents belong to it, how it is called, and what of it is too little to be told."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, Protocol

from voc.errors import UsageError

Segment = tuple[tuple[str, str], ...]
ATTRIBUTES: Final = ("channel", "product", "region", "language")
LEAST: Final = 5
"""Documents of a week below which a part of the feedback could be about one person: a product, a region or a channel
of which few speak tells of them as much as two attributes together do."""

_SHOWN: Final = 8
_OTHERS: Final = re.compile(r"[^\w.-]+")
_SLUG: Final = 40


class Described(Protocol):
    """A document as far as segments look at it."""

    @property
    def channel(self) -> str:
        """Where it came in."""

    @property
    def product(self) -> str:
        """What it is about, "" for unknown."""

    @property
    def region(self) -> str:
        """Where the customer is, "" for unknown."""

    @property
    def language(self) -> str:
        """Its BCP 47 tag."""


def belongs(document: Described, segment: Segment) -> bool:
    """Whether it has all values of the segment; ``language=zh`` holds zh-Hans and zh-Hant."""
    return all(_has(str(getattr(document, attribute)), attribute, value) for attribute, value in segment)


def _has(own: str, attribute: str, value: str) -> bool:
    return own == value or (attribute == "language" and own.startswith(f"{value}-"))


def suffix(segment: Segment) -> str:
    """What the scope of a segment ends with; "" for all feedback."""
    return f" [{' & '.join(f'{attribute}={value}' for attribute, value in segment)}]" if segment else ""


def folder_part(segment: Segment) -> str:
    """What the folder of a segment's reports ends with: safe in every file system, different for different segments."""
    if not segment:
        return ""
    plain = "".join(f" {attribute}-{value}" for attribute, value in segment)
    slug = _OTHERS.sub("-", plain.strip()).strip("-.")[:_SLUG]
    if slug == plain.strip().replace(" ", "-"):
        return f"-{slug}"
    return f"-{slug}-{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def check_known(segment: Segment, documents: Iterable[Described]) -> None:
    """UsageError where no document has a value of the segment, or none has all of them; it names those that there
    are."""
    seen = {attribute: Counter[str]() for attribute, _ in segment}
    together = 0
    for document in documents:
        for attribute, counter in seen.items():
            counter[str(getattr(document, attribute))] += 1
        together += belongs(document, segment)
    if together:
        return
    for attribute, value in segment:
        if not any(_has(own, attribute, value) for own in seen[attribute]):
            named = sorted((v for v in seen[attribute] if v), key=lambda v: (-seen[attribute][v], v))
            known = f"Known: {', '.join(named[:_SHOWN])}." if named else f"No document names a {attribute}."
            raise UsageError(f"no document has {attribute}={value}", known)
    pairs = " and ".join(f"{attribute}={value}" for attribute, value in segment)
    raise UsageError(f"no document has {pairs} together", "Leave one of them out.")
