"""``voc train``: a complete model folder from labelled feedback, on the vectors of any encoder.

What is slow (the vectors) is kept beside the new folder until it is finished, so that a killed training goes on; the
folder appears whole, under its name, at the end. Fine-tuning the encoder itself is ``voc.classify.tune``'s.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voc.classify.gold import Example, digest_of, read_gold, target_matrix
from voc.classify.metrics import calibration_error, f1
from voc.classify.model_folder import CARD, check_name, copy_encoder, copy_heads
from voc.classify.own_drivers import OWN_FOLDER
from voc.classify.taxonomies import TAXONOMY_FILE
from voc.documents import Document
from voc.errors import InputError, ModelError, UsageError
from voc.pipeline.evaluating import read_documents
from voc.pipeline.options import Progress, RunResult
from voc.taxonomy import COMPLAINT, PRAISE, Taxonomy, default_taxonomy, load_taxonomy
from voc.text import detect_language

if TYPE_CHECKING:
    from voc.classify.build import OutOfFold
    from voc.classify.heads import Heads
    from voc.classify.prepared import Prepared
    from voc.encoders import Encoder

FEWEST: Final = 10  # documents that show a complaint, below which nothing is trained on it
# Rounds over the data, tried in this order until the out-of-fold loss rises. 15 was the best for 4,955 documents (see
# CLASSIFIER_CARD.md); a few dozen examples need more rounds to take as many steps.
EPOCHS: Final = (15, 30, 60)
# Above it one round more or less does not matter, and each try would cost minutes.
ENOUGH_DOCUMENTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What is trained on what. ``data``: files of the gold form or of records; ``documents``: inputs with the texts of
    rows without one; ``frequencies``: labelled documents as they come in, for how frequent labels are (else ``data``);
    ``everything``: train also the labels that the base can tell already."""

    data: tuple[Path, ...]
    out: Path
    taxonomy: Path | None = None
    base: str | None = None
    documents: tuple[str, ...] = ()
    frequencies: Path | None = None
    everything: bool = False
    members: int = 3
    workers: int = 2
    device: str = "cpu"


@dataclass(frozen=True, eq=False)
class _Trained:
    """Heads with their out-of-fold predictions on the first ``len(examples)`` documents, and how long was trained."""

    heads: Heads
    judged: OutOfFold
    examples: list[Example]
    targets: Any
    epochs: int


def train(options: TrainOptions, progress: Progress) -> RunResult:
    """Trains and writes ``options.out``.

    InputError for data that cannot be read or is too little, UsageError where the folder is there already or the
    taxonomy does not go with the base, ModelError for a base that is not there.
    """
    from voc.classify.kept_vectors import KeptVectors
    from voc.encoders import load_encoder, resolve_model

    name, base = check_name(options.out), resolve_model(options.base)
    if options.out.exists():
        raise UsageError(f"{options.out} is there already", "Name another folder with -o, or move that one away.")
    taxonomy = load_taxonomy(options.taxonomy) if options.taxonomy else default_taxonomy()
    examples = _read(options, taxonomy)
    kept = _kept_labels(options, taxonomy)
    labels = tuple(label for label in taxonomy.labels if label not in kept)
    examples, silent = _check(examples, labels)
    folder = options.out.with_name(f"{options.out.name}.partial")
    copy_encoder(base, folder, name)
    encoder = KeptVectors(load_encoder(str(folder), device=options.device, threads=options.workers), folder / "kept")
    progress.start("training", None)
    trained = _train(options, taxonomy, labels, examples, encoder)
    progress.finish()
    _write(options, taxonomy, trained, folder, Path(base.path) if kept else None)
    shutil.rmtree(folder / "kept", ignore_errors=True)
    folder.replace(options.out)
    figures = list(_figures(trained))
    result = RunResult({"model": name, "folder": str(options.out), "labels": list(labels), "kept": list(kept),
                        "documents": len(examples), "epochs": trained.epochs, "figures": figures})  # fmt: skip
    for line in _table(figures):
        result.say(line)
    for label in silent:
        result.say(f"{label}: fewer than {FEWEST} documents, it is never found")
    result.say(str(options.out))
    return result


