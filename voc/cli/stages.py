"""The stages of ``voc run`` one by one, and ``voc classify`` on files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import (
    Input,
    Output,
    VocCommand,
    as_of_option,
    deliver,
    device_option,
    engine_options,
    file_path,
    inputs_argument,
    model_option,
    period_options,
    reading_options,
    require_new_option,
    run_options,
    workspace_option,
    writing_options,
)
from voc.cli.terminal import Terminal
from voc.errors import TooManyRejects


@click.command(
    "ingest",
    cls=VocCommand,
    example="voc ingest reviews.csv --map text=Comments --map time=Published\nvoc ingest exports/ --dry-run",
)
@inputs_argument
@click.option("--dry-run", is_flag=True, help="Show what each file is taken for, with ten documents; read nothing in.")
@workspace_option
@as_of_option
@reading_options
@require_new_option
@writing_options
@click.pass_obj
def ingest_command(terminal: Terminal, /, **params: Any) -> None:
    """Reads INPUT into the workspace. A file that was read before adds nothing.

    INPUT is a file (CSV, TSV, JSON, JSONL, Parquet, a workbook, a transcript, mail), a zip or gz of these, a folder, -
    for standard input, or a URL (s3://, gs://). Encoding and delimiter are found. A bad row is kept as a reject
    (`voc rejects`) with its file, row and reason. Which column was taken for what is printed; --map overrules it.
    """
    dry_run: bool = params.pop("dry_run")
    options = run_options(params)
    if dry_run:
        from voc.cli.views import previewed
        from voc.pipeline import preview

        if terminal.json:
            terminal.answer_rows("sources", preview(options))
            return
        for source in preview(options):
            for line in previewed(source, terminal.told):
                terminal.say(line)
        return
    from voc.pipeline import ingest

    deliver(terminal, lambda: ingest(options, terminal.progress()))


@click.command(
    "classify", cls=VocCommand, example=("voc classify reviews.csv -o drivers.jsonl\nvoc classify -w voc-workspace")
)
@click.argument("inputs", metavar="[INPUT]...", nargs=-1, type=Input())
@click.option(
    "-o",
    "--out",
    type=Output(),
    metavar="FILE",
    help="With INPUT: the records, as .jsonl, .csv, .parquet or .xlsx; a path or a URL (s3://, gs://).",
)
@workspace_option
@as_of_option
@reading_options
@model_option
@device_option
@engine_options
@writing_options
@click.pass_context
def classify_command(context: click.Context, /, **params: Any) -> None:
    """Finds the drivers in each document, with probabilities and evidence.

    Without INPUT: the documents of the workspace (-w) that this model has not classified; the results stay in the
    workspace. This is the stage of `voc run`.

    With INPUT and -o FILE: the documents of these files. No workspace is read or written. FILE holds one record for
    each document, duplicates included, in the order of the input; a rejected row is named on stderr.
    """
    terminal = context.ensure_object(Terminal)
    out: str | None = params.pop("out")
    if params["inputs"]:
        _only(
            context, {"workspace": "-w", "wait": "--wait", "timings": "--timings"}, "is for the workspace; with INPUT"
        )
        if out is None:
            raise click.UsageError("With INPUT say where the records go: -o FILE.jsonl, .csv or .parquet.")
        _classify_files(terminal, out, params)
        return
    file_options = {"out": "-o", "mapping": "--map", "max_reject_share": "--max-reject-share", "as_of": "--as-of"}
    _only(context, file_options, "goes with INPUT; for the stage on the workspace")
    options = run_options(params)
    from voc.pipeline import classify

    deliver(terminal, lambda: classify(options, terminal.progress()))


def _classify_files(terminal: Terminal, out: str, params: dict[str, Any]) -> None:
    from voc.exports import check_ending

    check_ending(Path(out))  # before minutes of work, not after
    options = run_options(params)
    from voc.pipeline import RunResult, classify_files

    def told(summary: dict[str, Any]) -> RunResult:
        counts = f"{summary['documents']:,} documents classified, {summary['rejects']:,} rows rejected"
        statuses = (f"  {name}: {count:,}" for name, count in summary["statuses"].items() if name != "ok")
        return RunResult(summary, [counts, *statuses, out])

    def work() -> RunResult:
        try:
            return told(classify_files(options.inputs, out, options, terminal.progress()))
        except TooManyRejects as error:
            if isinstance(error.result, dict):
                error.result = told(error.result)
            raise

    deliver(terminal, work)


def _only(context: click.Context, names: dict[str, str], why: str) -> None:
    """Refuses options that would do nothing in this form of the command."""
    for name, option in names.items():
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option} {why} it does nothing.")


@click.command(
    "trends",
    cls=VocCommand,
    example="voc trends --as-of 2026-11-15\nvoc trends --from counts.csv --errors errors.csv -o trends.json",
)
@click.option(
    "--from", "counts", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Weekly counts as CSV (series,week,n,k), without a workspace.",
)  # fmt: skip
@click.option(
    "--errors", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="With --from: what is known of the classifier's error, as CSV (series,tp,fn,fp,tn).",
)  # fmt: skip
@click.option("-o", "--out", type=file_path(), metavar="FILE", help="With --from: where the trends go, as JSON.")
@workspace_option
@period_options
@model_option
@writing_options
@click.pass_context
def trends_command(context: click.Context, /, **params: Any) -> None:
    """Counts documents, customers and drivers by ISO week, with intervals and the change against earlier weeks.

    With --from FILE and -o FILE: tests the weekly counts of any series for shifts and drifts against the weeks before,
    and corrects their shares by --errors. No workspace is read or written. All weeks count as complete.
    """
    terminal = context.ensure_object(Terminal)
    counts, errors, out = (params.pop(name) for name in ("counts", "errors", "out"))
    if counts is None:
        _only(context, {"errors": "--errors", "out": "-o"}, "goes with --from; for the stage on the workspace")
        options = run_options(params)
        from voc.pipeline import trends

        deliver(terminal, lambda: trends(options, terminal.progress()))
        return
    stage = {"week": "--week", "since": "--since", "until": "--until", "as_of": "--as-of", "model": "--model"}
    stage |= {"workspace": "-w", "wait": "--wait", "timings": "--timings"}
    _only(context, stage, "is for the workspace; with --from")
    if out is None:
        raise click.UsageError("With --from say where the trends go: -o FILE.json.")
    _trends_of_file(terminal, counts, errors, out)


def _trends_of_file(terminal: Terminal, counts: Path, errors: Path | None, out: Path) -> None:
    from voc.pipeline import RunResult
    from voc.trends.counts_file import trends_of_file, write_json

    def work() -> RunResult:
        answer = trends_of_file(counts, errors)
        write_json(out, answer)
        weeks = [week for series in answer["series"] for week in series["weeks"]]
        signals = sum(week["signal"] != "none" for week in weeks)
        done = {"series": len(answer["series"]), "rows": len(weeks), "tests": sum(answer["tests"].values())}
        lines = [
            f"{done['rows']:,} rows of {done['series']:,} series, {done['tests']:,} tests, {signals:,} signals",
            str(out),
        ]
        return RunResult(done | {"signals": signals, "file": str(out)}, lines)

    deliver(terminal, work)
