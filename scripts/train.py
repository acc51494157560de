"""Train the classifier of a model on labelled feedback and write it into the model's folder.

    python scripts/train.py --train gold/train.jsonl --dev gold/dev.jsonl --out models/voc-e5-small

Writes heads.safetensors and classifier.toml; one machine gives the same bytes again. ``--dev`` gives the label
frequencies that probabilities and thresholds are fitted to; no other use is made of it, so it stays a fair test.
Prints out-of-fold figures, in which no document sets and judges a figure, and with ``--by-source`` those of sources
that were left out of training altogether (then nothing is written). Data given as ``--extra`` is only trained on: it
is never held out, and probabilities, thresholds and figures do not depend on how often its labels occur.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from voc.classify.build import OutOfFold, build_heads, chinese_table
from voc.classify.gold import Example, read_gold, target_matrix
from voc.classify.heads import save_heads
from voc.classify.metrics import calibration_error, f1
from voc.classify.prepared import TRAINING_ONLY, prepare, with_extra
from voc.classify.train import FOLDS, Recipe
from voc.encoders import load_encoder
from voc.taxonomy import default_taxonomy


@click.command(help=__doc__)
@click.option("--train", "train_file", type=click.Path(path_type=Path), required=True, help="Labelled JSONL.")
@click.option(
    "--dev", "dev_file", type=click.Path(path_type=Path), required=True, help="Labelled JSONL, for frequencies."
)
@click.option(
    "--extra", type=click.Path(path_type=Path), multiple=True, help="More labelled JSONL to train on; repeatable."
)
@click.option("--extra-weight", default=1.0, show_default=True, help="As how many documents one of --extra counts.")
@click.option("--encoder", "encoder_name", default=None, help="Encoder by name or folder; default: the default model.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The model's folder.")
@click.option("--members", type=int, default=Recipe().members, show_default=True, help="Networks that are averaged.")
@click.option("--workers", default=2, show_default=True, help="Processes; the result does not depend on it.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Folder that keeps encoded vectors.")
@click.option("--by-source", is_flag=True, help="Leave whole sources out, print figures, write nothing.")
def main(
    train_file: Path, dev_file: Path, extra: tuple[Path, ...], extra_weight: float, encoder_name: str | None, out: Path,
    members: int, workers: int, cache: Path | None, by_source: bool,
) -> None:  # fmt: skip
    taxonomy = default_taxonomy()
    examples, dev = read_gold(train_file, taxonomy), read_gold(dev_file, taxonomy)
    encoder = load_encoder(encoder_name, threads=workers)
    table = chinese_table()
    data = prepare(examples, taxonomy.labels, encoder, table, cache)
    for file in extra:
        more = prepare(read_gold(file, taxonomy), taxonomy.labels, encoder, table, cache)
        data = with_extra(data, more, extra_weight)
    sources = np.append(source_groups(examples), np.full(len(data.targets) - len(examples), TRAINING_ONLY))
    heads, judged = build_heads(
        data,
        labels=taxonomy.labels,
        taxonomy=taxonomy.version,
        encoder=encoder.id,
        shares=target_matrix(dev, taxonomy.labels).mean(axis=0),
        table=table,
        recipe=Recipe(members=members),
        groups=sources if by_source else data.folds,
        workers=workers,
    )
    print_figures(taxonomy.labels, examples, data.targets, judged)
    if not by_source:
        out.mkdir(parents=True, exist_ok=True)
        save_heads(heads, out)
        click.echo(f"wrote {out}")


def source_groups(examples: list[Example]) -> NDArray[np.int64]:
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
    labels: tuple[str, ...], examples: list[Example], targets: NDArray[np.float64], judged: OutOfFold
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