def _read(options: TrainOptions, taxonomy: Taxonomy) -> list[Example]:
    """All labelled documents; of those with the same letters the first, so that none is taught two ways."""
    documents: dict[str, Document] | None = None
    if options.documents:
        documents = {document.id: document for document in read_documents(options.documents, repair=False)}
    found: dict[str, Example] = {}
    for path in options.data:
        for example in read_gold(path, taxonomy, documents):
            found.setdefault(example.group, example)
    return list(found.values())


def _kept_labels(options: TrainOptions, taxonomy: Taxonomy) -> tuple[str, ...]:
    """The labels of the base that stay as they are, where the taxonomy only adds to them; else ()."""
    from voc.classify.heads import SPEC_FILE, load_heads
    from voc.encoders import resolve_model

    folder = Path(resolve_model(options.base).path)
    if options.everything or not (folder / SPEC_FILE).is_file():
        return ()
    labels = load_heads(folder)[0].labels
    if not set(labels) < set(taxonomy.labels):
        return ()
    if (folder / OWN_FOLDER).is_dir():
        raise UsageError(
            f"{options.base} has drivers of its own already", "Start from the model that it was trained on (--base)."
        )
    return labels


def _check(examples: Sequence[Example], labels: Sequence[str]) -> tuple[list[Example], list[str]]:
    """The examples, and the praises that stay silent: with fewer than ``FEWEST`` documents they are taken for absent.

    InputError where a complaint (or leave) has too few documents to learn from, or nothing to tell it from.
    """
    count = Counter(label for example in examples for label in example.labels)
    silent = [label for label in labels if label.endswith(f".{PRAISE}") and count[label] < FEWEST]
    for label in labels:
        if label in silent:
            continue
        if count[label] < FEWEST:
            raise InputError(
                f"the data has {count[label]} documents with {label}", f"Label at least {FEWEST}, better 30 to 100."
            )
        if len(examples) - count[label] < 2 * count[label]:
            raise InputError(
                f"{count[label]:,} of {len(examples):,} documents have {label}: there is too little to tell it from",
                "Add everyday feedback without it, for example a file of records: --data FILE.",
            )
    return [replace(example, labels=example.labels - set(silent)) for example in examples], silent


def _train(
    options: TrainOptions, taxonomy: Taxonomy, labels: tuple[str, ...], examples: list[Example], encoder: Encoder
) -> _Trained:
    from voc.classify.build import build_heads, chinese_table
    from voc.classify.prepared import prepare, with_extra
    from voc.classify.train import Recipe

    table = chinese_table()
    data = prepare(examples, labels, encoder, table)
    extra = _written_examples(taxonomy, labels)
    if extra:
        data = with_extra(data, prepare(extra, labels, encoder, table), 1.0)
    counted = read_gold(options.frequencies, taxonomy) if options.frequencies else examples
    shares = target_matrix(counted, labels).mean(axis=0)

    def build(recipe: Recipe) -> tuple[Heads, OutOfFold]:
        return build_heads(
            data, labels=labels, taxonomy=taxonomy.version, encoder=encoder.id, shares=shares, table=table,
            recipe=recipe, groups=data.folds, workers=options.workers,
        )  # fmt: skip

    epochs, best = EPOCHS[0], np.inf
    for tried in EPOCHS if len(examples) < ENOUGH_DOCUMENTS else ():
        loss = _loss(data, build(Recipe(epochs=tried, members=1))[1], len(examples))
        if loss >= best:
            break
        epochs, best = tried, loss
    heads, judged = build(Recipe(epochs=epochs, members=options.members))
    return _Trained(heads, judged, examples, data.targets[: len(examples)], epochs)


def _written_examples(taxonomy: Taxonomy, labels: Sequence[str]) -> list[Example]:
    """The sentences that a taxonomy gives for its drivers, as documents that are only trained on."""
    out = []
    for driver in taxonomy.drivers:
        label = f"{driver.key}.{COMPLAINT}"
        for number, text in enumerate(driver.examples if label in labels else ()):
            document = Document(f"{driver.key}-{number}", text, "taxonomy", language=detect_language(text))
            out.append(Example(document, frozenset({label}), {label: text}))
    return out


