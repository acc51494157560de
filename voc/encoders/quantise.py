"""Writes an encoder whose upper layers were trained: the project's own as int8 with one scale for each output row, any
other in transformers' own format."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.encoders.manifest import write_manifest
from voc.encoders.registry import HUB_KIND, THEME_FILE, VOC_KIND, ModelDir, resolve_model
from voc.errors import ModelError

RANGES, EASE = "activations.range", "activations.ease"  # of a model that was calibrated
WEIGHTS_FILE, SPEC_FILE = "encoder.safetensors", "model.toml"
Tensors = Mapping[str, NDArray[np.float32]]
Theme = tuple[NDArray[np.float32], NDArray[np.float32]]


def quantise_rows(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(rows, columns) float32 -> int8 codes in -127..127 and one float32 scale per row; value = code * scale."""
    scale = np.abs(matrix).max(axis=1) / np.float32(127.0)
    scale[scale == 0.0] = 1.0
    codes = np.rint(matrix / scale[:, None]).clip(-127, 127).astype(np.int8)
    return codes, scale.astype(np.float32)


def write_tuned(
    model: ModelDir, out: Path, tensors: Tensors, theme: Theme, base_layer: int, name: str | None = None
) -> ModelDir:
    """Write ``model`` with some tensors replaced into the folder ``out``, and its map to theme vectors beside them.

    ``tensors`` holds whole layers from ``base_layer`` on; layers of the model above the last of them are left out.
    ``name``: the id of what is written; default: that of ``model``. Matrices that the model holds as int8 are quantised
    again. ModelError where the model was tuned before from another layer on, or has no tensor of a given name. Equal
    input gives equal bytes.
    """
    if model.base_layer not in (None, base_layer):
        hint = f"its layers from {model.base_layer} on can be tuned further"
        raise ModelError(f"{model.name} was tuned before, but not from layer {base_layer} on", hint)
    out.mkdir(parents=True, exist_ok=True)
    write = _write_own if model.kind == VOC_KIND else _write_transformers
    write(model, out, tensors, theme, base_layer, name or model.name)
    return resolve_model(str(out))


def _write_own(model: ModelDir, out: Path, tensors: Tensors, theme: Theme, base_layer: int, name: str) -> None:
    from safetensors.numpy import load_file

    held: dict[str, NDArray[Any]] = load_file(model.path / WEIGHTS_FILE)
    _check(model, tensors, held)
    for tensor, values in tensors.items():
        if f"{tensor}_scale" in held:
            held[tensor], held[f"{tensor}_scale"] = quantise_rows(values)
        else:
            held[tensor] = values
    layers = 1 + max(_layer(tensor) for tensor in tensors)
    held = {t: values for t, values in held.items() if _layer(t) < layers and t not in (RANGES, EASE)}
    held["theme.weight"], held["theme.bias"] = (part.astype(np.float16) for part in theme)
    spec = (model.path / SPEC_FILE).read_text("utf-8")
    spec = re.sub(r'(?m)^(tuned_from = ".*"\n\n?|base_layer = \d+\n)', "", spec)  # of a model that was tuned before
    spec = re.sub(r'(?m)^id = ".*"$', f"id = {json.dumps(name)}", spec, count=1)
    spec = spec.replace("[encoder]\n", f'tuned_from = "{model.id}"\n\n[encoder]\nbase_layer = {base_layer}\n', 1)
    spec = re.sub(r"(?m)^layers = \d+$", f"layers = {layers}", spec)
    if out.resolve() != model.path.resolve():
        shutil.copyfile(model.path / "tokenizer.json", out / "tokenizer.json")
    _save(out, held, spec)


def write_ranges(model: ModelDir, ranges: NDArray[np.float32], ease: NDArray[np.float32]) -> ModelDir:
    """Put the ranges of ``calibrate``, (layers, 3, 2) and (layers, dim), into the files of one of the project's own
    models, in place of older ones, and give the model as it is then: under another id."""
    from safetensors.numpy import load_file

    held = load_file(model.path / WEIGHTS_FILE) | {RANGES: ranges, EASE: ease}
    _save(model.path, held, (model.path / SPEC_FILE).read_text("utf-8"))
    return resolve_model(str(model.path))


def _save(out: Path, held: Mapping[str, NDArray[Any]], spec: str) -> None:
    from safetensors.numpy import save

    data = save({tensor: np.ascontiguousarray(held[tensor]) for tensor in sorted(held)}, metadata={"format": "pt"})
    digest = hashlib.sha256(data).hexdigest()
    spec = re.sub(rf'"{WEIGHTS_FILE}" = "[0-9a-f]+"', f'"{WEIGHTS_FILE}" = "{digest}"', spec)
    (out / WEIGHTS_FILE).write_bytes(data)
    (out / SPEC_FILE).write_text(spec, "utf-8", newline="\n")


def _write_transformers(model: ModelDir, out: Path, tensors: Tensors, theme: Theme, base_layer: int, name: str) -> None:
    """In the precision that the model is stored in."""
    import torch
    from safetensors.numpy import save

    from voc.encoders.torch_encoder import load_transformers, prefix_of

    network, tokenizer = load_transformers(model)
    held = network.state_dict()
    _check(model, tensors, held)
    network.load_state_dict({tensor: torch.from_numpy(values) for tensor, values in tensors.items()}, strict=False)
    layers = 1 + max(_layer(tensor) for tensor in tensors)
    network.encoder.layer = network.encoder.layer[:layers]
    network.config.num_hidden_layers = layers
    network.save_pretrained(out)
    if model.kind == HUB_KIND:
        tokenizer.save(str(out / "tokenizer.json"))
    elif out.resolve() != model.path.resolve():
        shutil.copyfile(model.path / "tokenizer.json", out / "tokenizer.json")
    weight, bias = (np.ascontiguousarray(part.astype(np.float16)) for part in theme)
    (out / THEME_FILE).write_bytes(save({"theme.weight": weight, "theme.bias": bias}, metadata={"format": "pt"}))
    write_manifest(out, name, model, prefix_of(model), base_layer)


def _check(model: ModelDir, tensors: Tensors, held: Mapping[str, Any]) -> None:
    for name, values in tensors.items():
        if name not in held or tuple(held[name].shape) != values.shape:
            raise ModelError(f"{model.name} has no tensor {name} of the shape {values.shape}", "tune the same model")


def _layer(name: str) -> int:
    """The number of the layer that a tensor belongs to; -1 for those of none."""
    return int(name.split(".")[2]) if name.startswith("encoder.layer.") else -1
