"""``voc actions``: what a company does about a driver."""

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


@click.group(
    "actions", cls=VocGroup, example="voc actions add --driver neglect --owner 'Support lead' 'answer in a day'"
)
def actions_command() -> None:
    """Keeps actions against drivers; each report shows whether the driver moved since."""


@actions_command.command(
    "add",
    cls=VocCommand,
    example="voc actions add --driver neglect --owner 'Support lead' --due 2026-12-01 'answer every mail in a day'",
)
@click.argument("text", metavar="TEXT")
@click.option("--driver", required=True, metavar="DRIVER", help="What it is against, such as neglect.")
@click.option("--owner", default="", metavar="NAME", help="The team or role that does it.")
@click.option("--due", type=Day(), metavar="DATE", help="The day by which it is to be done.")
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def actions_add(terminal: Terminal, /, **params: Any) -> None:
    """Adds an action."""
    from voc.pipeline.casework import add_action

    driver, owner, due, text = (params.pop(name) for name in ("driver", "owner", "due", "text"))
    options = run_options(params)
    deliver(terminal, lambda: add_action(driver, owner, due, text, options, terminal.progress()))


@actions_command.command("list", cls=VocCommand, example="voc actions list")
@workspace_option
@click.pass_obj
def actions_list(terminal: Terminal, workspace: Path) -> None:
    """Lists actions, those to be done first."""
    from voc.pipeline.casework import list_actions
    from voc.text import display

    rows = list_actions(workspace)
    terminal.answer_rows("actions", rows)
    for row in rows:
        told = terminal.told
        state = told(f"done on {row['done']}") if row["done"] else told("no due day")
        state = told(f"due {row['due']}") if row["due"] and not row["done"] else state
        owner = row["owner"] or told("nobody")
        terminal.say(f"{row['number']}  {row['driver']}  {display(owner)}  {state}  {display(row['text'])}")
    terminal.note(f"{len(rows):,} actions.")


@actions_command.command("done", cls=VocCommand, example="voc actions done 1")
@click.argument("number", metavar="NUMBER", type=click.IntRange(min=1))
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def actions_done(terminal: Terminal, /, **params: Any) -> None:
    """Notes that an action was done."""
    from voc.pipeline.casework import finish_action

    number = params.pop("number")
    options = run_options(params)
    deliver(terminal, lambda: finish_action(number, options, terminal.progress()))
