"""The state of a fine-tuning after an epoch, in one file: killed, it goes on there and gives the same numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Checkpoint:
    """One safetensors file; ``digest`` names data, model and settings, and a file with another one counts as none."""

    def __init__(self, file: Path, digest: str) -> None:
        self._file, self._digest = file, digest

    def save(self, tensors: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
        """Put torch tensors and JSON-able numbers in the place of what was saved before, whole or not at all."""
        from safetensors.torch import save_file

        self._file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_suffix(".tmp")
        copies = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        save_file(copies, unfinished, metadata={"digest": self._digest, "numbers": json.dumps(numbers)})
        unfinished.replace(self._file)

    def load(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Tensors and numbers as they were saved; None where there are none of this training."""
        from safetensors import SafetensorError, safe_open

        if not self._file.is_file():
            return None
        try:
            with safe_open(self._file, "pt") as file:
                about = file.metadata() or {}
                if about.get("digest") != self._digest:
                    return None
                return {name: file.get_tensor(name) for name in file.keys()}, json.loads(about["numbers"])  # noqa: SIM118
        except SafetensorError:
            return None
