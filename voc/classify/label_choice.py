"""Which documents are worth labelling: a random share that estimates the error, and unclear ones that differ.

The unclear ones are taken output by output in turn, so that rare labels get as many as frequent ones; among those near
the threshold, by maximal marginal relevance (Carbonell and Goldstein 1998) over document vectors, so that no two say
the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
POOL = 20  # candidates of an output for each document that it may pick: enough to choose from, few enough to be unclear
NEARNESS = 0.5  # weight of being unclear against being unlike those picked; not swept


def random_share(keys: Sequence[str], count: int, seed: int) -> list[str]:
    """``count`` of ``keys``, each as likely as any other; which ones follows from the keys and the seed alone, not from
    their order. In the order of the draw."""
    return sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())[:count]


def unclear(
    keys: Sequence[str],
    margins: Array,
    count: int,
    vectors_of: Callable[[list[str]], Mapping[str, NDArray[np.float32]]],
) -> list[str]:
    """Up to ``count`` of ``keys`` in the order in which they were picked.

    ``margins`` (n, L) >= 0: distance to the thresholds in logits; ``vectors_of`` gives document vectors by key (those
    without one are never picked).
    """
    outputs = margins.shape[1] if len(keys) else 0
    if not outputs or count <= 0:
        return []
    by_key = np.array(sorted(range(len(keys)), key=keys.__getitem__))  # ties follow the keys, not the order of ingest
    each = POOL * -(-count // outputs)
    pools = [by_key[np.argsort(margins[by_key, c], kind="stable")[:each]] for c in range(outputs)]
    wanted = sorted({int(row) for pool in pools for row in pool})
    vectors = vectors_of([keys[row] for row in wanted])
    unit = {row: _unit(vectors[keys[row]]) for row in wanted if keys[row] in vectors}
    picked: list[int] = []
    likeness = dict.fromkeys(unit, 0.0)  # to the nearest of those picked
    while len(picked) < count and unit:
        before = len(picked)
        for column, pool in enumerate(pools):
            open_rows = [int(row) for row in pool if int(row) in unit]
            if len(picked) >= count or not open_rows:
                continue
            rows = np.array(open_rows)
            near = np.exp(-margins[rows, column])
            like = np.array([likeness[row] for row in open_rows])
            best = open_rows[int(np.argmax(NEARNESS * near - (1.0 - NEARNESS) * like))]
            picked.append(best)
            vector = unit.pop(best)
            for row, other in unit.items():
                likeness[row] = max(likeness[row], float(other @ vector))
        if len(picked) == before:
            break
    return [keys[row] for row in picked]


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float64]:
    long = np.asarray(vector, np.float64)
    length = float(np.sqrt(long @ long))
    return long / length if length > 0.0 else long
