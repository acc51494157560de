"""`voc run` is killed with SIGKILL at its commit points; the next run ends with the report of an undisturbed one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT, digests, environment, voc, write_jsonl

TEXTS = (
    "Nobody answered my three mails about the refund.",
    "The man at the desk shouted at my mother.",
    "船晚了两个小时，没有人告诉我们原因。",
    "客服完全不了解行李規定，每個人說的都不一樣。",
    "Lovely crew, on time, thank you.",
    "Charged twice and still not fixed. I am leaving for good.",
)


def _feedback(path: Path, count: int) -> Path:
    return write_jsonl(
        path,
        [
            {
                "id": f"d{n}",
                "time": f"2026-{9 + n % 3:02d}-{1 + n % 28:02d}",
                "customer": f"C{n % 40}",
                "text": f"{TEXTS[n % len(TEXTS)]} {n}",
            }
            for n in range(count)
        ],
    )


def _killer(*arguments: str | Path) -> int:
    program = ROOT / "tests" / "faults" / "killer.py"
    command = [sys.executable, program, *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, check=False).returncode


def _undisturbed(folder: Path, file: Path) -> tuple[int, dict[str, str]]:
    assert _killer("--count", folder / "points", "--", "run", file, "-w", folder / "whole") == 0
    return int((folder / "points").read_text()), digests(folder / "whole" / "reports")


def _killed_then_resumed(folder: Path, file: Path, at: int, when: str) -> dict[str, str]:
    workspace = folder / f"killed-{at}-{when}"
    assert _killer("--at", str(at), "--when", when, "--", "run", file, "-w", workspace) == -9
    done = voc("run", file, "-w", workspace)
    assert done.code == 0, done.err
    return digests(workspace / "reports")


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    file = _feedback(tmp_path / "feedback.jsonl", 40)
    points, wanted = _undisturbed(tmp_path, file)
    assert points > 10
    for at, when in ((points // 3, "after"), (points - 3, "before")):
        assert _killed_then_resumed(tmp_path, file, at, when) == wanted, (at, when)


@pytest.mark.long
def test_every_commit_point(tmp_path: Path) -> None:
    """What is after one point is before the next, so that each of them is passed once, and the last one twice."""
    file = _feedback(tmp_path / "feedback.jsonl", 1100)  # more than one batch of each stage
    points, wanted = _undisturbed(tmp_path, file)
    moments = [(at, "before") for at in range(1, points + 1)] + [(points, "after")]
    differing = [moment for moment in moments if _killed_then_resumed(tmp_path, file, *moment) != wanted]
    assert differing == []
