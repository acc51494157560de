"""From a model's name or folder to verified local files; nothing is ever downloaded here."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from voc.errors import ModelError

DEFAULT_MODEL = "voc-e5-small"
VOC_KIND = "voc-int8-bert"
TRANSFORMERS_KIND = "transformers"
HUB_KIND = "hub"
THEME_FILE = "theme.safetensors"  # of a transformers folder that was fine-tuned: its map to theme vectors
WEIGHTS_FILES = {VOC_KIND: "encoder.safetensors", TRANSFORMERS_KIND: "model.safetensors"}
REINSTALL = (
    "install it again: python -m pip install --force-reinstall voc-drivers (in a checkout: git checkout models); "
    "a model of your own comes from voc train or from your copy of it"
)


@dataclass(frozen=True, slots=True)
class ModelDir:
    """A model that can be loaded.

    `kind`: `voc-int8-bert` (the project's own format, files verified), `transformers` (a local folder of an ordinary
    model), or `hub` (a hub name, also in `path`; transformers finds it in its own cache or on its hub).
    `weights_sha256`: empty for a hub name. `spec`: model.toml, empty for the others.
    """

    name: str
    kind: str
    path: Path
    weights_sha256: str
    spec: dict[str, Any]

    @property
    def id(self) -> str:
        """Name and the first 12 hex digits of the weights' sha256."""
        return f"{self.name}@{self.weights_sha256[:12]}" if self.weights_sha256 else self.name

    @property
    def base_layer(self) -> int | None:
        """How many layers, from the bottom, training for drivers left as they were; None where there was none."""
        layer = self.spec.get("encoder", {}).get("base_layer")
        return None if layer is None else int(layer)


def model_roots() -> list[Path]:
    """Folders with the models of this installation: `voc/_models` in a wheel, `models/` beside an editable `voc/`."""
    package = Path(str(resources.files("voc")))
    return [root for root in (package / "_models", package.parent / "models") if root.is_dir()]


def list_models() -> list[ModelDir]:
    """Return the models of this installation by name, unverified."""
    found: dict[str, ModelDir] = {}
    for root in model_roots():
        for file in sorted(root.glob("*/model.toml")):
            model = read_model_toml(file.parent)
            found.setdefault(model.name, model)
    return [found[name] for name in sorted(found)]


def resolve_model(model: str | None = None) -> ModelDir:
    """Find and verify a model by name, local folder or (for transformers' cache) hub name `owner/name`.

    Raises ModelError (exit code 4) where nothing fits, a file is missing or its sha256 is not the one in model.toml.
    """
    wanted = model or DEFAULT_MODEL
    for root in model_roots():
        if "/" not in wanted and "\\" not in wanted and (root / wanted / "model.toml").is_file():
            return verify(read_model_toml(root / wanted))
    folder = Path(wanted).expanduser()
    if folder.is_dir():
        if (folder / "model.toml").is_file():
            return verify(read_model_toml(folder))
        if (folder / "config.json").is_file():
            return transformers_folder(folder)
        hint = "a model folder has model.toml, or config.json, model.safetensors and tokenizer.json"
        raise ModelError(f"{wanted} holds no model", hint)
    if wanted.count("/") == 1 and not wanted.startswith((".", "~", "/")) and all(wanted.split("/")):
        return ModelDir(wanted, HUB_KIND, Path(wanted), "", {})
    known = ", ".join(entry.name for entry in list_models()) or "none"
    raise ModelError(f"no model named {wanted!r}", f"installed here: {known}; or give the path of a model folder")


def read_model_toml(folder: Path) -> ModelDir:
    """Read a folder's model.toml; raises ModelError where it is damaged or of a kind unknown to this program."""
    try:
        spec = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
        name, kind = str(spec["id"]), str(spec["kind"])
        sha256 = str(spec["files"][WEIGHTS_FILES.get(kind, WEIGHTS_FILES[VOC_KIND])])
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{folder / 'model.toml'} cannot be read: {error!r}", REINSTALL) from error
    if kind not in WEIGHTS_FILES:
        raise ModelError(f"{folder} is of the unknown kind {kind!r}", f"this program reads {', '.join(WEIGHTS_FILES)}")
    return ModelDir(name, kind, folder, sha256, spec)


def verify(model: ModelDir) -> ModelDir:
    """Check every file named in model.toml against its sha256; raises ModelError for the first that differs."""
    for name, expected in model.spec["files"].items():
        file = model.path / name
        if not file.is_file():
            raise ModelError(f"the model {model.name} lacks {file}", REINSTALL)
        found = file_sha256(file)
        if found != expected:
            raise ModelError(
                f"{file} is damaged: its sha256 is {found}, model.toml says {expected}",
                REINSTALL,
            )
    return model


def file_sha256(file: Path) -> str:
    """sha256 of a file in hex, computed once in a process for each path, size and time of change."""
    state = file.stat()
    return _sha256(str(file.resolve()), state.st_size, state.st_mtime_ns)


@cache
def _sha256(path: str, _size: int, _changed: int) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def transformers_folder(folder: Path) -> ModelDir:
    """Describe a local folder of an ordinary transformers model; raises ModelError where a needed file is missing."""
    for name in ("model.safetensors", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ModelError(f"{folder} lacks {name}", "save the model with save_pretrained, with its fast tokenizer")
    return ModelDir(folder.resolve().name, TRANSFORMERS_KIND, folder, file_sha256(folder / "model.safetensors"), {})
