"""What a week's share would be by who was heard alone: channels, languages and products, each with its own rate.

A comparison is standardised indirectly: a week's count is freed of what its mix of strata adds to the mix of the
baseline, at the rates that the strata have in the baseline. So a change in who is heard is no change in what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Stratum = tuple[str, str, str]  # channel, language, product

# A product with fewer documents in the weeks compared with, or a smaller share of them, is pooled under "other".
LEAST_DOCUMENTS: Final = 30
LEAST_SHARE: Final = 0.01
# Documents that the rate of the stratum above counts for in the rate of one below: product within channel and language,
# these within all. Swept 5, 20, 80 on the companies of test_trends_standard.py with 600 to 1,800 series, 2026-11: a
# product that grows from 30% to 70% and is complained of four times as much gave a signal in 0.44, 0.42 and 0.48% of
# weeks with 400 documents, 0.35, 0.38 and 0.47% with 60 (94% of weeks where it is not standardised).
PRIOR: Final = 20.0


@dataclass(frozen=True, slots=True)
class Strata:
    """Counts by stratum. ``n``: (weeks, strata) documents, ``k``: (series, weeks, strata) those that carry the label;
    ``pair``, ``product``: (strata,) numbers of the stratum's channel and language, and of its product; product 0 is
    none or "other", and each pair has a stratum with it."""

    n: Floats
    k: Floats
    pair: Ints
    product: Ints


@dataclass(frozen=True, slots=True)
class Mix:
    """Of each series and week up to the tested one. ``offset``: what who was heard adds to the raw share (-1..1) that
    the baseline's mix would give; ``extra``: variance of that, over share (1 - share)."""

    offset: Floats
    extra: Floats


def strata_of(weeks: Sequence[Mapping[Stratum, Counter[str]]], labels: Sequence[str]) -> Strata | None:
    """Strata of ``weeks``: for each stratum documents by label, under "" all of them. None where there is only one.

    A product that can never pass the limits of `mix_of` is pooled here already, which says the same of every week.
    """
    kept = _ever_large(weeks)
    merged = [_pooled(week, kept) for week in weeks]
    names = sorted({name for week in merged for name in week})
    if len(names) < 2:
        return None
    names = sorted({*names, *((channel, language, "") for channel, language, _ in names)})
    at = {name: i for i, name in enumerate(names)}
    n = np.zeros((len(weeks), len(names)))
    k = np.zeros((len(labels), len(weeks), len(names)))
    for w, week in enumerate(merged):
        for name, counts in week.items():
            n[w, at[name]] = counts[""]
            for s, label in enumerate(labels):
                k[s, w, at[name]] = counts[label]
    pairs = {pair: i for i, pair in enumerate(sorted({name[:2] for name in names}))}
    products = {product: i for i, product in enumerate(sorted({"", *(name[2] for name in names)}))}
    return Strata(n, k, np.array([pairs[name[:2]] for name in names]), np.array([products[name[2]] for name in names]))


def _ever_large(weeks: Iterable[Mapping[Stratum, Counter[str]]]) -> set[str]:
    """Products with LEAST_DOCUMENTS in all and LEAST_SHARE of some week: no other can have both in a span of weeks."""
    total, large = Counter[str](), set[str]()
    for week in weeks:
        here = Counter[str]()
        for (_, _, product), counts in week.items():
            here[product] += counts[""]
        total += here
        large |= {product for product, count in here.items() if count >= LEAST_SHARE * sum(here.values())}
    return {product for product in large if total[product] >= LEAST_DOCUMENTS}


def _pooled(week: Mapping[Stratum, Counter[str]], kept: set[str]) -> dict[Stratum, Counter[str]]:
    merged: dict[Stratum, Counter[str]] = {}
    for (channel, language, product), counts in week.items():
        name = (channel, language, product if product in kept else "")
        merged[name] = merged.get(name, Counter()) + counts
    return merged


def mix_of(strata: Strata, usable: Bools, week: int, weeks: int) -> Mix:
    """The mix of each week up to ``week``, by the rates of the ``weeks`` weeks before it that are ``usable``.

    ``usable``: (series, weeks). Where a series has no usable document there, its offsets are 0. Later weeks are not
    looked at.
    """
    begin = max(0, week - weeks)
    total = strata.n[begin:week].sum(axis=0)
    n, k, pair = _merged(strata, _place(strata, total), week)
    heard = usable[:, begin:week].astype(np.float64)
    base_n = heard @ n[begin:week]
    base_k = np.einsum("sw,swh->sh", heard, k[:, begin:week])
    rate, variance = _rates(base_n, base_k, pair)
    size = base_n.sum(axis=1)
    mean = base_n / np.maximum(size, 1)[:, None]
    share = n / np.maximum(n.sum(axis=1), 1)[:, None]
    away = np.where((n.sum(axis=1) > 0)[None, :, None] & (size > 0)[:, None, None], share[None] - mean[:, None], 0.0)
    level = np.einsum("sh,sh->s", mean, rate)
    unit = np.where(size > 0, level * (1 - level), 1.0)
    extra = np.einsum("swh,sh->sw", away**2, variance) / unit[:, None]
    return Mix(np.einsum("swh,sh->sw", away, rate), extra)


def _place(strata: Strata, total: Floats) -> Ints:
    """For each stratum the one that it is counted as: its own, or its pair's "other" where its product is sparse."""
    by_product = np.bincount(strata.product, weights=total)
    large = by_product >= max(LEAST_DOCUMENTS, LEAST_SHARE * float(total.sum()))
    other = np.zeros(strata.pair.max() + 1, dtype=np.int64)
    rest = np.flatnonzero(strata.product == 0)
    other[strata.pair[rest]] = rest
    return np.where(large[strata.product] | (strata.product == 0), np.arange(len(strata.pair)), other[strata.pair])


def _merged(strata: Strata, place: Ints, week: int) -> tuple[Floats, Floats, Ints]:
    used, column = np.unique(place, return_inverse=True)
    into = np.zeros((len(place), len(used)))
    into[np.arange(len(place)), column] = 1.0
    return strata.n[: week + 1] @ into, strata.k[:, : week + 1] @ into, strata.pair[used]


def _rates(n: Floats, k: Floats, pair: Ints) -> tuple[Floats, Floats]:
    """Rate of each stratum, drawn towards that of its channel and language, and that towards all; with its variance.

    ``n``, ``k``: (series, strata)."""
    into = np.zeros((len(pair), pair.max() + 1))
    into[np.arange(len(pair)), pair] = 1.0
    # Half a document on either side (Jeffreys): a label not seen so far is rare, not impossible.
    whole = (k.sum(axis=1, keepdims=True) + 0.5) / (n.sum(axis=1, keepdims=True) + 1)
    pair_n, pair_k = n @ into, k @ into
    above = (pair_k + PRIOR * whole) / (pair_n + PRIOR)
    above_variance = above * (1 - above) / (pair_n + PRIOR)
    rate = (k + PRIOR * above[:, pair]) / (n + PRIOR)
    drawn = (PRIOR / (n + PRIOR)) ** 2 * above_variance[:, pair]
    return rate, rate * (1 - rate) / (n + PRIOR) + drawn
