"""``voc themes``: the stage, and what people do to themes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voc.cli.common import (
    StageGroup,
    VocCommand,
    as_of_option,
    deliver,
    model_option,
    period_options,
    run_options,
    workspace_option,
    writing_options,
)
from voc.cli.terminal import Terminal

if TYPE_CHECKING:
    from voc.pipeline.curating import Act


@click.group(
    "themes",
    cls=StageGroup,
    invoke_without_command=True,
    example="voc themes --week 2026-W46\nvoc themes list\nvoc themes merge I-9c12c3 I-a564e6",
)
@workspace_option
@period_options
@model_option
@writing_options
@click.pass_context
def themes_command(context: click.Context, /, **params: Any) -> None:
    """Groups what customers say into themes that keep their identity from week to week.

    Without a command below: the stage of `voc run`. Segments that are new join the themes that are known; what is left
    is clustered. The other commands correct themes by hand, one dated event each; options go behind them.
    """
    if context.invoked_subcommand is not None:
        return
    terminal = context.ensure_object(Terminal)
    options = run_options(params)
    from voc.pipeline import themes

    deliver(terminal, lambda: themes(options, terminal.progress()))


@themes_command.command("list", cls=VocCommand, example="voc themes list")
@workspace_option
@click.pass_obj
def themes_list(terminal: Terminal, workspace: Path) -> None:
    """Lists all themes: id, label, driver, state, size, weeks, lineage, a quote, praise of the same, the nearest theme.

    Labels are in the language of --ui-language; --json has all. Quotes are redacted.
    """
    from voc.cli.theme_lines import theme
    from voc.pipeline.theme_table import list_themes

    rows = list_themes(workspace)
    terminal.answer_rows("themes", rows)
    for row in rows:
        for line in theme(row, terminal.told):
            terminal.say(line)
    if not rows:
        terminal.note("There is no theme yet.")


@themes_command.command("show", cls=VocCommand, example="voc themes show I-9c12c3")
@click.argument("theme", metavar="ID")
@workspace_option
@click.pass_obj
def themes_show(terminal: Terminal, theme: str, workspace: Path) -> None:
    """Shows one theme as the list does, and its labels in all languages, its weeks, events and latest segments."""
    from voc.cli import theme_lines
    from voc.pipeline.theme_table import show_theme

    found = show_theme(workspace, theme)
    terminal.answer(found)
    for line in (*theme_lines.theme(found, terminal.told), *theme_lines.theme_details(found, terminal.told)):
        terminal.say(line)


_options = [workspace_option, as_of_option, model_option, writing_options]


def _curating(command: Any) -> Any:
    for option in reversed(_options):
        command = option(command)
    return click.pass_obj(command)


def _curate(terminal: Terminal, params: dict[str, Any], act: Act) -> None:
    from voc.pipeline.curating import curate

    options = run_options(params)
    deliver(terminal, lambda: curate(options, terminal.progress(), act))


@themes_command.command("rename", cls=VocCommand, example='voc themes rename I-9c12c3 --en "late refunds" --zh 退款慢')
@click.argument("theme", metavar="ID")
@click.option("--en", metavar="TEXT", help='English label; "" gives it back to the program.')
@click.option("--zh", metavar="TEXT", help='Chinese label, for both scripts; "" gives it back to the program.')
@_curating
def themes_rename(terminal: Terminal, /, **params: Any) -> None:
    """Gives a theme a label of your own."""
    from voc.pipeline.curating import chosen_names, rename_theme

    theme, en, zh = params.pop("theme"), params.pop("en"), params.pop("zh")
    if en is None and zh is None:
        raise click.UsageError("Say what it is to be called: --en TEXT, --zh TEXT.")
    _curate(terminal, params, rename_theme(theme, chosen_names(en, zh)))


@themes_command.command("merge", cls=VocCommand, example="voc themes merge I-9c12c3 I-a564e6")
@click.argument("theme", metavar="ID")
@click.argument("into", metavar="INTO")
@_curating
def themes_merge(terminal: Terminal, /, **params: Any) -> None:
    """Makes theme ID a part of theme INTO."""
    from voc.pipeline.curating import merge_themes

    act = merge_themes(params.pop("theme"), params.pop("into"))
    _curate(terminal, params, act)


@themes_command.command("split", cls=VocCommand, example="voc themes split I-9c12c3")
@click.argument("theme", metavar="ID")
@_curating
def themes_split(terminal: Terminal, /, **params: Any) -> None:
    """Divides a theme in two; the larger part keeps the id."""
    from voc.pipeline.curating import split_theme

    theme = params.pop("theme")
    options = run_options(params)
    deliver(terminal, lambda: split_theme(options, terminal.progress(), theme))


@themes_command.command("pin", cls=VocCommand, example="voc themes pin I-9c12c3")
@click.argument("theme", metavar="ID")
@_curating
def themes_pin(terminal: Terminal, /, **params: Any) -> None:
    """Shows a theme in every report, however small; a second time: no more."""
    from voc.pipeline.curating import pin_theme

    act = pin_theme(params.pop("theme"))
    _curate(terminal, params, act)


@themes_command.command("retire", cls=VocCommand, example="voc themes retire I-9c12c3")
@click.argument("theme", metavar="ID")
@_curating
def themes_retire(terminal: Terminal, /, **params: Any) -> None:
    """Shows a theme no more; it goes on taking its segments in, so that they form no new one."""
    from voc.pipeline.curating import retire_theme

    act = retire_theme(params.pop("theme"))
    _curate(terminal, params, act)


@themes_command.command("nest", cls=VocCommand, example="voc themes nest I-9c12c3 late")
@click.argument("theme", metavar="ID")
@click.argument("sub_driver", metavar="SUBDRIVER")
@_curating
def themes_nest(terminal: Terminal, /, **params: Any) -> None:
    """Puts a theme under another sub-driver of its driver; - for none."""
    from voc.pipeline.curating import nest_theme

    act = nest_theme(params.pop("theme"), params.pop("sub_driver"))
    _curate(terminal, params, act)


@themes_command.command("undo", cls=VocCommand, example="voc themes undo 12")
@click.argument("event", metavar="NUMBER", type=click.IntRange(min=1))
@_curating
def themes_undo(terminal: Terminal, /, **params: Any) -> None:
    """Takes a merge, split, rename, pin, nesting or retirement back; `voc themes show` gives its number."""
    from voc.pipeline.curating import undo_event

    act = undo_event(params.pop("event"))
    _curate(terminal, params, act)


@themes_command.command(
    "label",
    cls=VocCommand,
    example="voc themes label --label-with https://llm.example.com/v1/chat/completions --label-model qwen3",
)
@click.option(
    "--label-with",
    required=True,
    metavar="URL|FOLDER",
    help="OpenAI-compatible chat completions over https, its host in deliver.allowed_hosts (token: VOC_LABEL_KEY), or "
    "a folder with a chat model.",
)
@click.option("--label-model", default="", metavar="NAME", help="The name that the endpoint knows the model by.")
@_curating
def themes_label(terminal: Terminal, /, **params: Any) -> None:
    """Asks a language model for labels of themes that no person has named.

    It sees redacted sentences. What it answers can be a label and nothing else; each label is an event that can be
    undone.
    """
    from voc.pipeline.naming import label_themes

    label_with, model = params.pop("label_with"), params.pop("label_model")
    options = run_options(params)
    deliver(terminal, lambda: label_themes(options, terminal.progress(), label_with, model))


@themes_command.command("reencode", cls=VocCommand, example="voc themes reencode")
@_curating
def themes_reencode(terminal: Terminal, /, **params: Any) -> None:
    """Rebuilds where themes lie under the model that is set now; ids and members stay."""
    from voc.pipeline.curating import reencode

    options = run_options(params)
    deliver(terminal, lambda: reencode(options, terminal.progress()))
