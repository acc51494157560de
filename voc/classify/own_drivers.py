"""Drivers of a company's own beside the built-in ones: two classifiers over the same vectors, read as one.

The built-in one is asked as ever, with its own n-grams, networks and calibration, so adding drivers changes no digit of
what it says. The columns of both are put into the order of the taxonomy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from voc.classify.classifier import Classifier, Passed
from voc.results import Classified, Prediction

OWN_FOLDER = "own"  # of a model folder: heads of the company's own drivers


class WithOwnDrivers(Classifier):
    """``base`` and ``own`` as one classifier whose ``labels`` are theirs together, in the order given."""

    def __init__(self, base: Classifier, own: Classifier, labels: Sequence[str], name: str) -> None:
        """ValueError unless ``labels`` are those of the two, each once."""
        both = [*base.labels, *own.labels]
        if sorted(both) != sorted(labels):
            raise ValueError(f"{sorted(labels)} are not the labels of both classifiers: {sorted(both)}")
        self._base, self._own, self._order = base, own, [both.index(label) for label in labels]
        self.heads = base.heads
        digest = hashlib.sha256(f"{base.id} {own.id}".encode()).hexdigest()
        self.id = f"{name}-drivers@{digest[:12]}"
        self.encoder_id = base.encoder_id
        self.labels = tuple(labels)
        self.thresholds = self._merged(base.thresholds, own.thresholds)
        self.errors = base.errors | own.errors if base.errors and own.errors else {}

    def score(self, passed: Sequence[Passed]) -> list[Classified]:
        """As ``Classifier.score``; what concerns a label is what its own classifier says."""
        both = zip(self._base.score(passed), self._own.score(passed), strict=True)
        return [self._joined(first, second) for first, second in both]

    def _joined(self, first: Classified, second: Classified) -> Classified:
        left, right = first.prediction, second.prediction
        spans = [*left.evidence, *right.evidence]
        decided, unclear = {*left.labels, *right.labels}, {*left.abstained, *right.abstained}
        prediction = Prediction(
            key=left.key,
            model=self.id,
            status=left.status,
            probabilities=self._merged(left.probabilities, right.probabilities),
            labels=tuple(label for label in self.labels if label in decided),
            abstained=tuple(label for label in self.labels if label in unclear),
            evidence=tuple(span for label in self.labels for span in spans if span.label == label),
        )
        scores = np.concatenate([first.scores, second.scores], axis=1)[:, self._order]
        return Classified(prediction, first.segments, scores, first.vectors, first.encoder)

    def _merged(self, left: Sequence[float], right: Sequence[float]) -> tuple[float, ...]:
        both = [*left, *right]
        return tuple(both[place] for place in self._order)
