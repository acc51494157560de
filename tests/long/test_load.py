"""Several processes on one workspace: one writes, readers never wait, a second writer is told or waits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT, environment, voc, write_jsonl

pytestmark = pytest.mark.long


def _start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "voc", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_readers_see_whole_batches_while_a_run_writes(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "time": f"2026-10-{1 + n % 28:02d}", "text": f"Nobody answered mail {n}. The man was rude."}
        for n in range(4000)
    ]
    file, workspace = write_jsonl(tmp_path / "a.jsonl", rows), tmp_path / "w"
    voc("init", "-w", workspace)
    writer = _start("run", file, "-w", workspace)
    seen = []
    while writer.poll() is None:
        done = voc("status", "--json", "-w", workspace)
        assert done.code == 0, done.err
        seen.append(done.json["documents"] - done.json["unclassified"])
        assert voc("search", "rude", "--limit", "3", "--json", "-w", workspace).code == 0
    _, errors = writer.communicate()
    assert writer.returncode == 0, errors
    assert seen == sorted(seen), "what was classified once stays classified"
    assert len(set(seen)) > 2, "the readers looked while the run was writing"
    assert voc("status", "--json", "-w", workspace).json["unclassified"] == 0


def test_four_runs_at_once_on_one_workspace_end_as_one_after_the_other(tmp_path: Path) -> None:
    files = []
    for part in range(4):
        rows = [
            {"id": f"{part}-{n}", "time": f"2026-10-{1 + n % 28:02d}", "text": f"Polite crew, boat {part} {n}."}
            for n in range(60)
        ]
        files.append(write_jsonl(tmp_path / f"{part}.jsonl", rows))
    runs = [_start("run", file, "-w", tmp_path / "w", "--wait", "300", "--json") for file in files]
    answers = [(run.communicate(), run.returncode) for run in runs]
    assert [code for _, code in answers] == [0, 0, 0, 0], answers
    assert sorted(json.loads(out)["ingest"]["added"] for (out, _), _ in answers) == [60] * 4
    assert voc("status", "--json", "-w", tmp_path / "w").json["documents"] == 240
