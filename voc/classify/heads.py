"""The trained heads on top of an encoder: their numbers, and the two files that hold them.

``heads.safetensors`` holds the matrices, ``classifier.toml`` what a person can read: labels, taxonomy, encoder,
thresholds, calibration, and the sha256 of the matrices.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.errors import ModelError

HEADS_FILE, SPEC_FILE = "heads.safetensors", "classifier.toml"
FORMAT = 1

Floats = NDArray[np.floating[Any]]
_REPAIR = (
    "Install voc again: python -m pip install --force-reinstall voc-drivers (in a checkout: git checkout models); "
    "heads of your own come from voc train."
)
SIEVE_BITS = 22


@dataclass(frozen=True, eq=False)
class Heads:
    """All numbers of a classifier; L labels, V n-grams, M networks of H hidden units, D the encoder's dimension.

    ``labels`` (L) in the order of the taxonomy ``taxonomy``; ``encoder`` is the id of the encoder they were trained on.
    ``grams`` (V,) uint32 sorted hashes, ``idf`` (V,), ``gram_weights`` (V, L), ``bias`` (L,): the lexical part.
    ``centre``, ``scale`` (2, D): standardise a segment's vector (row 0) and its document's (row 1).
    ``hidden_weights`` (M, 2D, H), ``hidden_bias`` (M, H), ``output_weights`` (M, H, L), ``output_bias`` (M, L).
    ``stack`` (F + 1, L): weights of the F document features of ``score.document_features``, the intercept last.
    ``fold_from``, ``fold_to`` (C,) uint32: code points of Chinese characters and what they are folded to.
    ``thresholds`` and ``bands`` (L,): decide at or over the threshold, abstain inside ``bands`` (low, high) around it.
    ``errors`` (L,), or () where not known: (tp, fn, fp, tn) of the decisions on labelled documents that were not
    trained on, weighted to the label frequencies that thresholds are fitted to.
    """

    labels: tuple[str, ...]
    taxonomy: str
    encoder: str
    thresholds: tuple[float, ...]
    bands: tuple[tuple[float, float], ...]
    grams: NDArray[np.uint32]
    idf: Floats
    gram_weights: Floats
    bias: Floats
    centre: Floats
    scale: Floats
    hidden_weights: Floats
    hidden_bias: Floats
    output_weights: Floats
    output_bias: Floats
    stack: Floats
    fold_from: NDArray[np.uint32]
    fold_to: NDArray[np.uint32]
    errors: tuple[tuple[float, float, float, float], ...] = ()

    @cached_property
    def fold(self) -> Mapping[int, int]:
        """The table of ``lexical.fold``."""
        return dict(zip(self.fold_from.tolist(), self.fold_to.tolist(), strict=True))

    @cached_property
    def sieve(self) -> NDArray[np.bool_]:
        """(2 ** SIEVE_BITS,) whether a hash with these highest bits may be among ``grams``: most are not."""
        found = np.zeros(1 << SIEVE_BITS, bool)
        found[self.grams >> np.uint32(32 - SIEVE_BITS)] = True
        return found


# Stored type of each matrix: half precision moves no figure by 0.001 and halves the file.
_STORED: Mapping[str, type[np.generic]] = {
    "grams": np.uint32, "idf": np.float16, "gram_weights": np.float16, "bias": np.float32, "centre": np.float32,
    "scale": np.float32, "hidden_weights": np.float16, "hidden_bias": np.float32, "output_weights": np.float16,
    "output_bias": np.float32, "stack": np.float64, "fold_from": np.uint32, "fold_to": np.uint32,
}  # fmt: skip


_NUMBERS = tuple(name for name, kind in _STORED.items() if kind is not np.uint32)


def stored(heads: Heads) -> dict[str, NDArray[Any]]:
    """The matrices in the types in which they are stored."""
    return {name: np.ascontiguousarray(getattr(heads, name), dtype=kind) for name, kind in _STORED.items()}


def save_heads(heads: Heads, folder: Path) -> None:
    """Write both files into ``folder``; equal heads give equal bytes."""
    from safetensors.numpy import save

    matrices = save(stored(heads), metadata={"format": str(FORMAT)})
    (folder / HEADS_FILE).write_bytes(matrices)
    rows = "".join(
        f'[labels."{label}"]\nthreshold = {threshold:.6f}\nabstain = [{low:.6f}, {high:.6f}]\n{_errors_line(errors)}\n'
        for label, threshold, (low, high), errors in zip(
            heads.labels, heads.thresholds, heads.bands, heads.errors or [None] * len(heads.labels), strict=True
        )
    )
    (folder / SPEC_FILE).write_text(
        "# Written after training. A label is decided at or over its threshold (of the calibrated probability)\n"
        "# and named as unclear inside its abstain band. Its errors are [tp, fn, fp, tn], see voc/classify/heads.py.\n"
        f'format = {FORMAT}\ntaxonomy = "{heads.taxonomy}"\nencoder = "{heads.encoder}"\n\n'
        f'[files]\n"{HEADS_FILE}" = "{hashlib.sha256(matrices).hexdigest()}"\n\n{rows}'.rstrip()
        + "\n",
        "utf-8",
    )


def _errors_line(errors: tuple[float, float, float, float] | None) -> str:
    return f"errors = [{', '.join(f'{count:.2f}' for count in errors)}]\n" if errors else ""


def load_heads(folder: Path) -> tuple[Heads, str]:
    """The heads in ``folder`` and their digest (sha256 hex over both files).

    ModelError where a file is missing, damaged or of another format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    spec_path, heads_path = folder / SPEC_FILE, folder / HEADS_FILE
    try:
        spec_bytes, matrices = spec_path.read_bytes(), heads_path.read_bytes()
    except OSError as error:
        raise ModelError(f"{folder} has no classifier: {error.strerror}: {error.filename}", _REPAIR) from error
    try:
        spec = tomllib.loads(spec_bytes.decode("utf-8"))
        if spec["format"] != FORMAT:
            raise ModelError(f"{spec_path} has format {spec['format']}, this voc reads {FORMAT}", _REPAIR)
        if hashlib.sha256(matrices).hexdigest() != spec["files"][HEADS_FILE]:
            raise ModelError(f"{heads_path} is damaged: its sha256 is not the one in {SPEC_FILE}", _REPAIR)
        heads = _assemble(spec, load(matrices))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelError(f"the classifier in {folder} is damaged: {error!r}", _REPAIR) from error
    return heads, hashlib.sha256(spec_bytes + matrices).hexdigest()


