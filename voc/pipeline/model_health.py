"""What the health of the model is told from: what it judged in the week and before, and what people said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from voc.encoders.unknown import unknown_shares
from voc.pipeline.context import UNHEARD, Context
from voc.pipeline.labelling import RANDOM, error_counts, standing_labels
from voc.report import Audit, Drift, Health, LanguageHealth
from voc.report.health_value import LENGTH, PROBABILITY, UNKNOWN, Rate
from voc.store import Counted, Figure
from voc.trends import usable_errors, wilson
from voc.trends.change import BASELINE_WEEKS
from voc.trends.drift import Floats, drifted, usual_shares
from voc.weeks import Week

# Documents of a language and week that are read, those first by key, which is by chance: chance alone then gives an
# index of 0.1 (voc.trends.drift.FLOOR) in one week of a thousand, so more of them would find nothing more.
MAX_READ: Final = 300
_MEDIAN: Final = frozenset({LENGTH})  # a few long letters move a mean


def model_health(context: Context) -> Health | None:
    """By language, of the report's week against up to 26 weeks before; None for a part of the feedback, of which the
    model is no other one."""
    if context.options.segment:
        return None
    week, again = context.week, context.said_again
    heard: dict[str, dict[Week | None, list[Counted]]] = {}
    week_of = lru_cache(maxsize=1024)(Week.of)
    for c, day in context.recent(BASELINE_WEEKS + 1):
        if c.status not in UNHEARD and c.key not in again:
            heard.setdefault(c.language, {}).setdefault(week_of(day) if day and week else None, []).append(c)
    told = [_language(context, language, heard[language], week) for language in heard if heard[language].get(week)]
    told.sort(key=lambda one: (-one.n, one.language))
    return Health(tuple(told), tuple(_audits(context)))


def _language(
    context: Context, language: str, weeks: Mapping[Week | None, Sequence[Counted]], week: Week | None
) -> LanguageHealth:
    """``weeks``: its documents by week, among them ``week`` itself."""
    before = sorted(w for w in weeks if w is not None and w != week)
    chosen = {of: sorted(weeks[of], key=lambda c: c.key)[:MAX_READ] for of in (*before, week)}
    of_key = {c.key: of for of, some in chosen.items() for c in some}
    read = list(context.store.figures(context.model, (c.number for some in chosen.values() for c in some)))
    unclear = Counter(of_key[one.key] for one in read if one.unclear)
    span: list[Week | None] = [week.plus(back) for back in range(-BASELINE_WEEKS, 1)] if week else [None]
    usual = usual_shares([unclear[of] for of in span], [len(chosen.get(of, ())) for of in span])
    values: dict[str, dict[Week | None, list[float]]] = {}
    for figure, found in _figures(context, read).items():
        for one, value in zip(read, found, strict=True):
            if value is not None:
                values.setdefault(figure, {}).setdefault(of_key[one.key], []).append(value)
    drifts = (_drift(figure, by_week, before, week) for figure, by_week in values.items())
    return LanguageHealth(
        language, len(weeks[week]), len(chosen[week]), unclear[week], usual.weeks, usual.low, usual.high, usual.signal,
        tuple(d for d in drifts if d),
    )  # fmt: skip


def _figures(context: Context, read: Sequence[Figure]) -> dict[str, list[float | None]]:
    """Each figure of each document; None where its words were taken out."""
    gone = context.store.erased_keys()
    texts = [one.words for one in read]
    there = [one.key not in gone for one in read]
    unknown = unknown_shares(context.config.general.model, texts)
    figures: dict[str, Sequence[float]] = {LENGTH: [float(len(text)) for text in texts]}
    figures |= {UNKNOWN: unknown} if unknown is not None else {}
    figures[PROBABILITY] = [one.mean for one in read]
    return {
        figure: [value if known or figure == PROBABILITY else None for value, known in zip(found, there, strict=True)]
        for figure, found in figures.items()
    }


def _drift(
    figure: str, values: Mapping[Week | None, list[float]], before: Sequence[Week], week: Week | None
) -> Drift | None:
    history = [np.array(values[of]) for of in before if of in values]
    found = drifted(history, now := np.array(values.get(week, ())))
    if found is None:
        return None
    return Drift(figure, _middle(figure, now), _middle(figure, np.concatenate(history)), found.index, found.limit)


def _middle(figure: str, values: Floats) -> float:
    return float(np.median(values) if figure in _MEDIAN else np.mean(values))


def _audits(context: Context) -> list[Audit]:
    """What people said of documents that were drawn at random, until the as-of day."""
    standing = standing_labels(context)
    drawn = [key for key, some in standing.items() if any(one.sample == RANDOM for one in some.values())]
    of: dict[str, list[str]] = {}
    for c in context.store.counts(context.model, sorted(drawn)):
        of.setdefault(c.language, []).append(c.key)
    audits = []
    for language, keys in sorted(of.items(), key=lambda item: (-len(item[1]), item[0])):
        days = sorted(one.day for key in keys for one in standing[key].values() if one.day and one.sample == RANDOM)
        rows = error_counts(context, keys, standing)
        counts = {label: (row[0], row[1], row[2], row[3]) for label, row in rows.items()}
        first, last = (days[0], days[-1]) if days else (None, None)
        found, flagged = (_rate(context, counts, *pair) for pair in ((0, 1), (2, 3)))
        audits.append(Audit(language, len(keys), first, last, found, flagged, counts))
    return audits


def _rate(context: Context, counts: Mapping[str, tuple[int, int, int, int]], hit: int, miss: int) -> Rate | None:
    """Decisions of the kind ``hit`` among those of both kinds, over all labels; ``assumed``: by what is known of the
    model from before, each label weighted as in the audit."""
    k, n = (sum(row[i] for row in counts.values() for i in kinds) for kinds in ((hit,), (hit, miss)))
    if n == 0:
        return None
    tables = usable_errors(context.classifier.errors)
    told = {label: row for label, row in counts.items() if row[hit] + row[miss]}
    assumed: float | None = None
    if told.keys() <= tables.keys():
        known = {label: (t.tp, t.fn, t.fp, t.tn) for label, t in tables.items()}
        rates = {label: known[label][hit] / (known[label][hit] + known[label][miss]) for label in told}
        assumed = sum((row[hit] + row[miss]) * rates[label] for label, row in told.items()) / n
    return Rate(k, n, *wilson(k, n), assumed)
