"""Which spans show a label: from segment scores to evidence, strongest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voc.documents import Segment
from voc.results import Evidence

MOST_SPANS = 5
RELATIVE_FLOOR = 0.5  # a further span must score at least this share of the first
ABSOLUTE_FLOOR = 0.2


def evidence(
    labels: Sequence[str], decided: Sequence[str], segments: Sequence[Segment], scores: NDArray[np.float32]
) -> tuple[Evidence, ...]:
    """Spans for each of ``decided``, in the order of ``labels``, then strongest first; equal scores in text order.

    ``scores`` (n_segments, n_labels) in 0..1. The strongest segment is always given; further ones, at most
    ``MOST_SPANS`` in all, only over both floors. No segments, no evidence.
    """
    spans: list[Evidence] = []
    if not segments:
        return ()
    for column, label in enumerate(labels):
        if label not in decided:
            continue
        column_scores = scores[:, column]
        order = np.argsort(-column_scores, kind="stable")[:MOST_SPANS]
        floor = max(ABSOLUTE_FLOOR, RELATIVE_FLOOR * float(column_scores[order[0]]))
        for rank, row in enumerate(order.tolist()):
            score = round(float(column_scores[row]), 4)
            if rank == 0 or score >= floor:
                spans.append(Evidence(label, row, segments[row].start, segments[row].end, score))
    return tuple(spans)
