"""An encoder that keeps what it has encoded in a folder, so that training that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.encoders import Encoded, Encoder, Passage

CHUNK = 512  # passages of a file: some seconds to minutes of work


class KeptVectors:
    """``encoder`` with files in ``folder``; a damaged or foreign file is made again. Base vectors are not kept."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder, self._folder = encoder, folder

    @property
    def id(self) -> str:
        """See ``Encoder``."""
        return self._encoder.id

    @property
    def dim(self) -> int:
        """See ``Encoder``."""
        return self._encoder.dim

    def encode(self, passages: Iterable[Passage]) -> Iterator[Encoded]:
        """See ``Encoder``; a vector never depends on its neighbours, so neither does it on the chunks."""
        waiting = iter(passages)
        while chunk := list(islice(waiting, CHUNK)):
            yield from self._chunk(chunk)

    def _chunk(self, passages: Sequence[Passage]) -> list[Encoded]:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file, save_file

        named = json.dumps([self.id, [(p.text, p.spans) for p in passages]]).encode()
        file = self._folder / f"{hashlib.sha256(named).hexdigest()[:24]}.safetensors"
        sizes = [len(passage.spans) for passage in passages]
        if file.is_file():
            try:
                known = load_file(file)
                if len(known["vectors"]) == sum(sizes):
                    return _cut(known["vectors"], known["tokens"], sizes)
            except (SafetensorError, KeyError, OSError):
                file.unlink()
        results = list(self._encoder.encode(passages))
        vectors = np.concatenate([result.vectors for result in results])
        tokens = np.concatenate([result.tokens for result in results])
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".tmp")
        save_file({"vectors": vectors, "tokens": tokens}, unfinished)
        unfinished.replace(file)
        return _cut(vectors, tokens, sizes)


def _cut(vectors: NDArray[np.float32], tokens: NDArray[np.int32], sizes: Sequence[int]) -> list[Encoded]:
    edges = np.cumsum([0, *sizes])
    return [Encoded(vectors[a:b], tokens[a:b]) for a, b in pairwise(edges.tolist())]
