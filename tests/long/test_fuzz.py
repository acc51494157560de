"""Damaged files: whatever the bytes, a reader gives documents and rejects, or says what is wrong with the file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.program import SAMPLE_FILES
from voc.documents import Document, Reject
from voc.errors import VocError
from voc.ingest import IngestOptions, open_source
from voc.text import segment

pytestmark = pytest.mark.long

ROUNDS = 1500
JUNK = (
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"\n",
    b"\r\n",
    b",",
    b"{",
    b"[" * 200,
    b"\\ud800",
    "，。".encode(),
    b"\xed\xa0\x80",
)


def _damaged(data: bytes, rng: random.Random) -> bytes:
    broken = bytearray(data[: rng.randrange(1, len(data))] if rng.random() < 0.3 else data)
    for _ in range(rng.randrange(1, 12)):
        at = rng.randrange(len(broken) + 1)
        if rng.random() < 0.5:
            broken[at : at + rng.randrange(40)] = rng.choice(JUNK)
        else:
            broken[at : at + 8] = rng.randbytes(rng.randrange(16))
    return bytes(broken)


@pytest.mark.parametrize("sample", SAMPLE_FILES, ids=lambda p: Path(p).name)
def test_damaged_files(sample: str, tmp_path: Path) -> None:
    rng = random.Random(20261121)
    whole, path = Path(sample).read_bytes(), tmp_path / Path(sample).name
    read = 0
    for _ in range(ROUNDS):
        path.write_bytes(_damaged(whole, rng))
        try:
            for item in open_source(str(path), IngestOptions()):
                assert isinstance(item, Document | Reject)
                if isinstance(item, Document):
                    read += 1
                    for s in segment(item.text, item.turns):
                        assert 0 <= s.start < s.end <= len(item.text)
        except VocError as error:
            assert error.message and error.hint
    assert read > ROUNDS, "most rows outlive the damage"
