"""A small encoder in the project's own format, of random weights."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from voc.encoders import resolve_model
from voc.encoders.quantise import quantise_rows
from voc.encoders.registry import ModelDir

DIM, LAYERS, WIDE = 24, 3, 48
LOUD = 5  # the channel that `loud` concerns


def write_tiny(folder: Path, loud: float = 1.0) -> ModelDir:
    """Three layers, with the default model's tokenizer; ``loud``: by how much one channel is larger than the others
    where it enters the wide part."""
    default = resolve_model()
    shapes = {name: value.shape for name, value in load_file(default.path / "encoder.safetensors").items()}
    sizes = {384: DIM, 1536: WIDE}
    random, tensors = np.random.default_rng(0), {}
    for name, shape in shapes.items():
        number = int(name.split(".")[2]) if name.startswith("encoder.layer.") else 0
        if name.endswith("_scale") or name.startswith(("theme.", "activations.")) or number >= LAYERS:
            continue
        values = random.normal(0.0, 0.2, [sizes.get(size, size) for size in shape]).astype(np.float32)
        if "LayerNorm.weight" in name:
            values = np.ones_like(values)
            values[LOUD] *= loud if "attention.output" in name else 1.0
        if f"{name}_scale" in shapes:
            tensors[name], tensors[f"{name}_scale"] = quantise_rows(values)
        else:
            tensors[name] = values
    data = save(tensors, metadata={"format": "pt"})
    (folder / "encoder.safetensors").write_bytes(data)
    shutil.copy(default.path / "tokenizer.json", folder)
    size = default.spec["encoder"]
    token_sha = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    (folder / "model.toml").write_text(
        'id = "tiny"\nrevision = "1"\nkind = "voc-int8-bert"\n\n[encoder]\n'
        f"dim = {DIM}\nlayers = {LAYERS}\nheads = 2\nintermediate = {WIDE}\npositions = {size['positions']}\n"
        f'vocabulary = {size["vocabulary"]}\nlayer_norm_epsilon = 1e-12\nmax_tokens = 64\nprefix = "query: "\n\n'
        f'[files]\n"encoder.safetensors" = "{hashlib.sha256(data).hexdigest()}"\n"tokenizer.json" = "{token_sha}"\n',
        "utf-8",
    )
    return resolve_model(str(folder))
