"""Writes an encoder in the project's own format: int8 with one scale for each output row."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.encoders.registry import VOC_KIND, ModelDir, resolve_model
from voc.errors import ModelError

WEIGHTS_FILE, SPEC_FILE = "encoder.safetensors", "model.toml"


def quantise_rows(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(rows, columns) float32 -> int8 codes in -127..127 and one float32 scale per row; value = code * scale."""
    scale = np.abs(matrix).max(axis=1) / np.float32(127.0)
    scale[scale == 0.0] = 1.0
    codes = np.rint(matrix / scale[:, None]).clip(-127, 127).astype(np.int8)
    return codes, scale.astype(np.float32)


def write_tuned(
    model: ModelDir,
    out: Path,
    tensors: Mapping[str, NDArray[np.float32]],
    theme: tuple[NDArray[np.float32], NDArray[np.float32]],
    base_layer: int,
) -> ModelDir:
    """Write ``model`` with some tensors replaced into the folder ``out``, and its map to theme vectors beside them.

    Matrices that the model holds as int8 are quantised again. ModelError where the model is not in the project's own
    format, was tuned before, or has no tensor of a given name. Equal input gives equal bytes.
    """
    from safetensors.numpy import load_file, save

    if model.kind != VOC_KIND or model.base_layer is not None:
        hint = "take one that scripts/build_encoder.py wrote, and that was not tuned yet"
        raise ModelError(f"{model.name} is not in the format that can be tuned", hint)
    held: dict[str, NDArray[Any]] = load_file(model.path / WEIGHTS_FILE)
    for name, values in tensors.items():
        if name not in held or held[name].shape != values.shape:
            raise ModelError(f"{model.name} has no tensor {name} of the shape {values.shape}", "tune the same model")
        if f"{name}_scale" in held:
            held[name], held[f"{name}_scale"] = quantise_rows(values)
        else:
            held[name] = values
    held["theme.weight"], held["theme.bias"] = (part.astype(np.float16) for part in theme)
    data = save({name: np.ascontiguousarray(held[name]) for name in sorted(held)}, metadata={"format": "pt"})
    spec = (model.path / SPEC_FILE).read_text("utf-8")
    digest = hashlib.sha256(data).hexdigest()
    spec = spec.replace("[encoder]\n", f'tuned_from = "{model.id}"\n\n[encoder]\nbase_layer = {base_layer}\n', 1)
    spec = re.sub(rf'"{WEIGHTS_FILE}" = "[0-9a-f]+"', f'"{WEIGHTS_FILE}" = "{digest}"', spec)
    out.mkdir(parents=True, exist_ok=True)
    if out.resolve() != model.path.resolve():
        shutil.copyfile(model.path / "tokenizer.json", out / "tokenizer.json")
    (out / WEIGHTS_FILE).write_bytes(data)
    (out / SPEC_FILE).write_text(spec, "utf-8", newline="\n")
    return resolve_model(str(out))
