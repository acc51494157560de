"""Which spans show a label: from segment scores to evidence, strongest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voc.classify.score import chinese_share
from voc.documents import Segment
from voc.results import Evidence

MOST_SPANS = 5
RELATIVE_FLOOR = 0.5  # a further span must score at least this share of the first
ABSOLUTE_FLOOR = 0.2
JOIN_FLOOR = 0.1  # a neighbour joins the first span at this share of its score; swept, see CLASSIFIER_CARD.md
LONGEST, LONGEST_CHINESE = 240, 100  # characters that are not spaces, of a span that neighbours have joined


def evidence(
    text: str,
    labels: Sequence[str],
    decided: Sequence[str],
    segments: Sequence[Segment],
    scores: NDArray[np.float32],
) -> tuple[Evidence, ...]:
    """Spans of ``text`` for each of ``decided``, in the order of ``labels``, then strongest first; equal scores in
    text order.

    ``scores`` (n_segments, n_labels) in 0..1. The strongest segment is always given, with those neighbours of its turn
    that tell part of the same (see ``joined``); further segments, at most ``MOST_SPANS`` spans in all, only over both
    floors. ``segment`` and ``score`` of a span are those of its strongest segment. No segments, no evidence.
    """
    spans: list[Evidence] = []
    if not segments:
        return ()
    for column, label in enumerate(labels):
        if label not in decided:
            continue
        column_scores = scores[:, column]
        order = np.argsort(-column_scores, kind="stable")[:MOST_SPANS].tolist()
        top = order[0]
        first, last = joined(text, segments, column_scores, top)
        floor = max(ABSOLUTE_FLOOR, RELATIVE_FLOOR * float(column_scores[top]))
        spans.append(_span(label, segments, (top, first, last), column_scores))
        for row in order[1:]:
            if column_scores[row] >= floor and not first <= row <= last:
                spans.append(_span(label, segments, (row, row, row), column_scores))
    return tuple(spans)


def joined(text: str, segments: Sequence[Segment], scores: NDArray[np.float32], top: int) -> tuple[int, int]:
    """(first, last) rows of the segments that make one span around row ``top``.

    What shows a label is often told in two or three sentences. The stronger neighbour joins first, as long as it
    scores ``JOIN_FLOOR`` of the top, stands in the same turn and the span stays within ``LONGEST`` characters.
    """
    first = last = top
    floor = JOIN_FLOOR * float(scores[top])
    while True:
        sides = [(first - 1, first - 1, last), (last + 1, first, last + 1)]
        sides = [
            side
            for side in sides
            if 0 <= side[0] < len(segments)
            and segments[side[0]].turn == segments[top].turn
            and scores[side[0]] >= floor
            and _short(text[segments[side[1]].start : segments[side[2]].end])
        ]
        if not sides:
            return first, last
        _, first, last = max(sides, key=lambda side: float(scores[side[0]]))


def _short(span: str) -> bool:
    letters = "".join(span.split())
    return len(letters) <= (LONGEST_CHINESE if chinese_share(letters) > 0.5 else LONGEST)


def _span(label: str, segments: Sequence[Segment], rows: tuple[int, int, int], scores: NDArray[np.float32]) -> Evidence:
    """The span of rows (strongest, first, last)."""
    top, first, last = rows
    return Evidence(label, top, segments[first].start, segments[last].end, round(float(scores[top]), 4))
