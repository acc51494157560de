"""What a caller may choose about themes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThemeSettings:
    """``min_documents``: documents a theme has at least (2 or more). ``max_themes``: themes over all drivers (1 or
    more). ``week_keys``: keys of the documents of the report's week: a theme made of these alone is new."""

    min_documents: int = 3
    max_themes: int = 25
    week_keys: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raise ValueError where a number is out of range."""
        if self.min_documents < 2 or self.max_themes < 1:
            raise ValueError(f"out of range: {self.min_documents} documents, {self.max_themes} themes")
