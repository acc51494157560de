"""Labelled rows of a Hugging Face dataset that was saved to disk (``Dataset.save_to_disk``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from voc.errors import InputError, UsageError

_MARKS = ("dataset_dict.json", "dataset_info.json")


def is_dataset(path: Path) -> bool:
    """Whether a folder holds a saved dataset, of one split or several."""
    return any((path / name).is_file() for name in _MARKS)


def dataset_files(folder: Path) -> list[Path]:
    """All files of a saved dataset, in the order of their names."""
    return sorted(file for file in folder.rglob("*") if file.is_file())


def dataset_rows(folder: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(number, row) over all splits in the order that the dataset names them; rows are numbered from 1. Arrow gives
    each row of a table the same keys: those without a value are left out again.

    UsageError where the package ``datasets`` is not installed, InputError where the folder cannot be read.
    """
    try:
        from datasets import DatasetDict, load_from_disk
    except ImportError as error:
        raise UsageError(f"{folder} needs the package datasets", "pip install 'voc-drivers[datasets]'") from error
    try:
        found = load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "Save it with Dataset.save_to_disk, or give a JSONL file."
        raise InputError(f"cannot read the labelled data {folder}: {error}", hint) from error
    number = 0
    for part in found.values() if isinstance(found, DatasetDict) else [found]:
        for row in part:
            number += 1
            yield number, _without_gaps(row)


def _without_gaps(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_gaps(part) for key, part in value.items() if part is not None}
    return value
