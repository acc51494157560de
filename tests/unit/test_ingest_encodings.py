from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import InputError
from voc.ingest import Source, open_source
from voc.ingest.encodings import detect

Write = Callable[..., Source]
SIMPLIFIED = [
    "宽带断了三天，客服一直让我等，没有人上门",
    "店员态度很好，问题当场就解决了",
    "退款申请了两次都没有人处理，太失望了",
    "快递准时，包装完好，下次还会再来",
]
TRADITIONAL = [
    "櫃台人員態度很差，問什麼都說不知道",
    "打了三次電話都沒有人接，只好換別家",
    "服務人員很親切，問題馬上就解決了",
    "包裹寄丟了，客服叫我自己去找",
]
WESTERN = [
    "Le café était fermé quand nous sommes arrivés",
    "Der Fahrer war unhöflich und viel zu spät",
    "The crew didn’t say sorry – not once…",
    "El señor de la recepción no ayudó a nadie",
]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(content: bytes, name: str = "feedback.csv") -> Source:
        path = tmp_path / name
        path.write_bytes(content)
        return open_source(str(path))

    return make


def table(texts: list[str], header: str = "id,comment") -> str:
    return header + "\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts))


def texts(source: Source) -> list[str]:
    return [item.text for item in source if isinstance(item, Document)]


@pytest.mark.parametrize(
    ("encoding", "lines", "told"),
    [
        ("utf-8", SIMPLIFIED + TRADITIONAL + WESTERN, None),
        ("utf-8-sig", SIMPLIFIED + TRADITIONAL, None),
        ("utf-16", SIMPLIFIED + WESTERN, "encoding: utf-16"),
        ("utf-16-le", SIMPLIFIED, "encoding: utf-16-le"),
        ("utf-16-be", TRADITIONAL, "encoding: utf-16-be"),
        ("utf-16-le", WESTERN, "encoding: utf-16-le"),
        ("gb18030", SIMPLIFIED, "encoding: gb18030"),
        ("gb2312", SIMPLIFIED, "encoding: gb18030"),
        ("gb18030", TRADITIONAL, "encoding: gb18030"),
        ("big5", TRADITIONAL, "encoding: big5"),
        ("cp1252", WESTERN, "encoding: cp1252"),
    ],
)
@pytest.mark.parametrize("name", ["feedback.csv", "feedback.tsv"])
def test_encodings_are_found(write: Write, encoding: str, lines: list[str], told: str | None, name: str) -> None:
    content = table(lines)
    if name.endswith("tsv"):
        content = content.replace(",", "\t", 1).replace("\n", "\n").replace(",", "\t")
        lines = [line.replace(",", "\t") for line in lines]
    source = write(content.encode(encoding), name)
    assert texts(source) == lines
    assert [choice for choice in source.choices if choice.startswith("encoding")] == ([told] if told else [])


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le")])
def test_a_byte_order_mark_decides(write: Write, mark: bytes, encoding: str) -> None:
    source = write(mark + table(WESTERN).encode(encoding))
    assert texts(source) == WESTERN


@pytest.mark.parametrize("one", [*SIMPLIFIED])
def test_one_short_text_is_enough_for_gb18030(write: Write, one: str) -> None:
    assert texts(write(table([one], "编号,评论").encode("gb18030"))) == [one]


@pytest.mark.parametrize("one", [*TRADITIONAL])
def test_one_short_text_is_enough_for_big5(write: Write, one: str) -> None:
    assert texts(write(table([one], "編號,評論").encode("big5"))) == [one]


@pytest.mark.parametrize("one", [*WESTERN])
def test_one_short_text_is_enough_for_cp1252(write: Write, one: str) -> None:
    assert texts(write(table([one]).encode("cp1252"))) == [one]


def test_the_encoding_is_that_of_the_whole_file(write: Write) -> None:
    plain = [f"The crew was rude and nobody said sorry {n}" for n in range(30_000)]
    source = write(table([*plain, *SIMPLIFIED]).encode("gb18030"))
    assert texts(source)[-4:] == SIMPLIFIED


def test_a_broken_character_costs_its_row(write: Write) -> None:
    lines = table(SIMPLIFIED * 5).encode("gb18030").split(b"\n")
    lines[3] = lines[3][:-1] + b"\xff"
    source = write(b"\n".join(lines))
    assert len(texts(source)) == 19
    (reject,) = [item for item in source if isinstance(item, Reject)]
    assert (reject.row, reject.reason) == (3, "encoding")
    assert "gb18030" in reject.detail


def test_jsonl_in_another_encoding(write: Write) -> None:
    source = write("".join(f'{{"text": "{line}"}}\n' for line in TRADITIONAL).encode("big5"), "feedback.jsonl")
    assert texts(source) == TRADITIONAL


@pytest.mark.parametrize("content", [b"\x00\x01\x02" * 50, bytes(range(128, 256)) * 3])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.csv is not"):
        detect(path)


HAN = st.text(
    st.sampled_from("的一是了我不人在有他这中大来上个到说们为子和你地出道也时年得就那要下以生会"),
    min_size=2,
    max_size=20,
)


@given(st.lists(HAN, min_size=1, max_size=5), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_common_writing_comes_back(write: Write, lines: list[str], encoding: str) -> None:
    assert texts(write(table(lines, "编号,评论").encode(encoding))) == lines
