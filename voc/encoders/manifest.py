"""model.toml of a folder in transformers' own format."""

from __future__ import annotations

import json
from pathlib import Path

from voc.encoders.registry import THEME_FILE, TRANSFORMERS_KIND, WEIGHTS_FILES, ModelDir, file_sha256

FILES = ("config.json", "tokenizer.json", WEIGHTS_FILES[TRANSFORMERS_KIND])


def write_manifest(folder: Path, name: str, base: ModelDir, prefix: str, base_layer: int | None) -> None:
    """Name the files of ``folder`` with their sha256; ``base_layer`` is that of a model that was fine-tuned."""
    files = [*FILES, *([] if base_layer is None else [THEME_FILE])]
    lines = [
        f"id = {json.dumps(name)}",
        f"base = {json.dumps(base.id)}",
        f"kind = {json.dumps(TRANSFORMERS_KIND)}",
        f"licence = {json.dumps(base.spec.get('licence', 'that of the base'))}",
        "languages = []",
        "\n[encoder]",
        f"prefix = {json.dumps(prefix)}",
        *([] if base_layer is None else [f"base_layer = {base_layer}"]),
        "\n[files]",
        *(f"{json.dumps(file)} = {json.dumps(file_sha256(folder / file))}" for file in files),
    ]
    (folder / "model.toml").write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
