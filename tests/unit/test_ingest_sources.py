"""Folders, archives, standard input and addresses: what an input names, and what it must not do."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import stat
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.documents import Document, Reject
from voc.errors import InputError, ModelError, VocError
from voc.ingest import IngestOptions, Source, archives, open_source, open_sources

GOOD = "The crew was rude and nobody said sorry"
TABLE = f"id,comment\na,{GOOD}\n"
LINE = json.dumps({"id": "j", "text": "We waited for hours and nobody came"}) + "\n"


def names(path: object, **options: object) -> list[tuple[str, list[str]]]:
    """(source, ids of its documents or reasons of its rejects) of all that ``path`` names."""
    found = []
    for source in open_sources(str(path), IngestOptions(**options)):  # type: ignore[arg-type]
        items = [item.id if isinstance(item, Document) else item.reason for item in source]
        assert all(item.source == source.name for item in source if isinstance(item, Document))
        found.append((source.name, items))
    return found


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("voc.ingest")
    logger.addHandler(handler)
    yield said
    logger.removeHandler(handler)


def packed(path: Path, members: dict[str, str | bytes], mode: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", mode) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path, warnings: list[str]) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for name, content in {
        "b.csv": TABLE,
        "a.jsonl": LINE,
        "b/c/d.csv": TABLE,
        ".hidden.csv": TABLE,
        ".git/x.csv": TABLE,
        "notes.pdf": "%PDF",
        "b/readme.md": "# Hello",
    }.items():
        (tmp_path / name).write_text(content)
    assert names(tmp_path) == [("a.jsonl", ["j"]), ("b.csv", ["a"]), ("b/c/d.csv", ["a"])]
    assert len(warnings) == 1
    assert "notes.pdf, b/readme.md" in warnings[0]
    assert names(tmp_path) == names(tmp_path)


def test_a_file_of_a_folder_that_cannot_be_read_is_a_reject(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text("n,m\n1,2\n3,4\n")
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04broken")
    (tmp_path / "d.csv").write_text("")
    assert [name for name, _ in names(tmp_path)] == ["a.csv", "b.csv", "c.xlsx", "d.csv"]
    assert [items[0] for _, items in names(tmp_path)] == ["a", *["unreadable_file"] * 3]
    refused = list(open_sources(str(tmp_path)))[1]
    (reject,) = [item for item in refused if isinstance(item, Reject)]
    assert (reject.row, "no column is mostly free text" in reject.detail) == (0, True)


def test_a_file_of_a_folder_that_leaves_the_text_open_says_how_to_settle_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"one,two\n{GOOD} one,{GOOD} two\n{GOOD}!,{GOOD}?\n")
    ((_, items),) = names(tmp_path)
    assert items == ["unreadable_file"]
    (source,) = open_sources(str(tmp_path))
    assert '--map "text=one" or --map "text=two"' in source.choices[0]
    assert len(names(tmp_path, mapping={"text": "two"})[0][1]) == 2


def test_links_that_lead_out_of_a_folder_are_left_out(tmp_path: Path, warnings: list[str]) -> None:
    outside, folder = tmp_path / "secret", tmp_path / "feed"
    outside.mkdir()
    folder.mkdir()
    (outside / "s.csv").write_text(TABLE)
    (folder / "a.csv").write_text(TABLE)
    (folder / "b.csv").symlink_to(folder / "a.csv")
    (folder / "out.csv").symlink_to(outside / "s.csv")
    (folder / "dir").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "none.csv").symlink_to(folder / "absent")
    os.mkfifo(folder / "pipe.csv")
    assert [name for name, _ in names(folder)] == ["a.csv", "b.csv"]
    assert any("out.csv: left out, a link" in said for said in warnings)
    assert any("pipe.csv: left out" in said for said in warnings)


def test_members_of_a_zip(tmp_path: Path, warnings: list[str]) -> None:
    inner = io.BytesIO()
    packed(inner, {"deep.csv": TABLE})  # type: ignore[arg-type]
    path = packed(
        tmp_path / "a.zip",
        {
            "b.csv": TABLE,
            "a/j.jsonl": LINE,
            "c.zip": inner.getvalue(),
            "d.csv.gz": gzip.compress(TABLE.encode(), mtime=0),
            "__MACOSX/b.csv": b"\x00",
            ".DS_Store": b"\x00",
            "logo.png": b"\x89PNG",
        },
    )
    assert names(path) == [
        ("a.zip/a/j.jsonl", ["j"]),
        ("a.zip/b.csv", ["a"]),
        ("a.zip/c.zip/deep.csv", ["a"]),
        ("a.zip/d.csv.gz", ["a"]),
    ]
    assert "a.zip/logo.png" in warnings[0]


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "a/../../evil.csv", "..\\evil.csv"]
)
def test_a_member_cannot_leave_its_place(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", {"good.csv": TABLE, name: TABLE})
    found = dict(names(path))
    assert found.pop("a.zip/good.csv") == ["a"]
    assert list(found.values()) == [["unsafe_name"]]
    assert not list(tmp_path.rglob("evil.csv"))


def test_a_member_without_a_name_is_rejected(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = ""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good.csv", TABLE)
        archive.writestr(info, TABLE)
    assert names(tmp_path / "a.zip") == [("a.zip/", ["unsafe_name"]), ("a.zip/good.csv", ["a"])]


def test_links_and_encrypted_members_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.csv", TABLE)
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("locked.csv", TABLE)
    content = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.rfind(magic)
        content[place + at] |= 1
    path.write_bytes(bytes(content))
    assert names(path) == [
        ("a.zip/good.csv", ["a"]),
        ("a.zip/link.csv", ["link"]),
        ("a.zip/locked.csv", ["encrypted"]),
    ]


def test_a_damaged_member_costs_itself_alone(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.csv": TABLE * 50, "b.csv": TABLE})
    content = bytearray(path.read_bytes())
    content[content.index(b"a.csv") + 12] ^= 0xFF
    path.write_bytes(bytes(content))
    assert [items[:1] for _, items in names(path)] == [["damaged"], ["a"]]


def test_bombs_of_many_members_are_refused_before_anything_of_them_is_read(tmp_path: Path) -> None:
    """Members that are no bomb each: reading those before the limit took twice the time that their size allows."""
    member = "id,comment\n" + "a," * 4_000_000
    zipped = packed(tmp_path / "a.zip", {f"{n:02}.csv": member for n in range(6)})
    assert zipped.stat().st_size < 100_000
    read = []
    with pytest.raises(InputError, match=r"a\.zip unpacks to more than 200 times its size: it looks like a zip bomb"):
        for source in open_sources(str(zipped)):
            read += list(source)
    assert read == []


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_RATIO_FROM", 1 << 20)
    big = "id,comment\n" + f"a,{'x' * 1000}\n" * 5000
    zipped = packed(tmp_path / "a.zip", {"bomb.csv": big})
    with pytest.raises(InputError, match="zip bomb"):
        names(zipped)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(big.encode(), mtime=0))
    with pytest.raises(InputError, match="zip bomb"):
        names(tmp_path / "b.csv.gz")
    nested = packed(tmp_path / "c.zip", {"inner.zip": zipped.read_bytes()})
    assert names(nested) == [("c.zip/inner.zip", ["unreadable_file"])]
    folder = tmp_path / "folder"
    folder.mkdir()
    zipped.rename(folder / "a.zip")
    (folder / "b.csv").write_text(TABLE)
    assert names(folder) == [("a.zip", ["unreadable_file"]), ("b.csv", ["a"])]


def test_all_that_an_input_unpacks_to_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.ingest.walk.Budget", lambda: archives.Budget(limit=2500))
    path = packed(tmp_path / "a.zip", {f"{n}.csv": "id,comment\n" + f"a,{GOOD}\n" * 20 for n in range(3)})
    with pytest.raises(InputError, match="unpacks to more than"):
        names(path)


def test_archives_in_archives_end_somewhere(tmp_path: Path) -> None:
    content: bytes = TABLE.encode()
    name = "a.csv"
    for _ in range(6):
        out = io.BytesIO()
        packed(out, {name: content})  # type: ignore[arg-type]
        content, name = out.getvalue(), "a.zip"
    (tmp_path / "a.zip").write_bytes(content)
    ((_, items),) = names(tmp_path / "a.zip")
    assert items == ["too_deep"]


def test_private_copies_go_with_their_source(tmp_path: Path) -> None:
    source = open_source(str(packed(tmp_path / "a.zip", {"b.csv": TABLE})))
    copy = source.path
    assert copy.stat().st_mode & 0o077 == 0 or copy.parent.stat().st_mode & 0o077 == 0
    assert len(list(source)) == 1
    del source
    assert not copy.exists() and not copy.parent.exists()


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_gzip_of_any_kind(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}.gz"
    path.write_bytes(gzip.compress((TABLE if suffix == "csv" else LINE).encode(), mtime=0))
    assert [len(items) for _, items in names(path)] == [1]
    assert names(path)[0][0] == f"a.{suffix}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="damaged"):
        names(path)


def test_names_in_old_archives_are_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"aaaa.csv": TABLE})
    path.write_bytes(path.read_bytes().replace(b"aaaa", "评论".encode("gb18030")))
    assert names(path)[0][0] == "a.zip/评论.csv"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (TABLE.encode(), "csv"),
        (TABLE.encode("utf-16"), "csv"),
        (LINE.encode(), "jsonl"),
        (f"[{LINE}]".encode(), "json"),
        (gzip.compress(TABLE.encode(), mtime=0), "csv"),
    ],
)
def test_standard_input_is_known_by_its_content(monkeypatch: pytest.MonkeyPatch, content: bytes, kind: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    (source,) = open_sources("-")
    assert (source.name, source.kind, len(list(source))) == ("stdin", kind, 1)


def test_standard_input_of_no_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    with pytest.raises(InputError, match="stdin is empty"):
        list(open_sources("-"))


def test_addresses(tmp_path: Path) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe({"/feed/b.csv": TABLE.encode(), "/feed/x/a.jsonl": LINE.encode(), "/feed/.hidden.csv": TABLE.encode()})
    assert names("memory://feed/b.csv") == [("b.csv", ["a"])]
    assert names("memory://feed") == [("b.csv", ["a"]), ("x/a.jsonl", ["j"])]
    assert names("memory://feed/*.csv") == names("Memory://feed/*.csv") == [("b.csv", ["a"])]
    (tmp_path / "c.csv").write_text(TABLE)
    assert names(f"file://{tmp_path}/c.csv") == [("c.csv", ["a"])]
    for missing in ("memory://feed/none.csv", "memory://[feed/b.csv"):
        with pytest.raises(InputError, match="does not exist"):
            names(missing)
    store.rm("/feed", recursive=True)


def test_addresses_that_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("https://example.org/a.csv", "zip://a::file:///b.zip", "ftp://u:geheim@example.org/a.csv"):
        with pytest.raises(InputError, match="does not read from") as caught:
            names(address)
        assert "geheim" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(ModelError, match="s3:// needs s3fs") as missing:
        names("s3://bucket/a.csv")
    assert "pip install 'voc-drivers[cloud]'" in str(missing.value)


def test_options_are_asked_for_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text(TABLE)
    asked: list[int] = []

    def options() -> IngestOptions:
        asked.append(1)
        return IngestOptions()

    sources: Iterator[Source] = open_sources(str(tmp_path), options)
    next(sources)
    assert len(asked) == 1
    next(sources)
    assert len(asked) == 2


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.binary(max_size=40), max_size=4))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_names_and_contents_of_an_archive(tmp_path: Path, members: dict[str, bytes]) -> None:
    clean = {name.encode("utf-8", "replace").decode().replace("\x00", "_"): one for name, one in members.items()}
    path = packed(tmp_path / "any.zip", {**clean})
    try:
        for source in open_sources(str(path)):
            assert all(isinstance(item, Document | Reject) for item in source)
    except VocError as error:
        assert error.message
