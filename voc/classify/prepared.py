"""Labelled documents as arrays: what training needs, computed once for each encoder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.classify.gold import Example, target_matrix
from voc.classify.lexical import Hashes, features
from voc.encoders import Encoded, Encoder, Passage
from voc.text import segment

TRAINING_ONLY = -1  # the fold of documents that no fold holds out
QUOTE_SHARE = 0.4  # a segment shows a complaint if it holds this share of the quote, or the most of it


@dataclass(frozen=True, eq=False)
class Prepared:
    """N documents of S segments in all; document i has the segments ``bounds[i]:bounds[i + 1]``.

    ``vectors`` (S, D) float32, ``tokens`` (S,), ``grams`` S arrays of distinct hashes, ``targets`` (N, L),
    ``quoted`` (S, L): 1.0 where a segment holds the quote of a label; ``chinese`` (N,) share of Chinese letters;
    ``folds`` (N,) a number from the document's group, for splitting, or ``TRAINING_ONLY``; ``counts`` (N,) as how many
    documents each counts in training; ``taught`` (S, L): probabilities that a teacher gave, NaN where none did;
    ``themes`` (S, D): the vectors for themes, of an encoder that has others for them.
    """

    vectors: NDArray[np.float32]
    tokens: NDArray[np.int32]
    grams: list[Hashes]
    bounds: NDArray[np.intp]
    targets: NDArray[np.float64]
    quoted: NDArray[np.float64]
    chinese: NDArray[np.float64]
    folds: NDArray[np.int64]
    counts: NDArray[np.float64]
    taught: NDArray[np.float32]
    themes: NDArray[np.float32] | None = None

    @cached_property
    def owner(self) -> NDArray[np.intp]:
        """(S,) the document of each segment."""
        return np.repeat(np.arange(len(self.targets)), np.diff(self.bounds))

    @cached_property
    def documents(self) -> NDArray[np.float32]:
        """(N, D) token-weighted mean of each document's segment vectors."""
        total = np.zeros((len(self.targets), self.vectors.shape[1]))
        np.add.at(total, self.owner, self.vectors.astype(np.float64) * self.tokens[:, None])
        count = np.bincount(self.owner, self.tokens, minlength=len(self.targets))
        return np.asarray(total / np.maximum(count, 1.0)[:, None], np.float32)

    @cached_property
    def quotable(self) -> NDArray[np.bool_]:
        """(L,) whether any segment holds a quote of the label."""
        return np.asarray(self.quoted.any(axis=0))

    def segments_of(self, documents: NDArray[np.intp]) -> NDArray[np.intp]:
        """Rows of the segments of some documents, in their order."""
        return np.concatenate([np.arange(self.bounds[i], self.bounds[i + 1]) for i in documents])


def prepare(
    examples: Sequence[Example],
    labels: Sequence[str],
    encoder: Encoder,
    fold: Mapping[int, int],
    cache: Path | None = None,
) -> Prepared:
    """Segment, encode and count n-grams; ``fold`` is the table of ``lexical.fold``, ``cache`` a folder for vectors."""
    from voc.classify.score import chinese_share

    passages = passages_of(examples)
    spans = [passage.spans for passage in passages]
    texts = [[passage.text[a:b] for a, b in passage.spans] for passage in passages]
    encoded = encode(passages, encoder, cache)
    return Prepared(
        vectors=encoded.vectors,
        tokens=encoded.tokens,
        grams=[np.unique(features(text, fold)) for pieces in texts for text in pieces],
        bounds=np.concatenate([[0], np.cumsum([len(pieces) for pieces in spans])]).astype(np.intp),
        targets=target_matrix(examples, labels),
        quoted=np.concatenate([_quoted(e, s, labels) for e, s in zip(examples, spans, strict=True)]),
        chinese=np.array([chinese_share("".join(pieces)) for pieces in texts]),
        folds=np.array([example.fold for example in examples]),
        counts=np.ones(len(examples)),
        taught=np.full((len(encoded.tokens), len(labels)), np.nan, np.float32),
        themes=encoded.themes,
    )


