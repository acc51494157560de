"""The needs axis: which needs go with lost customers where they are missing, which with won ones where they are met.

A need is a driver (complaint and praise apart) or a larger theme (one side only). Nothing here says "causes": effects
are differences between documents that are alike in all else that is known of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

RATING, LEAVING = "rating", "leave"
OUTCOMES: Final = (RATING, LEAVING)
DRIVER, THEME = "driver", "theme"
# What was found of one side of a need, for one outcome.
FOUND, ABSENT, OPEN, CONTRARY = "found", "absent", "open", "contrary"
# Why a side is open: too few documents or customers, nearly always together with another, or a wide interval.
FEW, APART, WIDE = "few", "apart", "wide"
# Where a need is placed; in both of the first two groups of the report where it is BOTH.
MUST_HAVE, ATTRACTOR, BOTH, NOISE, UNKNOWN = "must_have", "attractor", "both", "noise", "unknown"
PLACINGS: Final = (MUST_HAVE, BOTH, ATTRACTOR, NOISE, UNKNOWN)
# Whether an outcome could be looked at: fine, nobody rates, too few, or no two different values.
FITTED, NOTHING, SPARSE, CONSTANT = "fitted", "nothing", "sparse", "constant"

BANDS: Final = {RATING: 0.25, LEAVING: math.log(1.5)}
"""Effects no larger than these make no difference: a quarter of a point of five, odds of leaving by half. The limits of
a need of 1,000 documents among 10,000 reach 0.14 points and a factor of 1.4 (scripts/simulate_needs.py, 2026-11)."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What goes with a complaint or a praise, for one outcome. ``estimate`` with its 95% interval: points of a rating
    from 1 to 5, or the difference in the log-odds of leaving; None where there is ``reason`` few. ``documents`` carry
    it, of so many ``customers`` (a document that names none is one). ``finding``: FOUND, ABSENT, OPEN or CONTRARY, by
    wider limits that hold for all effects together; ``reason``: why it is OPEN."""

    outcome: str
    estimate: float | None
    low: float | None
    high: float | None
    documents: int
    customers: int
    finding: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """``key``: of a driver, or the id of a theme. ``penalty``: effects of complaints, ``reward``: of praise, one for
    each outcome that could be looked at; none for the side that a theme does not have. ``placing``: see PLACINGS."""

    kind: str
    key: str
    placing: str
    penalty: tuple[Effect, ...]
    reward: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was looked at of one outcome: ``documents`` of ``customers``, ``carrying`` of them state leaving; ``state``:
    FITTED, NOTHING, SPARSE or CONSTANT. ``scales`` counts rated documents by scale ("1-5")."""

    name: str
    state: str
    documents: int
    customers: int
    carrying: int | None = None
    scales: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NeedsAxis:
    """The axis over the days ``start``..``end`` (ISO dates, None where nothing is dated); themes over those of their
    own window. ``tests`` effects were judged together, each by ``critical`` standard errors, from ``resamples`` of the
    customers; ``left_out``: documents beyond the sample that was taken."""

    start: str | None
    end: str | None
    outcomes: tuple[Outcome, ...]
    needs: tuple[Need, ...]
    tests: int
    critical: float | None
    resamples: int
    left_out: int = 0
