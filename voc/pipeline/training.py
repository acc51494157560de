"""``voc train``: a complete model folder from labelled feedback, on the vectors of any encoder, or by tuning it.

What is slow (the vectors, the epochs of fine-tuning) is kept beside the new folder until it is finished, so that a
killed training goes on; the folder appears whole, under its name, at the end.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voc.classify.gold import Example, digest_of, read_gold, target_matrix
from voc.classify.model_folder import CARD, check_name, copy_card, copy_encoder, copy_heads
from voc.classify.own_drivers import OWN_FOLDER
from voc.classify.taxonomies import TAXONOMY_FILE
from voc.documents import Document
from voc.errors import InputError, ModelError, UsageError
from voc.pipeline.evaluating import read_documents
from voc.pipeline.options import Progress, RunResult
from voc.pipeline.training_card import FEWEST, Trained, card, figures_of, table
from voc.taxonomy import COMPLAINT, PRAISE, Taxonomy, default_taxonomy, load_taxonomy
from voc.text import detect_language

if TYPE_CHECKING:
    from voc.classify.build import OutOfFold
    from voc.classify.heads import Heads
    from voc.classify.prepared import Prepared
    from voc.encoders import Encoder

KEPT: Final = "kept"  # folder of the unfinished model with what a killed training goes on from
# Rounds over the data, tried in this order until the out-of-fold loss rises. 15 was the best for 4,955 documents (see
# CLASSIFIER_CARD.md); a few dozen examples need more rounds to take as many steps.
EPOCHS: Final = (15, 30, 60)
# Documents held back that show a label, below which fine-tuning has nothing to set and judge its probabilities by.
FEWEST_HELD: Final = 3
# Above it one round more or less does not matter, and each try would cost minutes.
ENOUGH_DOCUMENTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What is trained on what. ``data``: files of the gold form or of records; ``documents``: inputs with the texts of
    rows without one; ``frequencies``: labelled documents as they come in, for how frequent labels are (else ``data``);
    ``everything``: train also the labels that the base can tell already; ``tune``: train the upper layers of the
    encoder, too, and with them every label, for ``epochs`` at most (None: as ``TuneRecipe`` says)."""

    data: tuple[Path, ...]
    out: Path
    taxonomy: Path | None = None
    base: str | None = None
    documents: tuple[str, ...] = ()
    frequencies: Path | None = None
    everything: bool = False
    members: int = 3
    workers: int = 2
    device: str = "auto"
    tune: bool = False
    epochs: int | None = None


def train(options: TrainOptions, progress: Progress) -> RunResult:
    """Trains and writes ``options.out``.

    InputError for data that cannot be read or is too little, UsageError where the folder is there already or the
    taxonomy does not go with the base, ModelError for a base that is not there.
    """
    from voc.encoders import resolve_model

    name, base = check_name(options.out), resolve_model(options.base)
    if options.out.exists():
        raise UsageError(f"{options.out} is there already", "Name another folder with -o, or move that one away.")
    taxonomy = load_taxonomy(options.taxonomy) if options.taxonomy else default_taxonomy()
    examples = _read(options, taxonomy)
    kept = () if options.tune else _kept_labels(options, taxonomy)
    labels = tuple(label for label in taxonomy.labels if label not in kept)
    examples, silent = _check(examples, labels)
    if options.tune:
        _check_held(examples, [label for label in labels if label not in silent])
    folder = options.out.with_name(f"{options.out.name}.partial")
    if options.tune:
        trained = _tune(options, taxonomy, examples, folder, progress)
        copy_card(base, folder, tuned=True)
    else:
        copy_encoder(base, folder, name)
        progress.start("training", None)
        trained = _train(options, taxonomy, labels, examples, folder)
        progress.finish()
    _write(options, taxonomy, trained, folder, Path(base.path) if kept else None, examples)
    shutil.rmtree(folder / KEPT, ignore_errors=True)
    folder.replace(options.out)
    figures = list(figures_of(trained))
    result = RunResult({"model": name, "folder": str(options.out), "labels": list(labels), "kept": list(kept),
                        "documents": len(examples), "epochs": trained.epochs, "figures": figures})  # fmt: skip
    for epoch in trained.tuned:
        result.say(str(epoch))
    for line in table(figures, "held back" if options.tune else "out of fold"):
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


def _check_held(examples: Sequence[Example], labels: Sequence[str]) -> None:
    """InputError where too few documents are held back from fine-tuning to judge an output by."""
    from voc.classify.tuned_model import split

    held, _ = split(np.array([example.fold for example in examples]))
    for label in labels:
        count = sum(label in examples[row].labels for row in held)
        if count < FEWEST_HELD:
            raise InputError(
                f"of the {len(held)} documents that fine-tuning would hold back, {count} show {label}",
                "Label some hundreds of documents, or leave --tune out: a few dozen are enough then.",
            )


