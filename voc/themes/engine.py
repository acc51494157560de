"""BERTopic: reduction, clusters and c-TF-IDF in one fit. Nothing else of voc knows that it exists."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from voc.themes.cluster import NestedClusters
from voc.themes.vectors import Matrix, SoftPCA, neutral

if TYPE_CHECKING:
    from types import ModuleType

    from scipy.sparse import csr_matrix

# What BERTopic would only need for its own encoders, plots and default clustering. With these it takes 6 s to import
# (20 s the first time, when numba compiles UMAP); without them it runs in its lightweight form, in 2 s.
_NOT_NEEDED: Final = ("hdbscan", "plotly", "sentence_transformers", "transformers", "umap")
_SEPARATOR: Final = "\x1f"  # BERTopic joins the documents of a topic by a blank, and terms hold blanks


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Topics of units: ``topics`` (n,) -1 for none; ``reduced`` (n, axes), rows of length one; ``weights``
    (topics, terms) c-TF-IDF, its rows in the order of ``rows`` and its columns in that of ``columns``."""

    topics: NDArray[np.int64]
    reduced: Matrix
    weights: csr_matrix
    rows: tuple[int, ...]
    columns: tuple[str, ...]


def fit_bertopic(
    keys: Sequence[Sequence[str]], vectors: Matrix, languages: Sequence[str], clusters: NestedClusters
) -> Fitted:
    """One BERTopic fit over units: the term ``keys``, the encoder's vector (a row of ``vectors``, (n, dim)) and the
    language of each. On one thread: sums in another order would be other sums."""
    bertopic = _import_bertopic()
    from bertopic.vectorizers import ClassTfidfTransformer
    from sklearn.feature_extraction.text import CountVectorizer
    from threadpoolctl import threadpool_limits

    reducer = SoftPCA()
    model = bertopic.BERTopic(
        language="multilingual",  # "english" would strip everything but ASCII
        umap_model=reducer,
        hdbscan_model=clusters,
        vectorizer_model=CountVectorizer(analyzer=_split),
        ctfidf_model=ClassTfidfTransformer(reduce_frequent_words=True),
        calculate_probabilities=False,
    )
    documents = [_SEPARATOR.join(("", *terms, "")) for terms in keys]
    with threadpool_limits(limits=1):
        cleaned = neutral(vectors, languages)
        topics, _ = model.fit_transform(documents, embeddings=cleaned)
        reduced = reducer.transform(cleaned)
    return Fitted(
        topics=np.asarray(topics, dtype=np.int64),
        reduced=reduced,
        weights=model.c_tf_idf_.tocsr(),
        rows=tuple(sorted({int(t) for t in topics})),
        columns=tuple(str(c) for c in model.vectorizer_model.get_feature_names_out()),
    )


def _split(document: str) -> list[str]:
    # BERTopic's c-TF-IDF fails on a vocabulary of none or one: two terms are in every document, and in no label.
    terms = (term.strip() for term in document.split(_SEPARATOR))
    return [*(term for term in terms if term), _SEPARATOR, 2 * _SEPARATOR]


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
