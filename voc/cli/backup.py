"""``voc backup``, ``voc restore`` and ``voc migrate``: a workspace as one file and back, and to a newer schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import VocCommand, deliver, file_path, run_options, workspace_option, writing_options
from voc.cli.terminal import Terminal


@click.command("backup", cls=VocCommand, example="voc backup hotel-2026-W47.voc -w hotel")
@click.argument("file", type=file_path())
@workspace_option
@click.pass_obj
def backup_command(terminal: Terminal, file: Path, workspace: Path) -> None:
    """Writes the workspace to FILE as it stands at one moment; a run may go on meanwhile.

    FILE is as confidential as the workspace. Beside it, FILE.forgotten says who was forgotten since.
    """
    from voc.pipeline import RunOptions
    from voc.pipeline.backups import backup

    deliver(terminal, lambda: backup(file, RunOptions(workspace)))


@click.command("restore", cls=VocCommand, example="voc restore hotel-2026-W47.voc -w hotel-restored")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--forgotten", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Who was forgotten: forgotten.json of the workspace.  [default: the file beside the backup]",
)  # fmt: skip
@click.option(
    "--no-forgotten", "regardless", is_flag=True, help="Nothing says who was forgotten; restore all the same."
)
@workspace_option
@click.pass_obj
def restore_command(terminal: Terminal, file: Path, forgotten: Path | None, regardless: bool, workspace: Path) -> None:
    """Makes a new workspace from the backup FILE, and forgets again whoever was forgotten since.

    Every file is checked by its sha256; an older store is brought to this program's schema. The workspace must not be
    there yet.
    """
    if forgotten is not None and regardless:
        raise click.UsageError("--forgotten and --no-forgotten contradict each other.")
    from voc.pipeline import RunOptions
    from voc.pipeline.backups import restore

    deliver(terminal, lambda: restore(file, RunOptions(workspace), forgotten, regardless=regardless))


@click.command("migrate", cls=VocCommand, example="voc migrate --dry-run")
@click.option("--dry-run", is_flag=True, help="Try it on a copy, change nothing.")
@workspace_option
@writing_options
@click.pass_obj
def migrate_command(terminal: Terminal, /, **params: Any) -> None:
    """Brings the store to the schema of this program. Every writing command does so, too; this one does only that."""
    dry_run = params.pop("dry_run")
    options = run_options(params)
    from voc.pipeline.backups import migrate

    deliver(terminal, lambda: migrate(options, dry_run=dry_run))
