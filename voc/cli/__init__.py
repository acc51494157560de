"""The command line: commands are loaded when they are asked for, errors become messages and exit codes here.

Nothing on the way to ``voc --help`` imports more than click; what a command needs is imported inside the command.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import FrameType, TracebackType
from typing import Final

import click

from voc import __version__
from voc.cli.language import CHOICES, VARIABLE
from voc.cli.terminal import Terminal, printable, write_example
from voc.errors import VocError

# Command -> (module below voc.cli, its line in `voc --help`), in the order in which people meet them.
COMMANDS: Final = {
    "init": ("settings", "Make a workspace with a commented voc.toml."),
    "run": ("run", "From files of feedback to this week's report."),
    "ingest": ("stages", "Stage 1: read files into the workspace."),
    "classify": ("stages", "Stage 2: find drivers and evidence; with INPUT: classify files."),
    "themes": ("themes", "Stage 3: group complaints into themes; correct themes by hand."),
    "trends": ("stages", "Stage 4: count and compare weeks."),
    "report": ("report", "Stage 5: write the report of a week, a month, a part; compare."),
    "deliver": ("deliver", "Send the report by mail and to chat, each week once."),
    "schedule": ("schedule", "Print a job that runs and delivers each week."),
    "cases": ("cases", "Customers to call back: who, whose, and what became of it."),
    "actions": ("actions", "What is done about a driver, and whether it moved."),
    "status": ("look", "What the workspace holds."),
    "rejects": ("look", "Rows that did not become documents, and why."),
    "search": ("look", "Find documents by words, driver and week."),
    "explain": ("look", "Why one document got its labels."),
    "export": ("export", "Write documents, predictions, themes or trends to a file."),
    "label": ("label", "Correct labels by hand; label documents, compare who labelled."),
    "train": ("train", "Train a model on labelled feedback; add drivers of one's own."),
    "evaluate": ("evaluate", "Measure a model on labelled feedback; the quality gate."),
    "subject": ("subjects", "Everything that is held about one customer."),
    "forget": ("subjects", "Take a customer out for good; every count stays."),
    "retention": ("subjects", "Take the words out of old feedback."),
    "audit": ("subjects", "Who exported, looked up, forgot or restored what, and when."),
    "key": ("subjects", "Change the key of the pseudonyms in exports."),
    "backup": ("backup", "Write the workspace to one file."),
    "restore": ("backup", "Make a new workspace from a backup."),
    "migrate": ("backup", "Bring the store to this program's schema."),
    "config": ("settings", "Show the settings and where each comes from."),
    "models": ("settings", "Show the models that are installed."),
    "doctor": ("settings", "Check this machine; say what is missing and what mends it."),
}
INTERRUPTED: Final = 130


class LazyGroup(click.Group):
    """Knows its commands by name and help line; imports the module of a command when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names of the commands in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command ``cmd_name``, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, line = COMMANDS[cmd_name]
        command = getattr(import_module(f"voc.cli.{module}"), f"{cmd_name}_command")
        if not isinstance(command, click.Command):
            raise TypeError(f"voc.cli.{module}.{cmd_name}_command is not a command")
        command.short_help = line
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the example."""
        write_example(formatter, "voc run reviews.csv calls.jsonl")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command named for a mistyped one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)


def _speak(ctx: click.Context, param: click.Parameter, value: str | None) -> None:  # noqa: ARG001
    ctx.ensure_object(Terminal).speak(value)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="voc", message="%(prog)s %(version)s")
@click.option(
    "--ui-language", type=click.Choice(CHOICES), expose_value=False, envvar=VARIABLE, show_envvar=True,
    callback=_speak,
    help="Language of messages; auto: that of the system. JSON, logs and files stay as they are.  [default: auto]",
)  # fmt: skip
def cli() -> None:
    """Reads customer feedback (English, Chinese), finds why customers leave, and reports each week what changed.

    Everything stays on this machine. The workspace (-w, else $VOC_WORKSPACE, else ./voc-workspace) keeps what was
    read, so that next week's run adds only what is new.

    Exit codes: 0 done, 1 failed, 2 usage, 3 too many rejects (the report is written all the same), 4 a model or extra
    is missing, 5 a quality gate failed, 6 the workspace is locked, 7 nothing new (with --require-new), 130 interrupted.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Runs the command line with ``args`` (default: those of the process) and returns its exit code.

    An error that nobody foresaw is not caught: ``sys.excepthook`` shortens its message, Python ends with 1.
    """
    argv = list(sys.argv[1:] if args is None else args)
    terminal = Terminal()
    terminal.guess(argv)

    def unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if terminal.verbosity > 0:
            for line in "".join(traceback.format_exception(kind, error, trace)).splitlines():
                terminal.log(printable(line))  # customer text may stand in it
        terminal.fail(f"unexpected {kind.__name__}: {error}", "Run again with -v for the traceback.", 1, kind.__name__)

    sys.excepthook = unexpected
    sys.unraisablehook = _unraisable
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = _run(argv, terminal)
        terminal.close()
    except BrokenPipeError:  # `voc ... | head`: the reader has seen enough
        terminal.hush()
        return 0
    return code


def _run(argv: list[str], terminal: Terminal) -> int:
    try:
        with cli.make_context("voc", argv, obj=terminal) as context:
            cli.invoke(context)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        hint = f"Try '{error.ctx.command_path} --help'." if error.ctx else None
        return terminal.fail(error.format_message(), hint, 2, "UsageError")
    except click.ClickException as error:
        return terminal.fail(error.format_message(), None, error.exit_code, type(error).__name__)
    except VocError as error:
        return terminal.fail(error.message, error.hint, error.exit_code, type(error).__name__)
    except (KeyboardInterrupt, click.Abort):
        hint = "What was done is kept; the same command goes on from there."
        return terminal.fail("interrupted", hint, INTERRUPTED, "Interrupted")
    except BrokenPipeError:
        raise
    except MemoryError:
        hint = "Free some, or give the machine more. What was done is kept; the same command goes on from there."
        return terminal.fail("there is not enough memory", hint, 1, "MemoryError")
    except OSError as error:
        hint = "Check the disk, its free space and the permissions; the same command goes on from there."
        return terminal.fail(_machine_said(error), hint, 1, "OSError")
    return 0


def _machine_said(error: OSError) -> str:
    """What the machine refused: libraries put more in the text than in ``strerror``."""
    if error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """Ctrl-C may come while a library tidies up, where Python can only drop it: then it comes again a moment later."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        again = threading.Timer(0.01, _thread.interrupt_main)
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """A scheduler's SIGTERM ends a command as Ctrl-C does: transactions are rolled back, the lock is given back."""
    raise KeyboardInterrupt
