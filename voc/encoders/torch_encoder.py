"""The same numbers in torch: the project's int8 weights dequantised at load, or any ordinary transformers model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voc.encoders.early import Exit
from voc.encoders.registry import HUB_KIND, REINSTALL, VOC_KIND, ModelDir
from voc.encoders.torch_lane import Lane
from voc.encoders.windows import MAX_TOKENS, Batching, Window, WindowedEncoder, make_frame, theme_map
from voc.errors import ModelError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

CPU_BATCHING = Batching(tokens=256, multiple=16)
# Not swept: no GPU was at hand. Many tokens keep a GPU busy while one core starts its kernels; the last batch of every
# length is filled with empty rows, of 16 lengths, which the read-ahead keeps to about an eighth of the work.
GPU_BATCHING = Batching(tokens=16_384, multiple=16, lookahead=16_384, chars=4_000_000)


class TorchEncoder(WindowedEncoder):
    """`Encoder` over torch, computing in `dtype` (`fp32`, `bf16`, `fp16`); None: as `precision` says.

    `device` `cuda` takes every GPU, each with a copy of the network and a thread of its own, `cuda:N` one. Batches have
    fixed shapes, so that a text's vector does not depend on what shares its batch. `early`: where the network ends
    before its last layer.
    """

    def __init__(
        self, model: ModelDir, *, device: str = "cpu", threads: int = 0, dtype: str | None = None,
        early: Exit | None = None,
    ) -> None:  # fmt: skip
        import torch

        devices = find_devices(device)
        if threads and device == "cpu":
            torch.set_num_threads(threads)
        network, tokenizer, pad, prefix, max_tokens = load_network(model)
        base = model.base_layer
        if early:
            network.encoder.layer, base = network.encoder.layer[: early.layers], None
        kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
        kind = kinds[dtype or precision(devices)]
        self._lanes: SimpleQueue[Lane] = SimpleQueue()
        for number, place in enumerate(devices):
            copy = network if number == len(devices) - 1 else deepcopy(network)
            self._lanes.put(Lane(copy, place, dtype=kind, base=base, own=model.kind == VOC_KIND))
        super().__init__(
            id=early.id if early else model.id if model.weights_sha256 else f"{model.name}@{commit(network)}",
            dim=int(network.config.hidden_size),
            tokenizer=tokenizer,
            frame=make_frame(tokenizer, prefix, max_tokens, pad),
            batching=CPU_BATCHING if device == "cpu" else GPU_BATCHING,
            workers=len(devices),
            theme_map=early.theme if early else theme_map(model),
        )

    def sums_of(self, windows: Sequence[Window]) -> Iterable[NDArray[np.float32]]:
        """See `WindowedEncoder.sums_of`; as many threads as lanes call it, so that one is always free."""
        lane = self._lanes.get()
        try:
            return lane.sums_of(windows, self.frame, self.batching)
        finally:
            self._lanes.put(lane)


def find_devices(device: str) -> list[torch.device]:
    """The devices that a name stands for: all GPUs for `cuda`; ModelError where one is not there."""
    import torch

    if not device.startswith("cuda"):
        return [torch.device(device)]
    if not torch.cuda.is_available():
        hint = "use the device 'cpu', or install a CUDA build of torch"
        raise ModelError(f"device {device!r}: torch sees no CUDA device", hint)
    there = [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
    wanted = there if device == "cuda" else [torch.device(device)]
    if not set(wanted) <= set(there):
        raise ModelError(f"device {device!r}: torch sees {', '.join(map(str, there))}", "use the device 'cuda' for all")
    return wanted


def precision(devices: Sequence[torch.device]) -> str:
    """In what to compute: `fp32` on the CPU, `bf16` on GPUs, `fp16` where one of them has no bfloat16 (T4, V100).

    Measured in torch on a processor against fp32, 1,300 real documents, 11,700 labels, 2026-11-22: bf16 turns 1 of them
    and moves a probability by 0.0004 on average, 0.017 at most; fp16 none, 0.00004 and 0.0014. Not measured on a GPU.
    """
    import torch

    if any(device.type != "cuda" for device in devices):
        return "fp32"
    return "bf16" if all(torch.cuda.get_device_capability(device) >= (8, 0) for device in devices) else "fp16"


def best_device() -> str:
    """`cuda` where torch sees a GPU, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def commit(network: Any) -> str:
    """First 12 digits of the hub's commit that a network was loaded from."""
    return str(getattr(network.config, "_commit_hash", None) or "unknown")[:12]


