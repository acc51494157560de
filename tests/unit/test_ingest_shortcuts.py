"""Shortcuts of mail and conversations: each has to give what the long way gives."""

from __future__ import annotations

import json
import os
import re
from email.header import decode_header
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.mail_fakes import mbox, message
from voc.documents import Document
from voc.ingest import (
    IngestOptions,
    mail_aside,
    mail_headers,
    mail_quotes,
    mail_signature,
    mail_threads,
    mail_words,
    open_source,
    open_sources,
    speakers,
    webvtt,
)
from voc.text import language

NEVER = re.compile("(?!)")
SAID = [
    *("how may i help", "My money", "ONE MOMENT please", "i'm sorry to hear", "may i have your", "we're", "our team"),
    *(
        "请问有什么",
        "您好，我是客服",
        "我要投诉",
        "等了三天",
        "ſorry",
        "İ",
        "K",
        " ",
        ". ",
        "\n",
        "thank you for calling",
    ),
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(SAID), max_size=8))
@example(["i'm ſorry to hear"])
def test_phrases_are_found_in_any_case(parts: list[str]) -> None:
    text = "".join(parts)
    for phrases in (speakers._AGENT_SAYS, speakers._CUSTOMER_SAYS):
        slow = re.findall(phrases.every.pattern, text, re.IGNORECASE)
        assert phrases.count(text) == min(speakers._ENOUGH, len(slow))


LINE = [
    *(
        "Tel",
        "phone",
        "e-mail",
        "Skype",
        "SKYPE",
        "ſkype",
        ":",
        ".",
        " ",
        "+44 20 7946",
        "0000",
        "(",
        "a@b",
        "@",
        "www.",
    ),
    *(
        "https://",
        "HTTP://x",
        "电话",
        "電話：1",
        "On ",
        "3 March",
        "2025",
        " wrote",
        "Ann",
        ",",
        ">",
        "-",
        "--",
        "*",
        "From",
    ),
    *("发件人", "：", "<a@b.example>", "写道", "Begin forwarded message", "Original Message", "\t", "&gt;", "|", "é"),
]
LINES = st.lists(st.sampled_from(LINE), max_size=7).map("".join)


@settings(max_examples=300)
@given(LINES)
def test_a_way_to_reach_somebody_is_found(line: str) -> None:
    assert mail_signature._has_contact(line) == (mail_signature._CONTACT.search(line) is not None)


@settings(max_examples=300)
@given(st.lists(LINES, min_size=1, max_size=6))
def test_history_begins_at_no_line_that_is_passed_over(lines: list[str]) -> None:
    found = mail_quotes.history(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail_quotes, "_PLAIN", NEVER)
        patch.setattr(mail_quotes, "_may_end", bool)
        patch.setattr(mail_quotes, "_VERB", 10**6)
        assert found == mail_quotes.history(lines)


@settings(max_examples=200)
@given(st.from_regex(mail_words.FORWARD, fullmatch=True))
def test_every_line_above_what_is_forwarded_begins_as_listed(line: str) -> None:
    assert mail_quotes._frame_end([line], 0) == (1 if len(line) <= 250 else None)


@settings(max_examples=300)
@given(st.one_of(st.from_regex(mail_aside._AUTO_SUBJECT), st.from_regex(mail_aside._BOUNCE_SUBJECT)))
def test_every_subject_of_mail_that_nobody_wrote_begins_as_listed(subject: str) -> None:
    if mail_aside._AUTO_SUBJECT.match(subject) or mail_aside._BOUNCE_SUBJECT.match(subject):
        assert mail_aside._may_tell(subject)


WORDS = [
    "=?utf-8?q?Zo=C3=AB_x?=",
    "=?UTF-8?B?5rKh?=",
    "=?gb18030?b?w7s?=",
    "=?gb18030?b?!!?=",
    "=?x?q??=",
    " ",
    "a",
    "=?a?",
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), max_size=5))
def test_encoded_words_are_read_as_the_library_reads_them(parts: list[str]) -> None:
    value = "".join(parts)
    found = mail_headers.unfold(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail_headers, "_ENCODED_WORDS", NEVER)
        assert found == mail_headers.unfold(value)
    if mail_headers._ENCODED_WORDS.fullmatch(value) and "!!" not in value:
        assert [*mail_headers._encoded_words(value)] == decode_header(value)


NOISE = ["http", "s://x.y", "www.", "a@b", "@", "#", "ab", ".", " ", "é", "&amp;", "&", "h", "w", "_", "@b.c"]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(NOISE), max_size=8).map("".join))
def test_addresses_and_tags_are_left_out_of_the_language(text: str) -> None:
    assert language._quiet(text) == language._NOISE.sub(" ", text)


CUE = [
    "<v Ann>",
    "<v >",
    "<v\tAnn  Lee>",
    "</v>",
    "<b>",
    "<i>",
    "<ruby>",
    "<rt>",
    "late",
    " & ",
    "&amp;",
    "<",
    ">",
    "\n",
    "5",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(CUE), max_size=6).map("".join))
def test_a_usual_cue_is_read_like_any_other(raw: str) -> None:
    found = webvtt.cue_text(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webvtt, "_ONE_VOICE", NEVER)
        patch.setattr(webvtt, "_PLAIN", frozenset())
        assert found == webvtt.cue_text(raw)


def texts(path: Path) -> list[str]:
    return [item.text for source in open_sources(str(path)) for item in source if isinstance(item, Document)]


def test_a_transcript_that_changes_behind_the_look_is_read_anew(tmp_path: Path) -> None:
    def write(name: str, words: str) -> Path:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"segments": [{"speaker": "Agent", "text": words, "start": 0}]}), encoding="utf-8")
        return path

    first = open_source(str(write("a", "hello")))
    second = open_source(str(write("b", "goodbye")))  # looked at last
    assert [[one.text for one in [*source, *source] if isinstance(one, Document)] for source in (first, second)] == [
        ["Agent: hello"] * 2,
        ["Agent: goodbye"] * 2,
    ]
    seen = open_source(str(write("c", "early")))
    path = write("c", "after")
    os.utime(path, ns=(seen.modified, seen.modified))  # as if nothing had happened: what was hashed is what is read
    assert [one.text for one in seen if isinstance(one, Document)] == ["Agent: early"]
    assert texts(path) == ["Agent: after"]


def test_headers_that_were_kept_are_those_of_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = [
        message(f"Nobody came. {n}", from_=f"Ann {n} <a{n}@c.example>", subject=f"没有人 {n}",
                message_id=f"<{n}@c.example>",
                in_reply_to="<0@c.example>", date="Tue, 04 Mar 2025 10:15:00 +0800", html="<p>x</p>" if n % 2 else None)
        for n in range(6)
    ]  # fmt: skip
    letters[3] = letters[3].replace(b"boundary=", b"limit=")  # the library reads it
    letters[4] = letters[4].replace(b"\n", b"\r\n")
    box = tmp_path / "a.mbox"
    box.write_bytes(mbox(*letters))
    options = IngestOptions(company_domains=("b.example",))
    kept = [*open_source(str(box), options)]
    monkeypatch.setattr(mail_threads, "_SEEN", 0)
    assert kept == [*open_source(str(box), options)]
    assert [isinstance(one, Document) and one.customer for one in kept] == [f"a{n}@c.example" for n in range(6)]
