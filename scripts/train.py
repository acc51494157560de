"""Train the classifier of a model on labelled feedback and write it into the model's folder.

    python scripts/train.py --train gold/train.jsonl --dev gold/dev.jsonl --encoder BASE --tune --out models/NAME

Without ``--tune`` the encoder stays as it is, and only what stands on its vectors is trained. With it the encoder's
upper layers are trained too (``voc.classify.tune``) and the whole model is written. A fifth of ``--train`` is then held
back: it sets probabilities, thresholds and the known errors, and no weight.

With ``--exit`` nothing of the model in ``--out`` is changed: heads of the quality ``fast`` are added to it, for what
its encoder gives after so many layers, with the model itself as their teacher (``voc.classify.early``).

With ``--teacher`` the tuned layers also learn what that model says of documents that nobody labelled, segment by
segment (``voc.classify.distil``): ``--unlabelled`` of those under ``--feedback``, sources in equal shares.

``--dev`` gives the label frequencies that probabilities and thresholds are fitted to; no other use is made of it, so
it stays a fair test. Prints figures of documents that set neither weights nor thresholds, and with ``--by-source``
those of sources that were left out of training altogether (then no heads are written). Data given as ``--extra`` is
only trained on: it is never held out, and probabilities, thresholds and figures do not depend on how often its labels
occur. Its rows may lack the text and name their document by ``document_digest``; then ``--feedback`` says where the
documents are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from voc.classify.build import OutOfFold, build_heads, chinese_table
from voc.classify.distil import draw_unlabelled, taught_segments
from voc.classify.early import EARLY, early_heads
from voc.classify.gold import Example, read_gold, target_matrix
from voc.classify.heads import save_heads
from voc.classify.metrics import calibration_error, f1
from voc.classify.prepared import TRAINING_ONLY, prepare, with_extra
from voc.classify.train import FOLDS, Recipe
from voc.classify.trunk import count_layers
from voc.classify.tuned_model import recipe_for, tune_model
from voc.documents import Document
from voc.encoders import FAST, load_encoder, resolve_model
from voc.ingest import IngestOptions, open_sources
from voc.taxonomy import default_taxonomy

FILE = click.Path(path_type=Path, exists=True)


@click.command(help=__doc__)
@click.option("--train", "train_file", type=FILE, required=True, help="Labelled JSONL.")
@click.option("--dev", "dev_file", type=FILE, required=True, help="Labelled JSONL, for frequencies.")
@click.option("--extra", type=FILE, multiple=True, help="More labelled JSONL to train on; repeatable.")
@click.option("--extra-weight", default=1.0, show_default=True, help="As how many documents one of --extra counts.")
@click.option("--feedback", type=FILE, multiple=True, help="Where documents of --extra rows without a text are.")
@click.option("--encoder", "encoder_name", default=None, help="Encoder by name or folder; default: the default model.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The model's folder.")
@click.option("--tune", "tuned", is_flag=True, help="Train the encoder's upper layers too.")
@click.option(
    "--leave-out",
    type=(int, int),
    metavar="FIRST LAST",
    help="Layers that the new model does without; with --tune.",
)
@click.option("--teacher", default=None, help="A trained model that tells what unlabelled documents show; with --tune.")
@click.option("--exit", "layers", type=click.IntRange(1), help="Add the quality fast to --out, after so many layers.")
@click.option("--unlabelled", default=25_000, show_default=True, help="Documents to learn from the teacher.")
@click.option("--members", type=int, default=Recipe().members, show_default=True, help="Networks averaged, untuned.")
@click.option("--workers", default=2, show_default=True, help="Processes or threads.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Folder that keeps encoded vectors.")
@click.option("--by-source", is_flag=True, help="Leave whole sources out, print figures, write nothing.")
def main(
    train_file: Path, dev_file: Path, extra: tuple[Path, ...], extra_weight: float, feedback: tuple[Path, ...],
    encoder_name: str | None, out: Path, tuned: bool, leave_out: tuple[int, int] | None, teacher: str | None,
    layers: int | None, unlabelled: int, members: int, workers: int, cache: Path | None, by_source: bool,
) -> None:  # fmt: skip
    refuse("--leave-out wants --tune", bool(leave_out and not tuned))
    refuse("--teacher wants --tune, and --feedback with documents", bool(teacher and not (tuned and feedback)))
    refuse("--exit goes without --encoder, --tune, --by-source", bool(layers and (encoder_name or tuned or by_source)))
    taxonomy = default_taxonomy()
    examples, dev = read_gold(train_file, taxonomy), read_gold(dev_file, taxonomy)
    known = documents(feedback)
    more = [example for file in extra for example in read_gold(file, taxonomy, known)]
    shares = target_matrix(dev, taxonomy.labels).mean(axis=0)
    encoder = load_encoder(str(out) if layers else encoder_name, threads=workers)
    table = chinese_table()
    data = prepare(examples, taxonomy.labels, encoder, table, cache)
    if more:
        data = with_extra(data, prepare(more, taxonomy.labels, encoder, table, cache), extra_weight)
    if teacher or (layers and known):
        drawn = others(known, [*examples, *dev, *more], unlabelled)
        said = prepare(drawn, taxonomy.labels, encoder, table, cache)
        if teacher:
            said = replace(said, taught=taught_segments(teacher, drawn, workers))
        data, more = with_extra(data, said, 0.0), [*more, *drawn]
    held = np.flatnonzero(data.folds[: len(examples)] % FOLDS == 0)
    if layers:
        heads, judged, lost = early_heads(
            resolve_model(str(out)), layers, [*examples, *more], data, held, replace(EARLY, members=members),
            labels=taxonomy.labels, taxonomy=taxonomy.version, shares=shares, table=table, threads=workers, cache=cache,
        )  # fmt: skip
        out = out / FAST
        click.echo(f"variance of the vectors for themes that their map loses: {lost:.3f}")
        print_figures(taxonomy.labels, [examples[i] for i in held], data.targets[held], judged)
    elif tuned:
        if by_source:
            held = np.flatnonzero(source_groups(examples) == 0)
        model = resolve_model(encoder_name)
        recipe = recipe_for(model)
        if leave_out:
            recipe = replace(recipe, base_layer=leave_out[0], upper=tuple(range(leave_out[1] + 1, count_layers(model))))
        result = tune_model(
            model, out / "by-source" if by_source else out, [*examples, *more], data, held, recipe,
            labels=taxonomy.labels, taxonomy=taxonomy, shares=shares, table=table, threads=workers,
            told=lambda epoch: click.echo(str(epoch)),
        )  # fmt: skip
        heads, judged = result.heads, result.judged
        print_figures(taxonomy.labels, [examples[i] for i in held], data.targets[held], judged)
    else:
        sources = np.append(source_groups(examples), np.full(len(more), TRAINING_ONLY))
        heads, judged = build_heads(
            data, labels=taxonomy.labels, taxonomy=taxonomy.version, encoder=encoder.id, shares=shares, table=table,
            recipe=Recipe(members=members), groups=sources if by_source else data.folds, workers=workers,
        )  # fmt: skip
        print_figures(taxonomy.labels, examples, data.targets, judged)
    if not by_source:
        out.mkdir(parents=True, exist_ok=True)
        save_heads(heads, out)
        click.echo(f"wrote {out}")


def refuse(why: str, wrong: bool) -> None:
    """Where options do not go together."""
    if wrong:
        raise click.UsageError(why)


def others(known: Mapping[str, Document], labelled: Sequence[Example], count: int) -> list[Example]:
    """``count`` documents of ``known`` (by digest) that are not among the labelled ones."""
    named = {document_digest(example.document.text) for example in labelled}
    return draw_unlabelled({digest: found for digest, found in known.items() if digest not in named}, count)


def documents(paths: Sequence[Path]) -> dict[str, Document]:
    """All documents under some paths, by the digest of their text."""
    return {
        document_digest(document.text): document
        for path in paths
        for source in open_sources(str(path), IngestOptions())
        for document in source
        if isinstance(document, Document)
    }


def document_digest(text: str) -> str:
    """What names a document in labels that are kept without its text: 16 hex digits of the sha256 of the text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def source_groups(examples: Sequence[Example]) -> NDArray[np.int64]:
    """(N,) fold numbers that keep each source together, the folds of about equal size."""
    names = [example.document.source for example in examples]
    size = {name: names.count(name) for name in set(names)}
    load = [0] * FOLDS
    home: dict[str, int] = {}
    for name in sorted(size, key=lambda n: (-size[n], hashlib.sha256(n.encode()).hexdigest())):
        home[name] = load.index(min(load))
        load[home[name]] += size[name]
    return np.array([home[name] for name in names], np.int64)


