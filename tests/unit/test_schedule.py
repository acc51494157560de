"""Jobs for schedulers: valid where they are read, hostile paths stay paths, and the script does what it says."""

from __future__ import annotations

import ast
import json
import shlex
import shutil
import subprocess
import sys
import types
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from voc.cli import schedule as command
from voc.errors import UsageError
from voc.schedule import KINDS, Job, ScheduleFile, days, schedule_files

HOSTILE = '/srv/it\'s "a" $(touch pwned) `id` %H ${HOME} \\n 客户 {{ x }} *;&|<>#!'
JOB = Job(
    kind="cron",
    workspace="/srv/voc",
    inputs=("/srv/feedback", "https://example.com/calls.jsonl"),
    program="/opt/voc/bin/voc",
    week_day=0,
    hour=7,
    minute=5,
    timezone="Asia/Shanghai",
    to=("board",),
    alert_to=("ops",),
    variables=("VOC_SMTP_PASSWORD", "VOC_TEAM_URL"),
    script="/srv/voc/voc-weekly.sh",
    image="registry.example.com/voc:1",
)


def job(kind: str, **changes: Any) -> Job:
    return replace(JOB, kind=kind, **changes)


def hostile(kind: str, folder: str = HOSTILE) -> Job:
    inputs = (f"{folder}/feed", f"{folder}/-x.csv")
    return job(kind, workspace=folder, inputs=inputs, program=f"{folder}/voc", script=f"{folder}/voc-weekly.sh")


def only(files: list[ScheduleFile]) -> str:
    (file,) = files
    return file.text


def named(files: list[ScheduleFile], name: str) -> str:
    return next(file.text for file in files if file.name == name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_holds_no_secret_and_the_same_each_time(kind: str) -> None:
    files = schedule_files(job(kind))
    assert files == schedule_files(job(kind))
    text = "".join(file.text for file in files)
    for part in ("/srv/voc", "/srv/feedback", "VOC_TEAM_URL", "--require-new", "--as-of", "--alert", "3600"):
        assert part in text, part
    assert "{{" not in text.replace("${{ secrets.", "") and "{%" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_that_cannot_be_quoted_is_refused(kind: str) -> None:
    for bad in ("/srv/a\nb", "/srv/a\x1b[0m", "/srv/a\udc80"):
        with pytest.raises(UsageError, match="control character"):
            schedule_files(job(kind, workspace=bad))
    if kind == "github":
        with pytest.raises(UsageError, match="expression"):
            schedule_files(job(kind, inputs=("/srv/${{ github.token }}",)))


FAKE = '#!/bin/sh\nprintf "%s\\n" "--call" "$@" >> calls.txt\ncase " $* " in *" --alert "*) exit 0;; esac\n'


def run_script(folder: Path, ran: int = 0, sent: int = 0, *args: str) -> tuple[int, list[list[str]], str]:
    """Runs the script of a workspace with an unpleasant name against a program that notes its arguments."""
    home = folder / "it's $(touch pwned) `id` 客户"
    home.mkdir()
    program = home / "voc"
    program.write_text(FAKE + f'[ "$1" = run ] && exit {ran}\nexit {sent}\n', "utf-8")
    program.chmod(0o700)
    (home / "deliver.env").write_text("VOC_TEAM_URL='https://example.com/x'\n", "utf-8")
    script = named(schedule_files(hostile("cron", str(home))), "voc-weekly.sh")
    path = home / "voc-weekly.sh"
    path.write_text(script, "utf-8")
    done = subprocess.run(["/bin/sh", str(path), *args], cwd=folder, capture_output=True, text=True, check=False)
    calls = (folder / "calls.txt").read_text("utf-8").split("--call\n")[1:]
    assert not (folder / "pwned").exists() and not (home / "pwned").exists()
    return done.returncode, [call.splitlines() for call in calls], done.stderr


def test_the_script_runs_then_delivers(tmp_path: Path) -> None:
    code, calls, said = run_script(tmp_path)
    home = str(tmp_path / "it's $(touch pwned) `id` 客户")
    assert (code, said) == (0, "")
    run, deliver = calls
    assert run[:4] == ["run", "-q", "-w", home] and run[-3:] == ["--", f"{home}/feed", f"{home}/-x.csv"]
    assert run[4] == "--as-of" and len(run[5]) == 10 and "--require-new" in run
    assert deliver == ["deliver", "-q", "-w", home, "--to", "board", "--wait", "3600"]
    assert len(list((tmp_path / home / "logs").glob("voc-*.log"))) == 1


@pytest.mark.parametrize(
    ("ran", "sent", "code", "kinds", "said"),
    [
        (3, 0, 3, ["run", "alert", "deliver"], "rejected"),
        (7, 0, 7, ["run", "alert", "deliver"], "stale"),
        (1, 0, 1, ["run", "alert"], "exit code 1: there is no new report"),
        (6, 0, 6, ["run", "alert"], "exit code 6"),
        (0, 1, 1, ["run", "deliver", "alert"], "voc deliver ended with exit code 1"),
        (7, 1, 1, ["run", "alert", "deliver", "alert"], "voc deliver ended"),
    ],
)
def test_the_script_tells_what_went_wrong(
    tmp_path: Path, ran: int, sent: int, code: int, kinds: list[str], said: str
) -> None:
    ended, calls, stderr = run_script(tmp_path, ran, sent)
    assert ended == code and said in stderr
    assert ["alert" if "--alert" in call else call[0] for call in calls] == kinds
    alerts = [call for call in calls if "--alert" in call]
    assert all(call[call.index("--to") + 1] == "ops" for call in alerts)
    assert said in alerts[-1][alerts[-1].index("--alert") + 1]


def test_the_script_tells_that_it_was_stopped(tmp_path: Path) -> None:
    code, calls, _ = run_script(tmp_path, 0, 0, "stopped")
    assert code == 0 and len(calls) == 1 and "--alert" in calls[0]


def test_a_crontab_is_one_line_that_cron_gives_back_as_it_was(tmp_path: Path) -> None:
    table = named(schedule_files(hostile("cron")), "voc-weekly.cron")
    *settings, line = [one for one in table.splitlines() if one and not one.startswith("#")]
    assert settings == ["CRON_TZ=Asia/Shanghai"]
    assert line.startswith("5 7 * * 1 /bin/sh ")
    command_part = line.split(" ", 5)[5]
    assert "%" not in command_part.replace("\\%", ""), "a bare % ends the command"
    assert shlex.split(command_part.replace("\\%", "%")) == ["/bin/sh", f"{HOSTILE}/voc-weekly.sh"]
    if not shutil.which("crontab"):
        pytest.skip("there is no crontab on this machine to check the table")
    (tmp_path / "table").write_text(table, "utf-8")
    for option in ("-T", "-n"):  # cronie, Debian
        done = subprocess.run(["crontab", option, str(tmp_path / "table")], capture_output=True, text=True, check=False)
        if "invalid option" not in done.stderr:
            assert done.returncode == 0, done.stderr
            return


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze to check units")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s "a" %H $HOME 客户'
    folder.mkdir()
    paths = []
    for file in schedule_files(hostile("systemd", str(folder))):
        path = (folder if file.name.endswith(".sh") else tmp_path) / file.name
        path.write_text(file.text, "utf-8")
        paths += [] if file.name.endswith(".sh") else [str(path)]
    assert [Path(path).name for path in paths] == [
        "voc-weekly.timer",
        "voc-weekly.service",
        "voc-weekly-stopped.service",
    ]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    timer = (tmp_path / "voc-weekly.timer").read_text("utf-8")
    calendar = timer.split("OnCalendar=")[1].splitlines()[0]
    assert calendar == "Mon *-*-* 07:05:00 Asia/Shanghai"
    done = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    broken = timer.replace("07:05:00", "25:05:00")
    (tmp_path / "voc-weekly.timer").write_text(broken, "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", paths[0]], capture_output=True, text=True, check=False)
    assert "OnCalendar" in done.stderr or done.returncode, "the check can fail"


