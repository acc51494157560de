"""What commands share: the options of every command, the options of stages, and how a result is told."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from voc.cli.language import language_of
from voc.cli.terminal import Terminal, write_example
from voc.errors import VocError

if TYPE_CHECKING:
    from voc.pipeline import RunOptions, RunResult

LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")  # of reports; a test holds it to voc.config.LANGUAGES
QUALITIES: Final = ("fast", "balanced", "full")  # likewise
ENGINES: Final = ("local", "ray")  # likewise
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
F = TypeVar("F", bound=Callable[..., Any])


def _begin(ctx: click.Context) -> None:
    """What comes before every command: its log, and the language of its workspace where no other was chosen."""
    from voc.cli.logging import start_logging

    terminal = ctx.ensure_object(Terminal)
    start_logging(terminal)
    workspace = ctx.params.get("workspace")
    if terminal.chosen is None and isinstance(workspace, Path):
        terminal.speak(language_of(workspace))


class VocCommand(click.Command):
    """A command with an example in its help and the options that every command has."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.params += _every_command()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the example."""
        write_example(formatter, self.example)

    def invoke(self, ctx: click.Context) -> Any:
        """Starts the log, then runs the command."""
        _begin(ctx)
        return super().invoke(ctx)


class VocGroup(click.Group):
    """A group of commands with an example in its help."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the example."""
        write_example(formatter, self.example)


