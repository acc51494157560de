from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import UsageError
from voc.ingest import IngestOptions, Source, open_source
from voc.ingest.record import Builder
from voc.text import repair

Write = Callable[..., Source]
GOOD = "The crew was rude and nobody said sorry"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(*lines: object, **options: object) -> Source:
        path = tmp_path / "feedback.jsonl"
        written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(written) + "\n", encoding="utf-8")
        return open_source(str(path), IngestOptions(**options))  # type: ignore[arg-type]

    return make


def only(source: Source) -> Document:
    (document,) = source
    assert isinstance(document, Document), document
    return document


def refused(source: Source) -> Reject:
    (reject,) = source
    assert isinstance(reject, Reject), reject
    return reject


def test_canonical_names(write: Write) -> None:
    document = only(
        write(
            {
                "id": 7,
                "source": "app-store",
                "channel": "email",
                "customer": "C-1",
                "time": "2026-03-04T10:00:00+08:00",
                "language": "zh_TW",
                "text": "  服務很差 \n",
                "rating": "2",
                "reply": "抱歉",
                "reply_time": "2026-03-05",
                "thread": "T1",
                "product": "Ferry",
                "region": "HK",
                "segment": "business",
                "value": 1200,
                "metadata": {"desk": 4, "tags": ["a"], "none": None},
                "extra": True,
            }
        )
    )
    assert document == Document(
        id="7",
        text="  服務很差 \n",
        source="feedback.jsonl",
        channel="email",
        customer="C-1",
        time="2026-03-04T10:00:00+08:00",
        language="zh-Hant",
        rating=2.0,
        reply="抱歉",
        reply_time="2026-03-05",
        thread="T1",
        product="Ferry",
        region="HK",
        segment="business",
        value=1200.0,
        metadata={"source": "app-store", "desk": "4", "tags": '["a"]', "extra": "true"},
    )


def test_text_is_taken_as_it_is(write: Write) -> None:
    text = " Customer: not a conversation, an e-mail \u2028 \x00 é e\u0301 \U0001f600\n"
    document = only(write({"text": text, "channel": "email"}, repair=False))
    assert (document.text, document.turns) == (text, ())


def test_conversations_get_turns(write: Write) -> None:
    document = only(write({"channel": "call", "text": "客服：您好\n客户：行李丢了"}))
    assert [(t.role, document.text[t.start : t.end]) for t in document.turns] == [
        ("agent", "您好"),
        ("customer", "行李丢了"),
    ]


def test_given_turns_become_one_text_with_offsets(write: Write) -> None:
    turns = [
        {"role": "客服", "text": "您好"},
        {"role": "Client", "text": " my bag\nis lost "},
        {"role": "bot", "text": ""},
    ]
    document = only(write({"turns": turns}))
    assert document.text == "Agent: 您好\nCustomer: my bag\nis lost\nAgent: "
    assert document.channel == "chat"
    assert [(t.role, t.speaker, document.text[t.start : t.end]) for t in document.turns] == [
        ("agent", "客服", "您好"),
        ("customer", "Client", "my bag\nis lost"),
    ]


def test_given_turns_are_found_in_a_given_text(write: Write) -> None:
    document = only(
        write(
            {
                "text": "A> hello\nB> no\n",
                "turns": [{"role": "agent", "text": "hello"}, {"role": "customer", "text": "no"}],
            }
        )
    )
    assert [document.text[t.start : t.end] for t in document.turns] == ["hello", "no"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "not_json"),
        ("[1]", "not_an_object"),
        ('"text"', "not_an_object"),
        ("null", "not_an_object"),
        ({"id": "1"}, "missing_text"),
        ({"text": None}, "missing_text"),
        ({"text": 5}, "wrong_type"),
        ({"text": ["a"]}, "wrong_type"),
        ({"text": GOOD, "customer": {"name": "x"}}, "wrong_type"),
        ({"text": GOOD, "rating": True}, "wrong_type"),
        ({"text": GOOD, "time": []}, "wrong_type"),
        ({"turns": "hello"}, "bad_turns"),
        ({"turns": [{"role": "x"}]}, "bad_turns"),
        ({"text": GOOD, "turns": [{"role": "customer", "text": "elsewhere"}]}, "bad_turns"),
        ({"text": "x" * 1_000_001}, "too_long"),
        ("[" * 10_000, "too_deep"),
        ('{"text": "a", "b": ' + "[" * 10_000 + "]" * 10_000 + "}", "too_deep"),
        ('{"text": "a", "value": ' + "9" * 5000 + "}", "not_json"),
    ],
)
def test_bad_lines_are_rejects_with_a_reason(write: Write, line: object, reason: str) -> None:
    source = write({"text": GOOD}, line)
    _, reject = source
    assert isinstance(reject, Reject)
    assert (reject.row, reject.reason) == (2, reason)
    assert reject.detail and len(reject.value) <= 200


