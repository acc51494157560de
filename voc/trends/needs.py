"""The needs axis: what goes with complaints and with praise, in ratings and in leaving, all else alike.

Penalty-reward contrasts after Brandt (1987), "A procedure for identifying value-enhanced service components using
customer satisfaction survey data": one column for a need that was missed and one for a need that was met, in one model
with all others. Mikulic and Prebezac (2011), "A critical review of techniques for classifying quality attributes in the
Kano model", Managing Service Quality 21(1), doi:10.1108/09604521111100243, warn that such effects tell what goes with
satisfaction and are no Kano classes; so the places here are named for what was measured.

Drivers are judged over all documents, themes in a second model over those of the window in which themes are known.
Channel, language, week and scale of rating are held alike. Every interval comes from one bootstrap by customer (weights
drawn from an exponential distribution: Rubin 1981, "The Bayesian bootstrap", Annals of Statistics 9), and is never
narrower than the model's own, which is the wider one where columns coincide or nobody is left to tell. A need is placed
by limits that hold for all effects together: the 95% point of the largest of all deviations (Romano and Wolf 2005,
"Exact and approximate stepdown methods for multiple hypothesis testing", JASA 100, without the steps).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voc.needs import (
    ABSENT,
    APART,
    ATTRACTOR,
    BANDS,
    BOTH,
    CONSTANT,
    CONTRARY,
    DRIVER,
    FEW,
    FITTED,
    FOUND,
    LEAVING,
    MUST_HAVE,
    NOISE,
    NOTHING,
    OPEN,
    OUTCOMES,
    RATING,
    SPARSE,
    THEME,
    UNKNOWN,
    WIDE,
    Effect,
    Need,
    NeedsAxis,
    Outcome,
)
from voc.taxonomy import COMPLAINT, PRAISE
from voc.trends.association import Columns, Linear, Logistic, Ridge, columns_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEEKS: Final = 26
LEAST_DOCUMENTS: Final = 200  # with an outcome, for a model of it
LEAST_EACH: Final = 20  # documents that state leaving, and that do not
LEAST_CARRYING: Final = 30  # documents with a complaint or praise, for a statement about it
LEAST_CUSTOMERS: Final = 20
RESAMPLES: Final = 500
MAX_DOCUMENTS: Final = 50_000
_SEED: Final = 20261122
_CHUNK: Final = 50  # resamples at a time: bounds the memory to 50 numbers a customer, a row and a pair of columns
_CONFIDENCE: Final = 0.95
_NORMAL: Final = 1.959964
_RARE: Final = 10  # documents below which a level of a control shares a column with others
_TOGETHER: Final = 10.0  # variance with all columns over that of its own: the usual limit of variance inflation
_POINTS: Final = 4.0  # from a place in 0..1 to points of a rating from 1 to 5
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Told:
    """One heard document: who says what, where and when, how it is rated (0..1 on its ``scale``, None where it is not)
    and of which themes it is (None where it lies outside the window of themes)."""

    key: str
    customer: str | None
    week: str
    channel: str
    language: str
    labels: frozenset[str]
    themes: frozenset[str] | None = None
    rating: float | None = None
    scale: str = ""

    @property
    def who(self) -> str:
        """See `who_said`."""
        return who_said(self.key, self.customer)

    @property
    def columns(self) -> tuple[object, ...]:
        """All that its row in a model of an outcome is made of."""
        return (self.labels, self.themes, self.channel, self.language, self.week, self.scale)


@dataclass(frozen=True, slots=True)
class ThemeSide:
    """A theme, its driver and the side (complaint or praise) that it is on."""

    id: str
    driver: str
    side: str


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One effect to be estimated: its place in the needs, its column and the contrast (p,) of the effects."""

    need: tuple[str, str]
    side: str
    column: int
    contrast: Floats
    documents: int
    customers: int

    @property
    def judged(self) -> bool:
        """Whether enough documents and customers carry it."""
        return self.documents >= LEAST_CARRYING and self.customers >= LEAST_CUSTOMERS


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """A fitted model of one outcome. ``said`` and ``sums``: (rows, customers) sparse, how many documents of each row a
    customer has, and the sum of their outcomes."""

    outcome: str
    fit: Ridge
    columns: Columns
    said: Any
    sums: Any
    sides: list[_Side]

    def effects(self, draws: Floats) -> Floats:
        """(b, sides)"""
        return np.asarray(draws @ np.array([s.contrast for s in self.sides]).T, dtype=np.float64)

    def redrawn(self, weights: Floats) -> Floats:
        """The effects (b, sides) where the customers weigh ``weights`` (customers, b)."""
        return self.effects(self.fit.redraw(self.said @ weights, self.sums @ weights))


