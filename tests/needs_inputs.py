"""The needs axis and the four costs of the fixed report: every kind of thing they can say. All of it was made up."""

from __future__ import annotations

from dataclasses import replace

from voc.needs import (
    ABSENT,
    APART,
    ATTRACTOR,
    BOTH,
    CONTRARY,
    DRIVER,
    FEW,
    FITTED,
    FOUND,
    LEAVING,
    MUST_HAVE,
    NOISE,
    OPEN,
    RATING,
    THEME,
    UNKNOWN,
    WIDE,
    Effect,
    Need,
    NeedsAxis,
    Outcome,
)
from voc.report import CostRow, Costs, Quote

WORDS = Quote("5" * 32, "HL-20555", "Three calls and two weeks for one refund.", "email", "en", "2026-11-10")
NEEDS = NeedsAxis(
    start="2026-05-18",
    end="2026-11-15",
    outcomes=(
        Outcome(RATING, FITTED, 4100, 2900, None, {"0-10": 400, "1-5": 3700}),
        Outcome(LEAVING, FITTED, 7300, 5100, 290),
    ),
    needs=(
        Need(
            DRIVER, "discourtesy", BOTH,
            (
                Effect(RATING, -1.204, -1.371, -1.037, 210, 190, FOUND),
                Effect(LEAVING, 0.95, 0.61, 1.29, 350, 320, FOUND),
            ),
            (
                Effect(RATING, 0.61, 0.5, 0.72, 800, 700, FOUND),
                Effect(LEAVING, -0.2, -0.5, 0.1, 1300, 1100, OPEN, WIDE),
            ),
        ),
        Need(
            DRIVER, "incompetence", MUST_HAVE,
            (
                Effect(RATING, -0.9, -1.0, -0.8, 500, 450, FOUND),
                Effect(LEAVING, 1.5, 1.2, 1.8, 900, 800, FOUND),
            ),
            (
                Effect(RATING, 0.02, -0.08, 0.12, 700, 650, ABSENT),
                Effect(LEAVING, 0.4, 0.3, 0.5, 1100, 1000, CONTRARY),
            ),
        ),
        Need(
            DRIVER, "unknowledgeable", NOISE,
            (
                Effect(RATING, 0.0, -0.1, 0.1, 300, 250, ABSENT),
                Effect(LEAVING, 0.01, -0.2, 0.2, 400, 380, ABSENT),
            ),
            (
                Effect(RATING, -0.01, -0.1, 0.1, 350, 300, ABSENT),
                Effect(LEAVING, 0.0, -0.2, 0.2, 500, 480, ABSENT),
            ),
        ),
        Need(
            DRIVER, "neglect", ATTRACTOR,
            (Effect(RATING, None, None, None, 20, 19, OPEN, FEW), Effect(LEAVING, None, None, None, 29, 28, OPEN, FEW)),
            (Effect(RATING, 0.4, 0.3, 0.5, 300, 280, FOUND), Effect(LEAVING, -1.1, -1.6, -0.6, 420, 400, FOUND)),
        ),
        Need(
            THEME, "T1", UNKNOWN,
            (
                Effect(RATING, -0.2, -0.6, 0.2, 40, 38, OPEN, APART),
                Effect(LEAVING, 0.1, -0.9, 1.1, 44, 40, OPEN, APART),
            ),
            (),
        ),
    ),
    tests=16,
    critical=2.87,
    resamples=500,
    left_out=12,
)  # fmt: skip
COSTS = Costs(
    start="2026-08-24",
    end="2026-11-15",
    rows=(
        CostRow("", "money", 400, 60, 0.118, 0.188, 55),
        CostRow("", "time", 400, 120, 0.257, 0.347, 110),
        CostRow("", "effort", 400, 90, 0.187, 0.268, 80),
        CostRow("", "physical", 400, 8, 0.01, 0.039, 8),
        CostRow("neglect", "money", 100, 12, 0.07, 0.198, 12),
        CostRow("neglect", "time", 100, 50, 0.404, 0.596, 48, WORDS),
        CostRow("neglect", "effort", 100, 33, 0.246, 0.427, 30),
        CostRow("neglect", "physical", 100, 0, 0.0, 0.037, 0),
    ),
    left_out=3,
)

# What else can be: outcomes of which nothing is said, and a store in which nothing is dated.
STATES = (
    replace(NEEDS, needs=(Need(THEME, "T1", UNKNOWN, (Effect(LEAVING, 0.4, -0.4, 1.2, 60, 58, OPEN, WIDE),), ()),)),
    NeedsAxis(
        None, None, (Outcome(RATING, "nothing", 0, 0), Outcome(LEAVING, "nothing", 900, 900, 0)), (), 0, None, 500
    ),
    NeedsAxis(
        None, None, (Outcome(RATING, "sparse", 30, 28, None, {"1-5": 30}), Outcome(LEAVING, "sparse", 900, 900, 7)), (),
        0, None, 500,
    ),
    NeedsAxis(
        None, None, (Outcome(RATING, "constant", 300, 280, None, {"1-5": 300}), Outcome(LEAVING, FITTED, 900, 900, 70)),
        (
            NEEDS.needs[0],
            Need(DRIVER, "neglect", UNKNOWN, (Effect(LEAVING, -0.5, -0.8, -0.2, 90, 80, CONTRARY),), ()),
            Need(DRIVER, "unknowledgeable", UNKNOWN, (Effect(LEAVING, None, None, None, 9, 8, OPEN, FEW),), ()),
        ),
        2, 2.0, 500,
    ),
)  # fmt: skip
UNDATED_COSTS = Costs(None, None, COSTS.rows)
