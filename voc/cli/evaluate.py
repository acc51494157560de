"""``voc evaluate``: how well a model agrees with labelled feedback, and the quality gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import Input, VocCommand, deliver, device_option, file_path, model_option
from voc.cli.terminal import Terminal


@click.command(
    "evaluate",
    cls=VocCommand,
    example=(
        "voc evaluate gold.jsonl --html evaluation.html --coverage\n"
        "voc evaluate labels.jsonl --documents feedback.csv --model models/mine\n"
        "voc evaluate gold.jsonl --gate floors.toml"
    ),
)
@click.argument("gold", type=click.Path(exists=True, path_type=Path))
@model_option
@device_option
@click.option(
    "--predictions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Judge these records of `voc classify` (JSONL) instead of a model.",
)
@click.option(
    "--documents",
    type=Input(),
    multiple=True,
    metavar="INPUT",
    help="Where the texts are, for labels without a text; joined by id. Repeatable.",
)
@click.option(
    "--coverage", is_flag=True, help="Also figures without the unclear decisions, and of the surest 95, 90, 80%."
)
@click.option("--html", type=file_path(), metavar="FILE", help="Write a page with tables, plots and the errors.")
@click.option("-o", "--out", type=file_path(), metavar="FILE", help="Write all of it as JSON.")
@click.option("--rounds", type=click.IntRange(10, 100_000), default=1000, show_default=True, help="Bootstrap draws.")
@click.option("--threads", type=click.IntRange(0, 1024), default=0, help="0: all cores. Figures do not depend on it.")
@click.option(
    "--gate", type=file_path(), metavar="FILE", help="Compare with the floors in this TOML; exit code 5 below one."
)
@click.option("--set-floors", is_flag=True, help="With --gate: write the floors from these figures; none gets looser.")
@click.option("--lower", metavar="REASON", help="With --set-floors: floors may get looser; the reason is kept.")
@click.pass_obj
def evaluate_command(terminal: Terminal, /, **params: Any) -> None:
    """Measures a model on GOLD: precision, recall, F1 with intervals by output, language, channel and source.

    GOLD is JSONL: a labelled document a line ("id", "text", "neg" {driver: quote}, "pos" [drivers], "leave" 0 or 1), or
    records of `voc classify`, which count as they decided; or the folder of a corpus.
    """
    if params["gate"] is None and (params["set_floors"] or params["lower"]):
        raise click.UsageError("--set-floors and --lower go with --gate FILE.")
    if params["lower"] is not None and not (params["set_floors"] and params["lower"].strip()):
        raise click.UsageError("--lower goes with --set-floors and needs a reason.")
    if params["predictions"] and params["model"]:
        raise click.UsageError("--predictions takes the place of a model: leave --model out.")
    from voc.pipeline.evaluating import EvaluateOptions, evaluate

    options = EvaluateOptions(**params)
    deliver(terminal, lambda: evaluate(options, terminal.progress()))
