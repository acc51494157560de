"""Transcripts: a file holds one conversation and becomes one document with a turn for every cue.

``.vtt`` (WebVTT), ``.srt`` (SubRip), ``.txt`` (lines with speakers; a text without any is one document of plain text)
and ``.json`` (what recognisers write, see ``transcript_json``). The document's text has a line ``Speaker: words`` for
each turn; a turn has its speaker, its role (see ``speakers``) and its times. Metadata "speaker_roles" says how the
roles were found. The id is the one that the file names, else the name of the file, since recordings are named by their
call. The time is what the file names (a field of its JSON, a line ``Date: ...`` in its head), else a date in the
file's name, else unknown.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from voc.documents import Document, Reject
from voc.errors import InputError
from voc.ingest import encodings, headers
from voc.ingest.columns import FIELDS
from voc.ingest.dates import parse_time
from voc.ingest.prefixes import Said, offsets, speakers_of, split_lines, split_text
from voc.ingest.record import Builder, IngestOptions, Stats
from voc.ingest.source import Opened, Rows
from voc.ingest.speakers import LEAST, cast
from voc.ingest.srt import is_srt, parse_srt
from voc.ingest.transcript_json import Heard, Recording, looks_like_transcript, read_recording
from voc.ingest.turns import Spoken
from voc.ingest.values import clean, excerpt
from voc.ingest.webvtt import SIGNATURE, Captions, Cue, NotWebVttError, parse_webvtt

# Bytes of one file, which is held in memory: a day of speech, with the time of each word.
SIZE_LIMIT: Final = 20_000_000
_FILE_DATE: Final = re.compile(r"(?<!\d)(20\d\d)([-_.]?)([01]\d)\2([0-3]\d)(?!\d)")
_HEAD_LINE: Final = re.compile(r"[ \t\ufeff]*([^\W\d_][^:：]{0,30})[:：][ \t]*(\S.{0,300})")
_NAMES: Final[Mapping[str, str]] = {
    name: field
    for field, names in {
        "id": "call id|conversation id|contact id|session id|chat id|transcript id|recording id|ticket id|case id"
        "|通话编号|通話編號|会话编号|會話編號|通话id|通話id|录音编号|錄音編號",
        "time": "date|datetime|call date|call time|started|started at|start time|created at|recorded at|recorded"
        "|日期|时间|時間|通话时间|通話時間|通话日期|通話日期|开始时间|開始時間",
        "customer": "customer id|customer number|client id|user id|account id|account number|member id"
        "|客户编号|客戶編號|客户号|客戶號|会员号|會員號|用户编号|用戶編號|账号|帳號",
        "channel": "channel|渠道|管道",
        "language": "language|language code|lang|语言|語言",
        "product": "product|产品|產品",
        "region": "region|地区|地區",
    }.items()
    for name in names.split("|")
}
_LEAST_EPOCH: Final = 100_000_000  # smaller numbers are offsets in a recording


@dataclass(frozen=True, slots=True)
class _Conversation:
    """What a file holds before its speakers have roles."""

    turns: Sequence[Heard]
    values: Mapping[str, Any]
    metadata: Mapping[str, Any]
    first: str = ""


_Parse = Callable[["_Reading", str], Iterator[Document | Reject]]


def _opened(path: Path, options: IngestOptions, parse: _Parse, what: str) -> Opened:
    """The reading of ``path`` by ``parse``, which gets its text, the options and the Stats."""
    size = path.stat().st_size
    if size > SIZE_LIMIT:
        raise InputError(
            f"{path.name} has {size:,} bytes; a transcript has at most {SIZE_LIMIT:,}", "split it by conversation"
        )
    encoding = _encoding(path)

    def read(stats: Stats) -> Rows:
        try:
            text = path.read_bytes().decode(encoding.codec, "replace")
        except OSError as error:
            raise _unreadable(path, error) from error
        reader = _Reading(path, options, stats)
        for item in parse(reader, text):
            yield item.row if isinstance(item, Reject) else 1, item

    return Opened({}, tuple(filter(None, (what, encoding.choice))), read)


def _encoding(path: Path) -> encodings.Encoding:
    """The encoding of a file. The standard has WebVTT in UTF-8 with U+FFFD for what does not decode, so that a file
    with the signature is read even where nothing fits."""
    try:
        return encodings.detect(path)
    except InputError:
        try:
            with path.open("rb") as file:
                signed = file.read(9).removeprefix(codecs.BOM_UTF8).startswith(SIGNATURE.encode())
        except OSError as error:
            raise _unreadable(path, error) from error
        if signed:
            return encodings.UTF8
        raise


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path.name} cannot be read: {error.strerror or error}", "check the disk and the permissions")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of one file."""

    path: Path
    options: IngestOptions
    stats: Stats

    def vtt(self, text: str) -> Iterator[Document | Reject]:
        """A WebVTT file; without the signature it is a reject."""
        try:
            found = parse_webvtt(text)
        except NotWebVttError as error:
            detail = f"{error}; a caption file without it is SubRip: name it .srt"
            yield Reject(1, "not_webvtt", detail, excerpt(text.strip()[:200]))
            return
        yield from self._captions(found)

    def srt(self, text: str) -> Iterator[Document | Reject]:
        """A SubRip file; one that is WebVTT inside is read as that."""
        signed = text.removeprefix("\ufeff").startswith(SIGNATURE)
        yield from self.vtt(text) if signed else self._captions(parse_srt(text))

    def text(self, text: str) -> Iterator[Document | Reject]:
        """Lines with speakers, captions under a wrong name, or plain text."""
        if text.removeprefix("\ufeff").startswith(SIGNATURE) or is_srt(text):
            yield from self.srt(text)
            return
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        values, metadata, body = _head(text)
        said = split_text(body)
        if not said:
            yield self._document({"text": text.strip()}, {})
            return
        times = offsets(one.stamp for one in said)
        turns = [Heard(one.speaker, one.text.strip(), begins) for one, begins in zip(said, times, strict=True)]
        yield self._conversation(_Conversation([turn for turn in turns if turn.text], values, metadata))

    def json(self, text: str) -> Iterator[Document | Reject]:
        """A transcript in JSON."""
        try:
            value = json.loads(text.removeprefix("\ufeff"))
        except ValueError as error:  # JSONDecodeError, or an integer of thousands of digits
            yield Reject(1, "not_json", f"the file is not JSON: {error}"[:200], excerpt(text.strip()[:200]))
            return
        except RecursionError:
            yield Reject(1, "too_deep", "the file is nested too deeply; flatten it", excerpt(text.strip()[:200]))
            return
        form = looks_like_transcript(value)
        if form is None:
            yield Reject(1, "not_a_transcript", "no form of transcript that voc knows", excerpt(text.strip()[:200]))
            return
        found = read_recording(value, form)
        if not any(turn.text for turn in found.turns):
            yield Reject(1, "no_speech", f"the transcript ({form}) holds no words", excerpt(text.strip()[:200]))
            return
        values, metadata = _fields(found)
        yield self._conversation(_Conversation(found.turns, values, metadata, found.first), numbers=True)

    def _captions(self, found: Captions) -> Iterator[Document | Reject]:
        loose = sum(cue.loose for cue in found.cues)
        if loose:
            self.stats.notes.append(f"{loose:,} cues have times that are written out of form; they were read")
        if found.cues:
            values, metadata = _known(found.header)
            yield self._conversation(_Conversation(_heard(found.cues), values, metadata))
        elif not found.rejects:
            yield Reject(1, "no_cues", "there are no captions in the file")
        yield from found.rejects

    def _conversation(self, given: _Conversation, *, numbers: bool = False) -> Document | Reject:
        options = self.options
        casting = cast(
            [(turn.speaker, turn.text) for turn in given.turns],
            agents=options.agents,
            customers=options.customers,
            first=given.first,
        )
        unnamed = "other" if "customer" in casting.roles.values() else "customer"
        spoken = tuple(
            Spoken(
                casting.roles[turn.speaker] if turn.speaker is not None else unnamed,
                turn.speaker,
                turn.text,
                turn.begins,
                turn.ends,
            )
            for turn in given.turns
        )
        if casting.confidence < LEAST and casting.roles:
            self.stats.notes.append(
                f"who is the customer cannot be told ({casting.basis}); name them in [ingest] agents and customers"
            )
        metadata = {**given.metadata, "speaker_roles": casting.basis}
        return self._document({"channel": "call", **given.values, "turns": spoken}, metadata, numbers=numbers)

    def _document(
        self, values: Mapping[str, Any], metadata: Mapping[str, Any], *, numbers: bool = False
    ) -> Document | Reject:
        values = {name: value for name, value in values.items() if value not in (None, "")}
        stem = clean(self.path.stem)
        if "time" not in values and (date := _date_of(stem)):
            values["time"] = date
        if self.options.channel:
            values["channel"] = self.options.channel
        builder = Builder(self.path.name, self.options, numbers=numbers, stats=self.stats)
        built = builder.build(1, values, metadata)
        if isinstance(built, Reject) or built.given_id:
            return built
        # Recordings are named by their call: two with the same words are two calls. A plain text is its words alone.
        return replace(built, id=stem, given_id=bool(built.turns))