class StageGroup(VocGroup):
    """A stage that is a group, too: it has the options of every command, for where it is called by itself."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, example=example, **kwargs)
        self.params += _every_command()

    def invoke(self, ctx: click.Context) -> Any:
        """Starts the log, then runs the stage or the command below it."""
        _begin(ctx)
        return super().invoke(ctx)


class Number(click.FloatRange):
    """A number in a range; nan, which is in no range and out of none, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """``value`` as a number, else a usage error."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number


class Day(click.ParamType[str]):
    """A calendar date such as 2026-11-15; the value is that text."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """``value`` if it is a date that exists, else a usage error."""
        text = str(value)
        if not _DAY.fullmatch(text):
            self.fail(f"{text!r} is not a date like 2026-11-15.", param, ctx)
        try:
            return dt.date.fromisoformat(text).isoformat()
        except ValueError:
            self.fail(f"{text!r} is no date of the calendar.", param, ctx)


class IsoWeek(click.ParamType[str]):
    """An ISO week such as 2026-W46; the value is that text."""

    name = "week"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """``value`` if it is a week that exists, else a usage error."""
        from voc.weeks import Week

        try:
            return str(Week.parse(str(value)))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class Input(click.ParamType[str]):
    """A file or folder that exists, ``-`` or a URL; the value is that text."""

    name = "input"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """``value`` where it can be an input, else a usage error."""
        text = str(value)
        if text != "-" and "://" not in text and not Path(text).exists():
            self.fail(f"Path {text!r} does not exist.", param, ctx)
        return text


class Output(click.ParamType[str]):
    """A file to write, or a URL; the value is that text."""

    name = "output"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """``value`` where it can be written, else a usage error."""
        text = str(value)
        return text if "://" in text else str(file_path().convert(value, param, ctx))


def _every_command() -> list[click.Parameter]:
    def store(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(ctx: click.Context, param: click.Parameter, value: Any) -> None:  # noqa: ARG001
            terminal = ctx.ensure_object(Terminal)
            if name == "verbosity":
                terminal.verbosity += value
            else:
                setattr(terminal, name, value)

        return callback

    quiet, log = store("verbosity"), store("log_json")
    return [
        click.Option(
            ["--json"], is_flag=True, is_eager=True, expose_value=False, callback=store("json"),
            help="Print the result as one JSON document.",
        ),
        click.Option(
            ["-v", "--verbose"], count=True, is_eager=True, expose_value=False, callback=store("verbosity"),
            help="Log every step; show the traceback of an unexpected error.",
        ),
        click.Option(
            ["-q", "--quiet"], count=True, is_eager=True, expose_value=False,
            callback=lambda ctx, param, value: quiet(ctx, param, -value),
            help="Only the answer, warnings and errors.",
        ),
        click.Option(
            ["--log-format"], type=click.Choice(["text", "json"]), default="text", show_default=True, is_eager=True,
            expose_value=False, callback=lambda ctx, param, value: log(ctx, param, value == "json"),
            help="Form of the log and of errors on stderr.",
        ),
    ]  # fmt: skip


def _options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def _mapping(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    if not pairs:
        return {}
    from voc.ingest.columns import check_fields

    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{pair!r} has not the form field=Column.", ctx, param)
        if name in mapping:
            raise click.BadParameter(f"field {name!r} is given twice.", ctx, param)
        mapping[name] = column
    check_fields(mapping)
    return mapping


def file_path() -> click.Path:
    """A file to write."""
    return click.Path(dir_okay=False, path_type=Path)


workspace_option = click.option(
    "-w", "--workspace", type=click.Path(file_okay=False, path_type=Path), default=Path("voc-workspace"),
    envvar="VOC_WORKSPACE", show_envvar=True, show_default=True, help="Folder that keeps what was read.",
)  # fmt: skip
inputs_argument = click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=Input())
model_option = _options(
    click.option("--model", metavar="NAME", help="A model of `voc models list`, or a model folder."),
    click.option(
        "--taxonomy", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
        help="The drivers, as TOML.  [default: those that the model was trained for]",
    ),
    click.option(
        "--quality", type=click.Choice(QUALITIES),
        help="fast: the lower half of the model, 1.6 times as quick, some points of F1 lower. full: the model in "
        "32-bit floating point, slower. Predictions of each are kept apart.  [default: balanced]",
    ),
)  # fmt: skip
device_option = click.option(
    "--device", metavar="NAME", help="Where the model runs: cpu, cuda, cuda:N or auto.  [default: cpu]"
)
engine_options = _options(
    click.option(
        "--engine", type=click.Choice(ENGINES),
        help="ray: the model runs on a Ray cluster, with the same results.  [default: local]",
    ),
    click.option(
        "--address", metavar="ADDRESS",
        help="With --engine ray: of a running cluster (auto, HOST:PORT).  [default: one of this machine]",
    ),
)  # fmt: skip
as_of_option = click.option(
    "--as-of", type=Day(), metavar="DATE",
    help="The day that counts as now.  [default: the latest document]",
)  # fmt: skip
reading_options = _options(
    click.option(
        "--map", "mapping", metavar="FIELD=COLUMN", multiple=True, callback=_mapping,
        help="Take a field from a column, for example text=Comments; time= leaves it out. Repeatable.",
    ),
    click.option(
        "--max-reject-share", type=Number(0, 1), metavar="SHARE",
        help="End with exit code 3 if a larger share of rows is rejected.  [default: 0.05]",
    ),
)  # fmt: skip
period_options = _options(
    click.option(
        "--week", type=IsoWeek(), metavar="WEEK",
        help="The week of the report, such as 2026-W46.  [default: the last complete week with data]",
    ),
    click.option("--since", type=Day(), metavar="DATE", help="Leave out documents before this day."),
    click.option("--until", type=Day(), metavar="DATE", help="Leave out documents after this day."),
    as_of_option,
)  # fmt: skip
report_options = _options(
    click.option(
        "-o", "--out", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
        help="Where the reports go.  [default: reports in the workspace]",
    ),
    click.option("--report-language", type=click.Choice(LANGUAGES), help="Language of the report.  [default: en]"),
    click.option(
        "--pdf/--no-pdf", default=None, envvar="VOC_PDF", show_envvar=True,
        help="Make report.pdf, too.  [default: as voc.toml says, else yes]",
    ),
)  # fmt: skip
require_new_option = click.option(
    "--require-new", is_flag=True, help="End with exit code 7 if nothing new came in or a feed is stale."
)
writing_options = _options(
    click.option(
        "--wait", type=Number(min=0), default=0.0, metavar="SECONDS",
        help="Wait so long for another voc in this workspace to end.  [default: 0]",
    ),
    click.option(
        "--timings", type=file_path(), metavar="FILE",
        help="Write seconds, documents and peak memory of each stage to FILE (JSON).",
    ),
)  # fmt: skip


def run_options(params: dict[str, Any]) -> RunOptions:
    """The options of a run from the parameters of a command, which have the same names; UsageError where they
    contradict each other."""
    since, until = params.get("since"), params.get("until")
    if since and until and since > until:
        raise click.UsageError(f"--since {since} is after --until {until}.")
    from voc.pipeline import RunOptions

    return RunOptions(**params)


def deliver(terminal: Terminal, work: Callable[[], RunResult]) -> None:
    """Does ``work`` and tells its result, also where an error comes with one (too many rejects: all was written)."""
    try:
        result = work()
    except VocError as error:
        from voc.pipeline import RunResult

        if isinstance(error.result, RunResult):
            details = {"type": type(error).__name__, "message": error.message, "hint": error.hint}
            terminal.result(error.result, details | {"exit_code": error.exit_code})
        raise
    terminal.result(result)