def test_numbers_and_dates_that_cannot_be_read_lose_nothing(write: Write) -> None:
    source = write({"text": GOOD, "time": "sometime", "rating": "N/A", "value": "lots", "channel": "pigeon"})
    document = only(source)
    assert (document.time, document.rating, document.value, document.channel) == (None, None, None, "review")
    assert document.metadata == {"time": "sometime", "rating": "N/A", "value": "lots", "channel": "pigeon"}
    assert (source.stats.bad_times, source.stats.bad_channels) == (1, 1)
    assert len(source.warnings()) == 2


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400])
def test_numbers_without_end_are_kept_as_text_only(write: Write, written: str) -> None:
    document = only(write(f'{{"text": "{GOOD}", "rating": {written}, "time": {written}}}'))
    assert (document.rating, document.time) == (None, None)


def test_times_as_epochs(write: Write) -> None:
    assert only(write({"text": GOOD, "time": 1500000000})).time == "2017-07-14T02:40:00+00:00"
    assert only(write({"text": GOOD, "time": 1500000000123.0})).time == "2017-07-14T02:40:00+00:00"


def test_lone_surrogates_become_one_replacement_each(write: Write) -> None:
    document = only(write('{"id": "\\ud800", "text": "a\\ud83d b \\ud83d\\ude00 c\\udc00", "k\\ud800": "\\udfff"}'))
    assert document.text == "a\ufffd b 😀 c\ufffd"
    assert (document.id, document.metadata) == ("\ufffd", {"k\ufffd": "\ufffd"})
    document.text.encode()


def test_bytes_that_are_no_utf8_cost_their_line(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    path.write_bytes(b'{"text": "caf\xe9"}\n' + '{"text": "The café was rude"}\n'.encode() * 2)
    items = list(open_source(str(path)).rows())
    assert [(row, item.reason if isinstance(item, Reject) else "") for row, item in items] == [
        (1, "encoding"),
        (2, ""),
        (3, ""),
    ]


def test_an_empty_text_is_a_document(write: Write) -> None:
    assert [only(write({"text": text})).text for text in ("", "  ")] == ["", "  "]


def test_blank_lines_keep_the_count_of_lines(write: Write) -> None:
    source = write({"text": GOOD}, "", "oops", "   ", {"text": GOOD + "!"})
    assert [row for row, _ in source.rows()] == [1, 3, 5]


def test_a_mapping_names_other_keys(write: Write) -> None:
    lines = [{"body": GOOD, "when": "25/04/2026", "text": "ignored"}, {"body": GOOD, "when": "03/04/2026"}]
    source = write(*lines, mapping={"text": "body", "time": "when"})
    first, second = source
    assert isinstance(first, Document) and isinstance(second, Document)
    assert (first.text, first.time, second.time) == (GOOD, "2026-04-25", "2026-04-03")
    assert first.metadata == {"text": "ignored"}
    assert "dates like 25/04/2026 are read day first (as its values show)" in source.choices
    with pytest.raises(UsageError, match="no key 'nowhere'"):
        write(*lines, mapping={"text": "nowhere"})


def test_ids_come_from_the_content_where_none_is_given(write: Write) -> None:
    first, again, other = write({"text": GOOD}, {"text": GOOD}, {"text": GOOD, "customer": "C-1"})
    assert isinstance(first, Document) and isinstance(again, Document) and isinstance(other, Document)
    assert first.id == again.id != other.id
    assert first.key == again.key != other.key


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["id", "text", "turns", "time", "channel", "customer", "rating", "value", "language", "reply_time", "thread"]
)


@given(st.dictionaries(NAMES, JSON), st.dictionaries(st.text(), JSON, max_size=3))
@example({"text": "\x1f"}, {})
@example({"text": "caf\ud800&eacute; closed"}, {})
@settings(deadline=None)
def test_any_values_give_a_document_or_a_reject(values: dict[str, object], metadata: dict[str, object]) -> None:
    built = [Builder("x.jsonl", IngestOptions(), numbers=True).build(3, values, metadata) for _ in range(2)]
    assert built[0] == built[1]
    item = built[0]
    if isinstance(item, Document):
        assert item.id and item.key
        assert all(isinstance(value, str) and value for value in item.metadata.values())
        assert all(0 <= turn.start < turn.end <= len(item.text) for turn in item.turns)
        if isinstance(values.get("text"), str):
            whole = re.sub("[\ud800-\udfff]", "\ufffd", str(values["text"]))  # half characters cannot be stored
            assert item.text == repair(whole)
    else:
        assert item.row == 3 and item.reason and item.detail and len(item.value) <= 200
