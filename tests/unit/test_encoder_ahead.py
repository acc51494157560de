"""Batches are computed while the results before them are used: what is kept in order, and what happens to the rest."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from voc.encoders import Passage, load_encoder
from voc.encoders.windows import Batching, Window, WindowedEncoder

PASSAGES = [Passage(f"{number} words", ((0, 6),)) for number in range(100, 400)]  # no two windows are equal


class Slow(WindowedEncoder):
    """An engine that takes its time; a state is the sum of the ids of its window."""

    ran = 0

    def sums_of(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        self.ran += 1
        time.sleep(0.002)
        counts = [window.spans[0][2] - window.spans[0][1] for window in windows]
        return [np.full((1, 4), w.ids.sum() * n, np.float32) for w, n in zip(windows, counts, strict=True)]


@pytest.fixture(scope="module")
def shipped() -> WindowedEncoder:
    encoder = load_encoder(threads=1)
    assert isinstance(encoder, WindowedEncoder)
    return encoder


def slow(shipped: WindowedEncoder, lookahead: int) -> Slow:
    batching = Batching(tokens=1, lookahead=lookahead)
    return Slow(id="slow", dim=4, tokenizer=shipped.tokenizer, frame=shipped.frame, batching=batching, workers=1)


@pytest.mark.parametrize("lookahead", [1, 7, 300, 1_000])
def test_results_keep_their_order(shipped: WindowedEncoder, lookahead: int) -> None:
    encoder = slow(shipped, lookahead)
    found = [result.vectors.tolist() for result in encoder.encode(PASSAGES)]
    ids = [shipped.windows([passage])[0].ids.sum() for passage in PASSAGES]
    assert found == [[[float(total)] * 4] for total in ids]
    assert encoder.ran == len(PASSAGES)


def test_the_next_buffer_is_computed_while_results_are_used(shipped: WindowedEncoder) -> None:
    encoder = slow(shipped, 50)
    results = encoder.encode(PASSAGES)
    next(results)
    time.sleep(0.5)
    assert encoder.ran == 100
    assert sum(1 for _ in results) == len(PASSAGES) - 1


def test_who_stops_listening_does_not_wait_for_what_was_read_ahead(shipped: WindowedEncoder) -> None:
    encoder = slow(shipped, 100)
    results = encoder.encode(iter(PASSAGES))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert encoder.ran < 190
