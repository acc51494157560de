"""What can go wrong with a machine while `voc run` is at work: the command says so, and a rerun gives the report of an
undisturbed run."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.program import ROOT, Done, digests, voc, write_jsonl
from tests.warm import start

TEXTS = (
    "Nobody answered my three mails about the refund.",
    "The man at the desk shouted at my mother.",
    "船晚了两个小时，没有人告诉我们原因。",
    "客服完全不了解行李規定，每個人說的都不一樣。",
    "Charged twice and still not fixed. I am leaving for good.",
)
DOCUMENTS = 12  # documents; enough for themes, few enough for a second
SEED = 20261122
HOOKS = "tests.faults.hooks"


@dataclass(frozen=True)
class Whole:
    """A run that was left alone: its input, what it wrote, and the processor time that it took."""

    file: Path
    reports: dict[str, str]
    seconds: float
    workspace: Path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("faults")
    rows = [
        {
            "id": f"d{n}",
            "time": f"2026-11-{2 + n % 7:02d}",
            "customer": f"C{n % 5}",
            "text": f"{TEXTS[n % len(TEXTS)]} {n}",
        }
        for n in range(DOCUMENTS)
    ]
    file, workspace = write_jsonl(folder / "feedback.jsonl", rows), folder / "w"
    running = start("run", file, "-w", _workspace(workspace))
    assert running.wait().code == 0, running.wait().err
    return Whole(file, digests(workspace / "reports"), running.seconds, workspace)


def _workspace(path: Path) -> Path:
    """A workspace with one thread: processor time is then the same in each run."""
    path.mkdir(parents=True)
    (path / "voc.toml").write_text("[general]\nthreads = 1\n")
    return path


def _told(done: Done, *codes: int) -> None:
    """The command failed as a command may: with a message and what to do."""
    assert done.code in codes, done
    assert "Traceback" not in done.err
    assert "unexpected" not in done.err
    if done.code not in (0, 130):
        said = done.err.splitlines()
        assert any(line.startswith("Error: ") for line in said), done.err
        assert said[-1].startswith("  "), "a message and what to do"


def _goes_on(whole: Whole, workspace: Path) -> None:
    """A rerun ends with the report of the undisturbed run, and the store is sound."""
    done = voc("run", whole.file, "-w", workspace)
    assert done.code == 0, done.err
    assert digests(workspace / "reports") == whole.reports
    sound = voc("doctor", "--store", "-w", workspace)
    assert sound.code == 0, sound.out + sound.err
    assert not [p.name for p in workspace.rglob("*") if p.name.endswith((".tmp", ".partial"))]


def _killed(whole: Whole, workspace: Path, rng: random.Random, times: int) -> int:
    """Kills the run at ``times`` moments, one after the other; how often it was still at work."""
    deaths = 0
    for life in range(times):
        moment = rng.uniform(0.01, (0.4, 0.7, 1.0, 0.55)[life % 4] * whole.seconds)  # of one that is slow at times
        done = voc("run", whole.file, "-w", workspace, hook=(f"{HOOKS}:die_at", moment))
        assert done.code in (-27, 0), done
        deaths += done.code != 0
    return deaths


@pytest.mark.parametrize("life", range(3))
def test_killed_at_any_moment(whole: Whole, tmp_path: Path, life: int) -> None:
    workspace = _workspace(tmp_path / "w")
    assert _killed(whole, workspace, random.Random(SEED + life), 4)
    _goes_on(whole, workspace)


@pytest.mark.long
def test_killed_at_two_hundred_moments(whole: Whole, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    deaths = 0
    for life in range(100):
        workspace = _workspace(tmp_path / str(life))
        deaths += _killed(whole, workspace, rng, 2)
        _goes_on(whole, workspace)
        shutil.rmtree(workspace)
    assert deaths > 150


def test_interrupted(whole: Whole, tmp_path: Path) -> None:
    """Ctrl-C is a clean stop with exit code 130, wherever it comes."""
    rng = random.Random(SEED)
    workspace = _workspace(tmp_path / "w")
    codes = []
    for moment in (0.05, rng.uniform(0.2, 0.5), rng.uniform(0.5, 0.8)):
        done = voc("run", whole.file, "-w", workspace, hook=(f"{HOOKS}:interrupt_at", moment * whole.seconds))
        _told(done, 130, 0)
        codes.append(done.code)
        if done.code == 130:
            assert "interrupted" in done.err
            assert "the same command goes on" in done.err
        assert not (workspace / ".lock.pid").exists()
    assert 130 in codes
    _goes_on(whole, workspace)


@pytest.mark.parametrize("size", [4_096, 40_000, 150_000])
def test_files_that_cannot_grow(whole: Whole, tmp_path: Path, size: int) -> None:
    """Every write beyond ``size`` fails, as on a disk that is full or with a quota that is used up."""
    workspace = _workspace(tmp_path / "w")
    done = voc("run", whole.file, "-w", workspace, limits={"fsize": size})
    _told(done, 1)
    _goes_on(whole, workspace)


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    if os.geteuid() or os.system(f"mount -t tmpfs -o size={size},mode=700 tmpfs {folder} 2>/dev/null"):
        pytest.skip("only root may mount a disk")
    try:
        yield folder
    finally:
        os.system(f"umount -l {folder}")


@pytest.mark.parametrize("size", ["100k", "600k"])
def test_disk_full(whole: Whole, tmp_path: Path, size: str) -> None:
    with _small_disk(tmp_path / "disk", size) as disk:
        workspace = _workspace(disk / "w")
        done = voc("run", whole.file, "-w", workspace)
        _told(done, 1)
        assert "full" in done.err or "space" in done.err.lower()
        os.system(f"mount -o remount,size=64m {disk}")
        _goes_on(whole, workspace)


def test_read_only_workspace(whole: Whole, tmp_path: Path) -> None:
    """Nothing can be written, all can be looked at."""
    workspace = tmp_path / "w"
    shutil.copytree(whole.workspace, workspace)
    folders = [workspace, *(p for p in workspace.rglob("*") if p.is_dir())]
    for path in workspace.rglob("*"):
        path.chmod(0o500 if path.is_dir() else 0o400)
    workspace.chmod(0o500)
    try:
        hook = (f"{HOOKS}:without_privileges",)
        _told(voc("run", whole.file, "-w", workspace, hook=hook), 1)
        _told(voc("run", whole.file, "-w", workspace / "new", hook=hook), 1)
        _told(voc("run", whole.file, "-w", tmp_path / "v", "-o", workspace / "out", hook=hook), 1)
        for command in (["status"], ["search", "refund"], ["themes", "list"], ["cases", "list"]):
            done = voc(*command, "-w", workspace, hook=hook)
            assert done.code == 0, (command, done)
    finally:
        for folder in folders:
            folder.chmod(0o700)
        for path in workspace.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
    _goes_on(whole, workspace)


def test_the_clock_goes_back(whole: Whole, tmp_path: Path) -> None:
    """The first run is made in the future, the second one today; its files are younger than now."""
    workspace = _workspace(tmp_path / "w")
    ahead = (f"{HOOKS}:clock_off_by", 4e8)
    done = voc("run", whole.file, "-w", workspace, hook=ahead)
    assert done.code == 0, done.err
    for path in workspace.rglob("*"):
        os.utime(path, (2**31, 2**31))
    _goes_on(whole, workspace)


def test_two_runs_at_once(whole: Whole, tmp_path: Path) -> None:
    workspace = _workspace(tmp_path / "w")
    runs = [start("run", whole.file, "-w", workspace) for _ in range(2)]
    ends = [run.wait() for run in runs]
    assert sorted(done.code for done in ends) in ([0, 6], [0, 0]), ends
    for done in ends:
        _told(done, 0, 6)
    runs = [start("run", whole.file, "-w", workspace, "--wait", "300") for _ in range(2)]
    assert [run.wait().code for run in runs] == [0, 0]
    _goes_on(whole, workspace)


def _pages(file: Path) -> tuple[int, int]:
    """(size of a page in bytes, number of pages) of the database."""
    with sqlite3.connect(file) as db:
        (size,), (count,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "page_count"))
    db.close()
    return size, count


@pytest.mark.parametrize("place", [0.0, 0.02, 0.4, 0.9])
def test_a_corrupted_page(whole: Whole, tmp_path: Path, place: float) -> None:
    """A page of the database is noise: it is named, with what helps; nothing ends in a traceback."""
    workspace = tmp_path / "w"
    shutil.copytree(whole.workspace, workspace)
    file = workspace / "voc.sqlite3"
    size, count = _pages(file)
    noise = random.Random(SEED).randbytes(size)
    with file.open("r+b") as database:
        database.seek(int(place * count) * size)
        database.write(noise)
    doctor = voc("doctor", "--store", "-w", workspace)
    said = doctor.out + doctor.err
    assert doctor.code not in (0, -11), said
    assert "voc.sqlite3" in said
    assert "voc restore" in said or "Restore" in said or "-w" in said
    assert "Traceback" not in said and "unexpected" not in said
    for command in (
        ["run", whole.file],
        ["status"],
        ["search", "refund"],
        ["export", "documents", "-o", tmp_path / "x.csv"],
    ):
        _told(voc(*command, "-w", workspace), 0, 1)
    shutil.rmtree(workspace)  # what the hint says: away with it, and run again on the same inputs
    _goes_on(whole, _workspace(workspace))


@pytest.mark.parametrize("name", ["encoder.safetensors", "heads.safetensors", "tokenizer.json"])
def test_a_truncated_model(whole: Whole, tmp_path: Path, name: str) -> None:
    """It is refused by its checksum, with the command that mends it."""
    good, bad = ROOT / "models" / "voc-e5-small", tmp_path / "model"
    bad.mkdir()
    for file in good.iterdir():
        (bad / file.name).symlink_to(file)
    (bad / name).unlink()
    (bad / name).write_bytes((good / name).read_bytes()[:100_000])
    done = voc("run", whole.file, "-w", tmp_path / "w", "--model", bad)
    assert done.code == 4, done
    assert name in done.err
    assert "sha256" in done.err
    assert "pip install" in done.err or "git checkout" in done.err


@pytest.mark.parametrize("batch", [1, 2])
def test_no_memory_in_a_batch(whole: Whole, tmp_path: Path, batch: int) -> None:
    workspace = _workspace(tmp_path / "w")
    done = voc("run", whole.file, "-w", workspace, hook=(f"{HOOKS}:no_memory_in_batch", batch))
    _told(done, 1, 0)
    if done.code:
        assert "memory" in done.err
    _goes_on(whole, workspace)


@pytest.mark.parametrize("margin", [10_000_000, 120_000_000])
def test_an_address_space_that_is_used_up(whole: Whole, tmp_path: Path, margin: int) -> None:
    """The real thing: whatever library asks in vain."""
    workspace = _workspace(tmp_path / "w")
    done = voc("run", whole.file, "-w", workspace, limits={"as": margin})
    assert "Traceback" not in done.err
    assert done.code in (0, 1), done
    _goes_on(whole, workspace)


def _readers(whole: Whole, workspace: Path, seconds: float) -> None:
    """One process writes, ten read, again and again."""
    import time

    until = time.monotonic() + seconds
    while True:
        writer = start("run", whole.file, "-w", workspace)
        readers = [
            start(*command, "-w", workspace)
            for command in (
                ["status", "--json"],
                ["search", "refund", "--json"],
                ["rejects"],
                ["cases", "list"],
                ["themes", "list"],
            )
            * 2
        ]
        for reader in readers:
            done = reader.wait()
            assert done.code == 0, done
        assert writer.wait().code == 0, writer.wait().err
        if time.monotonic() > until:
            return
        (workspace / "reports").rename(workspace.with_name(f"reports-{time.monotonic_ns()}"))
        workspace = _workspace(workspace.with_name(f"w-{time.monotonic_ns()}"))
        assert voc("init", "-w", workspace).code == 0


def test_one_writer_and_ten_readers(whole: Whole, tmp_path: Path) -> None:
    workspace = _workspace(tmp_path / "w")
    assert voc("init", "-w", workspace).code == 0
    _readers(whole, workspace, 0)
    _goes_on(whole, workspace)


@pytest.mark.long
def test_one_writer_and_ten_readers_for_ten_minutes(whole: Whole, tmp_path: Path) -> None:
    workspace = _workspace(tmp_path / "w")
    assert voc("init", "-w", workspace).code == 0
    _readers(whole, workspace, 600)


def test_a_real_process_is_interrupted(whole: Whole, tmp_path: Path) -> None:
    """The same with a process of its own, a terminal's signal, and no warm start."""
    import signal
    import subprocess
    import time

    from tests.program import environment, interruptible

    workspace = _workspace(tmp_path / "w")
    command = [sys.executable, "-m", "voc", "run", str(whole.file), "-w", str(workspace)]
    with (
        interruptible(),
        subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        until = time.monotonic() + 120
        while not (workspace / ".lock.pid").exists() and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    _told(Done(process.returncode, out, err), 130)
    _goes_on(whole, workspace)