def test_systemd_reads_the_path_as_it_is() -> None:
    service = named(schedule_files(hostile("systemd")), "voc-weekly.service")
    line = next(one for one in service.splitlines() if one.startswith("ExecStart="))
    quoted = line.removeprefix("ExecStart=/bin/sh ")
    assert quoted[0] == quoted[-1] == '"'
    plain = quoted[1:-1].replace("$$", "$").replace("%%", "%").replace('\\"', '"').replace("\\\\", "\\")
    assert plain == f"{HOSTILE}/voc-weekly.sh"


def workflow_schema() -> Any:
    text = (
        resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/github-workflows.json").read_text("utf-8")
    )
    return json.loads(text)


def test_github_accepts_the_workflow() -> None:
    schema = workflow_schema()
    validator = jsonschema.validators.validator_for(schema)(schema)
    text = only(schedule_files(hostile("github")))
    found = yaml.load(text, Loader=yaml.BaseLoader)  # not SafeLoader: it takes the key `on` for true
    typed = yaml.safe_load(text)
    typed["on"] = typed.pop(True)
    validator.validate(typed)
    weekly = found["jobs"]["weekly"]
    assert found["on"]["schedule"] == [{"cron": "5 23 * * 0"}], "Monday 07:05 in Shanghai is Sunday 23:05 in UTC"
    assert weekly["env"]["VOC_TEAM_URL"] == "${{ secrets.VOC_TEAM_URL }}"
    assert found["concurrency"]["group"] == "voc-weekly" and weekly["runs-on"][0] == "self-hosted"
    script, stopped = (step["run"] for step in weekly["steps"])
    assert f"workspace={shlex.quote(HOSTILE)}\n" in script and "deliver.env" not in script
    assert shlex.split(stopped)[:4] == [f"{HOSTILE}/voc", "deliver", "-w", HOSTILE]
    assert subprocess.run(["/bin/sh", "-n"], input=script, text=True, check=False).returncode == 0
    typed["jobs"]["weekly"]["runs-on"] = 3
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(typed)


