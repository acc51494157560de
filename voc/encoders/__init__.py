"""Encoders: text into vectors. `load_encoder` is the way in; engines import heavy libraries when they are made."""

from __future__ import annotations

from voc.encoders.base import Encoded, Encoder, Passage
from voc.encoders.early import FAST, read_exit
from voc.encoders.registry import DEFAULT_MODEL, VOC_KIND, ModelDir, list_models, resolve_model

__all__ = [
    "DEFAULT_MODEL",
    "FAST",
    "FULL",
    "Encoded",
    "Encoder",
    "ModelDir",
    "Passage",
    "list_models",
    "load_encoder",
    "read_exit",
    "resolve_model",
]

FULL = "full"  # the quality that computes in 32-bit floating point


def load_encoder(
    model: str | None = None, *, device: str = "cpu", threads: int = 0, quality: str = "balanced"
) -> Encoder:
    """Load an encoder.

    `model`: a name from `list_models`, a folder, or a hub name that transformers has in its cache; None is the default.
    `device`: `cpu` (int8 with ONNX Runtime for the project's own models, torch for others), `torch` (torch on the CPU),
    `cuda` (torch on all GPUs, 16-bit floating point) or `cuda:N` (on one), `auto` (`cuda` where there is one, else
    `cpu`). `quality`: `balanced`; `fast`: the lower layers alone; `full`: 32-bit floating point on any device.
    `threads`: 0 takes every core that the process may use; with ONNX Runtime the vectors do not depend on it.
    Raises ModelError (exit code 4) where the model or the device is not there, or the model has nothing for `fast`.
    """
    found = resolve_model(model)
    early = read_exit(found) if quality == FAST else None
    if device == "auto":
        from voc.encoders.torch_encoder import best_device

        device = best_device()
    if device == "cpu" and quality != FULL and found.kind == VOC_KIND:
        from voc.encoders.onnx_encoder import OnnxEncoder

        return OnnxEncoder(found, threads=threads, early=early)
    from voc.encoders.torch_encoder import TorchEncoder

    dtype = "fp32" if quality == FULL else None
    return TorchEncoder(found, device="cpu" if device == "torch" else device, threads=threads, dtype=dtype, early=early)
