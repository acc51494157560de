"""What texts of the program tell people to type exists: commands, options, extras, packages."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import click

from tests.program import ROOT
from voc.cli import cli

# What follows "voc" in sentences that speak of the program.
WORDS = {"again", "and", "does", "in", "knows", "lies", "on", "reads", "runs", "schema", "with", "workspace", "writes"}
OTHERS = {"--help", "--force-reinstall"}  # of click, of pip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def texts() -> Iterator[tuple[str, str]]:
    """(where, text) of every text of the source that is no docstring."""
    for path in sorted((ROOT / "voc").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        owners = (n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef))
        docstrings = {id(n.body[0].value) for n in owners if n.body and isinstance(n.body[0], ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def commands(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """The words of each command with its options."""
    yield path, {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


def test_commands_and_options_that_are_named_exist() -> None:
    known = dict(commands())
    options = set().union(*known.values()) | OTHERS
    below = {path[1] for path in known if len(path) > 1}
    wrong = []
    for where, text in texts():
        for found in re.finditer(r"\bvoc ([a-z]+)(?: ([a-z]+))?", text):
            first, second = found[1], found[2]
            if first in WORDS:
                continue
            if (first,) not in known or (second in below and (first, second) not in known):
                wrong.append(f"{where}: {found[0]}")
        wrong += [f"{where}: {o}" for o in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text) if o not in options]
    assert wrong == []


def test_extras_and_packages_that_are_named_exist() -> None:
    declared = [*PROJECT["dependencies"], *(p for extra in PROJECT["optional-dependencies"].values() for p in extra)]
    packages = {re.split(r"[\[>=<]", line)[0] for line in declared} | {PROJECT["name"]}
    wrong, seen = [], 0
    for where, text in texts():
        for name, extras in re.findall(r"\b(voc[\w-]*)\[([a-z]\w*)\]", text):
            known = name == PROJECT["name"] and extras in PROJECT["optional-dependencies"]
            wrong += [] if known else [f"{where}: {name}[{extras}]"]
        for name in re.findall(r"pip install (?:--[\w-]+ )*'?([a-z][\w-]*)", text):
            seen += 1
            wrong += [] if name in packages else [f"{where}: {name}"]
    assert wrong == []
    assert seen > 2
