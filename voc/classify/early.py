"""Heads of the quality ``fast``: for the vectors that a text has after the encoder's lower layers.

The whole model is their teacher (``distil``): what it says of each segment, also of documents that nobody labelled, is
taught beside the labels. A linear map takes the vectors to those that themes are made of, by least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.classify.build import Named, OutOfFold, finish
from voc.classify.distil import chances
from voc.classify.gold import Example
from voc.classify.heads import Heads, load_heads
from voc.classify.prepared import TRAINING_ONLY, Prepared, encode, passages_of, vocabulary
from voc.classify.train import FOLDS, Array, Recipe, Task, gram_table, segment_logits, train_member
from voc.encoders import ModelDir
from voc.encoders.early import Exit, read_exit, write_exit
from voc.encoders.onnx_encoder import OnnxEncoder
from voc.encoders.registry import VOC_KIND

RIDGE = 100.0  # against standardised vectors of some hundred thousand segments
EARLY = Recipe(hidden=192, dropout=0.3, batch=128, least_documents=8)


def early_heads(
    model: ModelDir,
    layers: int,
    examples: Sequence[Example],
    data: Prepared,
    held: NDArray[np.intp],
    recipe: Recipe,
    *,
    labels: tuple[str, ...],
    taxonomy: str,
    shares: Array,
    table: dict[int, int],
    threads: int,
    cache: Path | None,
) -> tuple[Heads, OutOfFold, float]:
    """Write the exit of ``model`` after ``layers`` into its folder, and train heads for it, which are not written.

    Gives the heads, what they say of the documents held back, in the order of ``held``, and the share (0..1) of the
    variance of the vectors for themes that the map to them loses.
    ``data``: the ``examples`` with the vectors of the whole model; ``held``: rows that probabilities, thresholds and
    errors are set by and nothing is trained on; ``shares`` (L,): label frequencies to fit. ModelError for a model
    without heads, ValueError for one that is not of the project's kind or has fewer layers below those that were
    trained for drivers.
    """
    most = int(model.base_layer or model.spec["encoder"]["layers"]) if model.kind == VOC_KIND else 0
    if not 0 < layers <= most:
        raise ValueError(f"{model.name} cannot end after {layers} layers, it can after 1 to {most}")
    passages = passages_of(examples)
    teacher, _ = load_heads(Path(model.path))
    texts = [[passage.text[a:b] for a, b in passage.spans] for passage in passages]
    data = replace(data, taught=_taught(teacher, texts, data))
    encoder = OnnxEncoder(model, threads=threads, early=Exit(layers, None, f"{model.id}+{layers} layers"))
    vectors = encode(passages, encoder, cache).vectors
    taught = np.setdiff1d(np.arange(len(examples)), held)
    segments = data.segments_of(taught)
    weight, bias, lost = theme_map(vectors[segments], (data.vectors if data.themes is None else data.themes)[segments])
    data = replace(data, vectors=vectors, themes=None)
    labelled = data.segments_of(taught[data.counts[taught] > 0])
    grams, idf = vocabulary([data.grams[i] for i in labelled], data.owner[labelled], recipe.least_documents)
    centre, scale = (np.stack([part, part]) for part in _spread(vectors[labelled]))
    task = Task(data, gram_table(data, grams, idf), centre, scale, recipe)
    members = [train_member(task, taught, seed) for seed in range(recipe.members)]
    rows = data.segments_of(held)
    logits = np.zeros((len(vectors), len(labels)))
    logits[rows] = segment_logits(task, members, rows)
    groups = np.full(len(examples), TRAINING_ONLY)
    groups[held] = data.folds[held] // FOLDS
    write_exit(Path(model.path), layers, weight, bias)
    heads, judged = finish(
        data, logits, members, Named(labels, taxonomy, read_exit(model).id, table, grams, idf),
        centre=centre, scale=scale, shares=shares, groups=groups,
    )  # fmt: skip
    said = {name: getattr(judged, name)[held] for name in ("probability", "found", "weights")}
    return heads, replace(judged, **said), lost


def theme_map(vectors: NDArray[np.float32], aims: NDArray[np.float32]) -> tuple[Array, Array, float]:
    """Weight (D, D) and bias (D,) that take ``vectors`` to ``aims``, (n, D) each, by ridge regression, and the share of
    the variance that they do not give."""
    centre, scale = _spread(vectors)
    inputs, middle = (vectors - centre) / scale, aims.mean(axis=0, dtype=np.float64)
    gram = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
    slopes = np.linalg.solve(gram, inputs.T @ (aims - middle))
    lost = float(((inputs @ slopes - (aims - middle)) ** 2).sum() / ((aims - middle) ** 2).sum())
    weight = (slopes / scale[:, None]).T
    return weight, middle - weight @ centre, lost


def _spread(vectors: NDArray[np.float32]) -> tuple[Array, Array]:
    return vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64) + 1e-6


def _taught(teacher: Heads, texts: Sequence[Sequence[str]], data: Prepared) -> NDArray[np.float32]:
    """What the whole model says of each segment."""
    parts = [
        chances(teacher, some, data.vectors[a:b], data.tokens[a:b])
        for some, a, b in zip(texts, data.bounds[:-1], data.bounds[1:], strict=True)
        if some
    ]
    return np.concatenate([np.zeros((0, len(teacher.labels)), np.float32), *parts])
