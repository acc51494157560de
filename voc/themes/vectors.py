"""Vectors fit for themes: without what crowds an encoder's vectors together, and without their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

# Swept on 2026-11-22 with the encoder of that noon: telecom, lounge, hotel, hospital and shop reviews (1,270 to 7,843
# segments of dissatisfaction; English and both Chinese scripts): 17 to 128 axes, 15 to 40 neighbours, one to six
# rounds, neighbours' weight 2 to 24, cosines as they are, squared and cubed. More axes tell more matters apart, and
# neighbours steady what many axes scatter: 48 with neighbours against 17 without is a table in cluster.py. 64 axes, or
# powers of the cosines, leave more in no theme where two samples agree as well. LEAST was chosen on planted strays.
AXES: Final = 48
WEIGHT: Final = 0.5
UNITS_PER_AXIS: Final = 8
# A language that few of the units are in lends its mean less weight: it is mostly what these few say. So many of the
# units, as a share, weigh half (0.05 of them; five at least): with less, 25 documents of another language and matter
# were not found (2026-11-22, five seeds), with 50 units for small collections themes fell apart by language.
LANGUAGE_SHARE: Final = 0.05
LANGUAGE_LEAST: Final = 5
NEIGHBOURS: Final = 15  # of a unit, at most the root of the units over two ...
LEAST: Final = 0.2  # cosine above which a neighbour counts, by what it is above ...
AROUND: Final = 24.0  # ... times this, divided by the neighbours: the unit itself weighs one ...
ROUNDS: Final = 4  # ... so often: neighbours stand where theirs put them
SAMPLE: Final = 8000  # units among which neighbours are looked for
SAME: Final = 1 - 1e-5  # a cosine from which two are one text: copies are no neighbours
_CHUNK, _BLOCK = 16384, 1024


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where themes are formed: the encoder's vectors less their mean and the mean of their language, on their principal
    axes, these weighted by the root of their spread, and each drawn to its neighbours in a sample of what the space was
    fitted on.

    Multilingual encoders put all texts into a narrow cone, and the languages apart in it; what is left after that is
    what a text says. The full weight would let the first axes (kind of text, length) decide alone; none would let noise
    in. What lies between two matters is drawn to one, so that a sample more or less matters less: personalised
    propagation on the graph of neighbours (Gasteiger et al. 2019), of which a row that comes later takes the last
    round. Deterministic, linear in rows, and blind to the order of rows up to rounding.
    """

    mean: Matrix
    languages: Mapping[str, Matrix]
    projection: NDArray[np.float64]
    sample: Matrix  # rows by themselves, (m, axes) ...
    drawn: Matrix  # ... and drawn to their neighbours

    @classmethod
    def fit(cls, vectors: Matrix, languages: Sequence[str], axes: int = AXES) -> Self:
        """The space of ``vectors`` (n, dim), n >= 1, in the ``languages``: one axis for eight rows, two at least and
        ``axes`` at most. Above SAMPLE rows, neighbours are looked for among every so-many-th."""
        cleaned = unit_rows(vectors)
        mean = cleaned.mean(axis=0, dtype=np.float64).astype(np.float32)
        cleaned -= mean
        means, tags = dict[str, Matrix](), np.asarray(languages)
        for language in np.unique(tags):
            rows = np.flatnonzero(tags == language)
            weight = len(rows) / (len(rows) + max(LANGUAGE_LEAST, LANGUAGE_SHARE * len(cleaned)))
            means[str(language)] = (cleaned[rows].mean(axis=0, dtype=np.float64) * weight).astype(np.float32)
            cleaned[rows] -= means[str(language)]
        step = -(-len(vectors) // SAMPLE)
        none = np.zeros((0, 0), dtype=np.float32)
        space = cls(mean, means, _axes(cleaned, axes), none, none)
        sample = space.alone(vectors[::step], languages[::step])
        return replace(space, sample=sample, drawn=_drawn(sample))

    def transform(self, vectors: Matrix, languages: Sequence[str]) -> Matrix:
        """``vectors`` (n, dim) in the space: (n, axes) float32, rows of length one. Of a language that was not there at
        the fit only the mean of all is taken out."""
        return self.draw(self.alone(vectors, languages))

    def draw(self, alone: Matrix) -> Matrix:
        """Rows that stand by themselves (n, axes), drawn to their neighbours."""
        count, places = _neighbours(len(self.sample)), alone.copy()
        for start in range(0, len(places) if count else 0, _BLOCK):
            rows = alone[start : start + _BLOCK]
            places[start : start + _BLOCK] = _moved(rows, self.drawn, *_around(rows, self.sample, count))
        return places

    def alone(self, vectors: Matrix, languages: Sequence[str]) -> Matrix:
        """Where ``vectors`` (n, dim) stand by themselves: (n, axes) float32, rows of length one."""
        parts = [np.zeros((0, self.projection.shape[1]), dtype=np.float32)]
        none, tags = np.zeros_like(self.mean), np.asarray(languages)
        for start in range(0, len(vectors), _CHUNK):
            cleaned = unit_rows(vectors[start : start + _CHUNK]) - self.mean
            some = tags[start : start + _CHUNK]
            for language in np.unique(some):
                cleaned[some == language] -= self.languages.get(str(language), none)
            projected = cleaned.astype(np.float64) @ self.projection
            # Texts that are all the same lie at the centre and have no direction: they get one, and so stay together.
            projected[np.linalg.norm(projected, axis=1) < 1e-6, 0] = 1.0
            parts.append(unit_rows(projected))
        return np.concatenate(parts)


def _neighbours(count: int) -> int:
    return min(NEIGHBOURS, int(sqrt(count) / 2))


def _drawn(sample: Matrix) -> Matrix:
    """``sample`` (m, axes) drawn to its neighbours in all rounds but the last, which is every row's own."""
    count, drawn = _neighbours(len(sample)), sample
    if not count:
        return sample
    blocks = [sample[start : start + _BLOCK] for start in range(0, len(sample), _BLOCK)]
    around = [_around(rows, sample, count) for rows in blocks]
    for _ in range(ROUNDS - 1):
        moved = [_moved(rows, drawn, *near) for rows, near in zip(blocks, around, strict=True)]
        drawn = np.concatenate(moved)
    return drawn


def _around(rows: Matrix, sample: Matrix, count: int) -> tuple[NDArray[np.int64], Matrix]:
    """The ``count`` rows of ``sample`` nearest to each of ``rows`` (n, axes), and what each weighs: its cosine above
    LEAST, as a share of ``count``, so that what is like nothing stays by itself. Both (n, count)."""
    cosines = rows @ sample.T
    cosines[cosines >= SAME] = -2.0
    near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    near.sort(axis=1)  # sums in another order would be other sums
    return near, np.maximum(np.take_along_axis(cosines, near, axis=1) - LEAST, 0.0) / count


def _moved(rows: Matrix, drawn: Matrix, near: NDArray[np.int64], weights: Matrix) -> Matrix:
    """``rows`` (n, axes) and AROUND times the weighted middles of the rows ``near`` of ``drawn``, of length one."""
    return unit_rows(rows + AROUND * np.einsum("nk,nka->na", weights, drawn[near]))


def _axes(cleaned: Matrix, axes: int) -> NDArray[np.float64]:
    """(dim, k) principal axes of centred rows (n, dim), scaled by their spread to the power WEIGHT - 1."""
    scatter = np.zeros((cleaned.shape[1], cleaned.shape[1]), dtype=np.float64)
    for start in range(0, len(cleaned), _CHUNK):
        rows = cleaned[start : start + _CHUNK].astype(np.float64)
        scatter += rows.T @ rows
    spread, directions = np.linalg.eigh(scatter)
    count = min(axes, max(2, len(cleaned) // UNITS_PER_AXIS), cleaned.shape[1])
    chosen = slice(None, -count - 1, -1)
    kept, directions = np.maximum(spread[chosen], 0.0), directions[:, chosen]
    # An axis has no sign of its own: the larger entry is made positive, so that every machine agrees.
    peaks = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[peaks, np.arange(directions.shape[1])])
    floor = max(float(kept[0]) if kept.size else 0.0, 1e-12) * 1e-9
    # Singular values are the roots of ``kept``: to the power WEIGHT - 1 for what is left after projecting.
    scale = np.where(kept > floor, np.maximum(kept, floor) ** ((WEIGHT - 1) / 2), 0.0)
    return np.asarray(directions * scale)


def unit_rows(rows: NDArray[np.floating]) -> Matrix:
    """``rows`` scaled to length one (rows of length zero stay), as a new float32 array."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled
