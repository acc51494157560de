"""SubRip, which has no standard: what players read is read, and nothing with words goes in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import VocError
from voc.ingest import IngestOptions
from voc.ingest.record import Stats
from voc.ingest.srt import is_srt, parse_srt
from voc.ingest.transcripts import SrtReader

TIMES = "00:00:01,000 --> 00:00:02,500"


def read(path: Path) -> list[Document | Reject]:
    return [item for _, item in SrtReader().open(path, IngestOptions()).read(Stats())]


def shown(text: str) -> list[tuple[float, float, str]]:
    return [(c.begins, c.ends, "|".join(p.text for p in c.pieces)) for c in parse_srt(text).cues]


def test_cues_become_turns(tmp_path: Path) -> None:
    path = tmp_path / "call.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:02,500\nAgent: Thanks for waiting.\n\n"
        "2\n00:00:03.000 --> 00:00:04.000 X1:10 X2:20\nCustomer: <i>Still</i> {\\an8}no parcel &amp; no answer.\n",
        encoding="utf-8",
    )
    (found,) = read(path)
    assert isinstance(found, Document)
    assert (found.id, found.channel) == ("call", "call")
    assert found.text == "Agent: Thanks for waiting.\nCustomer: Still no parcel & no answer."
    assert [(t.role, t.speaker, t.begins, t.ends) for t in found.turns] == [
        ("agent", "Agent", 1.0, 2.5),
        ("customer", "Customer", 3.0, 4.0),
    ]


def test_chinese_names_and_roles(tmp_path: Path) -> None:
    path = tmp_path / "call.srt"
    lines = [
        "张敏：您好，请问有什么可以帮您？",
        "刘先生：我的快递到现在还没到，你们怎么搞的",
        "张敏：非常抱歉，这边帮您查一下",
    ]
    path.write_text("\n\n".join(f"{n}\n{TIMES}\n{line}" for n, line in enumerate(lines, 1)), encoding="gb18030")
    (found,) = read(path)
    assert isinstance(found, Document)
    assert [(t.speaker, t.role) for t in found.turns] == [("张敏", "agent"), ("刘先生", "customer"), ("张敏", "agent")]
    assert found.metadata["speaker_roles"].startswith("heuristic 0.9")


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        (f"{TIMES}\nno number\n\n{TIMES}\nagain", [(1, 2.5, "no number"), (1, 2.5, "again")]),
        (f"1\n{TIMES}\none\n2\n{TIMES}\ntwo", [(1, 2.5, "one\n2"), (1, 2.5, "two")]),
        (f"1\n{TIMES}\nabove\n\nbelow\n\n2\n{TIMES}\ntwo", [(1, 2.5, "above\nbelow"), (1, 2.5, "two")]),
        (f"1\n{TIMES}\n\n2\n{TIMES}\ntwo", [(1, 2.5, ""), (1, 2.5, "two")]),
        (f"1\n{TIMES}\nIn\n2019\n\n2\n{TIMES}\ntwo", [(1, 2.5, "In\n2019"), (1, 2.5, "two")]),
        ("1\n0:0:1.5 -> 0:0:2:250\nloose", [(1.5, 2.25, "loose")]),
        ("1\n-00:00:01,000 --> 00:00:02,000\nminus", [(0, 2, "minus")]),
        ("1\n00:05:00,000 --> 00:00:02,000\nbackwards", [(300, 2, "backwards")]),
        ("1\n00:05 --> 00:07\nshort", [(5, 7, "short")]),
        (f"1\n{TIMES}\n- Is it fixed?\n- No.\nNot at all.", [(1, 2.5, "Is it fixed?|No.\nNot at all.")]),
        (f"1\n{TIMES}\n- one dash alone", [(1, 2.5, "- one dash alone")]),
        ("", []),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_forms(text: str, cues: list[tuple[float, float, str]], end: str) -> None:
    assert shown("\ufeff" + text.replace("\n", end)) == cues


def test_what_cannot_be_read_is_a_reject_with_its_line() -> None:
    found = parse_srt(f"words first\n\n1\n{TIMES}\nkept\n\n2\nno times\n\n3\n00:00:1x --> 00:00:09,000\nlost\n")
    assert [c.pieces[0].text for c in found.cues] == ["kept"]
    assert [(r.row, r.reason) for r in found.rejects] == [(1, "no_timing"), (7, "no_timing"), (11, "bad_timing")]
    assert found.rejects[2].value == "lost"


def test_a_file_without_cues_and_one_that_is_webvtt(tmp_path: Path) -> None:
    path = tmp_path / "call.srt"
    path.write_text("just words\n", encoding="utf-8")
    (found,) = read(path)
    assert isinstance(found, Reject) and found.reason == "no_timing"
    path.write_text("12\n", encoding="utf-8")
    (found,) = read(path)
    assert isinstance(found, Reject) and found.reason == "no_cues"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Customer>hello\n", encoding="utf-8")
    (found,) = read(path)
    assert isinstance(found, Document) and found.text == "Customer: hello"


def test_what_looks_like_subrip() -> None:
    assert is_srt(f"1\n{TIMES}\nhello")
    assert not is_srt("I waited --> nobody came")


def clock(milliseconds: int) -> str:
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"


_TEXT = st.text(st.characters(categories=("L",), max_codepoint=0x9FFF), min_size=1, max_size=20)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), _TEXT, _TEXT), max_size=8), st.booleans())
@settings(max_examples=100)
def test_what_is_written_comes_back(cues: list[tuple[int, int, str, str]], numbered: bool) -> None:
    blocks = [
        (f"{n}\n" if numbered else "") + f"{clock(begins)} --> {clock(ends)}\n{first}\n{second}"
        for n, (begins, ends, first, second) in enumerate(cues, 1)
    ]
    assert shown("\n\n".join(blocks)) == [(b / 1000, e / 1000, f"{one}\n{two}") for b, e, one, two in cues]


@given(st.binary(max_size=300) | st.text(alphabet="0123456789:,-> \nab<{\\}", max_size=200).map(str.encode))
@settings(max_examples=200)
def test_any_bytes_are_documents_rejects_or_an_error_for_people(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.srt"
    path.write_bytes(data)
    try:
        found = read(path)
    except VocError:
        return
    assert found
    rows = [item.row for item in found if isinstance(item, Reject)]
    assert len(set(rows)) == len(rows)
