"""JSON of recognisers: each form by an example written here in the shape of its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import VocError
from voc.ingest import IngestOptions
from voc.ingest.record import Stats
from voc.ingest.transcript_json import looks_like_transcript, read_recording
from voc.ingest.transcripts import TranscriptJson, transcript_form
from voc.ingest.turns import compose, locate

Turn = tuple[str | None, str, float | None, float | None]


def item(text: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    alternatives = [{"confidence": "0.9", "content": text}]
    times = {"start_time": str(start), "end_time": str(end)}
    return {"type": "pronunciation", "alternatives": alternatives, **times, **more}


def mark(text: str) -> dict[str, Any]:
    return {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": text}]}


WHISPER = {
    "text": " Hello. My bill is wrong.",
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Hello.", "tokens": [1, 2], "avg_logprob": -0.2},
        {"id": 1, "seek": 0, "start": 1.5, "end": 4.25, "text": " My bill is wrong.", "tokens": [3]},
    ],
    "language": "en",
}
WHISPERX = {
    "segments": [
        {"start": 0.1, "end": 1.0, "text": "您好", "speaker": "SPEAKER_00", "words": [{"word": "您", "start": 0.1}]},
        {"start": 1.2, "end": 2.0, "text": "我要投诉", "words": [{"word": "我", "speaker": "SPEAKER_01"}]},
    ],
    "word_segments": [{"word": "您"}],
}
WHISPER_CPP = {
    "result": {"language": "en"},
    "transcription": [
        {
            "timestamps": {"from": "00:00:00,000", "to": "00:00:02,500"},
            "offsets": {"from": 0, "to": 2500},
            "text": " Hi.",
        }
    ],
}
CHUNKS = {
    "text": "Hi there",
    "chunks": [{"timestamp": [0.0, 1.5], "text": " Hi"}, {"timestamp": [1.5, None], "text": " there"}],
}
AMAZON = {
    "jobName": "call-17",
    "accountId": "123",
    "status": "COMPLETED",
    "results": {
        "transcripts": [{"transcript": "Hello there. No."}],
        "speaker_labels": {
            "speakers": 2,
            "segments": [
                {
                    "start_time": "0.1",
                    "speaker_label": "spk_0",
                    "items": [
                        {"start_time": "0.1", "speaker_label": "spk_0"},
                        {"start_time": "0.5", "speaker_label": "spk_0"},
                    ],
                },
                {
                    "start_time": "1.1",
                    "speaker_label": "spk_1",
                    "items": [{"start_time": "1.1", "speaker_label": "spk_1"}],
                },
            ],
        },
        "items": [item("Hello", 0.1, 0.4), item("there", 0.5, 0.9), mark("."), item("No", 1.1, 1.3), mark(".")],
    },
}
AMAZON_SEGMENTS = {
    "jobName": "call-18",
    "results": {
        "language_code": "zh-CN",
        "transcripts": [{"transcript": "你好"}],
        "items": [],
        "audio_segments": [
            {
                "id": 0,
                "transcript": "你好",
                "start_time": "0.0",
                "end_time": "1.2",
                "speaker_label": "spk_0",
                "items": [0],
            }
        ],
    },
}
AMAZON_STEREO = {
    "jobName": "call-19",
    "results": {
        "transcripts": [{"transcript": "…"}],
        "items": [],
        "channel_labels": {
            "channels": [
                {"channel_label": "ch_0", "items": [item("你", 0.0, 0.2), item("好", 0.2, 0.4), item("喂", 9.0, 9.5)]},
                {"channel_label": "ch_1", "items": [item("Yes", 1.0, 1.5), mark("?")]},
            ],
            "number_of_channels": 2,
        },
    },
}
CONTACT_LENS = {
    "Channel": "VOICE",
    "CustomerMetadata": {"ContactId": "c-1"},
    "LanguageCode": "en-US",
    "Participants": [
        {"ParticipantId": "AGENT", "ParticipantRole": "AGENT"},
        {"ParticipantId": "CUSTOMER", "ParticipantRole": "CUSTOMER"},
    ],
    "Transcript": [
        {
            "BeginOffsetMillis": 0,
            "EndOffsetMillis": 4500,
            "Content": "Okay.",
            "Id": "a",
            "ParticipantId": "AGENT",
            "Sentiment": "NEUTRAL",
        },
        {
            "BeginOffsetMillis": 4600,
            "EndOffsetMillis": 6000,
            "Content": "I am leaving.",
            "Id": "b",
            "ParticipantId": "CUSTOMER",
        },
    ],
}
CALL_ANALYTICS = {
    "JobName": "job-2",
    "LanguageCode": "en-US",
    "Transcript": [
        {"BeginOffsetMillis": 10, "EndOffsetMillis": 20, "Content": "Hi.", "ParticipantRole": "AGENT", "Items": []}
    ],
}
DEEPGRAM = {
    "metadata": {"request_id": "r-1", "created": "2026-11-02T09:00:00.000Z", "channels": 1},
    "results": {
        "channels": [
            {
                "alternatives": [
                    {
                        "transcript": "hi no",
                        "words": [
                            {"word": "hi", "punctuated_word": "Hi.", "start": 0.08, "end": 0.4, "speaker": 0},
                            {"word": "no", "punctuated_word": "No.", "start": 0.9, "end": 1.2, "speaker": 1},
                        ],
                    }
                ]
            }
        ],
    },
}
DEEPGRAM_STEREO = {
    "metadata": {"request_id": "r-2"},
    "results": {
        "channels": [
            {
                "alternatives": [
                    {
                        "transcript": "b",
                        "paragraphs": {
                            "paragraphs": [{"speaker": 0, "sentences": [{"text": "Second.", "start": 2.0, "end": 3.0}]}]
                        },
                    }
                ]
            },
            {
                "alternatives": [
                    {
                        "transcript": "a",
                        "paragraphs": {
                            "paragraphs": [{"speaker": 0, "sentences": [{"text": "First.", "start": 1.0, "end": 1.5}]}]
                        },
                    }
                ]
            },
        ]
    },
}
DEEPGRAM_UTTERANCES = {
    "metadata": {},
    "results": {
        "channels": [{"alternatives": [{"transcript": "hi"}]}],
        "utterances": [
            {
                "start": 0.5,
                "end": 1.0,
                "confidence": 0.9,
                "channel": 0,
                "transcript": "Hi.",
                "words": [],
                "speaker": 1,
                "id": "u",
            }
        ],
    },
}
ASSEMBLYAI = {
    "id": "t-1",
    "language_code": "en",
    "audio_url": "https://example.com/a.wav",
    "text": "Hi. No.",
    "words": [{"text": "Hi.", "start": 250, "end": 650, "speaker": "A"}],
    "utterances": [
        {"speaker": "A", "text": "Hi.", "start": 250, "end": 650, "confidence": 0.9, "words": []},
        {"speaker": "B", "text": "No.", "start": 700, "end": 1100, "confidence": 0.9, "words": []},
    ],
}
PLAIN = [
    {"speaker": "Agent", "text": "Hello", "start": 0.5},
    {"speaker": "Customer", "text": "I quit", "start": 2, "end": 3},
]
TURNS = {
    "id": "k-1",
    "date": "2026-11-05",
    "customer": 4711,
    "channel": "chat",
    "labels": ["rude"],
    "turns": [{"role": "客户", "text": "没人管"}],
}

FORMS: list[tuple[Any, str, list[Turn]]] = [
    (WHISPER, "whisper", [(None, "Hello.", 0, 1.5), (None, "My bill is wrong.", 1.5, 4.25)]),
    (WHISPERX, "whisper", [("SPEAKER_00", "您好", 0.1, 1), ("SPEAKER_01", "我要投诉", 1.2, 2)]),
    (WHISPER_CPP, "whisper.cpp", [(None, "Hi.", 0, 2.5)]),
    (CHUNKS, "chunks", [(None, "Hi", 0, 1.5), (None, "there", 1.5, None)]),
    (AMAZON, "amazon", [("spk_0", "Hello there.", 0.1, 0.9), ("spk_1", "No.", 1.1, 1.3)]),
    (AMAZON_SEGMENTS, "amazon", [("spk_0", "你好", 0, 1.2)]),
    (AMAZON_STEREO, "amazon", [("ch_0", "你好", 0, 0.4), ("ch_1", "Yes?", 1, 1.5), ("ch_0", "喂", 9, 9.5)]),
    (CONTACT_LENS, "contact_lens", [("AGENT", "Okay.", 0, 4.5), ("CUSTOMER", "I am leaving.", 4.6, 6)]),
    (CALL_ANALYTICS, "contact_lens", [("AGENT", "Hi.", 0.01, 0.02)]),
    (DEEPGRAM, "deepgram", [("speaker 0", "Hi.", 0.08, 0.4), ("speaker 1", "No.", 0.9, 1.2)]),
    (DEEPGRAM_STEREO, "deepgram", [("channel 1", "First.", 1, 1.5), ("channel 0", "Second.", 2, 3)]),
    (DEEPGRAM_UTTERANCES, "deepgram", [("speaker 1", "Hi.", 0.5, 1)]),
    (ASSEMBLYAI, "assemblyai", [("A", "Hi.", 0.25, 0.65), ("B", "No.", 0.7, 1.1)]),
    (PLAIN, "turns", [("Agent", "Hello", 0.5, None), ("Customer", "I quit", 2, 3)]),
    (TURNS, "turns", [("客户", "没人管", None, None)]),
    ({"segments": PLAIN}, "whisper", [("Agent", "Hello", 0.5, None), ("Customer", "I quit", 2, 3)]),
    ([{"speaker": 1, "text": "x", "start": "00:01:02.5"}], "turns", [("speaker 1", "x", 62.5, None)]),
    ([{"speaker": "A", "text": "x", "start": 5_000_000}], "turns", [("A", "x", 5000, None)]),
]


@pytest.mark.parametrize(("value", "form", "turns"), FORMS)
def test_forms(value: Any, form: str, turns: list[Turn]) -> None:
    assert looks_like_transcript(value) == form
    found = read_recording(value, form)
    assert [(t.speaker, t.text, t.begins, t.ends) for t in found.turns] == turns


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        None,
        "text",
        [1, 2],
        [{"text": "a review", "rating": 1}],
        [{"id": "1", "text": "a review", "customer": "7"}],
        [{"text": "a review", "channel": "email", "time": "2026-11-02"}],
        [{"session": "s", "role": "user", "text": "a row of a turn table"}],
        [{"id": 1, "turns": [{"role": "user", "text": "one of many conversations"}]}],
        {"documents": [{"text": "a review"}]},
        {"segments": "none"},
        {"turns": [1, 2]},
        {"results": []},
        {"results": {"items": 3}},
    ],
)
def test_documents_are_no_transcript(value: Any) -> None:
    assert looks_like_transcript(value) is None


def read(path: Path, **options: object) -> list[Document | Reject]:
    opened = TranscriptJson().open(path, IngestOptions(**options))  # type: ignore[arg-type]
    return [found for _, found in opened.read(Stats())]


def document(tmp_path: Path, value: Any) -> Document:
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    assert transcript_form(path)
    (found,) = read(path)
    assert isinstance(found, Document), found
    return found


def test_a_document_with_its_fields(tmp_path: Path) -> None:
    found = document(tmp_path, TURNS)
    assert (found.id, found.given_id, found.time, found.customer) == ("k-1", True, "2026-11-05", "4711")
    assert (found.channel, found.text, found.turns[0].role) == ("chat", "客户: 没人管", "customer")
    assert json.loads(found.metadata["labels"]) == ["rude"]


def test_ids_channels_and_roles_of_contact_lens(tmp_path: Path) -> None:
    found = document(tmp_path, CONTACT_LENS)
    assert (found.id, found.channel, found.language) == ("c-1", "call", "en")
    assert [t.role for t in found.turns] == ["agent", "customer"]
    assert [(t.begins, t.ends) for t in found.turns] == [(0.0, 4.5), (4.6, 6.0)]


def test_channel_zero_is_the_agents_in_stereo(tmp_path: Path) -> None:
    found = document(tmp_path, DEEPGRAM_STEREO)
    assert [(t.speaker, t.role) for t in found.turns] == [("channel 1", "customer"), ("channel 0", "agent")]
    assert found.metadata["speaker_roles"].startswith("heuristic 0.75: ")
    assert found.time is None  # when it was transcribed is not when it was said


def test_whisper_without_speakers_is_the_customers(tmp_path: Path) -> None:
    found = document(tmp_path, WHISPER)
    assert (found.id, found.text) == ("talk", "Hello.\nMy bill is wrong.")
    assert {t.role for t in found.turns} == {"customer"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 10_000 + "]" * 10_000, "too_deep"),
        ('{"turns": ' * 10_000 + "1" + "}" * 10_000, "too_deep"),
        ("{", "not_json"),
        ("[" + "9" * 5000 + "]", "not_json"),
        ('{"a": 1}', "not_a_transcript"),
        ('{"segments": [{"text": " ", "start": 0}]}', "no_speech"),
    ],
)
def test_what_cannot_be_read_is_a_reject(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "talk.json"
    path.write_text(text, encoding="utf-8")
    (found,) = read(path)
    assert isinstance(found, Reject)
    assert (found.row, found.reason) == (1, reason)
    if reason != "no_speech":
        assert transcript_form(path) is None


def test_odd_numbers_and_strings(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text(
        '[{"speaker": "A\\u0000", "text": "half \\ud800", "start": NaN}, {"speaker": true, "text": "x", "start": -1},'
        ' {"speaker": "A", "text": "y", "start": 1e400, "end": "soon"}]',
        encoding="utf-8",
    )
    (found,) = read(path)
    assert isinstance(found, Document)
    assert [(t.begins, t.ends) for t in found.turns] == [(None, None)] * 3
    found.text.encode("utf-8")


_KEYS = (
    "text transcript speaker role start end segments turns utterances results channels items words alternatives "
    "Transcript Content ParticipantId offsets timestamp chunks transcription id metadata audio_segments "
    "speaker_labels channel_labels paragraphs sentences"
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_KEYS.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON)
@settings(max_examples=400)
def test_any_json_is_a_document_or_a_reject(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    try:
        (found,) = read(path)
    except VocError:
        return
    assert isinstance(found, Document | Reject)


@given(
    st.lists(st.tuples(st.sampled_from(["A", "B"]), st.text("ab 中", max_size=8), st.integers(0, 90_000)), min_size=1)
)
@settings(max_examples=100)
def test_what_is_written_comes_back(said: list[tuple[str, str, int]]) -> None:
    value = [{"speaker": who, "text": text, "start": start / 1000} for who, text, start in said]
    found = read_recording(value, str(looks_like_transcript(value)))
    assert [(t.speaker, t.text, t.begins) for t in found.turns] == [(w, t.strip(), s / 1000) for w, t, s in said]


def test_turns_of_a_document_in_jsonl_keep_times_and_names() -> None:
    value = [
        {"role": "agent", "speaker": "Maria", "text": "Hello", "start": 0.5, "end": 1},
        {"role": "customer", "text": "I quit", "start": -1, "end": "x"},
    ]
    text, turns = compose(value)
    assert text == "Agent: Hello\nCustomer: I quit"
    assert [(t.role, t.speaker, t.begins, t.ends) for t in turns] == [
        ("agent", "Maria", 0.5, 1.0),
        ("customer", "customer", None, None),
    ]
    assert locate(text, value) == turns