@pytest.mark.parametrize(
    ("zone", "week_day", "cron", "summer"),
    [
        ("Europe/London", 0, "5 7 * * 1", True),
        ("America/New_York", 6, "5 12 * * 0", True),
        ("Asia/Kolkata", 2, "35 1 * * 3", False),
        ("Pacific/Auckland", 0, "5 19 * * 0", True),
        ("UTC", 5, "5 7 * * 6", False),
    ],
)
def test_github_gets_the_winter_hour_in_utc(zone: str, week_day: int, cron: str, summer: bool) -> None:
    text = only(schedule_files(job("github", timezone=zone, week_day=week_day)))
    assert f'- cron: "{cron}"' in text
    assert ("in summer" in text) is summer


def test_kubernetes_accepts_the_manifest() -> None:
    text = only(schedule_files(hostile("kubernetes")))
    config, cron = yaml.safe_load_all(text)
    for manifest in (config, cron):
        kubernetes_validate.validate(manifest, "1.30", strict=True)
    spec = cron["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("5 7 * * 1", "Asia/Shanghai", "Forbid")
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"scripts": "/scripts", "workspace": HOSTILE}
    assert {e["name"] for e in container["env"]} == {"VOC_SMTP_PASSWORD", "VOC_TEAM_URL"}
    script = config["data"]["weekly.sh"]
    assert f"workspace={shlex.quote(HOSTILE)}\n" in script
    assert subprocess.run(["/bin/sh", "-n"], input=script, text=True, check=False).returncode == 0
    cron["spec"]["concurrencyPolicy"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(cron, "1.30", strict=True)
    other = list(yaml.safe_load_all(only(schedule_files(job("kubernetes", variables=())))))[1]
    pod = other["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert {v["name"] for v in pod["volumes"]} == {"scripts", "workspace", "feedback"}
    assert "env" not in pod["containers"][0]


class _Task:
    def __init__(self, function: Any, options: dict[str, Any]) -> None:
        self.function, self.options, self.after = function, options, list[Any]()

    def __rshift__(self, other: Any) -> Any:
        other.after.append(self)
        return other

    def __rrshift__(self, others: list[Any]) -> Any:
        self.after += others
        return self


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """As little of Airflow as a DAG file asks for; what it was told."""
    told: dict[str, Any] = {"tasks": {}}

    class Dag:
        def __init__(self, **options: Any) -> None:
            told["dag"] = options

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *args: object) -> None:
            pass

    def task(function: Any = None, **options: Any) -> Any:
        def decorate(f: Any) -> Any:
            def call(*args: Any) -> _Task:
                made = _Task(f, options)
                made.after += [a for a in args if isinstance(a, _Task)]
                told["tasks"][f.__name__] = made
                return made

            return call

        return decorate(function) if function else decorate

    def module(name: str, **members: Any) -> None:
        made = types.ModuleType(name)
        vars(made).update(members)
        monkeypatch.setitem(sys.modules, name, made)

    module("airflow")
    module("airflow.sdk", DAG=Dag, task=task)
    module("airflow.timetables")
    module("airflow.timetables.trigger", CronTriggerTimetable=lambda cron, timezone: (cron, timezone))
    return told


def test_the_dag_runs_then_delivers_then_tells(airflow: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    text = only(schedule_files(hostile("airflow")))
    names = [n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    assert names == ["voc", "run", "deliver", "check", "alert"]
    space: dict[str, Any] = {"__name__": "voc_weekly"}
    exec(compile(text, "voc_weekly.py", "exec"), space)
    assert airflow["dag"]["schedule"] == ("5 7 * * 1", "Asia/Shanghai")
    assert airflow["dag"]["catchup"] is False and airflow["dag"]["max_active_runs"] == 1
    tasks = airflow["tasks"]
    run, deliver, check, alert = (tasks[name] for name in ("run", "deliver", "check", "alert"))
    assert deliver.after == [run] and check.after == [run] and alert.after == [run, deliver, check]
    assert alert.options["trigger_rule"] == "one_failed"

    calls: list[list[str]] = []
    codes = iter([7, 0, 0, 1, 1])

    def fake(arguments: list[str], **options: Any) -> Any:
        calls.append(arguments)
        return types.SimpleNamespace(stdout="", returncode=next(codes))

    monkeypatch.setattr(subprocess, "run", fake)
    assert run.function() == 7
    assert calls[0][:4] == [f"{HOSTILE}/voc", "run", "-q", "-w"]
    assert calls[0][-3:] == ["--", f"{HOSTILE}/feed", f"{HOSTILE}/-x.csv"]
    deliver.function()
    assert calls[1][-4:] == ["--to", "board", "--wait", "3600"]
    check.function(0)
    for failing in (lambda: check.function(7), alert.function, run.function, deliver.function):
        with pytest.raises(RuntimeError):
            failing()
    assert calls[2][4:6] == ["--to", "ops"] and "--alert" in calls[2]


def test_the_command_line_knows_the_same_kinds_and_days() -> None:
    assert (KINDS, days()) == (command._KINDS, command._DAYS)
