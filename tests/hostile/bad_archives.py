"""Archives and folders that unpack to too much, or lead out of their place."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

from tests.hostile.bad_texts import mail_of
from tests.hostile.makers import file_of, header, maker


def _zipped(folder: Path, members: dict[str, bytes], name: str = "a.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


@maker
def zip_bomb(folder: Path, mb: int) -> Path:
    return _zipped(folder, {"a.csv": header().encode(), "b.csv": header().encode() + b"a" * (mb * 20_000_000)})


@maker
def zip_bomb_of_many(folder: Path, mb: int) -> Path:
    """Each member is below what counts as a bomb."""
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(12 * mb):
            archive.writestr(f"{number:03}.csv", header().encode() + b"a," * 8_000_000)
    return path


@maker
def zip_in_zip(folder: Path, mb: int) -> Path:
    data = header().encode()
    for number in range(6):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("b.csv", header())
            archive.writestr("a.csv" if number == 0 else "a.zip", data)
        data = out.getvalue()
    return file_of(folder, "a.zip", data)


@maker
def zip_slip(folder: Path, mb: int) -> Path:
    names = (
        "../up.csv",
        "../../up.csv",
        "/abs.csv",
        "C:/x.csv",
        "..\\up.csv",
        "a/../../up.csv",
        "ok.csv",
        "nul\0.csv",
        "a//b.csv",
    )
    return _zipped(folder, {name: header().encode() for name in names})


@maker
def zip_of_links(folder: Path, mb: int) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for target in ("/etc/passwd", "../../secret", "."):
            link = zipfile.ZipInfo(f"{len(target)}.csv")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, target)
        archive.writestr("ok.csv", header())
    return path


@maker
def zip_of_many(folder: Path, mb: int) -> Path:
    """A list of 120,000 members that are none."""
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"a"
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff\xff\xff" + (len(entry) * 120_000).to_bytes(4, "little") + bytes(6)
    return file_of(folder, "a.zip", b"PK\x03\x04" + bytes(26), entry * 120_000, end)


@maker
def zip_encrypted(folder: Path, mb: int) -> Path:
    path = _zipped(folder, {"a.csv": header().encode(), "ok.csv": header().encode()})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return file_of(folder, "a.zip", bytes(data))


@maker
def zip_of_one_name(folder: Path, mb: int) -> Path:
    import warnings

    path = folder / "a.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for _ in range(5):
            archive.writestr("a.csv", header())
    return path


@maker
def gzip_bomb(folder: Path, mb: int) -> Path:
    data = gzip.compress(header().encode(), mtime=0) + gzip.compress(b"a" * (mb * 20_000_000), mtime=0)
    return file_of(folder, "a.csv.gz", data)


@maker
def gzip_of_gzip(folder: Path, mb: int) -> Path:
    data = header().encode()
    for _ in range(6):
        data = gzip.compress(data, mtime=0)
    return file_of(folder, "a.csv.gz.gz", data)


@maker
def gzip_with_rubbish_behind(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv.gz", gzip.compress(header().encode(), mtime=0), b"rubbish" * 100)


@maker
def parquet_of_one_value(folder: Path, mb: int) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    value = pa.scalar("it was late " * 20)
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000_000, pa.int32()), pa.array([value.as_py()]))
    pq.write_table(pa.table({"comment": text}), folder / "a.parquet", compression="zstd")
    return folder / "a.parquet"


@maker
def parquet_of_one_text(folder: Path, mb: int) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"comment": ["late " * (mb * 1_000_000)]}), folder / "a.parquet", compression="zstd")
    return folder / "a.parquet"


@maker
def folder_of_links(folder: Path, mb: int) -> Path:
    outside, inside = folder / "outside", folder / "inside"
    outside.mkdir()
    inside.mkdir()
    file_of(outside, "secret.csv", header(), 'r2,2026-03-04,"the secret of the house"\n')
    file_of(inside, "ok.csv", header())
    (inside / "link.csv").symlink_to(outside / "secret.csv")
    (inside / "up").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "dangling.csv").symlink_to(inside / "nothing")
    (inside / "self.csv").symlink_to(inside / "self.csv")
    (inside / "zero.csv").symlink_to("/dev/zero")
    os.mkfifo(inside / "pipe.csv")
    return inside


@maker
def maildir_of_links(folder: Path, mb: int) -> Path:
    secret = mail_of(folder, "the secret of the house\n", name="secret.eml")
    box = folder / "box"
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True)
    mail_of(box / "new", "It was late again.\n", name="1.a")
    (box / "new" / "2.b").symlink_to(secret)
    (box / "new" / "3.c").symlink_to("/dev/zero")
    os.mkfifo(box / "new" / "4.d")
    return box


@maker
def empty_folder(folder: Path, mb: int) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


@maker
def file_of_zeros(folder: Path, mb: int) -> Path:
    return file_of(folder, "a.csv", *(bytes(1_000_000) for _ in range(mb)))


@maker
def file_of_noise(folder: Path, mb: int) -> Path:
    import random

    return file_of(folder, "a.dat", random.Random(8).randbytes(mb * 1_000_000))
