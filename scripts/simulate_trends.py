"""Simulate what the trends say where the truth is known: false alarms, what is found, and how often intervals hold it.

    python scripts/simulate_trends.py --seed 2026
    python scripts/simulate_trends.py --calibrate

40 weeks of about 1,000 documents, share 4%, beta-binomial with rho 0.0005 unless said; changes begin in week 33.
``--calibrate`` prints the constants of voc/trends/combine.py from Gaussian statistics.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import click
import numpy as np
import numpy.typing as npt

from voc.trends.change import BASELINE_WEEKS, DRIFT_DECAY, DRIFT_WEEKS, SHIFT_WINDOWS
from voc.trends.combine import AT, gaussian_ratios
from voc.trends.correct import ErrorTable, corrected
from voc.trends.season import YEAR
from voc.trends.series import SIGNALS, Changes, changes
from voc.trends.standard import Strata
from voc.weeks import Week

Floats = npt.NDArray[np.float64]
Line = tuple[str, float, str]

WEEKS: Final = 40
CHANGE: Final = 32  # column of week 33
SHARE: Final = 0.04
RHO: Final = 0.0005
UP: Final = (SIGNALS.index("shift_up"), SIGNALS.index("drift_up"))
FIRST_TESTED: Final = 8
FIRST: Final = Week(2024, 40)  # of the files with a time of year
LONG: Final = 2 * YEAR


@click.command(help=__doc__)
@click.option("--seed", default=2026, show_default=True)
@click.option("--rounds", default=100, show_default=True, help="Files of ten series; the other figures by it.")
@click.option("--calibrate", is_flag=True, help="Print the constants of the combined p instead.")
def main(seed: int, rounds: int, calibrate: bool) -> None:
    if calibrate:
        print_ratios(np.random.default_rng(seed), rounds)
        return
    started = time.perf_counter()
    click.echo(f"seed {seed}, {rounds} rounds; in brackets what is asked for: must, aim")
    for part in (steady, like_with_like, volume, one_of_ten, one_of_five, time_of_year, coverage):
        for name, value, asked in part(np.random.default_rng([seed, len(part.__name__)]), rounds):
            click.echo(f"{name:<66} {value:7.2%}  ({asked})")
    click.echo(f"{time.perf_counter() - started:.0f} s")


def simulate(
    rng: np.random.Generator,
    series: int,
    *,
    documents: float = 1000,
    rho: float = RHO,
    factors: Floats | float = 1.0,
    volumes: Floats | float = 1.0,
) -> Changes:
    """One file; ``factors`` on the shares and ``volumes`` on the documents broadcast to (series, weeks)."""
    n = np.maximum(rng.poisson(documents * np.broadcast_to(volumes, (series, WEEKS))), 1)
    mean = SHARE * np.broadcast_to(factors, n.shape)
    own = rng.beta(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho)
    return changes(rng.binomial(n, own).astype(np.float64), n.astype(np.float64))


def after(value: float) -> Floats:
    """1 before the change, ``value`` from it on: (1, weeks)."""
    return np.where(np.arange(WEEKS) >= CHANGE, value, 1.0)[None]


def steady(rng: np.random.Generator, rounds: int) -> Iterator[Line]:
    for rho, asked in ((RHO, "1%, 0.5%"), (0.003, "2%, 1%")):
        files = [simulate(rng, 200, rho=rho).signal[:, FIRST_TESTED:] for _ in range(max(rounds // 10, 1))]
        yield (
            f"200 steady series, rho {rho}: weeks of a series with a signal",
            float(np.mean(np.array(files) > 0)),
            asked,
        )
    for rho, asked in ((RHO, "1%, 0.5%"), (0.003, "2%, 1%")):
        alone = [simulate(rng, 1, rho=rho).signal[:, FIRST_TESTED:] for _ in range(rounds)]
        yield f"one steady series a file, rho {rho}: weeks with a signal", float(np.mean(np.array(alone) > 0)), asked
    for documents in (1000, 60):
        ten = [simulate(rng, 10, documents=documents).signal[:, FIRST_TESTED:] for _ in range(rounds)]
        any_ = (np.array(ten) > 0).any(axis=1)
        yield f"ten steady series, {documents} documents: reports with any signal", float(any_.mean()), "8%, 5%"


def like_with_like(rng: np.random.Generator, rounds: int) -> Iterator[Line]:
    """Ten steady series as the report tests them: standardised by who was heard, whose proportions move by chance."""
    for documents in (1000, 60):
        found = []
        for _ in range(rounds):
            strata = company(rng, 10, documents)
            n = np.broadcast_to(strata.n.sum(axis=1), (10, WEEKS))
            found.append(changes(strata.k.sum(axis=2), n, strata).signal[:, FIRST_TESTED:])
        any_ = (np.array(found) > 0).any(axis=1)
        name = f"the same, standardised, {documents} documents: reports with any signal"
        yield name, float(any_.mean()), "8%, 5%"


def company(rng: np.random.Generator, series: int, documents: float) -> Strata:
    """Documents by channel, language and product (2 of each), each stratum with 0.5 to 2 times the share of the series;
    who is heard varies from week to week (Dirichlet, 200), and so does each share (``RHO``)."""
    pair, product = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)  # product 0 is none: every pair has it
    weights = np.where(product > 0, rng.uniform(0.5, 2, len(pair)), 0.0)
    heard = np.zeros((WEEKS, len(pair)))
    heard[:, product > 0] = rng.dirichlet(200 * (weights / weights.sum())[product > 0], WEEKS)
    n = rng.multinomial(np.maximum(rng.poisson(documents, WEEKS), 1), heard).astype(np.float64)
    own = rng.beta(SHARE * (1 - RHO) / RHO, (1 - SHARE) * (1 - RHO) / RHO, (series, WEEKS, 1))
    rates = np.minimum(own * np.exp2(rng.uniform(-1, 1, (series, 1, len(pair)))), 1.0)
    return Strata(n, rng.binomial(n.astype(np.int64)[None], rates).astype(np.float64), pair, product)


def volume(rng: np.random.Generator, rounds: int) -> Iterator[Line]:
    first = [simulate(rng, 200, volumes=after(2)).signal[:, CHANGE] > 0 for _ in range(max(rounds // 10, 1))]
    yield "volume x2, share unchanged: series with a signal in its first week", float(np.mean(first)), "2%, 1%"
    ten = [(simulate(rng, 10, volumes=after(2)).signal[:, CHANGE] > 0).any() for _ in range(rounds)]
    yield "volume x2, ten series a file: files with a signal in its first week", float(np.mean(ten)), "not asked for"


def one_of_ten(rng: np.random.Generator, rounds: int) -> Iterator[Line]:
    factors = np.ones((10, WEEKS))
    factors[0] = after(1.5)
    files = np.array([simulate(rng, 10, factors=factors).signal for _ in range(rounds * 2)])
    found = np.isin(files[:, 0, CHANGE : CHANGE + 2], UP).any(axis=1)
    yield "one of ten by x1.5: found within 2 weeks", float(found.mean()), "50%, 62%"
    false: npt.NDArray[np.bool_] = np.any(files[:, 1:] > 0, axis=1)
    yield "  reports with a false signal from week 33 on", float(false[:, CHANGE:].mean()), "at most 10%"
    yield "  reports with a false signal, all", float(false[:, FIRST_TESTED:].mean()), "at most 10%"


def one_of_five(rng: np.random.Generator, rounds: int) -> Iterator[Line]:
    half = np.where(np.arange(WEEKS) == CHANGE, 0.5, 1.0)[None]
    grown = 1.05 ** np.maximum(np.arange(WEEKS) - CHANGE + 1, 0)[None]
    cases: tuple[tuple[str, Floats, Floats | float, int, str], ...] = (
        ("x1.5: found within 2 weeks", after(1.5), 1.0, 2, "70%, 85%"),
        ("x2 at half volume: found in the week", after(2.0), half, 1, "72%, 85%"),
        ("drift of 5% a week: found within 8 weeks", grown, 1.0, 8, "75%, 90%"),
    )
    for name, factor, volumes, within, asked in cases:
        factors = np.ones((500, WEEKS))
        factors[:100] = factor
        files = np.array(
            [simulate(rng, 500, factors=factors, volumes=volumes).signal for _ in range(max(rounds // 20, 1))]
        )
        found = np.isin(files[:, :100, CHANGE : CHANGE + within], UP).any(axis=2)
        yield f"100 of 500 by {name}", float(found.mean()), asked
        for words, end in (("these weeks", CHANGE + within), ("all weeks from 33 on", WEEKS)):
            signals = files[:, :, CHANGE:end] > 0
            yield f"  signals that are false, in {words}", float(signals[:, 100:].sum() / signals.sum()), "at most 15%"


def time_of_year(rng: np.random.Generator, rounds: int) -> Iterator[Line]:
    """Ten series over two years, each with a yearly wave of its own phase; the second year is judged."""
    files = max(rounds // 5, 1)
    for size in (0.0, 0.15, 0.3):
        for documents in (1000, 60):
            k, n = zip(*(waves(rng, size, documents) for _ in range(files)), strict=True)
            for name, first in (("without", None), ("with", FIRST)):
                found = np.array([changes(a, b, first=first).signal[:, YEAR:] > 0 for a, b in zip(k, n, strict=True)])
                words = f"wave of {size:.0%}, {documents} documents, {name} the time of year"
                yield f"{words}: weeks with a signal", float(found.mean()), "fewer"
                yield f"{words}: reports", float(found.any(axis=1).mean()), "fewer"
    hits = []
    for _ in range(files * 2):
        k_, n_ = waves(rng, 0.3, 1000, last=8, factor=1.5)
        hits.append(np.isin(changes(k_, n_, first=FIRST).signal[0, LONG - 8 : LONG - 6], UP).any())
    yield "wave of 30%, one of ten by x1.5 late in the second year: within 2 weeks", float(np.mean(hits)), "50%, 62%"


def waves(
    rng: np.random.Generator, size: float, documents: float, *, last: int = 0, factor: float = 1.0
) -> tuple[Floats, Floats]:
    """Counts k of n of ten series over two years; the first changes by ``factor`` in the ``last`` weeks."""
    n = np.maximum(rng.poisson(documents, (10, LONG)), 1)
    angle = 2 * np.pi * np.arange(LONG) / 52.18 + rng.uniform(0, 2 * np.pi, (10, 1))
    mean = SHARE * (1 + size * np.sin(angle))
    mean[0, LONG - last :] *= factor
    own = rng.beta(mean * (1 - RHO) / RHO, (1 - mean) * (1 - RHO) / RHO)
    return rng.binomial(n, own).astype(np.float64), n.astype(np.float64)


def coverage(rng: np.random.Generator, rounds: int) -> Iterator[Line]:
    """400 error tables of 25 to 500 positives, recall 0.70 and false-positive rate 0.02, one file of 40 weeks each."""
    tables = max(4 * rounds, 4)
    cases: tuple[tuple[str, Callable[[int], int]], ...] = (
        ("in the proportion of the share", lambda positives: round(positives * (1 - SHARE) / SHARE)),
        ("as many", lambda positives: positives),
        ("1,000", lambda _: 1000),
    )
    for name, negatives in cases:
        held = []
        for _ in range(tables):
            with_, without = (size := int(rng.integers(25, 501))), negatives(size)
            tp, fp = rng.binomial(with_, 0.70), rng.binomial(without, 0.02)
            own = rng.beta(SHARE * (1 - RHO) / RHO, (1 - SHARE) * (1 - RHO) / RHO, WEEKS)
            n = np.maximum(rng.poisson(1000, WEEKS), 1)
            k = rng.binomial(n, own * 0.70 + (1 - own) * 0.02)
            table = ErrorTable(tp, with_ - tp, fp, without - fp)
            part = corrected(k.astype(np.float64), n.astype(np.float64), table)
            held.append((part.low <= own) & (own <= part.high))
        yield f"week's own share in its interval, negatives: {name}", float(np.mean(held)), "92-98%, 94-96%"


def print_ratios(rng: np.random.Generator, rounds: int) -> None:
    for baseline in (BASELINE_WEEKS, FIRST_TESTED):
        parts = [gaussian_ratios(gaussian(rng, baseline)) for _ in range(rounds)]
        for name, ratios in zip(("ALL", "SHIFT"), np.mean(parts, axis=0), strict=True):
            click.echo(
                f"baseline {baseline:2}  {name:5}  "
                + "  ".join(f"{x:g}: {r:.3f}" for x, r in zip(AT, ratios, strict=True))
            )


def gaussian(rng: np.random.Generator, baseline: int, draws: int = 100_000) -> Floats:
    """Statistics of the four tests of a week where nothing changes and weeks are alike: (4, draws)."""
    x = rng.standard_normal((draws, DRIFT_WEEKS + baseline))
    rows = []
    for width in SHIFT_WINDOWS:
        before = x[:, :-width][:, -BASELINE_WEEKS:]
        gap = x[:, -width:].mean(axis=1) - before.mean(axis=1)
        rows.append(gap / np.sqrt(1 / width + 1 / before.shape[1]))
    weight = DRIFT_DECAY ** np.arange(DRIFT_WEEKS)[::-1]
    weight /= weight.sum()
    gap = x[:, -DRIFT_WEEKS:] @ weight - x[:, :baseline].mean(axis=1)
    rows.append(gap / np.sqrt((weight**2).sum() + 1 / baseline))
    return np.stack(rows)


if __name__ == "__main__":
    main()
