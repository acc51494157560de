from __future__ import annotations

import datetime as dt
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import InputError, UsageError
from voc.ingest import IngestOptions, Source, open_source
from voc.ingest.csv_table import find_delimiter, records
from voc.ingest.lines import Line

Write = Callable[..., Source]
GOOD = "The crew was rude and nobody said sorry"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(content: str | bytes, name: str = "feedback.csv", **options: object) -> Source:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        return open_source(str(path), IngestOptions(**options))  # type: ignore[arg-type]

    return make


def documents(source: Source) -> list[Document]:
    return [item for item in source if isinstance(item, Document)]


def rejects(source: Source) -> list[tuple[int, str]]:
    return [(item.row, item.reason) for item in source if isinstance(item, Reject)]


def test_rows_become_documents(write: Write) -> None:
    source = write(
        "\ufeffReview ID,Published,Stars,Review,Customer,Seat\r\n"
        f'r1,2026-03-04,1,"{GOOD},\r\nnot ""once""",C-1,4B\r\n'
        "r2,soon,5,服務很好，人也親切,C-2,\r\n"
        "r3,2 weeks ago,N/A,,C-1,1A\r\n",
        as_of=dt.date(2026, 3, 31),
    )
    first, second, third = documents(source)
    assert first == Document(
        id="r1",
        text=f'{GOOD},\r\nnot "once"',
        source="feedback.csv",
        customer="C-1",
        time="2026-03-04",
        language="en",
        rating=1.0,
        metadata={"Seat": "4B"},
    )
    assert (second.language, second.time, dict(second.metadata)) == (
        "zh-Hant",
        None,
        {"Published": "soon"} | {"time": "soon"},
    ) or (second.metadata == {"time": "soon"})
    assert (third.text, third.time, third.time_text, third.rating, third.metadata["rating"]) == (
        "",
        "2026-03-17",
        "2 weeks ago",
        None,
        "N/A",
    )
    assert [row for row, _ in source.rows()] == [1, 2, 3]
    assert source.stats.bad_times == 1
    assert source.warnings() == ("feedback.csv: 1 dates could not be read; those documents count as undated",)
    assert (source.name, source.kind, source.mapping["text"]) == ("feedback.csv", "csv", "Review")
    assert len(source.sha256) == 64


def test_a_relative_date_without_as_of_stays_open(write: Write) -> None:
    source = write(f"date,text\n3 weeks ago,{GOOD}\n")
    (document,) = [d for d in source if isinstance(d, Document)]
    assert (document.time, document.time_text) == (None, "3 weeks ago")
    assert "1 dates are relative" in source.warnings()[0] and "--as-of" in source.warnings()[0]


def test_reading_twice_gives_the_same(write: Write) -> None:
    source = write(f"text,date\n{GOOD},2026-01-01\n{GOOD},2026-01-01\n{GOOD} again,\n")
    assert list(source) == list(source)
    keys = [document.key for document in documents(source)]
    assert keys[0] == keys[1] != keys[2]
    assert not documents(source)[0].given_id and documents(source)[0].id == keys[0][:16]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(write: Write, delimiter: str) -> None:
    text = f"{GOOD}, we waited; and then | left"
    rows = "\n".join(delimiter.join([f"r{n}", f'"{text} {n}"', "2026-01-02"]) for n in range(5))
    source = write(delimiter.join(["id", "text", "date"]) + "\n" + rows)
    assert [(d.id, d.text, d.time) for d in documents(source)] == [
        (f"r{n}", f"{text} {n}", "2026-01-02") for n in range(5)
    ]


def test_a_single_column_takes_its_commas_as_text(write: Write) -> None:
    source = write('review\nSlow, rude, and late again\nFine\n\n"quoted, too"\n')
    assert [d.text for d in documents(source)] == ["Slow, rude, and late again", "Fine", "quoted, too"]


def test_rows_of_the_wrong_width_are_rejected_with_their_row(write: Write) -> None:
    source = write(
        f"id,text,date\n1,{GOOD},2026-01-01\n2,too, many,2026-01-01\n3\n4,{GOOD},2026-01-02,,\n5,{GOOD} five,\n"
    )
    assert [d.id for d in documents(source)] == ["1", "4", "5"]
    assert rejects(source) == [(2, "column_count"), (3, "column_count")]
    reject = next(item for item in source if isinstance(item, Reject))
    assert reject.detail == "the row has 4 cells, the header 3; check its quotes and delimiters"
    assert reject.value == "2,too, many,2026-01-01"


