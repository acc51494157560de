"""The few words that a letter has beside those of the report, in its three languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def words(language: str) -> Mapping[str, str]:
    """Key -> text with ``{placeholders}``; ``language`` is one of a report."""
    text = resources.files("voc.deliver").joinpath("words.toml").read_text("utf-8")
    table: Mapping[str, str] = tomllib.loads(text)[language]
    return table
