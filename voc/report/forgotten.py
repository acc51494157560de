"""Taking the words of some documents out of a report that was told: every number stays, words become a notice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from voc.documents import NOTICE


@dataclass(frozen=True, slots=True)
class Gone:
    """What must not stand in a report any more. ``names``: old content key -> (new key, new id); ``cases``: old id of
    a case -> new one."""

    names: Mapping[str, tuple[str, str]]
    cases: Mapping[str, str] = field(default_factory=dict)


_WORDS: Final = ("text", "words", "quote")  # fields beside a key that hold what a customer said


def without(text: str, gone: Gone) -> str | None:
    """A report.json without the words of these documents: wherever one is quoted its words become a notice and its key,
    id and day are replaced or left out; texts that repeat such words elsewhere become the notice, too. None where the
    report holds nothing of them. It knows no part of the report by name, so that parts which are added later are
    searched as well.
    """
    if not any(name in text for name in (*gone.names, *gone.cases)):
        return None
    gone = Gone({name: new for name, new in gone.names.items() if name in text}, gone.cases)
    data = json.loads(text)
    words = {w for w in _words(data, gone) if w}
    return json.dumps(_replaced(data, gone, words), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _words(value: Any, gone: Gone) -> set[str]:
    """The words that stand beside a key that is gone."""
    found = set[str]()
    if isinstance(value, dict):
        if value.get("key") in gone.names:
            found |= {value[name] for name in _WORDS if isinstance(value.get(name), str)}
        for entry in value.values():
            found |= _words(entry, gone)
    elif isinstance(value, list):
        for entry in value:
            found |= _words(entry, gone)
    return found


def _replaced(value: Any, gone: Gone, words: set[str]) -> Any:
    if isinstance(value, list):
        return [_replaced(entry, gone, words) for entry in value]
    if isinstance(value, str):
        return NOTICE if value in words else _renamed(value, gone)
    if not isinstance(value, dict):
        return value
    if value.get("key") in gone.names:
        key, identity = gone.names[value["key"]]
        left = {"key": key, "id": identity, "day": None} | dict.fromkeys(_WORDS, NOTICE)
        return {name: left[name] if name in left else _replaced(entry, gone, words) for name, entry in value.items()}
    if value.get("id") in gone.cases and "document" in value:
        blank = {"id": gone.cases[value["id"]], "document": NOTICE, "value": None}
        return {name: blank[name] if name in blank else _replaced(entry, gone, words) for name, entry in value.items()}
    return {_renamed(name, gone): _replaced(entry, gone, words) for name, entry in value.items()}


def _renamed(text: str, gone: Gone) -> str:
    for old, (new, _) in gone.names.items():
        if old in text:
            text = text.replace(old, new)
    return gone.cases.get(text, text)
