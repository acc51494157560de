"""How well shares are estimated, source by source, on labelled documents that trained nothing.

    python scripts/evaluate_shares.py --train gold/train.jsonl --dev gold/dev.jsonl [--model FOLDER] [--cache PREFIX]

Takes the fifth of ``--train`` that training held back, and ``--dev``. Each source, with its documents as they are and
with two of three positives (or negatives) left out, is a stream whose share is estimated: as counted; adjusted by an
error table of the other sources; and from probabilities, with each ``PULL`` of ``voc.trends.stream`` (0: as they are,
1: expectation maximisation). Prints the mean error in percentage points and the share of 95% intervals that hold the
labels' share, and the likelihood of the labels by ``PULL`` and ``SPREAD``, by which the two were chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy import special

from voc.classify import load_classifier
from voc.classify.gold import read_gold, target_matrix
from voc.classify.stack import prevalence_weights
from voc.classify.train import FOLDS
from voc.encoders import load_encoder
from voc.engines import LocalEngine
from voc.results import DayCount
from voc.taxonomy import default_taxonomy
from voc.trends import stream
from voc.trends.correct import ErrorTable, corrected
from voc.trends.intervals import wilson
from voc.trends.scale import Scale

Array = NDArray[np.float64]
FILE = click.Path(path_type=Path, exists=True)
LEAST = 30  # documents of a source
KEPT = 1 / 3  # of the positives or negatives that are thinned
DRAWS = 10
PULLS = (0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0)
SPREADS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.32, 0.4, 0.5, 0.7, 1.0)
_OFFSETS = np.linspace(-5, 5, 201)


@dataclass(frozen=True, eq=False)
class Judged:
    """N documents: probabilities, decisions and labels (N, L), the source of each; ``usual`` (L,): shares of dev."""

    labels: tuple[str, ...]
    probability: Array
    found: Array
    truth: Array
    source: NDArray[np.str_]
    usual: Array


@click.command(help=__doc__)
@click.option("--train", "train_file", type=FILE, required=True)
@click.option("--dev", "dev_file", type=FILE, required=True)
@click.option("--model", default=None, help="By name or folder; default: the default model.")
@click.option("--cache", type=click.Path(path_type=Path), help="Begin of a file that keeps what the model said.")
def main(train_file: Path, dev_file: Path, model: str | None, cache: Path | None) -> None:
    judged = judge(train_file, dev_file, model, cache)
    names = [n for n in sorted(set(judged.source.tolist())) if (judged.source == n).sum() >= LEAST]
    cells = [(name, column) for name in names for column in range(len(judged.labels))]
    click.echo(f"{len(judged.truth):,} documents, {len(names)} sources of {LEAST} and more\n")
    for title, keep in (("as they are", None), ("positives thinned", 1.0), ("negatives thinned", 0.0)):
        rows = [estimates(judged, *cell, rows) for cell in cells for rows in drawn(judged, *cell, keep)]
        click.echo(f"{title}: {len(rows):,} streams\n{'':22}{'error':>8}{'bias':>8}{'held':>8}{'width':>8}")
        for name in rows[0]:
            told = np.array([row[name] for row in rows])
            click.echo(f"{name:22}" + "".join(f"{100 * value:8.2f}" for value in told.mean(axis=0)))
        click.echo("")
    likelihoods(judged, cells)


def judge(train_file: Path, dev_file: Path, model: str | None, cache: Path | None) -> Judged:
    """What the model says of the documents held back and of dev."""
    taxonomy = default_taxonomy()
    classifier = load_classifier(model, taxonomy)
    dev = read_gold(dev_file, taxonomy)
    examples = [*(e for e in read_gold(train_file, taxonomy) if e.fold % FOLDS == 0), *dev]
    kept = cache.with_name(f"{cache.name}-{classifier.id}.npy") if cache else None
    if kept and kept.is_file():
        probability = np.load(kept)
    else:
        engine = LocalEngine(load_encoder(model), classifier)
        probability = np.array([c.prediction.probabilities for c in engine.classify([e.document for e in examples])])
        if kept:
            np.save(kept, probability)
    return Judged(
        classifier.labels, probability, (probability >= np.array(classifier.thresholds)).astype(np.float64),
        target_matrix(examples, classifier.labels), np.array([e.document.source for e in examples]),
        target_matrix(dev, classifier.labels).mean(axis=0),
    )  # fmt: skip


def drawn(judged: Judged, name: str, column: int, keep: float | None) -> Iterator[NDArray[np.intp]]:
    """Rows of a source; with ``keep``, those without the label (0) or with it (1) thinned, some times over."""
    rows, random = np.flatnonzero(judged.source == name), np.random.default_rng([column, len(name)])
    if keep is None:
        yield rows
        return
    for _ in range(DRAWS):
        yield rows[(judged.truth[rows, column] != keep) | (random.random(len(rows)) < KEPT)]


def estimates(judged: Judged, name: str, column: int, rows: NDArray[np.intp]) -> dict[str, tuple[float, ...]]:
    """For each way of estimating: absolute error, error, whether the interval holds the labels' share, its width."""
    truth, found = judged.truth[rows, column].mean(), judged.found[rows, column]
    k, n = np.array([found.sum()]), np.array([float(len(rows))])
    told = {"as counted": (float(k[0] / n[0]), *wilson(int(k[0]), int(n[0])))}
    other = judged.source != name
    table = ErrorTable(*table_of(judged, column, other))
    share, low, high = (float(part[0]) for part in corrected(k, n, table))
    told["adjusted count"] = (share, low, high)
    for pull in PULLS:
        seen = stream.Stream(judged.labels[column : column + 1], pull=pull)
        for row in rows:
            labels, chance = seen.labels if judged.found[row, column] else (), judged.probability[row, column]
            seen.add(DayCount(str(row), None, None, frozenset(labels), probabilities=(float(chance),)))
        correction = seen.corrections({seen.labels[0]: table})[seen.labels[0]]
        told[f"probabilities, {pull:g}"] = Scale(correction).shares(k, n)[0]
    return {way: (abs(s - truth), s - truth, float(lo <= truth <= hi), hi - lo) for way, (s, lo, hi) in told.items()}


