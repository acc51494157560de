"""Truth and predictions side by side: what every figure of quality is calculated from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.classify.gold import Example, target_matrix
from voc.classify.score import chinese_share
from voc.results import Prediction

Array = NDArray[np.float64]

LONGEST, LONGEST_CHINESE = 240, 100  # non-space characters of a span that still counts as evidence
SHARED_TRIGRAMS = 0.3
_EDGE = 1e-6  # probabilities are kept this far from 0 and 1 before their logit is taken


@dataclass(frozen=True, eq=False)
class Outcome:
    """N documents' truth, decisions and probabilities (N, L), and which found complaints have good evidence.

    ``thresholds`` (L,) decided, ``abstained`` (N, L) marks what the model called unclear; ``shown`` (N, L) marks found
    complaints whose first span shows the annotators' quote, ``quoted`` (N, L) those that have a quote at all.
    ``languages``, ``channels`` and ``sources`` name each document's own.
    """

    labels: tuple[str, ...]
    truth: Array
    found: Array
    probability: Array
    thresholds: Array
    abstained: Array
    languages: tuple[str, ...]
    channels: tuple[str, ...]
    sources: tuple[str, ...]
    shown: Array
    quoted: Array

    def columns(self, side: str) -> list[int]:
        """Columns of the labels of one side, complaint or praise."""
        return [c for c, label in enumerate(self.labels) if label.endswith(f".{side}")]

    @property
    def margins(self) -> Array:
        """(N, L) how far each probability lies from its threshold, in logits, >= 0: how sure the decision is."""
        return np.abs(logit(self.probability) - logit(self.thresholds))


def outcome(
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    labels: Sequence[str],
    thresholds: Sequence[float] | None = None,
) -> Outcome:
    """Put labelled documents and what was said of them side by side.

    Where ``thresholds`` (L,) are not known, they are taken from the decisions themselves: midway between the lowest
    probability that was decided and the highest that was not.
    """
    names = tuple(labels)
    truth = target_matrix(examples, names)
    found = _marks([p.labels for p in predictions], names)
    probability = np.array([p.probabilities for p in predictions], np.float64).reshape(-1, len(names))
    shown, quoted = np.zeros(truth.shape), np.zeros(truth.shape)
    for row, (example, prediction) in enumerate(zip(examples, predictions, strict=True)):
        for label, quote in example.quotes.items():
            column = names.index(label)
            if not quote or not found[row, column]:
                continue
            quoted[row, column] = 1.0
            span = next((s for s in prediction.evidence if s.label == label), None)
            words = example.document.text[span.start : span.end] if span else ""
            shown[row, column] = float(shows(words, quote))
    return Outcome(
        labels=names,
        truth=truth,
        found=found,
        probability=probability,
        thresholds=_implied(found, probability) if thresholds is None else np.array(thresholds, np.float64),
        abstained=_marks([p.abstained for p in predictions], names),
        languages=tuple(example.document.language for example in examples),
        channels=tuple(example.document.channel for example in examples),
        sources=tuple(example.document.source for example in examples),
        shown=shown,
        quoted=quoted,
    )


def _marks(said: Sequence[Sequence[str]], names: Sequence[str]) -> Array:
    rows = [[float(name in one) for name in names] for one in said]
    return np.array(rows, np.float64).reshape(-1, len(names))


def _implied(found: Array, probability: Array) -> Array:
    lowest = np.where(found > 0, probability, 1.0).min(axis=0, initial=1.0)
    highest = np.where(found > 0, 0.0, probability).max(axis=0, initial=0.0)
    return np.asarray(0.5 * (lowest + highest))


def logit(probability: Array) -> Array:
    """The logarithm of the odds, element by element; probabilities of 0 and 1 are taken a millionth inside."""
    inner = np.clip(probability, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(inner) - np.log1p(-inner))


def shows(span: str, quote: str) -> bool:
    """Whether a span holds an annotator's quote or shares 0.3 of its character trigrams, and is short enough."""
    span, quote = "".join(span.split()), "".join(quote.split())
    longest = LONGEST_CHINESE if chinese_share(span) > 0.5 else LONGEST
    if len(span) > longest:
        return False
    if quote in span:
        return True
    left, right = _trigrams(span), _trigrams(quote)
    either = len(left | right)
    return either > 0 and len(left & right) >= SHARED_TRIGRAMS * either


def _trigrams(text: str) -> set[str]:
    return {text[i : i + 3] for i in range(len(text) - 2)}