def test_an_unclosed_quote_costs_one_row(write: Write) -> None:
    lines = [f"{n},{GOOD} {n},2026-01-01" for n in range(1, 8)]
    lines[2] = f'3,"{GOOD} 3,2026-01-01'
    source = write("id,text,date\n" + "\n".join(lines) + "\n")
    assert [d.id for d in documents(source)] == ["1", "2", "4", "5", "6", "7"]
    assert rejects(source) == [(3, "unbalanced_quote")]
    lines[5] = f'6,"{GOOD}, 6",2026-01-01'  # a later quote closes the stray one in the middle of a cell
    source = write("id,text,date\n" + "\n".join(lines) + "\n")
    assert [d.id for d in documents(source)] == ["1", "2", "4", "5", "6", "7"]
    assert rejects(source) == [(3, "unbalanced_quote")]


def test_quotes_inside_a_quoted_cell_are_forgiven_where_the_row_still_fits(write: Write) -> None:
    source = write(f'id,text,date\n1,"He said "no" to us and left",2026-01-01\n2,{GOOD},2026-01-02\n')
    assert [(d.id, d.time) for d in documents(source)] == [("1", "2026-01-01"), ("2", "2026-01-02")]
    assert "no" in documents(source)[0].text


def test_the_line_of_a_reject_is_named_where_rows_span_lines(write: Write) -> None:
    source = write(f'id,text\n1,"{GOOD}\n\nand left"\n2,a,b\n3,{GOOD} three\n')
    (reject,) = [item for item in source if isinstance(item, Reject)]
    assert (reject.row, "(line 5)" in reject.detail) == (2, True)


def test_bytes_that_are_no_utf8_cost_their_row(write: Write) -> None:
    rows = "".join(f"{n},The café was closed when we came {n}\n" for n in range(9)).encode()
    source = write(b"id,text\n" + rows + b"x,caf\xe9 was closed when we came\n")
    assert len(documents(source)) == 9
    assert rejects(source) == [(10, "encoding")]
    assert all("\udce9" not in item.value for item in source if isinstance(item, Reject))


