"""``voc label``: corrections by hand, and documents out to people and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import (
    Number,
    VocCommand,
    VocGroup,
    as_of_option,
    deliver,
    file_path,
    model_option,
    run_options,
    workspace_option,
    writing_options,
)
from voc.cli.terminal import Terminal

_existing = click.Path(exists=True, dir_okay=False, path_type=Path)
_who = click.option("--by", "who", default="", metavar="NAME", help="Who decided; kept with it.")
_ENDINGS = {"xlsx": ".xlsx", "labelstudio": ".json", "gold": ".jsonl"}


@click.group("label", cls=VocGroup, example="voc label set r-17 discourtesy=no --reason 'quotes a film'")
def label_command() -> None:
    """Corrects labels by hand; gives documents to people to label, and takes their labels back."""


@label_command.command(
    "set",
    cls=VocCommand,
    example=(
        "voc label set r-17 discourtesy=no leave=yes --reason 'quotes a film, and cancels'\n"
        "voc label set r-17 discourtesy=model --reason 'was right after all'"
    ),
)
@click.argument("document", metavar="ID")
@click.argument("answers", metavar="LABEL=ANSWER...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the label.")
@click.option("--quote", default="", metavar="TEXT", help="The words of the document that show what is added.")
@_who
@workspace_option
@as_of_option
@model_option
@writing_options
@click.pass_obj
def label_set(terminal: Terminal, /, **params: Any) -> None:
    """Sets labels of one document, by its id or key: yes, no, or model (what was set is taken back).

    LABEL is a driver (its complaint), as in neglect, or neglect.praise, or leave. What is set by hand outlives every
    new model, counts in all reports, and is marked where it is shown.
    """
    from voc.pipeline.labelling import SetOptions, set_labels

    given = SetOptions(**{name: params.pop(name) for name in ("document", "answers", "reason", "quote", "who")})
    options = run_options(params)
    deliver(terminal, lambda: set_labels(given, options, terminal.progress()))


@label_command.command(
    "export",
    cls=VocCommand,
    example="voc label export --n 200 -o to-label.xlsx\nvoc label export --to gold -o gold.jsonl",
)
@click.option("-o", "--out", type=file_path(), required=True, metavar="FILE", help="The file; replaced if it is there.")
@click.option(
    "--to",
    "form",
    type=click.Choice(list(_ENDINGS)),
    help="xlsx, labelstudio (JSON, with its config beside it), or gold: what people have labelled, for "
    "`voc train` and `voc evaluate`.  [default: by the ending of FILE]",
)
@click.option(
    "--n", "count", type=click.IntRange(1, 100_000), default=200, show_default=True, help="How many documents."
)
@click.option(
    "--random-share",
    "random",
    type=Number(0, 1),
    default=0.25,
    show_default=True,
    help="Share drawn at random: it alone tells how often the model errs.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another number draws other documents.")
@workspace_option
@click.option("--model", metavar="NAME", help="A model of `voc models list`, or a model folder.")
@click.pass_context
def label_export(context: click.Context, /, **params: Any) -> None:
    """Writes documents worth labelling: unclear to the model and unlike each other, and a random share; redacted.

    What the model thinks is not in the file, so that it does not sway who labels.
    """
    terminal = context.ensure_object(Terminal)
    workspace, model, out, form = (params.pop(name) for name in ("workspace", "model", "out", "form"))
    form = form or {ending: name for name, ending in _ENDINGS.items()}.get(out.suffix.lower())
    if form is None or out.suffix.lower() != _ENDINGS[form]:
        endings = ", ".join(f"{ending} ({name})" for name, ending in _ENDINGS.items())
        raise click.UsageError(f"FILE ends in one of {endings}.")
    from voc.pipeline.labelling import ExportOptions, export_for_labelling, export_labelled

    if form == "gold":
        for name in ("count", "random", "seed"):
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError("--n, --random-share and --seed pick documents to label; gold has all labelled.")
        done = export_labelled(workspace, out, model)
        terminal.note(f"{done['documents']:,} documents that people have labelled.")
    else:
        done = export_for_labelling(workspace, ExportOptions(out, form, **params), model)
        terminal.note(f"{done['documents']:,} documents to label, {done['random']:,} of them drawn at random.")
    terminal.answer(done)
    for file in done["files"]:
        terminal.say(file)


@label_command.command("import", cls=VocCommand, example="voc label import to-label.xlsx --by 'Ana M.'")
@click.argument("file", type=_existing)
@_who
@workspace_option
@as_of_option
@model_option
@writing_options
@click.pass_obj
def label_import(terminal: Terminal, /, **params: Any) -> None:
    """Takes labels back: the workbook, Label Studio's JSON export, or gold JSONL. All of a file or nothing of it."""
    from voc.pipeline.labelling import import_labels

    file, who = params.pop("file"), params.pop("who")
    options = run_options(params)
    deliver(terminal, lambda: import_labels(file, who, options, terminal.progress()))


@label_command.command("agree", cls=VocCommand, example="voc label agree ana.xlsx ben.xlsx -o decide.xlsx")
@click.argument("first", metavar="A", type=_existing)
@click.argument("second", metavar="B", type=_existing)
@click.option(
    "-o", "--out", type=file_path(), metavar="FILE", help="A workbook (.xlsx) of what they differ on, to decide."
)
@model_option
@click.pass_obj
def label_agree(terminal: Terminal, /, **params: Any) -> None:
    """Compares two files of labels of the same documents: kappa and F1 by label, and the documents that differ."""
    out: Path | None = params["out"]
    if out and out.suffix.lower() != ".xlsx":
        raise click.UsageError("-o FILE ends in .xlsx.")
    from voc.pipeline.labelling import agree

    deliver(terminal, lambda: agree(params["first"], params["second"], params["taxonomy"], params["model"], out))


@label_command.command("audit", cls=VocCommand, example="voc label audit -o errors.csv")
@click.option("-o", "--out", type=file_path(), metavar="FILE", help="The error counts by label, as .csv or .jsonl.")
@workspace_option
@click.option("--model", metavar="NAME", help="A model of `voc models list`, or a model folder.")
@click.pass_obj
def label_audit(terminal: Terminal, out: Path | None, workspace: Path, model: str | None) -> None:
    """Shows who set what by hand and why, and the error of the model on the random share (tp, fn, fp, tn by label)."""
    from voc.exports import check_ending

    if out:
        check_ending(out)
    from voc.pipeline.labelling import audit

    deliver(terminal, lambda: audit(workspace, model, out))
