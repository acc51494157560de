"""The one interface behind which documents are classified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from voc.documents import Document
from voc.results import Classified


class Engine(Protocol):
    """Classifies documents. A result depends on its document and the model alone: never on the other documents,
    their order, the batch or the number of threads."""

    @property
    def model(self) -> str:
        """Id of the classifier, the name under which predictions are stored."""
        ...

    def classify(self, documents: Iterable[Document]) -> Iterator[Classified]:
        """One result for each document, in input order, while reading only a bounded number of documents ahead."""
        ...
