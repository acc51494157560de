"""Batches are computed while the results before them are used: what is kept in order, and what happens to the rest."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from voc.encoders import Passage, load_encoder
from voc.encoders.windows import Batching, WindowedEncoder

PASSAGES = [Passage(f"word {number}", ((0, 6),)) for number in range(300)]


class Slow:
    """A network that takes its time; each state is the sum of the ids of its window."""

    def __init__(self) -> None:
        self.ran = 0

    def __call__(self, ids: NDArray[np.int64], _lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        self.ran += 1
        time.sleep(0.002)
        return np.broadcast_to(ids.sum(axis=1)[:, None, None], (*ids.shape, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def shipped() -> WindowedEncoder:
    encoder = load_encoder(threads=1)
    assert isinstance(encoder, WindowedEncoder)
    return encoder


def slow_encoder(shipped: WindowedEncoder, run: Slow, lookahead: int) -> WindowedEncoder:
    batching = Batching(tokens=1, lookahead=lookahead)
    return WindowedEncoder(
        id="slow", dim=4, tokenizer=shipped.tokenizer, frame=shipped.frame, batching=batching, run=run, workers=1
    )


@pytest.mark.parametrize("lookahead", [1, 7, 300, 1_000])
def test_results_keep_their_order(shipped: WindowedEncoder, lookahead: int) -> None:
    run = Slow()
    found = [result.vectors.tolist() for result in slow_encoder(shipped, run, lookahead).encode(PASSAGES)]
    ids = [shipped.windows([passage])[0].ids.sum() for passage in PASSAGES]
    assert found == [[[float(total)] * 4] for total in ids]
    assert run.ran == len(PASSAGES)


def test_the_next_buffer_is_computed_while_results_are_used(shipped: WindowedEncoder) -> None:
    run = Slow()
    results = slow_encoder(shipped, run, 50).encode(PASSAGES)
    next(results)
    time.sleep(0.5)
    assert run.ran == 100
    assert sum(1 for _ in results) == len(PASSAGES) - 1


def test_who_stops_listening_does_not_wait_for_what_was_read_ahead(shipped: WindowedEncoder) -> None:
    run = Slow()
    results = slow_encoder(shipped, run, 100).encode(iter(PASSAGES))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert run.ran < 190