def passages_of(examples: Sequence[Example]) -> list[Passage]:
    """Each document's text with its segments as spans."""
    cut = [segment(example.document.text, example.document.turns) for example in examples]
    return [
        Passage(example.document.text, tuple((piece.start, piece.end) for piece in pieces))
        for example, pieces in zip(examples, cut, strict=True)
    ]


def with_extra(data: Prepared, extra: Prepared, weight: float) -> Prepared:
    """``data`` and after it documents that are only trained on, each counting as ``weight`` documents.

    They are never held out, so neither calibration nor thresholds nor figures come from them.
    """
    count = len(extra.targets)
    both = data.themes is not None and extra.themes is not None
    return Prepared(
        vectors=np.concatenate([data.vectors, extra.vectors]),
        tokens=np.concatenate([data.tokens, extra.tokens]),
        grams=data.grams + extra.grams,
        bounds=np.concatenate([data.bounds, data.bounds[-1] + extra.bounds[1:]]),
        targets=np.concatenate([data.targets, extra.targets]),
        quoted=np.concatenate([data.quoted, extra.quoted]),
        chinese=np.concatenate([data.chinese, extra.chinese]),
        folds=np.concatenate([data.folds, np.full(count, TRAINING_ONLY)]),
        counts=np.concatenate([data.counts, np.full(count, weight)]),
        taught=np.concatenate([data.taught, extra.taught]),
        themes=np.concatenate([data.themes, extra.themes]) if both else None,
    )


def encode(passages: Sequence[Passage], encoder: Encoder, cache: Path | None) -> Encoded:
    """The vectors of all passages' spans in a row; from ``cache`` where this encoder has seen these passages."""
    from safetensors.numpy import load_file, save_file

    digest = hashlib.sha256(json.dumps([encoder.id, [(p.text, p.spans) for p in passages]]).encode()).hexdigest()
    file = cache / f"{digest[:24]}.safetensors" if cache else None
    if file and file.is_file():
        return Encoded(**load_file(file))
    joined = join(list(encoder.encode(passages)))
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(arrays_of(joined), file)
    return joined


def join(results: Sequence[Encoded]) -> Encoded:
    """The vectors of several passages in a row."""
    themes = [result.themes for result in results if result.themes is not None]
    return Encoded(
        np.concatenate([result.vectors for result in results]),
        np.concatenate([result.tokens for result in results]),
        np.concatenate(themes) if len(themes) == len(results) else None,
    )


def arrays_of(encoded: Encoded) -> dict[str, NDArray[Any]]:
    """The arrays that it has, under its own names for them."""
    found = {"vectors": encoded.vectors, "tokens": encoded.tokens, "themes": encoded.themes}
    return {name: array for name, array in found.items() if array is not None}


def _quoted(example: Example, spans: Sequence[tuple[int, int]], labels: Sequence[str]) -> NDArray[np.float64]:
    """(segments, L): which segments hold the quote of each label; all zero where the quote is not in the text."""
    marks = np.zeros((len(spans), len(labels)))
    if not spans:
        return marks
    edges = np.array(spans)
    for label, quote in example.quotes.items():
        start = example.document.text.find(quote)
        if start < 0 or label not in labels:
            continue
        shared = np.minimum(edges[:, 1], start + len(quote)) - np.maximum(edges[:, 0], start)
        if shared.max() > 0:
            marks[:, list(labels).index(label)] = (shared >= QUOTE_SHARE * len(quote)) | (shared == shared.max())
    return marks


def vocabulary(grams: Sequence[Hashes], owner: NDArray[np.intp], least: int) -> tuple[Hashes, NDArray[np.float64]]:
    """N-grams that stand in at least ``least`` documents, sorted, and their inverse document frequencies."""
    documents = int(owner[-1]) + 1 if len(owner) else 0
    pairs = np.concatenate(
        [(np.uint64(i) << np.uint64(32)) | g.astype(np.uint64) for i, g in zip(owner, grams, strict=True)]
    )
    known, count = np.unique((np.unique(pairs) & np.uint64(0xFFFFFFFF)).astype(np.uint32), return_counts=True)
    known, count = known[count >= least], count[count >= least]
    return known, np.log((1.0 + documents) / (1.0 + count)) + 1.0
