"""``voc schedule``: what the real program prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Voc

CHANNELS = """
timezone = "Asia/Taipei"
[deliver.board]
kind = "smtp"
host = "smtp.example.com"
user = "voc"
password_env = "VOC_SMTP_PASSWORD"
from = "voc@example.com"
to = ["board@example.com"]
[deliver.ops]
kind = "slack"
url_env = "VOC_OPS_URL"
[deliver.other]
kind = "wecom"
url_env = "VOC_OTHER_URL"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    (tmp_path / "w/voc.toml").write_text(CHANNELS, "utf-8")
    return tmp_path


def test_a_job_takes_its_settings_from_options_and_voc_toml(home: Path, run_voc: Voc) -> None:
    done = run_voc(
        "schedule", "kubernetes", "/srv/feedback", "-w", home / "w", "--week-day", "tue", "--at", "06:30", "--timezone",
        "Europe/Oslo", "--to", "board", "--alert-to", "ops", "--program", "/opt/voc",
        "--image", "registry.example/voc:2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    config, cron = yaml.safe_load_all(done.stdout)
    assert (cron["spec"]["schedule"], cron["spec"]["timeZone"]) == ("30 6 * * 2", "Europe/Oslo")
    (container,) = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example/voc:2"
    assert [e["name"] for e in container["env"]] == ["VOC_SMTP_PASSWORD", "VOC_OPS_URL"]
    script = config["data"]["weekly.sh"]
    assert "program=/opt/voc\n" in script and " --to board --wait" in script and " --to ops --alert" in script


def test_files_are_written_and_name_one_another(home: Path, run_voc: Voc) -> None:
    done = run_voc("schedule", "systemd", "feed", "-w", "w", "-o", "job", "--json")
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout)["files"]
    names = ["voc-weekly.timer", "voc-weekly.service", "voc-weekly-stopped.service", "voc-weekly.sh"]
    assert files == [f"job/{name}" for name in names]
    script = home / "job/voc-weekly.sh"
    assert script.stat().st_mode & 0o777 == 0o700
    assert f"workspace={home}/w\n" in script.read_text("utf-8") and f"-- {home}/feed " in script.read_text("utf-8")
    assert f'ExecStart=/bin/sh "{script}"' in (home / "job/voc-weekly.service").read_text("utf-8")
    assert "07:00:00 Asia/Taipei" in (home / "job/voc-weekly.timer").read_text("utf-8")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("cron feed --image x", "--image is for kubernetes"),
        ("cron - -w w", "no standard input"),
        ("github feed -w /srv/voc", "no absolute path"),
        ("airflow /srv/feed -w w --to bord", "no channel 'bord'"),
        ("cron feed --at 7:00", "no time like 07:00"),
    ],
)
def test_what_cannot_be_is_named(home: Path, run_voc: Voc, args: str, said: str) -> None:
    done = run_voc("schedule", *args.split())
    assert done.returncode == 2 and said in done.stderr, done.stderr
