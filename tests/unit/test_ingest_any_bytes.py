"""Whatever bytes a file of any kind holds: documents, rejects or an error of voc; never a traceback."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import VocError
from voc.ingest import open_sources

ROWS = [
    ("r1", "2026-03-04", "The crew was rude, and nobody said sorry"),
    ("r2", "2026-03-05", "退款等了三週，沒人回覆"),
]
NAMES = ("id", "date", "comment")


def _csv() -> bytes:
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in (NAMES, *ROWS)).encode()


def _objects() -> list[dict[str, str]]:
    return [dict(zip(NAMES, row, strict=True)) for row in ROWS]


def _xlsx() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1)})
        sheet = book.add_worksheet()
        for number, row in enumerate((NAMES, *ROWS)):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_objects()), out)
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", _csv())
        archive.writestr("b/c.json", json.dumps(_objects()))
    return out.getvalue()


GOOD: dict[str, Callable[[], bytes]] = {
    ".csv": _csv,
    ".tsv": lambda: _csv().replace(b'","', b'"\t"'),
    ".jsonl": lambda: "\n".join(map(json.dumps, _objects())).encode(),
    ".json": lambda: json.dumps({"data": {"reviews": _objects()}}).encode(),
    ".xlsx": _xlsx,
    ".xls": _xlsx,
    ".ods": _xlsx,
    ".parquet": _parquet,
    ".zip": _zip,
    ".gz": lambda: gzip.compress(_csv(), mtime=0),
    ".csv.gz": lambda: gzip.compress(_csv(), mtime=0),
    "": _csv,
}


def read(path: Path) -> list[Document | Reject]:
    """All that the file gives; [] where voc says that it cannot be read."""
    found: list[Document | Reject] = []
    try:
        for source in open_sources(str(path)):
            for row, item in source.rows():
                assert isinstance(row, int)
                found.append(item)
    except VocError as error:
        assert error.message
    return found


@pytest.mark.parametrize("suffix", GOOD)
def test_the_good_ones_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"feedback{suffix}"
    path.write_bytes(GOOD[suffix]())
    found = read(path)
    assert [(d.id, d.text, d.time) for d in found if isinstance(d, Document)][:2] == [(i, t, d) for i, d, t in ROWS]


@pytest.mark.parametrize("suffix", GOOD)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(data.draw(st.binary(max_size=300)))
    for item in read(path):
        assert isinstance(item, Document | Reject)


@pytest.mark.parametrize("suffix", [suffix for suffix in GOOD if suffix not in (".xls", ".ods")])
@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_good_bytes_gone_bad(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    content = bytearray(GOOD[suffix]())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(bytes(content))
    for item in read(path):
        assert isinstance(item, Document | Reject)
