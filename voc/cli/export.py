"""``voc export``: what the workspace holds, as one file."""

from __future__ import annotations

from pathlib import Path

import click

from voc.cli.common import VocCommand, file_path, workspace_option
from voc.cli.terminal import Terminal


@click.command("export", cls=VocCommand, example="voc export predictions -o predictions.xlsx")
@click.argument("what", type=click.Choice(["documents", "segments", "predictions", "themes", "trends"]))
@click.option(
    "-o",
    "--out",
    type=file_path(),
    required=True,
    metavar="FILE",
    help="The file, as .jsonl, .csv, .parquet or .xlsx; replaced if it is there.",
)
@click.option("--identified", is_flag=True, help="Keep customers, addresses, phone and card numbers readable.")
@workspace_option
@click.pass_obj
def export_command(terminal: Terminal, what: str, out: Path, identified: bool, workspace: Path) -> None:
    """Writes what the workspace holds to FILE; personal data is redacted unless --identified."""  # fmt: skip
    from voc.exports import check_ending, write_rows

    check_ending(out)
    from voc.pipeline import EXPORT_COLUMNS, export_rows
    from voc.pipeline.auditing import record_export

    record_export(workspace, what, out, identified=identified)
    count = write_rows(out, export_rows(workspace, what, identified), EXPORT_COLUMNS[what])
    terminal.answer({"what": what, "file": str(out), "rows": count, "identified": identified})
    terminal.note(f"{count:,} rows of {what}.")
    terminal.say(str(out))
