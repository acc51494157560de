"""The seam between text and vectors: `Passage` in, `Encoded` out, and the `Encoder` protocol between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Passage:
    """One document's text and the spans whose vectors are wanted.

    Spans are (start, end) in code points of `text`, ordered and without overlap; what lies outside them is not read.
    """

    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """The vectors of one passage's spans, in the order of the spans.

    `vectors`: (n_spans, dim) float32, the mean of the last hidden states over the span's tokens, not normalised; a
    span without tokens has the zero vector. `tokens`: (n_spans,) int32, how many tokens each mean is over (0 or more);
    the document's vector is the mean of `vectors` weighted by `tokens`. `themes`: the same
    spans' vectors for themes, where training for drivers has bent the last layer; None where it has not.
    """

    vectors: NDArray[np.float32]
    tokens: NDArray[np.int32]
    themes: NDArray[np.float32] | None = None

    @property
    def theme_vectors(self) -> NDArray[np.float32]:
        """(n_spans, dim) float32: what the spans are about, whatever driver they show."""
        return self.vectors if self.themes is None else self.themes

    @property
    def document(self) -> NDArray[np.float32]:
        """(dim,) float32: the mean over all tokens of all spans; zero where there is none."""
        total = max(int(self.tokens.sum()), 1)
        weights = self.tokens.astype(np.float32) / np.float32(total)
        mean: NDArray[np.float32] = (self.vectors * weights[:, None]).sum(axis=0, dtype=np.float32)
        return mean


@runtime_checkable
class Encoder(Protocol):
    """Turns passages into vectors; one passage's result never depends on the others, their order or the threads."""

    @property
    def id(self) -> str:
        """Name of the model and the first 12 hex digits of its weights' sha256: `voc-e5-small@0123456789ab`."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, passages: Iterable[Passage]) -> Iterator[Encoded]:
        """Yield one `Encoded` for each passage, in input order, reading ahead a bounded number of passages.

        Raises ValueError for spans that are out of order, overlap or leave the text.
        """