@dataclass(frozen=True, eq=False)
class _Material:
    """The documents of ``data``, its arrays, label frequencies to fit, and the table of Chinese characters."""

    documents: list[Example]
    data: Prepared
    shares: Any
    table: dict[int, int]


def _material(
    options: TrainOptions, taxonomy: Taxonomy, labels: tuple[str, ...], examples: list[Example], encoder: Encoder
) -> _Material:
    """After ``examples`` the sentences that the taxonomy gives for its drivers, which are only trained on."""
    from voc.classify.build import chinese_table
    from voc.classify.prepared import prepare, with_extra

    table = chinese_table()
    data = prepare(examples, labels, encoder, table)
    extra = _written_examples(taxonomy, labels)
    if extra:
        data = with_extra(data, prepare(extra, labels, encoder, table), 1.0)
    counted = read_gold(options.frequencies, taxonomy) if options.frequencies else examples
    return _Material([*examples, *extra], data, target_matrix(counted, labels).mean(axis=0), table)


def _encoder(options: TrainOptions, model: str, folder: Path) -> Encoder:
    from voc.classify.kept_vectors import KeptVectors
    from voc.encoders import load_encoder

    return KeptVectors(load_encoder(model, device=options.device, threads=options.workers), folder / KEPT)


def _tune(
    options: TrainOptions, taxonomy: Taxonomy, examples: list[Example], folder: Path, progress: Progress
) -> Trained:
    """Fine-tunes the base and puts the encoder into ``folder``; a fifth of the documents gives the figures."""
    from voc.classify.tuned_model import recipe_for, split, tune_model
    from voc.encoders import resolve_model

    base, labels = resolve_model(options.base), taxonomy.labels
    recipe = recipe_for(base, options.epochs)
    progress.start("vectors", None)
    known = _material(options, taxonomy, labels, examples, _encoder(options, str(base.path), folder))
    progress.finish()
    held, watched = split(known.data.folds[: len(examples)])
    progress.start("fine-tuning", recipe.epochs)
    result = tune_model(
        base, folder, known.documents, known.data, held, recipe, labels=labels, taxonomy=taxonomy,
        shares=known.shares, table=known.table, threads=options.workers, told=lambda _: progress.advance(1),
        watched=watched, device=options.device, name=options.out.name, kept=folder / KEPT / "epoch.safetensors",
    )  # fmt: skip
    progress.finish()
    judged = [examples[row] for row in held]
    return Trained(result.heads, result.judged, judged, known.data.targets[held], result.best, result.epochs, base.id)


def _train(
    options: TrainOptions, taxonomy: Taxonomy, labels: tuple[str, ...], examples: list[Example], folder: Path
) -> Trained:
    from voc.classify.build import build_heads
    from voc.classify.train import Recipe

    encoder = _encoder(options, str(folder), folder)
    known = _material(options, taxonomy, labels, examples, encoder)
    data = known.data

    def build(recipe: Recipe) -> tuple[Heads, OutOfFold]:
        return build_heads(
            data, labels=labels, taxonomy=taxonomy.version, encoder=encoder.id, shares=known.shares,
            table=known.table, recipe=recipe, groups=data.folds, workers=options.workers,
        )  # fmt: skip

    epochs, best = EPOCHS[0], np.inf
    for tried in EPOCHS if len(examples) < ENOUGH_DOCUMENTS else ():
        loss = _loss(data, build(Recipe(epochs=tried, members=1))[1], len(examples))
        if loss >= best:
            break
        epochs, best = tried, loss
    heads, judged = build(Recipe(epochs=epochs, members=options.members))
    return Trained(heads, judged, examples, data.targets[: len(examples)], epochs)


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


def _write(
    options: TrainOptions, taxonomy: Taxonomy, trained: Trained, folder: Path, base: Path | None, data: list[Example]
) -> None:
    """Heads, taxonomy and card; ``base``: the folder whose heads stay, None where all were trained."""
    from voc.classify.heads import save_heads
    from voc.encoders import resolve_model

    encoder = resolve_model(str(folder)).id
    if trained.heads.encoder != encoder:
        raise ModelError(f"{folder} holds {encoder}, but {trained.heads.encoder} was trained on", "Train again.")
    if base is None:
        shutil.rmtree(folder / OWN_FOLDER, ignore_errors=True)  # of a training that was given up under the same name
        save_heads(trained.heads, folder)
    else:
        copy_heads(base, folder, encoder)
        (folder / OWN_FOLDER).mkdir(exist_ok=True)
        save_heads(trained.heads, folder / OWN_FOLDER)
    if options.taxonomy:
        shutil.copyfile(options.taxonomy, folder / TAXONOMY_FILE)
    else:
        (folder / TAXONOMY_FILE).unlink(missing_ok=True)
    text = "\n".join(card(trained, taxonomy, options.out.name, base is not None, data, digest_of(options.data)))
    (folder / CARD).write_text(text + "\n", "utf-8")