def table_of(judged: Judged, column: int, rows: NDArray[np.bool_]) -> list[float]:
    """(tp, fn, fp, tn) at the frequency of dev, as training writes it."""
    truth, found = judged.truth[rows, column], judged.found[rows, column]
    weight = prevalence_weights(truth[:, None], judged.usual[column : column + 1])[:, 0]
    return [float((weight * (truth == t) * (found == f)).sum()) for t, f in ((1, 1), (1, 0), (0, 1), (0, 0))]


def likelihoods(judged: Judged, cells: list[tuple[str, int]]) -> None:
    """Logarithm of the likelihood of the labels, where what a source is still off is Student's t times ``SPREAD``."""
    click.echo("log-likelihood of the labels, by PULL (down) and SPREAD")
    click.echo(" " * 6 + "".join(f"{spread:9g}" for spread in SPREADS))
    priors = [-(stream.TAILS + 1) / 2 * np.log1p((_OFFSETS / spread) ** 2 / stream.TAILS) for spread in SPREADS]
    priors = [prior - np.logaddexp.reduce(prior) for prior in priors]
    for pull in PULLS:
        total = np.zeros(len(SPREADS))
        for name, column in cells:
            rows = judged.source == name
            odds = special.logit(np.clip(judged.probability[rows, column], 1e-6, 1 - 1e-6))
            offset = stream.offset_of(partial(_share, odds), float(judged.usual[column]), pull)
            moved = odds[:, None] + offset + _OFFSETS
            fit = (judged.truth[rows, column, None] * moved - np.logaddexp(0.0, moved)).sum(axis=0)
            total += [np.logaddexp.reduce(fit + prior) for prior in priors]
        click.echo(f"{pull:6g}" + "".join(f"{value:9.1f}" for value in total))


def _share(odds: Array, offset: float) -> float:
    return float(special.expit(odds + offset).mean())


if __name__ == "__main__":
    main()
