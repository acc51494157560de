"""Speakers named in plain text, and texts that are no conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import VocError
from voc.ingest import IngestOptions
from voc.ingest.prefixes import offsets, split_text
from voc.ingest.record import Stats
from voc.ingest.transcripts import TextReader


def read(path: Path, **options: object) -> list[Document | Reject]:
    opened = TextReader().open(path, IngestOptions(**options))  # type: ignore[arg-type]
    return [item for _, item in opened.read(Stats())]


def document(tmp_path: Path, text: str, **options: object) -> Document:
    path = tmp_path / "talk.txt"
    path.write_text(text, encoding="utf-8")
    (found,) = read(path, **options)
    assert isinstance(found, Document), found
    return found


def spoken(text: str) -> list[tuple[str | None, str]]:
    return [(one.speaker, one.text.strip()) for one in split_text(text)]


def test_fields_of_a_document_above_a_conversation_are_no_speakers(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "Chat ID: C-10\nChannel: chat\nProduct: TV box\nRegion: Harbour\nLanguage: en\n\n"
        "Customer: The box is dead again.\nAgent: I will look into it.\n",
    )
    assert (found.channel, found.product, found.region, found.language) == ("chat", "TV box", "Harbour", "en")
    assert [turn.speaker for turn in found.turns] == ["Customer", "Agent"]


def test_a_conversation(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "Call ID: C-9\nDate: 2026-11-04 10:30\nCustomer number: 88\n\n"
        "[00:02] Agent Maria: Good morning, how can I help?\n"
        "[00:07] Customer: The router died again.\nIt is the third time.\n"
        "\n[01:05] Agent Maria: I am sorry to hear that.\n",
    )
    assert (found.id, found.time, found.customer, found.channel) == ("C-9", "2026-11-04T10:30:00", "88", "call")
    assert [(t.role, t.speaker, t.begins, found.text[t.start : t.end]) for t in found.turns] == [
        ("agent", "Agent Maria", 2.0, "Good morning, how can I help?"),
        ("customer", "Customer", 7.0, "The router died again.\nIt is the third time."),
        ("agent", "Agent Maria", 65.0, "I am sorry to hear that."),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("客服：您好\n用户：我要退款", [("客服", "您好"), ("用户", "我要退款")]),
        (
            "陳小姐：你們的外送又遲到\n小林：非常抱歉\n陳小姐：每次都這樣",
            [("陳小姐", "你們的外送又遲到"), ("小林", "非常抱歉"), ("陳小姐", "每次都這樣")],
        ),
        ("Ann: one\nBo: two", [("Ann", "one"), ("Bo", "two")]),
        ("**Ann:** one\n**Bo:** two\n**Ann:** three", [("Ann", "one"), ("Bo", "two"), ("Ann", "three")]),
        (">> ANN: one\n>> BO: two", [("ANN", "one"), ("BO", "two")]),
        ("Speaker 1  0:03\nhello there\n\nSpeaker 2  0:09\nhi\n", [("Speaker 1", "hello there"), ("Speaker 2", "hi")]),
        ("Ann [00:01]: one\nBo [00:02]: two", [("Ann", "one"), ("Bo", "two")]),
        ("before\nCustomer: after", [(None, "before"), ("Customer", "after")]),
        ("SPEAKER_00: a\nSPEAKER_01: b", [("SPEAKER_00", "a"), ("SPEAKER_01", "b")]),
    ],
)  # fmt: skip
def test_forms_of_names(text: str, expected: list[tuple[str | None, str]]) -> None:
    assert spoken(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The food was fine.\nOne thing: it was cold.\nWe left at 10:30 and never came back.",
        "See https://example.com: it is broken\nNote: read it",
        "优点：便宜\n缺点：送餐太慢，等了两个小时",
        "",
        "Subject: refund\nDear team,\nwhere is my money?",
    ],
)
def test_a_text_without_speakers_is_plain(text: str) -> None:
    assert split_text(text) == []


def test_plain_text_is_one_document(tmp_path: Path) -> None:
    found = document(tmp_path, "The flight was late.\r\nNobody told us why.\n")
    assert (found.text, found.turns, found.channel, found.id) == (
        "The flight was late.\r\nNobody told us why.".replace("\r\n", "\n"), (), "review", "talk",
    )  # fmt: skip
    assert not found.given_id  # its words are what it is, whatever the file is called
    assert document(tmp_path, "The flight was late.", channel="letter").channel == "letter"


def test_captions_under_the_name_of_a_text(tmp_path: Path) -> None:
    assert document(tmp_path, "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Customer>hello").turns[0].begins == 1
    assert document(tmp_path, "1\n00:00:01,000 --> 00:00:02,000\nhello").turns[0].ends == 2


@pytest.mark.parametrize(
    ("stamps", "seconds"),
    [
        (["0:03", None, "1:02:03.5"], [3, None, 3723.5]),
        (["00:00:01,250"], [1.25]),
        (["10:03", "10:04"], [None, None]),  # the time of day
        (["0:10", "0:05"], [None, None]),
        (["2026-11-02 00:01:00"], [None]),
        (["9:05 AM"], [None]),
        ([None], [None]),
    ],
)
def test_stamps_are_offsets_unless_they_are_times_of_day(stamps: list[str | None], seconds: list[float | None]) -> None:
    assert offsets(stamps) == seconds


_NAME = st.sampled_from(["Agent", "Customer", "客服", "顾客", "Maria", "Speaker 2", "李女士"])
_LINE = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=40).map(
    lambda text: "x" + text.replace(":", "").replace("：", "").strip()
)


@given(st.lists(st.tuples(_NAME, _LINE), min_size=2, max_size=10))
@settings(max_examples=100)
def test_what_is_written_comes_back(said: list[tuple[str, str]]) -> None:
    found = spoken("\n".join(f"{name}: {line}" for name, line in said))
    assert found == [(name, line.strip()) for name, line in said]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=200)
def test_any_bytes_are_documents_rejects_or_an_error_for_people(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    try:
        found = read(path)
    except VocError:
        return
    assert len(found) >= 1
