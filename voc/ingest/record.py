"""One row of any source, as canonical fields, to a Document or a Reject."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from voc.documents import CONVERSATIONS, Document, Reject, Turn
from voc.ingest.dates import DayOrder, is_relative, parse_time, resolve_relative
from voc.ingest.turns import compose, compose_spoken, locate
from voc.ingest.values import TEXT_LIMIT, clean, excerpt, parse_channel, parse_language, parse_money, parse_rating
from voc.text import detect_language, parse_turns, repair_turns

_STRINGS: Final = ("customer", "reply", "thread", "product", "region", "segment")


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """``mapping``: canonical field -> column or key; ``as_of``: what relative dates refer to (None: they stay open);
    ``channel``: of documents that name none; ``repair``: whether texts are repaired (the document keeps the original),
    or stay as they were given, so that offsets are those of the input; ``agents`` and ``customers``: names or
    labels of speakers in transcripts; ``company_domains``: whose mail is an answer and no customer's."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    as_of: dt.date | None = None
    channel: str | None = None
    repair: bool = True
    agents: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    company_domains: tuple[str, ...] = ()


@dataclass(slots=True)
class Stats:
    """What one reading of a source kept but could not use: dates and channels that stay in the metadata, and
    relative dates without a day to count from. ``notes`` are further lines for people. ``source`` is the name that the
    documents get, where it is another than the file's own."""

    source: str = ""
    bad_times: int = 0
    open_times: int = 0
    bad_channels: int = 0
    notes: list[str] = field(default_factory=list)

    def lines(self, name: str) -> tuple[str, ...]:
        """Warnings for people, () where there is nothing to say."""
        said = []
        if self.bad_times:
            said.append(f"{name}: {self.bad_times:,} dates could not be read; those documents count as undated")
        if self.open_times:
            said.append(
                f"{name}: {self.open_times:,} dates are relative (3 weeks ago) and there is no day to count from; "
                "those documents count as undated until --as-of DATE says when the file was made"
            )
        if self.bad_channels:
            said.append(f"{name}: {self.bad_channels:,} channels are none that voc knows; they are kept as metadata")
        return (*said, *(f"{name}: {note}" for note in self.notes))


class _RefusedError(Exception):
    """The row becomes a reject."""

    def __init__(self, reason: str, detail: str, value: object = "") -> None:
        super().__init__(reason)
        self.reason, self.detail, self.value = reason, detail, value


