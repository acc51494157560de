"""``voc init``, ``voc config``, ``voc models`` and ``voc doctor``: the program itself."""

from __future__ import annotations

from pathlib import Path

import click

from voc.cli.common import VocCommand, VocGroup, workspace_option
from voc.cli.terminal import Terminal
from voc.errors import StoreError


@click.command("init", cls=VocCommand, example="voc init -w hotel")
@workspace_option
@click.pass_obj
def init_command(terminal: Terminal, workspace: Path) -> None:
    """Makes a workspace with a voc.toml in which every setting is explained. What is there already stays as it is."""
    from voc.config import CONFIG_NAME
    from voc.pipeline import init

    summary = init(workspace)
    terminal.answer(summary)
    written = "was written" if summary["config_written"] else "was there already and stays as it is"
    terminal.note(f"The workspace {workspace} is ready; its {CONFIG_NAME} {written}.")
    terminal.say(str(workspace / CONFIG_NAME))


@click.group("config", cls=VocGroup, example="voc config show")
def config_command() -> None:
    """Shows the settings."""


@config_command.command("show", cls=VocCommand, example="voc config show -w hotel")
@workspace_option
@click.pass_obj
def config_show(terminal: Terminal, workspace: Path) -> None:
    """Shows each setting and where its value comes from: the default or the voc.toml of the workspace."""
    from voc.config import load_config, toml_value

    rows = list(load_config(workspace).items())
    terminal.answer({key: {"value": value, "origin": origin} for key, value, origin in rows})
    width = max(len(key) for key, _, _ in rows)
    values = {key: toml_value(value) for key, value, _ in rows}
    room = max(len(value) for value in values.values())
    for key, _, origin in rows:
        terminal.say(f"{key:<{width}} = {values[key]:<{room}}  ({origin})")


@click.group("models", cls=VocGroup, example="voc models list")
def models_command() -> None:
    """Shows the models that are installed."""


@models_command.command("list", cls=VocCommand, example="voc models list --json")
@click.pass_obj
def models_list(terminal: Terminal) -> None:
    """Lists the models that are installed, with size and licence."""
    from voc.doctor import models

    rows = models()
    terminal.answer({"models": rows})
    for row in rows:
        marks = ["default"] * row["default"] + ["encoder only"] * (not row["classifies"])
        parts = [row["id"], f"{row['megabytes']} MB", row["licence"], ", ".join(row["languages"]), ", ".join(marks)]
        terminal.say("  ".join(part for part in parts if part))


@click.command("doctor", cls=VocCommand, example="voc doctor\nvoc doctor --store -w hotel")
@click.option("--store", is_flag=True, help="Check the workspace instead: every page, count, digest and file.")
@workspace_option
@click.pass_context
def doctor_command(context: click.Context, store: bool, workspace: Path) -> None:
    """Checks Python, packages, devices, threads, models, fonts, disk and cache; names the command that mends a fault.

    Ends with exit code 4 if a model or a package is missing or damaged, with 1 if something else does not work.
    """
    from voc.checks import FAULT, MISSING
    from voc.cli.views import padded

    terminal = context.ensure_object(Terminal)
    if store:
        from voc.pipeline.health import examine_store

        checks = examine_store(workspace)
    else:
        from voc.doctor import examine

        checks = examine(workspace)
    states = {check.state for check in checks}
    exit_code = 4 if MISSING in states else 1 if FAULT in states else 0
    terminal.answer({"ok": not exit_code, "exit_code": exit_code, "checks": [check.as_dict() for check in checks]})
    for check in checks:
        told = terminal.told
        terminal.say(f"{padded(told(check.state), 8)} {told(check.name)}{told(': ')}{told(check.detail)}")
        if check.mend:
            terminal.say(f"{'':<9}{terminal.told(check.mend)}")
    if store and exit_code:
        faults = sum(check.state == FAULT for check in checks)
        raise StoreError(f"the store of {workspace} has {faults} faults", "Each line above names what mends it.")
    context.exit(exit_code)