def needs_axis(
    told: Iterable[Told],
    *,
    drivers: Sequence[str],
    themes: Sequence[ThemeSide] = (),
    start: str | None = None,
    end: str | None = None,
    left_out: int = 0,
) -> NeedsAxis:
    """The axis of ``told``, in any order, with the same result; ``left_out``: documents beyond those, see `sampled`.
    What cannot be looked at is said, never raised."""
    rows = sorted(told, key=lambda t: (t.who, t.key))
    number = {who: i for i, who in enumerate(dict.fromkeys(t.who for t in rows))}
    clusters = np.array([number[t.who] for t in rows], dtype=np.int64)
    outcomes = tuple(_outcome(name, rows) for name in OUTCOMES)
    problems = []
    for kind, outcome in ((k, o) for k in (DRIVER, THEME) for o in outcomes):
        if outcome.state != FITTED or (kind == THEME and not themes):
            continue
        inside = [i for i, t in enumerate(rows) if kind == DRIVER or t.themes is not None]
        problem = _problem(
            outcome.name, [rows[i] for i in inside], clusters[inside], len(number), drivers, _of(kind, themes)
        )
        problems += [problem] if problem else []
    judged, critical, tests = _judge(problems, len(number))
    return NeedsAxis(start, end, outcomes, _needs(judged, drivers, themes), tests, critical, RESAMPLES, left_out)


def _of(kind: str, themes: Sequence[ThemeSide]) -> Sequence[ThemeSide]:
    return themes if kind == THEME else ()


def who_said(key: str, customer: str | None) -> str:
    """Whose voice a document is: its customer's; where unknown, it is one by itself."""
    return f"k {key}" if customer is None else f"c {customer}"


def sampled(sizes: Mapping[str, int]) -> frozenset[str]:
    """Whose documents are looked at, all of them, as many as there is time for: those first by a hash, which is by
    chance and the same each time. ``sizes``: how many documents each has, by `who_said`."""
    if sum(sizes.values()) <= MAX_DOCUMENTS:
        return frozenset(sizes)
    kept, total = set[str](), 0
    for who in sorted(sizes, key=lambda w: hashlib.sha256(w.encode("utf-8", "surrogatepass")).digest()):
        total += sizes[who]
        if total > MAX_DOCUMENTS and kept:
            break
        kept.add(who)
    return frozenset(kept)


def _outcome(name: str, rows: Sequence[Told]) -> Outcome:
    asked = _asked(name, rows)
    customers = len({t.who for t in asked})
    values = [_value(name, t) for t in asked]
    if name == RATING:
        scales = dict(sorted(Counter(t.scale for t in asked).items()))
        state = NOTHING if not asked else SPARSE if len(asked) < LEAST_DOCUMENTS else FITTED
        state = CONSTANT if state == FITTED and len(set(values)) < 2 else state
        return Outcome(name, state, len(asked), customers, None, scales)
    carrying = int(sum(values))
    enough = len(asked) >= LEAST_DOCUMENTS and min(carrying, len(asked) - carrying) >= LEAST_EACH
    return Outcome(name, FITTED if enough else SPARSE if carrying else NOTHING, len(asked), customers, carrying)


def _asked(name: str, rows: Sequence[Told]) -> list[Told]:
    return [t for t in rows if name == LEAVING or t.rating is not None]


def _value(name: str, told: Told) -> float:
    return float(LEAVING in told.labels) if name == LEAVING else _POINTS * (told.rating or 0.0)