@dataclass(slots=True)
class Builder:
    """Builds the documents of one source. ``numbers``: dates may be epochs or 20260304."""

    source: str
    options: IngestOptions
    order: DayOrder = DayOrder.DAY_FIRST
    numbers: bool = False
    stats: Stats = field(default_factory=Stats)

    def build(
        self,
        row: int,
        values: Mapping[str, Any],
        metadata: Mapping[str, Any],
        *,
        name: str = "",
        original: str | None = None,
    ) -> Document | Reject:
        """The document of ``values`` (canonical field -> value as read) or the reject that says why there is none.

        A text that is missing (no key or null) or no text, a value of the wrong type and a value over the limit are
        rejects; an empty text is a document, and so is one whose date, rating or channel cannot be read: the value
        stays in the metadata then. ``name`` is the id where the source gives none: of conversations as good as given.
        ``original`` is what the document keeps where its text is another.
        """
        try:
            return self._document(values, dict(_flatten(metadata)), name, original)
        except _RefusedError as refused:
            return Reject(row, refused.reason, refused.detail, excerpt(refused.value))
        except RecursionError:
            return Reject(row, "too_deep", "its metadata is nested too deeply; flatten it")

    def _document(
        self, values: Mapping[str, Any], metadata: dict[str, str], name: str, original: str | None
    ) -> Document:
        given_text, turns = self._text(values)
        channel = self._channel(values, metadata, conversation=bool(turns))
        text, turns = repair_turns(given_text, turns) if self.options.repair else (given_text, turns)
        if original is not None and original != text:
            given_text = original
        if not turns and channel in CONVERSATIONS:
            turns = parse_turns(text)
        time, time_text = self._time("time", values, metadata)
        reply_time, _ = self._time("reply_time", values, metadata)
        strings = {key: _string(key, values.get(key)) for key in _STRINGS}
        given = _string("id", values.get("id"))
        language = parse_language(_string("language", values.get("language")) or "")
        document = Document(
            id=given or name,
            text=text,
            source=self.stats.source or self.source,
            channel=channel,
            time=time,
            language=language or detect_language(text),
            turns=turns,
            rating=_number("rating", values.get("rating"), metadata),
            reply_time=reply_time,
            value=_number("value", values.get("value"), metadata),
            metadata=metadata,
            time_text=time_text,
            given_id=given is not None or (bool(name) and bool(turns)),
            original=None if text == given_text else given_text,
            **strings,
        )
        return document if document.id else replace(document, id=document.key[:16])

    def _text(self, values: Mapping[str, Any]) -> tuple[str, tuple[Turn, ...]]:
        text, turns = values.get("text"), values.get("turns")
        if text is not None and not isinstance(text, str):
            raise _RefusedError("wrong_type", f"the text is {_kind(text)}, not a string; write it in quotes", text)
        if isinstance(turns, tuple):  # of Spoken: a reader of transcripts made them
            text, found = compose_spoken(turns)
        elif turns is not None and turns != []:
            try:
                text, found = compose(turns) if text is None else (clean(text), locate(clean(text), turns))
            except ValueError as error:
                raise _RefusedError(
                    "bad_turns", f"{error}; turns is a list of {{role, text}} in order", turns
                ) from None
        elif text is None:
            raise _RefusedError(
                "missing_text", "there is no text; name the field 'text' or say which with --map text=FIELD"
            )
        else:
            text, found = clean(text), ()
        if len(text) > TEXT_LIMIT:
            raise _RefusedError(
                "too_long", f"the text has {len(text):,} characters; at most {TEXT_LIMIT:,} are read", text
            )
        return text, found

    def _channel(self, values: Mapping[str, Any], metadata: dict[str, str], *, conversation: bool) -> str:
        fallback = self.options.channel or ("chat" if conversation else "review")
        given = _string("channel", values.get("channel"))
        if given is None:
            return fallback
        channel = parse_channel(given)
        if channel is None:
            self.stats.bad_channels += 1
            metadata["channel"] = given
        return channel or fallback

    def _time(self, name: str, values: Mapping[str, Any], metadata: dict[str, str]) -> tuple[str | None, str | None]:
        value = values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = format(value, ".0f") if isinstance(value, float) and math.isfinite(value) else str(value)
        written = _string(name, value)
        if written is None:
            return None, None
        time = parse_time(written, self.order, numbers=self.numbers)
        if time is not None:
            return time, None
        if is_relative(written):
            if self.options.as_of:
                return resolve_relative(written, self.options.as_of), written
            self.stats.open_times += name == "time"
            return None, written
        self.stats.bad_times += 1
        metadata[name] = written
        return None, None


def _kind(value: object) -> str:
    kinds = {
        dict: "an object",
        list: "a list",
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
    }
    return kinds.get(type(value), "null")


def _string(name: str, value: object) -> str | None:
    """A short field as text without outer white space; None where it is empty."""
    if value is None:
        return None
    if isinstance(value, bool | dict | list):
        raise _RefusedError("wrong_type", f"{name} is {_kind(value)}, not a string", value)
    text = clean(str(value)).strip()
    if len(text) > TEXT_LIMIT:
        raise _RefusedError("too_long", f"{name} has {len(text):,} characters; at most {TEXT_LIMIT:,} are read", text)
    return text or None


def _number(name: str, value: object, metadata: dict[str, str]) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number: float | None = float(value)
        except OverflowError:
            number = None
        number = number if number is not None and math.isfinite(number) else None
    else:
        written = _string(name, value)
        if written is None:
            return None
        number = parse_rating(written) if name == "rating" else parse_money(written)
    if number is None:
        metadata[name] = clean(str(value))[:TEXT_LIMIT].strip()
    return number


def _flatten(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Metadata as strings, empty ones left out; lists and objects as JSON."""
    flat: list[tuple[str, str]] = []
    for key, value in metadata.items():
        if value is None:
            continue
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        written = clean(written).strip()
        if len(written) > TEXT_LIMIT:
            raise _RefusedError(
                "too_long", f"{excerpt(key)} has {len(written):,} characters; at most {TEXT_LIMIT:,} are read", written
            )
        if written:
            flat.append((clean(key), written))
    return flat
