"""``voc cases``: whom to call back, who calls, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voc.cli.common import (
    VocCommand,
    VocGroup,
    as_of_option,
    deliver,
    file_path,
    run_options,
    workspace_option,
    writing_options,
)
from voc.cli.terminal import Terminal

_STATES = ("open", "contacted", "won_back", "lost")  # a test holds it to voc.casework.STATES
_OUTCOMES = ("won_back", "lost")
_existing = click.Path(exists=True, dir_okay=False, path_type=Path)
_note = click.option("--note", metavar="TEXT", help="What was said or agreed; kept with the case.")
_who = click.option("--by", "who", default="", metavar="NAME", help="Who says so; kept with it.")


class _State(click.Choice):  # type: ignore[type-arg]
    """A state; "won back" and won-back are won_back."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """``value`` as one of the states, else a usage error."""
        return super().convert(str(value).lower().replace(" ", "_").replace("-", "_"), param, ctx)


@click.group("cases", cls=VocGroup, example="voc cases list\nvoc cases close c3fa91c02aa won_back")
def cases_command() -> None:
    """Keeps the call-back list: customers who state that they leave. voc run opens the cases of its week."""


@cases_command.command("list", cls=VocCommand, example="voc cases list --owner 'Support lead'")
@click.option(
    "--state",
    "states",
    type=_State(_STATES),
    multiple=True,
    help="Cases in this state. Repeatable.  [default: open, contacted]",
)
@click.option("--owner", metavar="NAME", help="Cases of this owner; '' for those of nobody.")
@workspace_option
@click.pass_obj
def cases_list(terminal: Terminal, states: tuple[str, ...], owner: str | None, workspace: Path) -> None:
    """Lists cases, the dearest customers first; texts are redacted."""
    from voc.cli.views import outline
    from voc.pipeline.casework import list_cases

    rows = list_cases(workspace, states, owner)
    terminal.answer_rows("cases", rows)
    for row in rows:
        entry = {row["case"]: {name: value for name, value in row.items() if name != "case"}}
        for line in outline(entry, terminal.told):
            terminal.say(line)
    terminal.note(f"{len(rows):,} cases.")


@cases_command.command("show", cls=VocCommand, example="voc cases show c3fa91c02aa")
@click.argument("case", metavar="CASE")
@workspace_option
@click.pass_obj
def cases_show(terminal: Terminal, case: str, workspace: Path) -> None:
    """Shows one case, what was done about it, and all that the customer said, in every channel, in time order."""
    from voc.cli.views import outline
    from voc.pipeline.casework import show_case

    found = show_case(workspace, case)
    terminal.answer(found)
    for line in outline(found, terminal.told):
        terminal.say(line)


@cases_command.command("assign", cls=VocCommand, example="voc cases assign c3fa91c02aa 'Support lead'")
@click.argument("case", metavar="CASE")
@click.argument("owner", metavar="OWNER")
@_note
@_who
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def cases_assign(terminal: Terminal, /, **params: Any) -> None:
    """Gives a case to a team or a role."""
    _change(terminal, params, {"owner": params.pop("owner")})


@cases_command.command("contact", cls=VocCommand, example="voc cases contact c3fa91c02aa --note 'rings back on Friday'")
@click.argument("case", metavar="CASE")
@_note
@_who
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def cases_contact(terminal: Terminal, /, **params: Any) -> None:
    """Notes that the customer was contacted."""
    _change(terminal, params, {"state": "contacted"})


@cases_command.command(
    "close", cls=VocCommand, example="voc cases close c3fa91c02aa won_back --note 'stays, fee waived'"
)
@click.argument("case", metavar="CASE")
@click.argument("outcome", type=_State(_OUTCOMES))
@_note
@_who
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def cases_close(terminal: Terminal, /, **params: Any) -> None:
    """Closes a case as won_back or lost; the next report tells of it."""
    _change(terminal, params, {"state": params.pop("outcome")})


def _change(terminal: Terminal, params: dict[str, Any], changes: dict[str, str]) -> None:
    from voc.pipeline.casework import change_case

    case, note, who = (params.pop(name) for name in ("case", "note", "who"))
    options = run_options(params)
    noted = changes if note is None else changes | {"note": note}
    deliver(terminal, lambda: change_case(case, noted, who, options, terminal.progress()))


@cases_command.command("export", cls=VocCommand, example="voc cases export -o cases.xlsx")
@click.option(
    "-o", "--out", type=file_path(), required=True, metavar="FILE", help="As .csv, .xlsx, .jsonl or .parquet."
)
@workspace_option
@click.pass_obj
def cases_export(terminal: Terminal, out: Path, workspace: Path) -> None:
    """Writes all cases to FILE, redacted, for those who call; voc cases import takes it back."""
    from voc.exports import check_ending

    check_ending(out)
    from voc.pipeline.casework import export_cases

    count = export_cases(workspace, out)
    terminal.answer({"file": str(out), "rows": count})
    terminal.note(f"{count:,} cases.")
    terminal.say(str(out))


@cases_command.command("import", cls=VocCommand, example="voc cases import cases.xlsx --by 'Support desk'")
@click.argument("file", type=_existing)
@_who
@workspace_option
@as_of_option
@writing_options
@click.pass_obj
def cases_import(terminal: Terminal, /, **params: Any) -> None:
    """Takes the columns state, owner and note back from a file of cases. All of a file or nothing of it."""
    from voc.pipeline.casework import import_cases

    file, who = params.pop("file"), params.pop("who")
    options = run_options(params)
    deliver(terminal, lambda: import_cases(file, who, options, terminal.progress()))
