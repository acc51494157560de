"""Each command, started cold and started warm, says and leaves the same: tests that start warm test the program."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.program import voc, write_jsonl
from voc.cli import COMMANDS

TEXTS = (
    "Nobody replied to my three messages, nobody cares. I am leaving you for good. Write to ann@example.com.",
    "前台一直没人理我，没有人回复我的邮件。",
    "電話打了三次都沒人接，沒有人回覆我。",
    "The porter shouted at my grandmother in the lobby, what a rude man.",
    "The lobby has a clock.",
)
SETTINGS = """
[deliver.team]
kind = "slack"
url_env = "VOC_TEAM_URL"
"""
RUNS = (
    "init -w new",
    "run feed.jsonl more.jsonl --pdf --week 2026-W46 --as-of 2026-11-15",
    "ingest more.jsonl --json",
    "classify --json",
    "themes --week 2026-W45",
    "trends --week 2026-W45 --json",
    "report --week 2026-W45 --report-language zh-Hant -o out",
    "deliver --week 2026-W45 --dry-run -o outbox --json",
    "schedule cron feed --program voc --json",
    "cases list --json",
    "actions add --driver neglect answer",
    "status --json",
    "rejects",
    "search nobody --json",
    "explain m-0",
    "export documents -o out.csv",
    "label set m-4 neglect=yes --reason heard",
    "train --data feed.jsonl -o model",
    "evaluate gold.jsonl --rounds 10 --json",
    "subject C-1 --json",
    "forget C-1 --as-of 2026-11-15",
    "retention --as-of 2028-11-15",
    "audit",
    "key rotate",
    "backup all.voc",
    "restore monday.voc -w back",
    "migrate --dry-run",
    "config show",
    "models list",
    "doctor --store",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace that was reported on once, and with what commands read. Tests copy it."""
    folder = tmp_path_factory.mktemp("cold")
    rows = [
        {"id": f"m-{n}", "time": f"2026-11-{3 + n:02d}", "customer": f"C-{n % 2}", "channel": "email", "text": text}
        for n, text in enumerate(TEXTS)
    ]
    write_jsonl(folder / "feed.jsonl", rows)
    write_jsonl(folder / "more.jsonl", [{"id": "n-0", "time": "2026-11-11", "text": "Polite and quick."}])
    gold = [{"id": row["id"], "text": row["text"], "neg": {}, "pos": [], "leave": 0} for row in rows]
    gold[0]["neg"] = {"N": "nobody cares"}
    write_jsonl(folder / "gold.jsonl", gold)
    (folder / "voc-workspace").mkdir()
    (folder / "voc-workspace" / "voc.toml").write_text(SETTINGS, "utf-8")
    for command in ("run feed.jsonl --week 2026-W45 --as-of 2026-11-08", "backup monday.voc"):
        done = voc(*command.split(), cwd=folder)
        assert done.code == 0, done.err
    return folder


def test_no_command_is_missing() -> None:
    assert [run.split()[0] for run in RUNS] == list(COMMANDS)


def same(text: str, folder: Path) -> str:
    """``text`` without what is another in each folder: its name, and what is drawn at random."""
    return re.sub(r"[0-9a-f]{16,}", "*", text.replace(str(folder), "."))


@pytest.mark.parametrize("command", RUNS)
def test_cold_is_as_warm(made: Path, tmp_path: Path, command: str) -> None:
    said: list[tuple[int, str, str]] = []
    left: list[list[str]] = []
    for name in ("cold", "warm"):
        folder = tmp_path / name
        shutil.copytree(made, folder)
        done = voc(*command.split(), cwd=folder, cold=name == "cold")
        said.append((done.code, same(done.out, folder), same(done.err, folder)))
        left.append(sorted(same(str(p.relative_to(folder)), folder) for p in folder.rglob("*")))
    assert said[0] == said[1]
    assert left[0] == left[1]
    assert done.code == 0 or "Error: " in done.err
