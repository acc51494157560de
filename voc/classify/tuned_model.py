"""From labelled documents to a fine-tuned model: tune, write the encoder, finish the heads by documents held back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.classify.build import Named, OutOfFold, finish
from voc.classify.gold import Example
from voc.classify.heads import Heads
from voc.classify.prepared import Prepared, passages_of, prepare, vocabulary
from voc.classify.train import FOLDS, Task, gram_table, segment_logits
from voc.classify.trunk import count_layers, cut_trunk
from voc.classify.tune import tune
from voc.classify.upper import Epoch, TuneRecipe
from voc.encoders import ModelDir, load_encoder
from voc.encoders.calibrate import calibrate
from voc.encoders.quantise import write_tuned
from voc.encoders.registry import VOC_KIND
from voc.taxonomy import Taxonomy

WATCHED_PART = 10  # one of so many documents that are not held back ends the training


@dataclass(frozen=True, eq=False)
class TunedModel:
    """Heads of an encoder that was written, what they say of the documents held back, and how training went."""

    heads: Heads
    judged: OutOfFold
    epochs: tuple[Epoch, ...]
    best: int


def recipe_for(model: ModelDir, epochs: int | None = None) -> TuneRecipe:
    """How to tune a model: the project's own 12 layers as was swept, one that was tuned before from the same layer on,
    of any other the upper half. ModelError where its layers are not those of BERT's family."""
    recipe, layers = TuneRecipe(), count_layers(model)
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    if model.base_layer is not None:
        return replace(recipe, base_layer=model.base_layer, upper=tuple(range(model.base_layer, layers)))
    if model.kind == VOC_KIND and layers == 1 + max(recipe.upper):
        return recipe
    return replace(recipe, base_layer=layers // 2, upper=tuple(range(layers // 2, layers)))


def split(folds: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows that are held back to set and judge probabilities (one in `FOLDS`), and rows that end the training (one in
    `WATCHED_PART` of the others); all others are trained on. ``folds`` (N,): as in `Prepared`."""
    held = folds % FOLDS == 0
    return np.flatnonzero(held), np.flatnonzero(~held & (folds // FOLDS % WATCHED_PART == 0))


def tune_model(
    model: ModelDir,
    out: Path,
    examples: Sequence[Example],
    data: Prepared,
    held: NDArray[np.intp],
    recipe: TuneRecipe,
    *,
    labels: tuple[str, ...],
    taxonomy: Taxonomy,
    shares: NDArray[np.float64],
    table: dict[int, int],
    threads: int,
    told: Callable[[Epoch], None],
    watched: NDArray[np.intp] | None = None,
    device: str = "cpu",
    name: str | None = None,
    kept: Path | None = None,
) -> TunedModel:
    """Tune on all ``examples`` (the rows of ``data``) but ``held`` and ``watched``, write the encoder into ``out``, and
    finish the heads by what it says of ``held``; the heads are not written.

    ``shares`` (L,): label frequencies to fit; ``table``: of ``chinese_table``; ``name``: id of the new model;
    ``watched`` and ``kept``: see ``tune``. ModelError for a model that cannot be tuned, or a device that is not there.
    """
    taught = np.setdiff1d(np.arange(len(examples)), held if watched is None else np.concatenate([held, watched]))
    segments = data.segments_of(taught[data.counts[taught] > 0])
    grams, idf = vocabulary([data.grams[i] for i in segments], data.owner[segments], recipe.heads.least_documents)
    trunk = cut_trunk(model, passages_of(examples), recipe.base_layer, recipe.upper, threads, device)
    result = tune(
        trunk, data, gram_table(data, grams, idf), taught, recipe, seed=0, told=told, watched=watched, kept=kept
    )
    theme = (result.theme_weight, result.theme_bias)
    written = write_tuned(model, out, result.tensors, theme, recipe.base_layer, name)
    if written.kind == VOC_KIND:
        written = calibrate(written, passages_of([examples[i] for i in taught]))
    encoder = load_encoder(str(written.path), device=device, threads=threads)
    judged = prepare([examples[i] for i in held], labels, encoder, table)
    task = Task(judged, gram_table(judged, grams, idf), result.centre, result.scale, recipe.heads)
    logits = segment_logits(task, [result.member], np.arange(len(judged.vectors)))
    heads, said = finish(
        judged, logits, [result.member], Named(labels, taxonomy.version, written.id, table, grams, idf),
        centre=result.centre, scale=result.scale, shares=shares, groups=judged.folds // FOLDS,
    )  # fmt: skip
    return TunedModel(heads, said, result.epochs, result.best)
