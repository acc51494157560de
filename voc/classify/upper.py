"""What is fine-tuned: an encoder's upper layers, a small network and n-gram weights on them, and the map to themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.classify.prepared import Prepared
from voc.classify.train import Array, Member, Recipe, Table, label_loss, member_of, modules
from voc.classify.trunk import PAD_TO, Trunk, attention, half_precision, knows_bfloat16, run_layer


@dataclass(frozen=True, slots=True)
class TuneRecipe:
    """Settings of the fine-tuning; ``heads`` has those that the loss shares with training on frozen vectors."""

    heads: Recipe = field(default_factory=lambda: Recipe(hidden=192, dropout=0.3))
    # Layers that stay as they are, and those that stand on them. Layers between may be left out; to keep the last three
    # matters most then: the variance of the encoder's vectors that a linear map from what is left does not give,
    # untrained, is 0.22 for 4 and the last four, 0.20 for 5 and the last four, 0.32 for 6 and the last two, over 0.28
    # where 7, 9 and 11 stand on six (840 segments of the training data, 2026-11-22). What eight layers cost is in
    # CLASSIFIER_CARD.md.
    base_layer: int = 6
    upper: tuple[int, ...] = (6, 7, 8, 9, 10, 11)
    epochs: int = 5
    batch: int = 24
    trunk_rate: float = 1e-4
    head_rate: float = 1e-3
    gram_rate: float = 0.05
    warm_up: float = 0.08  # of all steps
    decay: float = 0.01
    token_dropout: float = 0.1  # share of tokens whose states are hidden from the tuned layers
    theme_weight: float = 1.0
    largest_step: float = 1.0  # norm at which gradients of the trunk are clipped
    patience: int = 1  # epochs in which watched documents get no better, after which training ends


@dataclass(frozen=True, slots=True)
class Epoch:
    """Mean loss of the training documents, and of the labels of the watched ones (None where none are watched)."""

    number: int
    loss: float
    watched: float | None

    def __str__(self) -> str:
        told = "" if self.watched is None else f", of documents held back {self.watched:.3f}"
        return f"epoch {self.number}: loss {self.loss:.3f}{told}"


@dataclass(frozen=True, eq=False)
class Tuned:
    """What fine-tuning gives: tensors of the tuned layers under transformers' names, the map to theme vectors
    (``weight`` (D, 2D), ``bias`` (D,), float32), network and n-gram weights with their standardisation (2, D), and what
    was told of each epoch; ``best`` is the number of the one that all of it is from."""

    tensors: dict[str, NDArray[np.float32]]
    theme_weight: NDArray[np.float32]
    theme_bias: NDArray[np.float32]
    member: Member
    centre: Array
    scale: Array
    epochs: tuple[Epoch, ...]
    best: int


class Upper:
    """The parameters and one step of training."""

    def __init__(self, trunk: Trunk, data: Prepared, table: Table, recipe: TuneRecipe) -> None:
        import torch
        from torch import nn

        labels, dim = data.targets.shape[1], data.vectors.shape[1]
        self.trunk, self.data, self.table, self.recipe = trunk, data, table, recipe
        self.layers: Any = trunk.layers
        self.bag, self.network = modules(table.size, dim, labels, recipe.heads)
        self.bias = nn.Parameter(torch.full((labels,), -4.0))
        self.centre = torch.from_numpy(data.vectors.mean(axis=0, dtype=np.float64).astype(np.float32))
        self.scale = torch.from_numpy((data.vectors.std(axis=0, dtype=np.float64) + 1e-4).astype(np.float32))
        self.theme = nn.Linear(2 * dim, dim)  # begins as the vectors themselves, which is what they are before training
        self.aims = data.vectors if data.themes is None else data.themes
        self.aim_centre = torch.from_numpy(self.aims.mean(axis=0, dtype=np.float64).astype(np.float32))
        self.aim_scale = torch.from_numpy((self.aims.std(axis=0, dtype=np.float64) + 1e-4).astype(np.float32))
        with torch.no_grad():
            if trunk.theme is None:
                self.theme.weight.copy_(torch.cat([torch.eye(dim), torch.zeros(dim, dim)], dim=1))
                self.theme.bias.zero_()
            else:  # or as the map that the model has
                weight, bias = (torch.from_numpy(part).float() for part in (trunk.theme.weight, trunk.theme.bias))
                both = torch.cat([weight[:, :dim] * self.scale, weight[:, dim:]], dim=1)
                self.theme.weight.copy_(both / self.aim_scale[:, None])
                self.theme.bias.copy_((bias + weight[:, :dim] @ self.centre - self.aim_centre) / self.aim_scale)
        self.trained: Any = nn.ModuleDict(
            {"layers": self.layers, "bag": self.bag, "network": self.network, "theme": self.theme}
        )

    def train(self, training: bool) -> None:
        """Whether to drop out tokens and units."""
        self.trained.train(training)

    def state(self) -> dict[str, Any]:
        """All that is trained, by name."""
        return {**self.trained.state_dict(), "bias": self.bias.detach()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` gave."""
        import torch

        self.trained.load_state_dict({name: tensor for name, tensor in state.items() if name != "bias"})
        with torch.no_grad():
            self.bias.copy_(state["bias"])

    def label_loss_of(self, documents: NDArray[np.intp]) -> float:
        """Mean loss of the labels of some documents, without any drop-out."""
        import torch

        self.train(False)
        size, total = self.recipe.batch, 0.0
        order = documents[np.argsort([self.trunk.tokens(int(number)) for number in documents], kind="stable")]
        with torch.no_grad():
            for batch in (order[at : at + size] for at in range(0, len(order), size)):
                total += self.losses(batch)[0].item() * len(batch)
        return total / len(documents)

    def loss(self, batch: NDArray[np.intp]) -> Any:
        """What is made smaller: both losses of some documents, and large weights of n-grams."""
        labels, themes = self.losses(batch)
        penalty = self.recipe.heads.gram_penalty * (self.bag.weight**2).sum()
        return labels + penalty + self.recipe.theme_weight * themes

    def losses(self, batch: NDArray[np.intp]) -> tuple[Any, Any]:
        """Of the labels of some documents, and of the map to theme vectors for their segments."""
        import torch

        data, recipe = self.data, self.recipe
        segments = data.segments_of(batch)
        last, base, tokens = self.sums(batch, len(segments))
        count = tokens.clamp(min=1.0)[:, None]
        vectors, inner = last / count, base / count
        sizes = torch.from_numpy(np.diff(data.bounds)[batch])
        owner = torch.repeat_interleave(torch.arange(len(batch)), sizes)
        total = torch.zeros(len(batch), last.shape[1]).index_add(0, owner, last)
        total = total / torch.zeros(len(batch)).index_add(0, owner, tokens).clamp(min=1.0)[:, None]
        both = torch.cat([self.standard(vectors), self.standard(total)[owner]], dim=1)
        rows, offsets, values = (torch.from_numpy(part) for part in self.table.take(segments))
        logits = self.network(both) + self.bias + self.bag(rows, offsets, per_sample_weights=values)
        labels = label_loss(logits, data, batch, segments, recipe.heads)
        aim = (torch.from_numpy(self.aims[segments]) - self.aim_centre) / self.aim_scale
        mapped = self.theme(torch.cat([self.standard(vectors), inner], dim=1))
        return labels, ((mapped - aim)[tokens > 0] ** 2).mean()

    def standard(self, vectors: Any) -> Any:
        """(n, D) vectors with the mean 0 and the deviation 1 that they had before training."""
        return (vectors - self.centre) / self.scale

    def sums(self, batch: NDArray[np.intp], segments: int) -> tuple[Any, Any, Any]:
        """Sums over each segment's tokens of the states of last and base layer, (S, D) each, and tokens (S,)."""
        import torch

        first = np.concatenate([[0], np.cumsum(np.diff(self.data.bounds)[batch])])
        windows = [(int(start), *pair) for start, number in zip(first, batch, strict=False)
                   for pair in self.trunk.windows[number]]  # fmt: skip
        windows.sort(key=lambda item: len(item[1].ids))
        dim = self.data.vectors.shape[1]
        last, base, tokens = torch.zeros(segments, dim), torch.zeros(segments, dim), torch.zeros(segments)
        while windows:
            length = -(-len(windows[0][1].ids) // PAD_TO) * PAD_TO
            group = [item for item in windows if len(item[1].ids) <= length]
            windows = windows[len(group) :]
            owner = torch.full((len(group), length), segments)
            states, mask = torch.zeros(len(group), length, dim, dtype=torch.bfloat16), torch.zeros(len(group), length)
            for row, (start, window, state) in enumerate(group):
                states[row, : len(window.ids)], mask[row, : len(window.ids)] = state, 1.0
                for span, begin, end in window.spans:
                    owner[row, begin:end] = start + span
            hidden = states
            if self.network.training:
                hidden = states * (torch.rand(len(group), length, 1) >= self.recipe.token_dropout).to(torch.bfloat16)
            device = self.trunk.device
            with half_precision(device):
                hidden = hidden.to(device, torch.bfloat16 if knows_bfloat16(device) else torch.float32)
                seen = attention(mask.to(device))
                for layer in self.layers:
                    hidden = run_layer(layer, hidden, seen)
            flat = owner.reshape(-1)
            inside = flat < segments
            last = last.index_add(0, flat[inside], hidden.float().cpu().reshape(-1, dim)[inside])
            base = base.index_add(0, flat[inside], states.float().reshape(-1, dim)[inside])
            tokens = tokens.index_add(0, flat[inside], torch.ones(int(inside.sum())))
        return last, base, tokens

    def result(self, epochs: tuple[Epoch, ...], best: int) -> Tuned:
        """What was trained, as arrays."""
        centre, scale = (part.numpy().astype(np.float64) for part in (self.centre, self.scale))
        aim_centre, aim_scale = (part.numpy().astype(np.float64) for part in (self.aim_centre, self.aim_scale))
        weight, bias = (p.detach().numpy().astype(np.float64) for p in (self.theme.weight, self.theme.bias))
        dim = len(centre)
        weight = weight * aim_scale[:, None]
        weight[:, :dim] /= scale[None, :]
        bias = bias * aim_scale + aim_centre - weight[:, :dim] @ centre
        return Tuned(
            tensors={
                f"encoder.layer.{self.trunk.base_layer + number}.{name}": value.detach().float().cpu().numpy()
                for number, layer in enumerate(self.layers)
                for name, value in layer.state_dict().items()
            },
            theme_weight=weight.astype(np.float32),
            theme_bias=bias.astype(np.float32),
            member=member_of(self.bag, self.bias, self.network),
            centre=np.stack([centre, centre]),
            scale=np.stack([scale, scale]),
            epochs=epochs,
            best=best,
        )
