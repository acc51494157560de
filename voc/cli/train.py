"""``voc train``: a model of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import Input, VocCommand, deliver
from voc.cli.terminal import Terminal

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "train",
    cls=VocCommand,
    example=(
        "voc train --data gold.jsonl --base BAAI/bge-m3 -o models/acme\n"
        "voc train --data gold.jsonl --tune -o models/acme\n"
        "voc train --data fees.jsonl --data everyday.jsonl --taxonomy taxonomy.toml -o models/acme"
    ),
)
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    required=True,
    metavar="FILE",
    help="Labelled JSONL (gold rows, or records of `voc classify`), or a folder that `datasets` saved. Repeatable.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="The new model; its name is that of the folder.",
)
@click.option(
    "--taxonomy",
    type=_file,
    metavar="FILE",
    help="The drivers, as TOML; it may extend the built-in ones.  [default: those that ship with voc]",
)
@click.option(
    "--base",
    metavar="NAME",
    help="The encoder: a model of `voc models list`, a folder, or a hub name in the local cache.",
)
@click.option(
    "--documents",
    type=Input(),
    multiple=True,
    metavar="INPUT",
    help="Where the texts are, for rows without a text (records); joined by id. Repeatable.",
)
@click.option(
    "--frequencies",
    type=_file,
    metavar="FILE",
    help="Labelled documents as they come in: probabilities fit their frequencies.  [default: as in --data]",
)
@click.option(
    "--all", "everything", is_flag=True, help="Train every output anew, also those that the base can tell already."
)
@click.option(
    "--members",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="Networks that are averaged; with --tune it is one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=2,
    show_default=True,
    help="Processes; only with --tune, where they are threads, do last digits depend on it.",
)
@click.option("--tune", is_flag=True, help="Train the upper layers of the encoder, too, and with them every output.")
@click.option(
    "--epochs",
    type=click.IntRange(1, 100),
    metavar="N",
    help="With --tune: rounds at most; it ends before where documents held back get no better.  [default: 5]",
)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Where the encoder runs: cpu, cuda, cuda:N or auto (a GPU where there is one).",
)
@click.pass_obj
def train_command(terminal: Terminal, /, **params: Any) -> None:
    """Trains outputs on the vectors of an encoder and writes a complete model, to use with --model FOLDER.

    Where --taxonomy adds drivers to those that the base can tell, only these are trained, from a few dozen labelled
    documents, and what the base says of the others does not change by a digit.

    With --tune the encoder itself learns from some hundreds or thousands of documents: any of BERT's family, or one
    that was tuned before, such as the default, which is then tuned further. A fifth of the documents is held back for
    the figures. It takes hours on a processor; drivers of one's own do not need it.

    The same command goes on after it was killed, with the same result. Figures printed and written into the card are
    cross-fitted.
    """
    if params["epochs"] is not None and not params["tune"]:
        raise click.UsageError("--epochs goes with --tune.")
    from voc.pipeline.training import TrainOptions, train

    options = TrainOptions(**params)
    deliver(terminal, lambda: train(options, terminal.progress()))
