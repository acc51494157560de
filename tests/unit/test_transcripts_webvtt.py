"""WebVTT: the standard's algorithm on hostile files, voices, and what is kept where a browser drops words."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import InputError, VocError
from voc.ingest import IngestOptions
from voc.ingest.record import Stats
from voc.ingest.transcripts import SIZE_LIMIT, VttReader
from voc.ingest.webvtt import NotWebVttError, Piece, cue_text, parse_webvtt

TIMES = "00:00:01.000 --> 00:00:02.500"


def read(path: Path, **options: object) -> list[Document | Reject]:
    opened = VttReader().open(path, IngestOptions(**options))  # type: ignore[arg-type]
    return [item for _, item in opened.read(Stats())]


def file(tmp_path: Path, text: str, name: str = "call.vtt") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


def document(tmp_path: Path, text: str, name: str = "call.vtt", **options: object) -> Document:
    (found,) = read(file(tmp_path, text, name), **options)
    assert isinstance(found, Document), found
    return found


def texts(text: str) -> list[str]:
    return ["".join(piece.text for piece in cue.pieces) for cue in parse_webvtt(text).cues]


def test_cues_become_turns_with_times_and_speakers(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "WEBVTT\n\nintro\n00:00:01.000 --> 00:00:03.250 align:start position:10%\n"
        "<v Agent>Thank you for calling Norfield Mobile.</v>\n\n"
        "01:02:03.004 --> 01:02:05.600\n<v Customer>My bill is wrong <i>again</i>.\nNobody called me back.\n",
    )
    assert (found.id, found.given_id, found.channel, found.time) == ("call", True, "call", None)
    assert found.text == (
        "Agent: Thank you for calling Norfield Mobile.\nCustomer: My bill is wrong again.\nNobody called me back."
    )
    shown = [(t.role, t.speaker, t.begins, t.ends, found.text[t.start : t.end]) for t in found.turns]
    assert shown == [
        ("agent", "Agent", 1.0, 3.25, "Thank you for calling Norfield Mobile."),
        ("customer", "Customer", 3723.004, 3725.6, "My bill is wrong again.\nNobody called me back."),
    ]
    assert found.metadata["speaker_roles"] == "labels"


def test_chinese_of_both_scripts(tmp_path: Path) -> None:
    simplified = document(
        tmp_path, f"WEBVTT\n\n{TIMES}\n<v 客服>您好，请问有什么可以帮您？\n\n{TIMES}\n<v 王女士>宽带又断了三天没人管\n"
    )
    assert simplified.language == "zh-Hans"
    assert [t.role for t in simplified.turns] == ["agent", "customer"]
    traditional = document(
        tmp_path,
        f"WEBVTT\n\n{TIMES}\n<v 客服人員>您好，請問有什麼可以幫您？\n\n{TIMES}\n<v 客戶>訂單等了兩個星期還沒到\n",
    )
    assert traditional.language == "zh-Hant"
    assert [t.role for t in traditional.turns] == ["agent", "customer"]


@pytest.mark.parametrize("head", ["WEBVTT", "\ufeffWEBVTT", "WEBVTT - a call", "WEBVTT\tx", "WEBVTT\nKind: captions"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_signatures_and_line_ends(head: str, end: str) -> None:
    assert texts(f"{head}\n\n{TIMES}\nhello\n\n{TIMES}\nthere".replace("\n", end)) == ["hello", "there"]


@pytest.mark.parametrize(
    "text", ["", "WEBVTTX\n\n", "webvtt\n", " WEBVTT\n", f"{TIMES}\nhello", "WEBVT", "\n\nWEBVTT\n"]
)
def test_a_file_without_the_signature_is_no_webvtt(text: str) -> None:
    with pytest.raises(NotWebVttError):
        parse_webvtt(text)


def test_a_file_without_the_signature_is_one_reject(tmp_path: Path) -> None:
    (found,) = read(file(tmp_path, f"{TIMES}\nhello\n"))
    assert isinstance(found, Reject)
    assert (found.row, found.reason) == (1, "not_webvtt")
    assert "hello" in found.value


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("00:01.000 --> 00:02.000", (1, 2)),
        ("00:01.000-->00:02.000", (1, 2)),
        ("\t00:01.000\t-->\t00:02.000\tline:0", (1, 2)),
        ("123:00:00.001 --> 123:00:00.002", (442800.001, 442800.002)),
        ("00:05.000 --> 00:01.000", (5, 1)),
        ("1:00:00.000 --> 2:00:00.000x", (3600, 7200)),
    ],
)
def test_times_of_the_standard(line: str, times: tuple[float, float]) -> None:
    (cue,) = parse_webvtt(f"WEBVTT\n\n{line}\nhello").cues
    assert ((cue.begins, cue.ends), cue.loose) == (times, False)


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("0:0:3.54 --> 0:1:7.2", (3.54, 67.2)),
        ("00:00:01,500 --> 00:00:02,000", (1.5, 2)),
        ("75:10.000 --> 75:12.000", (4510, 4512)),
        ("-00:01.000 --> 00:02.000", (0, 2)),
        ("00:01 --> 00:02", (1, 2)),
        ("00:00:01.123456 --> 00:00:02.000", (1.123, 2)),
    ],
)
def test_times_out_of_form_keep_their_words_and_are_counted(
    tmp_path: Path, line: str, times: tuple[float, float]
) -> None:
    (cue,) = parse_webvtt(f"WEBVTT\n\n{line}\nhello").cues
    assert ((cue.begins, cue.ends), cue.loose) == (times, True)
    stats = Stats()
    list(VttReader().open(file(tmp_path, f"WEBVTT\n\n{line}\nhello"), IngestOptions()).read(stats))
    assert stats.lines("call.vtt") == ("call.vtt: 1 cues have times that are written out of form; they were read",)


@pytest.mark.parametrize("line", ["00:00:1d.890 --> 00:00:02.000", "00:00:61.000 --> 00:01:02.000", "a --> b", "-->"])
def test_unreadable_times_are_a_reject_with_their_line(tmp_path: Path, line: str) -> None:
    found = read(file(tmp_path, f"WEBVTT\n\n{TIMES}\nkept\n\n7\n{line}\nlost words\n\n{TIMES}\nkept too\n"))
    kept, lost = found
    assert isinstance(kept, Document) and [kept.text[t.start : t.end] for t in kept.turns] == ["kept", "kept too"]
    assert isinstance(lost, Reject)
    assert (lost.row, lost.reason) == (7, "bad_timing")
    assert "lost words" in lost.value


def test_words_without_times_are_a_reject_but_comments_and_styles_are_none(tmp_path: Path) -> None:
    found = read(
        file(
            tmp_path,
            "WEBVTT\n\nNOTE\nmade by hand\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:bottom\n\n"
            f"{TIMES}\nhello\n\nNOTE end\n\nSTYLE\n::cue(b) {{}}\n\nno times here\n\n17\n",
        )
    )
    assert [type(item) for item in found] == [Document, Reject]
    assert isinstance(found[1], Reject) and (found[1].row, found[1].reason) == (20, "no_timing")


def test_arrows_end_a_block_as_the_standard_says() -> None:
    first, second, third = (f"00:0{n}.000 --> 00:0{n + 1}.000" for n in (1, 3, 5))
    found = parse_webvtt(f"WEBVTT\n\n-->\n{first}\none\nid-->\n{second}\ntwo\n{third}\nthree")
    assert [(cue.begins, cue.pieces[0].text) for cue in found.cues] == [(1, "one"), (3, "two"), (5, "three")]
    assert texts(f"WEBVTT\n{TIMES}\nright after the header") == ["right after the header"]
    assert texts(f"WEBVTT\n\nNOTE\n{TIMES}\na comment's name as an identifier") == ["a comment's name as an identifier"]
    assert texts(f"WEBVTT\n\na\nb\n{TIMES}\nthe two lines above are lost") == ["the two lines above are lost"]


def test_zero_characters_and_surrogates(tmp_path: Path) -> None:
    assert texts(f"WEBVTT\n\n{TIMES}\na\0b") == ["a\ufffdb"]
    found = document(tmp_path, f"WEBVTT\n\n{TIMES}\nbroken \ud800 half\n")
    assert "\ufffd" in found.text
    found.text.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "pieces"),
    [
        ("plain", [(None, "plain")]),
        ("<v Roger Bingham>We are in New York", [("Roger Bingham", "We are in New York")]),
        ("<v.loud.first  Ann \t Lee >Stop</v>", [("Ann Lee", "Stop")]),
        ("before <v Ann>in</v> after", [("Ann", "before in after")]),
        ("<v Ann>one</v> <v Bo>two", [("Ann", "one "), ("Bo", "two")]),
        ("<v Ann>one <v Bo>two</v> three</v>", [("Ann", "one "), ("Bo", "two"), ("Ann", " three")]),
        ("- <v Ann>one</v>\n- <v Bo>two</v>", [("Ann", "- one\n- "), ("Bo", "two")]),
        ("<v R&amp;D>x", [("R&D", "x")]),
        ("<v>nobody", [(None, "nobody")]),
        ("<c.red.big>a</c> <i.x>b</i> <b>c</b> <u>d</u> <lang en-GB>e</lang>", [(None, "a b c d e")]),
        ("<ruby>漢<rt>hàn</rt>字<rt>zì</rt></ruby>", [(None, "漢hàn字zì")]),
        ("That's <00:00:21.000>all", [(None, "That's all")]),
        (
            "&amp;&lt;&gt;&lrm;&rlm;&nbsp;&eacute;&#20013;&#x4e2d;&nonsense;",
            [(None, "&<>\u200e\u200f\u00a0é中中&nonsense;")],
        ),
        ("&amp;lt;", [(None, "&lt;")]),
        ("a <unknown tag>b</unknown>", [(None, "a b")]),
        ("unfinished <", [(None, "unfinished ")]),
        ("waited < 5 minutes", [(None, "waited < 5 minutes")]),
        ("1 <2 but 3> 2 ok", [(None, "1 <2 but 3> 2 ok")]),
        ("<v Ann no bracket", [(None, "<v Ann no bracket")]),
        ("", [(None, "")]),
    ],
)
def test_cue_text(raw: str, pieces: list[tuple[str | None, str]]) -> None:
    assert cue_text(raw) == tuple(Piece(*piece) for piece in pieces)


def test_several_voices_in_a_cue_are_several_turns_with_its_times(tmp_path: Path) -> None:
    found = document(tmp_path, f"WEBVTT\n\n{TIMES}\n<v Agent>Anything else?</v>\n<v Customer>No, I am leaving.</v>\n")
    assert [(t.speaker, t.begins, t.ends) for t in found.turns] == [("Agent", 1.0, 2.5), ("Customer", 1.0, 2.5)]


def test_cues_of_one_speaker_and_empty_cues_stay_turns_of_their_own(tmp_path: Path) -> None:
    found = document(tmp_path, f"WEBVTT\n\n{TIMES}\n<v Ann>one\n\n{TIMES}\n\n{TIMES}\n<v Ann>two\n")
    assert [found.text[t.start : t.end] for t in found.turns] == ["one", "", "two"]


def test_names_before_a_colon_are_speakers_where_no_cue_has_a_voice(tmp_path: Path) -> None:
    cues = [
        "Maria Lopez: Hello, how may I help you?",
        "Jo Field: My order never came.",
        "Maria Lopez: One moment please.",
    ]
    found = document(tmp_path, "WEBVTT\n\n" + "\n\n".join(f"{TIMES}\n{cue}" for cue in cues))
    assert [(t.speaker, t.role) for t in found.turns] == [
        ("Maria Lopez", "agent"), ("Jo Field", "customer"), ("Maria Lopez", "agent"),
    ]  # fmt: skip
    found = document(tmp_path, f"WEBVTT\n\n{TIMES}\nOne thing: it broke\n\n{TIMES}\nand I left\n")
    assert [t.speaker for t in found.turns] == [None, None]
    assert found.text == "One thing: it broke\nand I left"


def test_speech_without_speakers_is_the_customers(tmp_path: Path) -> None:
    found = document(tmp_path, f"WEBVTT\n\n{TIMES}\nNobody came to repair it.\n")
    assert [(t.role, t.speaker) for t in found.turns] == [("customer", None)]
    assert found.metadata["speaker_roles"].startswith("unlabelled")


def test_head_fields_channel_and_date_of_the_name(tmp_path: Path) -> None:
    text = f"WEBVTT\nCall ID: K-77\nCustomer ID: 4711\nDate: 2026-11-03\nQueue: billing\n\n{TIMES}\nhello\n"
    found = document(tmp_path, text, "2026-11-01.vtt", channel="chat")
    assert (found.id, found.given_id, found.customer, found.time) == ("K-77", True, "4711", "2026-11-03")
    assert (found.channel, found.metadata["Queue"]) == ("chat", "billing")
    assert document(tmp_path, f"WEBVTT\n\n{TIMES}\nhello\n", "call_20261102_17.vtt").time == "2026-11-02"
    assert document(tmp_path, f"WEBVTT\n\n{TIMES}\nhello\n", "call_20261399_17.vtt").time is None


def test_no_cues_too_large_and_not_there(tmp_path: Path) -> None:
    (found,) = read(file(tmp_path, "WEBVTT\n\nNOTE nothing\n"))
    assert isinstance(found, Reject) and found.reason == "no_cues"
    large = tmp_path / "large.vtt"
    with large.open("wb") as out:
        out.truncate(SIZE_LIMIT + 1)
    with pytest.raises(InputError, match="split it"):
        VttReader().open(large, IngestOptions())
    gone = file(tmp_path, f"WEBVTT\n\n{TIMES}\nhello\n", "gone.vtt")
    opened = VttReader().open(gone, IngestOptions())
    gone.unlink()
    with pytest.raises(InputError, match=r"gone\.vtt"):
        list(opened.read(Stats()))


def test_other_encodings_are_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "call.vtt"
    path.write_bytes(f"WEBVTT\n\n{TIMES}\n<v 客户>你们的服务态度太差了，我要投诉\n".encode("gb18030"))
    opened = VttReader().open(path, IngestOptions())
    ((_, found),) = opened.read(Stats())
    assert isinstance(found, Document) and found.text == "客户: 你们的服务态度太差了，我要投诉"
    assert "encoding: gb18030" in opened.choices


_WORDS = st.text(st.characters(categories=("L", "N"), max_codepoint=0x9FFF), min_size=1, max_size=12)
_CUES = st.lists(
    st.tuples(
        st.integers(0, 400_000_000),
        st.integers(0, 400_000_000),
        st.one_of(st.none(), _WORDS),
        st.lists(st.one_of(_WORDS, st.sampled_from(["&", "<3", "a < b", "-", ">>", "&amp;"])), min_size=1, max_size=4),
    ),
    max_size=6,
)


def clock(milliseconds: int, point: str = ".") -> str:
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"


@given(_CUES, st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=150, deadline=None)
def test_what_is_written_comes_back(cues: list[tuple[int, int, str | None, list[str]]], end: str) -> None:
    blocks = ["WEBVTT"]
    for begins, ends, speaker, words in cues:
        voice = f"<v {html.escape(speaker, quote=False)}>" if speaker else ""
        blocks.append(f"{clock(begins)} --> {clock(ends)}\n{voice}{html.escape(' '.join(words), quote=False)}")
    found = parse_webvtt("\n\n".join(blocks).replace("\n", end))
    assert found.rejects == []
    assert [(c.begins, c.ends, *c.pieces) for c in found.cues] == [
        (begins / 1000, ends / 1000, (speaker, " ".join(words))) for begins, ends, speaker, words in cues
    ]


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda t: f"WEBVTT\n\n{TIMES}\n{t}".encode("utf-8", "surrogatepass")),
    )
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_documents_rejects_or_an_error_for_people(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.vtt"
    path.write_bytes(data)
    try:
        found = read(path)
    except VocError:
        return
    assert found
    for item in found:
        if isinstance(item, Document):
            assert all(0 <= t.start <= t.end <= len(item.text) for t in item.turns)
            item.text.encode("utf-8")


@given(st.text(alphabet="WEBVT\n -->0123:.<v>/&;ab\r", max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_letter_of_a_block_is_lost_in_silence(text: str) -> None:
    found = parse_webvtt(f"WEBVTT\n\n{text}")
    assert all(cue.begins >= 0 and cue.ends >= 0 and cue.pieces for cue in found.cues)
    assert len({reject.row for reject in found.rejects}) == len(found.rejects)


def test_a_file_of_a_million_lines_is_read_in_linear_time() -> None:
    text = "WEBVTT\n\n" + "".join(f"{clock(n * 100)} --> {clock(n * 100 + 90)}\nword {n}\n\n" for n in range(20_000))
    assert len(parse_webvtt(text).cues) == 20_000
    assert len(cue_text("<" * 200_000 + "a")) == 1
    assert len(cue_text("<v A>" * 20_000 + "a")) == 1
    assert parse_webvtt("WEBVTT\n\n" + "-->\n" * 50_000).cues == []
