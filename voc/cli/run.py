"""``voc run``: the whole path."""

from __future__ import annotations

from typing import Any

import click

from voc.cli.common import (
    VocCommand,
    deliver,
    device_option,
    engine_options,
    inputs_argument,
    model_option,
    period_options,
    reading_options,
    report_options,
    require_new_option,
    run_options,
    workspace_option,
    writing_options,
)
from voc.cli.terminal import Terminal


@click.command(
    "run",
    cls=VocCommand,
    example=(
        "voc run reviews.csv calls.jsonl\n"
        "voc run letters.csv --map text=Body --week 2026-W46 --report-language zh-Hans -o reports"
    ),
)
@inputs_argument
@workspace_option
@period_options
@report_options
@reading_options
@model_option
@device_option
@engine_options
@require_new_option
@writing_options
@click.pass_obj
def run_command(terminal: Terminal, /, **params: Any) -> None:
    """Reads INPUT into the workspace, classifies what is new, finds themes and trends, writes the report.

    INPUT is what `voc ingest` reads: tables, mail, transcripts, zip or gz of these, folders, - or a URL.

    Each stage does only what is not yet done: the same command twice adds nothing. The last line of the output is the
    path of the report.
    """
    options = run_options(params)
    from voc.pipeline import run_week

    deliver(terminal, lambda: run_week(options, terminal.progress()))
