"""Writers: what goes in comes out, nothing becomes a formula, a file appears whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc import exports
from voc.errors import UsageError, VocError
from voc.exports import ENDINGS, check_ending, write_rows

ROWS: list[dict[str, Any]] = [
    {"id": "r-1", "text": "他们一直不回复，\n“没人管”。", "share": None, "labels": ["neglect"], "n": 3, "leave": True},
    {"id": "r-2", "text": 'Nobody came, "ever";\r\nnobody.', "share": 0.25, "labels": [], "n": -4, "leave": False},
    {"id": "r-3", "text": None, "share": 1, "labels": None, "n": None, "leave": None, "late": {"a": 1}},
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]


def read_csv(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(path: Path) -> list[list[Any]]:
    """Cells of the only sheet; the file is read as what it is, so that formulas would show as elements ``f``."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert sheet.findall(f".//{space}f") == []
    rows = []
    for row in sheet.iter(f"{space}row"):
        cells = []
        for cell in row.iter(f"{space}c"):
            texts = [node.text or "" for node in cell.iter(f"{space}t")]
            value = cell.find(f"{space}v")
            cells.append("".join(texts) if texts else value.text if value is not None else None)
        rows.append(cells)
    return rows


def test_jsonl_keeps_rows_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert write_rows(path, iter(ROWS)) == 3
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == ROWS


