"""JSON that speech recognisers write, to turns: one function per form, chosen by ``looks_like_transcript``.

Forms: Whisper and WhisperX (``segments``), whisper.cpp (``transcription``), pipelines with ``chunks``, Amazon
Transcribe (``results``), Amazon Contact Lens and Call Analytics (``Transcript``), Deepgram (``results.channels``),
AssemblyAI (``utterances``, milliseconds), ``{"turns": ...}`` and a plain list of ``{speaker, text, start}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from voc.ingest.turns import seconds_of

_TEXTS: Final = ("text", "transcript", "content", "utterance", "Content", "sentence")
_SPEAKERS: Final = (
    *("speaker", "speaker_name", "speakerName", "speaker_label", "speaker_id", "speakerId", "role", "participant"),
    *("ParticipantRole", "ParticipantId", "name", "channel"),
)
_STARTS: Final = ("start", "begin", "begins", "start_time", "startTime", "from", "offset", "time", "timestamp")
_ENDS: Final = ("end", "ends", "end_time", "endTime", "to")
_MS: Final = {"BeginOffsetMillis", "EndOffsetMillis", "start_ms", "end_ms", "startMs", "endMs"}
_BESIDE: Final = (
    "id index words confidence duration sentiment language type seek tokens temperature avg_logprob compression_ratio "
    "no_speech_prob speaker_confidence channels num_words emotion Id Sentiment LoudnessScores avg_confidence"
)
_TURN_KEYS: Final = frozenset((*_TEXTS, *_SPEAKERS, *_STARTS, *_ENDS, *_MS)) | frozenset(_BESIDE.split())
_CLOCK: Final = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:[.,](\d{1,9}))?", re.ASCII)
_WIDE: Final = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_DAY: Final = 86_400  # starts beyond it, in whole numbers, are milliseconds
_GAP: Final = 1.5  # seconds of silence that end a turn where the form has words only
_SAMPLE: Final = 200


class Heard(NamedTuple):
    """A turn as a recogniser wrote it; ``speaker`` is None where it names none, times are seconds."""

    speaker: str | None
    text: str
    begins: float | None = None
    ends: float | None = None


@dataclass(slots=True)
class Recording:
    """What a JSON transcript holds: its turns, the speaker of channel 0 ("" without channels), values of canonical
    fields (id, time, customer, ...) and the rest of its plain fields."""

    turns: list[Heard] = field(default_factory=list)
    first: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


def looks_like_transcript(value: object) -> str | None:
    """The form of one conversation in ``value`` (parsed JSON), None where it is none: a list of documents, say.

    One of "whisper", "whisper.cpp", "chunks", "amazon", "contact_lens", "deepgram", "assemblyai", "turns".
    """
    if isinstance(value, list):
        return "turns" if value and all(map(_is_turn, value[:_SAMPLE])) else None
    if not isinstance(value, dict):
        return None
    results = value.get("results")
    if isinstance(results, dict):
        if isinstance(results.get("channels"), list) or isinstance(results.get("utterances"), list):
            return "deepgram"
        if any(isinstance(results.get(key), list) for key in ("transcripts", "items", "audio_segments")):
            return "amazon"
    if _objects(value.get("Transcript")) or _objects(value.get("Segments")):
        return "contact_lens"
    if _objects(value.get("utterances")):
        return "assemblyai" if _whole(value["utterances"]) else "turns"
    if value.get("audio_url") is not None and isinstance(value.get("words"), list):
        return "assemblyai"
    if _objects(value.get("transcription")):
        return "whisper.cpp"
    for key, form in (("segments", "whisper"), ("turns", "turns"), ("speakers", "chunks"), ("chunks", "chunks")):
        if (listed := _objects(value.get(key))) and any(_text(item) is not None for item in listed[:_SAMPLE]):
            return form
    return None


def read_recording(value: object, form: str) -> Recording:
    """The turns of ``value``, which ``looks_like_transcript`` called ``form``. Parts of another shape than the form
    says are left out; without any words the recording has no turns."""
    found = Recording()
    if isinstance(value, list):
        found.turns = _heard(value)
        return found
    if isinstance(value, dict):
        _READ[form](value, found)
        found.turns = [turn for turn in found.turns if turn.text or turn.begins is not None]
    return found


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_turn(item: object) -> bool:
    """An object of a turn and nothing else: any further key makes it a document or a row of a turn table."""
    if not isinstance(item, dict) or _text(item) is None or not _TURN_KEYS.issuperset(item):
        return False
    named = any(key in item for key in _SPEAKERS if key not in ("channel", "name"))
    timed = any(key in item for key in (*_STARTS, *_MS) if key not in ("time", "timestamp"))
    return named or timed


def _text(item: Mapping[str, Any]) -> str | None:
    for key in _TEXTS:
        if isinstance(value := item.get(key), str):
            return value
    return None


def _speaker(item: Mapping[str, Any]) -> str | None:
    for key in _SPEAKERS:
        value = item.get(key)
        if isinstance(value, dict):
            value = value.get("name") or value.get("id") or value.get("role")
        if isinstance(value, bool) or value is None or value == "":
            continue
        if isinstance(value, int):
            return f"{'channel' if key == 'channel' else 'speaker'} {value}"
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return None


def _time(value: object) -> float | None:
    """Seconds from a number, a number in a string, or ``00:01:02.500``."""
    if isinstance(value, str):
        match = _CLOCK.fullmatch(value.strip())
        if match:
            hours, minutes, seconds, fraction = match.groups()
            whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
            return whole + int((fraction or "0").ljust(3, "0")[:3]) / 1000
        try:
            value = float(value[:40])
        except ValueError:
            return None
    number = seconds_of(value)
    return None if number is None else round(number, 3)


def _times(item: Mapping[str, Any]) -> tuple[float | None, float | None]:
    pair = item.get("timestamp")
    if isinstance(pair, list) and len(pair) == 2:
        return _time(pair[0]), _time(pair[1])
    for begin, end in (("BeginOffsetMillis", "EndOffsetMillis"), ("start_ms", "end_ms"), ("startMs", "endMs")):
        if begin in item:
            return _divided(_time(item[begin])), _divided(_time(item.get(end)))
    begins, ends = _first_time(item, _STARTS), _first_time(item, _ENDS)
    duration = seconds_of(item.get("duration"))
    if ends is None and begins is not None and duration is not None:
        ends = round(begins + duration, 3)
    return begins, ends


def _first_time(item: Mapping[str, Any], keys: Sequence[str]) -> float | None:
    for key in keys:
        if key in item and (time := _time(item[key])) is not None:
            return time
    return None


def _divided(value: float | None) -> float | None:
    return None if value is None else round(value / 1000, 3)


def _heard(items: Iterable[object], *, milliseconds: bool = False) -> list[Heard]:
    """Turns of a list of objects. Whole numbers beyond a day are milliseconds."""
    turns = [Heard(_speaker(one), (_text(one) or "").strip(), *_times(one)) for one in _objects(list(items))]
    starts = [turn.begins for turn in turns if turn.begins is not None]
    if milliseconds or (starts and max(starts) > _DAY and all(start.is_integer() for start in starts)):
        return [Heard(t.speaker, t.text, _divided(t.begins), _divided(t.ends)) for t in turns]
    return turns


def _whole(items: object) -> bool:
    """Whether the times of ``items`` are whole numbers, as AssemblyAI writes milliseconds."""
    starts = [item.get("start") for item in _objects(items)]
    return bool(starts) and all(isinstance(start, int) for start in starts)


def _whisper(value: dict[str, Any], found: Recording) -> None:
    for segment in _objects(value.get("segments")):
        speaker, (begins, ends) = _speaker(segment), _times(segment)
        if speaker is None:  # WhisperX names the speaker of a word where the segment has several
            speaker = next(filter(None, map(_speaker, _objects(segment.get("words")))), None)
        found.turns.append(Heard(speaker, (_text(segment) or "").strip(), begins, ends))
    _rest(value, found, ("segments", "word_segments", "words", "text"))


def _whisper_cpp(value: dict[str, Any], found: Recording) -> None:
    for item in _objects(value.get("transcription")):
        times, clock = _dict(item.get("offsets")), _dict(item.get("timestamps"))
        begins, ends = _divided(_time(times.get("from"))), _divided(_time(times.get("to")))
        begins, ends = (_time(clock.get("from")), _time(clock.get("to"))) if begins is None else (begins, ends)
        found.turns.append(Heard(_speaker(item), (_text(item) or "").strip(), begins, ends))
    language = _dict(value.get("result")).get("language")
    found.values["language"] = language if isinstance(language, str) else None


def _chunks(value: dict[str, Any], found: Recording) -> None:
    found.turns = _heard(value["speakers"] if _objects(value.get("speakers")) else value.get("chunks") or [])
    _rest(value, found, ("speakers", "chunks", "text"))


def _turns(value: dict[str, Any], found: Recording) -> None:
    key = "turns" if "turns" in value else "utterances"
    found.turns = _heard(value.get(key) or [])
    _rest(value, found, (key, "text"))


def _amazon(value: dict[str, Any], found: Recording) -> None:
    results = _dict(value.get("results"))
    found.values["id"] = value.get("jobName")
    found.values["language"] = results.get("language_code")
    segments = _objects(results.get("audio_segments"))
    if any(_text(segment) for segment in segments):
        found.turns = _heard(segments)
        return
    channels = _objects(_dict(results.get("channel_labels")).get("channels"))
    if channels:
        words = [w for c in channels for w in _words(c.get("items"), str(c.get("channel_label")))]
        found.turns = _join_words(sorted(words, key=lambda word: word.begins or 0.0))
        found.first = str(channels[0].get("channel_label"))
        return
    labels = {
        str(item.get("start_time")): str(item.get("speaker_label") or segment.get("speaker_label"))
        for segment in _objects(_dict(results.get("speaker_labels")).get("segments"))
        for item in _objects(segment.get("items"))
    }
    words = _words(results.get("items"), None, labels)
    found.turns = _join_words(words)
    if not words:
        found.turns = _heard(results.get("transcripts") or [])


def _words(items: object, speaker: str | None, labels: Mapping[str, str] | None = None) -> list[Heard]:
    """Words with their times; a punctuation mark has none and joins the word before it."""
    words: list[tuple[Heard, list[str]]] = []
    for item in _objects(items):
        best = next(iter(_objects(item.get("alternatives"))), item)
        text = best.get("content")
        if not isinstance(text, str):
            continue
        begins, ends = _time(item.get("start_time")), _time(item.get("end_time"))
        who = item.get("speaker_label") or (labels or {}).get(str(item.get("start_time"))) or speaker
        if begins is None and words:
            words[-1][1].append(text)
        else:
            words.append((Heard(who if isinstance(who, str) else None, text, begins, ends), [text]))
    return [word._replace(text="".join(texts)) if len(texts) > 1 else word for word, texts in words]


def _join_words(words: Sequence[Heard]) -> list[Heard]:
    """Turns out of words: one ends where the speaker changes or is silent for a while."""
    groups: list[list[Heard]] = []
    for word in words:
        last = groups[-1][-1] if groups else None
        if last is None or last.speaker != word.speaker or _pause(last, word):
            groups.append([word])
        else:
            groups[-1].append(word)
    return [Heard(g[0].speaker, _spaced([word.text for word in g]), g[0].begins, g[-1].ends) for g in groups]


def _pause(last: Heard, word: Heard) -> bool:
    return word.begins is not None and last.ends is not None and word.begins - last.ends > _GAP


def _spaced(words: Iterable[str]) -> str:
    """Words with blanks between them, but none beside Chinese or Japanese."""
    text = ""
    for word in words:
        wide = not text or _WIDE.match(text[-1]) or _WIDE.match(word[:1])
        text += word if wide else f" {word}"
    return text


def _contact_lens(value: dict[str, Any], found: Recording) -> None:
    people = {str(one.get("ParticipantId")): one.get("ParticipantRole") for one in _objects(value.get("Participants"))}
    listed = _objects(value.get("Transcript")) or [
        _dict(one.get("Transcript") or one.get("Utterance")) for one in _objects(value.get("Segments"))
    ]
    for item, heard in zip(listed, _heard(listed), strict=True):
        role = people.get(str(item.get("ParticipantId")))
        speaker = role if isinstance(role, str) and not item.get("ParticipantRole") else heard.speaker
        found.turns.append(Heard(speaker, heard.text, heard.begins, heard.ends))
    contact = _dict(value.get("CustomerMetadata")).get("ContactId")
    found.values["id"] = contact or value.get("ContactId") or value.get("JobName")
    found.values["language"] = value.get("LanguageCode")
    channel = value.get("Channel")
    found.values["channel"] = {"VOICE": "call", "CHAT": "chat"}.get(channel) if isinstance(channel, str) else None
    times = (one.get("AbsoluteTime") for one in listed)
    found.values["time"] = next((time for time in times if isinstance(time, str)), None)


def _deepgram(value: dict[str, Any], found: Recording) -> None:
    results = _dict(value.get("results"))
    channels = _objects(results.get("channels"))
    stereo = len(channels) > 1
    found.first = "channel 0" if stereo else ""
    for item in _objects(results.get("utterances")):
        found.turns.append(_of_channel(item, item.get("channel") if stereo else None))
    for number, channel in enumerate(channels if not found.turns else []):
        best = next(iter(_objects(channel.get("alternatives"))), {})
        place = number if stereo else None
        paragraphs = _objects(_dict(best.get("paragraphs")).get("paragraphs"))
        words = [w | {"text": w.get("punctuated_word", w.get("word"))} for w in _objects(best.get("words"))]
        for paragraph in paragraphs:
            for sentence in _objects(paragraph.get("sentences")):
                found.turns.append(_of_channel({"speaker": paragraph.get("speaker"), **sentence}, place))
        if not paragraphs and words:
            found.turns.extend(_join_words([_of_channel(word, place) for word in words]))
        elif not paragraphs:
            found.turns.append(_of_channel(best, place))
    if stereo:
        found.turns.sort(key=lambda turn: turn.begins or 0.0)
    about = _dict(value.get("metadata"))
    found.values["id"] = about.get("request_id")
    found.metadata["transcribed"] = about.get("created")  # when it was transcribed, not when it was said


def _of_channel(item: dict[str, Any], channel: object) -> Heard:
    """A turn; in stereo the channel is the speaker, since each side has its own."""
    heard = _heard([{key: one for key, one in item.items() if key != "channel"}])[0]
    return heard if channel is None else Heard(f"channel {channel}", heard.text, heard.begins, heard.ends)


def _assemblyai(value: dict[str, Any], found: Recording) -> None:
    listed = _objects(value.get("utterances"))
    found.turns = _heard(listed or value.get("words") or [], milliseconds=True)
    if not listed:
        found.turns = _join_words(found.turns)
    found.values["id"] = value.get("id")
    found.values["language"] = value.get("language_code")


def _rest(value: dict[str, Any], found: Recording, taken: Sequence[str]) -> None:
    """The other fields of an object: those that documents have, and plain ones as metadata."""
    for key, one in value.items():
        if key in taken:
            continue
        if key == "metadata" and isinstance(one, dict):
            found.metadata.update(one)
        else:
            found.metadata[key] = one


_READ: Final[Mapping[str, Callable[[dict[str, Any], Recording], None]]] = {
    "whisper": _whisper,
    "whisper.cpp": _whisper_cpp,
    "chunks": _chunks,
    "turns": _turns,
    "amazon": _amazon,
    "contact_lens": _contact_lens,
    "deepgram": _deepgram,
    "assemblyai": _assemblyai,
}