def _problem(
    outcome: str, rows: Sequence[Told], clusters: Ints, customers: int, drivers: Sequence[str],
    themes: Sequence[ThemeSide],
) -> _Problem | None:  # fmt: skip
    """The model of ``outcome`` on the labels of ``drivers``, ``themes`` and the controls; None where the documents that
    are left say too little."""
    inside = [i for i, t in enumerate(rows) if outcome == LEAVING or t.rating is not None]
    rows = [rows[i] for i in inside]
    if _outcome(outcome, rows).state != FITTED:
        return None
    row_of: dict[tuple[object, ...], int] = {}
    of = np.array([row_of.setdefault(t.columns, len(row_of)) for t in rows], dtype=np.int64)
    counts = np.bincount(of)
    patterns = [rows[i] for i in np.unique(of, return_index=True)[1]]
    labels = [f"{d}.{side}" for d in drivers for side in (COMPLAINT, PRAISE)]
    names = ["", *labels, *(f"theme {t.id}" for t in themes)]
    place = {name: i for i, name in enumerate(names)}
    controls = _controls(patterns, counts)
    for found in controls:
        for name in found:
            place.setdefault(name, len(place))
    indices = []
    for t, found in zip(patterns, controls, strict=True):
        carried = [place[label] for label in t.labels if label in place]
        carried += [place[f"theme {theme}"] for theme in t.themes or () if f"theme {theme}" in place]
        indices.append(sorted({0, *carried, *(place[name] for name in found)}))
    columns = columns_of(indices, len(place))
    values = np.array([_value(outcome, t) for t in rows])
    fit = Linear(columns, of, values) if outcome == RATING else Logistic(columns, of, values)
    said, sums = (_summed(some, of, clusters[inside], customers) for some in (np.ones(len(of)), values))
    return _Problem(outcome, fit, columns, said, sums, _sides(columns, counts, said, place, drivers, themes))


def _summed(values: Floats, of: Ints, clusters: Ints, customers: int) -> Any:
    """(rows, customers) sparse: the sums of ``values`` (n,)."""
    from scipy.sparse import csr_matrix

    made: Any = csr_matrix((values, (of, clusters)), shape=(int(of.max()) + 1, customers))
    return made


def _controls(patterns: Sequence[Told], counts: Ints) -> list[list[str]]:
    """The names of the columns of channel, language, week and scale of each row, of which there are ``counts``
    documents; rare levels share one, and an attribute with a single level has none."""
    found: list[list[str]] = [[] for _ in patterns]
    for name in ("channel", "language", "week", "scale"):
        values, sizes = [str(getattr(t, name)) for t in patterns], Counter[str]()
        for value, count in zip(values, counts.tolist(), strict=True):
            sizes[value] += count
        merged = [v if sizes[v] >= _RARE else "(rare)" for v in values]
        if len(set(merged)) > 1:
            for columns, value in zip(found, merged, strict=True):
                columns.append(f"{name} {value}")
    return found


def _sides(
    columns: Columns, counts: Ints, said: Any, place: dict[str, int], drivers: Sequence[str],
    themes: Sequence[ThemeSide],
) -> list[_Side]:  # fmt: skip
    """The effects to be estimated: of the drivers or, where there are any, of the themes. A complaint of a theme is one
    of its driver, too: its effect is that of both columns."""
    held = columns.across.tocsr()

    def side(need: tuple[str, str], name: str, column: int, also: int | None) -> _Side:
        carrying = held.indices[held.indptr[column] : held.indptr[column + 1]]
        documents = int(counts[carrying].sum())
        contrast = np.zeros(columns.count)
        contrast[column] = 1.0
        if also is not None and documents:
            beside = held.indices[held.indptr[also] : held.indptr[also + 1]]
            contrast[also] = int(counts[np.intersect1d(carrying, beside)].sum()) / documents
        return _Side(need, name, column, contrast, documents, len(np.unique(said[carrying].indices)))

    if themes:
        return [side((THEME, t.id), t.side, place[f"theme {t.id}"], place.get(f"{t.driver}.{t.side}")) for t in themes]
    return [side((DRIVER, d), s, place[f"{d}.{s}"], None) for d in drivers for s in (COMPLAINT, PRAISE)]


