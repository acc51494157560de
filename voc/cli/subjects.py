"""``voc subject``, ``voc forget``, ``voc retention``, ``voc audit`` and ``voc key``: personal data, and who saw it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import (
    Day,
    VocCommand,
    VocGroup,
    as_of_option,
    deliver,
    run_options,
    workspace_option,
    writing_options,
)
from voc.cli.terminal import Terminal


@click.command("subject", cls=VocCommand, example="voc subject C-1042 --json")
@click.argument("customer")
@workspace_option
@click.pass_obj
def subject_command(terminal: Terminal, customer: str, workspace: Path) -> None:
    """Shows everything that is held about CUSTOMER, in full, for a request of access; the audit log notes it.

    CUSTOMER is as the feed writes it, or the pseudonym of an export.
    """
    from voc.cli.views import outline
    from voc.pipeline import RunOptions
    from voc.pipeline.subjects import subject

    found = subject(customer, RunOptions(workspace))
    terminal.answer(found)
    if not found["documents"]:
        terminal.say(
            terminal.told("Nothing is held: this customer was forgotten.")
            if found["forgotten"]
            else terminal.told("Nothing is held.")
        )
        return
    for line in outline(found, terminal.told):
        terminal.say(line)


@click.command("forget", cls=VocCommand, example="voc forget C-1042 --dry-run\nvoc forget C-1042 --reason 'ticket 88'")
@click.argument("customer")
@click.option("--reason", default="", metavar="TEXT", help="Kept in the audit log; name nobody in it.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def forget_command(terminal: Terminal, /, **params: Any) -> None:
    """Takes text, ids, vectors, quotes and notes of CUSTOMER out of the workspace, for good.

    Every count stays, in the store and in the reports. Quotes in stored reports become a notice, and the files are
    written again. Copies outside (exports, backups, deliveries) are listed. What CUSTOMER left is never taken in again.
    Killed at any moment, the same command completes it.
    """
    customer, reason, dry_run = (params.pop(name) for name in ("customer", "reason", "dry_run"))
    options = run_options(params)
    from voc.pipeline.subjects import forget

    deliver(terminal, lambda: forget(customer, reason, options, terminal.progress(), dry_run=dry_run))


@click.command("retention", cls=VocCommand, example="voc retention --dry-run\nvoc retention --as-of 2026-11-22")
@click.option("--dry-run", is_flag=True, help="Only count what would lose its words.")
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def retention_command(terminal: Terminal, /, **params: Any) -> None:
    """Takes the words out of feedback that is older than retention.days of voc.toml; what was counted stays.

    Each voc run ends with it. Without --as-of it does nothing where most of the feedback would lose its words at once.
    """
    dry_run = params.pop("dry_run")
    options = run_options(params)
    from voc.pipeline.retention import retention

    deliver(terminal, lambda: retention(options, terminal.progress(), dry_run=dry_run))


@click.command("audit", cls=VocCommand, example="voc audit --since 2026-11-01")
@click.option("--since", type=Day(), metavar="DATE", help="Entries from this day on, in real time (UTC).")
@workspace_option
@click.pass_obj
def audit_command(terminal: Terminal, since: str | None, workspace: Path) -> None:
    """Shows who exported, sent, looked up, forgot, restored, corrected labels or changed the key, and when.

    The log holds real times (UTC), unlike everything else of voc. It cannot be changed; voc doctor --store says where
    somebody tried.
    """
    from voc.cli.views import outline
    from voc.pipeline.auditing import audit_log

    rows = audit_log(workspace, since)
    terminal.answer({"entries": rows})
    for row in rows:
        terminal.say(f"{row['number']}  {row['at']}  {row['who']}  {row['action']}")
        for line in outline(row["detail"], terminal.told, 1):
            terminal.say(line)
    if not rows:
        terminal.note("The log is empty.")


@click.group("key", cls=VocGroup, example="voc key rotate")
def key_command() -> None:
    """The key of the pseudonyms in exports."""


@key_command.command("rotate", cls=VocCommand, example="voc key rotate -w hotel")
@workspace_option
@writing_options
@click.pass_obj
def key_rotate(terminal: Terminal, /, **params: Any) -> None:
    """Makes a new key: later exports have other pseudonyms. Old ones still lead to their customers."""
    options = run_options(params)
    from voc.pipeline.keys import rotate_key

    deliver(terminal, lambda: rotate_key(options, terminal.progress()))
