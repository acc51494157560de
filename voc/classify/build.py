"""From labelled documents to finished heads: train, stack, calibrate, set thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.classify.heads import Heads
from voc.classify.prepared import TRAINING_ONLY, Prepared, vocabulary
from voc.classify.score import document_features
from voc.classify.stack import abstain_bands, fit_stack, fit_thresholds, prevalence_weights, stacked
from voc.classify.train import FOLDS, Member, Recipe, Task, folds_of, gram_table, train_all

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Predictions of N training documents by heads that never saw them: neither weights nor thresholds. Zeros for
    documents without segments and for those that are only trained on.

    ``probability`` (N, L); ``found`` (N, L) 0/1; ``logits`` (S, L) of the segments; ``weights`` (N, L) that make each
    label as frequent as it was asked to be.
    """

    probability: Array
    found: Array
    logits: Array
    weights: Array


def chinese_table() -> dict[int, int]:
    """Traditional characters and their simplified form, one for one, by OpenCC."""
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    pairs = ((code, convert(chr(code))) for code in range(0x3400, 0xA000))
    return {code: ord(simple) for code, simple in pairs if len(simple) == 1 and ord(simple) != code}


def features_of(data: Prepared, logits: Array, documents: NDArray[np.intp]) -> Array:
    """(len(documents), F, L) features of documents that have segments."""
    return np.stack(
        [document_features(logits[data.bounds[i] : data.bounds[i + 1]], float(data.chinese[i])) for i in documents]
    )


def build_heads(
    data: Prepared,
    *,
    labels: tuple[str, ...],
    taxonomy: str,
    encoder: str,
    shares: Array,
    table: dict[int, int],
    recipe: Recipe,
    groups: NDArray[np.int64],
    workers: int,
) -> tuple[Heads, OutOfFold]:
    """Heads trained on all documents, calibrated to the label frequencies ``shares`` (L,), and out-of-fold predictions.

    ``groups`` (N,): documents of equal value share a fold; those of ``TRAINING_ONLY`` set weights of the segment
    scorers and nothing else.
    """
    grams, idf = vocabulary(data.grams, data.owner, recipe.least_documents)
    centre = np.stack([data.vectors.mean(axis=0, dtype=np.float64), data.documents.mean(axis=0, dtype=np.float64)])
    scale = np.stack([data.vectors.std(axis=0, dtype=np.float64), data.documents.std(axis=0, dtype=np.float64)]) + 1e-6
    task = Task(data, gram_table(data, grams, idf), centre, scale, recipe)
    logits, members = train_all(task, groups, workers)
    named = Named(labels, taxonomy, encoder, table, grams, idf)
    return finish(data, logits, members, named, centre=centre, scale=scale, shares=shares, groups=groups)


@dataclass(frozen=True, eq=False)
class Named:
    """What heads carry beside what is trained: names, the table of Chinese characters, n-grams and their idf."""

    labels: tuple[str, ...]
    taxonomy: str
    encoder: str
    table: dict[int, int]
    grams: NDArray[np.uint32]
    idf: Array


def finish(
    data: Prepared,
    logits: Array,
    members: Sequence[Member],
    named: Named,
    *,
    centre: Array,
    scale: Array,
    shares: Array,
    groups: NDArray[np.int64],
) -> tuple[Heads, OutOfFold]:
    """Stack, calibration, thresholds and errors from segment logits (S, L) of documents that were not trained on."""
    readable = np.flatnonzero((np.diff(data.bounds) > 0) & (groups != TRAINING_ONLY))
    features, targets = features_of(data, logits, readable), data.targets[readable]
    weights = prevalence_weights(targets, shares)
    stack = fit_stack(features, targets, weights)
    thresholds = fit_thresholds(targets, stacked(features, stack), weights)
    judged = _judge(features, targets, weights, logits, readable, folds_of(groups)[readable], len(data.targets))
    heads = Heads(
        labels=named.labels,
        taxonomy=named.taxonomy,
        encoder=named.encoder,
        thresholds=thresholds,
        bands=abstain_bands(thresholds),
        grams=named.grams,
        idf=named.idf,
        gram_weights=np.mean([m.gram_weights for m in members], axis=0),
        bias=np.mean([m.bias for m in members], axis=0),
        centre=centre,
        scale=scale,
        hidden_weights=np.stack([m.hidden_weights for m in members]),
        hidden_bias=np.stack([m.hidden_bias for m in members]),
        output_weights=np.stack([m.output_weights for m in members]),
        output_bias=np.stack([m.output_bias for m in members]),
        stack=stack,
        fold_from=np.array(sorted(named.table), np.uint32),
        fold_to=np.array([named.table[code] for code in sorted(named.table)], np.uint32),
        errors=error_counts(targets, judged.found[readable], weights),
    )
    return heads, judged


def error_counts(targets: Array, found: Array, weights: Array) -> tuple[tuple[float, float, float, float], ...]:
    """(tp, fn, fp, tn) of each label, weighted: 0/1 ``targets`` and ``found`` and ``weights``, all (n, L)."""
    cells = (targets * found, targets * (1 - found), (1 - targets) * found, (1 - targets) * (1 - found))
    tp, fn, fp, tn = ((weights * cell).sum(axis=0).round(2).tolist() for cell in cells)
    return tuple(zip(tp, fn, fp, tn, strict=True))


def _judge(
    features: Array,
    targets: Array,
    weights: Array,
    logits: Array,
    readable: NDArray[np.intp],
    fold: NDArray[np.int64],
    count: int,
) -> OutOfFold:
    """Stack and thresholds for each fold from the other folds; documents without segments get zeros."""
    probability, found, all_weights = (np.zeros((count, targets.shape[1])) for _ in range(3))
    all_weights[readable] = weights
    for held in range(FOLDS):
        known, asked = fold != held, fold == held
        if not asked.any():
            continue
        stack = fit_stack(features[known], targets[known], weights[known])
        limits = fit_thresholds(targets[known], stacked(features[known], stack), weights[known])
        probability[readable[asked]] = stacked(features[asked], stack)
        found[readable[asked]] = probability[readable[asked]] >= np.array(limits)
    return OutOfFold(probability, found, logits, all_weights)
