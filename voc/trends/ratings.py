"""Ratings of different sources on one scale: a feed's scale is the smallest usual one that holds all its ratings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

# (name, lowest, highest), the first that fits is the feed's. A feed of 0 and 1 alone is yes and no, one of ones alone
# is not: on either scale a constant says nothing.
_SCALES: Final = (("1-5", 1.0, 5.0), ("0-5", 0.0, 5.0), ("1-10", 1.0, 10.0), ("0-10", 0.0, 10.0), ("0-100", 0.0, 100.0))
_YES_NO: Final = ("0-1", 0.0, 1.0)
_SIGNED: Final = ("-1-1", -1.0, 1.0)


def scale_of(ratings: Iterable[float]) -> tuple[str, float, float] | None:
    """(name, lowest, highest) of the scale that a feed with these ratings uses; None for no ratings, or beyond any
    usual scale."""
    values = set(ratings)
    if not values:
        return None
    if 0.0 in values and values <= {0.0, 1.0}:
        return _YES_NO
    if min(values) < 0:
        return _SIGNED if values <= {-1.0, 0.0, 1.0} else None
    return next((s for s in _SCALES if s[1] <= min(values) and max(values) <= s[2]), None)


def scaled(ratings: Mapping[str, tuple[str, float]]) -> dict[str, tuple[str, float]]:
    """From key -> (feed, rating) to key -> (name of the scale, place on it in 0..1); ratings of a feed beyond any usual
    scale are left out."""
    feeds: dict[str, list[float]] = {}
    for feed, rating in ratings.values():
        feeds.setdefault(feed, []).append(rating)
    scales = {feed: scale_of(values) for feed, values in feeds.items()}
    found = {}
    for key, (feed, rating) in ratings.items():
        scale = scales[feed]
        if scale is not None:
            name, low, high = scale
            found[key] = (name, (rating - low) / (high - low))
    return found
