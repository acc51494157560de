"""Near duplicates and templates: MinHash signatures of documents, and the families that similar ones form.

A family is a connected component of the graph that joins two documents where their signatures agree in a whole band
(LSH) and, over all permutations, in THRESHOLD of them. Whether two documents are joined depends on these two alone, so
families do not depend on the order in which documents came, nor on how they were batched.
"""

from __future__ import annotations

import functools
import operator
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from voc.documents import Document

if TYPE_CHECKING:
    from datasketch import MinHash

SCHEME: Final = "affine32 seed 1, 18 bands of 7, 5 letters or 3 characters"
"""Names how signatures are made: stored ones of another scheme are made anew. Change it with anything below."""

BANDS: Final = 18
ROWS: Final = 7
"""Two documents of Jaccard similarity s share a band with probability 1 - (1 - s^7)^18: 0.985 at 0.8, 0.999 at 0.85,
0.13 at 0.5 (then the estimate decides)."""

PERMUTATIONS: Final = BANDS * ROWS
"""The estimate of a similarity of 0.8 has a standard error of 0.036."""

THRESHOLD: Final = 0.8
"""Swept from 0.5 to 0.9 on 13 public collections (4,000 texts of each, 2026-11): from 0.8 up pairs are edits of one
text or a form with other names filled in; from 0.6 to 0.7 texts of their own under one long footer join, too."""

LEAST: Final = 20
"""Letters and digits below which a text is not linked: many customers write "very good" on their own account."""

_LETTERS, _CHARACTERS = 5, 3  # in a shingle of an alphabet, of Chinese and Japanese
_WIDE: Final = 0x2E80  # the first code point of the CJK blocks
_CHUNK: Final = 8192  # shingles that are permuted at once: 4 MB
_NUMBER: Final = re.compile(r"\d+")
_NOT_WORD: Final = re.compile(r"[\W_]+")
_WIDE_GAP: Final = re.compile(r"(?<=[\u2e80-\U0003ffff]) | (?=[\u2e80-\U0003ffff])")

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bands = NDArray[np.uint32]
Hashes = NDArray[np.uint16]


def words_of(document: Document) -> str:
    """What the customer wrote: the whole text, of conversations the customer's turns."""
    if not document.turns:
        return document.text
    return "\n".join(document.text[t.start : t.end] for t in document.turns if t.role == "customer")


def signature(text: str) -> tuple[Bands, Hashes] | None:
    """(BANDS,) band keys and (PERMUTATIONS,) low halves of the MinHash values of ``text``; None for one of fewer than
    LEAST letters and digits. Case, width, punctuation, white space and the values of numbers do not count."""
    plain = _plain(text)
    if len(plain) - plain.count(" ") < LEAST:
        return None
    sketch = _sketch()
    sketch.clear()
    hashes = _shingles(plain)
    for start in range(0, len(hashes), _CHUNK):
        sketch.update_batch(hashes[start : start + _CHUNK].tolist())
    values = np.asarray(sketch.hashvalues, dtype=np.uint32)
    keys = (values.reshape(BANDS, ROWS) * _odd(ROWS)).sum(axis=1, dtype=np.uint32)
    return _mixed(keys), (values & np.uint32(0xFFFF)).astype(np.uint16)


def similarity(one: Hashes, others: Hashes) -> NDArray[np.float64]:
    """Estimated Jaccard similarity (0..1) of one signature (PERMUTATIONS,) with others (n, PERMUTATIONS): (n,)."""
    agreeing: NDArray[np.float64] = np.count_nonzero(others == one, axis=1) / PERMUTATIONS
    return agreeing


