"""``voc deliver`` as people and schedulers use it: the real program against real servers, and the record it keeps."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.conftest import Voc, voc_in
from tests.delivery import MAIL, SLOW, WEEK, Hook, https_server, trust, workspace
from tests.program import environment, voc
from voc.cli.deliver import deliver_command
from voc.errors import UsageError
from voc.pipeline import RunOptions
from voc.pipeline.delivering import DeliverOptions, rehearse

HOOK = """
[deliver]
allowed_hosts = ["localhost"]
private_addresses = true
attempts = 2
backoff = 0.05
timeout = 8.0
[deliver.team]
kind = "slack"
url_env = "VOC_TEAM_URL"
"""


def rows(folder: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / "w/voc.sqlite3") as database:
        sql = "SELECT week, revision, target, state, attempts, reason FROM deliveries ORDER BY number"
        return database.execute(sql).fetchall()


def deliver(folder: Path, *args: str, hook: Hook | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    url = {"VOC_TEAM_URL": hook.url} if hook else {}
    return voc_in(folder)("deliver", "-w", "w", *args, SSL_CERT_FILE=trust(folder), **url, **env)


def states(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    return [(one["target"], one["state"]) for one in json.loads(done.stdout)["deliver"]["channels"]]


def test_a_week_goes_out_once_and_again_only_with_a_reason(tmp_path: Path, run_voc: Voc) -> None:
    workspace(tmp_path, HOOK)
    with https_server(Hook()) as hook:
        first = deliver(tmp_path, "--json", "--timings", "t.json", "--wait", "5", hook=hook)
        assert (first.returncode, states(first)) == (0, [("team", "sent")]), first.stderr
        again = deliver(tmp_path, "--again", "--reason", "the first had no calls", "--to", "team", hook=hook)
        assert again.returncode == 0, again.stderr
    assert json.loads((tmp_path / "t.json").read_text())["stages"].keys() == {"deliver"}
    assert len(hook.asked) == 2 and "the first had no calls" in hook.asked[1].body.decode()
    assert hook.asked[0].headers["Idempotency-Key"] != hook.asked[1].headers["Idempotency-Key"]
    assert rows(tmp_path) == [
        (WEEK, 1, "team", "sent", 1, ""),
        (WEEK, 1, "team", "sent", 1, "the first had no calls"),
    ]
    told = json.loads(run_voc("status", "-w", "w", "--json").stdout)["deliveries"]
    assert [(d["week"], d["target"], d["state"]) for d in told] == [(WEEK, "team", "sent")] * 2
    assert "to" not in told[0] and "s3cretTokenXYZ" not in json.dumps(told)
    everything = b"".join(p.read_bytes() for p in (tmp_path / "w").rglob("*") if p.is_file())
    assert b"s3cretTokenXYZ" not in everything, "no secret is kept"


def test_a_process_that_dies_leaves_it_open_until_somebody_decides(tmp_path: Path) -> None:
    workspace(tmp_path, HOOK)
    with https_server(Hook([SLOW, (200, {}, b"ok")])) as hook:
        command = [sys.executable, "-m", "voc", "deliver", "-w", "w"]
        extra = environment(SSL_CERT_FILE=trust(tmp_path), VOC_TEAM_URL=hook.url)
        running = subprocess.Popen(command, cwd=tmp_path, env=extra, stdout=subprocess.DEVNULL)
        for _ in range(600):
            if hook.asked:
                break
            time.sleep(0.05)
        assert rows(tmp_path) == [(WEEK, 1, "team", "started", 0, "")], "the intent stands before the message leaves"
        running.send_signal(signal.SIGKILL)
        running.wait()
        done = deliver(tmp_path, "--json", hook=hook)
        assert (done.returncode, states(done)) == (1, [("team", "unknown")])
        error = json.loads(done.stdout)["error"]
        assert (
            error["type"] == "DeliveryError" and "--again" in error["hint"] and "may have arrived" in error["message"]
        )
    assert len(hook.asked) == 1
    assert [row[3] for row in rows(tmp_path)] == ["started"]


def test_a_dry_run_writes_what_would_be_sent_and_touches_nothing(tmp_path: Path) -> None:
    workspace(tmp_path, MAIL.format(port=25))
    done = voc("deliver", "-w", "w", "--dry-run", "-o", "outbox", "--json", cwd=tmp_path, network=False)
    assert done.code == 0, done.err
    found = done.json["dry_run"]["channels"]
    assert [(one["target"], one["would"], one["file"]) for one in found] == [
        ("board", "send", "outbox/board.eml"),
        ("team", "send", "outbox/team.json"),
    ]
    mail = (tmp_path / "outbox/board.eml").read_bytes()
    assert b"\r\nDate:" not in mail and b"To: board@example.com" in mail
    assert json.loads((tmp_path / "outbox/team.json").read_text("utf-8"))["msgtype"] == "markdown"
    again = rehearse(RunOptions(tmp_path / "w"), DeliverOptions(dry_run=True, out=tmp_path / "second"))
    assert (tmp_path / "second/board.eml").read_bytes() == mail, "same report, same bytes"
    assert again.lines == [str(tmp_path / "second/board.eml"), str(tmp_path / "second/team.json")]
    told = rehearse(RunOptions(tmp_path / "w"), DeliverOptions(dry_run=True)).lines
    assert "== team (wecom)" in told and "== board (smtp)" in told and "To: board@example.com" in told
    assert any(line.startswith(f"[report-{WEEK}.xlsx, ") for line in told)
    assert rows(tmp_path) == []


def test_an_alert_goes_out_where_the_workspace_does_not_work(tmp_path: Path) -> None:
    workspace(tmp_path, HOOK)
    (tmp_path / "w/voc.sqlite3").write_bytes(b"damaged")
    with https_server(Hook()) as hook:
        done = deliver(tmp_path, "--alert", "voc run ended with exit code 1 <!channel>", hook=hook)
    assert done.returncode == 0, done.stderr
    assert hook.asked[0].json["text"] == "voc run ended with exit code 1 &lt;!channel&gt;"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("--again", "go together"),
        ("--reason x", "go together"),
        ("--out x", "--out is for --dry-run"),
        (f"--alert x --week {WEEK}", "--alert sends a text"),
    ],
)
def test_options_that_contradict_each_other_are_refused(args: str, said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        deliver_command.main(args.split(), standalone_mode=False)


def test_a_secret_in_the_settings_stops_everything(tmp_path: Path) -> None:
    workspace(tmp_path, HOOK + 'password = "pw-3Zq"')
    done = deliver(tmp_path, "--to", "team", "--week", WEEK)
    assert done.returncode == 2 and "holds a secret" in done.stderr and "pw-3Zq" not in done.stderr


@pytest.mark.parametrize(("toml", "said"), [("", "no channel is set up"), (HOOK, "no channel 'bord'")])
def test_a_channel_that_is_not_there_is_named(tmp_path: Path, toml: str, said: str) -> None:
    workspace(tmp_path, toml)
    with pytest.raises(UsageError, match=said):
        rehearse(RunOptions(tmp_path / "w"), DeliverOptions(to=("bord",), dry_run=True))
