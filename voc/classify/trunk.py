"""An encoder cut in two for fine-tuning: lower layers that stay as they are, and layers above that are trained.

The lower layers' states are computed once for all documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.encoders import Passage
from voc.encoders.registry import VOC_KIND
from voc.encoders.windows import ThemeMap, Window, make_frame, pack, theme_map, tokenise
from voc.errors import ModelError

if TYPE_CHECKING:
    from voc.encoders.registry import ModelDir

PAD_TO = 32  # every new shape is compiled anew by the libraries, so windows are padded to few lengths
STATES_TOKENS = 1_024  # tokens at once through the lower layers
FAMILY = ("bert", "roberta", "xlm-roberta", "camembert")  # `model_type` of networks whose layers are BERT's


@dataclass(frozen=True, eq=False)
class Trunk:
    """A network cut in two: windows with the states (tokens, D) that the lower layers give, bfloat16 in the processor's
    memory, and the layers above, on ``device``. ``theme``: the map to theme vectors of a model that was tuned before;
    ``model``: its id."""

    windows: list[list[tuple[Window, Any]]]  # by document
    layers: Any
    base_layer: int
    device: Any
    theme: ThemeMap | None
    model: str

    def tokens(self, document: int) -> int:
        """Tokens of a document's windows, padding included."""
        return sum(-(-len(window.ids) // PAD_TO) * PAD_TO for window, _ in self.windows[document])


def count_layers(model: ModelDir) -> int:
    """How many layers a model has; ModelError where they are not those of BERT's family or cannot be told."""
    if model.kind == VOC_KIND:
        return int(model.spec["encoder"]["layers"])
    from voc.encoders.torch_encoder import load_transformers

    config = load_transformers(model)[0].config
    if config.model_type not in FAMILY:
        raise ModelError(
            f"{model.name} is of the kind {config.model_type}, whose layers cannot be fine-tuned here",
            f"Leave --tune out, or take a model of the kinds {', '.join(FAMILY)}.",
        )
    return int(config.num_hidden_layers)


def cut_trunk(
    model: ModelDir,
    passages: Sequence[Passage],
    base_layer: int,
    upper: Sequence[int],
    threads: int,
    device: str = "cpu",
) -> Trunk:
    """Load the model, compute the states of all windows after ``base_layer`` layers, and keep the layers ``upper``.

    ``device``: as ``load_encoder`` takes it; of several GPUs the first. ModelError where it is not there.
    """
    import torch
    from torch import nn

    from voc.encoders.torch_encoder import best_device, find_devices, load_network

    torch.set_num_threads(threads)
    place = find_devices(best_device() if device == "auto" else "cpu" if device == "torch" else device)[0]
    network, tokenizer, pad, prefix, max_tokens = load_network(model)
    frame = make_frame(tokenizer, prefix, max_tokens, pad)
    network.config._attn_implementation = "eager"  # twice as fast as torch's fused one, backwards, on a processor
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # drawing the numbers costs a third of the time; ``token_dropout`` takes its place
    network.float().to(place).eval()
    found = [
        window
        for number, (ids, positions) in enumerate(tokenise(tokenizer, passages))
        for window in pack(number, passages[number], ids, positions, frame)
    ]
    states: list[Any] = [None] * len(found)
    with torch.inference_mode(), half_precision(place):
        for numbers, ids, mask in _batches_of_windows(found, pad):
            hidden = network.embeddings(input_ids=ids.to(place))
            for layer in network.encoder.layer[:base_layer]:
                hidden = run_layer(layer, hidden, attention(mask.to(place)))
            for row, number in enumerate(numbers):
                states[number] = hidden[row, : len(found[number].ids)].to("cpu", torch.bfloat16).clone()
    windows: list[list[tuple[Window, Any]]] = [[] for _ in passages]
    for window, state in zip(found, states, strict=True):
        windows[window.passage].append((window, state))
    layers = nn.ModuleList([network.encoder.layer[number] for number in upper])
    return Trunk(windows, layers, base_layer, place, theme_map(model), model.id)


def knows_bfloat16(device: Any) -> bool:
    """Whether matrix products are in bfloat16 there: everywhere but on GPUs that have none."""
    from voc.encoders.torch_encoder import precision

    return device.type != "cuda" or precision([device]) == "bf16"


def half_precision(device: Any) -> Any:
    """A context in which matrix products are in bfloat16 where the device has it, else in 32 bits."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=knows_bfloat16(device))


def _batches_of_windows(windows: Sequence[Window], pad: int) -> Iterator[tuple[list[int], Any, Any]]:
    """Numbers, ids (rows, length) and masks (rows, length) of windows of like length."""
    import torch

    order = sorted(range(len(windows)), key=lambda number: len(windows[number].ids))
    at = 0
    while at < len(order):
        length = -(-len(windows[order[at]].ids) // PAD_TO) * PAD_TO
        rows = [n for n in order[at : at + max(1, STATES_TOKENS // length)] if len(windows[n].ids) <= length]
        ids, mask = np.full((len(rows), length), pad, np.int64), np.zeros((len(rows), length), np.float32)
        for row, number in enumerate(rows):
            size = len(windows[number].ids)
            ids[row, :size], mask[row, :size] = windows[number].ids, 1.0
        yield rows, torch.from_numpy(ids), torch.from_numpy(mask)
        at += len(rows)


def attention(mask: Any) -> Any:
    """(rows, 1, 1, length): what is added to the attention of a mask (rows, length) of 1.0 and 0.0."""
    return (1.0 - mask)[:, None, None, :] * -1e9


def run_layer(layer: Any, hidden: Any, mask: Any) -> Any:
    """The states (rows, length, D) that one layer makes of ``hidden``."""
    result = layer(hidden, mask)
    return result[0] if isinstance(result, tuple) else result
