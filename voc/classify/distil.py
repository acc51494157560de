"""What a trained model says of documents that nobody labelled, for a smaller one to learn from.

Distillation (Hinton, Vinyals and Dean 2015, arXiv:1503.02531) with the segment as the unit: the teacher's probability
of each label for each segment says more than nine numbers of the whole document would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.classify.gold import Example
from voc.classify.heads import Heads, load_heads
from voc.classify.prepared import passages_of
from voc.classify.score import lexical_logits, network_logits, sigmoid, standardise
from voc.documents import Document
from voc.encoders import load_encoder, resolve_model

LONGEST = 2_000  # characters of a document that is drawn: longer ones cost much and say little more


def draw_unlabelled(documents: Mapping[str, Document], count: int) -> list[Example]:
    """``count`` documents (or all there are) of equal share by source, as examples without labels.

    ``documents`` by digest, labelled ones left out by the caller. Which are drawn follows from the digests alone.
    """
    by_source: dict[str, list[str]] = {}
    for digest in sorted(documents):
        if len(documents[digest].text) <= LONGEST:
            by_source.setdefault(documents[digest].source, []).append(digest)
    chosen: list[str] = []
    place = 0
    while len(chosen) < count and any(place < len(found) for found in by_source.values()):
        chosen += [found[place] for _, found in sorted(by_source.items()) if place < len(found)]
        place += 1
    return [Example(documents[digest], frozenset(), {}) for digest in chosen[:count]]


def taught_segments(teacher: str, examples: Sequence[Example], threads: int) -> NDArray[np.float32]:
    """(S, L) probabilities that the model ``teacher`` (name or folder) gives each label for each segment."""
    model = resolve_model(teacher)
    heads, _ = load_heads(Path(model.path))
    passages = passages_of(examples)
    rows = []
    for passage, encoded in zip(passages, load_encoder(teacher, threads=threads).encode(passages), strict=True):
        if passage.spans:
            texts = [passage.text[a:b] for a, b in passage.spans]
            rows.append(chances(heads, texts, encoded.vectors, encoded.tokens))
    return np.concatenate([np.zeros((0, len(heads.labels)), np.float32), *rows])


def chances(
    heads: Heads, texts: Sequence[str], vectors: NDArray[np.float32], tokens: NDArray[np.int32]
) -> NDArray[np.float32]:
    """(n, L) probabilities that ``heads`` give each label for the n segments of one document: their texts, vectors
    (n, D) and numbers of tokens (n,)."""
    logits = lexical_logits(texts, heads) + network_logits(standardise(vectors, tokens, heads), heads)
    return sigmoid(logits).astype(np.float32)
