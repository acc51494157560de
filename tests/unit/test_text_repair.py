"""Repair of texts: what is broken or left by scrapers goes, what a customer may have typed stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cost import takes_at_most
from voc.documents import Document, Turn
from voc.ingest import IngestOptions
from voc.ingest.record import Builder
from voc.text import detect_language, parse_turns, repair, repair_turns


def mojibake(text: str, encoding: str = "cp1252") -> str:
    return text.encode("utf-8").decode(encoding)


BROKEN = {
    mojibake("The crew didn’t care — ‘not our job’"): "The crew didn’t care — ‘not our job’",
    mojibake("I paid £33 for a café"): "I paid £33 for a café",
    mojibake("客服没有人接电话", "latin-1"): "客服没有人接电话",
    mojibake("行李箱壞了", "latin-1"): "行李箱壞了",
    "Lost &amp; never found &#128557;": "Lost & never found 😭",
    "escaped twice: A &amp;amp; B &amp;lt;3": "escaped twice: A & B <3",
    "&#31080;&#20215;太贵": "票价太贵",
    "Late again.<br><br />Rude desk.<BR>": "Late again.\n\nRude desk.\n",
    "<p>Late.</p><span class='x'>Rude.</span>": "\nLate.\nRude.",
    "&lt;br&gt;one&lt;/p&gt;two": "\none\ntwo",
    "不(bù)好(hǎo)用(yòng)": "不好用",
    "他（tā）們（men）很（hěn）兇，": "他們很兇，",
    "不(bu4)好(hao3)": "不好",
    "不(bu\u0300)好(hɑ\u030co)": "不好",
    "他(ta)很(hen)好(hao)！": "他很好！",
    "慢(ㄇㄢˋ)": "慢",
    "\ue420服务\uf8ff太慢": "服务太慢",
    "bul\ue000let": "bullet",
    "wo\u200brd and soft\u00adness\ufeff": "word and softness",
    "船\u200b票\u200d\u200c在哪里": "船票在哪里",
    "I \u200ewaited": "I waited",
    "the soup was cold and when we...More": "the soup was cold and when we",
    "the soup was cold… Read more": "the soup was cold",
    "the soup was cold. ... See More": "the soup was cold.",
    "The soup was cold.\nRead more": "The soup was cold.",
    "等了两个小时才…更多": "等了两个小时才",
    "等了两个小时。查看更多": "等了两个小时。",
    "等了兩個小時……查看全文": "等了兩個小時",
    "等了兩個小時！ 顯示更多": "等了兩個小時！",
    "✅ Trip Verified | The ferry left early.": "The ferry left early.",
    "Not Verified |  The ferry left early.": "The ferry left early.",
    "❎ Not Verified | Late.": "Late.",
    mojibake("✅ Trip Verified | Late — again", "latin-1"): "Late — again",
    "a \t  b": "a b",
    "one\n\n\n \n\ntwo": "one\n\ntwo",
    "one\r\n\r\n\r\ntwo": "one\n\ntwo",
    "\x00null\x08": "null",
}
WHOLE = [
    "",
    "   ",
    "Rude.",
    "“Curly” ‘quotes’ — dashes… and ﬁne ｆｕｌｌ　width，标点！",
    "two  blanks\n\nand a paragraph\r\n",
    "We expected so much more",
    "I'd like to read more",
    "我不能同意更多",
    "洗完以后头发掉得更多",
    "良（keng）心（die）商家",
    "公共管理硕士（mpa）学位，液化气（LPG）",
    "某職員（N）很兇 (not a name)",
    "票价(含税)太贵(真的)",
    "城里最好的酒店(top3)，铃声(MP3)",
    "码头咖啡厅(Café)很贵",
    "甲(a)乙(b)丙(c)三个码头",
    "a < b & c; x<y>z",
    "Tom & Jerry; AT&T",
    "my account was not verified | by them",
    "👩\u200d⚕️ 🤷🏼\u200d♀️ ❤️ 🏴\u200d☠️",
    "می\u200cخواهم",
    "क्\u200dष",
    "Ça coûte 3 €, naïve façade, Ærø",
    "Привет, как дела? Ёлка",
    "Ärger über Öl: ÄÖÜ ß",
    "À la carte",
    "© 2026 ® ™ ½ °C ±5 №7",
]


@pytest.mark.parametrize(("broken", "whole"), BROKEN.items())
def test_what_is_broken_is_repaired(broken: str, whole: str) -> None:
    assert repair(broken) == whole


@pytest.mark.parametrize("text", WHOLE)
def test_what_people_type_stays(text: str) -> None:
    assert repair(text) is text


@pytest.mark.parametrize("text", ["<br>", "...More", "…更多", "&nbsp;", "Trip Verified | "])
def test_noise_alone_is_not_emptied(text: str) -> None:
    assert repair(text) == text


def test_private_characters_alone_are_no_text() -> None:
    assert repair("\ue420\ue421") == ""


PIECES = st.one_of(
    st.sampled_from(
        [*BROKEN, *WHOLE, "&", "amp;", "#38;", "<", "br", ">", "(", "bù", ")", "好", "...", "More", "更多", "|"]
    ),
    st.text(max_size=12),
    st.text("Ãâ€™Â£\x80\x99 é中", max_size=8),
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_repair_is_idempotent_and_keeps_some_letter(text: str) -> None:
    repaired = repair(text)
    assert repair(repaired) == repaired
    assert any(map(str.isalpha, repaired)) or not any(map(str.isalpha, text))


@pytest.mark.parametrize(
    "unit",
    ["&amp;", "&#38;#", "<br", "<p ", "(", "不(", "不(bù", "不(bu)", "…", " ", "\n ", "\u200c", "Ã", "ÃÂ", "â€", "...",
     "...More", "|", "&"],
)  # fmt: skip
def test_hostile_text_takes_linear_time(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    assert takes_at_most(10, lambda: repair(text)), "quadratic time would take minutes"
    repaired = repair(text)
    assert repair(repaired) == repaired


def test_turns_keep_their_words() -> None:
    text = "Customer: I canâ€™t   pay &amp; wait\nAgent: \ue420\nCustomer:  好(hǎo)的"
    repaired, turns = repair_turns(text, parse_turns(text))
    assert [(t.role, repaired[t.start : t.end]) for t in turns] == [
        ("customer", "I can’t pay & wait"),
        ("customer", "好的"),
    ]
    assert turns == parse_turns(repaired)


def test_turns_keep_their_times() -> None:
    (turn,) = repair_turns("&lt;hello&gt;", [Turn("customer", 0, 13, "Ann", 1.5, 2.5)])[1]
    assert turn == Turn("customer", 0, 7, "Ann", 1.5, 2.5)


@given(st.lists(st.tuples(st.sampled_from(["customer", "agent"]), PIECES.map(str.strip)), max_size=6), st.data())
def test_turns_stay_ordered_trimmed_and_whole(said: list[tuple[str, str]], data: st.DataObject) -> None:
    text, turns = "", []
    for role, words in said:
        text += data.draw(st.sampled_from(["", "\n", "Agent: ", "\nCustomer: "]))
        if words:
            turns.append(Turn(role, len(text), len(text) + len(words)))
        text += words
    repaired, kept = repair_turns(text, turns)
    ends = [0, *(t.end for t in kept)]
    assert all(end <= t.start < t.end <= len(repaired) for end, t in zip(ends, kept, strict=False))
    expected = [repair(text[t.start : t.end]).strip() for t in turns]
    assert [repaired[t.start : t.end] for t in kept] == [words for words in expected if words]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("客服没人接电话真差劲", "zh-Hans"),
        ("票價太貴而且服務很差", "zh-Hant"),
        ("app老闪退无法付款", "zh-Hans"),
        ("等了3小時沒人理OK", "zh-Hant"),
        ("不(bù)好(hǎo)吃(chī)，太慢", "zh-Hans"),
        ("&#23458;&#26381;&#27809;&#20154;&#25509;", "zh-Hans"),
        (mojibake("服务态度非常不好", "latin-1"), "zh-Hans"),
        ("Very rude.", "en"),
        ("so so slow", "en"),
    ],
)
def test_ten_characters_tell_the_language_once_repaired(text: str, language: str) -> None:
    assert detect_language(repair(text)) == language


@pytest.mark.parametrize("channel", ["review", "chat"])
def test_the_key_is_that_of_the_original(channel: str) -> None:
    values = {"text": "Customer: I canâ€™t   log in &amp; wait\nAgent: <br>Sorry", "channel": channel}
    repaired, given_ = (
        Builder("a.jsonl", IngestOptions(repair=mended)).build(1, values, {}) for mended in (True, False)
    )
    assert isinstance(repaired, Document) and isinstance(given_, Document)
    assert (repaired.original, given_.original) == (values["text"], None)
    assert repaired.text != given_.text == values["text"]
    assert (repaired.key, repaired.id) == (given_.key, given_.id)
