"""What a trained model tells of itself: figures, and the card beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voc.classify.gold import Example
from voc.classify.metrics import calibration_error, f1
from voc.taxonomy import Taxonomy

if TYPE_CHECKING:
    from voc.classify.build import OutOfFold
    from voc.classify.heads import Heads
    from voc.classify.upper import Epoch

FEWEST: Final = 10  # documents that show a complaint, below which nothing is trained on it


@dataclass(frozen=True, eq=False)
class Trained:
    """Heads with their predictions for documents that they were not trained on, the first ``len(examples)``, and how
    long was trained; ``tuned`` has the epochs of a fine-tuning, ``base`` the id of the encoder that it began with."""

    heads: Heads
    judged: OutOfFold
    examples: list[Example]
    targets: Any
    epochs: int
    tuned: tuple[Epoch, ...] = ()
    base: str = ""


def figures_of(trained: Trained) -> Iterator[dict[str, Any]]:
    """F1 and calibration error of each label, cross-fitted: no document sets and judges a figure."""
    chinese = np.array([example.document.language.startswith("zh") for example in trained.examples])
    count = len(trained.examples)
    for column, label in enumerate(trained.heads.labels):
        truth, judged = trained.targets[:, column], trained.judged
        found, weights = judged.found[:count, column], judged.weights[:count, column]
        error = calibration_error(truth, judged.probability[:count, column], weights=weights)
        scores = {
            name: round(f1(truth[mask], found[mask], weights[mask]), 4)
            for name, mask in (("f1", np.ones(count, bool)), ("f1_en", ~chinese), ("f1_zh", chinese))
        }
        yield {"label": label, "true": int(truth.sum()), **scores, "ece": round(error, 4)}


def table(figures: Sequence[Mapping[str, Any]], judged: str) -> Iterator[str]:
    """Lines for people; ``judged``: by what documents."""
    yield f"{judged:28}{'true':>6}{'F1':>8}{'en':>8}{'zh':>8}{'ECE':>8}"
    for row in figures:
        scores = "".join(f"{row[name]:8.3f}" for name in ("f1", "f1_en", "f1_zh", "ece"))
        yield f"{row['label']:28}{row['true']:6,}{scores}"


def card(
    trained: Trained, taxonomy: Taxonomy, name: str, added: bool, data: Sequence[Example], digest: str
) -> Iterator[str]:
    """What a reader of the model has to know: the data by source and licence field, and the figures."""
    yield f"# The classifier of {name}"
    yield ""
    yield f"Trained by `voc train` for the taxonomy {taxonomy.version} on the vectors of {trained.heads.encoder}."
    if added:
        yield f"The outputs {', '.join(trained.heads.labels)} were added; all others are those of the base, unchanged."
    if trained.tuned:
        yield from _told_of_tuning(trained)
    else:
        networks = len(trained.heads.hidden_weights)
        yield f"{trained.epochs} rounds over the data, {networks} networks; seeded: the same data gives the same."
    yield ""
    yield "## The data"
    yield f"{len(data):,} documents, sha256 over the files {digest}."
    yield ""
    yield "| source | licence field | documents | languages |"
    yield "|---|---|---|---|"
    groups: dict[tuple[str, str], Counter[str]] = {}
    for e in data:
        groups.setdefault((e.document.source or "-", e.licence or "-"), Counter())[e.document.language] += 1
    for (source, licence), spoken in sorted(groups.items()):
        told = ", ".join(f"{language} {n:,}" for language, n in sorted(spoken.items()))
        yield f"| {_plain(source)} | {_plain(licence)} | {spoken.total():,} | {told} |"
    yield ""
    yield "## Figures"
    yield "Cross-fitted: no document sets and judges a figure. At the frequencies that probabilities are fitted to."
    yield ""
    yield "| output | documents | F1 | English | Chinese | calibration error |"
    yield "|---|---|---|---|---|---|"
    for row in figures_of(trained):
        scores = " | ".join(f"{row[name]:.3f}" for name in ("f1", "f1_en", "f1_zh", "ece"))
        yield f"| {row['label']} | {row['true']:,} | {scores} |"
    yield ""
    yield f"An output with no documents (fewer than {FEWEST} were labelled) is never found."


def _told_of_tuning(trained: Trained) -> Iterator[str]:
    """How the encoder was fine-tuned."""
    yield f"The upper layers of {trained.base} were trained on the documents below but two parts: one that ended the"
    yield f"training when it got no better, and {len(trained.examples):,} that set probabilities and thresholds and"
    yield "give the figures. Seeded: the same data, machine, device and number of workers give the same. What the base"
    yield "was trained on is in its own card; where it learnt from the same documents, the figures are too good."
    yield ""
    yield "| round | loss | of documents held back |"
    yield "|---|---|---|"
    for epoch in trained.tuned:
        mark = " (taken)" if epoch.number == trained.epochs else ""
        watched = "-" if epoch.watched is None else f"{epoch.watched:.3f}"
        yield f"| {epoch.number}{mark} | {epoch.loss:.3f} | {watched} |"


def _plain(text: str) -> str:
    """A name of the data inside a table of Markdown."""
    return "".join(char for char in text if char.isalnum() or char in " .,_-()/+")[:80]
