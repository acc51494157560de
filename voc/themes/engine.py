"""BERTopic's class-based TF-IDF. Nothing else of voc knows that it exists."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from types import ModuleType

    from scipy.sparse import csr_matrix

# What BERTopic would only need for its own encoders, plots and default clustering. With these it takes 6 s to import
# (20 s the first time, when numba compiles UMAP); without them it runs in its lightweight form, in 2 s.
_NOT_NEEDED: Final = ("hdbscan", "plotly", "sentence_transformers", "transformers", "umap")
_EVERYWHERE: Final = ("\x1f", "\x1f\x1f")


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """``matrix`` (topics, terms): c-TF-IDF; rows in the order of ``rows``, columns in that of ``columns``."""

    matrix: csr_matrix
    rows: tuple[int, ...]
    columns: tuple[str, ...]


def weigh(keys: Sequence[Sequence[str]], topics: NDArray[np.int64]) -> Weights:
    """How much each term says of each topic against all others, for units with the term ``keys`` and ``topics`` (n,);
    -1, no topic, is a class like the others."""
    from scipy.sparse import csr_matrix

    rows = tuple(int(t) for t in np.unique(topics))
    counts = {row: Counter[str]() for row in rows}
    for terms, topic in zip(keys, topics, strict=True):
        counts[int(topic)].update(terms)
    for row in rows:  # c-TF-IDF fails on a vocabulary of none or one: two terms are in every topic, and in no label
        counts[row].update(_EVERYWHERE)
    columns = tuple(sorted(set(chain.from_iterable(counts.values()))))
    column = {term: at for at, term in enumerate(columns)}
    cells = [(at, column[term], n) for at, row in enumerate(rows) for term, n in sorted(counts[row].items())]
    table = np.array(cells, dtype=np.int64).reshape(len(cells), 3)
    values = table[:, 2].astype(np.float64)
    matrix: csr_matrix = csr_matrix((values, (table[:, 0], table[:, 1])), shape=(len(rows), len(columns)))
    if not rows:
        return Weights(matrix, rows, columns)
    _import_bertopic()
    from bertopic.vectorizers import ClassTfidfTransformer

    transformer = ClassTfidfTransformer(reduce_frequent_words=True)
    return Weights(transformer.fit(matrix).transform(matrix).tocsr(), rows, columns)


def _import_bertopic() -> ModuleType:
    """The bertopic module; libraries that are loaded already are left as they are."""
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    with warnings.catch_warnings():  # bertopic silences all user warnings of the process
        try:
            if "bertopic" not in modules:
                modules.update(dict.fromkeys(hidden))
            import bertopic
        finally:
            for name in hidden:
                if name in modules and modules[name] is None:
                    del modules[name]
    return bertopic  # type: ignore[no-any-return]
