"""Which taxonomy a model was trained for: a company's own travels in the folder of its model."""

from __future__ import annotations

from pathlib import Path

from voc.encoders import resolve_model
from voc.taxonomy import Taxonomy, default_taxonomy, load_taxonomy

TAXONOMY_FILE = "taxonomy.toml"


def find_taxonomy(model: str | None, file: Path | None) -> Taxonomy:
    """The taxonomy in ``file``, else the one in the folder of ``model`` (a name, a folder or None for the default),
    else the one that ships with voc. ConfigError for a damaged file, ModelError for a model that is not there."""
    beside = file or resolve_model(model).path / TAXONOMY_FILE
    return load_taxonomy(beside) if file or beside.is_file() else default_taxonomy()