def link(bands: Bands, fresh: Flags, families: Numbers, hashes: Callable[[Numbers], Hashes]) -> Numbers:
    """Families after the ``fresh`` documents have joined: (n,), for each document the index of its family's first.

    ``bands``: (n, BANDS); ``families``: (n,) as they were, an index <= the document's own; that of a fresh document is
    its own. ``hashes`` gives the low halves (m, PERMUTATIONS) of documents by index (m,). Pairs without a fresh
    document were joined, or not, before. Memory: some 30 bytes a document beside ``bands``, and 252 for each of the
    documents that share one band key.
    """
    parents = families.copy()
    rows = np.zeros(len(bands), dtype=np.uint64)
    for band in range(BANDS):
        rows = rows * np.uint64(0x9E3779B97F4A7C15) + bands[:, band]
    # The same in all bands: the same text. One of them stands for all, so that a template costs no comparisons.
    stands = np.arange(len(bands))
    for run in _runs(rows):
        stands[run] = run[0]
        if fresh[run].any():
            _unite(parents, run)
    alone = np.unique(stands)
    # The pairs of a text that an old document has are known, whoever stands for it.
    new = fresh[alone] & ~np.isin(alone, stands[~fresh])
    for band in range(BANDS):
        keys = bands[alone, band]
        touched = np.flatnonzero(np.isin(keys, keys[new]))
        for run in _runs(keys[touched]):
            _join(alone[touched[run]], new[touched[run]], parents, hashes)
    return _tops(parents, np.arange(len(parents)))


def _join(members: Numbers, new: Flags, parents: Numbers, hashes: Callable[[Numbers], Hashes]) -> None:
    """Join the documents of one band key: each new one with all that are similar."""
    tops = _tops(parents, members)
    if (tops == tops[0]).all():
        return
    signatures = hashes(members)
    for at in np.flatnonzero(new):
        others = np.flatnonzero(tops != tops[at])
        similar = others[similarity(signatures[at], signatures[others]) >= THRESHOLD]
        if len(similar):
            _unite(parents, np.append(members[similar], members[at]))
            tops = _tops(parents, members)


def _unite(parents: Numbers, members: Numbers) -> None:
    tops = np.unique(_tops(parents, members))
    parents[tops] = tops[0]


def _tops(parents: Numbers, members: Numbers) -> Numbers:
    """The first document of each member's family; the paths to it become short."""
    tops = parents[members]
    while not np.array_equal(up := parents[tops], tops):
        tops = up
    parents[members] = tops
    return tops


def _runs(values: NDArray[Any]) -> Iterator[Numbers]:
    """Indices of values that occur more than once, rising in each run."""
    order = np.argsort(values, kind="stable").astype(np.int64)
    ordered = values[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(values) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(values)))
    for start, length in zip(starts[lengths > 1].tolist(), lengths[lengths > 1].tolist(), strict=True):
        yield order[start : start + length]


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _NUMBER.sub("0", _NOT_WORD.sub(" ", text)).strip()
    return text if text.isascii() else _WIDE_GAP.sub("", text)


def _shingles(plain: str) -> NDArray[np.uint32]:
    """Hashes of all runs of 5 letters or 3 characters: which, the first of the run says."""
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)
    mixed, wide = _mixed(codes + np.uint32(1)), codes >= _WIDE
    if not wide.any():
        return _rolled(mixed, _LETTERS)
    narrow = _rolled(mixed, _LETTERS)[~wide[: len(codes) - _LETTERS + 1]]
    return np.concatenate([narrow, _rolled(mixed, _CHARACTERS)[wide[: len(codes) - _CHARACTERS + 1]]])


def _rolled(mixed: NDArray[np.uint32], width: int) -> NDArray[np.uint32]:
    """Polynomial hashes modulo 2^32 of all windows of ``width``."""
    total = np.zeros(len(mixed) - width + 1, dtype=np.uint32)
    for at in range(width):
        total = total * np.uint32(0x01000193) + mixed[at : len(mixed) - width + 1 + at]
    return total


def _mixed(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The finalizer of MurmurHash3: spreads values over 32 bits."""
    values = (values ^ (values >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    values = (values ^ (values >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))


@functools.cache
def _odd(count: int) -> NDArray[np.uint32]:
    return _mixed(np.arange(1, count + 1, dtype=np.uint32)) | np.uint32(1)


@functools.cache
def _sketch() -> MinHash:
    """The sketch that is used for one text after the other (to make one costs more than to fill it). Its scheme is
    named, since another major version of the library may choose another one."""
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1, scheme="affine32", hashfunc=operator.index)


def encode(made: Sequence[tuple[Bands, Hashes] | None]) -> list[tuple[bytes, bytes]]:
    """Signatures as little-endian bytes for the store; two empty strings for None."""
    return [
        (b"", b"") if one is None else (one[0].astype("<u4").tobytes(), one[1].astype("<u2").tobytes()) for one in made
    ]
