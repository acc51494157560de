"""The documentation names every command and exit code that the program has, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from voc import errors
from voc.cli import COMMANDS, cli

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh.md")


def commands() -> list[str]:
    """Every command as it is typed; a group by the commands below it."""
    context = click.Context(cli)
    names = []
    for name in COMMANDS:
        command = cli.get_command(context, name)
        below = command.list_commands(context) if isinstance(command, click.Group) else []
        names += [f"{name} {word}" for word in below] or [name]
    return names


@pytest.mark.parametrize("name", commands())
def test_readme_names_every_command(name: str) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.search(rf"`voc {name}\b", text), f"README.md does not mention `voc {name}`"


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_no_command_that_is_not_there(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    named = set(re.findall(r"`voc ([a-z]+)", text))
    assert named <= set(COMMANDS)


def test_help_and_readme_name_every_exit_code() -> None:
    codes = {
        value.exit_code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.VocError)
    } | {0, 130}
    readme = re.search(r"Exit codes: ([^.]+)\.", (ROOT / "README.md").read_text("utf-8"))
    assert readme is not None
    assert {int(code) for code in re.findall(r"(?:^|, |\n)(\d+) ", readme[1])} == codes
    assert {int(code) for code in re.findall(r"(?:: |, |\n *)(\d+) ", cli.help or "")} == codes
