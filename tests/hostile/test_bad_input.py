"""Whatever a file holds, reading it ends in documents and rejects or in an error that says what to do: in time that
grows with its size, in bounded memory, and never in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cost import TRIES
from tests.hostile import bad_archives, bad_tables, bad_texts, bad_workbooks
from tests.hostile.makers import MAKERS
from tests.hostile.reading import MEGABYTES, allowed_seconds, read

LONG = {
    "csv_endless_line": 1000,
    "csv_endless_quote": 200,
    "mail_attachment": 100,
    "mail_attachment_in_one_line": 100,
    "json_one_text": 200,
    "json_of_empty_lists": 60,
    "transcript_json_of_empty_lists": 30,
    "vtt_cues": 19,
    "vtt_blank_lines": 19,
    "txt_one_line": 19,
    "srt_cues": 19,
    "jsonl_large_metadata": 300,
    "csv_only_commas": 60,
    "jsonl_of_empty_lists": 60,
    "csv_stray_quotes": 30,
    "csv_quotes_that_never_close": 20,
    "file_of_noise": 60,
    "zip_bomb": 50,
    "zip_bomb_of_many": 4,
    "gzip_bomb": 50,
    "mail_binary_attachment": 90,
    "xlsx_bomb": 20,
    "parquet_of_one_text": 100,
}
FAST = {"csv_endless_line": 50, "zip_bomb": 3, "gzip_bomb": 3, "mail_attachment": 12}


KINDS = (bad_archives, bad_tables, bad_texts, bad_workbooks)  # each lists its makers


def _fair(path: Path, *, wait: float = 300.0) -> None:
    found = read(path, wait=wait)
    for _ in range(TRIES - 1):
        if found.seconds <= allowed_seconds(path):
            break
        found = read(path, wait=wait)
    assert found.died == ""
    assert found.told, "nothing came of it, and nothing was said"
    assert found.seconds <= allowed_seconds(path)
    assert found.megabytes <= MEGABYTES


@pytest.mark.parametrize("name", MAKERS)
def test_it_ends(tmp_path: Path, name: str) -> None:
    _fair(MAKERS[name](tmp_path, FAST.get(name, 1)))


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_it_ends_at_any_size(tmp_path: Path, name: str) -> None:
    _fair(MAKERS[name](tmp_path, LONG[name]), wait=3600)