def test_csv_has_every_column_and_round_trips_texts(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert write_rows(path, iter(ROWS)) == 3
    rows = read_csv(path)
    assert list(rows[0]) == ["id", "text", "share", "labels", "n", "leave", "late"]
    assert [row["text"] for row in rows] == [ROWS[0]["text"], ROWS[1]["text"], ""]
    assert [row["share"] for row in rows] == ["", "0.25", "1"]
    assert [row["n"] for row in rows] == ["3", "-4", ""]
    assert json.loads(rows[0]["labels"]) == ["neglect"]
    assert json.loads(rows[2]["late"]) == {"a": 1}


def test_parquet_takes_types_from_all_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    assert write_rows(path, iter(ROWS)) == 3
    table = pq.read_table(path)
    types = {field.name: str(field.type) for field in table.schema}
    assert types == {
        "id": "string", "text": "string", "share": "double", "labels": "string", "n": "int64", "leave": "bool",
        "late": "string",
    }  # fmt: skip
    assert table.column("share").to_pylist() == [None, 0.25, 1.0]
    assert table.column("text").to_pylist() == [row["text"] for row in ROWS]


def test_xlsx_holds_texts_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    assert write_rows(path, iter(ROWS)) == 3
    header, first, second, _ = read_xlsx(path)
    assert header == ["id", "text", "share", "labels", "n", "leave", "late"]
    assert first == ["r-1", ROWS[0]["text"], '["neglect"]', "3", "1"]
    assert second[-2:] == ["-4", "0"]


@pytest.mark.parametrize("start", FORMULAS)
def test_no_text_becomes_a_formula(tmp_path: Path, start: str) -> None:
    rows = [{"id": start, "amount": -1.5}]
    write_rows(tmp_path / "rows.csv", rows)
    assert read_csv(tmp_path / "rows.csv") == [{"id": "'" + start, "amount": "-1.5"}]
    write_rows(tmp_path / "rows.xlsx", rows)
    assert len(read_xlsx(tmp_path / "rows.xlsx")) == 2
    with zipfile.ZipFile(tmp_path / "rows.xlsx") as archive:
        assert b'r="A2" t="inlineStr"' in archive.read("xl/worksheets/sheet1.xml")


def test_links_stay_texts_in_xlsx(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.xlsx", [{"text": "http://example.invalid/x"}, {"text": "12"}])
    with zipfile.ZipFile(tmp_path / "rows.xlsx") as archive:
        assert not [name for name in archive.namelist() if "rels" in name and "sheet" in name]
    assert read_xlsx(tmp_path / "rows.xlsx")[2] == ["12"]


def test_long_cells_are_cut_in_xlsx_alone_and_that_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = "😀" * 20_000  # 40,000 UTF-16 units
    write_rows(tmp_path / "rows.csv", [{"text": text}])
    assert read_csv(tmp_path / "rows.csv")[0]["text"] == text
    assert caplog.text == ""
    write_rows(tmp_path / "rows.xlsx", [{"text": text}, {"text": "x" * 32_767}])
    _, (cut,), (whole,) = read_xlsx(tmp_path / "rows.xlsx")
    assert cut == "😀" * 16_383
    assert whole == "x" * 32_767
    assert "1 cells were longer" in caplog.text


def test_too_many_rows_for_excel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "EXCEL_ROWS", 3)
    assert write_rows(tmp_path / "rows.xlsx", [{"a": 1}] * 2) == 2
    with pytest.raises(UsageError, match="more than a sheet"):
        write_rows(tmp_path / "rows.xlsx", [{"a": 1}] * 3)
    assert len(read_xlsx(tmp_path / "rows.xlsx")) == 3


@pytest.mark.parametrize("ending", ENDINGS)
def test_characters_that_no_format_can_hold(tmp_path: Path, ending: str) -> None:
    rows = [{"text": "a\ud800b", "control": "\x00\x1b[31m\ufffe"}]
    path = tmp_path / f"rows{ending}"
    assert write_rows(path, rows) == 1
    if ending == ".jsonl":
        assert json.loads(path.read_bytes()) == rows[0]
    elif ending == ".parquet":
        assert pq.read_table(path).column("text").to_pylist() == ["a\ufffdb"]
    elif ending == ".csv":
        assert read_csv(path)[0]["text"] == "a\ufffdb"
    else:
        assert read_xlsx(path)[1][0] == "a\ufffdb"


@pytest.mark.parametrize("ending", ENDINGS)
def test_same_rows_same_bytes_and_mode(tmp_path: Path, ending: str) -> None:
    first, second = tmp_path / f"a{ending}", tmp_path / "deeper" / f"a{ending}"
    write_rows(first, ROWS)
    write_rows(second, ROWS)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o600
    if ending == ".xlsx":
        with zipfile.ZipFile(first) as archive:
            assert b"2000-01-01" in archive.read("docProps/core.xml")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_error_leaves_the_old_file_and_no_trace(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows{ending}"
    write_rows(path, [{"a": 1}])
    before = path.read_bytes()

    def broken() -> Iterator[dict[str, object]]:
        yield {"a": 2}
        raise RuntimeError("the store broke")

    with pytest.raises(RuntimeError, match="the store broke"):
        write_rows(path, broken())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_rows_still_give_the_known_columns(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows{ending}"
    assert write_rows(path, [], ["id", "text"]) == 0
    if ending == ".jsonl":
        assert path.read_bytes() == b""
    elif ending == ".csv":
        assert path.read_bytes() == b"\xef\xbb\xbfid,text\r\n"
    elif ending == ".parquet":
        assert pq.read_table(path).column_names == ["id", "text"]
    else:
        assert read_xlsx(path) == [["id", "text"]]


def test_a_link_keeps_pointing(tmp_path: Path) -> None:
    real, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    real.write_text("old")
    link.symlink_to(real)
    write_rows(link, [{"a": 1}])
    assert link.is_symlink()
    assert real.read_text() == '{"a": 1}\n'


def test_unknown_ending_and_unwritable_target(tmp_path: Path) -> None:
    for name in ("rows.docx", "rows", ".csv", "/dev/stdout"):
        with pytest.raises(UsageError) as caught:
            check_ending(Path(name))
        assert ", ".join(ENDINGS) in str(caught.value)
    assert check_ending(Path("ROWS.CSV")) == ".csv"
    (tmp_path / "file").write_text("")
    with pytest.raises(VocError, match="cannot write"):
        write_rows(tmp_path / "file" / "rows.csv", [])
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(VocError, match="cannot write"):
        write_rows(tmp_path / "folder.csv", [{"a": 1}])


def test_mixed_columns_become_text(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"a": 1, "b": 1, "c": 2**70}, {"a": "x", "b": True, "c": 1}]
    write_rows(tmp_path / "rows.parquet", rows)
    assert pq.read_table(tmp_path / "rows.parquet").to_pylist() == [
        {"a": "1", "b": "1", "c": str(2**70)},
        {"a": "x", "b": "true", "c": "1"},
    ]


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), values | st.lists(values, max_size=2)), max_size=6))
def test_any_rows_can_be_written(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    rows = [{"id": number, **row} for number, row in enumerate(rows)]
    for ending in ENDINGS:
        path = tmp_path / f"rows{ending}"
        assert write_rows(path, rows, ["id"]) == len(rows)
    assert [json.loads(line) for line in (tmp_path / "rows.jsonl").read_bytes().split(b"\n")[:-1]] == rows
    assert pq.read_table(tmp_path / "rows.parquet").num_rows == len(rows)
    assert len(read_csv(tmp_path / "rows.csv")) == len(rows)
    assert len(read_xlsx(tmp_path / "rows.xlsx")) == len(rows) + 1
