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
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from voc.documents import Document, Reject
from voc.errors import InputError
from voc.ingest import encodings
from voc.ingest.prefixes import Said, offsets, speakers_of, split_lines, split_text
from voc.ingest.record import Builder, IngestOptions, Stats
from voc.ingest.source import Opened, Rows
from voc.ingest.speakers import LEAST, cast
from voc.ingest.srt import is_srt, parse_srt
from voc.ingest.transcript_fields import date_of, head_fields, known_fields, recording_fields
from voc.ingest.transcript_json import Heard, looks_like_transcript, read_recording
from voc.ingest.turns import Spoken
from voc.ingest.values import clean, excerpt
from voc.ingest.webvtt import SIGNATURE, Captions, Cue, NotWebVttError, parse_webvtt

# Bytes of one file, which is held in memory: a day of speech, with the time of each word.
SIZE_LIMIT: Final = 20_000_000
_REMEMBERED: Final = 1 << 20  # bytes of a file that is kept from the look at it until it is read
_RECOGNISER: Final = "one conversation: JSON of a recogniser"


@dataclass(frozen=True, slots=True)
class _Conversation:
    """What a file holds before its speakers have roles."""

    turns: Sequence[Heard]
    values: Mapping[str, Any]
    metadata: Mapping[str, Any]
    first: str = ""


_Parse = Callable[["_Reading", str], Iterator[Document | Reject]]


def _opened(path: Path, options: IngestOptions, parse: _Parse, what: str, looked: _Looked | None = None) -> Opened:
    """The reading of ``path`` by ``parse``, which gets its text, the options and the Stats. ``looked``: what is known
    of it."""
    size = path.stat().st_size
    if size > SIZE_LIMIT:
        raise InputError(
            f"{path.name} has {size:,} bytes; a transcript has at most {SIZE_LIMIT:,}", "split it by conversation"
        )
    encoding = looked.encoding if looked else _encoding(path)

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
        values, metadata, body = head_fields(text)
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
        yield self.recording(value, form, text)

    def recording(self, value: object, form: str, text: str) -> Document | Reject:
        """JSON that is parsed already, see ``read_recording``; ``text`` is what it was written as."""
        found = read_recording(value, form)
        if not any(turn.text for turn in found.turns):
            return Reject(1, "no_speech", f"the transcript ({form}) holds no words", excerpt(text.strip()[:200]))
        values, metadata = recording_fields(found)
        given = _Conversation(found.turns, values, metadata, found.first)
        return self._conversation(given, numbers=True)

    def _captions(self, found: Captions) -> Iterator[Document | Reject]:
        loose = sum(cue.loose for cue in found.cues)
        if loose:
            self.stats.notes.append(f"{loose:,} cues have times that are written out of form; they were read")
        if found.cues:
            values, metadata = known_fields(found.header)
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
        if "time" not in values and (date := date_of(stem)):
            values["time"] = date
        if self.options.channel:
            values["channel"] = self.options.channel
        builder = Builder(self.path.name, self.options, numbers=numbers, stats=self.stats)
        # Recordings are named by their call: two with the same words are two calls. A plain text is its words alone.
        return builder.build(1, values, metadata, name=stem)


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
        opened = _opened(path, options, _Reading.json, _RECOGNISER, last := _LOOKED.at(path))
        if last is None:
            return opened
        held = weakref.ref(last)  # so that sources which are only listed hold no texts

        def read(stats: Stats) -> Rows:
            looked = held()
            if looked is None:
                yield from opened.read(stats)
                return
            _LOOKED.last = None
            yield 1, _Reading(path, options, stats).recording(looked.value, looked.form, looked.text)

        return replace(opened, read=read)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Looked:
    """A transcript in JSON as it was when its form was found out; ``state`` is its size and time of change."""

    path: Path
    state: tuple[int, int]
    encoding: encodings.Encoding
    text: str
    value: object
    form: str


class _LastLooked:
    """The JSON file that was looked at last: it is mostly the one to be read next, and need not be parsed again."""

    def __init__(self) -> None:
        self.last: _Looked | None = None

    def at(self, path: Path) -> _Looked | None:
        """What was seen in ``path``, None where it was not the last one or has changed since."""
        last = self.last
        return last if last is not None and last.path == path and last.state == _state(path) else None


_LOOKED: Final = _LastLooked()


def _state(path: Path) -> tuple[int, int]:
    now = path.stat()
    return now.st_size, now.st_mtime_ns


def transcript_form(path: Path) -> str | None:
    """The form of the one conversation in the JSON file ``path``, None where it holds anything else (documents, no
    JSON, more than ``SIZE_LIMIT`` bytes). Raises InputError where it is no text or cannot be read."""
    _LOOKED.last = None
    try:
        state = _state(path)
        if state[0] > SIZE_LIMIT:
            return None
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    encoding = encodings.detect(path, data)
    text = data.decode(encoding.codec, "replace")
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    form = looks_like_transcript(value)
    if form is not None and len(data) <= _REMEMBERED:
        _LOOKED.last = _Looked(path, state, encoding, text, value, form)
    return form