def _judge(problems: Sequence[_Problem], customers: int) -> tuple[list[tuple[_Side, Effect]], float | None, int]:
    """What was found of each side; the critical value and the number of effects that it is for."""
    draws: list[list[Floats]] = [[] for _ in problems]
    random = np.random.default_rng(_SEED)
    for first in range(0, RESAMPLES, _CHUNK):
        # The same weights in every model: a customer who weighs much does so in all of them.
        weights = random.standard_exponential((min(_CHUNK, RESAMPLES - first), customers)).T.copy()
        for problem, found in zip(problems, draws, strict=True):
            found.append(problem.redrawn(weights))
    parts = []
    largest = np.zeros(RESAMPLES)
    for problem, found in zip(problems, draws, strict=True):
        estimate = problem.effects(problem.fit.estimate[None, :])[0]
        apart = np.concatenate(found) - estimate
        model = np.array([s.contrast @ problem.fit.covariance @ s.contrast for s in problem.sides])
        error = np.sqrt(np.maximum((apart**2).mean(axis=0), model))
        parts.append((problem, estimate, error))
        judged = [i for i, s in enumerate(problem.sides) if s.judged]
        if judged:
            largest = np.maximum(largest, (np.abs(apart[:, judged]) / error[judged]).max(axis=1))
    tests = sum(s.judged for problem in problems for s in problem.sides)
    if not tests:
        return [(s, _effect(p, s, 0.0, 0.0, 0.0)) for p, *_ in parts for s in p.sides], None, 0
    critical = max(_NORMAL, float(np.quantile(largest, _CONFIDENCE)))
    return (
        [
            (s, _effect(p, s, float(estimate[i]), float(error[i]), critical))
            for p, estimate, error in parts
            for i, s in enumerate(p.sides)
        ],
        round(critical, 2),
        tests,
    )


def _effect(problem: _Problem, side: _Side, estimate: float, error: float, critical: float) -> Effect:
    name, told = problem.outcome, (side.documents, side.customers)
    if not side.judged:
        return Effect(name, None, None, None, *told, OPEN, FEW)
    low, high = estimate - critical * error, estimate + critical * error
    # For the better is up in ratings and down in leaving; a complaint is expected to go with the worse.
    better = (1 if name == RATING else -1) * (1 if side.side == PRAISE else -1)
    reason = None
    if -BANDS[name] < low and high < BANDS[name]:
        finding = ABSENT
    elif low > 0 or high < 0:
        finding = FOUND if estimate * better > 0 else CONTRARY
    else:
        finding = OPEN
        carried = np.asarray(problem.columns.rows[:, [side.column]].todense()).ravel()
        own = float(side.contrast @ problem.fit.covariance @ side.contrast)
        reason = APART if own > _TOGETHER * problem.fit.alone(carried) else WIDE
    middle, below, above = (
        round(v, _DIGITS) + 0.0 for v in (estimate, estimate - _NORMAL * error, estimate + _NORMAL * error)
    )
    return Effect(name, middle, below, above, *told, finding, reason)


def _needs(
    judged: Sequence[tuple[_Side, Effect]], drivers: Sequence[str], themes: Sequence[ThemeSide]
) -> tuple[Need, ...]:
    found: dict[tuple[tuple[str, str], str], list[Effect]] = {}
    for side, effect in judged:
        found.setdefault((side.need, side.side), []).append(effect)
    order = [*((DRIVER, d) for d in drivers), *((THEME, t.id) for t in themes)]
    needs = []
    for need in order:
        penalty, reward = (tuple(found.get((need, side), ())) for side in (COMPLAINT, PRAISE))
        if penalty or reward:
            needs.append(Need(*need, _placing(penalty, reward), penalty, reward))
    return tuple(needs)


def _placing(penalty: Sequence[Effect], reward: Sequence[Effect]) -> str:
    """Noise only where every effect is shown to be small; what is open on one side does not hide the other."""
    lost, won = (any(e.finding == FOUND for e in side) for side in (penalty, reward))
    if lost or won:
        return BOTH if lost and won else MUST_HAVE if lost else ATTRACTOR
    return NOISE if all(e.finding == ABSENT for e in (*penalty, *reward)) else UNKNOWN
