"""The part of a report about the health of the model, by language: counts and indices, no words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LENGTH, UNKNOWN, PROBABILITY = "length", "unknown", "probability"
"""Figures of a document whose spread is compared: its length in characters, the share of its tokens that the model does
not know, and the mean of the model's probabilities over the labels."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One figure of the week's documents against the weeks before: ``now`` and ``before`` are its median (length) or
    mean; ``index``: the population stability index; from ``limit`` on it is called drift (see voc.trends.drift)."""

    figure: str
    now: float
    before: float
    index: float
    limit: float

    @property
    def moved(self) -> bool:
        """Whether it is called drift."""
        return self.index > self.limit


@dataclass(frozen=True, slots=True)
class LanguageHealth:
    """``n`` documents with words of a customer were judged in the week; of ``read`` of them (all, or a random sample)
    ``unclear`` have a label too close to call. ``low`` and ``high``: between them 99% of such shares lie in weeks like
    the ``weeks`` before, None with fewer than eight; ``signal``: up, down, none or untested. ``drifts``: none where
    there is too little to compare."""

    language: str
    n: int
    read: int
    unclear: int
    weeks: int
    low: float | None
    high: float | None
    signal: str
    drifts: tuple[Drift, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """``k`` of ``n`` decisions, with the 95% interval ``low``..``high`` of their share; ``assumed``: the share that the
    correction of shares assumes of the same labels, None where it assumes nothing of one of them."""

    k: int
    n: int
    low: float
    high: float
    assumed: float | None


@dataclass(frozen=True, slots=True)
class Audit:
    """What people said of ``documents`` in a ``language`` that were drawn at random; ``first`` and ``last`` day of
    their labels (ISO, None where none is given). ``found``: of the labels that are there those that the model finds;
    ``flagged``: of those that are not there those that it finds all the same; None where there are none. ``counts`` by
    label: found, missed, wrongly found, rightly left, of the model's own decisions."""

    language: str
    documents: int
    first: str | None
    last: str | None
    found: Rate | None
    flagged: Rate | None
    counts: Mapping[str, tuple[int, int, int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """By language, that with most documents first; ``audits`` likewise, of all labels at random until the as-of day."""

    languages: tuple[LanguageHealth, ...]
    audits: tuple[Audit, ...] = ()


def cleaned_health(health: Health, name: Callable[[str], str], rounded: Callable[[float], float]) -> Health:
    """``health`` with names cleaned for display and numbers rounded."""

    def maybe(value: float | None) -> float | None:
        return None if value is None else rounded(value)

    def drift(d: Drift) -> Drift:
        return Drift(d.figure, rounded(d.now), rounded(d.before), rounded(d.index), rounded(d.limit))

    languages = (
        dataclasses.replace(
            one, language=name(one.language), low=maybe(one.low), high=maybe(one.high),
            drifts=tuple(map(drift, one.drifts)),
        )
        for one in health.languages
    )  # fmt: skip

    def rate(r: Rate | None) -> Rate | None:
        return r and Rate(r.k, r.n, rounded(r.low), rounded(r.high), maybe(r.assumed))

    audits = (
        dataclasses.replace(a, language=name(a.language), found=rate(a.found), flagged=rate(a.flagged))
        for a in health.audits
    )
    return Health(tuple(languages), tuple(audits))


def health_json(health: Health) -> dict[str, object]:
    """``health`` for report.json, in the order of its fields."""
    languages = [
        {**dataclasses.asdict(one), "drifts": [{**dataclasses.asdict(d), "moved": d.moved} for d in one.drifts]}
        for one in health.languages
    ]
    audits = [
        {**dataclasses.asdict(a), "counts": {label: list(row) for label, row in a.counts.items()}}
        for a in health.audits
    ]
    return {"languages": languages, "audits": audits}


def parse_health(data: Mapping[str, Any]) -> Health:
    """The inverse of `health_json`; KeyError or TypeError where the data is none."""

    def drift(told: Mapping[str, Any]) -> Drift:
        return Drift(**{name: told[name] for name in ("figure", "now", "before", "index", "limit")})

    languages = (LanguageHealth(**{**one, "drifts": tuple(map(drift, one["drifts"]))}) for one in data["languages"])

    def audit(told: Mapping[str, Any]) -> Audit:
        rates = {name: Rate(**told[name]) if told[name] else None for name in ("found", "flagged")}
        return Audit(**{**told, **rates, "counts": {label: tuple(row) for label, row in told["counts"].items()}})

    audits = map(audit, data["audits"])
    return Health(tuple(languages), tuple(audits))
