"""How far two people (or two models) agree: Cohen's kappa and F1 by label, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voc.classify.labelled_rows import LabelledRow


@dataclass(frozen=True, slots=True)
class Agreement:
    """One label over ``documents`` that both labelled: ``both``, ``first`` alone, ``second`` alone said yes.

    ``share``: of equal answers. ``kappa`` (Cohen 1960): that share over chance, -1..1; None where both gave one and the
    same answer to every document, so that chance explains everything. ``f1``: of one against the other (it is
    symmetric), 0.0 where nobody said yes.
    """

    label: str
    documents: int
    both: int
    first: int
    second: int

    @property
    def share(self) -> float:
        """Share of equal answers, 0..1."""
        return 1.0 - (self.first + self.second) / self.documents

    @property
    def kappa(self) -> float | None:
        """See the class."""
        n, left, right = self.documents, self.both + self.first, self.both + self.second
        chance = (left * right + (n - left) * (n - right)) / (n * n)
        return None if chance >= 1.0 else (self.share - chance) / (1.0 - chance)

    @property
    def f1(self) -> float:
        """See the class."""
        total = 2 * self.both + self.first + self.second
        return 2 * self.both / total if total else 0.0


def pairs(first: Sequence[LabelledRow], second: Sequence[LabelledRow]) -> list[tuple[LabelledRow, LabelledRow]]:
    """The documents that both labelled, in the order of the first file."""
    other = {row.key: row for row in second}
    return [(row, other[row.key]) for row in first if row.key in other]


def agreement(both: Sequence[tuple[LabelledRow, LabelledRow]], labels: Sequence[str]) -> list[Agreement]:
    """Figures of every label; ``both`` must not be empty."""
    out = []
    for label in labels:
        answers = [(a.labels[label], b.labels[label]) for a, b in both]
        counts = (answers.count((True, True)), answers.count((True, False)), answers.count((False, True)))
        out.append(Agreement(label, len(answers), *counts))
    return out


def disputed(
    both: Sequence[tuple[LabelledRow, LabelledRow]], labels: Sequence[str]
) -> list[tuple[LabelledRow, dict[str, str]]]:
    """Documents on which the two differ, with who said what of each disputed label."""
    out = []
    for a, b in both:
        said = {n: f"{_word(a.labels[n])} / {_word(b.labels[n])}" for n in labels if a.labels[n] != b.labels[n]}
        if said:
            out.append((a, said))
    return out


def _word(answer: bool) -> str:
    return "yes" if answer else "no"
