"""Workbooks, Parquet, JSON and tables of turns, written by other programs and read back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import logging
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import AmbiguousColumns, InputError, UsageError
from voc.ingest import IngestOptions, Source, open_source, open_sources

GOOD = "The crew was rude and nobody said sorry"
SLOW = [HealthCheck.function_scoped_fixture]
CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Cf", "Zl", "Zp"]), max_size=30)
TEXTS = st.lists(CELL.map(lambda cell: f"We waited, 等了很久 {cell}|"), min_size=1, max_size=6)


def documents(source: Source) -> list[Document]:
    return [item for item in source if isinstance(item, Document)]


def book(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as out:
        for name, rows in sheets.items():
            sheet = out.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(number, column, cell)
    return path


def test_a_sheet_is_a_table(tmp_path: Path) -> None:
    rows = [
        ["Order no.", "Date", "Rating", "Comment", "Paid", "Member"],
        [10023, dt.datetime(2026, 3, 4), 4, GOOD, 12.5, True],
        [10024, dt.datetime(2026, 3, 5, 17, 30), 4.5, "退款等了三週，沒人回覆", None, False],
    ]
    source = open_source(str(book(tmp_path / "a.xlsx", Feedback=rows)), IngestOptions(mapping={"id": "Order no."}))
    first, second = documents(source)
    assert (first.id, first.time, first.rating, first.text) == ("10023", "2026-03-04", 4.0, GOOD)
    assert first.metadata == {"Paid": "12.5", "Member": "true"}
    assert (second.time, second.rating, second.language) == ("2026-03-05T17:30:00", 4.5, "zh-Hant")
    assert (source.name, source.kind) == ("a.xlsx", "workbook")


def test_the_header_is_found_below_a_title_and_blank_rows(tmp_path: Path) -> None:
    rows = [["Export of 2026-03-31"], [], [None, "id", "date", "comment"], [None, "a", "2026-03-04", GOOD], []]
    rows += [[None, "b", "2026-03-05", GOOD + " again"]]
    source = open_source(str(book(tmp_path / "a.xlsx", S=rows)))
    assert [(row, d.id, d.text) for row, d in source.rows() if isinstance(d, Document)] == [
        (1, "a", GOOD),
        (2, "b", GOOD + " again"),
    ]
    assert source.choices[0] == "the header is row 3; what stands above it is left out"


def test_every_sheet_with_data_is_a_source(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [["id", "comment"], ["a", GOOD]]
    path = book(
        tmp_path / "a.xlsx", March=rows, Empty=[], April=[rows[0], ["b", GOOD]], Codes=[["x", "y"], [1, 2], [2, 3]]
    )
    with caplog.at_level(logging.WARNING, logger="voc.ingest"):
        logging.getLogger("voc.ingest").addHandler(caplog.handler)
        found = list(open_sources(str(path)))
        logging.getLogger("voc.ingest").removeHandler(caplog.handler)
    assert [source.name for source in found] == ["a.xlsx [March]", "a.xlsx [April]"]
    assert [documents(source)[0].source for source in found] == ["a.xlsx [March]", "a.xlsx [April]"]
    assert "sheet Codes is left out" in caplog.text
    with pytest.raises(InputError, match="several tables"):
        open_source(str(path))


def test_workbooks_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.xlsx is empty"):
        open_source(str(book(tmp_path / "a.xlsx", S=[])))
    with pytest.raises(InputError, match="free text"):
        open_source(str(book(tmp_path / "b.xlsx", S=[["code", "n"], ["7", 1], ["8", 2]], T=[["code"], ["7"]])))
    rows = [["one", "two"], [GOOD + " one", GOOD + " two"], [GOOD, GOOD + "!"]]
    with pytest.raises(AmbiguousColumns):
        open_source(str(book(tmp_path / "c.xlsx", S=rows)))
    with pytest.raises(UsageError, match="no column 'Body'"):
        open_source(str(book(tmp_path / "d.xlsx", S=rows)), IngestOptions(mapping={"text": "Body"}))
    (tmp_path / "e.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600)
    with pytest.raises(InputError, match="no workbook that can be read"):
        open_source(str(tmp_path / "e.xls"))


def test_a_stray_cell_in_the_last_corner_does_not_end_the_program(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as out:
        sheet = out.add_worksheet()
        sheet.write_row(0, 0, ["id", "comment"])
        sheet.write_row(1, 0, ["a", GOOD])
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(InputError, match="stray cells") as caught:
        open_source(str(path))
    assert "memory" in str(caught.value)


def test_an_open_document_is_a_table(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
        )

    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = "".join(
        f"<table:table-row>{cells}</table:table-row>"
        for cells in (row("id", "comment"), row("a", GOOD), row("b", "很慢"))
    )
    empty = (
        '<table:table-row table:number-rows-repeated="1048573">'
        '<table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="S">{body}{empty}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    assert [(d.id, d.text) for d in documents(open_source(str(tmp_path / "a.ods")))] == [("a", GOOD), ("b", "很慢")]


def test_a_table_of_text_under_the_name_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "export.xls"
    path.write_bytes(f"id\tcomment\na\t{GOOD}\n".encode("utf-16"))
    assert [d.text for d in documents(open_source(str(path)))] == [GOOD]


def test_a_workbook_under_the_name_of_a_table(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", S=[["id", "comment"], ["a", GOOD]]).rename(tmp_path / "a.csv")
    assert [d.text for d in documents(open_source(str(path)))] == [GOOD]


@given(TEXTS)
@settings(deadline=None, max_examples=12, suppress_health_check=SLOW)
def test_what_a_workbook_holds_comes_back(tmp_path: Path, texts: list[str]) -> None:
    rows = [["id", "comment"], *([f"r{n}", text] for n, text in enumerate(texts))]
    source = open_source(str(book(tmp_path / "a.xlsx", S=rows)), IngestOptions(repair=False))
    assert [(d.id, d.text) for d in documents(source)] == [(f"r{n}", text) for n, text in enumerate(texts)]


@given(TEXTS)
@settings(deadline=None, max_examples=40, suppress_health_check=SLOW)
def test_what_parquet_holds_comes_back(tmp_path: Path, texts: list[str]) -> None:
    table = pa.table({"id": [f"r{n}" for n in range(len(texts))], "comment": texts})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    source = open_source(str(tmp_path / "a.parquet"), IngestOptions(repair=False))
    assert [(d.id, d.text) for d in documents(source)] == [(f"r{n}", text) for n, text in enumerate(texts)]


@given(TEXTS, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8-sig", "utf-16", "gb18030"]))
@settings(deadline=None, max_examples=60, suppress_health_check=SLOW)
def test_what_csv_holds_comes_back(tmp_path: Path, texts: list[str], delimiter: str, encoding: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([["id", "comment", "x"], *([f"r{n}", text, ""] for n, text in enumerate(texts))])
    (tmp_path / "a.csv").write_bytes(out.getvalue().encode("utf-8" if encoding == "gb18030" else encoding))
    source = open_source(str(tmp_path / "a.csv"), IngestOptions(repair=False))
    assert [(d.id, d.text) for d in documents(source)] == [(f"r{n}", text) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    "shape",
    [lambda rows: rows, lambda rows: {"reviews": rows}, lambda rows: {"meta": {"n": [1]}, "data": {"items": rows}}],
)
@given(texts=TEXTS)
@settings(deadline=None, max_examples=20, suppress_health_check=SLOW)
def test_what_json_holds_comes_back(tmp_path: Path, shape: Callable[[Any], Any], texts: list[str]) -> None:
    rows = [{"id": n, "body": text, "big": 10**40, "half": 0.5, "tags": ["a", 1.5]} for n, text in enumerate(texts)]
    (tmp_path / "a.json").write_text(json.dumps(shape(rows), ensure_ascii=False), encoding="utf-8")
    source = open_source(str(tmp_path / "a.json"), IngestOptions(repair=False))
    found = documents(source)
    assert [(d.id, d.text) for d in found] == [(str(n), text) for n, text in enumerate(texts)]
    assert found[0].metadata == {"big": str(10**40), "half": "0.5", "tags": '["a", 1.5]'}


def test_types_of_parquet(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 3, 4, 10, 30)
    table = pa.table(
        {
            "review": pa.array([GOOD, "Nobody came back to me"]).dictionary_encode(),
            "created": pa.array([moment, None], pa.timestamp("ns")),
            "zoned": pa.array([moment, moment], pa.timestamp("us", "Asia/Hong_Kong")),
            "stars": pa.array([4, None], pa.int8()),
            "raw": pa.array([b"ab", None]),
            "turns": pa.array([None, None], pa.list_(pa.struct({"role": pa.string(), "text": pa.string()}))),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    source = open_source(str(tmp_path / "a.parquet"))
    first, second = documents(source)
    assert (first.text, first.time, first.rating) == (GOOD, "2026-03-04T10:30:00", 4.0)
    assert (second.time, second.rating) == (None, None)
    assert first.metadata["raw"] == "ab"
    assert source.mapping["text"] == "review"


def test_conversations_in_parquet(tmp_path: Path) -> None:
    turns = [[{"role": "customer", "text": GOOD}, {"role": "agent", "text": "Sorry"}]]
    pq.write_table(pa.table({"id": ["c1"], "turns": turns}), tmp_path / "a.parquet")
    (document,) = documents(open_source(str(tmp_path / "a.parquet")))
    assert [t.role for t in document.turns] == ["customer", "agent"]


def test_keys_of_json_are_chosen_like_columns(tmp_path: Path) -> None:
    rows = [
        {"review_text": f"{GOOD} {n}", "created_at": f"2026-03-0{n}", "stars": n, "user_id": f"u{n}"} for n in (1, 2)
    ]
    (tmp_path / "a.json").write_text(json.dumps({"reviews": rows}))
    source = open_source(str(tmp_path / "a.json"))
    first, _ = documents(source)
    assert (first.text, first.time, first.rating, first.customer) == (f"{GOOD} 1", "2026-03-01", 1.0, "u1")
    assert source.choices[0] == "the documents are the objects under reviews"


def test_json_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    content = json.dumps([{"text": GOOD}, {"text": GOOD + " again"}, 7])
    (tmp_path / "a.json").write_text(content[:-1] + ', {"text": "Cut')
    items = list(open_source(str(tmp_path / "a.json")))
    assert [item.reason if isinstance(item, Reject) else "" for item in items] == ["", "", "not_an_object", "not_json"]


def test_one_object_and_lines_under_the_name_of_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"text": GOOD, "tags": ["x"]}, indent=1))
    assert [d.text for d in documents(open_source(str(tmp_path / "a.json")))] == [GOOD]
    (tmp_path / "b.json").write_text("".join(json.dumps({"text": f"{GOOD} {n}"}) + "\n" for n in range(3)))
    assert len(documents(open_source(str(tmp_path / "b.json")))) == 3


@pytest.mark.parametrize("content", ["7", '"text"', "nothing", "[", "{"])
def test_json_without_objects(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    try:
        assert all(isinstance(item, Reject) for item in open_source(str(tmp_path / "a.json")))
    except InputError as error:
        assert "a.json" in error.message


TURNS = [
    ("s1", "customer", "My parcel is lost", "2026-03-04 10:00"),
    ("s1", "agent", "I am sorry to hear that", "2026-03-04 10:01"),
    ("s2", "客户", "退款还没到", "2026-03-04 10:02"),
    ("s1", "customer", "That does not help me", "2026-03-04 10:03"),
    ("s2", "客服", "请稍等", "2026-03-04 10:04"),
]


def test_rows_of_turns_become_conversations(tmp_path: Path) -> None:
    lines = ["session_id,role,message,time,shop", *(",".join(turn) + ",north" for turn in TURNS)]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    source = open_source(str(tmp_path / "a.csv"))
    found = {row: d for row, d in source.rows() if isinstance(d, Document)}
    assert {row: (d.id, d.channel, len(d.turns), d.time) for row, d in found.items()} == {
        1: ("s1", "chat", 3, "2026-03-04T10:00:00"),
        3: ("s2", "chat", 2, "2026-03-04T10:02:00"),
    }
    assert [t.role for t in found[3].turns] == ["customer", "agent"]
    assert found[1].metadata.get("shop", found[1].product) == "north"
    assert source.choices[0].startswith("one row a turn")
    assert source.mapping["id"] == "session_id"
    assert source.warnings() == ()


def test_a_session_that_goes_on_much_later_is_told(tmp_path: Path) -> None:
    rows = [
        ("a", "customer", GOOD),
        *((f"b{n // 2}", "agent", "Hello there") for n in range(10_002)),
        ("a", "agent", "?"),
    ]
    (tmp_path / "a.csv").write_text("session,role,text\n" + "\n".join(map(",".join, rows)))
    source = open_source(str(tmp_path / "a.csv"))
    assert [d.id for d in documents(source)].count("a") == 2
    assert "1 sessions go on" in source.warnings()[0]


def test_turns_without_a_session_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"session,role,text\ns,customer,{GOOD}\ns,agent,Sorry\n,customer,Who\n")
    source = open_source(str(tmp_path / "a.csv"))
    assert [(i.row, i.reason) for i in source if isinstance(i, Reject)] == [(3, "missing_session")]


def test_reviews_with_an_author_are_no_turns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"thread,author,text\nt,Ann,{GOOD}\nt,Ben,{GOOD} too\n")
    assert len(documents(open_source(str(tmp_path / "a.csv")))) == 2


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_day_and_month_are_settled_over_the_whole_column(tmp_path: Path, suffix: str) -> None:
    days = ["03/04/2026"] * 6000 + ["04/25/2026"]
    if suffix == "csv":
        content = "text,date\n" + "".join(f"{GOOD},{day}\n" for day in days)
    else:
        content = "".join(json.dumps({"text": GOOD, "time": day}) + "\n" for day in days)
    (tmp_path / f"a.{suffix}").write_text(content)
    source = open_source(str(tmp_path / f"a.{suffix}"))
    assert {d.time for d in documents(source)} == {"2026-03-04", "2026-04-25"}
    assert source.choices[-1] == "dates like 03/04/2026 are read month first (as its values show)"


def test_full_width_digits_and_minguo_years(tmp_path: Path) -> None:
    lines = ["評分,日期,評論", "４,民國１１５年３月４日,等了很久都沒有人理我", "５分,115年3月5日,服務很親切也很快"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    found = documents(open_source(str(tmp_path / "a.csv")))
    assert [(d.rating, d.time) for d in found] == [(4.0, "2026-03-04"), (5.0, "2026-03-05")]


def test_a_hundred_thousand_columns_are_refused_at_once(tmp_path: Path) -> None:
    line = ",".join(f"c{n}" for n in range(100_000))
    (tmp_path / "a.csv").write_text(f"{line}\n{line}\n")
    with pytest.raises(InputError, match="100,000 columns"):
        open_source(str(tmp_path / "a.csv"))
    (tmp_path / "b.csv").write_text("," * 16_000 + f"text\n{',' * 16_000}{GOOD}\n")
    (document,) = documents(open_source(str(tmp_path / "b.csv")))
    assert document.text == GOOD


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.ingest.archives.WORKBOOK_LIMIT", 1000)
    path = book(tmp_path / "a.xlsx", S=[["id", "comment"], ["a", GOOD]])
    assert zipfile.is_zipfile(path)
    with pytest.raises(InputError, match="unpacks to"):
        open_source(str(path))
