"""How well predictions agree with labelled documents: figures with intervals, and the quality gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.classify.gold import Example, target_matrix
from voc.classify.metrics import ROUNDS, calibration_error, f1, interval
from voc.classify.score import chinese_share
from voc.errors import ConfigError, QualityGateError
from voc.results import Classified
from voc.taxonomy import COMPLAINT, PRAISE

Array = NDArray[np.float64]

LONGEST, LONGEST_CHINESE = 240, 100  # non-space characters of a span that still counts as evidence
SHARED_TRIGRAMS = 0.3


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in 0..1 with its 95% bootstrap interval; ``documents`` is what it rests on."""

    value: float
    low: float
    high: float
    documents: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """N documents' truth, decisions and probabilities (N, L), and which found complaints have good evidence."""

    labels: tuple[str, ...]
    truth: Array
    found: Array
    probability: Array
    languages: tuple[str, ...]
    shown: Array
    quoted: Array

    def columns(self, side: str) -> list[int]:
        """Columns of the labels of one side, complaint or praise."""
        return [c for c, label in enumerate(self.labels) if label.endswith(f".{side}")]


def outcome(examples: Sequence[Example], results: Sequence[Classified], labels: Sequence[str]) -> Outcome:
    """Put labelled documents and what the classifier said of them side by side."""
    names = tuple(labels)
    truth = target_matrix(examples, names)
    found = np.array([[float(label in r.prediction.labels) for label in names] for r in results])
    shown, quoted = np.zeros(truth.shape), np.zeros(truth.shape)
    for row, (example, result) in enumerate(zip(examples, results, strict=True)):
        for label, quote in example.quotes.items():
            column = names.index(label)
            if not found[row, column]:
                continue
            quoted[row, column] = 1.0
            span = next(s for s in result.prediction.evidence if s.label == label)
            shown[row, column] = float(shows(example.document.text[span.start : span.end], quote))
    return Outcome(
        labels=names,
        truth=truth,
        found=found,
        probability=np.array([r.prediction.probabilities for r in results]),
        languages=tuple(example.document.language for example in examples),
        shown=shown,
        quoted=quoted,
    )


def shows(span: str, quote: str) -> bool:
    """Whether a span holds an annotator's quote or shares 0.3 of its character trigrams, and is short enough."""
    span, quote = "".join(span.split()), "".join(quote.split())
    longest = LONGEST_CHINESE if chinese_share(span) > 0.5 else LONGEST
    if len(span) > longest:
        return False
    if quote in span:
        return True
    left, right = _trigrams(span), _trigrams(quote)
    either = len(left | right)
    return either > 0 and len(left & right) >= SHARED_TRIGRAMS * either


def _trigrams(text: str) -> set[str]:
    return {text[i : i + 3] for i in range(len(text) - 2)}


def figures(got: Outcome, rounds: int = ROUNDS) -> dict[str, Figure]:
    """Every figure by name: ``f1.<label>``, ``f1.complaints``, ``f1.praises`` (means over drivers), both also by
    language, ``ece.<label>``, ``ece`` (the largest), ``evidence``; intervals by drawing documents again."""
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
    calculate |= {f"ece.{got.labels[c]}": error(c) for c in all_labels}
    calculate["ece"] = lambda w: max(error(c)(w) for c in all_labels)
    calculate["evidence"] = evidence
    return calculate


def _support(got: Outcome, name: str) -> int:
    """Documents (for evidence: found complaints) that a figure rests on."""
    if name == "evidence":
        return int(got.quoted.sum())
    return Counter(got.languages).get(name.rsplit(".", 1)[-1], len(got.truth))


def check_gate(measured: Mapping[str, Figure], gate: Mapping[str, Any], digest: str) -> None:
    """Compare figures with the floors (``[floor]``) and ceilings (``[ceiling]``) of a gate.

    QualityGateError names every figure that misses its bound, or says that the data (``digest``, sha256 hex) is not
    what the bounds were measured on; ConfigError where the gate names no such figure.
    """
    if gate.get("digest") != digest:
        raise QualityGateError(
            f"the gate's bounds were measured on data with digest {gate.get('digest')}, not {digest}",
            "Measure again and write bounds and digest together, on purpose.",
        )
    missed = []
    for kind, sign in (("floor", 1.0), ("ceiling", -1.0)):
        for name, bound in gate.get(kind, {}).items():
            if name not in measured:
                raise ConfigError(f"the gate names an unknown figure {name!r}", f"There are: {', '.join(measured)}.")
            if sign * (measured[name].value - float(bound)) < 0.0:
                missed.append(f"{name} is {measured[name].value:.4f}, its {kind} is {float(bound):.4f}")
    if missed:
        raise QualityGateError("; ".join(missed), "Find what made it worse; a bound is lowered only on purpose.")
