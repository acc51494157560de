"""An encoder that keeps what it has encoded in a folder, so that training that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from voc.classify.prepared import arrays_of, join
from voc.encoders import Encoded, Encoder, Passage

CHUNK = 512  # passages of a file: some seconds to minutes of work


class KeptVectors:
    """``encoder`` with files in ``folder``; a damaged or foreign file is made again."""

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
                known = Encoded(**load_file(file))
                if len(known.vectors) == sum(sizes):
                    return _cut(known, sizes)
            except (SafetensorError, TypeError, OSError):
                file.unlink()
        made = join(list(self._encoder.encode(passages)))
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".tmp")
        save_file(arrays_of(made), unfinished)
        unfinished.replace(file)
        return _cut(made, sizes)


def _cut(encoded: Encoded, sizes: Sequence[int]) -> list[Encoded]:
    edges, themes = np.cumsum([0, *sizes]), encoded.themes
    return [
        Encoded(encoded.vectors[a:b], encoded.tokens[a:b], None if themes is None else themes[a:b])
        for a, b in pairwise(edges.tolist())
    ]