def _heard(cues: Sequence[Cue]) -> list[Heard]:
    """A turn for each voice of each cue. Where no cue has a voice span, names before a colon are the speakers."""
    voices = any(piece.voice for cue in cues for piece in cue.pieces)
    texts = [clean(piece.text).strip() for cue in cues for piece in cue.pieces]
    named = frozenset[str]() if voices else speakers_of([line for text in texts for line in text.split("\n")[:1]])
    turns: list[Heard] = []
    for cue in cues:
        for piece in cue.pieces:
            text = clean(piece.text).strip()
            said = split_lines(text, named) if named else [Said(piece.voice, text)]
            turns.extend(
                Heard(clean(one.speaker) if one.speaker else None, one.text.strip(), cue.begins, cue.ends)
                for one in said or [Said(None, "")]
            )
    return turns


def _head(text: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Fields that stand in lines of their own above the conversation, and the rest of the text."""
    lines = text.split("\n")
    at = 0
    while at < len(lines) and (not lines[at].strip() or _field_line(lines[at])):
        at += 1
    values, metadata = _known(lines[:at])
    return values, metadata, "\n".join(lines[at:])


def _field_line(line: str) -> tuple[str, str] | None:
    """(field, value) of ``Call ID: 123``."""
    match = _HEAD_LINE.match(line)
    field = _NAMES.get(headers.normalise(match[1])) if match else None
    return (field, match[2].strip()) if match and field else None


def _known(lines: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values of canonical fields, and the other lines ``Key: value`` as metadata."""
    values: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for line in lines:
        match = _HEAD_LINE.match(line)
        if match is None:
            continue
        name, value = headers.normalise(match[1]), match[2].strip()
        field = _NAMES.get(name) or (name if name in FIELDS and name != "text" else None)
        if field and field not in values:
            values[field] = value
        elif not field:
            metadata[match[1].strip()] = value
    return values, metadata


def _fields(found: Recording) -> tuple[dict[str, Any], dict[str, Any]]:
    """Canonical values of a recording, and what else is plain enough for metadata."""
    values = {name: value for name, value in found.values.items() if _is_plain(value)}
    metadata: dict[str, Any] = {}
    for key, value in found.metadata.items():
        name = headers.normalise(key)
        field = _NAMES.get(name) or (name.replace(" ", "_") if name.replace(" ", "_") in FIELDS else None)
        offset = field == "time" and isinstance(value, int | float) and value < _LEAST_EPOCH
        if field and field != "text" and field not in values and _is_plain(value) and not offset:
            values[field] = value
        elif _is_plain(value) or _is_small(value):
            metadata[key] = value
    return values, metadata


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _is_small(value: object) -> bool:
    """Lists and objects of a few plain values: labels, not words with their times."""
    if isinstance(value, bool):
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and 0 < len(inner) <= 50 and all(_is_plain(one) for one in inner)


def _date_of(stem: str) -> str | None:
    """The date in a file's name (``call-2026-11-02-17``), None where there is none or several."""
    found = {parse_time(f"{m[1]}-{m[3]}-{m[4]}") for m in _FILE_DATE.finditer(stem)} - {None}
    return found.pop() if len(found) == 1 else None


class VttReader:
    """Reads ``.vtt``."""

    kind: Final = "vtt"
    suffixes: Final = (".vtt",)

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Raises InputError where the file is over the size limit or no text."""
        return _opened(path, options, _Reading.vtt, "one conversation: WebVTT")


class SrtReader:
    """Reads ``.srt``."""

    kind: Final = "srt"
    suffixes: Final = (".srt",)

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Raises InputError where the file is over the size limit or no text."""
        return _opened(path, options, _Reading.srt, "one conversation: SubRip")


class TextReader:
    """Reads ``.txt``."""

    kind: Final = "transcript"
    suffixes: Final = (".txt",)

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Raises InputError where the file is over the size limit or no text."""
        return _opened(
            path, options, _Reading.text, "one document: a conversation where its lines name speakers, else plain text"
        )


class TranscriptJson:
    """Reads the ``.json`` files that ``transcript_form`` names a form for."""

    kind: Final = "transcript"
    suffixes: Final = (".json",)

    def open(self, path: Path, options: IngestOptions) -> Opened:
        """Raises InputError where the file is over the size limit or no text."""
        return _opened(path, options, _Reading.json, "one conversation: JSON of a recogniser")


def transcript_form(path: Path) -> str | None:
    """The form of the one conversation in the JSON file ``path``, None where it holds anything else (documents, no
    JSON, more than ``SIZE_LIMIT`` bytes). Raises InputError where it is no text or cannot be read."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            return None
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    text = data.decode(encodings.detect(path).codec, "replace").removeprefix("\ufeff")
    try:
        return looks_like_transcript(json.loads(text))
    except (ValueError, RecursionError):
        return None
