"""Simulates the needs axis: what it places wrongly where there is nothing, and what it finds of what is there.

python scripts/simulate_needs.py [--files 100] [--documents 2000] prints placings and coverage.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter

import numpy as np

from voc.needs import BOTH, DRIVER, LEAVING, MUST_HAVE, NOISE, RATING, UNKNOWN
from voc.trends.needs import Told, needs_axis

DRIVERS = ("a", "b", "c", "d")
PENALTY = {"a": -1.0, "b": -0.5}  # points of five, and as many log-odds of leaving, with the other sign
REWARD = {"b": 0.5, "c": 0.8}
CHANNELS, LANGUAGES = ("review", "email", "chat"), ("en", "zh-Hans", "zh-Hant")


def simulated(documents: int, seed: int, *, planted: bool, share: float = 0.1) -> list[Told]:
    """``documents`` of half as many customers, who rate alike and leave alike; channels differ in level."""
    random = np.random.default_rng(seed)
    customers = documents // 2
    mood = random.normal(0, 0.5, customers)
    told = []
    for i in range(documents):
        who, channel = int(random.integers(customers)), int(random.integers(3))
        labels, rating, odds = set[str](), 3.0 + mood[who] + 0.4 * channel + random.normal(0, 1), -2.2 + mood[who]
        for driver in DRIVERS:
            # The unhappy do not complain more here: else the effect would be there without the driver.
            for side, effects in (("complaint", PENALTY), ("praise", REWARD)):
                if random.random() < share:
                    labels.add(f"{driver}.{side}")
                    effect = effects.get(driver, 0.0) if planted else 0.0
                    rating, odds = rating + effect, odds - effect
        if random.random() < 1 / (1 + math.exp(-odds)):
            labels.add(LEAVING)
        told.append(
            Told(
                f"k{i}", f"c{who}", f"w{i % 26}", CHANNELS[channel], LANGUAGES[i % 3], frozenset(labels), None,
                (rating - 1) / 4, "1-5",
            )
        )  # fmt: skip
    return told


def main() -> None:
    """Prints placings and coverage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--documents", type=int, default=2000)
    options = parser.parse_args()
    for planted in (False, True):
        placed: dict[str, Counter[str]] = {d: Counter() for d in DRIVERS}
        inside, widths = Counter[str](), dict.fromkeys((RATING, LEAVING), 0.0)
        effects = Counter[str]()
        for seed in range(options.files):
            axis = needs_axis(simulated(options.documents, seed, planted=planted), drivers=DRIVERS)
            for need in axis.needs:
                if need.kind != DRIVER:
                    continue
                placed[need.key][need.placing] += 1
                for side, true in ((need.penalty, PENALTY), (need.reward, REWARD)):
                    for e in side:
                        if e.low is None or e.high is None:
                            continue
                        effect = (true.get(need.key, 0.0) if planted else 0.0) * (1 if e.outcome == RATING else -1)
                        effects[e.outcome] += 1
                        inside[e.outcome] += e.low <= effect <= e.high
                        widths[e.outcome] += e.high - e.low
        print("planted" if planted else "nothing planted", f"({options.files} files of {options.documents} documents)")
        for outcome in (RATING, LEAVING):
            if effects[outcome]:
                share, width = inside[outcome] / effects[outcome], widths[outcome] / effects[outcome]
                print(f"  {outcome}: 95% intervals hold the effect in {share:.1%}, mean width {width:.2f}")
        for driver, counts in placed.items():
            print(f"  {driver}: " + ", ".join(f"{name} {n / options.files:.0%}" for name, n in counts.most_common()))
        if not planted:
            wrong = sum(n for c in placed.values() for name, n in c.items() if name not in (NOISE, UNKNOWN))
            print(f"  needs placed though nothing goes with them: {wrong / (4 * options.files):.1%}")
        else:
            print(f"  true places: a {MUST_HAVE}, b {BOTH}, c attractor, d {NOISE}")


if __name__ == "__main__":
    main()
