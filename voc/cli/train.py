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
        "voc train --data fees.jsonl --data everyday.jsonl --taxonomy taxonomy.toml -o models/acme"
    ),
)
@click.option(
    "--data",
    type=_file,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Labelled JSONL: gold rows, or records of `voc classify`. Repeatable.",
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
@click.option("--members", type=click.IntRange(1, 20), default=3, show_default=True, help="Networks that are averaged.")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Processes; the result is the same."
)
@click.option("--device", default="cpu", show_default=True, metavar="NAME", help="Where vectors are made: cpu or cuda.")
@click.pass_obj
def train_command(terminal: Terminal, /, **params: Any) -> None:
    """Trains outputs on the vectors of an encoder and writes a complete model, to use with --model FOLDER.

    Where --taxonomy adds drivers to those that the base can tell, only these are trained, from a few dozen labelled
    documents, and what the base says of the others does not change by a digit.

    The same command goes on after it was killed. Figures printed and written into the card are cross-fitted.
    """
    from voc.pipeline.training import TrainOptions, train

    options = TrainOptions(**params)
    deliver(terminal, lambda: train(options, terminal.progress()))