def load_network(model: ModelDir) -> tuple[Any, Tokenizer, int, str, int]:
    """Load network, tokenizer, padding id, prefix and window size (tokens) of a model of any kind."""
    from tokenizers import Tokenizer

    if model.kind == VOC_KIND:
        size = model.spec["encoder"]
        tokenizer = Tokenizer.from_file(str(model.path / "tokenizer.json"))
        return bert_from_int8(model), tokenizer, 1, str(size["prefix"]), int(size["max_tokens"])
    network, tokenizer = load_transformers(model)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    config = network.config
    pad = getattr(config, "pad_token_id", None)
    positions = int(getattr(config, "max_position_embeddings", MAX_TOKENS + 2)) - 2  # RoBERTa keeps two for itself
    return network, tokenizer, 0 if pad is None else int(pad), prefix_of(model), min(MAX_TOKENS, positions)


def prefix_of(model: ModelDir) -> str:
    """What stands before every window: as model.toml says, else by the name of the family."""
    written = model.spec.get("encoder", {}).get("prefix")
    return str(written) if written is not None else "query: " if "e5" in model.name.lower() else ""


def dequantise(model: ModelDir) -> dict[str, NDArray[np.float32]]:
    """Return the weights file as float32 tensors under transformers' names: int8 codes times the scale of their row."""
    from safetensors.numpy import load_file

    tensors = load_file(model.path / "encoder.safetensors")
    return {
        name: value.astype(np.float32) * tensors[f"{name}_scale"][:, None] if f"{name}_scale" in tensors else value
        for name, value in tensors.items()
        if not name.endswith("_scale") and not name.startswith(("theme.", "activations."))
    }


def bert_from_int8(model: ModelDir) -> Any:
    """Build transformers' BertModel with the dequantised weights; raises ModelError where the names do not fit."""
    import torch
    from transformers import BertConfig, BertModel

    size = model.spec["encoder"]
    config = BertConfig(
        vocab_size=size["vocabulary"],
        hidden_size=size["dim"],
        num_hidden_layers=size["layers"],
        num_attention_heads=size["heads"],
        intermediate_size=size["intermediate"],
        max_position_embeddings=size["positions"],
        layer_norm_eps=size["layer_norm_epsilon"],
        pad_token_id=1,
    )
    config._attn_implementation = "sdpa"  # scaled-dot-product attention: torch chooses the kernel
    network = BertModel(config, add_pooling_layer=False)
    state = {name: torch.from_numpy(np.array(value)) for name, value in dequantise(model).items()}
    report = network.load_state_dict(state, strict=False)
    if report.unexpected_keys or any("position_ids" not in key for key in report.missing_keys):
        raise ModelError(f"{model.path}: tensors do not fit: {report}", REINSTALL)
    return network


def load_transformers(model: ModelDir) -> tuple[Any, Tokenizer]:
    """Load an ordinary model: a folder as it is, a hub name from transformers' cache or, where allowed, its hub.

    Raises ModelError where it cannot be loaded, has no tokenizer.json, or the two do not belong together.
    """
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError
    from tokenizers import Tokenizer
    from transformers import AutoModel
    from transformers.utils import logging
    from transformers.utils.hub import cached_file

    # What was seen from damaged and foreign folders; they have no common base but Exception.
    refusals = (OSError, ValueError, TypeError, KeyError, AttributeError, ImportError, RuntimeError, SafetensorError,
                StrictDataclassError)  # fmt: skip
    local = model.kind != HUB_KIND
    where = str(model.path) if local else model.name
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        network = AutoModel.from_pretrained(
            where, local_files_only=local, trust_remote_code=False, use_safetensors=True
        )
        # From bytes: the tokenizer's own reader of files raises a bare Exception where this raises ValueError.
        tokenizer = Tokenizer.from_buffer(Path(str(cached_file(where, "tokenizer.json"))).read_bytes())
    except refusals as error:
        hint = (
            "it must load with transformers.AutoModel" if local else "offline? give the path of a folder that holds it"
        )
        raise ModelError(f"the model {where} cannot be loaded: {str(error).partition(chr(10))[0]}", hint) from error
    if tokenizer.get_vocab_size() > network.get_input_embeddings().num_embeddings:
        raise ModelError(f"the tokenizer of {where} has more pieces than the model", "take both from the same model")
    return network, tokenizer
