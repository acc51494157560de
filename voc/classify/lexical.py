"""Hashed n-gram features of short texts: words and character pieces of Latin script, characters of Chinese.

A feature is a 32-bit hash, the same on every machine and in every run. Texts are folded first: NFKC, lower case, every
digit to 0, and Chinese characters to one script by a table that the model carries (so that a model needs no
converter at run time).
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint32]
Owners = NDArray[np.intp]

WORD_GRAMS = 3  # consecutive words of Latin script
HAN_GRAMS = 4  # consecutive Chinese characters
PIECES = (3, 4, 5)  # characters inside a word of Latin script, its borders counted
# Swept on out-of-fold predictions of the training data: see CLASSIFIER_CARD.md.

_ATOM = re.compile(r"[a-z][a-z']*|0+|[\u3400-\u9fff\uf900-\ufaff]|[!?]+")
_MARKS = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})
_DIGIT = re.compile(r"\d")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SEEDS = tuple(np.uint64(seed) for seed in (0, 0x1B873593, 0xCC9E2D51, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F))


def fold(text: str, table: Mapping[int, int]) -> str:
    """The form in which texts are compared; ``table`` maps code points of one Chinese script to the other."""
    folded = unicodedata.normalize("NFKC", text).translate(_MARKS).lower()
    return _DIGIT.sub("0", folded).translate(table)


def features(text: str, table: Mapping[int, int]) -> Hashes:
    """All n-grams of a text as hashes, repeated as often as they occur; order follows the text."""
    return features_of([text], table)[0]


def features_of(texts: Sequence[str], table: Mapping[int, int]) -> tuple[Hashes, Owners]:
    """All n-grams of some texts, and for each the number of its text; none runs from one text into the next."""
    found = [_ATOM.findall(fold(text, table)) for text in texts]
    atoms = [atom for part in found for atom in part]
    if not atoms:
        return np.zeros(0, np.uint32), np.zeros(0, np.intp)
    owner = np.repeat(np.arange(len(found)), [len(part) for part in found])
    codes = np.fromiter((zlib.crc32(atom.encode()) for atom in atoms), np.uint64, len(atoms))
    han = np.fromiter((atom[0] >= "\u3400" for atom in atoms), bool, len(atoms))
    grams = [(_mix(codes, 1), owner), *_atom_grams(codes, han, owner)]
    latin = np.fromiter(("a" <= atom[0] <= "z" for atom in atoms), bool, len(atoms))
    if latin.any():
        grams.extend(_pieces([atom for atom in atoms if "a" <= atom[0] <= "z"], owner[latin]))
    hashes, owners = zip(*grams, strict=True)
    return np.concatenate(hashes), np.concatenate(owners)


def _atom_grams(codes: NDArray[np.uint64], han: NDArray[np.bool_], owner: Owners) -> Iterator[tuple[Hashes, Owners]]:
    """Runs of 2.. atoms of one text; a run of more than WORD_GRAMS atoms counts only if all of it is Chinese."""
    rolling, all_han = codes, han
    for size in range(2, max(WORD_GRAMS, HAN_GRAMS) + 1):
        if len(codes) < size:
            break
        rolling = rolling[:-1] * _MULTIPLIER + codes[size - 1 :]
        all_han = all_han[:-1] & han[size - 1 :]
        first = owner[: 1 - size]
        counts = first == owner[size - 1 :]
        if size > WORD_GRAMS:
            counts &= all_han
        yield _mix(rolling[counts], size), first[counts]


def _pieces(words: list[str], owner: Owners) -> Iterator[tuple[Hashes, Owners]]:
    """Character pieces of PIECES lengths inside `` word ``, none of them over a border."""
    codes = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le"), np.uint32).astype(np.uint64)
    border = np.concatenate([[0], np.cumsum(codes == 32)])
    for size in PIECES:
        if len(codes) < size:
            break
        count = len(codes) - size + 1
        rolling = np.zeros(count, np.uint64)
        for offset in range(size):
            rolling = rolling * _MULTIPLIER + codes[offset : offset + count]
        inner = border[size - 1 : size - 1 + count] == border[1 : 1 + count]
        yield _mix(rolling[inner], size + 0x100), owner[border[1 : 1 + count][inner] - 1]


def _mix(values: NDArray[np.uint64], kind: int) -> Hashes:
    """Scramble 64 bits to 32 so that neighbours in value fall apart; ``kind`` keeps families of features apart."""
    mixed = values ^ (_SEEDS[kind & 0xF] + np.uint64(kind >> 8))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(32)).astype(np.uint32)
