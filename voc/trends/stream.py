"""How the counts of a stream become shares, by what the classifier's probabilities say of that very stream.

A table of errors comes from documents that were picked for being hard; where most are easy it corrects far too much (it
made 1.7% of 36 found in 180 hospital reviews). Probabilities tell easy from hard. Tried in November 2026, mean error of
the share in percentage points, and how many 95% intervals held what the labels say (interval of this module):

| | held back and dev, 14 sources | two of three positives left out | ... of negatives | random draws of eight streams |
|---|---|---|---|---|
| as counted | 2.25, 94% | 3.3, 77% | 4.6, 94% | 1.8 |
| adjusted count, table of the other sources | 4.05, 87% | 3.3, 90% | 6.2, 91% | 3.2 |
| probabilities as they are (PULL 0) | 1.77, 100% | 3.3, 92% | 6.3, 95% | 1.9 |
| PULL 0.2 | 1.68, 98% | 3.0, 93% | 5.6, 94% | 1.6 |
| PULL 0.25 (chosen) | 1.71, 97% | 3.0, 94% | 5.5, 94% | |
| PULL 0.3 | 1.75, 96% | 2.9, 93% | 5.3, 93% | 1.5 |
| PULL 0.5 | 2.05, 94% | 2.7, 90% | 4.8, 90% | 1.7 |
| expectation maximisation (PULL 1) | 3.96, 82% | 3.2, 73% | 5.6, 83% | 4.6 |

The intervals are 16.8 points wide (as they are), those of the counts 11.3 and of the adjusted counts 14.3.
The first three columns: ``scripts/evaluate_shares.py``, nine labels, sources of 30 documents and more. The last: 755
documents of ``corpora/labels``, drawn at random from eight streams, which the model that was asked (one with a frozen
encoder) had not seen; there the mean of the counted and the probable share came to 1.6, a quarter of the way to
expectation maximisation in log odds to 1.7. Tables binned by score and a regression over sources were not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from voc.results import Correction, DayCount
from voc.trends.correct import ErrorTable, gap_interval

Floats = npt.NDArray[np.float64]

# How far a stream's share pulls its probabilities away from the share that they were calibrated at, on the log odds: 0
# takes them as they are, 1 is the expectation maximisation of Saerens, Latinne and Decaestecker (2002). The likelihood
# of the labels is highest at 0.1 to 0.2 (held back and dev by source) and at 0.3 (random draws of streams).
PULL: Final = 0.25
# What is then still off, from one source of feedback to the next, in log odds: the scale of Student's t with TAILS
# degrees of freedom, whose long tails let an audit overrule it. Likeliest 0.2 to 0.25 (sources; of a normal, 0.3 to 0.4
# for streams); 0.32, with which intervals hold also where labels are three times as rare or as frequent.
SPREAD: Final = 0.32
TAILS: Final = 4.0
_REACH: Final = 6.0  # the log odds are off by less than this
_STEP: Final = 0.02
_ROUNDS: Final = 40  # of the fixed point: each brings it nearer by ``pull`` at least
_EDGE: Final = 1e-6  # probabilities are kept this far from 0 and 1
_WIDTH: Final = 0.1  # of a bin of log odds; a probability moves by less than 0.001 in it
_BINS: Final = 280
_MIDDLES: Final = (np.arange(_BINS) + 0.5 - _BINS / 2) * _WIDTH
_PAGE: Final = 4096
_ENDS: Final = (0.025, 0.5, 0.975)

Audit = Mapping[str, Mapping[str, bool]]
NO_AUDIT: Final[Audit] = {}


class Stream:
    """The probabilities of a stream's documents, as counts in bins of log odds.

    ``labels``: in the order of ``DayCount.probabilities``; ``audit``: what people said, by document and label, of
    documents that were drawn at random; it counts where its document is seen; ``pull``: see ``PULL``."""

    def __init__(self, labels: Sequence[str], audit: Audit = NO_AUDIT, pull: float = PULL) -> None:
        self.labels, self._audit, self._pull = tuple(labels), audit, pull
        self._bins = np.zeros((len(self.labels), _BINS))
        self._found, self._set = (np.zeros(len(self.labels)) for _ in range(2))
        self._size = 0
        self._page: list[DayCount] = []
        self._audited: dict[str, list[tuple[float, bool]]] = {label: [] for label in self.labels}

    def add(self, count: DayCount) -> None:
        """Takes in a document; one that was not heard, or comes without probabilities, is passed over."""
        if not count.heard or not count.probabilities:
            return
        self._page.append(count)
        if len(self._page) == _PAGE:
            self._take()
        for label, true in self._audit.get(count.key, {}).items():
            if label in self._audited:
                self._audited[label].append((count.probabilities[self.labels.index(label)], true))

    def _take(self) -> None:
        if not self._page:
            return
        odds = _log_odds(np.array([c.probabilities for c in self._page], dtype=np.float64))
        bins = np.clip(np.floor(odds / _WIDTH).astype(np.int64) + _BINS // 2, 0, _BINS - 1)
        self._size += len(self._page)
        found, by_hand = self._marks([c.labels for c in self._page]), self._marks([c.by_hand for c in self._page])
        for i in range(len(self.labels)):
            self._bins[i] += np.bincount(bins[~by_hand[:, i], i], minlength=_BINS)
        self._found += found.sum(axis=0)
        self._set += (found & by_hand).sum(axis=0)
        self._page.clear()

    def _marks(self, some: Sequence[frozenset[str]]) -> npt.NDArray[np.bool_]:
        """(documents, labels): which of the labels each document has."""
        at = {label: i for i, label in enumerate(self.labels)}
        marks = np.zeros((len(some), len(at)), dtype=np.bool_)
        for row, labels in enumerate(some):
            for label in labels:
                if label in at:
                    marks[row, at[label]] = True
        return marks

    def corrections(self, errors: Mapping[str, ErrorTable]) -> dict[str, Correction]:
        """For each label of ``errors``, which have no ``problem`` and the share at which its probabilities are
        calibrated, how its counts become shares; {} where no document was seen."""
        self._take()
        rows = {label: i for i, label in enumerate(self.labels)} if self._size else {}
        return {label: self._correction(rows[label], table) for label, table in errors.items() if label in rows}

    def _correction(self, row: int, table: ErrorTable) -> Correction:
        """Level by the probabilities of the stream; steps by the table: where a label becomes more frequent, texts that
        carry it are found as often as ever (the probabilities alone made 0.07 of a step of 0.12; the table 0.11)."""
        audited = sorted(self._audited[self.labels[row]])
        usual = (table.tp + table.fn) / (table.tp + table.fn + table.fp + table.tn)

        def share(offset: float) -> float:
            return float((self._bins[row] @ special.expit(_MIDDLES + offset) + self._set[row]) / self._size)

        low, middle, high = map(share, _posterior(offset_of(share, usual, self._pull), audited))
        least, most = gap_interval(table)
        counted = float(self._found[row] / self._size)
        return Correction(counted, middle, low, high, table.gap, least, most, self._size, len(audited))


def offset_of(share: Callable[[float], float], usual: float, pull: float) -> float:
    """What is added to the log odds of the probabilities: ``pull`` times that by which the stream's ``share``, with it,
    differs from the ``usual`` one."""
    offset = 0.0
    for _ in range(_ROUNDS):
        offset = pull * float(_log_odds(share(offset)) - _log_odds(usual))
    return offset


def _posterior(offset: float, audited: Sequence[tuple[float, bool]]) -> list[float]:
    """The offset at both ends of its 95% interval, and at its middle, between them.

    Without an audit it lies around ``offset`` as sources do. An audit enters as in prediction-powered inference
    (Angelopoulos et al. 2023): the labels of some say by how much the predictions of all are off. Here that is an
    offset of the log odds, at which the audited probabilities add up to the labels; so no share leaves 0..1, and a few
    labels, or none of a rare kind, count for as little as they say. Where labels scatter more than the probabilities
    allow, they count for less (the sandwich variance).
    """
    beside = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    prior = -(TAILS + 1) / 2 * np.log1p((beside / SPREAD) ** 2 / TAILS)
    log = prior
    if audited:
        odds = _log_odds(np.array([p for p, _ in audited])) + offset
        true = np.array([t for _, t in audited], dtype=np.float64)
        moved = odds[:, None] + beside
        likelihood = (true[:, None] * moved - np.logaddexp(0.0, moved)).sum(axis=0)
        best = special.expit(moved[:, int(np.argmax(likelihood + prior))])
        scatter, allowed = ((true - best) ** 2).sum(), (best * (1 - best)).sum()
        log = prior + likelihood * min(1.0, float(allowed / max(scatter, 1e-12)))
    weight = np.exp(log - log.max())
    below = (np.cumsum(weight) - weight / 2) / weight.sum()
    return [offset + float(at) for at in np.interp(_ENDS, below, beside)]


def _log_odds(chance: npt.ArrayLike) -> Floats:
    inner = np.clip(np.asarray(chance, dtype=np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inner) - np.log1p(-inner))
