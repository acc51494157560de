"""``voc schedule``: the job that makes it weekly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from voc.cli.common import VocCommand, workspace_option
from voc.cli.terminal import Terminal

if TYPE_CHECKING:
    from voc.schedule import ScheduleFile

_KINDS: Final = ("cron", "systemd", "github", "kubernetes", "airflow")  # a test holds it to voc.schedule.KINDS
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # and this to voc.schedule.days
_HERE: Final = ("cron", "systemd")  # run on this machine
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class _Time(click.ParamType[tuple[int, int]]):
    """A time of day such as 07:00."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """``value`` as (hour, minute), else a usage error."""
        match = _TIME.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no time like 07:00.", param, ctx)
        return int(match[1]), int(match[2])


@click.command(
    "schedule",
    cls=VocCommand,
    example=(
        "voc schedule systemd /srv/feedback -w /srv/voc -o /srv/voc/job\n"
        "voc schedule github /srv/feedback -w /srv/voc --at 07:00 --timezone Asia/Taipei --alert-to ops > voc.yml"
    ),
)
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@workspace_option
@click.option(
    "--week-day", type=click.Choice(_DAYS), default="mon", show_default=True, help="The day on which it runs."
)
@click.option("--at", type=_Time(), metavar="HH:MM", default="07:00", show_default=True, help="The time of that day.")
@click.option("--timezone", metavar="ZONE", help="Zone of that time, such as Asia/Taipei.  [default: that of voc.toml]")
@click.option("--to", metavar="NAME", multiple=True, help="Deliver only to this channel of voc.toml. Repeatable.")
@click.option("--alert-to", metavar="NAME", multiple=True, help="Alerts only to this channel.  [default: as --to]")
@click.option("--program", metavar="PATH", help="Where voc lies for the job.  [default: as found here, else voc]")
@click.option("--image", metavar="IMAGE", help="kubernetes: the image that holds voc.  [default: voc with its version]")
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write the files into FOLDER instead of printing them.",
)
@click.pass_obj
def schedule_command(
    terminal: Terminal,
    kind: str,
    inputs: tuple[str, ...],
    workspace: Path,
    week_day: str,
    at: tuple[int, int],
    timezone: str | None,
    to: tuple[str, ...],
    alert_to: tuple[str, ...],
    program: str | None,
    image: str | None,
    out: Path | None,
) -> None:
    """Prints a commented job for a scheduler: voc run on INPUT, then voc deliver, with a log, waiting for another voc
    in the workspace, and an alert through the channels where it fails or a feed is stale.

    Secrets are named, never printed: they come from the scheduler, for cron and systemd from deliver.env in the
    workspace.
    """
    if image is not None and kind != "kubernetes":
        raise click.UsageError("--image is for kubernetes.")
    from voc import __version__
    from voc.config import load_config
    from voc.errors import UsageError
    from voc.schedule import Job, schedule_files

    config = load_config(workspace, {"general.timezone": timezone})
    for name in (*to, *alert_to):
        if config.channels and name not in config.channels:
            raise UsageError(f"there is no channel {name!r} in voc.toml", f"Known: {', '.join(config.channels)}.")
    used = {*to, *alert_to} if to else set()
    variables = [v for name, c in config.channels.items() if not used or name in used for v in c.variables]
    folder = (out or workspace).absolute()
    job = Job(
        kind=kind,
        workspace=_path(kind, str(workspace)),
        inputs=tuple(_path(kind, one) for one in inputs),
        program=program or _program(kind),
        week_day=_DAYS.index(week_day),
        hour=at[0],
        minute=at[1],
        timezone=config.general.timezone,
        to=to,
        alert_to=alert_to or to,
        variables=tuple(dict.fromkeys(variables)),
        script=str(folder / "voc-weekly.sh") if kind in _HERE else "",
        image=image or f"voc:{__version__}",
    )
    _tell(terminal, schedule_files(job), folder, out)


def _path(kind: str, text: str) -> str:
    """A path as the job sees it: absolute, for a job starts in a folder of its own."""
    from voc.errors import UsageError

    if text == "-":
        raise UsageError("a job has no standard input", "Name files or folders.")
    if "://" in text:
        return text
    if kind in _HERE:
        return str(Path(text).absolute())
    if not text.startswith("/"):
        raise UsageError(f"{text!r} is no absolute path", f"Name it as it is where {kind} runs the job: /srv/voc.")
    return text


def _program(kind: str) -> str:
    from shutil import which

    return (which("voc") if kind in _HERE else None) or "voc"


def _tell(terminal: Terminal, files: list[ScheduleFile], folder: Path, out: Path | None) -> None:
    if out is not None:
        from voc.store import private_folder, write_atomic

        private_folder(out)
        for file in files:
            write_atomic(out / file.name, file.text.encode("utf-8"), file.mode)
            terminal.say(str(out / file.name))
        terminal.answer({"files": [str(out / file.name) for file in files]})
        return
    terminal.answer({"files": {file.name: file.text for file in files}})
    for file in files:
        if len(files) > 1:
            where = folder / file.name if file.name.endswith(".sh") else file.name
            terminal.say(f"# ---- {where}")
        for line in file.text.splitlines():
            terminal.say(line)
