"""Train the heads: segments are scored, a document shows a label if one of its segments does (multiple instances).

Where annotators quoted the words that show a label, the segments that hold them are taught directly. Everything is
seeded, and each network is trained on one thread, so that one machine gives the same bytes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.classify.prepared import TRAINING_ONLY, Prepared
from voc.classify.score import gram_values

Array = NDArray[np.float64]
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of the training; what was swept is in CLASSIFIER_CARD.md."""

    epochs: int = 15
    batch: int = 64
    hidden: int = 128
    dropout: float = 0.5
    input_dropout: float = 0.1
    gram_rate: float = 0.05
    network_rate: float = 2e-3
    decay: float = 0.1
    gram_penalty: float = 1e-5
    quote_weight: float = 0.5
    other_weight: float = 0.2  # of a segment without the quote in a document that has the label
    absent_weight: float = 0.25  # of a segment in a document without the label
    taught_weight: float = 0.5  # of what a teacher says of a segment
    least_documents: int = 3
    members: int = 3


@dataclass(frozen=True, eq=False)
class Table:
    """The n-grams of S segments over a vocabulary of ``size``: row s has ``rows[bounds[s]:bounds[s + 1]]``."""

    rows: NDArray[np.int64]
    values: NDArray[np.float32]
    bounds: NDArray[np.int64]
    size: int

    def take(self, segments: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Rows, offsets and values of some segments, as an embedding bag wants them."""
        length = self.bounds[segments + 1] - self.bounds[segments]
        offsets = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int64)
        at = np.repeat(self.bounds[segments] - offsets, length) + np.arange(length.sum())
        return self.rows[at], offsets, self.values[at]


def gram_table(prepared: Prepared, grams: NDArray[np.uint32], idf: Array) -> Table:
    """Look up the n-grams of all segments."""
    count = len(prepared.grams)
    owner = np.repeat(np.arange(count), [len(hashes) for hashes in prepared.grams])
    rows, owner, values = gram_values(np.concatenate([np.zeros(0, np.uint32), *prepared.grams]), owner, grams, idf)
    return Table(
        rows=rows.astype(np.int64),
        values=values.astype(np.float32),
        bounds=np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int64),
        size=len(grams),
    )


@dataclass(frozen=True, eq=False)
class Member:
    """One trained pair of n-gram weights and network; shapes as in ``Heads`` without the first axis."""

    gram_weights: Array
    bias: Array
    hidden_weights: Array
    hidden_bias: Array
    output_weights: Array
    output_bias: Array


@dataclass(frozen=True, eq=False)
class Task:
    """What a training process needs: data, look-up, standardisation (2, D) and recipe."""

    prepared: Prepared
    table: Table
    centre: Array
    scale: Array
    recipe: Recipe

    def inputs(self) -> NDArray[np.float32]:
        """(S, 2D) standardised vectors of each segment and its document."""
        data = self.prepared
        both = np.stack([data.vectors, data.documents[data.owner]], axis=1)
        return np.asarray((both - self.centre) / self.scale, np.float32).reshape(len(both), -1)


def train_member(task: Task, documents: NDArray[np.intp], seed: int) -> Member:
    """Train one member on some documents."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    shuffle = np.random.default_rng(seed)
    data, recipe = task.prepared, task.recipe
    labels = data.targets.shape[1]
    bag, network = modules(task.table.size, data.vectors.shape[1], labels, recipe)
    bias = torch.nn.Parameter(torch.full((labels,), -4.0))
    optimiser = torch.optim.AdamW(
        [
            {"params": [bag.weight, bias], "lr": recipe.gram_rate, "weight_decay": 0.0},
            {"params": list(network.parameters()), "lr": recipe.network_rate, "weight_decay": recipe.decay},
        ]
    )
    documents = documents[np.diff(data.bounds)[documents] > 0].copy()
    steps = recipe.epochs * -(-len(documents) // recipe.batch)
    rates = [recipe.gram_rate, recipe.network_rate]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps)
    inputs = torch.from_numpy(task.inputs())
    for _ in range(recipe.epochs):
        shuffle.shuffle(documents)
        for batch in _batches(documents, recipe.batch):
            segments = data.segments_of(batch)
            rows, offsets, values = (torch.from_numpy(part) for part in task.table.take(segments))
            logits = bag(rows, offsets, per_sample_weights=values) + bias + network(inputs[torch.from_numpy(segments)])
            loss = label_loss(logits, data, batch, segments, recipe) + recipe.gram_penalty * (bag.weight**2).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return member_of(bag, bias, network)


def member_of(bag: Any, bias: Any, network: Any) -> Member:
    """What was trained, of what ``modules`` made and a bias (L,), as arrays."""
    first, last = network[1], network[4]
    parts = [bag.weight, bias, first.weight.T, first.bias, last.weight.T, last.bias]
    return Member(*(np.asarray(part.detach().numpy(), np.float64) for part in parts))


def _batches(documents: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(documents), size):
        yield documents[start : start + size]


def modules(size: int, dim: int, labels: int, recipe: Recipe) -> tuple[Any, Any]:
    """The n-gram weights, which start at zero, and the network."""
    from torch import nn

    bag = nn.EmbeddingBag(size, labels, mode="sum")
    nn.init.zeros_(bag.weight)
    network = nn.Sequential(
        nn.Dropout(recipe.input_dropout),
        nn.Linear(2 * dim, recipe.hidden),
        nn.ReLU(),
        nn.Dropout(recipe.dropout),
        nn.Linear(recipe.hidden, labels),
    )
    return bag, network


def label_loss(logits: Any, data: Prepared, batch: NDArray[np.intp], segments: NDArray[np.intp], recipe: Recipe) -> Any:
    """Log loss of the documents' noisy-or, plus that of the segments where quotes say which of them shows a label, plus
    that of the segments of which a teacher spoke."""
    import torch
    from torch.nn import functional

    owner = torch.from_numpy(np.repeat(np.arange(len(batch)), np.diff(data.bounds)[batch]))
    truth = torch.from_numpy(data.targets[batch].astype(np.float32))
    none = torch.zeros(truth.shape).index_add(0, owner, -functional.softplus(logits))
    chance = (1.0 - torch.exp(none)).clamp(1e-6, 1.0 - 1e-6)
    counts = torch.from_numpy(data.counts[batch].astype(np.float32))[:, None]
    documents = functional.binary_cross_entropy(chance, truth, weight=counts.expand_as(truth), reduction="sum")
    quoted = torch.from_numpy(data.quoted[segments].astype(np.float32))
    has_quote = torch.zeros(truth.shape).index_add(0, owner, quoted).clamp(max=1.0)
    # A label nobody ever quoted (praise, leave) is taught by the documents alone.
    quotable = torch.from_numpy(data.quotable.astype(np.float32))
    positive = truth[owner] > 0
    weight = torch.where(
        positive, torch.full(quoted.shape, recipe.other_weight), torch.full(quoted.shape, recipe.absent_weight)
    )
    weight = torch.where(quoted > 0, torch.ones(quoted.shape), weight)
    weight = weight * torch.where(positive, has_quote[owner], torch.ones(quoted.shape)) * quotable * counts[owner]
    quotes = functional.binary_cross_entropy_with_logits(logits, quoted, weight=weight, reduction="sum")
    said = torch.from_numpy(data.taught[segments])
    heard = ~torch.isnan(said)
    taught = functional.binary_cross_entropy_with_logits(logits[heard], said[heard], reduction="sum")
    return (documents + recipe.quote_weight * quotes + recipe.taught_weight * taught) / len(batch)


def segment_logits(task: Task, members: Sequence[Member], segments: NDArray[np.intp]) -> Array:
    """(len(segments), L): the mean over members, as ``score`` computes it."""
    inputs = task.inputs()[segments].astype(np.float64)
    rows, offsets, values = task.table.take(segments)
    total = np.zeros((len(segments), task.prepared.targets.shape[1]))
    for member in members:
        weighted = np.concatenate([member.gram_weights[rows] * values[:, None], np.zeros((1, total.shape[1]))])
        lexical = np.add.reduceat(weighted, offsets, axis=0)
        lexical[np.append(offsets[1:], len(rows)) == offsets] = 0.0  # reduceat gives an empty run the next value
        hidden = np.maximum(inputs @ member.hidden_weights + member.hidden_bias, 0.0)
        total += lexical + member.bias + hidden @ member.output_weights + member.output_bias
    return total / len(members)


_task: Task | None = None  # of a worker process, handed over once instead of with every job


def _start(task: Task) -> None:
    global _task  # noqa: PLW0603
    _task = task


def _work(documents: NDArray[np.intp], seed: int) -> Member:
    if _task is None:
        raise RuntimeError("the worker process was started without its task")
    return train_member(_task, documents, seed)


def folds_of(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) fold 0 to ``FOLDS`` - 1 of each group, ``TRAINING_ONLY`` where the group is."""
    return np.where(groups == TRAINING_ONLY, TRAINING_ONLY, groups % FOLDS)


def train_all(task: Task, groups: NDArray[np.int64], workers: int) -> tuple[Array, list[Member]]:
    """Out-of-fold segment logits (S, L), and the members trained on all documents.

    ``groups`` (N,): documents of equal value share a fold; those of ``TRAINING_ONLY`` are in every training set and are
    not scored (their logits are 0). Each fold is scored by as many members as the final model has, trained on the other
    folds only.
    """
    count = len(task.prepared.targets)
    fold = folds_of(groups)
    everything = np.arange(count)
    jobs = [(everything[fold != held], seed) for held in range(FOLDS) for seed in range(task.recipe.members)]
    jobs += [(everything, seed) for seed in range(task.recipe.members)]
    if workers > 1:
        from multiprocessing import get_context

        with ProcessPoolExecutor(workers, get_context("spawn"), _start, (task,)) as pool:
            members = list(pool.map(_work, *zip(*jobs, strict=True)))
    else:
        members = [train_member(task, documents, seed) for documents, seed in jobs]
    logits = np.zeros((len(task.prepared.vectors), task.prepared.targets.shape[1]))
    size = task.recipe.members
    for held in range(FOLDS):
        segments = np.flatnonzero(fold[task.prepared.owner] == held)
        if len(segments):
            logits[segments] = segment_logits(task, members[held * size : (held + 1) * size], segments)
    return logits, members[FOLDS * size :]