def test_a_header_that_is_no_utf8_refuses_the_file(write: Write) -> None:
    with pytest.raises(InputError, match="its header does not decode"):
        write(b"caf\xe9,text\n" + "1,The café was closed when we came\n".encode() * 5)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"\xef\xbb\xbf \n\n", "is empty"),
        ("book.csv", b"PK\x03\x04xx", "a workbook"),
        ("feed.pdf", b"%PDF", "unknown kind of file .pdf"),
        ("feed", b"x", "no ending"),
        ("late.xlsx", b"PK\x03\x04", "a workbook or archive that is damaged"),
    ],
)
def test_what_cannot_be_read_at_all(write: Write, name: str, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        write(content, name)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        open_source(str(tmp_path / "none.csv"))
    with pytest.raises(InputError, match="holds nothing that voc reads"):
        open_source(str(tmp_path))


def test_a_cell_of_megabytes_is_one_reject_and_the_rest_is_read(write: Write) -> None:
    one_line, many_lines = "x" * 11_000_000, ("line " * 50 + "\n") * 44_000
    source = write(f'id,text\n1,{one_line}\n2,{GOOD}\n3,"{many_lines}"\n4,{GOOD} four\n')
    items = [(row, item.id if isinstance(item, Document) else item.reason) for row, item in source.rows()]
    assert items == [(1, "too_long"), (2, "2"), (3, "too_long"), (4, "4")]


def test_a_line_without_end_is_not_held(write: Write) -> None:
    source = write(f"id,text\n1,{GOOD}\n2,{'x' * 34_000_000}\n3,{GOOD} three\n")
    tracemalloc.start()
    try:
        assert [d.id for d in documents(source)] == ["1", "3"]
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()
    assert rejects(source) == [(2, "too_long")]


def test_nul_and_control_characters_stay_in_what_was_given(write: Write) -> None:
    (document,) = documents(write("id,text\n1,The crew\x00 was rude\x07 to us\n", repair=False))
    assert document.text == "The crew\x00 was rude\x07 to us"


def test_a_table_without_header_is_numbered(write: Write) -> None:
    source = write(
        f"2026-01-01,{GOOD},1\n2026-01-02,{GOOD} too,2\n2026-01-03,{GOOD} again,1\n2026-01-04,{GOOD} ever,4\n"
    )
    assert len(documents(source)) == 4
    assert source.choices[0].startswith("there is no header row")
    assert source.mapping == {"text": "column 2", "time": "column 1", "rating": "column 3"}


def test_headers_that_repeat_or_are_missing_get_names(write: Write) -> None:
    (document,) = documents(write(f"text,note,note,\n{GOOD},a,b,c\n", mapping={"text": "text"}))
    assert document.metadata == {"note": "a", "note (2)": "b", "column 4": "c"}


@pytest.mark.parametrize("top", ["Export of 2026-03-31\n\n", "Report,,\n,,\n", "\n\n"])
def test_lines_above_the_header_are_left_out(write: Write, top: str) -> None:
    source = write(f"{top}id,date,comment\na,2026-03-04,{GOOD}\nb,2026-03-05\n")
    assert [(d.id, d.text) for d in documents(source)] == [("a", GOOD)]
    assert rejects(source) == [(2, "column_count")]
    assert ("the header is line" in source.choices[0]) == (top.strip() != "")


def test_rows_of_a_survey_that_describe_its_questions_are_left_out(write: Write) -> None:
    source = write(
        "ResponseId,RecordedDate,Q1\nResponse ID,Recorded Date,What went wrong?\n"
        '"{""ImportId"":""_recordId""}","{""ImportId"":""recordedDate""}","{""ImportId"":""QID1""}"\n'
        f"R_1,2026-03-04 10:00:00,{GOOD}\n"
    )
    assert [(d.id, d.text, d.time) for d in documents(source)] == [("R_1", GOOD, "2026-03-04T10:00:00")]
    assert "questions of a survey" in source.choices[0]


def test_channel_option_and_column(write: Write) -> None:
    content = "channel,text\n"
    content += f"phone,Customer: {GOOD}\nlive chat,Agent: hello\npigeon,{GOOD}\nemail,{GOOD} by mail\n,{GOOD} here\n"
    found = documents(write(content, channel="survey"))
    assert [d.channel for d in found] == ["call", "chat", "survey", "email", "survey"]
    assert [len(d.turns) for d in found] == [1, 1, 0, 0, 0]
    assert found[2].metadata == {"channel": "pigeon"}


def test_a_mapping_to_an_absent_column_is_a_usage_error(write: Write) -> None:
    with pytest.raises(UsageError, match="no column 'Body'"):
        write(f"id,text\n1,{GOOD}\n", mapping={"text": "Body"})


def test_a_file_that_changes_after_opening_is_refused(write: Write, tmp_path: Path) -> None:
    source = write(f"id,text\n1,{GOOD}\n")
    with (tmp_path / "feedback.csv").open("a") as file:
        file.write(f"2,{GOOD}\n")
    with pytest.raises(InputError, match="changed while it was read"):
        list(source)


def test_rows_are_streamed(write: Write) -> None:
    source = write("id,text\n" + "".join(f"{n},{GOOD} {n}\n" for n in range(8_000)))
    tracemalloc.start()
    try:
        assert sum(1 for _ in source) == 8_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


CELLS = st.lists(
    st.lists(st.text(st.sampled_from(list('ab,;"\n\r 客。'))), min_size=3, max_size=3), min_size=1, max_size=8
)


def feed(content: str) -> list[Line]:
    import io

    lines = io.StringIO(content, newline="").readlines()
    return [Line(number, text) for number, text in enumerate(lines, start=1)]


@given(CELLS)
@settings(deadline=None)
def test_what_csv_writes_comes_back(rows: list[list[str]]) -> None:
    import csv
    import io

    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    found = list(records(iter(feed(out.getvalue())), ","))
    assert [record.cells for record in found] == [row for row in rows if any(row)]
    assert not any(record.problem for record in found)


@given(st.text(st.sampled_from(list('ab,"\n\r ')), max_size=200))
@settings(deadline=None)
def test_any_text_splits_into_rows_without_losing_a_line(content: str) -> None:
    lines = feed(content)
    found = list(records(iter(lines), ","))
    starts = [record.line for record in found]
    assert starts == sorted(set(starts))
    kept = "".join(char for record in found for cell in record.cells for char in cell)
    for letter in "ab":
        assert kept.count(letter) == content.count(letter)


def test_a_thousand_stray_quotes_take_no_time() -> None:
    lines = [Line(n, f'{n},"stray,{n}\n' if n % 2 else f"{n},plain,{n}\n") for n in range(1, 4001)]
    assert len(list(records(iter(lines), ","))) == 4000


def test_delimiter_of_one_column_is_a_comma() -> None:
    assert find_delimiter(["text\n", "a, b\n"]) == ","
    assert find_delimiter([]) == ","
