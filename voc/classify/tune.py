"""Fine-tune an encoder's upper layers for the labels, with the n-grams and a small network on top of them.

The lower layers stay as they are, so their states are computed once. Two aims are trained together: the labels, with
the loss of ``train`` (multiple instances, quotes), and a linear map from the states of the last and the base layer to
the vectors that the encoder gave before, from which themes are made. Without the second the last layer would forget
what a segment is about, and inner layers alone do not know it (adjusted mutual information with the categories of shop
reviews: 0.25 from layer 6, 0.46 from the last; 500 reviews, November 2026). What was tried is in CLASSIFIER_CARD.md.

Seeded; bfloat16, so another machine gives other last digits. On a GPU only the tuned layers are there; what stands on
them is small and stays on the processor, where sums are added up in one order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.classify.checkpoint import Checkpoint
from voc.classify.prepared import Prepared
from voc.classify.train import Table
from voc.classify.trunk import Trunk
from voc.classify.upper import Epoch, Tuned, TuneRecipe, Upper

SHUFFLE_BATCHES = 20  # documents of so many batches are ordered by length before they are cut into batches


def tune(
    trunk: Trunk,
    data: Prepared,
    table: Table,
    documents: NDArray[np.intp],
    recipe: TuneRecipe,
    *,
    seed: int,
    told: Callable[[Epoch], None],
    watched: NDArray[np.intp] | None = None,
    kept: Path | None = None,
) -> Tuned:
    """Train on ``documents``, rows of ``data`` with the vectors of the model as it was; ``told`` hears of each epoch.

    With ``watched`` (rows that nothing is trained on) training ends when these get no better for ``recipe.patience``
    epochs, and the best epoch counts. With ``kept`` the state after each epoch is kept in that file, and the same call
    goes on from there with the same result. ValueError where a model that was tuned before comes without the vectors
    of its themes.
    """
    import torch

    if trunk.theme is not None and data.themes is None:
        raise ValueError(f"the theme vectors of {trunk.model} are not there: encode the documents again")
    readable = np.diff(data.bounds) > 0
    documents = documents[readable[documents]]
    watched = np.zeros(0, np.intp) if watched is None else watched[readable[watched]]
    torch.manual_seed(seed)
    model = Upper(trunk, data, table, recipe)
    checkpoint = Checkpoint(kept, _digest(model, documents, watched, seed)) if kept else None
    torch.set_flush_denormal(True)  # the optimiser's means of rare n-grams fade into numbers that are slow to add
    try:
        training = _Training(model, documents, watched, np.random.default_rng(seed))
        if checkpoint:
            training.restore(checkpoint)
        for epoch in training.epochs:
            told(epoch)
        while not training.ended():
            epoch = training.epoch()
            if checkpoint:
                training.save(checkpoint)
            told(epoch)
    finally:
        torch.set_flush_denormal(False)  # it holds for all that this thread computes
    return training.result()


def _digest(model: Upper, documents: NDArray[np.intp], watched: NDArray[np.intp], seed: int) -> str:
    """Of all that the numbers follow from; also the threads, for how sums are cut depends on them."""
    import torch

    data, table = model.data, model.table
    about = [asdict(model.recipe), seed, model.trunk.model, model.trunk.device.type, torch.get_num_threads()]
    digest = hashlib.sha256(json.dumps([about, torch.__version__], default=str).encode())
    arrays = (documents, watched, data.vectors, data.bounds, data.targets, data.quoted, data.counts, data.taught,
              table.rows, table.values, table.bounds)  # fmt: skip
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


class _Training:
    """The run over the epochs, which can be saved and restored between them."""

    def __init__(
        self, model: Upper, documents: NDArray[np.intp], watched: NDArray[np.intp], shuffle: np.random.Generator
    ) -> None:
        import torch

        self.model, self.documents, self.watched, self.shuffle = model, documents, watched, shuffle
        self.epochs: list[Epoch] = []
        self.best, self.best_state = 0, dict[str, Any]()
        recipe = model.recipe
        self.optimiser = torch.optim.AdamW(
            [
                {"params": model.layers.parameters(), "lr": recipe.trunk_rate, "weight_decay": recipe.decay},
                {"params": [*model.network.parameters(), model.bias], "lr": recipe.head_rate,
                 "weight_decay": recipe.decay},
                {"params": model.theme.parameters(), "lr": recipe.head_rate, "weight_decay": 0.0},
                {"params": [model.bag.weight], "lr": recipe.gram_rate, "weight_decay": 0.0},
            ]
        )  # fmt: skip
        steps = recipe.epochs * -(-len(documents) // recipe.batch)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, [group["lr"] for group in self.optimiser.param_groups], total_steps=steps + 1,
            pct_start=recipe.warm_up, anneal_strategy="linear", div_factor=20, final_div_factor=50,
        )  # fmt: skip

    def ended(self) -> bool:
        """Whether all epochs are done, or the watched documents have got no better for long enough."""
        recipe, done = self.model.recipe, len(self.epochs)
        return done >= recipe.epochs or (len(self.watched) > 0 and done > 0 and done - self.best >= recipe.patience)

    def epoch(self) -> Epoch:
        """Train on every document once and look at the watched ones."""
        from torch import nn

        model, losses = self.model, []
        model.train(True)
        for batch in _batches(self.shuffle, self.documents, model.trunk, model.recipe):
            loss = model.loss(batch)
            self.optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.layers.parameters(), model.recipe.largest_step)
            self.optimiser.step()
            self.schedule.step()
            losses.append(loss.item())
        watched = model.label_loss_of(self.watched) if len(self.watched) else None
        before = min((e.watched for e in self.epochs if e.watched is not None), default=np.inf)
        self.epochs.append(Epoch(len(self.epochs) + 1, float(np.mean(losses)), watched))
        if watched is None or watched < before:
            self.best = len(self.epochs)
            if watched is not None:
                self.best_state = {name: tensor.clone() for name, tensor in model.state().items()}
        return self.epochs[-1]

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep weights, means of the optimiser, random numbers and what was told."""
        import torch

        tensors = {f"model.{name}": tensor for name, tensor in self.model.state().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best_state.items()}
        tensors["random"] = torch.get_rng_state()
        state = self.optimiser.state_dict()
        tensors |= {f"optimiser.{n}.{key}": t for n, row in state["state"].items() for key, t in row.items()}
        rates = [{"lr": group["lr"], "betas": group["betas"]} for group in state["param_groups"]]
        numbers = {"best": self.best, "step": self.schedule.last_epoch, "rates": rates,
                   "shuffle": self.shuffle.bit_generator.state, "epochs": [asdict(e) for e in self.epochs]}  # fmt: skip
        checkpoint.save(tensors, numbers)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where ``save`` was called last, if it was."""
        import torch

        found = checkpoint.load()
        if found is None:
            return
        tensors, numbers = found
        self.model.restore(_under("model", tensors))
        self.best, self.best_state = numbers["best"], _under("best", tensors)
        rows: dict[int, dict[str, Any]] = {}
        for name, tensor in _under("optimiser", tensors).items():
            number, _, key = name.partition(".")
            rows.setdefault(int(number), {})[key] = tensor
        groups = self.optimiser.state_dict()["param_groups"]
        for group, rates in zip(groups, numbers["rates"], strict=True):
            group |= {"lr": rates["lr"], "betas": tuple(rates["betas"])}
        self.optimiser.load_state_dict({"state": rows, "param_groups": groups})
        self.schedule.last_epoch = numbers["step"]
        self.shuffle.bit_generator.state = numbers["shuffle"]
        self.epochs = [Epoch(**row) for row in numbers["epochs"]]
        torch.set_rng_state(tensors["random"])

    def result(self) -> Tuned:
        """What the best epoch gave."""
        if self.best_state:
            self.model.restore(self.best_state)
        return self.model.result(tuple(self.epochs), self.best)


def _under(part: str, tensors: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(f"{part}."): t for name, t in tensors.items() if name.startswith(f"{part}.")}


def _batches(
    shuffle: np.random.Generator, documents: NDArray[np.intp], trunk: Trunk, recipe: TuneRecipe
) -> list[NDArray[np.intp]]:
    """All documents once, in batches of like length, the batches in any order."""
    order, size = shuffle.permutation(documents), recipe.batch * SHUFFLE_BATCHES
    batches = []
    for start in range(0, len(order), size):
        part = order[start : start + size]
        part = part[np.argsort([trunk.tokens(int(number)) for number in part], kind="stable")]
        batches += [part[at : at + recipe.batch] for at in range(0, len(part), recipe.batch)]
    return [batches[at] for at in shuffle.permutation(len(batches))]
