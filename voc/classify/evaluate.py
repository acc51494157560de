"""How well predictions agree with labelled documents: figures with 95% bootstrap intervals, whole and by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.classify.metrics import ROUNDS, calibration_error, draws, f1, interval, ratio
from voc.classify.outcome import Outcome
from voc.taxonomy import COMPLAINT, PRAISE

Array = NDArray[np.float64]

COVERAGES = (0.95, 0.9, 0.8)
BAND = "band"  # what the model itself calls unclear is left out


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in 0..1 with its 95% bootstrap interval; ``documents`` is what it rests on."""

    value: float
    low: float
    high: float
    documents: int


@dataclass(frozen=True, slots=True)
class Slice:
    """One output on one part of the data: ``part`` is all, language, channel or source, ``name`` which of them.

    ``true`` and ``found`` count documents; precision, recall and F1 are 0.0 where they have no documents.
    """

    part: str
    name: str
    label: str
    documents: int
    true: int
    found: int
    precision: Figure
    recall: Figure
    f1: Figure


@dataclass(frozen=True, slots=True)
class Covered:
    """Figures of one output where the least sure decisions are left out. ``rule`` is ``band`` or the share kept, such
    as ``0.90``; ``coverage`` is the share of documents that was kept, the figures are of those."""

    rule: str
    label: str
    coverage: float
    precision: float
    recall: float
    f1: float
    error: float


def figures(got: Outcome, rounds: int = ROUNDS) -> dict[str, Figure]:
    """Every figure by name: ``f1.<label>``, ``f1.complaints``, ``f1.praises`` (means over drivers), both also by
    language, ``ece.<label>``, ``ece`` (the largest), ``evidence``, and ``gap.languages``: English minus Chinese mean
    F1 of the complaints, each label as frequent in both as in the whole. Intervals by drawing documents again."""
    calculate = _calculators(got)
    count = len(got.truth)
    ones = np.ones(count)
    out = {}
    for name, figure in calculate.items():
        low, high = interval(figure, count, rounds=rounds)
        out[name] = Figure(round(figure(ones), 4), round(low, 4), round(high, 4), _support(got, name))
    return out


def _calculators(got: Outcome) -> dict[str, Callable[[Array], float]]:
    """Functions of document weights."""

    def one(column: int) -> Callable[[Array], float]:
        return lambda w: f1(got.truth[:, column], got.found[:, column], w)

    def mean(columns: Sequence[int], keep: Array) -> Callable[[Array], float]:
        return lambda w: float(np.mean([f1(got.truth[:, c], got.found[:, c], w * keep) for c in columns]))

    def error(column: int) -> Callable[[Array], float]:
        return lambda w: calibration_error(got.truth[:, column], got.probability[:, column], weights=w)

    def evidence(w: Array) -> float:
        total = float((w[:, None] * got.quoted).sum())
        return float((w[:, None] * got.shown).sum()) / total if total else 0.0

    everywhere = np.ones(len(got.truth))
    all_labels = range(len(got.labels))
    calculate = {f"f1.{got.labels[c]}": one(c) for c in all_labels}
    for name, side in (("complaints", COMPLAINT), ("praises", PRAISE)):
        calculate[f"f1.{name}"] = mean(got.columns(side), everywhere)
        for language in sorted(set(got.languages)):
            keep = np.array([float(given == language) for given in got.languages])
            calculate[f"f1.{name}.{language}"] = mean(got.columns(side), keep)
    chinese = np.array([language.startswith("zh") for language in got.languages])
    english = np.array([language.startswith("en") for language in got.languages])
    if chinese.any() and english.any():
        calculate["gap.languages"] = _gap(got, english, chinese)
    calculate |= {f"ece.{got.labels[c]}": error(c) for c in all_labels}
    calculate["ece"] = lambda w: max(error(c)(w) for c in all_labels)
    calculate["evidence"] = evidence
    return calculate


