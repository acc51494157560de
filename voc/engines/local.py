"""The engine of one machine: encoder and classifier in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from voc.classify import Passed
from voc.documents import Document, Segment
from voc.encoders import Encoder, Passage
from voc.results import Classified
from voc.text import segment

if TYPE_CHECKING:
    from voc.classify import Classifier

AT_ONCE = 32  # documents are scored: an array function costs much the same for one


class LocalEngine:
    """Segments, encodes and scores documents in one pass; see ``Engine``."""

    def __init__(self, encoder: Encoder, classifier: Classifier) -> None:
        self._encoder = encoder
        self._classifier = classifier

    @property
    def model(self) -> str:
        """Id of the classifier."""
        return self._classifier.id

    def classify(self, documents: Iterable[Document]) -> Iterator[Classified]:
        """One result for each document, in input order; the encoder decides how far it reads ahead."""
        waiting: deque[tuple[Document, tuple[Segment, ...]]] = deque()

        def passages() -> Iterator[Passage]:
            for document in documents:
                segments = segment(document.text, document.turns)
                waiting.append((document, segments))
                yield Passage(document.text, tuple((s.start, s.end) for s in segments))

        results = self._encoder.encode(passages())
        while some := list(islice(results, AT_ONCE)):
            yield from self._classifier.score([Passed(*waiting.popleft(), encoded) for encoded in some])
