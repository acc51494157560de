"""From the counts of one series to the shares that are shown: one straight line for all weeks, and its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voc.results import Correction
from voc.trends.correct import sampled
from voc.trends.intervals import wilson

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """How the raw shares of one series become the shares that are shown; None: they are the same.

    The line is the same for all weeks, so that shares rise where counts rise, and a change in counts, which is what is
    tested, is a change in shares."""

    correction: Correction | None

    def of(self, raw: Floats) -> Floats:
        """Raw shares on this scale."""
        known = self.correction
        return raw if known is None else np.clip(known.share + (raw - known.counted) / known.gap, 0.0, 1.0)

    @property
    def slope(self) -> float:
        """What a difference of 1 in raw shares is on this scale."""
        return 1.0 if self.correction is None else 1 / self.correction.gap

    @property
    def slopes(self) -> tuple[float, float]:
        """95% interval of ``slope``."""
        return (1.0, 1.0) if self.correction is None else (1 / self.correction.most, 1 / self.correction.least)

    def shares(self, k: Floats, n: Floats) -> list[tuple[float, float, float]]:
        """(share, low, high) of each week with documents, NaN elsewhere.

        The interval joins, as Zou and Donner (2008) do, chance, what the probabilities of this source may be off, and
        what is not known of the slope. Chance is what it does to the count, or to a count of so many documents by
        people (both Jeffreys), whichever reaches further: the interval shall hold the rate behind the week as well as
        what people would find in it."""
        known, empty = self.correction, (np.nan,) * 3
        if known is None:
            counts = zip(k.tolist(), n.tolist(), strict=True)
            return [(a / b, *wilson(int(a), int(b))) if b else empty for a, b in counts]
        raw, raw_low, raw_high = sampled(k, n)
        share, by_hand_low, by_hand_high = sampled(self.of(raw) * n, n)
        least, most = self.slopes
        away = raw - known.counted
        ends = np.sort([away * (least - self.slope), away * (most - self.slope)], axis=0)
        chance = np.maximum(self.slope * (raw - raw_low), share - by_hand_low)
        down = np.sqrt(chance**2 + (known.share - known.low) ** 2 + ends[0] ** 2)
        chance = np.maximum(self.slope * (raw_high - raw), by_hand_high - share)
        up = np.sqrt(chance**2 + (known.high - known.share) ** 2 + ends[1] ** 2)
        middle = known.share + away * self.slope
        low, high = np.clip(middle - down, 0.0, share), np.clip(middle + up, share, 1.0)
        return list(zip(*(part.tolist() for part in (share, low, high)), strict=True))