def _gap(got: Outcome, left: NDArray[np.bool_], right: NDArray[np.bool_]) -> Callable[[Array], float]:
    """Mean F1 of the complaints on ``left`` minus on ``right``, both weighted to the label frequencies of the whole."""
    columns = got.columns(COMPLAINT)
    truth, found = got.truth[:, columns], got.found[:, columns]

    def level(w: Array, keep: NDArray[np.bool_], share: Array) -> float:
        mass = w * keep
        positive = mass @ truth
        negative = mass.sum() - positive
        weights = mass[:, None] * (truth * ratio(share, positive) + (1.0 - truth) * ratio(1.0 - share, negative))
        return float(np.mean([f1(truth[:, c], found[:, c], weights[:, c]) for c in range(len(columns))]))

    def gap(w: Array) -> float:
        share = ratio(w @ truth, np.full(len(columns), w.sum()))
        return level(w, left, share) - level(w, right, share)

    return gap


def _support(got: Outcome, name: str) -> int:
    """Documents (for evidence: found complaints) that a figure rests on."""
    if name == "evidence":
        return int(got.quoted.sum())
    return Counter(got.languages).get(name.rsplit(".", 1)[-1], len(got.truth))


def slices(got: Outcome, rounds: int = ROUNDS) -> list[Slice]:
    """Precision, recall and F1 of every output on the whole, and on each language, channel and source."""
    count, width = got.truth.shape
    cells = np.concatenate([got.truth * got.found, got.found, got.truth], axis=1)
    parts = list(_parts(got))
    drawn = np.zeros((rounds, len(parts), 3 * width))
    row = 0
    for block in draws(count, rounds=rounds) if count else ():
        for number, (_, _, inside) in enumerate(parts):
            drawn[row : row + len(block), number] = block[:, inside] @ cells[inside]
        row += len(block)
    out = []
    for number, (part, name, inside) in enumerate(parts):
        now = cells[inside].sum(axis=0)
        values, spread = _three(now[None, :], width), _three(drawn[:, number], width)
        low, high = np.percentile(spread, [2.5, 97.5], axis=1)
        for column, label in enumerate(got.labels):
            found, true = int(now[width + column]), int(now[2 * width + column])
            rests = (found, true, len(inside))
            three = [
                Figure(*_rounded(values[kind, 0, column], low[kind, column], high[kind, column]), rests[kind])
                for kind in range(3)
            ]
            out.append(Slice(part, name, label, len(inside), true, found, *three))
    return out


def _rounded(value: float, low: float, high: float) -> tuple[float, float, float]:
    return round(float(value), 4), round(float(low), 4), round(float(high), 4)


def _parts(got: Outcome) -> Iterator[tuple[str, str, NDArray[np.intp]]]:
    yield "all", "all", np.arange(len(got.truth))
    for part, names in (("language", got.languages), ("channel", got.channels), ("source", got.sources)):
        for name in sorted(set(names)):
            yield part, name, np.array([i for i, given in enumerate(names) if given == name], np.intp)


def _three(sums: Array, width: int) -> Array:
    """(3, rounds, L) precision, recall and F1 of (rounds, 3L) sums of hits, found and true."""
    hits, found, true = (sums[:, i * width : (i + 1) * width] for i in range(3))
    return np.stack([ratio(hits, found), ratio(hits, true), ratio(2.0 * hits, found + true)])


def coverage_table(got: Outcome) -> list[Covered]:
    """Every output where the model's own unclear decisions are left out, and where only the surest 95, 90 and 80% are
    kept."""
    out = []
    for column in range(len(got.labels)):
        out.append(_covered(got, column, BAND, got.abstained[:, column] == 0.0))
        order = np.argsort(-got.margins[:, column], kind="stable")
        for share in COVERAGES:
            keep = np.zeros(len(got.truth), bool)
            keep[order[: round(share * len(order))]] = True
            out.append(_covered(got, column, f"{share:.2f}", keep))
    return out


def _covered(got: Outcome, column: int, rule: str, keep: NDArray[np.bool_]) -> Covered:
    truth, found = got.truth[keep, column], got.found[keep, column]
    hits = float((truth * found).sum())
    kept = max(int(keep.sum()), 1)
    numbers = (
        float(keep.mean()) if len(keep) else 0.0,
        hits / max(float(found.sum()), 1.0),
        hits / max(float(truth.sum()), 1.0),
        f1(truth, found),
        float(np.abs(truth - found).sum()) / kept,
    )
    return Covered(rule, got.labels[column], *(round(number, 4) for number in numbers))
