"""Near duplicates: which documents belong together, and which of them say the same thing again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable

import numpy as np

from voc.dedupe import SCHEME, encode, link, signature, words_of
from voc.store import Store, Twin


def link_documents(store: Store) -> None:
    """Signs and links the documents that are new. Nothing is lost when it is killed: signatures are committed page by
    page, families at once."""
    store.use_scheme(SCHEME)
    if not store.count_unlinked():
        return
    for page in store.unsigned():
        made = encode([signature(words_of(document)) for _, document in page])
        store.add_signatures([(number, *one) for (number, _), one in zip(page, made, strict=True)])
    signed = store.signed()
    numbers = signed.numbers
    if not len(numbers):
        return
    fresh = signed.first < 0
    before = np.where(fresh, np.arange(len(numbers)), np.searchsorted(numbers, signed.first))
    after = link(signed.bands, fresh, before, lambda some: store.hashes(numbers[some].tolist()))
    changed = np.flatnonzero(fresh | (after != before))
    store.save_families(zip(numbers[changed].tolist(), numbers[after[changed]].tolist(), strict=True))


def repeats(
    twins: Iterable[Twin], day_of: Callable[[str | None], dt.date | None], span_of: Callable[[dt.date | None], Hashable]
) -> frozenset[str]:
    """Keys of documents in which a customer says what they said before in the same span (a week, say): all but the
    first, by day, then key, of a family, customer and span.

    Documents that name no customer repeat nothing: several people may have used one template.
    """
    first: dict[tuple[int, str, Hashable], tuple[dt.date, str]] = {}
    again = set[str]()
    for twin in twins:
        if twin.customer is None:
            continue
        day = day_of(twin.time)
        place, this = (twin.family, twin.customer, span_of(day)), (day or dt.date.max, twin.key)
        known = first.get(place)
        if known is None:
            first[place] = this
        else:
            first[place] = min(known, this)
            again.add(max(known, this)[1])
    return frozenset(again)
