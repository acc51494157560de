"""Fine-tune an encoder's upper layers for the labels, with the n-grams and a small network on top of them.

The lower layers stay as they are, so their states are computed once. Two aims are trained together: the labels, with
the loss of ``train`` (multiple instances, quotes), and a linear map from the states of the last and the base layer to
the vectors that the encoder gave before, from which themes are made. Without the second the last layer would forget
what a segment is about, and inner layers alone do not know it (adjusted mutual information with the categories of shop
reviews: 0.25 from layer 6, 0.46 from the last; 500 reviews, November 2026). What was tried is in CLASSIFIER_CARD.md.

Seeded; bfloat16 on the processor, so another machine gives other last digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voc.classify.prepared import Prepared
from voc.classify.train import Array, Member, Recipe, Table, label_loss
from voc.encoders import Passage

if TYPE_CHECKING:
    from voc.encoders.registry import ModelDir
    from voc.encoders.windows import Window

PAD_TO = 32  # every new shape is compiled anew by the libraries, so windows are padded to few lengths
STATES_TOKENS = 1_024  # tokens at once through the lower layers
SHUFFLE_BATCHES = 20  # documents of so many batches are ordered by length before they are cut into batches


@dataclass(frozen=True, slots=True)
class TuneRecipe:
    """Settings of the fine-tuning; ``heads`` has those that the loss shares with training on frozen vectors."""

    heads: Recipe = field(default_factory=lambda: Recipe(hidden=192, dropout=0.3))
    base_layer: int = 6
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


@dataclass(frozen=True, eq=False)
class Tuned:
    """What fine-tuning gives: tensors of the tuned layers under transformers' names, the map to theme vectors
    (``weight`` (D, 2D), ``bias`` (D,), float32), and network and n-gram weights with their standardisation (2, D)."""

    tensors: dict[str, NDArray[np.float32]]
    theme_weight: NDArray[np.float32]
    theme_bias: NDArray[np.float32]
    member: Member
    centre: Array
    scale: Array


@dataclass(frozen=True, eq=False)
class Trunk:
    """A network cut in two: windows with the states (tokens, D) that the lower layers give, and the upper layers."""

    windows: list[list[tuple[Window, Any]]]  # by document
    layers: Any
    base_layer: int

    def tokens(self, document: int) -> int:
        """Tokens of a document's windows, padding included."""
        return sum(-(-len(window.ids) // PAD_TO) * PAD_TO for window, _ in self.windows[document])


def cut_trunk(model: ModelDir, passages: Sequence[Passage], base_layer: int, threads: int) -> Trunk:
    """Load the model, compute the states of all windows after ``base_layer`` layers, and keep the layers above."""
    import torch
    from torch import nn

    from voc.encoders.torch_encoder import TorchEncoder, load_network

    torch.set_num_threads(threads)
    network = load_network(model)[0]
    network.config._attn_implementation = "eager"  # twice as fast as torch's fused one, backwards, on a processor
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # drawing the numbers costs a third of the time; ``token_dropout`` takes its place
    network.eval()
    found = TorchEncoder(model, threads=threads).windows(passages)
    states: list[Any] = [None] * len(found)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for numbers, ids, mask in _batches_of_windows(found):
            hidden = network.embeddings(input_ids=ids)
            for layer in network.encoder.layer[:base_layer]:
                hidden = _run_layer(layer, hidden, mask)
            for row, number in enumerate(numbers):
                states[number] = hidden[row, : len(found[number].ids)].to(torch.bfloat16).clone()
    windows: list[list[tuple[Window, Any]]] = [[] for _ in passages]
    for window, state in zip(found, states, strict=True):
        windows[window.passage].append((window, state))
    return Trunk(windows, network.encoder.layer[base_layer:], base_layer)


def _batches_of_windows(windows: Sequence[Window]) -> Iterator[tuple[list[int], Any, Any]]:
    """Numbers, ids and attention masks of windows of like length."""
    import torch

    order = sorted(range(len(windows)), key=lambda number: len(windows[number].ids))
    at = 0
    while at < len(order):
        length = -(-len(windows[order[at]].ids) // PAD_TO) * PAD_TO
        rows = [n for n in order[at : at + max(1, STATES_TOKENS // length)] if len(windows[n].ids) <= length]
        ids, mask = np.ones((len(rows), length), np.int64), np.zeros((len(rows), length), np.float32)
        for row, number in enumerate(rows):
            size = len(windows[number].ids)
            ids[row, :size], mask[row, :size] = windows[number].ids, 1.0
        yield rows, torch.from_numpy(ids), _attention(torch.from_numpy(mask))
        at += len(rows)


def _attention(mask: Any) -> Any:
    return (1.0 - mask)[:, None, None, :] * -1e9


def _run_layer(layer: Any, hidden: Any, mask: Any) -> Any:
    result = layer(hidden, mask)
    return result[0] if isinstance(result, tuple) else result


def tune(
    trunk: Trunk,
    data: Prepared,
    table: Table,
    documents: NDArray[np.intp],
    recipe: TuneRecipe,
    *,
    seed: int,
    told: Callable[[str], None],
) -> Tuned:
    """Train on ``documents``, rows of ``data`` with the vectors of the model as it was; ``told`` hears of it."""
    import torch

    torch.manual_seed(seed)
    model = _Model(trunk, data, table, recipe)
    torch.set_flush_denormal(True)  # the optimiser's means of rare n-grams fade into numbers that are slow to add
    try:
        _train(model, documents[np.diff(data.bounds)[documents] > 0], np.random.default_rng(seed), told)
    finally:
        torch.set_flush_denormal(False)  # it holds for all that this thread computes
    return model.result()


def _train(
    model: _Model, documents: NDArray[np.intp], shuffle: np.random.Generator, told: Callable[[str], None]
) -> None:
    import torch
    from torch import nn

    recipe = model.recipe
    model.layers.train()
    optimiser = torch.optim.AdamW(
        [
            {"params": model.layers.parameters(), "lr": recipe.trunk_rate, "weight_decay": recipe.decay},
            {"params": [*model.network.parameters(), model.bias], "lr": recipe.head_rate, "weight_decay": recipe.decay},
            {"params": model.theme.parameters(), "lr": recipe.head_rate, "weight_decay": 0.0},
            {"params": [model.bag.weight], "lr": recipe.gram_rate, "weight_decay": 0.0},
        ]
    )
    steps = recipe.epochs * -(-len(documents) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in optimiser.param_groups], total_steps=steps + 1, pct_start=recipe.warm_up,
        anneal_strategy="linear", div_factor=20, final_div_factor=50,
    )  # fmt: skip
    for epoch in range(recipe.epochs):
        losses = []
        for batch in _batches(shuffle, documents, model.trunk, recipe):
            loss = model.loss(batch)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.layers.parameters(), recipe.largest_step)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        told(f"epoch {epoch + 1} of {recipe.epochs}: loss {np.mean(losses):.3f}")


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


class _Model:
    """The parameters and one step of training."""

    def __init__(self, trunk: Trunk, data: Prepared, table: Table, recipe: TuneRecipe) -> None:
        import torch
        from torch import nn

        labels, dim = data.targets.shape[1], data.vectors.shape[1]
        self.trunk, self.data, self.table, self.recipe = trunk, data, table, recipe
        self.layers: Any = trunk.layers
        self.bag: Any = nn.EmbeddingBag(table.size, labels, mode="sum")
        nn.init.zeros_(self.bag.weight)
        self.bias = nn.Parameter(torch.full((labels,), -4.0))
        heads = recipe.heads
        self.network: Any = nn.Sequential(
            nn.Dropout(heads.input_dropout), nn.Linear(2 * dim, heads.hidden), nn.ReLU(), nn.Dropout(heads.dropout),
            nn.Linear(heads.hidden, labels),
        )  # fmt: skip
        self.centre = torch.from_numpy(data.vectors.mean(axis=0, dtype=np.float64).astype(np.float32))
        self.scale = torch.from_numpy((data.vectors.std(axis=0, dtype=np.float64) + 1e-4).astype(np.float32))
        self.theme = nn.Linear(2 * dim, dim)  # begins as the vectors themselves, which is what they are before training
        with torch.no_grad():
            self.theme.weight.copy_(torch.cat([torch.eye(dim), torch.zeros(dim, dim)], dim=1))
            self.theme.bias.zero_()

    def loss(self, batch: NDArray[np.intp]) -> Any:
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
        aim = self.standard(torch.from_numpy(data.vectors[segments]))
        mapped = self.theme(torch.cat([self.standard(vectors), inner], dim=1))
        themes = ((mapped - aim)[tokens > 0] ** 2).mean()
        return labels + recipe.heads.gram_penalty * (self.bag.weight**2).sum() + recipe.theme_weight * themes

    def standard(self, vectors: Any) -> Any:
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
            hidden = states * (torch.rand(len(group), length, 1) >= self.recipe.token_dropout).to(torch.bfloat16)
            with torch.autocast("cpu", torch.bfloat16):
                for layer in self.layers:
                    hidden = _run_layer(layer, hidden, _attention(mask))
            flat = owner.reshape(-1)
            inside = flat < segments
            last = last.index_add(0, flat[inside], hidden.float().reshape(-1, dim)[inside])
            base = base.index_add(0, flat[inside], states.float().reshape(-1, dim)[inside])
            tokens = tokens.index_add(0, flat[inside], torch.ones(int(inside.sum())))
        return last, base, tokens

    def result(self) -> Tuned:
        centre, scale = (part.numpy().astype(np.float64) for part in (self.centre, self.scale))
        weight, bias = (p.detach().numpy().astype(np.float64) for p in (self.theme.weight, self.theme.bias))
        dim = len(centre)
        weight = weight * scale[:, None]
        weight[:, :dim] /= scale[None, :]
        bias = bias * scale + centre - weight[:, :dim] @ centre
        first, last = self.network[1], self.network[4]
        parts = [self.bag.weight, self.bias, first.weight.T, first.bias, last.weight.T, last.bias]
        return Tuned(
            tensors={
                f"encoder.layer.{self.trunk.base_layer + number}.{name}": value.detach().float().numpy()
                for number, layer in enumerate(self.layers)
                for name, value in layer.state_dict().items()
            },
            theme_weight=weight.astype(np.float32),
            theme_bias=bias.astype(np.float32),
            member=Member(*(np.asarray(part.detach().numpy(), np.float64) for part in parts)),
            centre=np.stack([centre, centre]),
            scale=np.stack([scale, scale]),
        )
