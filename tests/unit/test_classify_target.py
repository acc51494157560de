"""`voc classify -o URL`: what is written goes to an object store whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from tests.program import voc, write_jsonl
from voc.errors import ModelError, TooManyRejects, UsageError
from voc.exports import write_rows
from voc.pipeline.files import target

ROWS = [{"id": "1", "text": "沒有人回覆。"}, {"id": "2", "text": "=Late."}]


def test_an_object_is_the_same_bytes_as_a_file(tmp_path: Path) -> None:
    for name in ("records.parquet", "records.jsonl"):
        here, there = str(tmp_path / name), f"memory://out/part/{name}"
        for out in (here, there):
            with target(out) as file:
                write_rows(file, ROWS)
        assert fsspec.filesystem("memory").cat(f"/out/part/{name}") == Path(here).read_bytes()


def test_what_fails_is_not_sent_and_rejects_are_no_failure() -> None:
    store = fsspec.filesystem("memory")
    with pytest.raises(KeyboardInterrupt), target("memory://out/half.jsonl") as file:
        write_rows(file, ROWS)
        raise KeyboardInterrupt
    assert not store.exists("/out/half.jsonl")
    with pytest.raises(TooManyRejects), target("memory://out/rejects.jsonl") as file:
        write_rows(file, ROWS)
        raise TooManyRejects("3 of 4")
    assert store.exists("/out/rejects.jsonl")
    assert not file.exists()


def test_a_scheme_may_be_in_upper_case() -> None:
    with target("Memory://out/upper.jsonl") as file:
        write_rows(file, ROWS)
    assert fsspec.filesystem("memory").exists("/out/upper.jsonl")


@pytest.mark.parametrize(
    "url", ["ftp://host/x.jsonl", "memory://out/*.jsonl", "memory://[out/x.jsonl", "file::memory://x.jsonl"]
)
def test_other_places_are_refused_before_the_work(url: str) -> None:
    with pytest.raises(UsageError, match="no place that voc writes to"), target(url):
        pytest.fail("the work began")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(ModelError, match="s3:// needs s3fs"), target("s3://bucket/x.jsonl"):
        pytest.fail("the work began")


def test_the_program_refuses_what_it_cannot_write(tmp_path: Path) -> None:
    feed = write_jsonl(tmp_path / "feed.jsonl", ROWS)
    for out, said in (("ftp://host/x.jsonl", "no place that voc writes to"), ("s3://bucket/x.txt", "no format")):
        done = voc("classify", feed, "-o", out)
        assert (done.code, said in done.err) == (2, True), done.err
