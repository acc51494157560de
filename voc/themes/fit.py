"""Themes of a window: what the complaints of each driver are about."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from voc.results import Theme, ThemeResult, ThemeUnit
from voc.taxonomy import COMPLAINT, Driver, Taxonomy
from voc.themes.cluster import UNASSIGNED, NestedClusters
from voc.themes.engine import Fitted, fit_bertopic
from voc.themes.labels import Labeller, UnitTerms
from voc.themes.settings import ThemeSettings
from voc.themes.tokens import group_of, terms
from voc.themes.vectors import unit_rows

QUOTES = 5


def fit_themes(units: Iterable[ThemeUnit], *, taxonomy: Taxonomy, settings: ThemeSettings | None = None) -> ThemeResult:
    """Themes of ``units``, each nested under one driver and side, those with most documents first.

    The same text of the same customer counts once. The result depends neither on the order of ``units`` nor on the
    number of threads. A driver with fewer documents than twice ``settings.min_documents`` has no theme. ValueError
    where the vectors differ in length or hold a number that is not finite.
    """
    settings = settings or ThemeSettings()
    units = list(units)
    # The zero vector stands for a segment in which the encoder saw nothing: it is like no other.
    blank = len(_distinct(u for u in units if not u.vector.any()))
    distinct = _distinct(u for u in units if u.vector.any())
    if len(distinct) < 2 * settings.min_documents:
        return ThemeResult((), len(distinct) + blank, len(distinct) + blank)
    fitted, words = _fit(distinct, settings)
    labeller = Labeller(fitted, words, [u.key for u in distinct])
    themes = []
    for topic in fitted.rows:
        if topic != UNASSIGNED:
            rows = np.flatnonzero(fitted.topics == topic)
            closest = [int(r) for r in rows[_closest_first(fitted.reduced[rows])]]
            unit = distinct[closest[0]]
            driver = taxonomy.driver(unit.driver)
            labels = labeller.labels(topic, closest, driver.name if unit.side == COMPLAINT else driver.praise_name)
            themes.append(_theme([distinct[r] for r in closest], driver, labels, settings))
    themes.sort(key=lambda t: (-t.documents, -len(t.members), t.driver, t.members))
    shown = _with_distinct_ids(themes[: settings.max_themes])
    total = len(distinct) + blank
    return ThemeResult(shown, total, total - sum(len(t.members) for t in shown))


def _fit(units: Sequence[ThemeUnit], settings: ThemeSettings) -> tuple[Fitted, list[UnitTerms]]:
    if len({u.vector.shape for u in units}) > 1:
        raise ValueError("the vectors of the units differ in length: they are not of one encoder")
    vectors = np.stack([u.vector for u in units]).astype(np.float32)
    if not np.isfinite(vectors).all():
        raise ValueError("a vector holds a number that is not finite")
    words = [UnitTerms(group_of(u.language), tuple(terms(u.text, u.language))) for u in units]
    clusters = NestedClusters([f"{u.driver}.{u.side}" for u in units], [u.key for u in units], settings)
    counted = [w.counted() for w in words]
    return fit_bertopic(counted, vectors, [u.language for u in units], clusters), words


def _distinct(units: Iterable[ThemeUnit]) -> list[ThemeUnit]:
    """Units in the order of their references; of equal texts of one customer, driver and side the first alone."""
    kept: dict[tuple[str, str, str, str], ThemeUnit] = {}
    for unit in sorted(units, key=lambda u: (u.ref, u.driver, u.side)):
        text = " ".join(unicodedata.normalize("NFKC", unit.text).casefold().split())
        # Where the customer is unknown, a document is one customer.
        who = f"key {unit.key}" if unit.customer is None else f"customer {unit.customer}"
        kept.setdefault((unit.driver, unit.side, who, text), unit)
    return list(kept.values())


def _closest_first(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Indices of ``vectors`` (rows of length one), the closest to their middle first; equals keep their order."""
    middle = unit_rows(vectors.mean(axis=0, dtype=np.float64, keepdims=True))[0]
    return np.argsort(-np.round(vectors @ middle, 6), kind="stable").astype(np.int64)


def _theme(central: Sequence[ThemeUnit], driver: Driver, labels: dict[str, str], settings: ThemeSettings) -> Theme:
    """A theme of units, the most central first, with an id of full length (see _with_distinct_ids)."""
    customers = {m.customer for m in central if m.customer is not None}
    keys = {m.key for m in central}
    medoid = central[0]
    digest = hashlib.sha256(f"{medoid.side} {medoid.key} {medoid.segment}".encode()).hexdigest()
    return Theme(
        id=f"{driver.code}-{digest}",
        labels=labels,
        driver=driver.key,
        side=medoid.side,
        state="new" if keys <= settings.week_keys else "known",
        members=tuple(sorted(m.ref for m in central)),
        documents=len(keys),
        customers=len(customers) or None,
        quotes=_quotes(central),
    )


def _quotes(central: Iterable[ThemeUnit]) -> tuple[tuple[str, int], ...]:
    """The most central members of different documents and with different words."""
    quotes: dict[str, tuple[str, int]] = {}
    texts = set[str]()
    for unit in central:
        if unit.key not in quotes and unit.text not in texts:
            quotes[unit.key] = unit.ref
            texts.add(unit.text)
        if len(quotes) == QUOTES:
            break
    return tuple(quotes.values())


def _with_distinct_ids(themes: Sequence[Theme]) -> tuple[Theme, ...]:
    """Ids cut to the fewest hexadecimal digits, six or more, at which they all differ."""
    digits = 6
    while len({t.id[: digits + t.id.index("-") + 1] for t in themes}) < len(themes):
        digits += 1
    return tuple(replace(t, id=t.id[: digits + t.id.index("-") + 1]) for t in themes)
