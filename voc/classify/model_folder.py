"""Makes the folder of a new model from that of its base: weights, tokenizer and manifest, complete and verifiable."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from voc.classify.heads import HEADS_FILE, SPEC_FILE
from voc.encoders.manifest import FILES, write_manifest
from voc.encoders.registry import HUB_KIND, THEME_FILE, VOC_KIND, ModelDir, file_sha256
from voc.errors import UsageError

CARD, ENCODER_CARD = "CLASSIFIER_CARD.md", "MODEL_CARD.md"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_name(out: Path) -> str:
    """The id of a model is the name of its folder; UsageError where it cannot be one."""
    if not _NAME.fullmatch(out.name):
        raise UsageError(
            f"{out.name!r} cannot name a model", "Use letters, digits, point, hyphen: -o models/acme-2026."
        )
    return out.name


def copy_encoder(base: ModelDir, folder: Path, name: str) -> None:
    """Put the encoder of ``base`` into ``folder`` under the id ``name``; weights that are there already are not copied
    again. ModelError (a hub name) where transformers has no such model in its cache.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if base.kind == VOC_KIND:
        for file, digest in base.spec["files"].items():
            if not (folder / file).is_file() or file_sha256(folder / file) != digest:
                _copy(base.path / file, folder / file)
        text = (base.path / "model.toml").read_text("utf-8")
        text = re.sub(r'(?m)^base = ".*"\n', "", text, count=1)  # of a model that was itself made from another
        made, count = re.subn(r'(?m)^id = ".*"$', f'id = "{name}"\nbase = "{base.id}"', text, count=1)
        if count != 1:
            raise UsageError(f"{base.path / 'model.toml'} has no line with its id", "Reinstall the base model.")
        (folder / "model.toml").write_text(made, "utf-8")
    else:
        _copy_transformers(base, folder, name)
    copy_card(base, folder)


def copy_card(base: ModelDir, folder: Path, *, tuned: bool = False) -> None:
    """What the base tells of its encoder, where it does; ``tuned``: under a line that says that this is another."""
    if base.kind != HUB_KIND and (base.path / ENCODER_CARD).is_file():
        above = f"> The card of {base.id}, whose upper layers were tuned here: its figures are of that model.\n\n"
        told = (base.path / ENCODER_CARD).read_bytes()
        (folder / ENCODER_CARD).write_bytes(above.encode() + told if tuned else told)


def _copy_transformers(base: ModelDir, folder: Path, name: str) -> None:
    from voc.encoders.torch_encoder import load_transformers, prefix_of

    if base.kind == HUB_KIND:
        network, tokenizer = load_transformers(base)
        network.save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))
    else:
        for file in (*([THEME_FILE] if base.base_layer is not None else []), *FILES):
            if not (folder / file).is_file() or file_sha256(folder / file) != file_sha256(base.path / file):
                _copy(base.path / file, folder / file)
    write_manifest(folder, name, base, prefix_of(base), base.base_layer)


def copy_heads(base: Path, folder: Path, encoder: str) -> None:
    """The heads of ``base`` as they are, but for the name of the encoder: its weights are the same."""
    _copy(base / HEADS_FILE, folder / HEADS_FILE)
    text = (base / SPEC_FILE).read_text("utf-8")
    made, count = re.subn(r'(?m)^encoder = ".*"$', f'encoder = "{encoder}"', text, count=1)
    if count != 1:
        raise UsageError(f"{base / SPEC_FILE} does not name its encoder", "Reinstall the base model.")
    (folder / SPEC_FILE).write_text(made, "utf-8")


def _copy(source: Path, target: Path) -> None:
    """A copy, whole or not at all. No link: a base that is written anew would change with it."""
    unfinished = target.with_name(f".{target.name}.tmp")
    shutil.copyfile(source, unfinished)
    unfinished.replace(target)
