"""One job in the words of a scheduler: cron, systemd, GitHub Actions, Kubernetes, Airflow.

All but Airflow run the same shell script, so that they agree on what is an error and who is told of it.
"""

from __future__ import annotations

import datetime as dt
import json
import os.path
import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from voc.errors import UsageError

if TYPE_CHECKING:
    from jinja2 import Environment

CRON, SYSTEMD, GITHUB, KUBERNETES, AIRFLOW = "cron", "systemd", "github", "kubernetes", "airflow"
KINDS: Final = (CRON, SYSTEMD, GITHUB, KUBERNETES, AIRFLOW)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WAIT: Final = 3600  # seconds for another voc in the workspace to end: longer than a week's run on two cores
_YEAR: Final = 2026  # the year whose rules say what winter is in a zone
_MINUTES: Final = 7 * 24 * 60
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Job:
    """``kind`` is one of ``KINDS``; ``workspace`` and ``inputs`` are as the job sees them, ``week_day`` 0 (Monday) to
    6, ``timezone`` an IANA name. Reports go to the channels ``to``, alerts to ``alert_to`` (none: to all);
    ``variables`` hold the secrets of these; ``script`` is where the shell script is saved, ``image`` what a container
    is made of."""

    kind: str
    workspace: str
    inputs: tuple[str, ...]
    program: str
    week_day: int
    hour: int
    minute: int
    timezone: str
    to: tuple[str, ...] = ()
    alert_to: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    script: str = ""
    image: str = ""

    @property
    def has_env_file(self) -> bool:
        """Whether the secrets come from a file of the workspace, because the scheduler keeps none."""
        return self.kind in (CRON, SYSTEMD)

    @property
    def mount(self) -> str:
        """The folder above the files of feedback, where they lie outside the workspace; "" where they do not."""
        local = [one for one in self.inputs if "://" not in one and not _within(one, self.workspace)]
        if not local:
            return ""
        folders = [os.path.dirname(one) if "." in os.path.basename(one) else one for one in local]  # noqa: PTH119,PTH120
        return os.path.commonpath(folders)


@dataclass(frozen=True, slots=True)
class ScheduleFile:
    """A file to save; ``mode`` are its rights."""

    name: str
    text: str
    mode: int = 0o644


def days() -> tuple[str, ...]:
    """How days are named on the command line, Monday first."""
    return _DAYS


def schedule_files(job: Job) -> list[ScheduleFile]:
    """The files of ``job``, what the scheduler reads first. UsageError where a path or name cannot be quoted."""
    _check(job)
    script = _render("weekly.sh", job)
    if job.kind == CRON:
        return [ScheduleFile("voc-weekly.cron", _render("crontab", job)), _script(script)]
    if job.kind == SYSTEMD:
        units = (("timer", "timer"), ("service", "service"), ("stopped", "stopped.service"))
        made = [
            ScheduleFile(f"voc-weekly{'-' if name == 'stopped' else '.'}{end}", _render(name, job))
            for name, end in units
        ]
        return [*made, _script(script)]
    text = script.rstrip("\n")
    if job.kind == GITHUB:
        return [ScheduleFile("voc-weekly.yml", _render("github.yml", job, text=text, stopped=_stopped(job)))]
    if job.kind == KUBERNETES:
        return [ScheduleFile("voc-weekly.yaml", _render("kubernetes.yaml", job, text=text))]
    return [ScheduleFile("voc_weekly.py", _render("airflow.py", job))]


def _script(text: str) -> ScheduleFile:
    return ScheduleFile("voc-weekly.sh", text, 0o700)


def _stopped(job: Job) -> str:
    words = "The weekly job was stopped before it ended: see the run at GitHub."
    program = [job.program, "deliver", "-w", job.workspace, *_to(job.alert_to), "--alert", words]
    return shlex.join(program)


def _check(job: Job) -> None:
    for value in (job.workspace, job.program, job.script, job.image, *job.inputs, *job.to, *job.alert_to):
        if _CONTROL.search(value):
            raise UsageError("a path or name holds a line break or another control character", "Rename it.")
        if job.kind == GITHUB and "${{" in value:
            raise UsageError("GitHub would take ${{ in a path or name for an expression", "Rename it.")


def _to(names: tuple[str, ...]) -> list[str]:
    return [word for name in names for word in ("--to", name)]


def _render(name: str, job: Job, **more: str) -> str:
    zone = ZoneInfo(job.timezone)
    offsets = [zone.utcoffset(dt.datetime(_YEAR, month, 15)) or dt.timedelta() for month in (1, 7)]
    utc = ((job.week_day * 24 + job.hour) * 60 + job.minute - min(offsets) // dt.timedelta(minutes=1)) % _MINUTES
    values: dict[str, Any] = {
        "job": job,
        "day": _NAMES[job.week_day],
        "at": f"{job.hour:02d}:{job.minute:02d}",
        "systemd_day": _NAMES[job.week_day][:3],
        "cron_day": _cron_day(job.week_day),
        "local_cron": f"{job.minute} {job.hour} * * {_cron_day(job.week_day)}",
        "utc_cron": f"{utc % 60} {utc // 60 % 24} * * {_cron_day(utc // 60 // 24)}",
        "has_summer": offsets[0] != offsets[1],
        "script": job.script,
        "inputs": " ".join(map(shlex.quote, job.inputs)),
        "to": "".join(f" {shlex.quote(word)}" for word in _to(job.to)),
        "alert_to": "".join(f" {shlex.quote(word)}" for word in _to(job.alert_to)),
        "to_list": _to(job.to),
        "alert_list": _to(job.alert_to),
        "wait": _WAIT,
    }
    return _environment().get_template(f"{name}.j2").render(values | more)


def _cron_day(week_day: int) -> int:
    return (week_day + 1) % 7  # cron begins with Sunday


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # noqa: S701 -- no HTML: each value is quoted by the filter of its place
        loader=PackageLoader("voc.schedule", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"sh": shlex.quote, "cron": _cron, "systemd": _systemd, "yaml": _yaml, "py": repr}
    return environment


def _cron(text: str) -> str:
    """As a word of the shell in a crontab, where a bare % ends the command."""
    return shlex.quote(text).replace("%", "\\%")


def _systemd(text: str) -> str:
    """As a word of ExecStart=, which has quotes, specifiers and variables of its own (systemd.service(5))."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _yaml(text: str) -> str:
    """As a double-quoted scalar: JSON's strings are some."""
    return json.dumps(text, ensure_ascii=False)


def _within(path: str, folder: str) -> bool:
    return os.path.commonpath([os.path.normpath(path), os.path.normpath(folder)]) == os.path.normpath(folder)