def print_figures(
    labels: tuple[str, ...], examples: Sequence[Example], targets: NDArray[np.float64], judged: OutOfFold
) -> None:
    """F1 at the frequencies asked for and calibration error of the documents in front, by label and language."""
    count = len(examples)
    chinese = np.array([example.document.language.startswith("zh") for example in examples])
    rows = {"all": np.ones(len(examples), bool), "en": ~chinese, "zh": chinese}
    click.echo(f"{'':26}" + "".join(f"{f'F1 {name}':>9}" for name in rows) + f"{'ECE':>9}")
    table = []
    for column, label in enumerate(labels):
        truth, found, weights = (part[:count, column] for part in (targets, judged.found, judged.weights))
        scores = [f1(truth[mask], found[mask], weights[mask]) for mask in rows.values()]
        table.append(scores)
        error = calibration_error(truth, judged.probability[:count, column], weights=weights)
        click.echo(f"{label:26}" + "".join(f"{score:9.3f}" for score in scores) + f"{error:9.3f}")
    for side in (".complaint", ".praise"):
        mean = np.mean([scores for label, scores in zip(labels, table, strict=True) if label.endswith(side)], axis=0)
        click.echo(f"{'macro ' + side[1:]:26}" + "".join(f"{score:9.3f}" for score in mean))


if __name__ == "__main__":
    main()
