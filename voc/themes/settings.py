"""What a caller may choose about themes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WARD: Final = "ward"
CLUSTERERS: Final = (WARD, "kmeans", "hdbscan", "fast_hdbscan", "evoc", "cuml")


@dataclass(frozen=True, slots=True)
class ThemeSettings:
    """``min_documents``: documents, and known customers, that a theme has at least (2 or more). ``max_themes``: themes
    that are shown of drivers, of what no driver covers, and of praise, each (1 or more). ``clusterer``: where first
    clusters come from, one of CLUSTERERS. ``company``: its name, which stands in no label."""

    min_documents: int = 3
    max_themes: int = 25
    clusterer: str = WARD
    company: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError where a value is out of range."""
        if self.min_documents < 2 or self.max_themes < 1 or self.clusterer not in CLUSTERERS:
            raise ValueError(
                f"out of range: {self.min_documents} documents, {self.max_themes} themes, {self.clusterer}"
            )
