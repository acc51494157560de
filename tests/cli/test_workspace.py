"""Commands that need no model, on a real workspace: files, database, streams, exit codes, signals."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Voc, voc_in
from tests.program import environment, interruptible

ROWS = [
    {"id": "r-1", "time": "2026-11-03", "text": "Nobody answered. Write to ann.lee@example.com", "customer": "C-1"},
    {"id": "r-2", "time": "2026-11-04", "text": "=HYPERLINK(1) 他们一直不回复。"},
    {"id": "r-3", "time": "2026-11-05"},
]


def write_feed(folder: Path) -> Path:
    """Two good rows and a reject, in a file whose name tries to colour the terminal."""
    path = folder / "feed\x1b[31m.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), "utf-8")
    return path


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """The feed in the folder of the test."""
    return write_feed(tmp_path)


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder where the feed was read into ./voc-workspace once, and what that said. Tests only look at it."""
    folder = tmp_path_factory.mktemp("hotel")
    return folder, voc_in(folder)("ingest", write_feed(folder))


def start(program: str, cwd: Path) -> subprocess.Popen[str]:
    """A Python program in a process of its own, once it has printed a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=cwd, env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_init_makes_a_private_workspace_and_keeps_what_is_there(run_voc: Voc, tmp_path: Path) -> None:
    first = run_voc("init", "-w", "hotel", "--json")
    assert (first.returncode, first.stderr) == (0, "")
    assert json.loads(first.stdout) == {"workspace": "hotel", "config_written": True}
    workspace = tmp_path / "hotel"
    assert stat.S_IMODE(workspace.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in workspace.iterdir() if path.is_file()} == {0o600}
    (workspace / "voc.toml").write_text('company = "Harbour Hotel"\n')
    again = run_voc("init", "-w", "hotel")
    assert again.returncode == 0
    assert "stays as it is" in again.stdout
    assert (workspace / "voc.toml").read_text() == 'company = "Harbour Hotel"\n'


Hotel = tuple[Path, subprocess.CompletedProcess[str]]


def test_too_many_rejects_end_with_3_after_the_work(hotel: Hotel) -> None:
    folder, done = hotel
    assert done.returncode == 3
    assert "Error: 1 of 3 rows were rejected" in done.stderr
    with sqlite3.connect(folder / "voc-workspace" / "voc.sqlite3") as database:
        assert database.execute("SELECT id FROM documents ORDER BY id").fetchall() == [("r-1",), ("r-2",)]
        assert database.execute("SELECT row FROM rejects").fetchall() == [(3,)]
    database.close()


def test_reading_again_answers_with_one_document(hotel: Hotel) -> None:
    folder, _ = hotel
    done = voc_in(folder)("ingest", next(folder.glob("feed*")), "--json", "--require-new", "--max-reject-share", "1")
    assert done.returncode == 7
    assert "Error: nothing new" in done.stderr
    answer = json.loads(done.stdout)
    assert answer["ingest"]["added"] == 0
    assert answer["error"]["exit_code"] == 7


def test_rejects_are_listed(hotel: Hotel) -> None:
    run = voc_in(hotel[0])
    assert "row 3" in run("rejects").stdout
    (row,) = json.loads(run("rejects", "--json").stdout)["rejects"]
    assert row["row"] == 3


def test_no_escape_sequence_reaches_the_terminal(hotel: Hotel) -> None:
    folder, ingested = hotel
    for done in (ingested, voc_in(folder)("rejects")):
        assert "feed" in done.stdout
        assert "\x1b" not in done.stdout + done.stderr


def test_quiet_says_nothing_where_nothing_is_wrong(run_voc: Voc, feed: Path) -> None:
    done = run_voc("ingest", feed, "-q", "--max-reject-share", "1")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Warning: " in done.stderr, "a rejected row is not nothing"


def test_log_lines_are_json(run_voc: Voc, feed: Path) -> None:
    done = run_voc("ingest", feed, "--log-format", "json", "-v")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["level"] for line in lines} >= {"warning", "error"}
    assert all({"level", "logger", "message"} <= line.keys() for line in lines)


def test_export_redacts_and_guards(hotel: Hotel, tmp_path: Path) -> None:
    run = voc_in(hotel[0])
    path = tmp_path / "out" / "documents.csv"
    done = run("export", "documents", "-o", path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert [row["text"] for row in rows] == ["Nobody answered. Write to [email]", "'" + str(ROWS[1]["text"])]
    assert run("export", "documents", "-o", tmp_path / "all.jsonl", "--identified").returncode == 0
    texts = [json.loads(line)["text"] for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert texts == [ROWS[0]["text"], ROWS[1]["text"]]


@pytest.mark.parametrize(
    "args", [["status"], ["rejects"], ["search", "x"], ["explain", "r-1"], ["export", "trends", "-o", "x.csv"]], ids=str
)
def test_looking_makes_no_workspace(run_voc: Voc, tmp_path: Path, args: list[str]) -> None:
    done = run_voc(*args, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["type"] == "StoreError"
    assert "there is no voc workspace" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_locked_workspace_ends_with_6_and_names_the_holder(run_voc: Voc, feed: Path, tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom voc.store import lock\n"
        "with lock(Path('voc-workspace')):\n    print('ready', flush=True)\n    sys.stdin.readline()\n"
    )
    holder = start(program, tmp_path)
    try:
        done = run_voc("ingest", feed, "--wait", "0.1")
        assert done.returncode == 6
        assert f"process {holder.pid}" in done.stderr
        assert "--wait" in done.stderr
    finally:
        holder.kill()
        holder.communicate()
    assert run_voc("ingest", feed, "--max-reject-share", "1").returncode == 0, "the lock of a dead process is free"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_with_130(tmp_path: Path, sent: signal.Signals) -> None:
    program = (
        "import sys, time\nimport voc.doctor\nfrom voc.cli import main\n"
        "def slow():\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "voc.doctor.models = slow\nsys.exit(main(['models', 'list']))\n"
    )
    with interruptible():
        process = start(program, tmp_path)
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "Error: interrupted\n  What was done is kept; the same command goes on from there.\n"


@pytest.mark.parametrize("option", ["-q", "-v"])
def test_an_unforeseen_error_ends_with_1_and_a_short_message(tmp_path: Path, option: str) -> None:
    program = (
        "import sys\nimport voc.doctor\nfrom voc.cli import main\n"
        "def broken():\n    raise KeyError('pivot\\x1b[2J')\n"
        f"voc.doctor.models = broken\nsys.exit(main(['models', 'list', '--json', '{option}']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Error: unexpected KeyError: 'pivot" in done.stderr
    assert ("Traceback" in done.stderr) == (option == "-v")
    assert json.loads(done.stdout)["error"]["type"] == "KeyError"


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    for args in (["config", "show"], ["--help"], ["run", "--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, "-m", "voc", *args], cwd=tmp_path, env=environment(), stdout=writer,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        os.close(writer)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("options", "shown"), [([], True), (["-q"], False), (["--log-format", "json"], False)])
def test_progress_is_for_terminals(feed: Path, tmp_path: Path, options: list[str], shown: bool) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "voc", "ingest", str(feed), "--max-reject-share", "1", *options]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=slave, check=False, text=True
    )
    os.close(slave)
    drawn = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not chunk:
            break
        drawn += chunk
    os.close(master)
    assert done.returncode == 0
    assert (b"\rreading feed" in drawn or b"\x1b[Kreading feed" in drawn) == shown
    assert b"\x1b[31m" not in drawn
    assert "reading" not in done.stdout
