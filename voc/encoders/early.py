"""The quality `fast`: text leaves the network after its lower layers, and the upper ones are not computed.

Training for drivers leaves the lower layers as they are, and their states are those of the other qualities. What the
quality needs beside the model lies in the folder `fast` of the model's: heads for these vectors (`voc.classify`), and a
map from them to the vectors for themes, with the number of the last layer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voc.encoders.registry import REINSTALL, ModelDir
from voc.encoders.windows import ThemeMap
from voc.errors import ModelError

FAST = "fast"  # the quality, and its folder
EXIT_FILE = "exit.safetensors"


@dataclass(frozen=True, slots=True)
class Exit:
    """After how many ``layers`` (one or more) the network ends, and the map from its vectors to those for themes (None
    while it is trained). ``id``: of the encoder that the model is with it."""

    layers: int
    theme: ThemeMap | None
    id: str


def write_exit(folder: Path, layers: int, weight: NDArray[np.floating], bias: NDArray[np.floating]) -> None:
    """Write the number of layers and the map to theme vectors, ``weight`` (dim, dim) and ``bias`` (dim,), into the
    folder ``fast`` of a model's. Equal input gives equal bytes."""
    from safetensors.numpy import save

    tensors = {"theme.weight": weight.astype(np.float16), "theme.bias": bias.astype(np.float16)}
    (folder / FAST).mkdir(parents=True, exist_ok=True)
    held = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    (folder / FAST / EXIT_FILE).write_bytes(save(held, metadata={"layers": str(layers)}))


def read_exit(model: ModelDir) -> Exit:
    """The exit of a model; ModelError where it has none, or where the file is damaged."""
    from safetensors import SafetensorError, safe_open

    file = model.path / FAST / EXIT_FILE
    if not file.is_file():
        raise ModelError(
            f"{model.name} has nothing for the quality {FAST}",
            "use --quality balanced; docs/training.md says which models have fast heads",
        )
    try:
        with safe_open(file, "np") as found:
            layers = int(found.metadata()["layers"])
            weight, bias = (found.get_tensor(f"theme.{part}").astype(np.float64) for part in ("weight", "bias"))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{file} is damaged: {error!r}", REINSTALL) from error
    return Exit(layers, ThemeMap(weight, bias), exit_id(model, digest))


def exit_id(model: ModelDir, digest: str) -> str:
    """Id of an encoder that ends early: that of its model and what tells one exit from another."""
    return f"{model.id}+{FAST}@{digest[:8]}"
