"""--engine and --address on the real program: the same files as without, and what it says where Ray cannot work."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.engines.conftest import needs_ray
from tests.program import ROOT, SAMPLE_FILES, digests, environment, interruptible, voc, write_jsonl
from voc import config
from voc.cli import common

TEXTS = ("Nobody answered my mail. I am leaving.", "打了三次电话，一直没有人回复。", "謝謝，問題一次就解決了。", "…")


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [{"id": f"e{n}", "text": TEXTS[n % 4], "time": f"2026-11-0{1 + n % 7}"} for n in range(40)]
    return write_jsonl(tmp_path_factory.mktemp("engine") / "feed.jsonl", rows)


def test_the_choices_of_the_options_are_those_of_the_settings() -> None:
    assert (common.ENGINES, common.QUALITIES) == (config.ENGINES, config.QUALITIES)


def test_without_ray_the_error_says_what_installs_it(feed: Path, tmp_path: Path) -> None:
    """Whether it is there or not: a package of that name that cannot be imported stands before it."""
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "__init__.py").write_text("raise ImportError(\"No module named 'ray'\")\n")
    out, shadow = tmp_path / "out.jsonl", {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = voc("classify", feed, "-o", out, "--engine", "ray", env=shadow, cold=True)
    assert done.code == 4, done.err
    assert "pip install 'voc-drivers[ray]'" in done.err
    assert not out.exists()


def test_what_does_not_go_together_is_refused(feed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    for options, code, said in (
        (["--address", "auto"], 2, "--engine ray"),
        (["--engine", "ray", "--address", "a cluster"], 2, "auto or host:port"),
        (["--engine", "spark"], 2, "local"),
        (["--engine", "ray", "--device", "cuda:0"], 2, "cuda"),
        (["--engine", "ray", "--model", "nowhere"], 4, "nowhere"),
    ):
        done = voc("classify", feed, "-o", out, *options)
        assert (done.code, said in done.err) == (code, True), done.err
    assert not out.exists()


def leftovers() -> set[str]:
    return {p.name for p in Path(tempfile.gettempdir()).glob("voc-*") if (p / "r").exists()}


@pytest.mark.long
@needs_ray
def test_files_are_the_same_bytes_and_nothing_is_left(feed: Path, tmp_path: Path) -> None:
    before = leftovers()
    for ending in ("jsonl", "parquet"):
        said = []
        for engine in ("local", "ray"):
            out = tmp_path / f"{engine}.{ending}"
            said.append(voc("classify", feed, "-o", out, "--engine", engine, cold=True))
        assert [done.code for done in said] == [0, 0], said[1].err
        assert said[0].err == said[1].err, "nothing of Ray's is on stderr"
        assert (tmp_path / f"ray.{ending}").read_bytes() == (tmp_path / f"local.{ending}").read_bytes()
    assert leftovers() <= before


@pytest.mark.long
@needs_ray
def test_a_run_gives_the_same_report(tmp_path: Path) -> None:
    for engine in ("local", "ray"):
        workspace = tmp_path / engine
        workspace.mkdir()
        (workspace / "voc.toml").write_text(f'[general]\nengine = "{engine}"\n')
        done = voc("run", *SAMPLE_FILES, "-w", workspace, "--as-of", "2026-11-15", cold=True)
        assert done.code == 0, done.err
    assert digests(tmp_path / "ray" / "reports") == digests(tmp_path / "local" / "reports")


@pytest.mark.long
@needs_ray
def test_no_cluster_at_the_address(feed: Path, tmp_path: Path) -> None:
    done = voc("classify", feed, "-o", tmp_path / "out.jsonl", "--engine", "ray", "--address", "127.0.0.1:9", cold=True)
    assert done.code == 1
    assert "no Ray cluster answers at 127.0.0.1:9" in done.err


@pytest.mark.long
@needs_ray
def test_an_interrupt_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": f"{TEXTS[0]} {n}. " * 20} for n in range(20_000)]
    feed, before = write_jsonl(tmp_path / "long.jsonl", rows), leftovers()
    command = [sys.executable, "-m", "voc", "classify", str(feed), "-o", str(tmp_path / "out.jsonl"), "--engine", "ray"]
    with interruptible():
        running = subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 300
    while not workers(running.pid):
        assert time.monotonic() < until
        assert running.poll() is None, running.communicate()[1]
        time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    assert "interrupted" in running.communicate(timeout=120)[1]
    assert running.returncode == 130
    assert leftovers() <= before
    assert not (tmp_path / "out.jsonl").exists()


def workers(command: int) -> list[int]:
    """Ray's workers below a command."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    parent = {int(pid): int(above) for pid, above, _ in rows}

    def below(pid: int) -> bool:
        return pid == command or (pid in parent and below(parent[pid]))

    return [int(pid) for pid, _, args in rows if "Worker" in args and args.startswith("ray::") and below(int(pid))]


@pytest.mark.long
@needs_ray
def test_two_nodes_and_one_is_lost_half_way() -> None:
    command = [sys.executable, "-m", "tests.engines.two_nodes"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["nodes_at_work"] == 2, "both had chunks in hand before one was lost"
    assert told["nodes_left"] == 1
    assert told["same"]
