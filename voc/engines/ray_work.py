"""What runs on the cluster: a feed that holds the chunks on their way, and workers that classify them.

Ray Data pulls chunks of documents from the feed in order, gives each to a worker, and hands the results back in that
order. What a lost worker or node had in hand is computed again: the feed keeps each chunk until its result is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from voc.engines.local import LocalEngine
from voc.engines.wire import pack_refusal, pack_results, unpack_documents
from voc.errors import ModelError, VocError
from voc.taxonomy import Taxonomy

Batch = Any  # an Arrow table of one row: the number of a chunk, its bytes, and whether a worker refused it
USED: Final = b"[]"  # stands for a chunk whose result is there: nobody looks at what becomes of it


class Feed:
    """Chunks by number, from 0. It lives beside the command, which puts chunks in and drops what is done."""

    def __init__(self) -> None:
        self._chunks: dict[int, bytes] = {}
        self._dropped = 0
        self._end: int | None = None
        self._more = asyncio.Condition()

    async def put(self, number: int, chunk: bytes) -> None:
        """Adds the next chunk."""
        async with self._more:
            self._chunks[number] = chunk
            self._more.notify_all()

    async def end(self, count: int) -> None:
        """There are ``count`` chunks and no more."""
        async with self._more:
            self._end = count
            self._more.notify_all()

    async def drop(self, number: int) -> None:
        """Forgets a chunk and all before it."""
        for done in range(self._dropped, number + 1):
            self._chunks.pop(done, None)
        self._dropped = number + 1

    async def get(self, number: int) -> bytes | None:
        """Waits for a chunk; None after the last. One that was dropped is empty: who asks does again what was done."""
        async with self._more:
            await self._more.wait_for(lambda: number < self._dropped or number in self._chunks or number == self._end)
        return self._chunks.get(number, USED if number < self._dropped else None)


def pull(_: Batch, feed: Any) -> Iterator[Batch]:
    """All chunks of the feed, in order; it may be begun again at any time."""
    import ray

    number = 0
    while (chunk := ray.get(feed.get.remote(number))) is not None:
        yield _row(number, chunk)
        number += 1


class Worker:
    """Classifies chunks; the model is loaded once."""

    def __init__(self, model: str, quality: str, device: str, threads: int, taxonomy: Taxonomy, id: str) -> None:
        """``id`` of the command's classifier: this machine has to have the same."""
        self._refusal: VocError | None = None
        try:
            self._engine = _engine(model, quality, device, threads, taxonomy, id)
        except VocError as error:
            self._refusal = error

    def __call__(self, batch: Batch) -> Batch:
        """The results of one chunk, or why there are none."""
        number, data, _ = cells(batch)
        if self._refusal is not None:
            return _row(number, pack_refusal(self._refusal), refused=True)
        return _row(number, pack_results(list(self._engine.classify(unpack_documents(data)))))


def _engine(model: str, quality: str, device: str, threads: int, taxonomy: Taxonomy, id: str) -> LocalEngine:
    from voc.classify import load_classifier
    from voc.encoders import load_encoder

    classifier = load_classifier(model, taxonomy, quality)
    if classifier.id != id:
        raise ModelError(
            f"the model is {classifier.id} here and {id} where the command runs",
            "Install the same voc and the same models on every node; see docs/cluster.md.",
        )
    return LocalEngine(load_encoder(model, device=device, threads=threads, quality=quality), classifier)


def _row(number: int, data: bytes, *, refused: bool = False) -> Batch:
    import pyarrow as pa

    schema = pa.schema([("number", pa.int64()), ("data", pa.large_binary()), ("refused", pa.bool_())])
    return pa.table({"number": [number], "data": [data], "refused": [refused]}, schema=schema)


def cells(batch: Batch) -> tuple[int, bytes, bool]:
    """Number, bytes and whether it is a refusal, of a batch."""
    number, data, refused = (batch[name][0].as_py() for name in ("number", "data", "refused"))
    return number, data, refused