def _loss(data: Prepared, judged: OutOfFold, count: int) -> float:
    """Mean log loss of out-of-fold probabilities, at the label frequencies asked for."""
    chance = np.clip(judged.probability[:count], 1e-6, 1.0 - 1e-6)
    truth, weights = data.targets[:count], judged.weights[:count]
    loss = -(truth * np.log(chance) + (1.0 - truth) * np.log1p(-chance))
    return float((weights * loss).sum() / max(float(weights.sum()), 1e-9))


def _write(options: TrainOptions, taxonomy: Taxonomy, trained: _Trained, folder: Path, base: Path | None) -> None:
    """Heads, taxonomy and card; ``base``: the folder whose heads stay, None where all were trained."""
    from voc.classify.heads import save_heads
    from voc.encoders import resolve_model

    encoder = resolve_model(str(folder)).id
    if trained.heads.encoder != encoder:
        raise ModelError(f"{folder} holds {encoder}, but {trained.heads.encoder} was trained on", "Train again.")
    if base is None:
        save_heads(trained.heads, folder)
    else:
        copy_heads(base, folder, encoder)
        (folder / OWN_FOLDER).mkdir(exist_ok=True)
        save_heads(trained.heads, folder / OWN_FOLDER)
    if options.taxonomy:
        shutil.copyfile(options.taxonomy, folder / TAXONOMY_FILE)
    text = "\n".join(_card(options, taxonomy, trained, base is not None))
    (folder / CARD).write_text(text + "\n", "utf-8")


def _figures(trained: _Trained) -> Iterator[dict[str, Any]]:
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


def _table(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"{'out of fold':28}{'true':>6}{'F1':>8}{'en':>8}{'zh':>8}{'ECE':>8}"
    for row in figures:
        scores = "".join(f"{row[name]:8.3f}" for name in ("f1", "f1_en", "f1_zh", "ece"))
        yield f"{row['label']:28}{row['true']:6,}{scores}"


def _card(options: TrainOptions, taxonomy: Taxonomy, trained: _Trained, added: bool) -> Iterator[str]:
    """What a reader of the model has to know: the data by source and licence field, and the figures."""
    yield f"# The classifier of {options.out.name}"
    yield ""
    yield f"Trained by `voc train` for the taxonomy {taxonomy.version} on the vectors of {trained.heads.encoder}."
    if added:
        yield f"The outputs {', '.join(trained.heads.labels)} were added; all others are those of the base, unchanged."
    yield f"{trained.epochs} rounds over the data, {options.members} networks; seeded: the same data gives the same."
    yield ""
    yield "## The data"
    yield f"{len(trained.examples):,} documents, sha256 over the files {digest_of(options.data)}."
    yield ""
    yield "| source | licence field | documents | languages |"
    yield "|---|---|---|---|"
    groups = Counter((e.document.source or "-", e.licence or "-") for e in trained.examples)
    for (source, licence), count in sorted(groups.items()):
        spoken = Counter(e.document.language for e in trained.examples if (e.document.source or "-") == source)
        told = ", ".join(f"{language} {n:,}" for language, n in sorted(spoken.items()))
        yield f"| {_plain(source)} | {_plain(licence)} | {count:,} | {told} |"
    yield ""
    yield "## Figures"
    yield "Cross-fitted: no document sets and judges a figure. At the frequencies that probabilities are fitted to."
    yield ""
    yield "| output | documents | F1 | English | Chinese | calibration error |"
    yield "|---|---|---|---|---|---|"
    for row in _figures(trained):
        scores = " | ".join(f"{row[name]:.3f}" for name in ("f1", "f1_en", "f1_zh", "ece"))
        yield f"| {row['label']} | {row['true']:,} | {scores} |"
    yield ""
    yield f"An output with no documents (fewer than {FEWEST} were labelled) is never found."


def _plain(text: str) -> str:
    """A name of the data inside a table of Markdown."""
    return "".join(char for char in text if char.isalnum() or char in " .,_-()/+")[:80]