def _assemble_errors(rows: list[Mapping[str, Any]]) -> tuple[tuple[float, float, float, float], ...]:
    if not all("errors" in row for row in rows):
        return ()
    found = []
    for row in rows:
        tp, fn, fp, tn = (float(count) for count in row["errors"])
        if min(tp, fn, fp, tn) < 0:
            raise ValueError(f"errors are counts of 0 or more, not {row['errors']}")
        found.append((tp, fn, fp, tn))
    return tuple(found)


def _assemble(spec: Mapping[str, Any], tensors: Mapping[str, Any]) -> Heads:
    labels = tuple(str(label) for label in spec["labels"])
    rows = [spec["labels"][label] for label in labels]
    for name in ("grams", "fold_from", "fold_to"):
        if tensors[name].dtype != np.uint32:
            raise TypeError(f"{name} is of type {tensors[name].dtype}")
    for name in ("bias", "gram_weights", "output_weights", "output_bias", "stack"):
        if tensors[name].shape[-1] != len(labels):
            raise ValueError(f"{name} has {tensors[name].shape[-1]} outputs for {len(labels)} labels")
    return Heads(
        labels=labels,
        taxonomy=str(spec["taxonomy"]),
        encoder=str(spec["encoder"]),
        thresholds=tuple(float(row["threshold"]) for row in rows),
        bands=tuple((float(row["abstain"][0]), float(row["abstain"][1])) for row in rows),
        errors=_assemble_errors(rows),
        **{name: tensors[name] for name in ("grams", "fold_from", "fold_to")},
        **{name: tensors[name].astype(np.float64) for name in _NUMBERS},
    )
